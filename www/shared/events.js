// @ts-check
// Events: they say that a warning was shown and what the sender did. `docs/events.md` lists what they contain and
// what they never contain.

import { MAX_JUSTIFICATION } from "./policy.js";
import { backOff } from "./retry.js";

/** @typedef {import("./policy.js").Policy} Policy */
/** @typedef {"fixed" | "removed" | "sent-anyway" | "cancelled" | "blocked" | "asked" | "audited"} Action */

/**
 * @typedef {object} Decision
 * @property {string} message UUID of this stop of this message
 * @property {Action} action
 * @property {readonly { address: string, severity: string, reasons: readonly string[], raisedBy?: readonly string[], domain: string | null }[]} recipients
 * @property {string} [justification]
 */

/**
 * @typedef {object} Client
 * @property {"thunderbird" | "outlook"} host
 * @property {string} clientVersion
 * @property {Pick<Policy, "id" | "version" | "reporting">} policy
 * @property {Date} [time]
 * @property {() => string} [uuid]
 */

/** @typedef {Record<string, unknown> & { id: string }} Event */

const MAX_RECIPIENTS = 100;
const MAX_ADDRESS = 320;

/**
 * One event for each recipient, with no more than the policy's reporting level allows.
 *
 * @param {Decision} decision
 * @param {Client} client
 * @returns {Event[]}
 */
export function describeEvents(decision, { host, clientVersion, policy, time = new Date(), uuid = randomUuid }) {
    const level = ["off", "counts", "domain", "address"].indexOf(policy.reporting);
    if (level <= 0) {
        return [];
    }
    return decision.recipients.slice(0, MAX_RECIPIENTS).map(({ address, severity, reasons, raisedBy = [], domain }) => ({
        id: uuid(),
        message: decision.message,
        time: time.toISOString(),
        host,
        clientVersion,
        policy: { id: policy.id, version: policy.version },
        action: decision.action,
        severity,
        reasons: Array.from(new Set(reasons)),
        ...(raisedBy.length > 0 ? { raisedBy: Array.from(new Set(raisedBy)) } : {}),
        ...(level >= 2 && domain ? { domain } : {}),
        ...(level >= 3 && address ? { address: address.slice(0, MAX_ADDRESS) } : {}),
        ...(decision.justification ? { justification: decision.justification.slice(0, MAX_JUSTIFICATION) } : {}),
    }));
}

/**
 * A UUID of version 4 (RFC 9562). It need not be secret, only unique, so `Math.random` is enough where the platform has
 * nothing better.
 */
export function randomUuid() {
    if (typeof crypto === "object" && typeof crypto.randomUUID === "function") {
        return crypto.randomUUID();
    }
    return "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx".replace(/[xy]/g, (digit) => {
        const random = Math.floor(Math.random() * 16);
        return (digit === "x" ? random : (random & 3) | 8).toString(16);
    });
}

/**
 * The data kept between runs. Because `failures` and `notBefore` (ms since 1970) are among them, a restarted client
 * waits as long as before.
 *
 * @typedef {{ events: Event[], dropped: number, failures: number, notBefore: number }} Spool
 */

/** @typedef {{ load(): Promise<unknown>, save(spool: Spool): Promise<void> }} Store */

/**
 * @typedef {object} QueueOptions
 * @property {number} [maxEvents]
 * @property {number} [maxBytes] as JSON in UTF-16 units
 * @property {number} [batch]
 * @property {() => number} [now] ms since 1970
 * @property {() => number} [random] 0 to 1
 */

const RETRY_MS = Object.freeze({ first: 30_000, last: 3600_000 });

/**
 * Events on their way to the server: stored first, sent in batches, and kept with their ids until the server has
 * them. If the store is full or broken they stay in memory. Beyond the limits, the queue drops the oldest and counts them.
 */
export class EventQueue {
    #store;
    #backend;
    #options;
    /** @type {Promise<Spool> | undefined} */
    #spool;
    /** A second flush joins the one that is running. @type {Promise<void> | undefined} */
    #flushing;

