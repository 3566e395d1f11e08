//! One recipient by itself: read the text, canonicalise each domain, collect the findings.

use std::ops::Range;

use super::lookalike::{self, Hit, Lookalike, Standing};
use super::{Checker, Finding, Reason, Recipient, Severity, name_mismatch, persona, repair};
use crate::address::{self, AddressErrorKind, Mailbox};
use crate::domain::{self, Canonical, MAX_DOMAIN_LEN};
use crate::policy::Listed;
use crate::registry;

/// Stands for a character that resembles no letter, digit, hyphen or dot.
const UNLIKE: char = '?';

/// A finding before policy and the rest of the message have their say.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) finding: Finding,
    pub(super) severity: Severity,
}

/// What is known of a recipient.
#[derive(Debug, Default)]
pub(super) struct Examined {
    pub(super) judged: Vec<Judged>,
    /// Addresses that may have been meant. A suggestion is made of exactly one.
    pub(super) meant: Vec<String>,
    /// Whether every mailbox in it is in a protected domain.
    pub(super) protected: bool,
}

impl Examined {
    pub(super) fn take_suggestion(&mut self) -> Option<String> {
        if self.meant.len() == 1 { self.meant.pop() } else { None }
    }

    pub(super) fn add(
        &mut self,
        reason: Reason,
        severity: Severity,
        span: Option<Range<usize>>,
        delegated: Option<bool>,
    ) {
        let finding = Finding { reason, span, delegated };
        match self.judged.iter_mut().find(|judged| judged.finding.reason == reason) {
            Some(judged) if judged.severity < severity => *judged = Judged { finding, severity },
            Some(_) => {}
            None => self.judged.push(Judged { finding, severity }),
        }
    }

    pub(super) fn add_meant(&mut self, address: String) {
        if !self.meant.contains(&address) {
            self.meant.push(address);
        }
    }

    pub(super) fn severity(&self) -> Severity {
        self.judged.iter().map(|judged| judged.severity).max().unwrap_or_default()
    }

    fn merge(&mut self, other: Self) {
        // The worst mailbox of a list decides what is suggested.
        if other.severity() > self.severity() || self.judged.is_empty() {
            self.meant = other.meant;
        }
        self.protected &= other.protected;
        for Judged { finding, severity } in other.judged {
            self.add(finding.reason, severity, finding.span, finding.delegated);
        }
    }
}

/// Where a mailbox stands in the recipient's text.
pub(super) struct Located<'a> {
    pub(super) local_part: &'a str,
    /// As written.
    domain: &'a str,
    /// Where the domain stands in the text.
    domain_span: Range<usize>,
    /// Where the local part starts in the text.
    local_start: usize,
}

/// Examines a recipient as the client gives it.
pub(super) fn examine(checker: &Checker, recipient: &Recipient<'_>) -> Examined {
    let text = recipient.address;
    let name = recipient.name.unwrap_or_default();
    if let Some((local_part, domain)) = address::split_plain(text) {
        let domain_span = local_part.len() + 1..text.len();
        let located = Located { local_part, domain, domain_span, local_start: 0 };
        let mut examined = examine_plain(checker, &located);
        if !examined.protected && name.contains('@') {
            name_mismatch::examine(checker, &[name], &mut examined);
        }
        return examined;
    }
    match address::parse_address_list(text) {
        Ok(list) => {
            let is_alone = list.iter().flat_map(address::Address::mailboxes).nth(1).is_none();
            let mut all: Option<Examined> = None;
            for mailbox in list.iter().flat_map(address::Address::mailboxes) {
                let examined = examine_mailbox(checker, text, name, mailbox, is_alone);
                match &mut all {
                    Some(all) => all.merge(examined),
                    None => all = Some(examined),
                }
            }
            all.unwrap_or_else(unexpanded_group)
        }
        Err(error) if is_unopened(error.kind, text, name) => unexpanded_group(),
        Err(error) => match unquoted_name(text) {
            Some((shown, mailbox)) => examine_mailbox(checker, text, shown, &mailbox, true),
            None => repair::malformed(checker, text, error.at),
        },
    }
}

