// @ts-check
// Answers the calls of Office.js as Outlook would, with the contents of the simulated item. Office.js numbers its
// calls.

/** @typedef {import("../../../www/try/outlook/office/office.js").Runtime} Runtime */
/** @typedef {import("../../../www/try/outlook/office/outlook.js").Outlook} Outlook */

/** An answer in the form that Office.js reads. @typedef {Record<string, unknown>} Reply */

/** @type {Record<string, number>} as Office.js numbers them */
const RECIPIENT_TYPES = { other: 0, distributionList: 1, user: 2, externalUser: 3 };
const NOTIFICATION_TYPES = ["informationalMessage", "progressIndicator", "errorMessage", "insightMessage"];
const FIELDS = {
    message: ["to", "cc", "bcc"],
    appointment: ["requiredAttendees", "optionalAttendees"],
};

/** The permission in the manifest, by the number that hosts use; Office.js numbers permissions in another order. */
const PERMISSION_READ_WRITE_ITEM = 3;
const ITEM_TYPES = { message: 4, appointment: 5 };

const RECIPIENTS_CHANGED = "olkRecipientsChanged";

/** The error code of Office.js for a call that a host does not support. */
const NOT_SUPPORTED = 5000;

/** The call that loads the custom properties. Its answer has another form than those of the other calls. */
const LOAD_CUSTOM_PROPERTIES = 3;

/** The call by which an add-in completes an event. It does not concern an item. */
export const EVENT_COMPLETED = 94;

export class HostCalls {
    #outlook;
    #runtime;
    /** The custom properties as the add-in last loaded them. @type {any} */
    #properties = null;

    /**
     * @param {Outlook} outlook
     * @param {Runtime} runtime whose `Office` is asked
     */
    constructor(outlook, runtime) {
        this.#outlook = outlook;
        this.#runtime = runtime;
    }

    get language() {
        return this.#outlook.mailbox.language;
    }

    /** The roaming settings as Office.js encodes them. */
    get settings() {
        return this.#outlook.mailbox.bridged ?? "{}";
    }

    /** The requirement sets of this client, as text. */
    get requirements() {
        return JSON.stringify({ Mailbox: `1.${this.#outlook.set}`, react: "1" });
    }

    /**
     * The data that `Office.js` asks for before it lets the add-in start.
     *
     * @param {string} hostVersion
     */
    initialData(hostVersion) {
        const { draft, mailbox } = this.#outlook;
        return {
            itemType: ITEM_TYPES[draft.kind],
            permissionLevel: PERMISSION_READ_WRITE_ITEM,
            hostVersion,
            owaView: "ThreeColumns",
            userProfileType: "office365",
            userDisplayName: mailbox.user.displayName,
            userEmailAddress: mailbox.user.emailAddress,
            userTimeZone: "UTC",
            itemNumber: 1,
        };
    }

    /**
     * @param {string} name of an event that Office.js wants to hear of
     * @param {(fields: string) => void} tell is given the changed fields as Outlook sends them: as JSON
     * @param {(status: number) => void} done
     */
    watch(name, tell, done) {
        const { item } = this.#runtime.Office.context.mailbox;
        if (name !== RECIPIENTS_CHANGED) {
            done(0);
            return;
        }
        try {
            item.addHandlerAsync(
                name,
                (/** @type {any} */ { changedRecipientFields }) => tell(JSON.stringify(changedRecipientFields)),
                (/** @type {any} */ { status }) => done(status === "succeeded" ? 0 : NOT_SUPPORTED),
            );
        } catch {
            // The item has no such method before Mailbox 1.7, or the test makes the simulation throw.
            done(NOT_SUPPORTED);
        }
    }

