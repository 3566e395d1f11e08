//! What the rest of a message says about a recipient: other recipients, the sender and markings.
//! Evidence raises an existing finding and never creates one, except for a recipient whose domain
//! nearly matches another recipient's. Attachments do not count as evidence: mail clients count a
//! picture in a signature as one. A domain that is known to be real has no finding to raise, and no
//! evidence raises the finding about an ally.
//!
//! More evidence never lowers a severity, so adding a recipient never does.

use super::examined::{Examined, Judged};
use super::index::Index;
use super::lookalike::{self, Standing};
use super::recipient;
use super::{Checker, Message, RaisedBy, Reason, Recipient, Severity};
use crate::address;
use crate::chains::{Chains, hash};
use crate::policy::Protected;
use crate::registry;

/// Weighs a message's evidence.
pub(super) fn weigh(checker: &Checker, message: &Message<'_>, examined: &mut [Examined]) {
    if examined.iter().flat_map(Examined::parts).any(|it| !it.protected) {
        siblings(checker, message, examined);
    }
    if examined.iter().flat_map(Examined::parts).all(|it| it.judged.is_empty()) {
        return;
    }
    if !checker.is_marked(message) {
        return;
    }
    let raise = |part: &mut Examined| {
        let before = part.severity();
        for judged in &mut part.judged {
            let raised = match judged.finding.reason {
                // No stranger reads that mail.
                Reason::UnregisteredDomain => false,
                // A private account suits a photo, but not a marked document.
                Reason::PersonaLocalPart => true,
                reason => reason.is_lookalike(),
            };
            if raised {
                judged.severity = judged.severity.max(Severity::Warn);
            }
        }
        if part.severity() > before {
            part.raise(RaisedBy::Marking);
        }
    };
    for it in examined {
        it.for_each(raise);
    }
}

/// Finds look-alikes of another recipient's domain, or of the sender's own.
#[expect(
    clippy::too_many_lines,
    reason = "each recipient takes the same steps, with what is known of the whole message"
)]
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
    // This message itself shows which unlisted names exist.
    let unlisted = (!families.unlisted.is_empty()).then(|| {
        let domains = families.unlisted.clone();
        Index::new(&Protected { builtin: false, suffixes: Vec::new(), domains })
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
            if it.severity() > Severity::Pass {
                it.raise(RaisedBy::Sibling);
            }
        }
        if it.judged.is_empty()
            && !it.protected
            && let Some((local_part, domain)) = address::split_plain(recipient.address)
            && let Some((name, severity)) = families.outside(checker, &domain.to_ascii_lowercase())
        {
            let start = local_part.len() + 1;
            let span = start..recipient.address.len();
            it.add(Reason::SiblingMismatch, severity, Some(span), None);
            it.add_meant([local_part, "@", name].concat());
            it.raise(RaisedBy::Sibling);
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
                // Below a protected suffix the mail reaches no stranger, and the list of names is incomplete.
                let stays_inside = part
                    .judged
                    .iter()
                    .any(|judged| judged.finding.reason == Reason::UnregisteredDomain);
                let severity = if stays_inside { Severity::Notice } else { Severity::Warn };
                if severity > part.severity() {
                    part.raise(RaisedBy::Sibling);
                }
                part.add(Reason::SiblingMismatch, severity, span, None);
            }
        });
    }
}

/// Endings that people type by habit.
const USUAL_ENDINGS: [&str; 8] = ["com", "net", "org", "gov", "us", "edu", "info", "co"];

/// If at least this many recipients are at one name, the message is about that name.
const MANY: usize = 3;

/// Recipients at more unlisted names than this are not colleagues of one another.
const MAX_UNLISTED: usize = 64;

/// The protected names of the recipients: `army.mil` for `us.army.mil`. There are at most as many as
/// the registry and policy list, plus some unlisted ones.
#[derive(Default)]
struct Families {
    names: Vec<String>,
    unlisted: Vec<String>,
    by_name: Chains,
    /// How many recipients are at each name, in the order of `names`.
    members: Vec<usize>,
    /// How many recipients are protected.
    total: usize,
}

impl Families {
    fn add(&mut self, checker: &Checker, recipient: &str, examined: &Examined) {
        if !examined.parts().any(|part| part.protected) {
            return;
        }
        let index = &checker.index;
        for (domain, part) in domains_of(recipient).iter().zip(examined.parts()) {
            let name = domain.as_deref().and_then(|domain| index.below_suffix(domain));
            let Some(name) = name.filter(|_| part.protected) else { continue };
            self.total += 1;
            if let Some(known) = self.position(name) {
                if let Some(members) = self.members.get_mut(known) {
                    *members += 1;
                }
                continue;
            }
            let standing = lookalike::examine(index, name);
            if matches!(standing, Standing::Protected { registered: false }) {
                if self.unlisted.len() == MAX_UNLISTED {
                    continue;
                }
                self.unlisted.push(name.to_owned());
            }
            self.by_name.push(hash(name.bytes()));
            self.names.push(name.to_owned());
            self.members.push(1);
        }
    }

    fn position(&self, name: &str) -> Option<usize> {
        let mut numbers = self.by_name.get(hash(name.bytes()));
        numbers.find(|&number| self.names.get(number).is_some_and(|it| it == name))
    }

    fn contains(&self, name: &str) -> bool {
        self.position(name).is_some()
    }

    /// The name that most recipients have, if `domain` is the same name under an ending that people type
    /// by habit: 19 at `dfas.mil` and one at `dfas.com`.
    fn outside(&self, checker: &Checker, domain: &str) -> Option<(&str, Severity)> {
        let (label, ending) = domain.split_once('.')?;
        if !USUAL_ENDINGS.contains(&ending) {
            return None;
        }
        let at = self.names.iter().position(|name| {
            name.split_once('.').is_some_and(|(name, suffix)| name == label && suffix != ending)
        })?;
        let (name, members) = (self.names.get(at)?, *self.members.get(at)?);
        let is_telling = members >= MANY && members * 2 >= self.total;
        (is_telling && registry::real(domain).is_none() && !checker.index.is_generic(label))
            .then_some((name.as_str(), Severity::Warn))
    }
}

/// The domain of each mailbox in a recipient's text, in canonical form if it has one.
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
