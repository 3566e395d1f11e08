// @ts-check
// The texts that the script at Send shows, of those that all pages have.

const KEYS = [
    "endsIn",
    "endsInIl",
    "endsInMl",
    "malformedComma",
    "malformedEnd",
    "malformedSpace",
    "outlookAlertBlocked",
    "outlookAlertButton",
    "outlookAlertFailed",
    "outlookAlertFailedBlocked",
    "outlookAlertHint",
    "outlookAlertJustify",
    "outlookAlertPartly",
    "outlookManifestButton",
    "outlookNoAddress",
    "outlookPerhaps",
    "outlookShow",
    "outlookUnreadable",
    "raisedMarking",
    "raisedSibling",
    "stopTraining",
    "viewMore",
];

/**
 * @param {readonly string[]} keys those of all texts
 * @returns {string[]} those that the script needs: its own, and one for each reason that the checker may give
 */
export function textKeys(keys) {
    return keys.filter((key) => KEYS.includes(key) || /^reason[A-Z]/.test(key));
}
