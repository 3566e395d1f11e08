// @ts-check
// A person at the dashboard without a browser: creates an account with the set-up link, and a token for
// programs.

import assert from "node:assert/strict";

const PASSWORD = "a sentence to remember";

/**
 * @param {string} origin
 * @param {string} setupLink
 * @returns {Promise<string>} a token that may read events and counts
 */
export async function makeToken(origin, setupLink) {
    /** @type {Map<string, string>} */
    const cookies = new Map();

    /**
     * @param {string} where
     * @param {URLSearchParams} [form]
     */
    async function ask(where, form) {
        const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
        const method = form ? "POST" : "GET";
        const response = await fetch(origin + where, {
            method,
            headers: { cookie },
            redirect: "manual",
            ...(form ? { body: form } : {}),
        });
        for (const line of response.headers.getSetCookie()) {
            const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
            cookies.set(name, value);
        }
        const body = await response.text();
        assert.ok(response.status < 400, `${method} ${where}: ${response.status} ${body}`);
        return body;
    }

    /**
     * Fills in the form of a page and sends it.
     *
     * @param {string} where
     * @param {Record<string, string>} members
     */
    async function send(where, members) {
        const csrf = /name="csrf" value="([^"]+)"/.exec(await ask(where))?.[1] ?? "";
        return ask(where, new URLSearchParams({ csrf, ...members }));
    }

    await send(new URL(setupLink).pathname, { name: "ann", password: PASSWORD, again: PASSWORD });
    const made = await send("/admin/tokens", { name: "a program", events: "on", summary: "on", days: "1" });
    const token = /mg_api_\w+/.exec(made)?.[0];
    assert.ok(token, made);
    return token;
}
