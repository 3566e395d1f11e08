//! A shared report must not name people: `--redact`.
//!
//! A keyed hash replaces each local part. So the same person has the same code, and nobody can find
//! the code of a given person: the key is made for each run and forgotten. Domains stay, because a
//! report is about them. Answers of servers, message ids, the text of broken records and the paths
//! of files, which may hold names, are left out.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::scan::{Delivery, Tally, Totals, Trouble};

/// Removes people, or does nothing.
pub(super) struct Redactor {
    key: Option<[u8; 32]>,
}

impl Redactor {
    pub(super) fn new(redact: bool) -> Self {
        Self { key: redact.then(rand::random) }
    }

    pub(super) fn is_on(&self) -> bool {
        self.key.is_some()
    }

    pub(super) fn delivery(&self, delivery: &Delivery) -> Delivery {
        if !self.is_on() {
            return delivery.clone();
        }
        let mut verdict = delivery.verdict.clone();
        verdict.suggestion = verdict.suggestion.map(|it| self.address(&it));
        Delivery {
            recipient: self.address(&delivery.recipient),
            rewritten: delivery.rewritten.as_deref().map(|it| self.address(it)),
            sender: delivery.sender.as_deref().map(|it| self.address(it)),
            detail: String::new(),
            id: String::new(),
            file: self.file(&delivery.file),
            server: delivery.server.as_deref().map(shown_server),
            verdict,
            ..delivery.clone()
        }
    }

    pub(super) fn tally(&self, mut tally: Tally) -> Tally {
        if self.is_on() {
            tally.recipients = std::mem::take(&mut tally.recipients)
                .into_iter()
                .map(|(address, mut target)| {
                    target.meant = target.meant.map(|it| self.address(&it));
                    (self.address(&address), target)
                })
                .collect();
            let domains = std::mem::take(&mut tally.domains).into_iter();
            tally.domains =
                domains.map(|(domain, target)| (shown_domain(&domain), target)).collect();
            let senders = std::mem::take(&mut tally.senders).into_iter();
            tally.senders =
                senders.map(|(domain, counts)| (shown_domain(&domain), counts)).collect();
        }
        tally
    }

    pub(super) fn totals(&self, mut totals: Totals) -> Totals {
        if self.is_on() {
            for trouble in &mut totals.examples {
                "(not shown)".clone_into(&mut trouble.text);
            }
            let lists = [
                &mut totals.examples,
                &mut totals.failures,
                &mut totals.others,
                &mut totals.doubts,
                &mut totals.assumptions,
            ];
            for Trouble { file, .. } in lists.into_iter().flatten() {
                *file = self.file(file);
            }
        }
        totals
    }

    /// The address with a code for its local part: `~1a2b3c4d5e@army.ml` for `bob@army.ml`.
    fn address(&self, address: &str) -> String {
        match address.rsplit_once('@') {
            Some((local_part, domain)) => {
                format!("~{}@{}", self.hash(&local_part.to_lowercase()), shown_domain(domain))
            }
            None if address.is_empty() || address.starts_with('(') => address.to_owned(),
            None => format!("~{}", self.hash(&address.to_lowercase())),
        }
    }

    fn file(&self, file: &str) -> String {
        format!("file ~{}", self.hash(file))
    }

    fn hash(&self, text: &str) -> String {
        let key = self.key.unwrap_or_default();
        let digest = Sha256::new().chain_update(key).chain_update(text).finalize();
        HEXLOWER.encode(digest.get(..5).unwrap_or_default())
    }
}

/// A domain, without the text that may follow it in a malformed address.
fn shown_domain(domain: &str) -> String {
    let is_part =
        |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '(' | ')' | '<' | '>');
    // `(others)`, `(not logged)` and `<>` are the program's own texts.
    if domain == "(not logged)" {
        return domain.to_owned();
    }
    let end = domain.find(|c: char| !is_part(c)).unwrap_or(domain.len());
    domain.get(..end).unwrap_or_default().to_owned()
}

/// A server's name and address, without any text after them.
fn shown_server(server: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || ".-_[]: ".contains(c);
    server.chars().take_while(|c| is_part(*c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redaction_removes_people_and_keeps_domains() {
        let redactor = Redactor::new(true);
        let shown = redactor.address("Bob.Smith@army.ml");
        assert!(shown.starts_with('~') && shown.ends_with("@army.ml"), "{shown}");
        assert_eq!(shown, redactor.address("bob.smith@army.ml"), "the same person");
        assert_ne!(shown, Redactor::new(true).address("bob.smith@army.ml"), "another run");
        assert_eq!(redactor.address("bob@army ml (Jane Doe)").split_once('@').unwrap().1, "army");
        assert!(!redactor.address("bob").contains("bob"));
        assert_eq!(redactor.address(""), "");
    }
}
