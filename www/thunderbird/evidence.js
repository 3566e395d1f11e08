// @ts-check
// Whether a look-alike domain takes mail, which the organisation's server may know. Asked while the sender reads;
// nothing waits for the answer.

/** @typedef {import("./draft.js").Verdict} Verdict */

const MAX_DOMAINS = 20;

export class Evidence {
    /** @type {Map<string, boolean | null>} */
    #known = new Map();
    #onAnswer;

    /** @param {() => void} onAnswer */
    constructor(onAnswer) {
        this.#onAnswer = onAnswer;
    }

    /** @param {Verdict} verdict */
    ask({ report, settings }) {
        for (const recipient of report.recipients) {
            const domain = domainOf(recipient);
            if (settings.backend && domain && !this.#known.has(domain) && this.#known.size < MAX_DOMAINS) {
                this.#known.set(domain, null);
                void this.#fetch(settings.backend, domain);
            }
        }
    }

    /** @param {object} recipient of a report */
    of(recipient) {
        return this.#known.get(domainOf(recipient) ?? "") ?? null;
    }

    /**
     * @param {import("../shared/backend.js").Backend} backend
     * @param {string} domain
     */
    async #fetch(backend, domain) {
        try {
            const answer = await backend.domain(domain);
            if (answer.result === "ok") {
                this.#known.set(domain, answer.value.acceptsMail);
                this.#onAnswer();
            }
        } catch {
            // Then it is not known.
        }
    }
}

/**
 * @param {object} recipient
 * @returns {string | null}
 */
function domainOf(recipient) {
    return /** @type {{ domain?: string | null }} */ (recipient).domain ?? null;
}
