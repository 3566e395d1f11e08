//! The report about a week or a quarter, compared with the one before, with advice on what to
//! train.
//!
//! A report is data. One template draws it with a [`Look`], as a page of the dashboard or as a
//! mail.

mod look;
mod numbers;
mod period;
mod text;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::store::{Millis, ReportCount, ReportDays, Store, StoreError};
use crate::text::number::number;
use crate::verdict::Reason;

use look::bar;
use numbers::{Lesson, Line, Part, Trend};

pub(crate) use look::Look;
pub(crate) use period::Period;
pub(super) use text::lines;

/// The most domains in a report.
const DOMAINS: u16 = 10;

/// The most groups in a report.
const GROUPS: usize = 10;

/// The most topics to train, from the most frequent reasons.
const ADVICE: usize = 3;

/// The outcomes of flagged recipients, in the groups that people ask about, each with its actions.
pub(crate) const OUTCOMES: [(&str, &[&str]); 5] = [
    ("Corrected", &["fixed", "removed"]),
    ("Held back", &["cancelled", "blocked"]),
    ("Sent anyway", &["sent-anyway"]),
    ("Asked by Outlook", &["asked"]),
    ("Only audited", &["audited"]),
];

/// The report.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[expect(clippy::unsafe_derive_deserialize, reason = "the unsafe code is in tokio's macro")]
pub(crate) struct Report {
    /// `2026-W48`.
    pub(crate) period: String,
    /// `Week 48 of 2026`.
    pub(crate) name: String,
    pub(crate) first_day: String,
    pub(crate) last_day: String,
    /// Whether the period has not ended yet.
    pub(crate) is_so_far: bool,
    pub(crate) flagged: Trend,
    pub(crate) outcomes: Vec<Line>,
    /// The days of a week, or the weeks of a quarter.
    pub(crate) steps: Vec<Part>,
    pub(crate) domains: Vec<Part>,
    pub(crate) reasons: Vec<Line>,
    pub(crate) groups: Vec<Part>,
    /// How often a sender was asked or stopped.
    pub(crate) questions: Trend,
    /// Clients in contact, summed over the days.
    pub(crate) client_days: Trend,
    /// The budget: the most questions for each 100 client days.
    pub(crate) budget: f64,
    pub(crate) finished_lessons: Trend,
    pub(crate) lessons: Vec<Lesson>,
}

/// The settings of a report.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub(crate) period: Period,
    pub(crate) now: Millis,
    /// Whether made-up events count.
    pub(crate) with_demo: bool,
    pub(crate) budget: f64,
}

impl Report {
    /// Counts the events of the period and of the one before.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    #[expect(
        clippy::too_many_lines,
        reason = "one field of the report after the other, from counts that are asked for side by side"
    )]
    pub(crate) async fn make(store: &Store, wanted: &Wanted) -> Result<Self, StoreError> {
        let Wanted { period, now, with_demo, budget } = *wanted;
        let days = ReportDays { from: period.from(), to: period.to(), with_demo };
        let earlier = period.before();
        let before = ReportDays { from: earlier.from(), to: earlier.to(), with_demo };
        let (actions, actions_before) =
            tokio::try_join!(store.report_actions(days), store.report_actions(before))?;
        let (reasons, reasons_before) =
            tokio::try_join!(store.report_reasons(days), store.report_reasons(before))?;
        let (groups, domains, names) = tokio::try_join!(
            store.report_groups(days),
            store.report_domains(days, DOMAINS),
            store.groups()
        )?;
        let (client_days, client_days_before, finished, finished_before) = tokio::try_join!(
            store.report_client_days(days),
            store.report_client_days(before),
            store.report_lessons(days),
            store.report_lessons(before)
        )?;
        let names: BTreeMap<String, String> =
            names.into_iter().map(|group| (group.id, group.name)).collect();
        let (first, last) = period.days();
        let sum = |counts: &[(Millis, String, i64)], wanted: &dyn Fn(&str) -> bool| -> i64 {
            counts.iter().filter(|(_, action, _)| wanted(action)).map(|(.., n)| n).sum()
        };
        let trend = |wanted: &dyn Fn(&str) -> bool| Trend {
            now: sum(&actions, wanted),
            before: sum(&actions_before, wanted),
        };
        let outcomes = OUTCOMES.iter().map(|(name, known)| Line {
            name: (*name).to_owned(),
            trend: trend(&|action| known.contains(&action)),
        });
        Ok(Self {
            period: period.key(),
            name: period.name(),
            first_day: first.to_string(),
            last_day: last.to_string(),
            is_so_far: now < period.to(),
            flagged: trend(&|_| true),
            outcomes: outcomes.filter(|line| !line.trend.is_empty()).collect(),
            steps: steps(period, now, &actions),
            domains: domains
                .into_iter()
                .map(|domain| Part {
                    is_new: domain.first_seen.is_some_and(|seen| seen >= days.from),
                    name: domain.domain,
                    n: domain.n,
                    sent: domain.sent,
                })
                .collect(),
            lessons: lessons(&reasons),
            reasons: compare(&reasons, &reasons_before),
            groups: groups
                .into_iter()
                .take(GROUPS)
                .map(|ReportCount { name, n, sent }| Part {
                    name: names.get(&name).cloned().unwrap_or(name),
                    n,
                    sent,
                    is_new: false,
                })
                .collect(),
            questions: trend(&|action| action != "audited"),
            client_days: Trend { now: client_days, before: client_days_before },
            budget,
            finished_lessons: Trend { now: finished, before: finished_before },
        })
    }

    /// Questions for each 100 client days, in this period and the one before; `None` if no client
    /// was in contact.
    pub(crate) fn fatigue(&self) -> (Option<f64>, Option<f64>) {
        (
            per_hundred(self.questions.now, self.client_days.now),
            per_hundred(self.questions.before, self.client_days.before),
        )
    }

    /// A sentence that sums up what happened.
    pub(crate) fn headline(&self) -> String {
        let sent: i64 =
            self.outcomes.iter().filter(|it| it.name == "Sent anyway").map(|it| it.trend.now).sum();
        format!(
            "From {} to {} (UTC), Milguard flagged {} recipients ({}). Senders sent to {} of them anyway.",
            self.first_day,
            self.last_day,
            self.flagged.number(),
            self.flagged.change(),
            number(sent),
        )
    }

    /// The bar of a part of the period, in percent.
    pub(crate) fn step_bar(&self, part: &Part) -> i64 {
        bar(part.n, self.steps.iter().map(|step| step.n).max().unwrap_or_default())
    }

    /// The bar of a domain, in percent.
    pub(crate) fn domain_bar(&self, part: &Part) -> i64 {
        bar(part.n, self.domains.iter().map(|domain| domain.n).max().unwrap_or_default())
    }

    /// A sentence that compares the questions with the budget.
    pub(crate) fn fatigue_text(&self) -> String {
        let (now, before) = self.fatigue();
        let Some(now) = now else {
            return "No client was in contact in this period, so the server cannot tell how often one was asked."
                .to_owned();
        };
        let before = before.map_or_else(String::new, |before| format!(" (before: {before:.1})"));
        let judged = if now <= self.budget { "within it" } else { "above it" };
        format!(
            "Senders were asked {now:.1} times for each 100 client days{before}. The budget is {}: this is {judged}.",
            self.budget
        )
    }

    /// The groups whose senders sent anyway most often.
    pub(crate) fn groups_to_train(&self) -> String {
        let mut groups: Vec<&Part> = self.groups.iter().filter(|group| group.sent > 0).collect();
        groups.sort_by_key(|group| std::cmp::Reverse(group.sent));
        let names: Vec<&str> = groups.iter().take(3).map(|group| &*group.name).collect();
        names.join(", ")
    }
}

