/** The action of a button in the warning view; the host performs it. */
export type ViewAction = "use-suggestion" | "remove" | "keep" | "mute" | "send-anyway";

/** What a host provides for the warning view. */
export interface ViewOptions {
    /**
     * The text for `key` in the host's language, with the value for its placeholder. Where it throws
     * or answers with nothing, the key is shown.
     */
    message: (key: string, value: string | undefined) => string;
    /**
     * Why a recipient stands out, in a sentence; `address` is bare if there is exactly one. Where it throws or
     * answers with nothing, the code is shown.
     */
    reason: (code: Reason, address: string, suggestion: string | undefined) => string;
    /** The buttons that the host can serve; none by default. */
    actions?: readonly ViewAction[] | undefined;
    /** Whether the view interrupts a screen reader, as a dialog does; otherwise the reader speaks at its next pause. */
    urgent?: boolean | undefined;
}

/** What a host may add to a recipient. */
export interface ViewRecipient extends Omit<RecipientReport, "domain" | "mutable"> {
    /** The display name, if the client gives it separately. */
    name?: string | null;
    /** A further note about the recipient, such as where it comes from. */
    note?: string | null;
    /** Whether the domain really takes mail, if the organisation's server knows. */
    acceptsMail?: boolean | null;
    /** Whether the sender may keep the recipient; by default, unless the policy blocks it. */
    keep?: boolean | null;
    /** Whether its domain may be muted, as the report says. */
    mutable?: boolean | null;
}

/** A report, with what the host adds to it. */
export interface ViewReport extends Omit<Report, "recipients"> {
    recipients: ViewRecipient[];
}
