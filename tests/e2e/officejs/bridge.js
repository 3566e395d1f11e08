// @ts-check
// Outlook on the web, as Office.js sees it from a frame: it answers Office.js's calls with values of the
// simulated item.

/** @typedef {import("../../../www/try/outlook/office/office.js").Runtime} Runtime */
/** @typedef {import("../../../www/try/outlook/office/outlook.js").Outlook} Outlook */
/** @typedef {{ error: true, errorCode: number }} Failure */

/** @type {Record<string, number>} as Office.js numbers them */
const RECIPIENT_TYPES = { other: 0, distributionList: 1, user: 2, externalUser: 3 };
const NOTIFICATION_TYPES = ["informationalMessage", "progressIndicator", "errorMessage", "insightMessage"];
const FIELDS = {
    message: ["to", "cc", "bcc"],
    appointment: ["requiredAttendees", "optionalAttendees"],
};

/** `Office.js` asks for these before it lets the add-in start. */
const PERMISSION_READ_WRITE_ITEM = 2;
const ITEM_TYPES = { message: 4, appointment: 5 };
const APP_OUTLOOK_ON_THE_WEB = 64;

/** Calls of Office.js that are not about an item. */
const EVENT_COMPLETED = 94;

/** This answer has another form. */
const LOAD_CUSTOM_PROPERTIES = 3;

let opened = 0;

export class Bridge {
    /** Requests of Office.js to the host, besides calls: `TabExit` and the like. @type {number[]} */
    static exits = [];
    frame = document.createElement("iframe");
    /** The events that Office.js has registered, each with its window. @type {Map<string, MessageEvent>} */
    #events = new Map();
    #conversation;
    #id;
    #outlook;
    #runtime;
    /** @type {(options: any) => void} */
    #completed = () => {};
    #onExit;
    /** The properties when they were last loaded. @type {any} */
    #properties = null;

    /**
     * @param {Outlook} outlook
     * @param {Runtime} runtime whose `Office` is asked
     * @param {{ url: string, title: string, onExit?: (how: number) => void }} how
     */
    constructor(outlook, runtime, { url, title, onExit = () => {} }) {
        opened += 1;
        this.#outlook = outlook;
        this.#runtime = runtime;
        this.#onExit = onExit;
        this.#conversation = `conversation-${opened}`;
        this.#id = `addin-${opened}`;
        this.frame.title = title;
        this.frame.name = JSON.stringify({
            hostInfo: `Outlook|Web|16.01|${outlook.mailbox.language}|correlation-${opened}||`,
            xdmInfo: `${this.#conversation}|${this.#id}|${location.origin}/mail/`,
            serializerVersion: 1,
        });
        this.frame.src = url;
        addEventListener("message", this.#listener);
    }

    /** Ends the runtime, as Outlook on the web does when an event is completed. */
    end() {
        this.frame.remove();
        removeEventListener("message", this.#listener);
    }

    /**
     * Resolves when the add-in can take an event.
     *
     * @param {string} name
     */
    async registered(name) {
        for (const end = Date.now() + 30_000; !this.#events.has(name); ) {
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
        this.#send("appCommandInvoked", ["event", name, JSON.stringify({ source: { id: "event" }, ...details })]);
    }

    /**
     * @param {string} name
     * @param {unknown} data
     */
    #send(name, data) {
        const event = this.#events.get(name);
        if (event) {
            this.#post(event, { _actionName: name, _correlationId: 0, _errorCode: 0, _responseType: 1, _data: data });
        }
    }

    /**
     * @param {MessageEvent} to
     * @param {object} message
     */
    #post(to, message) {
        const whole = {
            _serializerVersion: 1,
            _messageType: 1,
            _conversationId: this.#conversation,
            _origin: location.origin,
            ...message,
        };
        /** @type {Window} */ (to.source).postMessage(JSON.stringify(whole), { targetOrigin: to.origin });
    }

    #listener = (/** @type {MessageEvent} */ event) => {
        let message;
        try {
            message = JSON.parse(event.data);
        } catch {
            return;
        }
        if (message._messageType !== 0 || message._conversationId !== this.#conversation) {
            return;
        }
        const { _actionName, _correlationId } = message;
        const reply = (/** @type {unknown} */ data) =>
            this.#post(event, { _actionName, _correlationId, _errorCode: 0, _responseType: 0, _data: data });
        if (message._actionType === 1) {
            this.#events.set(_actionName, event);
            this.#watch(_actionName);
            reply({ Error: 0 });
        } else if (message._actionType === 2) {
            this.#events.delete(_actionName);
            reply({ Error: 0 });
        } else {
            this.#answer(_actionName, message._data, reply);
        }
    };

