// @ts-check
// Runs inside Thunderbird's main process: compose windows, folders and the address book.

import { byId, composeWindows, idOf, sleep, until } from "./windows.js";

const { Cc, ChromeUtils, Ci, Services } = /** @type {any} */ (globalThis);
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");

/**
 * @typedef {{ to?: string[], cc?: string[], bcc?: string[], replyTo?: string, newsgroups?: string,
 *     subject?: string, body?: string, html?: boolean | "default", identity?: string,
 *     attachments?: { name: string, text: string }[] }} Draft `html`: "default" for the format of the identity; without
 *     `identity`, the first one writes
 */

/** @param {Draft} draft */
export async function openCompose(draft) {
    const fields = Cc["@mozilla.org/messengercompose/composefields;1"].createInstance(Ci.nsIMsgCompFields);
    const header = (/** @type {string[]} */ mailboxes) =>
        MailServices.headerParser.makeMimeHeader(
            mailboxes.flatMap((text) => MailServices.headerParser.makeFromDisplayAddress(text)),
        );
    for (const field of /** @type {const} */ (["to", "cc", "bcc"])) {
        if (draft[field]?.length) {
            fields[field] = header(draft[field]);
        }
    }
    fields.replyTo = draft.replyTo ?? "";
    fields.newsgroups = draft.newsgroups ?? "";
    fields.subject = draft.subject ?? "";
    fields.body = draft.body ?? "";
    for (const { name, text } of draft.attachments ?? []) {
        const attachment = Cc["@mozilla.org/messengercompose/attachment;1"].createInstance(
            Ci.nsIMsgAttachment,
        );
        attachment.name = name;
        attachment.url = `data:text/plain,${encodeURIComponent(text)}`;
        attachment.size = text.length;
        fields.addAttachment(attachment);
    }
    const params = Cc["@mozilla.org/messengercompose/composeparams;1"].createInstance(
        Ci.nsIMsgComposeParams,
    );
    params.composeFields = fields;
    params.type = Ci.nsIMsgCompType.New;
    const { Default, HTML, PlainText } = Ci.nsIMsgCompFormat;
    params.format = draft.html === "default" ? Default : draft.html === false ? PlainText : HTML;
    const identities = MailServices.accounts.allIdentities;
    params.identity = identities.find((/** @type {any} */ { email }) => email === draft.identity) ?? identities[0];
    return newWindow(() => MailServices.compose.OpenComposeWindowWithParams(null, params));
}

/**
 * Replies to a message of a local folder as the main window's commands do.
 *
 * @param {"Reply" | "ForwardInline" | "ForwardAsAttachment" | "Redirect" | "EditAsNew"} how
 * @param {string} source of the message, RFC 5322
 */
export async function composeFrom(how, source) {
    const inbox = localFolder("Inbox");
    const message = inbox.addMessage(source.replace(/\r?\n/g, "\r\n"));
    const main = Services.wm.getMostRecentWindow("mail:3pane");
    return newWindow(() =>
        main.ComposeMessage(Ci.nsIMsgCompType[how], Ci.nsIMsgCompFormat.Default, inbox, [
            inbox.getUriForMsg(message),
        ]),
    );
}

/** @param {() => unknown} open */
async function newWindow(open) {
    const known = composeWindows().map(idOf);
    await open();
    return until("a compose window", 30_000, () => {
        const window = composeWindows().find((one) => !known.includes(idOf(one)));
        const isReady =
            window?.document.readyState === "complete" &&
            window.gMsgCompose &&
            window.composeEditorReady !== false &&
            window.gLoadingComplete !== false &&
            !window.gWindowLocked &&
            window.document.getElementById("messageEditor")?.contentDocument?.body;
        return isReady && idOf(window);
    });
}

const rows = /** @type {const} */ ({
    to: "toAddrInput",
    cc: "ccAddrInput",
    bcc: "bccAddrInput",
    replyTo: "replyAddrInput",
});

/**
 * Enters a recipient as a person does; `leave` keeps it from becoming a pill.
 *
 * @param {number} id
 * @param {string} text
 * @param {keyof typeof rows} row
 * @param {boolean} [leave]
 */
export async function enterRecipient(id, text, row = "to", leave = false) {
    const window = byId(id);
    const input = window.document.getElementById(rows[row]);
    const around = input.closest(".address-row");
    if (around.classList.contains("hidden")) {
        window.showAndFocusAddressRow(around.id);
    }
    input.focus();
    input.value = text;
    input.dispatchEvent(new window.Event("input", { bubbles: true }));
    if (!leave) {
        window.recipientAddPills(input);
    }
    await sleep(20);
}

/**
 * Removes every recipient whose address contains the text, like a person who corrects it.
 *
 * @param {number} id
 * @param {string} text
 */
export function removeRecipients(id, text) {
    const window = byId(id);
    for (const pill of window.document.querySelectorAll("mail-address-pill")) {
        if (pill.fullAddress.includes(text)) {
            pill.remove();
        }
    }
    window.onRecipientsChanged?.();
}

/**
 * @param {number} id
 * @returns {Record<string, string[]>} the contents of each row, by its type
 */
export function recipients(id) {
    /** @type {Record<string, string[]>} */
    const found = {};
    for (const row of byId(id).document.querySelectorAll(".address-row")) {
        const pills = [...row.querySelectorAll("mail-address-pill")].map((pill) => pill.fullAddress);
        if (pills.length > 0) {
            found[row.dataset.recipienttype.replace("addr_", "")] = pills;
        }
    }
    return found;
}

