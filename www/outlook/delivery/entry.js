// @ts-check
// Runs beside the handlers in runtimes that are a page and so have a network: it sends the waiting events to the
// organisation's server. Outlook on the web removes the page as soon as a handler completes, so a request has to begin
// before that and to outlive the page (`keepalive` in www/shared/backend.js). scripts/build-outlook.js makes one classic
// script of this file and its imports, because a module could arrive after the event.

import { Calls } from "../calls.js";
import { PATIENT_SAVE_MS } from "../spool.js";
import { deliverWaiting } from "./deliver.js";

/** @typedef {import("../../shared/backend.js").BackendConfig} BackendConfig */

/**
 * The functions that this file offers to the handlers.
 *
 * @typedef {object} Page
 * @property {number} openedAt ms since 1970
 * @property {(backend: BackendConfig, version: string) => Promise<void>} deliver sends the waiting events; never
 *     rejects
 */

/** @type {Page} */
const page = {
    openedAt: performance.timeOrigin,
    deliver: (backend, version) => deliverWaiting(backend, version, new Calls(), PATIENT_SAVE_MS),
};

Object.assign(globalThis, { milguardPage: page });
