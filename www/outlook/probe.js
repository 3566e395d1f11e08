// @ts-check
// "Check this Outlook": the pane leaves a mark in each place where an add-in can keep data, and a line of its own on the
// item. The script that Outlook runs by itself sees that line, looks for the marks, and writes onto the line which of them it
// found. Reports differ on which marks reach that script, and nobody has tried this in Outlook yet.

/** The name of the mark in each place. */
export const PROBE_KEY = "milguard.probe";

/** The line's key among the notifications of all add-ins. */
export const PROBE_LINE = "milguard.check";

/** The beginning of the script's answer. */
export const PROBE_ANSWER = "Milguard check: ";

const CALL_MS = 1500;

/**
 * The script's findings. Never rejects.
 *
 * @param {import("./host.js").OfficeApi} office
 * @param {import("./item.js").Item} item
 * @param {import("./calls.js").Calls} calls
 * @param {boolean} isPage whether the runtime is a page
 * @returns {Promise<string>} at most 150 characters, as a notification takes
 */
export async function describeRuntime(office, item, calls, isPage) {
    const { clock } = calls;
    const timed = async (
        /** @type {(callback: import("./calls.js").Callback) => void} */ start,
        /** @type {(value: unknown) => unknown} */ read,
    ) => {
        const begin = clock.now();
        const outcome = await calls.make(start, { until: begin + CALL_MS });
        return outcome.ok && isMark(read(outcome.value)) ? `${clock.now() - begin} ms` : "not seen";
    };
    const markIn = (/** @type {unknown} */ value) =>
        /** @type {Office.CustomProperties} */ (value).get(PROBE_KEY);
    const [session, properties] = await Promise.all([
        timed((callback) => item.sessionData.getAsync(PROBE_KEY, callback), (value) => value),
        timed((callback) => item.loadCustomPropertiesAsync(callback), markIn),
    ]);
    const kind = isPage ? "page" : "script";
    const timers = typeof setTimeout === "function" ? "timers" : "no timers";
    const roaming = roamingMark(office) ? "seen" : "not seen";
    return `${PROBE_ANSWER}${kind}, ${timers}; session ${session}; roaming ${roaming}; properties ${properties}`;
}

/** @param {import("./host.js").OfficeApi} office */
function roamingMark(office) {
    try {
        return isMark(office.context.roamingSettings.get(PROBE_KEY));
    } catch {
        return false;
    }
}

/** @param {unknown} value */
function isMark(value) {
    return typeof value === "string" && /^\d{1,16}$/.test(value);
}
