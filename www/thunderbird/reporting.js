// @ts-check
// Events about warnings, for the organisation's server.

/**
 * @typedef {object} Decision
 * @property {string} message UUID of the stop
 * @property {"fixed" | "removed" | "sent-anyway" | "cancelled" | "blocked" | "audited"} action
 * @property {{ address: string, severity: string, reasons: string[], domain: string | null }[]} recipients
 * @property {string} [justification]
 */

/** @param {Decision} decision */
export async function report(decision) {
    void decision;
}

export function startReporting() {}

/**
 * The event page has been woken by an alarm.
 *
 * @param {string} name
 */
export async function onAlarm(name) {
    void name;
}
