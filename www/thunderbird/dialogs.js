// @ts-check
// Opens the dialog's windows, one for each message, and brings them to the front. A window manager may refuse to raise a
// window that lies behind another one, although Thunderbird reports success; new windows do come to the front.
// So another Send closes a dialog that the sender has seen and that has lost the focus, and opens a new one.
/* global locks -- of locks.js */
"use strict";

// guard.js uses it.
globalThis.dialogs = (() => {
    /** @typedef {import("./stop-page.js").StopPage} StopPage */

    /**
     * @typedef {object} Dialog
     * @property {string} id
     * @property {number} tabId of the message
     * @property {number | null} windowId once it is known
     * @property {number} since ms since 1970
     * @property {boolean} wasSeen whether it has had the focus
     * @property {boolean} hasFocus
     * @property {number} pressedAt when the sender has last pressed a button that sends, ms since 1970
     */

    /** Where a message's window is, if that is known. @typedef {{ left?: number, top?: number, width?: number } | null} Bounds */

    /** For this time after its creation, a dialog without the focus counts as still opening. */
    const OPENING_MS = 3000;

    /**
     * The longest content to pass in a dialog's address, in characters: the dialog then has it when it first draws. If the
     * content is longer, the dialog asks the event page for it.
     */
    const MAX_ADDRESS = 100_000;

    const WIDTH = 680;
    /** The height of a dialog whose content is not known yet, in CSS pixels. */
    const HEIGHT = 420;
    /** Each further dialog opens this many pixels lower and to the right, so that none hides another's title. */
    const STEP = 36;

    const STORED = "dialogs";

    /** By dialog, the function that lets the guard answer Thunderbird. */
    const whenSettled = /** @type {WeakMap<Dialog, () => void>} */ (new WeakMap());

    /** The ids of replaced dialogs: each must close as soon as its window has opened, and its answers no longer count. */
    const unwanted = /** @type {Set<string>} */ (new Set());

    const open_ = /** @type {Map<number, Dialog>} */ (new Map());

    /** Reads the stored dialogs: Thunderbird may have suspended the event page, or its process may have died. */
    const restored = restore().catch(() => {});

    /**
     * Shows the dialog of a message. A dialog that is opening or in front gets the new content; a dialog that another window
     * may hide is replaced by a new one.
     *
     * @param {number} tabId of the message
     * @param {StopPage | null} page null if the check failed: the dialog then asks for another check
     * @param {Promise<Bounds>} bounds of the message's window
     * @param {boolean} isLong whether Thunderbird takes long to read the text again once it has the guard's answer
     * @returns {Promise<void>} settles once the guard may answer: the window is open, or cannot open; for a long text, only once
     *     the dialog can be read
     */
    async function open(tabId, page, bounds, isLong) {
        await restored;
        const known = open_.get(tabId);
        if (known && isInFront(known)) {
            tell(known, { type: "show", page });
            return;
        }
        const dialog = newDialog(tabId);
        open_.set(tabId, dialog);
        if (known) {
            remove(known);
        }
        void save();
        const settled = new Promise((resolve) => whenSettled.set(dialog, () => resolve(undefined)));
        void create(dialog, page, bounds).then((isOpen) => (isOpen && isLong) || settle(dialog));
        await settled;
    }

    /**
     * @param {number} tabId
     * @returns {Dialog}
     */
    function newDialog(tabId) {
        const never = { wasSeen: false, hasFocus: false, pressedAt: 0 };
        return { id: crypto.randomUUID(), tabId, windowId: null, since: Date.now(), ...never };
    }

    /** Lets the guard answer Thunderbird about the dialog's message. @param {Dialog | undefined} dialog */
    function settle(dialog) {
        if (dialog) {
            whenSettled.get(dialog)?.();
        }
    }

    /** @param {Dialog} dialog */
    function isInFront({ wasSeen, since, hasFocus, pressedAt }) {
        const isComing = !wasSeen && Date.now() - since < OPENING_MS;
        return hasFocus || isComing || Date.now() - pressedAt < OPENING_MS;
    }

    /** @param {Dialog} dialog */
    function remove(dialog) {
        settle(dialog);
        unwanted.add(dialog.id);
        tell(dialog, { type: "superseded" });
        if (dialog.windowId !== null) {
            void messenger.windows.remove(dialog.windowId).catch(() => {});
        }
    }

    /**
     * Opens a dialog in a window; if that fails, in a tab; if that fails, opens the popup. The sender must see why nothing was
     * sent.
     *
     * @param {Dialog} dialog
     * @param {StopPage | null} page
     * @param {Promise<Bounds>} bounds of the message's window
     * @param {string} [more] parameters for the address
     * @returns {Promise<boolean>} whether it is open
     */
    async function create(dialog, page, bounds, more = "") {
        const { id, tabId } = dialog;
        const place = placeOn(await bounds);
        // The dialog checks whether its window is at this place.
        const wanted = place ? `&left=${place.left}&top=${place.top}` : "";
        const plain = messenger.runtime.getURL(`thunderbird/stop.html?tab=${tabId}&dialog=${id}${wanted}${more}`);
        const content = page ? `#${encodeURIComponent(JSON.stringify(page))}` : "";
        const url = content.length <= MAX_ADDRESS ? plain + content : plain;
        const ways = [
            async () => {
                const made = await messenger.windows.create({
                    type: "popup",
                    url,
                    allowScriptsToClose: true,
                    ...place,
                    width: WIDTH,
                    height: page?.height ?? HEIGHT,
                });
                dialog.windowId = made.id ?? null;
                void save();
                // Another Send replaced this dialog while its window was opening.
                if (unwanted.has(dialog.id) && made.id !== undefined) {
                    await messenger.windows.remove(made.id).catch(() => {});
                }
            },
            async () => void (await messenger.tabs.create({ url })),
        ];
        for (const way of ways) {
            try {
                await way();
                return true;
            } catch {
                if (open_.get(tabId) !== dialog) {
                    // The dialog was closed while its window opened, perhaps by an answer, so no tab or popup has to replace it.
                    return false;
                }
            }
        }
        if (open_.get(tabId) === dialog) {
            open_.delete(tabId);
            void save();
        }
        await showInButton(tabId).catch(() => {});
        return false;
    }

    /**
     * @param {number | undefined} windowId of a message
     * @returns {Promise<Bounds>} never rejects
     */
    async function boundsOf(windowId) {
        try {
            return await messenger.windows.get(/** @type {number} */ (windowId));
        } catch {
            return null;
        }
    }

    /**
     * Places the dialog over its message, a little further for each dialog that is open. A dialog wider than the message's
     * window reaches beyond its left edge, because the buttons are at the right.
     *
     * @param {Bounds} bounds
     * @returns {{ left: number, top: number } | null} null for the middle of the screen
     */
    function placeOn(bounds) {
        if (!bounds) {
            return null;
        }
        const { left = 0, top = 0, width = WIDTH } = bounds;
        const offset = STEP * (open_.size - 1);
        const surplus = width - WIDTH;
        return {
            left: Math.round(left + (surplus < 0 ? surplus : surplus / 2) + offset),
            top: Math.round(top + 60 + offset),
        };
    }

    /** @param {number} tabId */
    async function showInButton(tabId) {
        await messenger.composeAction.setBadgeText({ tabId, text: "!" });
        const { windowId } = await messenger.tabs.get(tabId);
        await messenger.composeAction.openPopup({ windowId });
    }

    /**
     * @param {Dialog} dialog
     * @param {DialogNews} news
     */
    function tell({ id }, news) {
        void messenger.runtime.sendMessage({ to: "dialog", dialog: id, ...news }).catch(() => {});
    }

    /**
     * A dialog has got or lost the focus.
     *
     * @param {number} tabId
     * @param {string} id
     * @param {boolean} hasFocus
     * @param {number | null} windowId
     */
    async function focused(tabId, id, hasFocus, windowId) {
        await restored;
        const dialog = open_.get(tabId);
        if (unwanted.has(id)) {
            return { isSuperseded: true };
        }
        if (!dialog && !hasFocus) {
            // The dialog loses the focus because it closes.
            return {};
        }
        if (!dialog) {
            // The dialog is unknown here: the storage was full, or `windowClosed` mistook another window for the dialog's.
            open_.set(tabId, { id, tabId, windowId, since: Date.now(), wasSeen: true, hasFocus, pressedAt: 0 });
        } else if (dialog.id === id) {
            settle(dialog);
            Object.assign(dialog, { hasFocus, wasSeen: dialog.wasSeen || hasFocus, windowId: windowId ?? dialog.windowId });
        } else {
            return { isSuperseded: true };
        }
        void save();
        return {};
    }

    /**
     * The sender has pressed a button that sends, so this dialog causes the next question of Thunderbird to the guard.
     *
     * @param {number} tabId
     * @param {string} id
     */
    function pressed(tabId, id) {
        const dialog = open_.get(tabId);
        if (dialog && dialog.id === id) {
            dialog.pressedAt = Date.now();
        }
    }

    /**
     * @param {number} tabId
     * @param {string} id
     */
    function isCurrent(tabId, id) {
        return !unwanted.has(id) && (open_.get(tabId)?.id ?? id) === id;
    }

    /**
     * A dialog has closed.
     *
     * @param {number} tabId
     * @param {string} id
     * @returns {boolean} whether it was the dialog that the sender had to answer
     */
    function closed(tabId, id) {
        const wasCurrent = isCurrent(tabId, id);
        if (wasCurrent) {
            settle(open_.get(tabId));
            open_.delete(tabId);
            void save();
        }
        unwanted.delete(id);
        return wasCurrent;
    }

    /**
     * Thunderbird announces a new window before `windows.create` answers. This stores the window's id, so that `windowClosed`
     * recognises a window that the sender closes at once, and the next Send opens another.
     *
     * @param {messenger.windows.Window} made
     */
    function windowCreated({ id, type }) {
        const opening = [...open_.values()].find(({ windowId }) => windowId === null);
        if (opening && id !== undefined && type === "popup") {
            opening.windowId = id;
            void save();
        }
    }

    /** @param {number} windowId */
    function windowClosed(windowId) {
        for (const dialog of open_.values()) {
            if (dialog.windowId === windowId) {
                settle(dialog);
                open_.delete(dialog.tabId);
                void save();
            }
        }
    }

    /** @param {number} tabId of a message whose window has closed; the message's dialog closes itself */
    function composeClosed(tabId) {
        const dialog = open_.get(tabId);
        if (dialog) {
            settle(dialog);
            unwanted.add(dialog.id);
            open_.delete(tabId);
            void save();
        }
    }

    /** No caller waits for this or fails with it: where the storage is full, the copy in memory has to suffice. */
    async function save() {
        try {
            await messenger.storage.session.set({ [STORED]: [...open_.values()] });
        } catch {
            // The storage is full.
        }
    }

    async function restore() {
        const [session, locked] = await Promise.all([messenger.storage.session.get(STORED).catch(() => null), locks.left]);
        const stored = /** @type {Dialog[]} */ (session?.[STORED] ?? []);
        if (stored.length === 0 && locked.length === 0) {
            return;
        }
        const contexts = await messenger.runtime.getContexts({});
        for (const dialog of stored.filter(({ tabId }) => !open_.has(tabId))) {
            if (contexts.some(({ documentUrl }) => documentUrl?.includes(`dialog=${dialog.id}`))) {
                open_.set(dialog.tabId, { ...dialog, hasFocus: false });
                continue;
            }
            const windowId = await windowOf(dialog);
            if (windowId !== null) {
                void messenger.windows.remove(windowId).catch(() => {});
                await askAgain(dialog.tabId, locked.includes(dialog.tabId));
            }
        }
        for (const tabId of locked.filter((id) => !open_.has(id))) {
            await askAgain(tabId, true);
        }
        void save();
    }

    /**
     * The window of a dialog, which may have opened too late for its id to be stored.
     *
     * @param {Dialog} dialog
     * @returns {Promise<number | null>} null if it has closed
     */
    async function windowOf({ id, windowId }) {
        if (windowId !== null) {
            return messenger.windows.get(windowId).then(() => windowId, () => null);
        }
        const tabs = await messenger.tabs.query({}).catch(() => []);
        return tabs.find(({ url }) => url?.includes(`dialog=${id}`))?.windowId ?? null;
    }

    /**
     * Asks about a message in a new dialog. The add-in's process has died, so the former dialog is empty and does not react.
     *
     * @param {number} tabId
     * @param {boolean} isLocked whether the guard had not answered Thunderbird
     */
    async function askAgain(tabId, isLocked) {
        const compose = await messenger.tabs.get(tabId).catch(() => null);
        if (!compose) {
            return;
        }
        if (isLocked) {
            // Makes Thunderbird save the draft, which unlocks the window: even an empty list of changes counts as a change.
            void messenger.compose.setComposeDetails(tabId, {}).catch(() => {});
        }
        const dialog = newDialog(tabId);
        open_.set(tabId, dialog);
        const more = isLocked ? "&interrupted&locked" : "&interrupted";
        void create(dialog, null, boundsOf(compose.windowId), more);
    }

    return Object.freeze({ boundsOf, open, focused, pressed, isCurrent, closed, windowCreated, windowClosed, composeClosed });
})();