/// `Doe, Jane <jane@example.com>`: RFC 5322 wants the name quoted for its comma, and people paste it as
/// it is. The address is beyond doubt, as long as the name holds no other.
fn unquoted_name(text: &str) -> Option<(&str, Mailbox)> {
    let at = text.rfind('<')?;
    let (shown, angle_addr) = text.split_at_checked(at)?;
    if shown.contains(['@', '<', '>', ';', ':', '"', '\\']) || shown.contains(char::is_control) {
        return None;
    }
    match address::parse_address_list(angle_addr).ok()?.pop()? {
        address::Address::Mailbox(mut mailbox) => {
            let shift = |span: &Range<usize>| span.start + at..span.end + at;
            mailbox.span = shift(&mailbox.span);
            mailbox.domain_span = shift(&mailbox.domain_span);
            Some((shown, mailbox))
        }
        address::Address::Group { .. } => None,
    }
}

/// Whether a text without an address is a list or contact that the client did not open: Thunderbird
/// writes `Friends <Friends>`, Outlook gives a name with an empty address or the name again.
fn is_unopened(kind: AddressErrorKind, text: &str, name: &str) -> bool {
    let bare = |text: &str| text.trim().trim_matches('"').to_owned();
    match kind {
        AddressErrorKind::Empty => !name.trim().is_empty() && text.trim().is_empty(),
        AddressErrorKind::NoAddress => {
            let shown = text
                .rsplit_once('<')
                .map(|(name, list)| (bare(name), bare(list.trim_end().trim_end_matches('>'))));
            let (shown, list) = shown.unwrap_or_else(|| (bare(name), bare(text)));
            !list.is_empty() && shown == list
        }
        _ => false,
    }
}

fn unexpanded_group() -> Examined {
    let mut examined = Examined::default();
    examined.add(Reason::UnexpandedGroup, Severity::Notice, None, None);
    examined
}

/// A mailbox whose domain is letters, digits and hyphens.
fn examine_plain(checker: &Checker, located: &Located<'_>) -> Examined {
    let mut buffer = [0; MAX_DOMAIN_LEN];
    let lower = buffer.get_mut(..located.domain.len()).unwrap_or_default();
    lower.copy_from_slice(located.domain.as_bytes());
    lower.make_ascii_lowercase();
    let domain = str::from_utf8(lower).unwrap_or_default();
    let standing = lookalike::examine(&checker.index, domain);
    judge(checker, located, domain, domain, standing)
}

/// A mailbox in any form.
fn examine_mailbox(
    checker: &Checker,
    text: &str,
    name: &str,
    mailbox: &Mailbox,
    is_alone: bool,
) -> Examined {
    let located = Located {
        local_part: &mailbox.local_part,
        domain: &mailbox.domain,
        domain_span: mailbox.domain_span.clone(),
        local_start: mailbox.span.start,
    };
    let mut examined = if is_address_literal(&mailbox.domain) {
        // It names a host by number: nothing to compare.
        Examined::default()
    } else if let Some(canonical) = canonicalize(&mailbox.domain) {
        match repair::underscore(checker, mailbox) {
            Some(repaired) => repaired,
            None => examine_canonical(checker, &located, &canonical),
        }
    } else {
        repair::malformed(checker, text, mailbox.domain_span.start)
    };
    if !examined.protected {
        // A comment beside other mailboxes may speak of them.
        let (before, after) = if is_alone {
            (text.get(..mailbox.span.start), text.get(mailbox.span.end..))
        } else {
            (None, None)
        };
        let texts = [
            name,
            mailbox.display_name.as_deref().unwrap_or_default(),
            mailbox.local_part.strip_prefix('"').unwrap_or_default(),
            before.unwrap_or_default(),
            after.unwrap_or_default(),
            // A comment inside the address.
            if is_alone && mailbox.span.len() > mailbox.local_part.len() + 1 + mailbox.domain.len()
            {
                text.get(mailbox.span.clone()).unwrap_or_default()
            } else {
                ""
            },
        ];
        name_mismatch::examine(checker, &texts, &mut examined);
    }
    examined
}

/// Whether a domain is an address literal (RFC 5321 §4.1.3): `[192.0.2.1]` or `[IPv6:2001:db8::1]`.
fn is_address_literal(domain: &str) -> bool {
    let Some(literal) = domain.strip_prefix('[').and_then(|it| it.strip_suffix(']')) else {
        return false;
    };
    let is_octet = |part: &str| part.parse::<u8>().is_ok();
    literal.split('.').filter(|part| is_octet(part)).count() == 4
        || literal.split_at_checked(5).is_some_and(|(tag, address)| {
            tag.eq_ignore_ascii_case("IPv6:")
                && address.contains(':')
                && address.bytes().all(|byte| byte.is_ascii_hexdigit() || b":.".contains(&byte))
        })
}

