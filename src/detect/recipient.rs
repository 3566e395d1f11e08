//! Judges one recipient by itself: reads the text, makes each domain canonical, and collects the
//! findings.

use core::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use super::examined::Examined;
use super::located::Located;
use super::lookalike::{self, Standing};
use super::{Checker, Reason, Recipient, Severity, idn, name_mismatch, persona, repair};
use crate::address::{self, Address, AddressErrorKind, Mailbox};
use crate::domain::MAX_DOMAIN_LEN;
use crate::policy::Listed;
use crate::registry;

/// Examines a recipient as the client gives it.
pub(super) fn examine(checker: &Checker, recipient: &Recipient<'_>) -> Examined {
    let text = recipient.address;
    let name = recipient.name.unwrap_or_default();
    if let Some((local_part, domain)) = address::split_plain(text) {
        let domain_span = local_part.len() + 1..text.len();
        let located = Located { local_part, domain, domain_span, local_start: 0 };
        let mut examined = examine_plain(checker, &located);
        // Clients show the address itself where they know no name.
        let shows_another = name.as_bytes().contains(&b'@') && !name.eq_ignore_ascii_case(text);
        if shows_another && !examined.protected {
            name_mismatch::examine(checker, &[name], &mut examined);
        }
        return examined;
    }
    match address::parse_address_list(text) {
        Ok(list) => {
            let is_alone = list.iter().flat_map(Address::mailboxes).nth(1).is_none();
            let mut mailboxes = list
                .iter()
                .flat_map(Address::mailboxes)
                .map(|mailbox| examine_mailbox(checker, text, mailbox, is_alone));
            let Some(mut examined) = mailboxes.next() else { return empty_groups(&list) };
            examined.more = mailboxes.collect();
            if !examined.parts().all(|part| part.protected) {
                name_mismatch::examine(checker, &[name], &mut examined);
            }
            examined
        }
        Err(error) if is_unopened(error.kind, text, name) => unexpanded_group(),
        Err(error) => match unquoted_name(error.kind, text) {
            Some(mailbox) => examine_mailbox(checker, text, &mailbox, true),
            None => repair::malformed(checker, text, error.at),
        },
    }
}

