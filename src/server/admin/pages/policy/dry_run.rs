//! Shows the effect of a policy change: runs the checker with the present policy and with the new
//! one, over the recipients of the newest events and over a pasted list.

use std::collections::BTreeMap;

use crate::policy::{Mode, Override, PolicyError};
use crate::store::StoredEvent;
use crate::{Checker, Policy, Severity};

/// The most lines of a pasted list that the dry run reads.
pub(crate) const MAX_PASTED: usize = 5_000;

/// The most rows to show; the page counts the rest.
const SHOWN: usize = 100;

/// What happens to a message to one recipient.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Fate {
    /// The message leaves.
    Sent,
    /// The message leaves, and the add-in shows a line.
    Noted,
    /// The message leaves, and the client reports it, since the policy only audits.
    Audited,
    /// The sender is asked.
    Asked,
    /// The sender is asked for a reason.
    AskedWhy,
    /// The message is stopped.
    Stopped,
}

impl Fate {
    pub(crate) const ALL: [Self; 6] =
        [Self::Sent, Self::Noted, Self::Audited, Self::Asked, Self::AskedWhy, Self::Stopped];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Noted => "sent, with a note",
            Self::Audited => "sent, and audited",
            Self::Asked => "sender asked",
            Self::AskedWhy => "sender asked for a reason",
            Self::Stopped => "stopped",
        }
    }

    /// The class of the outcome's colour.
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Sent => "pass",
            Self::Noted | Self::Audited => "notice",
            Self::Asked | Self::AskedWhy => "warn",
            Self::Stopped => "block",
        }
    }

    fn of(policy: &Policy, severity: Severity) -> Self {
        let overrides = match severity {
            Severity::Pass => return Self::Sent,
            // In audit mode clients show senders nothing, and report only what they would have stopped.
            Severity::Notice if policy.mode == Mode::Audit => return Self::Sent,
            _ if policy.mode == Mode::Audit => return Self::Audited,
            Severity::Notice => return Self::Noted,
            Severity::Warn => policy.overrides.warn,
            Severity::Block => policy.overrides.block,
        };
        match overrides {
            Override::Allowed => Self::Asked,
            Override::Justification => Self::AskedWhy,
            Override::Never => Self::Stopped,
        }
    }
}

/// A recipient who would be treated differently.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Changed {
    pub(crate) recipient: String,
    pub(crate) times: usize,
    pub(crate) before: RecipientVerdict,
    pub(crate) after: RecipientVerdict,
}

/// A verdict with its reasons.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct RecipientVerdict {
    pub(crate) severity: Severity,
    pub(crate) fate: Fate,
    pub(crate) reasons: Vec<&'static str>,
}

/// The result of a dry run.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct DryRun {
    /// Recipients that the dry run judged, with repetitions.
    pub(crate) looked_at: usize,
    /// How many of the judged recipients would be treated differently.
    pub(crate) changed: usize,
    /// The number of recipients with each outcome, before and after the change.
    pub(crate) fates: Vec<(Fate, usize, usize)>,
    /// The recipients who would be treated differently, the most frequent first; at most a hundred.
    pub(crate) rows: Vec<Changed>,
    /// The number of further recipients who would be treated differently.
    pub(crate) more: usize,
    /// All recipients with their verdicts, in order, for a pasted list; at most a hundred.
    pub(crate) all: Vec<Changed>,
    /// Lines of the list that were not read.
    pub(crate) left_out: usize,
}

/// Judges the recipients of events, each by the policy in force for its group and by the changed one.
/// Where an event has only a domain, the dry run assumes any name before it.
pub(crate) fn over_events(
    policies: &BTreeMap<String, (Policy, Policy)>,
    events: &[StoredEvent],
) -> Result<DryRun, PolicyError> {
    let mut groups: BTreeMap<&str, BTreeMap<String, usize>> = BTreeMap::new();
    for event in events {
        let recipient = match (&event.address, &event.domain) {
            (Some(address), _) => address.clone(),
            (None, Some(domain)) => format!("someone@{domain}"),
            (None, None) => continue,
        };
        *groups.entry(&event.group).or_default().entry(recipient).or_default() += 1;
    }
    let mut tally = Tally::default();
    for (group, recipients) in groups {
        let Some((before, after)) = policies.get(group) else { continue };
        tally.add(before, after, recipients.into_iter().collect())?;
    }
    let mut run = tally.finish();
    run.all.clear();
    Ok(run)
}

/// Judges a pasted list, one recipient a line.
pub(crate) fn over_list(
    before: &Policy,
    after: &Policy,
    list: &str,
) -> Result<DryRun, PolicyError> {
    let lines = list.lines().map(str::trim).filter(|line| !line.is_empty());
    let lines: Vec<&str> = lines.collect();
    let recipients = lines.iter().take(MAX_PASTED).map(|line| ((*line).to_owned(), 1)).collect();
    let mut tally = Tally::default();
    tally.add(before, after, recipients)?;
    let mut run = tally.finish();
    run.left_out = lines.len().saturating_sub(MAX_PASTED);
    Ok(run)
}

/// The results so far.
#[derive(Default)]
struct Tally {
    run: DryRun,
    fates: BTreeMap<Fate, (usize, usize)>,
}

