// What this add-in uses of Thunderbird's interface (140 and later, manifest version 3).

interface MessengerEvent {
    addListener(listener: (...args: any[]) => unknown): void;
    removeListener(listener: (...args: any[]) => unknown): void;
}

interface MessengerStorageArea {
    get(keys?: string | string[] | null): Promise<Record<string, any>>;
    set(values: Record<string, unknown>): Promise<void>;
    remove(keys: string | string[]): Promise<void>;
}

interface MessengerTab {
    id: number;
    windowId: number;
    type?: string;
    active?: boolean;
    url?: string;
}

interface MessengerComposeDetails {
    from?: string | null;
    to?: string[] | null;
    cc?: string[] | null;
    bcc?: string[] | null;
    replyTo?: string[] | null;
    subject?: string | null;
    isPlainText?: boolean;
    body?: string | null;
    plainTextBody?: string | null;
}

interface MessengerMailingList {
    id: string;
    name?: string;
    nickName?: string;
}

interface MessengerContact {
    id: string;
    vCard?: string;
}

declare const messenger: {
    compose: {
        onBeforeSend: MessengerEvent;
        onAfterSend: MessengerEvent;
        onComposeStateChanged: MessengerEvent;
        getComposeDetails(tabId: number): Promise<MessengerComposeDetails>;
        setComposeDetails(tabId: number, details: MessengerComposeDetails): Promise<void>;
        listAttachments(tabId: number): Promise<{ name: string }[]>;
        sendMessage(tabId: number, options?: { mode?: string }): Promise<unknown>;
    };
    composeAction: {
        setBadgeText(details: { tabId: number; text: string }): Promise<void>;
        setBadgeBackgroundColor(details: { tabId: number; color: string }): Promise<void>;
        setTitle(details: { tabId: number; title: string }): Promise<void>;
        openPopup(options: { windowId: number }): Promise<boolean>;
    };
    addressBooks: {
        list(): Promise<{ id: string }[]>;
        mailingLists: {
            list(bookId: string): Promise<MessengerMailingList[]>;
            listMembers(listId: string): Promise<MessengerContact[]>;
        };
    };
    messengerUtilities: {
        parseMailboxString(text: string): Promise<{ name?: string; email?: string }[]>;
    };
    storage: {
        local: MessengerStorageArea;
        session: MessengerStorageArea;
        managed: Pick<MessengerStorageArea, "get">;
        onChanged: MessengerEvent;
    };
    alarms: {
        onAlarm: MessengerEvent;
        create(name: string, when: { when?: number; delayInMinutes?: number; periodInMinutes?: number }): Promise<void>;
        clear(name: string): Promise<boolean>;
        get(name: string): Promise<{ name: string; scheduledTime: number } | undefined>;
    };
    i18n: {
        getMessage(key: string, substitutions?: string | string[]): string;
        getUILanguage(): string;
    };
    runtime: {
        onMessage: MessengerEvent;
        onStartup: MessengerEvent;
        onInstalled: MessengerEvent;
        getURL(path: string): string;
        getManifest(): { version: string };
        sendMessage(message: unknown): Promise<any>;
        getContexts(filter: { documentUrls?: string[] }): Promise<{ windowId: number; tabId: number }[]>;
        getPlatformInfo(): Promise<unknown>;
    };
    tabs: {
        onCreated: MessengerEvent;
        onRemoved: MessengerEvent;
        get(tabId: number): Promise<MessengerTab>;
        query(query: { active?: boolean; currentWindow?: boolean; lastFocusedWindow?: boolean; windowId?: number; type?: string }): Promise<MessengerTab[]>;
        create(properties: { url: string }): Promise<MessengerTab>;
    };
    windows: {
        onFocusChanged: MessengerEvent;
        onRemoved: MessengerEvent;
        WINDOW_ID_NONE: number;
        create(properties: {
            type: "popup";
            url: string;
            width?: number;
            height?: number;
            left?: number;
            top?: number;
            allowScriptsToClose?: boolean;
        }): Promise<{ id: number }>;
        update(windowId: number, properties: { focused?: boolean }): Promise<unknown>;
        openDefaultBrowser(url: string): Promise<void>;
    };
};