/// `Doe, Jane <jane@example.com>`: RFC 5322 requires quotes around a name with a comma, but people
/// paste names without them. The address is certain, as long as the name contains no other address.
fn unquoted_name(kind: AddressErrorKind, text: &str) -> Option<Mailbox> {
    if kind != AddressErrorKind::BareElement {
        return None;
    }
    let at = text.rfind('<')?;
    let (shown, angle_addr) = text.split_at_checked(at)?;
    if shown.contains(['@', '<', '>', ';', ':', '"', '\\']) {
        return None;
    }
    match address::parse_address_list(angle_addr).ok()?.pop()? {
        Address::Mailbox(mut mailbox) => {
            let shift = |span: &Range<usize>| span.start + at..span.end + at;
            mailbox.span = shift(&mailbox.span);
            mailbox.domain_span = shift(&mailbox.domain_span);
            Some(mailbox)
        }
        Address::Group { .. } => None,
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

/// `Team:;` is a list that the client did not open. `undisclosed-recipients:;` (RFC 5322 Appendix
/// A.1.3) is what clients write if all recipients are in `Bcc`, so it names nobody.
fn empty_groups(list: &[Address]) -> Examined {
    let is_undisclosed = |address: &Address| match address {
        Address::Group { name, .. } => {
            let words = name.split([' ', '-']).filter(|word| !word.is_empty());
            words.map(str::to_ascii_lowercase).eq(["undisclosed", "recipients"])
        }
        Address::Mailbox(_) => false,
    };
    if list.iter().all(is_undisclosed) { Examined::default() } else { unexpanded_group() }
}

fn unexpanded_group() -> Examined {
    let mut examined = Examined::default();
    examined.add(Reason::UnexpandedGroup, Severity::Notice, None, None);
    examined
}

/// A mailbox whose domain is letters, digits and hyphens.
fn examine_plain(checker: &Checker, located: &Located<'_>) -> Examined {
    let mut buffer = [0; MAX_DOMAIN_LEN];
    let domain = if located.domain.bytes().any(|byte| byte.is_ascii_uppercase()) {
        let lower = buffer.get_mut(..located.domain.len()).unwrap_or_default();
        lower.copy_from_slice(located.domain.as_bytes());
        lower.make_ascii_lowercase();
        str::from_utf8(lower).unwrap_or_default()
    } else {
        located.domain
    };
    let standing = lookalike::examine(&checker.index, domain);
    judge(checker, located, domain, domain, standing)
}

/// A mailbox in any form.
fn examine_mailbox(checker: &Checker, text: &str, mailbox: &Mailbox, is_alone: bool) -> Examined {
    let located = Located {
        local_part: &mailbox.local_part,
        domain: &mailbox.domain,
        domain_span: mailbox.domain_span.clone(),
        local_start: mailbox.span.start,
    };
    let mut examined = if is_address_literal(&mailbox.domain) {
        // The domain is a numeric address of a host, so there is no name to compare.
        Examined::default()
    } else if mailbox.domain.ends_with(repair::is_mark) {
        // `bob@army.ml”`: the sender pasted the mark along with the address.
        repair::malformed(checker, text, mailbox.domain_span.start)
    } else if let Some(canonical) = idn::canonicalize(&mailbox.domain) {
        if let Some(repaired) = repair::underscore(checker, mailbox) {
            repaired
        } else {
            let seen = idn::examine(&checker.index, &canonical);
            judge(checker, &located, &canonical.ascii, &seen.spanned, seen.standing)
        }
    } else {
        repair::malformed(checker, text, mailbox.domain_span.start)
    };
    if !examined.protected {
        // If there are other mailboxes, a comment may be about one of those.
        let (before, after) = if is_alone {
            (text.get(..mailbox.span.start), text.get(mailbox.span.end..))
        } else {
            (None, None)
        };
        let texts = [
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
    let tagged = literal.split_at_checked(5).filter(|(tag, _)| tag.eq_ignore_ascii_case("IPv6:"));
    match tagged {
        Some((_, address)) => address.parse::<Ipv6Addr>().is_ok(),
        None => literal.parse::<Ipv4Addr>().is_ok(),
    }
}

/// Turns the facts about a mailbox into findings. The spans of `standing` count in `spanned`.
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
            let characters = located.non_ascii().filter(|_| hit.reason == Reason::Confusable);
            let span = characters.unwrap_or_else(|| located.map(spanned, &hit.span));
            // A sender may well mean an ally, whose finding does not say whether the TLD exists.
            let delegated = delegated.filter(|_| hit.reason != Reason::ForeignMilitary);
            examined.add(hit.reason, hit.severity, Some(span), delegated);
        }
        for meant in
            found.meant.into_iter().filter(|meant| lookalike::is_sound(&checker.index, meant))
        {
            // Quotation marks pasted along with the address.
            let local_part = located.local_part.trim_start_matches(repair::is_mark);
            if !local_part.is_empty() {
                examined.add_meant([local_part, "@", &meant].concat());
            }
        }
    }
    // Below a protected suffix a persona is normal.
    if !examined.judged.iter().any(|it| it.finding.reason == Reason::UnregisteredDomain) {
        persona::examine(located, &mut examined);
    }
    examined
}

/// Whether a stranger can have registered the domain. Nobody can below a protected suffix: such mail
/// bounces or stays inside.
fn is_delegated(checker: &Checker, domain: &str) -> Option<bool> {
    let is_protected = checker.index.below_suffix(domain).is_some();
    let tld = domain.rsplit('.').next().unwrap_or_default();
    (!is_protected).then(|| registry::is_tld(tld))
}
