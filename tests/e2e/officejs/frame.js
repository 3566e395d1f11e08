// @ts-check
// The frame with the add-in's page in the window of a host, for every way in which hosts and Office.js talk.

import { HostCalls } from "./calls.js";

/** @typedef {import("../../../www/try/outlook/office/office.js").Runtime} Runtime */
/** @typedef {import("../../../www/try/outlook/office/outlook.js").Outlook} Outlook */

/** The options of every frame. @typedef {{ url: string, title: string, onExit?: () => void }} Frame */

/**
 * @template Handle what a host needs to send an event that Office.js has registered
 */
export class HostFrame {
    frame = document.createElement("iframe");
    /** How the focus left the frame, each time; only Outlook on the web gets a message about that. @type {string[]} */
    exits = [];
    /** The events that Office.js has registered. @type {Map<string, Handle>} */
    events = new Map();
    calls;
    #url;
    /** @type {(options: any) => void} */
    #completed = () => {};

    /**
     * @param {Outlook} outlook
     * @param {Runtime} runtime whose `Office` is asked
     * @param {Frame} how
     */
    constructor(outlook, runtime, { url, title }) {
        this.calls = new HostCalls(outlook, runtime);
        this.#url = new URL(url);
        this.frame.title = title;
        addEventListener("message", this);
    }

    /** The address of the add-in's page. */
    get url() {
        return this.#url;
    }

    /** Lets the add-in's page load. */
    load() {
        this.frame.src = this.#url.href;
    }

    /** Ends the runtime, as Outlook on the web does when an event is completed. */
    end() {
        this.frame.remove();
        removeEventListener("message", this);
    }

    /**
     * Waits until the add-in can take an event.
     *
     * @param {string} name
     */
    async registered(name) {
        for (const end = Date.now() + 30_000; !this.events.has(name); ) {
            if (Date.now() > end) {
                throw new Error(`the add-in has not registered for ${name}`);
            }
            await new Promise((resolve) => setTimeout(resolve, 10));
        }
    }

    /**
     * Runs the add-in's function.
     *
     * @param {string} name of the function
     * @param {any} event its `completed` gets the add-in's answer
     */
    invoke(name, event) {
        this.#completed = (options) => event.completed(options);
        const details = { ...event, completed: undefined };
        this.send("appCommandInvoked", ["event", name, JSON.stringify({ source: { id: "event" }, ...details })]);
    }

    /**
     * Takes the arguments of the call by which the add-in completes an event. The third is the event, as text, with the
     * add-in's answer.
     *
     * @param {any} given
     */
    complete(given) {
        this.#completed(JSON.parse(given[2]).completedContext);
    }

    /**
     * Sends an event that Office.js has registered.
     *
     * @param {string} name
     * @param {unknown[]} data
     */
    send(name, data) {
        throw new Error(`this host cannot send ${name} with ${data.length} values`);
    }

    /**
     * Reads a message to the window.
     *
     * @param {MessageEvent} event
     */
    handleEvent(event) {
        throw new Error(`this host cannot read a message from ${event.origin}`);
    }
}
