// @ts-check
// Runs inside Thunderbird's main process: settings that some people have changed.

import { byId, composeWindows, idOf, until, windows } from "./windows.js";

const { Services } = /** @type {any} */ (globalThis);

/**
 * Chooses another identity.
 *
 * @param {number} id
 * @param {string} address
 */
export async function writeAs(id, address) {
    const window = byId(id);
    const list = window.document.getElementById("msgIdentity");
    const item = [...list.querySelectorAll("menuitem")].find((one) => one.value.includes(address));
    list.selectedItem = item;
    window.LoadIdentity(false);
    await until("the identity", 30_000, () => list.value.includes(address));
}

/**
 * @param {number} id
 * @param {string} group
 */
export async function addNewsgroup(id, group) {
    const window = byId(id);
    const input = window.document.getElementById("newsgroupsAddrInput");
    window.showAndFocusAddressRow(input.closest(".address-row").id);
    input.value = group;
    input.dispatchEvent(new window.Event("input", { bubbles: true }));
    window.recipientAddPills(input);
    await until("the newsgroup", 30_000, () => window.document.querySelector("#addressRowNewsgroups mail-address-pill"));
}

/**
 * @param {string} name
 * @param {boolean} value
 */
export function setPreference(name, value) {
    Services.prefs.setBoolPref(name, value);
}

/** @param {string} name */
export const isLocked = (name) => Services.prefs.prefIsLocked(name);

/**
 * Answers the dialog that checks the spelling before a message is sent.
 *
 * @param {boolean} isSent whether to send the message then
 */
export async function finishSpelling(isSent) {
    const dialog = await until("the spelling", 60_000, () =>
        windows().find(({ location, document }) => location.href.includes("EdSpellCheck") && document.readyState === "complete"),
    );
    if (isSent) {
        dialog.onClose();
    } else {
        dialog.CancelSpellCheck();
        dialog.close();
    }
}

/**
 * Opens a draft that was saved before, and only that one.
 *
 * @param {string} subject
 * @returns {Promise<number>}
 */
export async function openDraft(subject) {
    const main = Services.wm.getMostRecentWindow("mail:3pane");
    const { MailServices } = main;
    const { Ci } = /** @type {any} */ (globalThis);
    const root = MailServices.accounts.localFoldersServer.rootFolder;
    const drafts = root.descendants.find((/** @type {any} */ one) => one.getFlag(Ci.nsMsgFolderFlags.Drafts));
    const message = await until("the draft", 60_000, () =>
        [...drafts.messages].find(({ mime2DecodedSubject }) => mime2DecodedSubject === subject),
    );
    main.ComposeMessage(Ci.nsIMsgCompType.Draft, Ci.nsIMsgCompFormat.Default, drafts, [drafts.getUriForMsg(message)]);
    return until("its window", 30_000, () => {
        const [window] = composeWindows();
        const isReady = window?.gMsgCompose && window.gLoadingComplete !== false && !window.gWindowLocked;
        return isReady && window.document.getElementById("messageEditor")?.contentDocument?.body && idOf(window);
    });
}

/** Quits the application as its menu does, which asks about open messages. */
export function quitByMenu() {
    const main = Services.wm.getMostRecentWindow("mail:3pane");
    // Quitting comes after the answer, because Thunderbird's question would delay the answer.
    main.setTimeout(() => main.goQuitApplication(), 0);
}
