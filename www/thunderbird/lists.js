// @ts-check
// Mailing lists of the address books. Thunderbird replaces a list by its members only after it has asked the add-in, so
// this file reads the members. Thunderbird 140 does not have `expandMailingLists` yet.

/** @typedef {import("./draft.js").Entry} Entry */
/** @typedef {{ id: string, members?: Promise<Member[]> }} List */
/** @typedef {{ name: string, email: string }} Member */

/** The most members of a list: more than a mail system takes in one message. */
const MAX_MEMBERS = 5000;

/** The most lists within each other: nobody nests them more deeply. */
const MAX_DEPTH = 10;

/**
 * The entries, with the members of each list in its place. A list whose members cannot all be read stays among the
 * entries, so that the checker reports it.
 *
 * @param {Entry[]} entries
 * @param {(entry: Entry, index: number) => boolean | undefined} isList
 * @returns {Promise<Entry[]>}
 */
export async function expandLists(entries, isList) {
    let lists;
    try {
        lists = await findLists();
    } catch {
        return entries;
    }
    const expanded = [];
    for (const [index, entry] of entries.entries()) {
        expanded.push(...(isList(entry, index) ? await expand(entry, lists) : [entry]));
    }
    return expanded;
}

/**
 * All lists of all address books, under their names as Thunderbird compares them.
 *
 * @returns {Promise<Map<string, List>>}
 */
async function findLists() {
    const books = await messenger.addressBooks.list();
    const found = await Promise.all(
        books.map(({ id }) => messenger.addressBooks.mailingLists.list(id).catch(() => [])),
    );
    // If two lists have the same name, Thunderbird takes the first.
    return new Map(
        found
            .flat()
            .reverse()
            .map(({ id, name }) => [fold(name ?? ""), { id }]),
    );
}

/**
 * @param {Entry} entry
 * @param {Map<string, List>} lists
 * @returns {Promise<Entry[]>}
 */
async function expand(entry, lists) {
    /** @type {Member[]} */
    const members = [];
    const seen = new Set();
    let isWhole = true;

    /**
     * @param {string} name
     * @param {number} depth
     * @returns {Promise<boolean>} whether it is a list
     */
    async function open(name, depth) {
        const list = lists.get(fold(name));
        if (!list) {
            return false;
        }
        if (seen.has(list.id)) {
            return true;
        }
        seen.add(list.id);
        if (depth > MAX_DEPTH) {
            isWhole = false;
            return true;
        }
        list.members ??= messenger.addressBooks.mailingLists
            .listMembers(list.id)
            .then((contacts) => contacts.flatMap(memberOf));
        for (const member of await list.members) {
            if (!member.email.includes("@") && (await open(member.email, depth + 1))) {
                continue;
            }
            if (members.length >= MAX_MEMBERS) {
                isWhole = false;
                return true;
            }
            members.push(member);
        }
        return true;
    }

    let name = "";
    try {
        const [mailbox] = await messenger.messengerUtilities.parseMailboxString(entry.address);
        name = mailbox?.email || mailbox?.name || "";
        if (!(await open(name, 1)) && !(await open(mailbox?.name ?? "", 1))) {
            return [entry];
        }
    } catch {
        isWhole = false;
    }
    /** @type {Entry[]} */
    const opened = members.map((member) => ({
        address: written(member),
        field: entry.field,
        source: entry.source,
        members: null,
        list: name,
    }));
    for (const one of opened) {
        // Replacing the list would lose the members that could not be read.
        one.members = isWhole ? opened : null;
    }
    return isWhole ? opened : [entry, ...opened];
}

/** @param {string} name */
const fold = (name) => name.trim().replace(/^"(.*)"$/, "$1").toLowerCase();

/** @param {Member} member */
function written({ name, email }) {
    return name === "" || name === email ? email : `"${name.replace(/["\\]/g, "\\$&")}" <${email}>`;
}

/**
 * The address that Thunderbird sends to: the preferred one, else the first.
 *
 * @param {{ vCard?: string }} contact
 * @returns {Member[]}
 */
function memberOf({ vCard = "" }) {
    // RFC 6350: a line that begins with a space continues the one before.
    const lines = vCard.replace(/\r?\n[ \t]/g, "").split(/\r?\n/);
    const emails = lines.flatMap((line) => {
        const [, parameters = "", value = ""] = /^(?:[\w-]+\.)?EMAIL((?:;[^:]*)?):(.*)$/i.exec(line) ?? [];
        return value.trim() === "" ? [] : [{ value: unescape(value), isPreferred: /;PREF=1(?:;|$)/i.test(parameters) }];
    });
    const email = emails.find(({ isPreferred }) => isPreferred) ?? emails[0];
    if (!email) {
        return [];
    }
    const shown = lines.map((line) => /^(?:[\w-]+\.)?FN(?:;[^:]*)?:(.*)$/i.exec(line)?.[1]).find((one) => one);
    return [{ name: unescape(shown ?? ""), email: email.value }];
}

/** @param {string} value */
const unescape = (value) => value.replace(/\\n/gi, " ").replace(/\\(.)/g, "$1").trim();
