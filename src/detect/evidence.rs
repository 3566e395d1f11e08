//! What the rest of a message says of a recipient: other recipients, the sender, attachments and
//! markings. Evidence raises a finding that is there; it makes none, but for a recipient that is a
//! near miss of another recipient's domain.
//!
//! More evidence never lowers a severity, so adding a recipient never does.

use super::examined::Examined;
use super::index::Index;
use super::lookalike::{self, Standing};
use super::recipient;
use super::{Checker, Message, Reason, Recipient, Severity};
use crate::address;
use crate::chains::{Chains, hash};
use crate::policy::Protected;

/// Weighs a message's evidence.
pub(super) fn weigh(checker: &Checker, message: &Message<'_>, examined: &mut [Examined]) {
    if examined.iter().any(|it| !it.protected) {
        siblings(checker, message, examined);
    }
    if examined.iter().all(|it| it.judged.is_empty()) {
        return;
    }
    let attachments = !message.attachments.is_empty();
    let marked = checker.is_marked(message);
    for judged in examined.iter_mut().flat_map(|it| &mut it.judged) {
        let raised = match judged.finding.reason {
            reason if reason.is_lookalike() => attachments || marked,
            // An ally, or a private account: fine for a photo, not for a marked document.
            Reason::ForeignMilitary | Reason::PersonaLocalPart => marked,
            _ => false,
        };
        if raised {
            judged.severity = judged.severity.max(Severity::Warn);
        }
    }
}

/// A look-alike of the domain of another recipient, or of the sender's own.
fn siblings(checker: &Checker, message: &Message<'_>, examined: &mut [Examined]) {
    let mut families = Families::default();
    for (recipient, it) in message.recipients.iter().zip(examined.iter()) {
        if it.protected {
            families.add(&checker.index, recipient.address);
        }
    }
    if let Some(from) = message.from {
        let sender = Recipient { address: from, ..Recipient::default() };
        if recipient::examine(checker, &sender).protected {
            families.add(&checker.index, from);
        }
    }
    if families.names.is_empty() {
        return;
    }
    // Names that no registry lists are known to this message.
    let is_unlisted = |name: &String| {
        let standing = lookalike::examine(&checker.index, name);
        matches!(standing, Standing::Protected { registered: false })
    };
    let unlisted: Vec<String> =
        families.names.iter().filter(|name| is_unlisted(name)).cloned().collect();
    let unlisted = (!unlisted.is_empty())
        .then(|| Index::new(&Protected { suffixes: Vec::new(), domains: unlisted }));

    for (recipient, it) in message.recipients.iter().zip(examined.iter_mut()) {
        if it.protected {
            continue;
        }
        if let Some(index) = &unlisted
            && it.judged.is_empty()
            && let Some((local_part, domain)) = address::split_plain(recipient.address)
            && let Standing::Lookalike(found) =
                lookalike::examine(index, &domain.to_ascii_lowercase())
        {
            for hit in found.hits.into_iter().filter(|hit| hit.severity >= Severity::Warn) {
                let start = local_part.len() + 1;
                let span = start + hit.span.start..start + hit.span.end;
                it.add(hit.reason, hit.severity, Some(span), None);
            }
            for meant in
                found.meant.into_iter().filter(|it| lookalike::is_sound(&checker.index, it))
            {
                it.add_meant([local_part, "@", &meant].concat());
            }
        }
        if !it.judged.iter().any(|judged| judged.finding.reason.is_lookalike()) {
            continue;
        }
        let is_sibling = |meant: &String| {
            let domain = meant.rsplit('@').next().unwrap_or_default();
            checker.index.below_suffix(domain).is_some_and(|name| families.contains(name))
        };
        if it.meant.iter().any(is_sibling) {
            it.meant.retain(is_sibling);
            let span = it.judged.iter().find_map(|judged| judged.finding.span.clone());
            it.add(Reason::SiblingMismatch, Severity::Warn, span, None);
        }
    }
}

/// The protected names that recipients are below: `army.mil` for `us.army.mil`.
#[derive(Default)]
struct Families {
    names: Vec<String>,
    by_name: Chains,
}

impl Families {
    fn add(&mut self, index: &Index, recipient: &str) {
        for domain in domains_of(recipient) {
            let Some(name) = index.below_suffix(&domain) else { continue };
            if !self.contains(name) {
                self.by_name.push(hash(name.bytes()));
                self.names.push(name.to_owned());
            }
        }
    }

    fn contains(&self, name: &str) -> bool {
        let mut numbers = self.by_name.get(hash(name.bytes()));
        numbers.any(|number| self.names.get(number).is_some_and(|it| it == name))
    }
}

/// The domains of the mailboxes in a recipient's text, in canonical form.
fn domains_of(text: &str) -> Vec<String> {
    if let Some((_, domain)) = address::split_plain(text) {
        return vec![domain.to_ascii_lowercase()];
    }
    let list = address::parse_address_list(text).unwrap_or_default();
    list.iter()
        .flat_map(address::Address::mailboxes)
        .filter_map(|mailbox| crate::domain::canonicalize(&mailbox.domain))
        .map(|canonical| canonical.ascii)
        .collect()
}