impl Tally {
    fn add(
        &mut self,
        before: &Policy,
        after: &Policy,
        recipients: Vec<(String, usize)>,
    ) -> Result<(), PolicyError> {
        let old = Checker::new(before)?;
        let new = Checker::new(after)?;
        for (recipient, times) in recipients {
            let row = Changed {
                before: verdict(&old, before, &recipient),
                after: verdict(&new, after, &recipient),
                recipient,
                times,
            };
            self.run.looked_at += times;
            self.fates.entry(row.before.fate).or_default().0 += times;
            self.fates.entry(row.after.fate).or_default().1 += times;
            if self.run.all.len() < SHOWN {
                self.run.all.push(row.clone());
            }
            if row.before.fate != row.after.fate || row.before.severity != row.after.severity {
                self.run.changed += times;
                self.run.rows.push(row);
            }
        }
        Ok(())
    }

    fn finish(self) -> DryRun {
        let Self { mut run, fates } = self;
        run.rows.sort_by(|a, b| b.times.cmp(&a.times).then_with(|| a.recipient.cmp(&b.recipient)));
        run.more = run.rows.len().saturating_sub(SHOWN);
        run.rows.truncate(SHOWN);
        run.fates = Fate::ALL
            .into_iter()
            .filter_map(|fate| fates.get(&fate).map(|&(before, after)| (fate, before, after)))
            .collect();
        run
    }
}

fn verdict(checker: &Checker, policy: &Policy, recipient: &str) -> RecipientVerdict {
    let report = checker.check_address(recipient);
    RecipientVerdict {
        severity: report.severity,
        fate: Fate::of(policy, report.severity),
        reasons: report.findings.iter().map(|finding| finding.reason.as_str()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(json: &str) -> Policy {
        Policy::from_json(json.as_bytes()).unwrap()
    }

    #[test]
    fn a_dry_run_shows_the_denied_recipient_as_the_only_change() {
        let before = policy("{}");
        let after = policy(r#"{"deny": ["bad.example"]}"#);
        let run =
            over_list(&before, &after, "a@bad.example\n\n b@good.example \nc@us.army.ml").unwrap();
        assert_eq!((run.looked_at, run.changed), (3, 1));
        assert_eq!(run.rows[0].recipient, "a@bad.example");
        assert_eq!(run.rows[0].before.fate, Fate::Sent);
        assert_eq!(run.rows[0].after.fate, Fate::Stopped);
        assert_eq!(run.rows[0].after.reasons, ["denied-by-policy"]);
        assert_eq!(run.fates, [(Fate::Sent, 2, 1), (Fate::Asked, 1, 1), (Fate::Stopped, 0, 1)]);
        assert_eq!(run.all.len(), 3);
    }

    #[test]
    fn mode_and_override_decide_what_a_verdict_does() {
        let list = "a@us.army.ml";
        for (json, fate) in [
            (r#"{"mode": "audit"}"#, Fate::Audited),
            (r#"{"override": {"warn": "justification"}}"#, Fate::AskedWhy),
            (r#"{"override": {"warn": "never"}}"#, Fate::Stopped),
            (r#"{"severity": {"suffix-typo": "notice"}}"#, Fate::Noted),
            (r#"{"severity": {"suffix-typo": "notice"}, "mode": "audit"}"#, Fate::Sent),
            (r#"{"allow": ["*.ml"]}"#, Fate::Sent),
        ] {
            let run = over_list(&policy("{}"), &policy(json), list).unwrap();
            assert_eq!(
                (run.rows[0].before.fate, run.rows[0].after.fate),
                (Fate::Asked, fate),
                "{json}"
            );
        }
    }

    #[test]
    fn each_event_counts_unless_it_names_no_recipient_or_no_existing_group() {
        let event = |group: &str, address: Option<&str>, domain: Option<&str>| StoredEvent {
            client: None,
            id: String::new(),
            message: String::new(),
            time: 0,
            received: 0,
            group: group.to_owned(),
            host: String::new(),
            client_version: String::new(),
            policy_id: String::new(),
            policy_version: 1,
            action: String::new(),
            severity: String::new(),
            raised_by: Vec::new(),
            reasons: Vec::new(),
            domain: domain.map(str::to_owned),
            address: address.map(str::to_owned),
            justification: None,
        };
        let events = [
            event("navy", None, Some("army.ml")),
            event("navy", None, Some("army.ml")),
            event("navy", Some("x@army.ml"), Some("army.ml")),
            event("navy", None, None),
            // The change does not affect this group, because it sets `allow` itself.
            event("air", None, Some("army.ml")),
            event("gone", None, Some("army.ml")),
        ];
        let allow = r#"{"allow": ["army.ml"]}"#;
        let policies = BTreeMap::from([
            ("navy".to_owned(), (policy("{}"), policy(allow))),
            ("air".to_owned(), (policy("{}"), policy("{}"))),
        ]);
        let run = over_events(&policies, &events).unwrap();
        assert_eq!((run.looked_at, run.changed), (4, 3));
        assert_eq!(run.rows[0].recipient, "someone@army.ml");
        assert_eq!(run.rows[0].times, 2);
    }

    #[test]
    fn a_long_list_is_cut_to_a_limit() {
        let list = "a@bad.example\n".repeat(MAX_PASTED + 7);
        let run = over_list(&policy("{}"), &policy(r#"{"deny": ["bad.example"]}"#), &list).unwrap();
        assert_eq!((run.looked_at, run.left_out), (MAX_PASTED, 7));
        assert_eq!((run.rows.len(), run.more), (SHOWN, MAX_PASTED - SHOWN));
    }
}