    /** @param {string} name */
    #watch(name) {
        if (name === "olkRecipientsChanged") {
            const { item } = this.#runtime.Office.context.mailbox;
            // As Outlook on the web sends it: a list with the fields as JSON.
            item.addHandlerAsync?.(name, (/** @type {any} */ { changedRecipientFields }) =>
                this.#send(name, [JSON.stringify(changedRecipientFields)]),
            );
        }
    }

    /**
     * @param {string} name
     * @param {any} data
     * @param {(data: unknown) => void} reply
     */
    #answer(name, data, reply) {
        const { draft, mailbox } = this.#outlook;
        switch (name) {
            case "ContextActivationManager_getAppContextAsync":
                reply({
                    _id: this.#id,
                    _appName: APP_OUTLOOK_ON_THE_WEB,
                    _appVersion: "16.01",
                    _appUILocale: mailbox.language,
                    _dataLocale: mailbox.language,
                    _docUrl: `${location.origin}/mail/`,
                    _clientMode: 0,
                    _settings: JSON.parse(mailbox.bridged ?? "{}"),
                    _reason: "documentOpened",
                    _osfControlType: 0,
                    _eToken: "",
                    _correlationId: "c",
                    _requirementMatrix: JSON.stringify({ Mailbox: `1.${this.#outlook.set}`, react: "1" }),
                    _addinName: "Milguard",
                    _appDomains: [],
                    _featureGates: {},
                });
                return;
            case "GetInitialData":
                reply({
                    itemType: ITEM_TYPES[draft.kind],
                    permissionLevel: PERMISSION_READ_WRITE_ITEM,
                    hostVersion: "15.20.9000.0",
                    owaView: "ThreeColumns",
                    userProfileType: "office365",
                    userDisplayName: mailbox.user.displayName,
                    userEmailAddress: mailbox.user.emailAddress,
                    userTimeZone: "UTC",
                    itemNumber: 1,
                });
                return;
            case "ExecuteMethod":
                this.#execute(data.MethodData.DispatchId, data.ApiParams ?? {}, reply);
                return;
            case "executeMethod":
                if (data.DdaMethod?.DispatchId === EVENT_COMPLETED) {
                    this.#complete(data);
                }
                reply({ Version: 1, Error: 0 });
                return;
            case "ContextActivationManager_notifyHost":
                Bridge.exits.push(data?.[1]);
                this.#onExit(data?.[1]);
                reply(null);
                return;
            default:
                reply(null);
        }
    }

    /** @param {any} data its third member is the event with the add-in's answer, as text */
    #complete(data) {
        this.#completed(JSON.parse(data[2]).completedContext);
    }

    /**
     * @param {number} dispatchId
     * @param {any} given
     * @param {(data: unknown) => void} reply
     */
    #execute(dispatchId, given, reply) {
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
            // A host cannot throw across frames: the simulation was told to throw, or lacks this
            // call.
            reply({ error: true, errorCode: 9020, errorMessage: String(error) });
        }
    }

    /**
     * @param {number} dispatchId
     * @param {any} given
     * @param {(result: any, format?: (value: any) => unknown) => void} done
     */
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
                this.#saveSettings(given[0], done);
                return;
            default:
                throw new Error(`the bridge does not know the call ${dispatchId}`);
        }
    }

    /** @param {(data: unknown) => void} reply */
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

    /**
     * Office.js keeps the settings itself and passes all of them, encoded.
     *
     * @param {Record<string, string>} settings
     * @param {(result: any) => void} done
     */
    #saveSettings(settings, done) {
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
}

/** @param {any} details */
function recipientForHost({ emailAddress, displayName, recipientType }) {
    return { address: emailAddress, name: displayName, recipientType: RECIPIENT_TYPES[recipientType] ?? 0 };
}
