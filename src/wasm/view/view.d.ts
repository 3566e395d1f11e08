/** What a button of the warning view does; the host does it. */
export type ViewAction = "use-suggestion" | "remove" | "keep" | "send-anyway";

/** What a host brings to the warning view. */
export interface ViewOptions {
    /**
     * The text for `key` in the host's language, with the value for its placeholder. Where it throws
     * or answers with nothing, the key is shown.
     */
    message: (key: string, value: string | undefined) => string;
    /** The buttons that the host can serve; none by default. */
    actions?: readonly ViewAction[] | undefined;
    /** Whether a screen reader is interrupted, as a dialog does, or speaks when it has a pause. */
    urgent?: boolean | undefined;
}

/** A report; hosts that keep display names apart may add them. */
export interface ViewReport extends Report {
    recipients: (RecipientReport & { name?: string | null })[];
}
