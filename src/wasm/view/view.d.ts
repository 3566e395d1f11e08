/** What a button of the warning view does; the host does it. */
export type ViewAction = "use-suggestion" | "remove" | "keep" | "mute" | "send-anyway";

/** What a host brings to the warning view. */
export interface ViewOptions {
    /**
     * The text for `key` in the host's language, with the value for its placeholder. Where it throws
     * or answers with nothing, the key is shown.
     */
    message: (key: string, value: string | undefined) => string;
    /**
     * Why a recipient stands out, in a sentence; `address` is the bare one where there is just one. Where it throws or
     * answers with nothing, the code is shown.
     */
    reason: (code: Reason, address: string, suggestion: string | undefined) => string;
    /** The buttons that the host can serve; none by default. */
    actions?: readonly ViewAction[] | undefined;
    /** Whether a screen reader is interrupted, as a dialog does, or speaks when it has a pause. */
    urgent?: boolean | undefined;
}

/** What a host may add to a recipient. */
export interface ViewRecipient extends Omit<RecipientReport, "domain" | "mutable"> {
    /** The display name, where the client keeps it apart. */
    name?: string | null;
    /** What else there is to say, such as where the recipient comes from. */
    note?: string | null;
    /** Whether the domain really takes mail, where the organisation's server has said so. */
    acceptsMail?: boolean | null;
    /** Whether it may be kept; unless it says so, everything but what policy blocks. */
    keep?: boolean | null;
    /** Whether its domain may be muted, as the report says. */
    mutable?: boolean | null;
}

/** A report, with what the host adds to it. */
export interface ViewReport extends Omit<Report, "recipients"> {
    recipients: ViewRecipient[];
}
