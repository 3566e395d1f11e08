// @ts-check
// Asks the organisation's server whether a look-alike domain takes mail. It asks while the sender reads; no
// message waits for the answer.

/** @typedef {import("./backend.js").Backend} Backend */
/** @typedef {import("../checker/milguard.js").RecipientReport} RecipientReport */

const MAX_DOMAINS = 20;

export class Evidence {
    /** @type {Map<string, boolean | null>} */
    #known = new Map();
    #onAnswer;

    /** @param {() => void} onAnswer */
    constructor(onAnswer) {
        this.#onAnswer = onAnswer;
    }

    /**
     * @param {readonly RecipientReport[]} recipients
     * @param {Backend | null} backend
     */
    ask(recipients, backend) {
        for (const { domain } of recipients) {
            if (backend && domain && !this.#known.has(domain) && this.#known.size < MAX_DOMAINS) {
                this.#known.set(domain, null);
                void this.#fetch(backend, domain);
            }
        }
    }

    /**
     * @param {RecipientReport} recipient
     * @returns {boolean | null} `null` if it is not known
     */
    of({ domain }) {
        return this.#known.get(domain ?? "") ?? null;
    }

    /**
     * @param {Backend} backend
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
            // Without an answer, the evidence stays unknown.
        }
    }
}
