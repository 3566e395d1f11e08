// @ts-check
// The files that Thunderbird starts from: its program folder with the tests' policies, and a fresh
// profile.

import { copyFile, mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";

/** The sender of every message. */
export const SENDER = "alice@example.mil";

/**
 * @typedef {string | number | boolean} Pref
 * @typedef {object} Setup
 * @property {string} folder for all of it
 * @property {string} application the folder of the Thunderbird to run
 * @property {number} smtpPort
 * @property {{ id: string, file: string } | null} addin
 * @property {{ id: string, file: string }[]} [besides] further add-ons
 * @property {object} [managed] the data that the add-in reads as `storage.managed`
 * @property {Record<string, Pref>} [prefs]
 * @property {Record<string, any>} [policies] further ones
 */

/**
 * A program folder like the installed one, with its own `distribution/policies.json`.
 *
 * @param {Setup} setup
 * @returns {Promise<string>} the program
 */
export async function makeApplication({ folder, application, addin, besides = [], managed, policies }) {
    const made = path.join(folder, "application");
    await mkdir(path.join(made, "distribution"), { recursive: true });
    for (const name of await readdir(application)) {
        if (!["distribution", "thunderbird", "thunderbird-bin"].includes(name)) {
            await symlink(path.join(application, name), path.join(made, name));
        }
    }
    // The folder is a copy, because the program finds its own folder by its place.
    const program = path.join(made, "thunderbird-bin");
    await copyFile(path.join(application, "thunderbird-bin"), program);
    const installed = [...(addin ? [addin] : []), ...besides].map(({ id, file }) => [
        id,
        { installation_mode: "force_installed", install_url: pathToFileURL(file).href, updates_disabled: true },
    ]);
    const all = {
        DisableAppUpdate: true,
        DisableTelemetry: true,
        ...policies,
        ...(addin && { ExtensionSettings: { ...policies?.ExtensionSettings, ...Object.fromEntries(installed) } }),
        ...(addin && managed && { "3rdparty": { Extensions: { [addin.id]: managed } } }),
    };
    await writeFile(path.join(made, "distribution/policies.json"), JSON.stringify({ policies: all }));
    return program;
}

/**
 * @param {Setup} setup
 * @returns {Promise<string>} the profile's folder
 */
export async function makeProfile({ folder, smtpPort, prefs }) {
    const profile = path.join(folder, "profile");
    const local = path.join(profile, "Mail/Local Folders");
    await mkdir(local, { recursive: true });
    const all = {
        ...QUIET,
        ...ACCOUNT,
        "mail.server.server1.directory": local,
        "mail.smtpserver.smtp1.port": smtpPort,
        ...prefs,
    };
    const lines = Object.entries(all).map(
        ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`,
    );
    await writeFile(path.join(profile, "user.js"), lines.join(""));
    return profile;
}

/** Thunderbird asks no questions, contacts no other machine, and logs everything on the console. */
const QUIET = {
    // Any free port; it is written into the profile.
    "marionette.port": 0,
    "app.donation.eoy.version.viewed": 999,
    "app.normandy.enabled": false,
    "app.shield.optoutstudies.enabled": false,
    "app.update.enabled": false,
    "browser.aboutwelcome.enabled": false,
    "browser.dom.window.dump.enabled": true,
    "datareporting.healthreport.uploadEnabled": false,
    "datareporting.policy.dataSubmissionEnabled": false,
    "datareporting.policy.dataSubmissionPolicyBypassNotification": true,
    "devtools.console.stdout.chrome": true,
    "devtools.console.stdout.content": true,
    "extensions.autoDisableScopes": 0,
    "extensions.getAddons.cache.enabled": false,
    "extensions.update.enabled": false,
    "intl.locale.requested": "en-US",
    "mail.cloud_files.enabled": false,
    "mail.compose.attachment_reminder": false,
    "mail.compose.dontWarnMail2Newsgroup": true,
    "mail.inappnotifications.enabled": false,
    "mail.openpgp.remind_encryption_possible": false,
    "mail.provider.enabled": false,
    "mail.rights.version": 1,
    "mail.shell.checkDefaultClient": false,
    "mail.shell.checkDefaultMail": false,
    "mail.spotlight.firstRunDone": true,
    "mail.startup.enabledMailCheckOnce": true,
    "mail.SpellCheckBeforeSend": false,
    "mail.ui.folderpane.version": 1,
    "mail.warn_on_send_accel_key": false,
    "mail.winsearch.firstRunDone": true,
    "mailnews.start_page.enabled": false,
    "mailnews.start_page_override.mstone": "ignore",
    "mailnews.ui.threadpane.version": 12,
    "network.captive-portal-service.enabled": false,
    "network.connectivity-service.enabled": false,
    // No name is looked up, so nothing reaches another machine or waits for its answer.
    "network.dns.forceResolve": "127.0.0.1",
    "network.manage-offline-status": false,
    "network.proxy.type": 0,
    "network.trr.mode": 5,
    "offline.startup_state": 0,
    "services.settings.server": "http://127.0.0.1:9/v1",
    "toolkit.telemetry.enabled": false,
    "toolkit.telemetry.reportingpolicy.firstRun": false,
    "xpinstall.signatures.required": false,
};

/** One identity, folders on this machine, and the sink to send to. */
const ACCOUNT = {
    "mail.account.account1.identities": "id1",
    "mail.account.account1.server": "server1",
    "mail.accountmanager.accounts": "account1",
    "mail.accountmanager.defaultaccount": "account1",
    "mail.accountmanager.localfoldersserver": "server1",
    "mail.identity.id1.draft_folder": "mailbox://nobody@Local%20Folders/Drafts",
    "mail.identity.id1.fcc_folder": "mailbox://nobody@Local%20Folders/Sent",
    "mail.identity.id1.fullName": "Alice",
    "mail.identity.id1.smtpServer": "smtp1",
    "mail.identity.id1.useremail": SENDER,
    "mail.identity.id1.valid": true,
    "mail.server.server1.directory-rel": "[ProfD]Mail/Local Folders",
    "mail.server.server1.hostname": "Local Folders",
    "mail.server.server1.name": "Local Folders",
    "mail.server.server1.type": "none",
    "mail.server.server1.userName": "nobody",
    "mail.smtp.defaultserver": "smtp1",
    "mail.smtpserver.smtp1.authMethod": 1,
    "mail.smtpserver.smtp1.hostname": "127.0.0.1",
    "mail.smtpserver.smtp1.try_ssl": 0,
    "mail.smtpserver.smtp1.type": "smtp",
    "mail.smtpserver.smtp1.username": "",
    "mail.smtpservers": "smtp1",
};
