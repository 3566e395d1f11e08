// The objects that the classic scripts of this folder share, and the parts of Thunderbird 140 that its published types (of
// version 127) lack.

type Decision = import("../shared/events.js").Decision;
type StopPage = import("./stop-page.js").StopPage;

/** The messages of the add-in's pages to the guard. Its answer is the return value of the case in guard.js. */
type ToGuard = { to: "guard" } & (
    | { type: "focus"; tabId: number; dialog: string; isFocused: boolean }
    | { type: "approve"; tabId: number; dialog: string; key: string; decision?: Decision | null }
    | { type: "not-sending"; tabId: number }
    | { type: "stands"; tabId: number; key: string }
    | { type: "mode"; tabId: number }
    | { type: "report"; event: Decision }
    | { type: "typed"; tabId: number; reason: string }
    | { type: "closed"; tabId: number; dialog: string; decision: Decision | null }
    | { type: "ask"; tabId: number; dialog: string; question: import("./stops.js").Question }
);

/** A message to a dialog: another dialog has replaced it, or it has to show this content. */
type DialogNews = { type: "superseded" } | { type: "show"; page: StopPage | null };

/** To the dialog with this id, or to the dialog of the message in this tab. */
type ToDialog = { to: "dialog"; dialog?: string; tabId?: number } & DialogNews;

/** approvals.js */
declare var approvals: {
    keyOf(details: messenger.compose.ComposeDetails): string;
    give(tabId: number, key: string, decision: Decision | null): Promise<void>;
    refuse(tabId: number): void;
    stopped(tabId: number): Promise<void>;
    spend(tabId: number, key: string): boolean;
    spendStored(tabId: number, key: string): Promise<boolean>;
    stands(tabId: number, key: string): boolean;
    sent(tabId: number, attempt: { mode?: string; error?: string; headerMessageId?: string }): Promise<Decision | null>;
    modeOf(tabId: number): Promise<string | null>;
    forget(tabId: number): void;
};

/** locks.js */
declare var locks: {
    left: Promise<number[]>;
    begin(tabId: number): void;
    end(tabId: number): void;
};

/** dialogs.js */
declare var dialogs: {
    boundsOf(windowId: number | undefined): Promise<{ left?: number; top?: number; width?: number } | null>;
    open(
        tabId: number,
        page: StopPage | null,
        bounds: Promise<{ left?: number; top?: number; width?: number } | null>,
        isLong: boolean,
    ): Promise<void>;
    focused(tabId: number, id: string, hasFocus: boolean, windowId: number | null): Promise<{ isSuperseded?: boolean }>;
    pressed(tabId: number, id: string): void;
    isCurrent(tabId: number, id: string): boolean;
    closed(tabId: number, id: string): boolean;
    windowCreated(made: messenger.windows.Window): void;
    windowClosed(windowId: number): void;
    composeClosed(tabId: number): void;
};

/** updates.js */
declare var updates: {
    available(): Promise<void>;
    retry(): Promise<void>;
};

/** stop-view.js */
declare var stopView: {
    element(id: string): HTMLElement;
    first: StopPage | null;
    show(page: StopPage): void;
};

declare namespace messenger.alarms {
    const onAlarm: WebExtEvent<(alarm: { name: string }) => unknown>;
    function create(name: string, when: { when?: number; periodInMinutes?: number }): Promise<void>;
    function clear(name: string): Promise<boolean>;
    function get(name: string): Promise<{ name: string; scheduledTime: number } | undefined>;
}

declare namespace messenger.runtime {
    function getContexts(filter: object): Promise<{ windowId: number; tabId: number; documentUrl?: string }[]>;
}

declare namespace messenger.messengerUtilities {
    function parseMailboxString(text: string): Promise<{ name?: string; email?: string }[]>;
}

declare namespace messenger.addressBooks {
    namespace mailingLists {
        function list(bookId: string): Promise<{ id: string; name?: string }[]>;
        function listMembers(listId: string): Promise<{ id: string; vCard?: string }[]>;
    }
}
