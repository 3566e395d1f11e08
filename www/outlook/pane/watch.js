// @ts-check
// When to look again: Outlook tells of changed recipients from Mailbox 1.7 on; where it does not, the pane looks itself.

const POLL_MS = 2000;
const CALL_MS = 5000;

/**
 * @param {object} given
 * @param {any} given.office
 * @param {any} given.item
 * @param {import("../calls.js").Calls} given.calls
 * @param {() => void} given.look
 * @returns {Promise<"told" | "polling">} how changes are noticed from now on
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
    if (outcome.ok) {
        return "told";
    }
    setInterval(() => {
        if (document.visibilityState === "visible") {
            look();
        }
    }, POLL_MS);
    return "polling";
}
