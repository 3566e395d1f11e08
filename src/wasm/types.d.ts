/** How strongly a sender should be warned, mildest first. */
export type Severity = "pass" | "notice" | "warn" | "block";

/** Why a recipient was flagged. */
export type Reason =
    | "suffix-typo"
    | "suffix-swapped"
    | "suffix-embedded"
    | "suffix-glued"
    | "confusable"
    | "unregistered-domain"
    | "foreign-military"
    | "name-mismatch"
    | "sibling-mismatch"
    | "persona-local-part"
    | "denied-by-policy"
    | "allowed-by-policy"
    | "malformed"
    | "unexpanded-group";

/** Where a recipient stands. */
export type Field = "to" | "cc" | "bcc" | "required" | "optional";

/** A recipient as the mail client gives it. `null` counts as left out. */
export interface Recipient {
    /** A bare addr-spec, or a whole mailbox or group as in a header. */
    address: string;
    /** The display name, if the client gives it separately. */
    name?: string | null;
    field?: Field | null;
}

/** A draft. Everything but the recipients may be left out or `null`. */
export interface Message {
    /** All recipients, of every field. */
    recipients: readonly Recipient[];
    /** The sender's own address. */
    from?: string | null;
    subject?: string | null;
    /** The body as text. */
    body?: string | null;
    /** The names of the attachments. */
    attachments?: readonly string[] | null;
    /** Domains, as reports give them, that the sender has muted. Counts only where `mutable` is true. */
    muted?: readonly string[] | null;
}

/**
 * What can raise a finding: a marking in the text, another recipient or the sender at the domain that this one
 * resembles, a look-alike domain that accepts mail.
 */
export type RaisedBy = "marking" | "sibling" | "delivers";

/** One reason to look twice at a recipient. */
export interface Finding {
    reason: Reason;
    /** The part of `address` that the finding is about: half-open, in UTF-16 code units. */
    span: [start: number, end: number] | null;
    /** Whether the top-level domain exists, so that a stranger can get the mail; `null` where the question does not arise. */
    delegated: boolean | null;
}

/** The verdict on one recipient. */
export interface RecipientReport {
    /** The string that was given, with U+FFFD in place of each lone surrogate. */
    address: string;
    /** The highest severity of its findings. */
    severity: Severity;
    /** Most telling first; empty for ordinary mail. */
    findings: Finding[];
    /** The one nearest protected address, if there is exactly one. */
    suggestion: string | null;
    /** All protected addresses, if two or three are equally near, the likeliest first; else empty. */
    suggestions: string[];
    /** What else in the message raised the severity above what the address alone deserves. */
    raisedBy: RaisedBy[];
    /** The domain in ASCII, for reports and look-ups; `null` for ordinary mail, and if there is not exactly one. */
    domain: string | null;
    /** Whether the sender may mute the domain: the policy lets senders mute, and the domain is known to be real. */
    mutable: boolean;
}

/** The verdict on a message: one entry for each recipient, in order. */
export interface Report {
    severity: Severity;
    recipients: RecipientReport[];
}

/** What `Checker` throws. */
export interface MilguardError extends Error {
    name: "MilguardError";
    code: "invalid-policy" | "invalid-message" | "message-too-large" | "invalid-report";
}
