// @ts-check
// Selects the texts that the script at Send needs from the texts of all pages.

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
 * @param {readonly string[]} keys the keys of all texts
 * @returns {string[]} the keys that the script needs: its own, and one for each reason of the checker
 */
export function textKeys(keys) {
    return keys.filter((key) => KEYS.includes(key) || /^reason[A-Z]/.test(key));
}
