//! Recipients: the `address-list` of RFC 5322 §3.4 and §4.4, with UTF-8 as RFC 6531 and RFC 6532
//! allow it.
//!
//! [`parse_address_list`] reads what a mail client, a header or a person gives: a bare addr-spec, a
//! name-addr, a group, a list of them. It never guesses. Parsers disagree on text such as
//! `bob smith@army.mil` or `bob@army,mil`, and one that quietly picks a reading may pick the wrong
//! recipient; here such text is an [`AddressError`] that says what is wrong and where.
//!
//! Everything is read in one pass without recursion: the cost is linear in the length of the text,
//! which is at most [`MAX_LENGTH`] bytes.
//!
//! # Beyond the RFCs
//!
//! The parser also reads these forms, since clients produce them and only one reading makes sense:
//!
//! - white space around anything, including no-break and ideographic spaces;
//! - `;` between list elements, as Outlook writes it;
//! - display names with unquoted `@`, `.`, and brackets (`bob@army.mil <bob@army.mil>`,
//!   `[EXT] Bob <…>`);
//! - `mailto:` (RFC 6068, percent-decoded, `?subject=…` dropped) before the text or inside angle
//!   brackets, and Exchange's `smtp:` before the text;
//! - a comment after a bare addr-spec is the display name, the convention that the note in
//!   RFC 5322 §3.4 describes;
//! - a trailing dot of the domain, which stays in [`Mailbox::domain`].
//!
//! The parser refuses, although the grammar allows them: control characters inside quoted strings
//! and comments (`obs-NO-WS-CTL`), quoted pairs inside domain literals (`obs-dtext`), an empty
//! quoted string as local part, bidirectional controls (U+061C, U+200E, U+200F, U+202A to U+202E,
//! U+2066 to U+2069) and U+FFFD, which is what is left of broken UTF-8 or a lone surrogate.
//!
//! A full-width `＠` (U+FF20) is not an `@`: no standard and no client takes it for one, so an
//! address written with it has none ([`AddressErrorKind::MissingAt`]). The ideographic and full-width
//! dots are left in the domain, where UTS #46 maps them.
//!
//! # What it does not do
//!
//! RFC 2047 encoded-words stay as they are. The module does not decide whether a domain is a
//! possible host name, since RFC 5322 allows `'` or `!` in a domain; [`domain`](crate::domain)
//! decides that.

mod addr_spec;
mod error;
mod lexer;
mod mailto;
mod parse;
mod plain;
mod print;
mod replace;
mod split;

use std::ops::Range;

pub use error::{AddressError, AddressErrorKind};
pub use parse::parse_address_list;
pub use plain::{is_dot_atom, split_plain};
pub use replace::replace_recipient;
pub use split::split_recipients;

/// The longest text that is read, in bytes.
///
/// A thousand recipients, as many as Outlook lets a message have, fit with 65 bytes for each.
pub const MAX_LENGTH: usize = 65_536;

/// The longest local part in octets (RFC 5321 §4.5.3.1.1), quotes included.
pub const MAX_LOCAL_PART: usize = 64;

/// The longest domain in octets (RFC 5321 §4.5.3.1.2), as written.
pub const MAX_DOMAIN: usize = 255;

/// One element of an address list (RFC 5322 §3.4).
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Address {
    /// A single mailbox.
    Mailbox(Mailbox),
    /// A named group, which may be empty: `undisclosed-recipients:;`.
    Group {
        /// The group's name, unquoted.
        name: String,
        /// The mailboxes listed in the group.
        members: Vec<Mailbox>,
    },
}

/// A mailbox (RFC 5322 §3.4): an addr-spec with or without a display name.
///
/// Its `Display` form parses back to the same display name, local part and domain.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Mailbox {
    /// The display name with its quotes removed, `None` if there is none or an empty one.
    pub display_name: Option<String>,
    /// The local part as written: quotes and case kept, comments and folding white space removed.
    pub local_part: String,
    /// The domain as written: case and a trailing dot kept, comments and folding white space
    /// removed. A domain literal keeps its brackets.
    pub domain: String,
    /// The bytes of the addr-spec in the text.
    pub span: Range<usize>,
    /// The bytes of the domain in the text, with the comments and white space inside it.
    pub domain_span: Range<usize>,
}

impl Address {
    /// The mailboxes of the element: one, or a group's members.
    pub fn mailboxes(&self) -> &[Mailbox] {
        match self {
            Self::Mailbox(mailbox) => std::slice::from_ref(mailbox),
            Self::Group { members, .. } => members,
        }
    }
}