/// The canonical form, or the domain as it is where only an A-label cannot be decoded: such names are
/// registered, and the DNS does not mind.
fn canonicalize(domain: &str) -> Option<Canonical> {
    domain::canonicalize(domain).or_else(|| {
        let plain = domain.strip_suffix('.').unwrap_or(domain).to_ascii_lowercase();
        let masked = plain.replace("xn--", "xn00");
        address::split_plain(&["a@", &masked].concat())?;
        Some(Canonical { ascii: plain.clone(), unicode: plain })
    })
}

/// A domain in canonical form that may have been written otherwise.
fn examine_canonical(checker: &Checker, located: &Located<'_>, canonical: &Canonical) -> Examined {
    let ascii = canonical.ascii.as_str();
    let standing = lookalike::examine(&checker.index, ascii);
    let mut folded = domain::fold(&canonical.unicode);
    let genuine = matches!(standing, Standing::Protected { registered: true });
    if genuine || canonical.unicode.is_ascii() {
        return judge(checker, located, ascii, ascii, standing);
    }
    if !folded.is_ascii() {
        // A character that resembles none of ours is a wrong character.
        folded = folded.chars().map(|c| if c.is_ascii() { c } else { UNLIKE }).collect();
    }
    let Some(mut found) = confusable(checker, &canonical.unicode, &folded, &standing) else {
        return judge(checker, located, ascii, ascii, standing);
    };
    for meant in found.meant.iter_mut().filter(|meant| meant.contains(UNLIKE)) {
        // A host label in other letters is kept as it is.
        let restored = meant.split('.').map(|label| {
            let mut both = folded.split('.').zip(ascii.split('.'));
            both.find(|(folded, _)| *folded == label).map_or(label, |(_, ascii)| ascii)
        });
        let restored: Vec<&str> = restored.collect();
        *meant = restored.join(".");
    }
    let mut examined = judge(checker, located, ascii, &folded, Standing::Lookalike(found));
    // Mark the very characters where they are there to be seen, not hidden in an A-label.
    if let Some(span) = non_ascii(located.domain)
        && let Some(judged) =
            examined.judged.iter_mut().find(|it| it.finding.reason == Reason::Confusable)
        && located.domain_span.len() == located.domain.len()
    {
        let start = located.domain_span.start;
        judged.finding.span = Some(start + span.start..start + span.end);
    }
    examined
}

/// A domain with characters that read as ASCII: whatever the ASCII would be, it is not that. Spans
/// are in `folded`.
fn confusable(
    checker: &Checker,
    unicode: &str,
    folded: &str,
    standing: &Standing,
) -> Option<Lookalike> {
    let mut found = match lookalike::examine(&checker.index, folded) {
        // A name of other letters below `.mil` itself: not registered, and like none that is.
        Standing::Protected { .. }
            if folded.contains(UNLIKE) && matches!(standing, Standing::Protected { .. }) =>
        {
            return None;
        }
        Standing::Protected { .. } => {
            Lookalike { meant: vec![folded.to_owned()], ..Lookalike::default() }
        }
        Standing::Lookalike(found)
            if found.hits.iter().any(|hit| {
                hit.severity >= Severity::Warn || hit.reason == Reason::UnregisteredDomain
            }) || matches!(standing, Standing::Protected { .. }) =>
        {
            found
        }
        Standing::Lookalike(_) | Standing::Unrelated => return None,
    };
    // The labels that are not what they seem.
    let mut start = 0;
    let mut span: Option<Range<usize>> = None;
    for (seen, read) in unicode.split('.').zip(folded.split('.')) {
        if seen != read {
            span = Some(span.map_or(start, |span| span.start)..start + read.len());
        }
        start += read.len() + 1;
    }
    found.hits.retain(|hit| hit.reason != Reason::Confusable);
    let span = span.unwrap_or(0..folded.len());
    found.hits.insert(0, Hit { reason: Reason::Confusable, severity: Severity::Warn, span });
    Some(found)
}

