//! What the rest of a message says of a recipient: other recipients, the sender, attachments and
//! markings. Evidence raises a finding that is there; it makes none, but for a recipient that is a
//! near miss of another recipient's domain.
//!
//! More evidence never lowers a severity, so adding a recipient never does.

use super::examined::{Examined, Judged};
use super::index::Index;
use super::lookalike::{self, Standing};
use super::recipient;
use super::{Checker, Message, Reason, Recipient, Severity};
use crate::address;
use crate::chains::{Chains, hash};
use crate::policy::Protected;

/// Weighs a message's evidence.
pub(super) fn weigh(checker: &Checker, message: &Message<'_>, examined: &mut [Examined]) {
    if examined.iter().flat_map(Examined::parts).any(|it| !it.protected) {
        siblings(checker, message, examined);
    }
    if examined.iter().flat_map(Examined::parts).all(|it| it.judged.is_empty()) {
        return;
    }
    let attachments = !message.attachments.is_empty();
    let marked = checker.is_marked(message);
    let raise = |part: &mut Examined| {
        for judged in &mut part.judged {
            let raised = match judged.finding.reason {
                // Nobody reads that mail.
                Reason::UnregisteredDomain => false,
                reason if reason.is_lookalike() => attachments || marked,
                // An ally, or a private account: fine for a photo, not for a marked document.
                Reason::ForeignMilitary | Reason::PersonaLocalPart => marked,
                _ => false,
            };
            if raised {
                judged.severity = judged.severity.max(Severity::Warn);
            }
        }
    };
    for it in examined {
        it.for_each(raise);
    }
}

/// A look-alike of the domain of another recipient, or of the sender's own.
fn siblings(checker: &Checker, message: &Message<'_>, examined: &mut [Examined]) {
    let mut families = Families::default();
    for (recipient, it) in message.recipients.iter().zip(examined.iter()) {
        families.add(checker, recipient.address, it);
    }
    if let Some(from) = message.from {
        let sender = Recipient { address: from, ..Recipient::default() };
        families.add(checker, from, &recipient::examine(checker, &sender));
    }
    if families.names.is_empty() {
        return;
    }
    // Names that no registry lists are known to this message.
    let unlisted = (!families.unlisted.is_empty()).then(|| {
        let domains = families.unlisted.clone();
        Index::new(&Protected { suffixes: Vec::new(), domains })
    });

    for (recipient, it) in message.recipients.iter().zip(examined.iter_mut()) {
        if let Some(index) = &unlisted
            && it.judged.is_empty()
            && !it.protected
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
        let is_sibling = |meant: &String| {
            let domain = meant.rsplit('@').next().unwrap_or_default();
            checker.index.below_suffix(domain).is_some_and(|name| families.contains(name))
        };
        it.for_each(|part| {
            let is_lookalike = |judged: &Judged| judged.finding.reason.is_lookalike();
            if part.judged.iter().any(is_lookalike) && part.meant.iter().any(is_sibling) {
                part.meant.retain(is_sibling);
                let span = part.judged.iter().find_map(|judged| judged.finding.span.clone());
                part.add(Reason::SiblingMismatch, Severity::Warn, span, None);
            }
        });
    }
}

/// Recipients at more names that nobody has listed are not colleagues of one another.
const MAX_UNLISTED: usize = 64;

/// The protected names that recipients are below: `army.mil` for `us.army.mil`. They are as many as the
/// registry and policy list, and some unlisted ones.
#[derive(Default)]
struct Families {
    names: Vec<String>,
    unlisted: Vec<String>,
    by_name: Chains,
}

impl Families {
    fn add(&mut self, checker: &Checker, recipient: &str, examined: &Examined) {
        if !examined.parts().any(|part| part.protected) {
            return;
        }
        let index = &checker.index;
        for (domain, part) in domains_of(recipient).iter().zip(examined.parts()) {
            let name = domain.as_deref().and_then(|domain| index.below_suffix(domain));
            let Some(name) = name.filter(|name| part.protected && !self.contains(name)) else {
                continue;
            };
            let standing = lookalike::examine(index, name);
            if matches!(standing, Standing::Protected { registered: false }) {
                if self.unlisted.len() == MAX_UNLISTED {
                    continue;
                }
                self.unlisted.push(name.to_owned());
            }
            self.by_name.push(hash(name.bytes()));
            self.names.push(name.to_owned());
        }
    }

    fn contains(&self, name: &str) -> bool {
        let mut numbers = self.by_name.get(hash(name.bytes()));
        numbers.any(|number| self.names.get(number).is_some_and(|it| it == name))
    }
}

/// The domain of each mailbox in a recipient's text, in canonical form where it has one.
fn domains_of(text: &str) -> Vec<Option<String>> {
    if let Some((_, domain)) = address::split_plain(text) {
        return vec![Some(domain.to_ascii_lowercase())];
    }
    let list = address::parse_address_list(text).unwrap_or_default();
    list.iter()
        .flat_map(address::Address::mailboxes)
        .map(|mailbox| crate::domain::canonicalize(&mailbox.domain).map(|it| it.ascii))
        .collect()
}