/**
 * @param {number} id
 * @param {string} subject
 */
export function setSubject(id, subject) {
    const field = byId(id).document.getElementById("msgSubject");
    field.value = subject;
    field.dispatchEvent(new (byId(id).Event)("input", { bubbles: true }));
}

/**
 * @param {number} id
 * @param {"command" | "button" | "later" | "draft"} how
 * @returns {Promise<number>} the time of the press
 */
export async function send(id, how) {
    const window = byId(id);
    window.focus();
    const command = { later: "cmd_sendLater", draft: "cmd_saveAsDraft" }[String(how)] ?? "cmd_sendNow";
    await until(`${command} to be enabled`, 30_000, () => window.defaultController.isCommandEnabled(command));
    const now = Date.now();
    if (how === "button") {
        window.document.getElementById("button-send").click();
    } else {
        window.goDoCommand(command);
    }
    return now;
}

/**
 * @param {number} id
 * @returns {null | { isLocked: boolean, canSend: boolean, title: string }} nothing if it is closed
 */
export function composeState(id) {
    const window = byId(id);
    return window
        ? {
              isLocked: Boolean(window.gWindowLocked || window.gSendOperationInProgress),
              canSend: window.defaultController.isCommandEnabled("cmd_sendNow"),
              title: window.document.title,
          }
        : null;
}

/**
 * @param {number} id
 * @param {number} timeoutMs
 */
export async function waitComposeClosed(id, timeoutMs) {
    await until("the compose window to close", timeoutMs, () => !byId(id));
}

/**
 * @param {number} id
 * @param {number} timeoutMs
 */
export async function waitComposeUnlocked(id, timeoutMs) {
    await until("the compose window to be usable", timeoutMs, () => composeState(id)?.isLocked === false);
}

/**
 * Saves a draft as Thunderbird does by itself every few minutes.
 *
 * @param {number} id
 */
export function autosave(id) {
    return byId(id).AutoSave();
}

/**
 * Closes compose windows without a question about saving.
 *
 * @param {number} [id] of the window; without it, all of them
 */
export function closeCompose(id) {
    for (const window of composeWindows().filter((one) => !id || idOf(one) === id)) {
        window.gContentChanged = false;
        if (window.gMsgCompose) {
            window.gMsgCompose.bodyModified = false;
        }
        window.ToggleWindowLock?.(false);
        window.close();
    }
}

/**
 * @param {"Inbox" | "Queue" | "Drafts" | "SentMail"} flag
 * @returns {any} undefined if there is none
 */
function localFolder(flag) {
    const root = MailServices.accounts.localFoldersServer.rootFolder;
    const found = root.descendants.find((/** @type {any} */ one) => one.getFlag(Ci.nsMsgFolderFlags[flag]));
    if (found || flag !== "Inbox") {
        return found?.QueryInterface(Ci.nsIMsgLocalMailFolder);
    }
    root.QueryInterface(Ci.nsIMsgLocalMailFolder);
    const made = root.createLocalSubfolder("Inbox").QueryInterface(Ci.nsIMsgLocalMailFolder);
    made.setFlag(Ci.nsMsgFolderFlags.Inbox);
    return made;
}

/**
 * @param {"Queue" | "Drafts" | "SentMail"} flag
 * @returns {string[]}
 */
export const subjects = (flag) =>
    [...(localFolder(flag)?.messages ?? [])].map((message) => message.mime2DecodedSubject);

/**
 * Counts from now on how often an add-in reads the whole message.
 *
 * @param {number} id
 */
export function countReadings(id) {
    const window = byId(id);
    const { GetComposeDetails } = window;
    window.milguardReadings = 0;
    window.GetComposeDetails = () => {
        window.milguardReadings += new Error().stack?.includes("convertComposeDetails") ? 1 : 0;
        return GetComposeDetails();
    };
}

/**
 * @param {number} id
 * @returns {number}
 */
export const readings = (id) => byId(id).milguardReadings;

/** Sends the messages in the Outbox. */
export function flushOutbox() {
    Cc["@mozilla.org/messengercompose/sendlater;1"]
        .getService(Ci.nsIMsgSendLater)
        .sendUnsentMessages(MailServices.accounts.allIdentities[0]);
}

/**
 * Adds a list to the personal address book. A member of the form `[name, name]` is the list with that
 * name, which is how Thunderbird nests lists.
 *
 * @param {string} name
 * @param {[string, string][]} members name and address
 */
export function addList(name, members) {
    const book = MailServices.ab.directories.find(
        (/** @type {any} */ one) => one.dirPrefId === "ldap_2.servers.pab",
    );
    const fresh = Cc["@mozilla.org/addressbook/directoryproperty;1"].createInstance(Ci.nsIAbDirectory);
    fresh.isMailList = true;
    fresh.dirName = name;
    const list = book.addMailList(fresh);
    for (const [displayName, primaryEmail] of members) {
        const card = Cc["@mozilla.org/addressbook/cardproperty;1"].createInstance(Ci.nsIAbCard);
        card.displayName = displayName;
        card.primaryEmail = primaryEmail;
        list.addCard(book.addCard(card));
    }
}
