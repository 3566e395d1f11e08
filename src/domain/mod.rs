//! Domain names: canonical form (UTS #46), public suffix (<https://publicsuffix.org>), skeletons
//! (UTS #39).
//!
//! Canonical means lower-case A-labels (RFC 5890 §2.3.2.1) without a trailing dot; everything in
//! [`registry`] is written so.

mod private;
mod skeleton;

use std::borrow::Cow;

use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};

pub use private::is_private_suffix;
pub use skeleton::{fold, skeleton};

use crate::registry;

/// The most octets of a domain in text form (RFC 1035 §2.3.4 allows 255 on the wire).
pub const MAX_DOMAIN_LEN: usize = 253;

/// The most octets of a label (RFC 1035 §2.3.4).
pub const MAX_LABEL_LEN: usize = 63;

/// The ASCII characters that no host name contains: everything except letters, digits, hyphen, dot
/// and underscore.
const DENY: AsciiDenyList = AsciiDenyList::new(true, " !\"#$%&'()*+,/:;<=>?@[\\]^`{|}~");

/// A domain with other characters than letters, digits and hyphens, in its canonical forms.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Canonical {
    /// A-labels, as the DNS has them.
    pub ascii: String,
    /// The domain with U-labels, as a person sees it.
    pub unicode: String,
}

/// Maps a domain as it was typed to its canonical forms: UTS #46 processing (non-transitional, as
/// browsers and IDNA2008 do), full-width and ideographic dots included, one trailing dot dropped.
///
/// `None` where UTS #46 or the length limits of RFC 1035 refuse it. Underscores pass, because real
/// host names contain them.
pub fn canonicalize(domain: &str) -> Option<Canonical> {
    // Mapping can shorten a text (soft hyphens vanish), but no honest text is this long.
    if domain.len() > 4 * MAX_DOMAIN_LEN {
        return None;
    }
    let ascii = Uts46::new()
        .to_ascii(domain.as_bytes(), DENY, Hyphens::Allow, DnsLength::VerifyAllowRootDot)
        .ok()?;
    let ascii = ascii.strip_suffix('.').unwrap_or(&ascii).to_owned();
    let (unicode, _) = Uts46::new().to_unicode(ascii.as_bytes(), DENY, Hyphens::Allow);
    let unicode = Cow::into_owned(unicode);
    Some(Canonical { ascii, unicode })
}

/// The registrable domain: the public suffix and one label more. `None` for a public suffix itself.
///
/// ```
/// use milguard::domain::registrable;
///
/// assert_eq!(registrable("us.army.ml"), Some("army.ml"));
/// assert_eq!(registrable("www.bbc.co.uk"), Some("bbc.co.uk"));
/// assert_eq!(registrable("co.uk"), None);
/// ```
pub fn registrable(domain: &str) -> Option<&str> {
    let suffix_labels = registry::public_suffix_labels(domain);
    let mut dots = domain.rmatch_indices('.').map(|(at, _)| at);
    // The dot before the public suffix must exist; the one before the registrable label need not.
    dots.nth(suffix_labels.checked_sub(1)?)?;
    Some(dots.next().and_then(|at| domain.get(at + 1..)).unwrap_or(domain))
}
