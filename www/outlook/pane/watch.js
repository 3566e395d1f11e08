// @ts-check
// Decides when to read the item again. Outlook reports changed recipients from Mailbox 1.7 on; before that, the pane
// reads the item regularly.

const POLL_MS = 2000;

/**
 * Outlook on the web has not reported every change (office-js issues 1634, 2422), so the pane also reads the item at
 * this interval.
 */
const SLOW_POLL_MS = 10_000;
const CALL_MS = 5000;

/**
 * @param {object} given
 * @param {import("../host.js").OfficeApi} given.office
 * @param {import("../item.js").Item} given.item
 * @param {import("../calls.js").Calls} given.calls
 * @param {() => void} given.look
 * @returns {Promise<"told" | "polling">} how the pane notices changes
 */
export async function watchRecipients({ office, item, calls, look }) {
    addEventListener("focus", look);
    const until = calls.clock.now() + CALL_MS;
    const outcome = await calls.make((callback) => {
        if (typeof item.addHandlerAsync !== "function") {
            throw new Error("before Mailbox 1.7");
        }
        item.addHandlerAsync(office.EventType.RecipientsChanged, look, callback);
    }, { until });
    setInterval(
        () => {
            if (document.visibilityState === "visible") {
                look();
            }
        },
        outcome.ok ? SLOW_POLL_MS : POLL_MS,
    );
    return outcome.ok ? "told" : "polling";
}