    /**
     * @param {Store} store
     * @param {() => Promise<import("./backend.js").Backend | null> | import("./backend.js").Backend | null} backend
     * @param {QueueOptions} [options]
     */
    constructor(store, backend, options = {}) {
        this.#store = store;
        this.#backend = backend;
        this.#options = {
            maxEvents: 1000,
            maxBytes: 500_000,
            batch: 100,
            now: Date.now,
            random: Math.random,
            ...options,
        };
    }

    /**
     * Never rejects. Once it resolves, the events are stored, or in memory if the store fails.
     *
     * @param {readonly Event[]} events
     */
    async add(events) {
        if (events.length === 0) {
            return;
        }
        const spool = await this.#load();
        spool.events.push(...events);
        this.#bound(spool);
        await this.#save(spool);
    }

    /** @returns {Promise<{ waiting: number, dropped: number, notBefore: number }>} */
    async status() {
        const { events, dropped, notBefore } = await this.#load();
        return { waiting: events.length, dropped, notBefore };
    }

    /**
     * Sends the waiting events, unless it is too early after a failure. Never rejects.
     *
     * @returns {Promise<void>}
     */
    flush() {
        this.#flushing ??= this.#sendAll();
        return this.#flushing;
    }

    async #sendAll() {
        try {
            await this.#send();
        } finally {
            this.#flushing = undefined;
        }
    }

    async #send() {
        const spool = await this.#load();
        while (spool.events.length > 0 && this.#options.now() >= spool.notBefore) {
            const backend = await this.#backend();
            if (!backend) {
                return;
            }
            const batch = spool.events.slice(0, this.#options.batch);
            const answer = await backend.postEvents(batch);
            if (answer.result === "ok" || answer.result === "rejected") {
                // An event that the server will never take must not keep the others waiting.
                const gone = new Set(batch.map(({ id }) => id));
                spool.events = spool.events.filter(({ id }) => !gone.has(id));
                spool.dropped += answer.result === "rejected" ? batch.length : 0;
                spool.failures = 0;
            } else {
                this.#backOff(spool, answer.result === "later" ? answer.retryAfterMs : null);
            }
            await this.#save(spool);
        }
    }

    /**
     * @param {Spool} spool
     * @param {number | null} retryAfterMs
     */
    #backOff(spool, retryAfterMs) {
        spool.notBefore = this.#options.now() + backOff(RETRY_MS, spool.failures, retryAfterMs, this.#options.random);
        spool.failures += 1;
    }

    /** @param {Spool} spool */
    #bound(spool) {
        const { maxEvents, maxBytes } = this.#options;
        const sizes = spool.events.map((event) => JSON.stringify(event).length + 1);
        let bytes = sizes.reduce((sum, size) => sum + size, 0);
        let drop = 0;
        while (spool.events.length - drop > maxEvents || bytes > maxBytes) {
            bytes -= sizes[drop] ?? 0;
            drop += 1;
        }
        spool.events.splice(0, drop);
        spool.dropped += drop;
    }

    #load() {
        this.#spool ??= this.#read();
        return this.#spool;
    }

    /** @returns {Promise<Spool>} */
    async #read() {
        /** @type {Partial<Spool> | null | undefined} */
        let stored;
        try {
            stored = /** @type {Partial<Spool> | null | undefined} */ (await this.#store.load());
        } catch {
            // If the store fails, it counts as empty.
        }
        const count = (/** @type {unknown} */ value) =>
            typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : 0;
        const kept = stored?.events;
        const events = Array.isArray(kept) ? kept : [];
        return {
            events: events.filter((/** @type {Partial<Event> | null} */ event) => typeof event?.id === "string"),
            dropped: count(stored?.dropped),
            failures: count(stored?.failures),
            // A clock that was set back must not stop reporting for years.
            notBefore: Math.min(count(stored?.notBefore), this.#options.now() + 24 * RETRY_MS.last),
        };
    }

    /** @param {Spool} spool */
    async #save(spool) {
        try {
            await this.#store.save(spool);
        } catch {
            // The store is full: the events stay in memory, and the next change tries to store them again.
        }
    }
}
