// @ts-check
// The folder of the servers, and a folder for the data of one of them.

import { access, chmod } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { once } from "node:events";
import path from "node:path";

import { makeFolder } from "../../thunderbird/driver/processes.js";

/** The servers as scripts/install-mail-servers unpacks them. */
const SERVERS = path.resolve("target/tools/mail");

/**
 * @param {string} name of a package
 * @param {string} program in it
 * @returns {Promise<string>} the folder of the package
 */
export async function unpacked(name, program) {
    const folder = path.join(SERVERS, name);
    await access(path.join(folder, program)).catch(() => {
        throw new Error(`${folder} is missing: run scripts/install-mail-servers`);
    });
    return folder;
}

/** A folder that servers with another user may enter. */
export async function openFolder() {
    const folder = makeFolder();
    await chmod(folder, 0o755);
    return folder;
}

/** @returns {Promise<number>} a port that is free now */
export async function freePort() {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
    server.close();
    await once(server, "close");
    return port;
}

/**
 * Waits until something listens at a port.
 *
 * @param {number} port
 * @param {() => string} [ended] says why nothing will listen
 */
export async function waitForPort(port, ended = () => "") {
    const end = Date.now() + 30_000;
    for (;;) {
        const socket = connect(port, "127.0.0.1");
        const isOpen = await new Promise((resolve) => {
            socket.once("connect", () => resolve(true));
            socket.once("error", () => resolve(false));
        });
        socket.destroy();
        if (isOpen) {
            return;
        }
        const why = ended();
        if (why || Date.now() > end) {
            throw new Error(`nobody listens on port ${port}: ${why}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
}