/// From the first non-ASCII character to the last.
fn non_ascii(text: &str) -> Option<Range<usize>> {
    let mut characters = text.char_indices().filter(|(_, character)| !character.is_ascii());
    let first = characters.next()?;
    let last = characters.next_back().unwrap_or(first);
    Some(first.0..last.0 + last.1.len_utf8())
}

/// Turns what is known of a mailbox into findings. The spans of `standing` are in `spanned`.
fn judge(
    checker: &Checker,
    located: &Located<'_>,
    domain: &str,
    spanned: &str,
    standing: Standing,
) -> Examined {
    let mut examined = Examined::default();
    let listed = match standing {
        Standing::Protected { .. } => {
            examined.protected = true;
            return examined;
        }
        _ => checker.lists.listed(located.local_part, domain),
    };
    match listed {
        Some(Listed::Allow) => {
            let span = Some(located.domain_span.clone());
            examined.add(Reason::AllowedByPolicy, Severity::Pass, span, None);
            return examined;
        }
        Some(Listed::Deny) => {
            let span = Some(located.domain_span.clone());
            let delegated = is_delegated(checker, domain);
            examined.add(Reason::DeniedByPolicy, Severity::Block, span, delegated);
        }
        None => {}
    }
    if let Standing::Lookalike(found) = standing {
        let delegated = is_delegated(checker, domain);
        for hit in found.hits {
            let span = located.map(spanned, &hit.span);
            // Whoever writes to an ally may well mean it.
            let delegated = delegated.filter(|_| hit.reason != Reason::ForeignMilitary);
            examined.add(hit.reason, hit.severity, Some(span), delegated);
        }
        for meant in found.meant.into_iter().filter(|meant| is_sound(checker, meant)) {
            // Quotation marks pasted along with the address.
            let local_part = located
                .local_part
                .trim_start_matches(['“', '”', '„', '‘', '’', '«', '»', '‹', '›']);
            examined.add_meant([local_part, "@", &meant].concat());
        }
    }
    // Below a protected suffix such a person is at home.
    if !examined.judged.iter().any(|it| it.finding.reason == Reason::UnregisteredDomain) {
        persona::examine(located, &mut examined);
    }
    examined
}

/// Whether a domain can be suggested: it is protected, and nothing would be said of it.
pub(super) fn is_sound(checker: &Checker, domain: &str) -> bool {
    domain.split('.').all(|label| !label.is_empty())
        && domain.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
        && matches!(lookalike::examine(&checker.index, domain), Standing::Protected { .. })
}

/// Whether a stranger can have registered the domain. Below a protected suffix nobody can: such mail
/// bounces or stays inside.
fn is_delegated(checker: &Checker, domain: &str) -> Option<bool> {
    let is_protected = checker.index.below_suffix(domain).is_some();
    let tld = domain.rsplit('.').next().unwrap_or_default();
    (!is_protected).then(|| registry::is_tld(tld))
}

impl Located<'_> {
    /// A span of the local part, in the text.
    pub(super) fn map_local(&self, span: &Range<usize>) -> Range<usize> {
        self.local_start + span.start..self.local_start + span.end
    }

    /// A span of the canonical domain, in the text: exact where the domain is written in its
    /// canonical form but for case, by whole labels where it is not, and else the whole domain.
    fn map(&self, canonical: &str, span: &Range<usize>) -> Range<usize> {
        let start = self.domain_span.start;
        if self.domain_span.len() != self.domain.len() {
            return self.domain_span.clone();
        }
        if self.domain.eq_ignore_ascii_case(canonical) {
            return start + span.start..start + span.end;
        }
        let is_dot = |c: char| matches!(c, '.' | '。' | '．' | '｡');
        let written = self.domain.trim_end_matches(is_dot);
        if written.split(is_dot).count() != canonical.split('.').count() {
            return self.domain_span.clone();
        }
        let dots_before =
            |at: usize| canonical.bytes().take(at).filter(|&byte| byte == b'.').count();
        let (first, last) = (dots_before(span.start), dots_before(span.end));
        let mut ends = written.match_indices(is_dot);
        let label_start = match first.checked_sub(1).and_then(|dots| ends.nth(dots)) {
            Some((at, dot)) => at + dot.len(),
            None => 0,
        };
        let label_end = match ends.nth(last - first) {
            Some((at, _)) => at,
            None => written.len(),
        };
        start + label_start..start + label_end
    }
}
