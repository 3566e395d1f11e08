// @ts-check
// A fake server on this machine.

import { once } from "node:events";
import { createServer } from "node:http";

/** @typedef {{ method: string, path: string, headers: import("node:http").IncomingHttpHeaders, body: string }} Request */

/**
 * @param {import("node:test").TestContext} context the test that closes it
 * @param {(request: Request, response: import("node:http").ServerResponse) => void} answer
 * @param {{ key?: string }} [how] with a key, each client that enrols gets it, and `requests` has only what follows
 */
export async function serve(context, answer, { key } = {}) {
    /** @type {Request[]} */
    const requests = [];
    const server = createServer(async (request, response) => {
        let body = "";
        for await (const chunk of request.setEncoding("utf8")) {
            body += chunk;
        }
        const { method = "", url: path = "", headers } = request;
        if (key !== undefined && path === "/v1/enrol") {
            response.end(JSON.stringify({ client: "client", key, group: "default" }));
            return;
        }
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
