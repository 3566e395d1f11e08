// @ts-check

/**
 * The recipients of a message as one text. An approval is valid only for a message with the same text. `approvals.js`, which
 * may import nothing, has the same function.
 *
 * @param {messenger.compose.ComposeDetails} details
 */
export function keyOf({ from, to, cc, bcc, replyTo, newsgroups }) {
    return JSON.stringify([from, to, cc, bcc, replyTo, newsgroups].map((field) => field ?? []));
}
