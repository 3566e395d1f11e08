//! Why a text is not an address list.

use std::{error, fmt};

/// Why and where a text could not be read as an address list.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct AddressError {
    /// What is wrong.
    pub kind: AddressErrorKind,
    /// The offset of the first wrong byte, which is on a character boundary and at most the length
    /// of the text.
    pub at: usize,
}

/// The reasons why a text is not an address list.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum AddressErrorKind {
    /// The text holds nothing but white space, comments and separators.
    Empty,
    /// A name without any address: a list or contact that the client did not expand, such as
    /// `Friends`, `Friends <Friends>` or `My Team <"My Team">`.
    NoAddress,
    /// No `@`, though it looks as if there should be one: `bob.army.mil`, `bob＠army.mil`,
    /// `"bob@army.mil"`.
    MissingAt,
    /// An element without `@` next to others with one: `bob@army,mil`, `Doe, John <a@b.example>`.
    BareElement,
    /// Nothing before the `@`.
    EmptyLocalPart,
    /// Nothing after the `@`.
    EmptyDomain,
    /// More than one unquoted `@` in an addr-spec.
    TwoAts,
    /// White space or a comment between two words of a local part or domain: `bob@army mil`.
    SpaceInAddress,
    /// Two adjacent dots, or a dot at the start of a domain or at either end of a local part.
    MisplacedDot,
    /// A character that the grammar does not allow at its place.
    UnexpectedCharacter,
    /// A control character, a line break that folds nothing, or a Unicode line separator.
    ControlCharacter,
    /// A character that reorders the text around it.
    BidiControl,
    /// U+FFFD: the text was not valid Unicode before it came here.
    ReplacementCharacter,
    /// A quoted string that does not end.
    UnbalancedQuote,
    /// `<` without `>` or the reverse.
    UnbalancedAngle,
    /// `(` without `)` or the reverse.
    UnbalancedComment,
    /// `[` without `]` or the reverse.
    UnbalancedLiteral,
    /// A group without its `;`, or any other text with a stray `:`.
    UnclosedGroup,
    /// A group inside a group.
    NestedGroup,
    /// Text after the `>` of an angle-addr.
    TrailingText,
    /// An X.500 or X.400 name, as Exchange uses internally: `/o=ExchangeLabs/ou=…/cn=…`.
    DirectoryName,
    /// A `mailto:` URI that adds recipients in its `?to=`, `?cc=` or `?bcc=` fields.
    HiddenRecipients,
    /// A local part of more than [`MAX_LOCAL_PART`](super::MAX_LOCAL_PART) octets.
    LocalPartTooLong,
    /// A domain of more than [`MAX_DOMAIN`](super::MAX_DOMAIN) octets.
    DomainTooLong,
    /// A text of more than [`MAX_LENGTH`](super::MAX_LENGTH) bytes.
    TooLong,
}

codes! {
    /// Every kind.
    pub ALL,
    /// The stable code used in JSON.
    pub as_str of AddressErrorKind {
        Empty: "empty",
        NoAddress: "no-address",
        MissingAt: "missing-at",
        BareElement: "bare-element",
        EmptyLocalPart: "empty-local-part",
        EmptyDomain: "empty-domain",
        TwoAts: "two-ats",
        SpaceInAddress: "space-in-address",
        MisplacedDot: "misplaced-dot",
        UnexpectedCharacter: "unexpected-character",
        ControlCharacter: "control-character",
        BidiControl: "bidi-control",
        ReplacementCharacter: "replacement-character",
        UnbalancedQuote: "unbalanced-quote",
        UnbalancedAngle: "unbalanced-angle",
        UnbalancedComment: "unbalanced-comment",
        UnbalancedLiteral: "unbalanced-literal",
        UnclosedGroup: "unclosed-group",
        NestedGroup: "nested-group",
        TrailingText: "trailing-text",
        DirectoryName: "directory-name",
        HiddenRecipients: "hidden-recipients",
        LocalPartTooLong: "local-part-too-long",
        DomainTooLong: "domain-too-long",
        TooLong: "too-long",
    }
}

impl AddressErrorKind {
    /// What is wrong, in a few plain words.
    pub const fn message(self) -> &'static str {
        match self {
            Self::Empty => "there is no recipient",
            Self::NoAddress => "a name without an address",
            Self::MissingAt => "the @ is missing",
            Self::BareElement => "a part of the list has no @",
            Self::EmptyLocalPart => "nothing before the @",
            Self::EmptyDomain => "nothing after the @",
            Self::TwoAts => "more than one @",
            Self::SpaceInAddress => "a space inside the address",
            Self::MisplacedDot => "a dot too many",
            Self::UnexpectedCharacter => "a character that an address cannot have here",
            Self::ControlCharacter => "a control character or line break",
            Self::BidiControl => "an invisible character that reorders the text",
            Self::ReplacementCharacter => "broken text encoding",
            Self::UnbalancedQuote => "a quotation mark that is not closed",
            Self::UnbalancedAngle => "angle brackets that do not match",
            Self::UnbalancedComment => "parentheses that do not match",
            Self::UnbalancedLiteral => "square brackets that do not match",
            Self::UnclosedGroup => "a colon that opens a group which no semicolon closes",
            Self::NestedGroup => "a group inside a group",
            Self::TrailingText => "text after the address",
            Self::DirectoryName => "a directory name instead of a mail address",
            Self::HiddenRecipients => "a mailto link with further recipients hidden in it",
            Self::LocalPartTooLong => "more than 64 bytes before the @",
            Self::DomainTooLong => "more than 255 bytes after the @",
            Self::TooLong => "too long to be read",
        }
    }

    pub(super) const fn at(self, at: usize) -> AddressError {
        AddressError { kind: self, at }
    }
}

impl fmt::Display for AddressErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at byte {})", self.kind, self.at)
    }
}

impl error::Error for AddressError {}
