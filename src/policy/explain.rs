//! Explains a policy in plain English.

use std::collections::BTreeMap;

use super::document::{Mode, Mute, OnFailure, Override, Policy, Protected, Reporting, Texts};
use super::gateway::GatewayAction;
use super::layers::Merged;
use crate::verdict::{Reason, Severity};

/// How many entries of a list are named; the rest is counted.
const NAMED: usize = 5;

/// One effect of a policy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Statement {
    /// The path of the member that the sentence is about.
    pub path: String,
    /// The sentence about the member.
    pub sentence: String,
    /// The layers that set the member, by number; empty for the built-in default.
    pub layers: Vec<usize>,
    /// The layer that locked the member.
    pub locked_by: Option<usize>,
    /// For a list that several layers make up, the entries that each layer adds.
    pub parts: Vec<(usize, String)>,
}

/// Explains the effective policy of `merged`, in the order of the document's members.
pub fn explain(merged: &Merged) -> Vec<Statement> {
    let policy = merged.policy();
    let sentences = protection(&policy).into_iter().chain(handling(&policy));
    sentences
        .map(|(path, sentence)| {
            let entries = merged.entries_of(&path);
            let several = if entries.len() > 1 { entries } else { BTreeMap::new() };
            Statement {
                layers: merged.origins_of(&path).into_iter().collect(),
                locked_by: merged.locked_by(&path),
                parts: several.iter().map(|(&layer, entries)| (layer, and(entries))).collect(),
                path,
                sentence,
            }
        })
        .collect()
}

/// The sentences about protected domains and findings.
fn protection(policy: &Policy) -> Vec<(String, String)> {
    let mut list = Vec::new();
    let mut say = |path: &str, sentence: String| list.push((path.to_owned(), sentence));
    say(
        "mode",
        match policy.mode {
            Mode::Enforce => "Senders are warned and stopped.",
            Mode::Audit => "Senders see nothing; clients only report findings.",
        }
        .to_owned(),
    );
    let Protected { builtin, suffixes, domains } = &policy.protected;
    let builtin = if *builtin {
        "All names below mil are protected."
    } else {
        "Names below mil are not protected: look-alikes of army.mil pass."
    };
    say("protected.builtin", builtin.to_owned());
    if !suffixes.is_empty() {
        say(
            "protected.suffixes",
            format!("All names below {} are protected as well.", and(suffixes)),
        );
    }
    if !domains.is_empty() {
        let sentence = format!("Protected with all names below: {}.", and(domains));
        say("protected.domains", sentence);
    }
    if !policy.allow.is_empty() {
        say("allow", format!("Mail always passes to {}.", recipients(&policy.allow)));
    }
    if !policy.deny.is_empty() {
        let severity = policy.severity.get(&Reason::DeniedByPolicy).copied();
        let severity = severity.unwrap_or(Reason::DeniedByPolicy.default_severity());
        let sentence = format!("{} {}.", denied(severity), recipients(&policy.deny));
        say("deny", sentence);
    }
    for (reason, &severity) in &policy.severity {
        let (reason, default) = (reason.as_str(), reason.default_severity().as_str());
        let sentence = format!("A clear {reason} is {} (built-in: {default}).", judged(severity));
        say(&format!("severity.{reason}"), sentence);
    }
    list
}

/// The parts that senders meet, the reports, and the mail server.
fn handling(policy: &Policy) -> Vec<(String, String)> {
    let mut list = at_the_sender(policy);
    list.extend(behind_the_warning(policy));
    list.extend(at_the_gateway(policy));
    list
}

/// What senders may do, and what they read.
fn at_the_sender(policy: &Policy) -> Vec<(String, String)> {
    let mut list = Vec::new();
    let mut say = |path: &str, sentence: String| list.push((path.to_owned(), sentence));
    say(
        "mute",
        match policy.mute {
            Mute::Off => "Senders can't mute anything.",
            Mute::RealDomains => {
                "Senders can mute domains that are known to be real, never look-alikes of a known \
                 name."
            }
        }
        .to_owned(),
    );
    let choices = [
        ("override.warn", "After a warning", policy.overrides.warn),
        ("override.block", "Where sending is blocked", policy.overrides.block),
    ];
    for (path, when, choice) in choices {
        let what = match choice {
            Override::Allowed => "the sender may send anyway with one click",
            Override::Justification => "the sender may send anyway after giving a reason",
            Override::Never => "the recipient must be corrected or removed",
        };
        say(path, format!("{when}, {what}."));
    }
    if policy.countdown > 0 {
        let sentence = format!("\"Send anyway\" waits for {} seconds.", policy.countdown);
        say("countdown", sentence);
    }
    for (language, texts) in &policy.texts {
        let names = texts_given(texts);
        if !names.is_empty() {
            let sentence = format!("The policy has its own texts in {language}: {}.", and(&names));
            say(&format!("texts.{language}"), sentence);
        }
    }
    if let Some(url) = &policy.training_url {
        say("trainingUrl", format!("Warnings link to {url}"));
    }
    list
}

