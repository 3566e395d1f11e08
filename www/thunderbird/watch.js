// @ts-check
// The badge while the sender writes a message. Thunderbird has no event for an added recipient, and the time for reading a
// draft grows with its text (258 ms for 1.3 MB). So this reads only the draft in front, and a long one less often.

import { checkDraft } from "./draft.js";
import { keyOf } from "./key.js";

/** Reading drafts takes at most one part in this many of a core's time; a larger part would slow down typing. */
const SHARE = 60;

const MIN_PAUSE_MS = 1000;

/** While a draft is read, its window takes no keys; a sender notices a pause that is longer than this. */
const FELT_MS = 50;

/** A long draft whose recipients stay the same is read less and less often; this is the longest pause. */
const MAX_PAUSE_MS = 600_000;

/** The longest pause between calls of Thunderbird, which suspends an event page after 30 seconds without calls. */
const KEEP_AWAKE_MS = 20_000;

/** After a Send, the draft is not read until it has left or its dialog has closed, but at most for this time. */
const SENDING_MS = 60_000;

/** Colours dark enough for the white text that Thunderbird writes on them. */
const COLOURS = Object.freeze({ pass: "#1b6b3a", notice: "#1f5789", warn: "#8a4b00", block: "#a3171d" });

/**
 * What the add-in knows about a draft.
 *
 * @typedef {{ key: string | null, pauseMs: number, dueMs: number }} Draft
 */

export class Watch {
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    #timer;
    /** The tab in front; undefined until Thunderbird has named it. @type {number | undefined} */
    #tabId;
    /** The drafts by tab. @type {Map<number, Draft>} */
    #drafts = new Map();
    /** By tab, the time until which the draft is not read because it is being sent, ms since 1970. @type {Map<number, number>} */
    #sending = new Map();

    /**
     * Does not read a draft while it is being sent, because reading would delay sending.
     *
     * @param {number} tabId
     */
    pause(tabId) {
        this.#sending.set(tabId, Date.now() + SENDING_MS);
    }

    /** @param {number} tabId of a message that was sent, could not be sent, or whose dialog has closed */
    resume(tabId) {
        this.#sending.delete(tabId);
    }

    /** @param {number} tabId */
    isPaused(tabId) {
        return Date.now() < (this.#sending.get(tabId) ?? 0);
    }

    /**
     * Shows the verdict that another part of the add-in has on a draft, without reading it again.
     *
     * @param {number} tabId
     * @param {import("./draft.js").Verdict} verdict
     */
    learn(tabId, verdict) {
        const draft = this.#drafts.get(tabId);
        if (draft && draft.key !== verdict.key) {
            draft.key = verdict.key;
            void showBadge(tabId, verdict).catch(() => {});
        }
    }

    /**
     * Checks a draft now, and regularly while it is in front.
     *
     * @param {number} tabId
     */
    async look(tabId) {
        this.#tabId = tabId;
        this.#drafts.delete(tabId);
        await this.#check();
    }

    /** Begins to check the draft in front, unless a draft is being checked already. */
    async begin() {
        const [tab] = await messenger.tabs.query({ active: true, lastFocusedWindow: true });
        if (this.#tabId === undefined && tab?.id !== undefined && tab.type === "messageCompose") {
            await this.look(tab.id);
        }
    }

    /** Checks all drafts again, because a new policy may change their verdicts. */
    async again() {
        this.#drafts.clear();
        await this.#check();
    }

    /** @param {number} windowId */
    async focus(windowId) {
        if (windowId === messenger.windows.WINDOW_ID_NONE) {
            this.#stop();
            return;
        }
        const [tab] = await messenger.tabs.query({ windowId, active: true });
        if (tab?.type === "messageCompose") {
            this.#tabId = tab.id;
            await this.#check();
        } else {
            this.#stop();
        }
    }

    #stop() {
        clearTimeout(this.#timer);
        this.#tabId = undefined;
    }

    async #check() {
        clearTimeout(this.#timer);
        const tabId = this.#tabId;
        if (tabId === undefined) {
            return;
        }
        const draft = this.#drafts.get(tabId) ?? { key: null, pauseMs: 0, dueMs: 0 };
        this.#drafts.set(tabId, draft);
        try {
            if (this.isPaused(tabId)) {
                draft.dueMs = Math.max(draft.dueMs, Date.now() + MIN_PAUSE_MS);
                await messenger.tabs.get(tabId);
            } else if (Date.now() >= draft.dueMs) {
                await this.#read(tabId, draft);
            } else {
                // Any call keeps the page awake, and this one notices a closed window.
                await messenger.tabs.get(tabId);
            }
        } catch {
            const isOpen = await messenger.tabs.get(tabId).then(Boolean, () => false);
            if (!isOpen) {
                this.#drafts.delete(tabId);
                this.#sending.delete(tabId);
                if (this.#tabId === tabId) {
                    this.#stop();
                }
                return;
            }
            draft.dueMs = Date.now() + KEEP_AWAKE_MS;
        }
        if (this.#tabId === tabId) {
            clearTimeout(this.#timer);
            const pauseMs = Math.min(Math.max(draft.dueMs - Date.now(), 0), KEEP_AWAKE_MS);
            this.#timer = setTimeout(() => void this.#check(), pauseMs);
        }
    }

    /**
     * @param {number} tabId
     * @param {Draft} draft
     */
    async #read(tabId, draft) {
        const begin = performance.now();
        const details = await messenger.compose.getComposeDetails(tabId);
        const costMs = performance.now() - begin;
        const key = keyOf(details);
        const isSame = draft.key === key;
        const pauseMs = Math.max(MIN_PAUSE_MS, costMs * SHARE);
        // The sender of a long text usually enters the recipients first, so an unchanged long draft is read less often.
        const longerMs = Math.min(Math.max(pauseMs, draft.pauseMs * 2), MAX_PAUSE_MS);
        draft.pauseMs = isSame && costMs >= FELT_MS ? longerMs : pauseMs;
        draft.dueMs = Date.now() + draft.pauseMs;
        if (!isSame) {
            await showBadge(tabId, await checkDraft(tabId, details));
            draft.key = key;
        }
    }
}

/**
 * @param {number} tabId
 * @param {import("./draft.js").Verdict} verdict
 */
export async function showBadge(tabId, { report, settings }) {
    if (settings.policy.mode === "audit") {
        // In audit mode senders see nothing: the button is grey and opens nothing.
        await Promise.all([
            messenger.composeAction.disable(tabId),
            messenger.composeAction.setBadgeText({ tabId, text: "" }),
            messenger.composeAction.setTitle({ tabId, title: "Milguard" }),
        ]);
        return;
    }
    const count = report.recipients.filter(({ severity }) => severity !== "pass").length;
    const text = count === 0 ? "" : String(count);
    const summary = {
        pass: "viewSummaryPass",
        notice: "viewSummaryNotice",
        warn: "viewSummaryWarn",
        block: "viewSummaryBlock",
    }[report.severity];
    await Promise.all([
        messenger.composeAction.enable(tabId),
        messenger.composeAction.setBadgeText({ tabId, text }),
        messenger.composeAction.setBadgeBackgroundColor({ tabId, color: COLOURS[report.severity] }),
        messenger.composeAction.setTitle({
            tabId,
            title: `Milguard: ${messenger.i18n.getMessage(summary, text)}`,
        }),
    ]);
}
