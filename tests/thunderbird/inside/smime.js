// @ts-check
// Runs inside Thunderbird's main process: certificates for mail, and messages that are signed or encrypted with them.

import { byId } from "./windows.js";

const { Cc, ChromeUtils, Ci } = /** @type {any} */ (globalThis);
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");

const database = () => Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB);

/**
 * @param {{ authority: string, own: string, others: string[] }} given the authority and the others' certificates as PEM, and
 *     the file of the sender's own
 */
export function useCertificates({ authority, own, others }) {
    const bare = (/** @type {string} */ pem) => pem.replace(/-----[^-]+-----|\s/g, "");
    database().addCertFromBase64(bare(authority), "CT,C,C");
    for (const other of others) {
        database().addCertFromBase64(bare(other), ",,");
    }
    const file = Cc["@mozilla.org/file/local;1"].createInstance(Ci.nsIFile);
    file.initWithPath(own);
    const problem = database().importPKCS12File(file, "");
    if (problem) {
        throw new Error(`the certificate was not taken: ${problem}`);
    }
    const [identity] = MailServices.accounts.allIdentities;
    const mine = [...database().getCerts()].find(
        (one) => one.containsEmailAddress(identity.email) && one.issuerCommonName.startsWith("Mail authority"),
    );
    for (const use of ["signing", "encryption"]) {
        identity.setUnicharAttribute(`${use}_cert_name`, mine.displayName);
        identity.setCharAttribute(`${use}_cert_dbkey`, mine.dbKey);
    }
}

/**
 * Chooses S/MIME for a message, as its menu does.
 *
 * @param {number} id
 * @param {{ isSigned?: boolean, isEncrypted?: boolean }} how
 */
export function secure(id, { isSigned = false, isEncrypted = false }) {
    const window = byId(id);
    window.gSelectedTechnologyIsPGP = false;
    window.gSendSigned = isSigned;
    window.gUserTouchedSendSigned = true;
    window.gSendEncrypted = isEncrypted;
    window.gUserTouchedSendEncrypted = true;
}