/// The reports, the markings to look for in the message, and the effect of a failure.
fn behind_the_warning(policy: &Policy) -> Vec<(String, String)> {
    let mut list = Vec::new();
    let mut say = |path: &str, sentence: String| list.push((path.to_owned(), sentence));
    say(
        "reporting",
        match policy.reporting {
            Reporting::Off => "Nothing is reported.",
            Reporting::Counts => "Warnings are counted; no domain or address is reported.",
            Reporting::Domain => "Warnings are reported with the domain of the recipient.",
            Reporting::Address => "Warnings are reported with the address of the recipient.",
        }
        .to_owned(),
    );
    let markings = if policy.markings.enabled {
        "Markings such as CUI or FOUO in subject, body and attachment names raise findings."
    } else {
        "Milguard does not look for markings in the message."
    };
    say("markings.enabled", markings.to_owned());
    if !policy.markings.words.is_empty() {
        let sentence = format!("Also looked for: {}.", and(&policy.markings.words));
        say("markings.words", sentence);
    }
    say(
        "onFailure",
        match policy.on_failure {
            OnFailure::Ask => "If the check itself fails, the sender is asked.",
            OnFailure::Allow => "If the check itself fails, the message goes out.",
            OnFailure::Block => "If the check itself fails, the message stays until it works.",
        }
        .to_owned(),
    );
    list
}

/// The sentences about the mail server.
fn at_the_gateway(policy: &Policy) -> Vec<(String, String)> {
    let options = &policy.gateway;
    let choices = [
        ("gateway.warn", "After a warning", options.warn),
        ("gateway.block", "Where sending is blocked", options.block),
    ];
    let mut list: Vec<_> = choices
        .into_iter()
        .map(|(path, when, action)| {
            let what = match action {
                GatewayAction::Refuse => "refuses the mail and names the right address",
                GatewayAction::Hold => "holds the mail until a person releases it",
                GatewayAction::Header => "delivers the mail with a header that names the finding",
                GatewayAction::Report => "delivers the mail and only reports it",
            };
            (path.to_owned(), format!("{when}, the mail server {what}."))
        })
        .collect();
    if let Some(tag) = &options.send_anyway_tag {
        let sentence = format!(
            "At the mail server, {tag} in the subject sends anyway where `override` allows it."
        );
        list.push(("gateway.sendAnywayTag".to_owned(), sentence));
    }
    list
}

/// The recipients that a list is about: `*.ml, but not *.gov.ml`.
fn recipients(list: &[String]) -> String {
    let (out, within): (Vec<_>, Vec<_>) = list.iter().partition(|entry| entry.starts_with('-'));
    let out: Vec<_> = out.into_iter().map(|entry| entry.trim_start_matches('-')).collect();
    match (within.is_empty(), out.is_empty()) {
        (true, _) => "nobody".to_owned(),
        (false, true) => and(&within),
        (false, false) => format!("{}, but not to {}", and(&within), and(&out)),
    }
}

/// The words before the recipients of the deny list, which say what happens to their mail.
fn denied(severity: Severity) -> &'static str {
    match severity {
        Severity::Pass => "The deny list has no effect on mail to",
        Severity::Notice => "Senders get a notice about mail to",
        Severity::Warn => "Senders are warned of mail to",
        Severity::Block => "Mail is blocked to",
    }
}

fn judged(severity: Severity) -> &'static str {
    match severity {
        Severity::Pass => "let pass",
        Severity::Notice => "noted",
        Severity::Warn => "warned about",
        Severity::Block => "blocked",
    }
}

fn texts_given(texts: &Texts) -> Vec<&'static str> {
    let Texts { title, body, blocked, justification, training } = texts;
    [
        ("title", title),
        ("body", body),
        ("blocked", blocked),
        ("justification", justification),
        ("training", training),
    ]
    .into_iter()
    .filter(|(_, text)| text.is_some())
    .map(|(name, _)| name)
    .collect()
}

/// `a, b and c`, or `a, b, c, d, e and 95 more`.
fn and<T: AsRef<str>>(items: &[T]) -> String {
    let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    let (named, rest) = items.split_at(items.len().min(NAMED));
    match (named, rest.len()) {
        ([only], 0) => (*only).to_owned(),
        ([first @ .., last], 0) => format!("{} and {last}", first.join(", ")),
        (named, more) => format!("{} and {more} more", named.join(", ")),
    }
}