    /**
     * @param {number} dispatchId
     * @param {any} given
     * @param {(data: Reply) => void} reply
     */
    execute(dispatchId, given, reply) {
        if (dispatchId === LOAD_CUSTOM_PROPERTIES) {
            this.#loadProperties(reply);
            return;
        }
        try {
            this.#call(dispatchId, given, (result, format = (/** @type {any} */ value) => value) => {
                reply(
                    result.status === "succeeded"
                        ? { wasSuccessful: true, error: false, data: format(result.value) ?? null }
                        : { error: true, errorCode: result.error.code },
                );
            });
        } catch (error) {
            // A host cannot throw in another frame. The test made the simulation throw, or it lacks this method.
            reply({ error: true, errorCode: 9020, errorMessage: String(error) });
        }
    }

    /**
     * Office.js keeps the settings itself and hands over all of them, encoded.
     *
     * @param {Record<string, string>} settings
     * @param {(result: any) => void} done
     */
    saveSettings(settings, done) {
        const { roamingSettings } = this.#runtime.Office.context;
        for (const [name, value] of Object.entries(settings)) {
            roamingSettings.set(name, JSON.parse(value));
        }
        roamingSettings.saveAsync((/** @type {any} */ result) => {
            if (result.status === "succeeded") {
                this.#outlook.mailbox.bridged = JSON.stringify(settings);
            }
            done(result);
        });
    }

    /**
     * @param {number} dispatchId
     * @param {any} given
     * @param {(result: any, format?: (value: any) => unknown) => void} done
     */
    // eslint-disable-next-line max-lines-per-function -- one case for each call of Office.js
    #call(dispatchId, given, done) {
        const { context } = this.#runtime.Office;
        const { item } = context.mailbox;
        const field = () => item[FIELDS[this.#outlook.draft.kind][given.recipientField] ?? ""];
        const users = () =>
            given.recipientArray.map((/** @type {any} */ one) => ({ emailAddress: one.address, displayName: one.name }));
        const notification = () => ({
            ...given,
            key: undefined,
            type: NOTIFICATION_TYPES[given.type],
            actions: given.actions ?? undefined,
        });
        switch (dispatchId) {
            case 4:
                this.#saveProperties(given.customProperties, done);
                return;
            case 15:
                field().getAsync((/** @type {any} */ result) => done(result, (list) => list.map(recipientForHost)));
                return;
            case 18:
                item.subject.getAsync(done);
                return;
            case 21:
                field().setAsync(users(), done);
                return;
            case 22:
                field().addAsync(users(), done);
                return;
            case 33:
                item.notificationMessages.addAsync(given.key, notification(), done);
                return;
            case 34:
                item.notificationMessages.getAllAsync(done);
                return;
            case 35:
                item.notificationMessages.replaceAsync(given.key, notification(), done);
                return;
            case 36:
                item.notificationMessages.removeAsync(given.key, done);
                return;
            case 37:
                item.body.getAsync("text", done);
                return;
            case 99:
                item.getInitializationContextAsync(done);
                return;
            case 107:
                (item.from ?? item.organizer).getAsync((/** @type {any} */ result) => done(result, recipientForHost));
                return;
            case 149:
                item.getAttachmentsAsync(done);
                return;
            case 185:
                item.sessionData.setAsync(given.name, given.value, done);
                return;
            case 186:
                item.sessionData.getAsync(given.name, done);
                return;
            case 187:
                item.sessionData.getAllAsync(done);
                return;
            case 188:
                item.sessionData.clearAsync(done);
                return;
            case 189:
                item.sessionData.removeAsync(given.name, done);
                return;
            case 404:
                this.saveSettings(given[0], done);
                return;
            default:
                throw new Error(`the bridge does not know the call ${dispatchId}`);
        }
    }

    /** @param {(data: Reply) => void} reply */
    #loadProperties(reply) {
        const fail = () => reply({ wasSuccessful: false, errorMessage: "failed" });
        try {
            this.#runtime.Office.context.mailbox.item.loadCustomPropertiesAsync((/** @type {any} */ result) => {
                if (result.status !== "succeeded") {
                    fail();
                    return;
                }
                this.#properties = result.value;
                reply({ wasSuccessful: true, customProperties: JSON.stringify(result.value.getAll()) });
            });
        } catch {
            fail();
        }
    }

    /**
     * @param {Record<string, unknown>} all
     * @param {(result: any) => void} done
     */
    #saveProperties(all, done) {
        for (const name of Object.keys(this.#properties.getAll())) {
            this.#properties.remove(name);
        }
        for (const [name, value] of Object.entries(all)) {
            this.#properties.set(name, value);
        }
        this.#properties.saveAsync(done);
    }
}

/** @param {any} details */
function recipientForHost({ emailAddress, displayName, recipientType }) {
    return { address: emailAddress, name: displayName, recipientType: RECIPIENT_TYPES[recipientType] ?? 0 };
}

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