#[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
fn per_hundred(questions: i64, client_days: i64) -> Option<f64> {
    (client_days > 0).then(|| questions as f64 * 100.0 / client_days as f64)
}

/// The parts of the period that have begun.
fn steps(period: Period, now: Millis, actions: &[(Millis, String, i64)]) -> Vec<Part> {
    let starts = period.steps();
    let mut steps: Vec<(Millis, Part)> = starts
        .into_iter()
        .filter(|start| *start <= now)
        .map(|start| {
            let day = jiff::Timestamp::from_millisecond(start).unwrap_or_default();
            let pattern =
                if matches!(period, Period::Week { .. }) { "%a %Y-%m-%d" } else { "%Y-%m-%d" };
            let name = day.strftime(pattern).to_string();
            (start, Part { name, n: 0, sent: 0, is_new: false })
        })
        .collect();
    for (day, action, n) in actions {
        if let Some((_, step)) = steps.iter_mut().rev().find(|(start, _)| start <= day) {
            step.n += n;
            step.sent += if action == "sent-anyway" { *n } else { 0 };
        }
    }
    steps.into_iter().map(|(_, step)| step).collect()
}

fn compare(now: &[ReportCount], before: &[ReportCount]) -> Vec<Line> {
    let lines = now.iter().map(|count| {
        let earlier = before.iter().find(|it| it.name == count.name).map_or(0, |it| it.n);
        let name = match Reason::from_code(&count.name) {
            Some(reason) => reason.label().to_owned(),
            None => count.name.clone(),
        };
        Line { name, trend: Trend { now: count.n, before: earlier } }
    });
    lines.collect()
}

fn lessons(reasons: &[ReportCount]) -> Vec<Lesson> {
    let lessons = reasons.iter().filter_map(|count| {
        let reason = Reason::from_code(&count.name)?;
        let text = reason.advice()?.to_owned();
        Some(Lesson { reason: reason.label().to_owned(), n: count.n, text })
    });
    lessons.take(ADVICE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Action, DAY};

    #[test]
    fn every_action_has_one_outcome() {
        for action in Action::ALL {
            let of = OUTCOMES.iter().filter(|(_, known)| known.contains(&action.as_str()));
            assert_eq!(of.count(), 1, "{}", action.as_str());
        }
    }

    #[test]
    fn each_week_of_a_quarter_counts_its_seven_days() {
        let quarter = Period::parse("2026-Q1").expect("a quarter");
        let count = |at: i64, action: &str, n| (quarter.from() + at * DAY, action.to_owned(), n);
        let actions = [count(0, "fixed", 1), count(6, "sent-anyway", 2), count(7, "fixed", 4)];
        let all = steps(quarter, quarter.to(), &actions);
        assert_eq!(all.len(), 13);
        assert_eq!((all[0].n, all[0].sent, all[1].n), (3, 2, 4));
        assert_eq!(all[0].name, "2026-01-01");
        assert_eq!(steps(quarter, quarter.from() + 8 * DAY, &actions).len(), 2, "so far");
    }
}
