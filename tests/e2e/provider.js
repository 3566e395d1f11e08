// @ts-check
// A real OpenID provider on this machine: `oidc-provider` with its own pages, which sign in anybody under any name.

import { generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import http from "node:http";

// @ts-expect-error The package has no types.
import { Provider } from "oidc-provider";

export const CLIENT = "milguard";
export const SECRET = "a secret of 32 characters or more";

/** The members of groups. Other people are in none. @type {Record<string, string[]>} */
const GROUPS = {
    olga: ["mail-admins", "staff"],
    sam: ["staff"],
    nora: ["navy-admins", "staff"],
};

/** Takes a port. The provider cannot answer before it knows the port of the server that it is for. */
export async function startProvider() {
    /** @type {http.RequestListener | undefined} */
    let answer;
    const server = http.createServer((request, response) => answer?.(request, response));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = /** @type {import("node:net").AddressInfo} */ (server.address());
    const issuer = `http://127.0.0.1:${address.port}`;
    return {
        issuer,

        /**
         * Begins to answer, unless it does already.
         *
         * @param {string} origin of the server that people come from
         */
        begin(origin) {
            if (!answer) {
                this.serve(origin);
            }
        },

        /**
         * Answers with a new key, and without earlier sessions and keys.
         *
         * @param {string} origin of the server that people come from
         */
        serve(origin) {
            const provider = new Provider(issuer, {
                clients: [
                    {
                        client_id: CLIENT,
                        client_secret: SECRET,
                        redirect_uris: [`${origin}/admin/sign-in/oidc/callback`],
                        post_logout_redirect_uris: [`${origin}/admin/signed-out`],
                    },
                ],
                claims: { openid: ["sub"], profile: ["preferred_username"], groups: ["groups"] },
                cookies: { keys: [randomBytes(16).toString("hex")] },
                findAccount: (/** @type {unknown} */ _context, /** @type {string} */ id) => ({
                    accountId: id,
                    claims: () => ({ sub: id, preferred_username: id, groups: GROUPS[id] ?? [] }),
                }),
                jwks: { keys: [newKey()] },
            });
            answer = provider.callback();
        },

        async stop() {
            server.closeAllConnections();
            server.close();
            await once(server, "close");
        },
    };
}

function newKey() {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    return { ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256" };
}
