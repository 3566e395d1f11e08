// @ts-check

/**
 * What an approval is given for: exactly these recipients. The guard, which imports nothing, makes it in the same
 * way.
 *
 * @param {messenger.compose.ComposeDetails} details
 */
export function keyOf({ from, to, cc, bcc, replyTo, newsgroups }) {
    return JSON.stringify([from, to, cc, bcc, replyTo, newsgroups].map((field) => field ?? []));
}
