// @ts-check
// A server of the test's own on this machine.

import { once } from "node:events";
import { createServer } from "node:http";

/** @typedef {{ method: string, path: string, headers: import("node:http").IncomingHttpHeaders, body: string }} Request */

/**
 * @param {import("node:test").TestContext} context which closes it
 * @param {(request: Request, response: import("node:http").ServerResponse) => void} answer
 */
export async function serve(context, answer) {
    /** @type {Request[]} */
    const requests = [];
    const server = createServer(async (request, response) => {
        let body = "";
        for await (const chunk of request.setEncoding("utf8")) {
            body += chunk;
        }
        const { method = "", url: path = "", headers } = request;
        requests.push({ method, path, headers, body });
        answer({ method, path, headers, body }, response);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    context.after(() => {
        server.closeAllConnections();
        server.close();
    });
    const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
    return { url: `http://127.0.0.1:${port}`, requests };
}
