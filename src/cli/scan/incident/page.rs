//! The pages as one HTML file: no script, nothing to load; blanks can be filled in before it is printed or saved.
//!
//! All text goes through askama's escaping, after the program has spelled out what could hide or reorder its surroundings.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::io::{self, Write};

use askama::Template;

use super::fields::{ASSESSMENT, Group, REPORT};
use super::{Answers, DOMAINS, Incidents, LISTED_ON_PAGE, PAGES, Record};
use crate::cli::scan::report::{Note, Report, grouped, plural};
use crate::cli::visible::Visible;
use crate::scan::{Counts, Delivery, PolicyName, Status, Time};
use crate::twins::{Evidence, Status as Answer};

/// Facts on the pages besides the deliveries.
pub(in crate::cli::scan) struct Context<'a> {
    pub(in crate::cli::scan) report: &'a Report,
    /// The policy that judged the recipients.
    pub(in crate::cli::scan) policy: &'a PolicyName,
    /// `None` where nobody asked the DNS.
    pub(in crate::cli::scan) answers: Option<&'a Answers>,
}

#[derive(Template)]
#[template(path = "incident/page.html", config = "src/cli/scan/askama.toml")]
struct Pages<'a> {
    title: &'static str,
    headline: String,
    scope: String,
    stopped: Option<&'static str>,
    is_redacted: bool,
    missing: Vec<String>,
    quarters: Vec<QuarterRow>,
    has_all_domains: bool,
    notes: Vec<Note>,
    policy: String,
    records: Vec<Page>,
    /// The blanks to fill in, with the regulation that requires them.
    blanks: [(&'static str, &'static [Group]); 2],
    made: String,
    version: &'a str,
}

struct QuarterRow {
    name: String,
    all: String,
    counts: Vec<String>,
    domains: usize,
    first_seen: usize,
}

/// One page.
struct Page {
    number: usize,
    domain: String,
    meant: Option<String>,
    severity: &'static str,
    reasons: Vec<(&'static str, &'static str)>,
    counts: String,
    first: String,
    last: String,
    senders: String,
    servers: Vec<String>,
    markings: Vec<String>,
    dns: Vec<String>,
    deliveries: Vec<Line>,
    more: String,
}

/// One delivery.
struct Line {
    time: String,
    sender: String,
    recipient: String,
    rewritten: Option<String>,
    status: &'static str,
    server: String,
    detail: String,
    id: String,
    place: String,
    marking: String,
}

/// Writes the pages.
pub(in crate::cli::scan) fn write(
    out: &mut impl Write,
    mut incidents: Incidents<'_>,
    context: &Context<'_>,
) -> io::Result<()> {
    let Context { report, policy, .. } = context;
    let mut records = std::mem::take(&mut incidents.records);
    // Domains whose mail reached somebody come first.
    records.sort_by_cached_key(|record| {
        let counts = &record.tally.counts;
        let first = record.deliveries.first().and_then(|it| it.time).map(|time| time.civil);
        (Reverse(counts.of(Status::Delivered)), Reverse(counts.all()), record.domain.clone(), first)
    });
    let pages = Pages {
        title: "Mail to look-alike domains: incident records",
        headline: report.headline(),
        scope: report.scope(),
        stopped: report.stopped(),
        is_redacted: report.is_redacted,
        missing: incidents.missing(),
        has_all_domains: incidents.told_apart < DOMAINS,
        quarters: incidents.quarters(),
        notes: report.visible_notes(),
        policy: Visible(&policy.to_string()).to_string(),
        records: records
            .iter()
            .enumerate()
            .map(|(place, record)| Page::new(place + 1, record, context.answers))
            .collect(),
        blanks: [("DFARS 252.204-7012", &REPORT), ("CMMC", &ASSESSMENT)],
        made: jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC").to_string(),
        version: env!("CARGO_PKG_VERSION"),
    };
    pages.write_into(out)
}

impl Incidents<'_> {
    /// What the pages leave out.
    pub(in crate::cli::scan) fn missing(&self) -> Vec<String> {
        let mut missing = Vec::new();
        if self.without_page > 0 {
            missing.push(format!(
                "There are {PAGES} pages; {} have none. --since and --until make a file for each period.",
                plural(self.without_page, "delivery", "deliveries")
            ));
        }
        if self.not_listed > 0 {
            missing.push(format!(
                "{} counted and not listed; --format csv lists all.",
                plural(self.not_listed, "delivery is", "deliveries are")
            ));
        }
        missing
    }

    fn quarters(&self) -> Vec<QuarterRow> {
        let mut seen: HashSet<&String> = HashSet::new();
        let mut rows = Vec::new();
        for (quarter, it) in &self.quarters {
            let name = match quarter {
                Some((year, number)) => format!("{year} Q{number}"),
                None => "without a time".to_owned(),
            };
            // A delivery without a time belongs to no known quarter.
            let before = seen.len();
            if quarter.is_some() {
                seen.extend(&it.domains);
            }
            rows.push(QuarterRow {
                name,
                all: grouped(it.counts.all()),
                counts: Status::ALL.map(|status| grouped(it.counts.of(status))).to_vec(),
                domains: it.domains.len(),
                first_seen: seen.len() - before,
            });
        }
        rows
    }
}

impl Page {
    fn new(number: usize, record: &Record, answers: Option<&Answers>) -> Self {
        let tally = &record.tally;
        let target = tally.domains.values().next();
        let time =
            |time: Option<Time>| time.map_or_else(|| "no time".to_owned(), |it| it.to_string());
        let listed = record.deliveries.len() as u64;
        let more = tally.counts.all() - listed.min(tally.counts.all());
        let senders: Vec<String> = tally
            .senders
            .iter()
            .take(SENDERS)
            .map(|(domain, counts)| format!("{} ({})", Visible(domain), grouped(counts.all())))
            .collect();
        let rest = tally.senders.len().saturating_sub(SENDERS);
        Self {
            number,
            domain: Visible(&record.domain).to_string(),
            meant: target.and_then(|it| it.meant.as_deref()).map(|it| Visible(it).to_string()),
            severity: tally.worst.as_str(),
            reasons: tally.reasons.keys().map(|it| (it.as_str(), it.sentence())).collect(),
            counts: counts(&tally.counts),
            first: time(target.and_then(|it| it.first)),
            last: time(target.and_then(|it| it.last)),
            senders: if rest > 0 {
                format!("{}, and {rest} more domains", senders.join(", "))
            } else {
                senders.join(", ")
            },
            servers: record.servers.iter().map(|it| Visible(it).to_string()).collect(),
            markings: record
                .markings
                .iter()
                .map(|(kind, count)| {
                    format!("{} in {}", Visible(kind), plural(*count, "delivery", "deliveries"))
                })
                .collect(),
            dns: match answers {
                Some(answers) => dns(answers.get(&record.domain)),
                None => vec!["not asked (--resolve asks the DNS)".to_owned()],
            },
            deliveries: record.deliveries.iter().map(Line::new).collect(),
            more: if more > 0 {
                let more = plural(more, "more is not listed", "more are not listed");
                format!("{more}: a page lists {LISTED_ON_PAGE} at most.")
            } else {
                String::new()
            },
        }
    }
}

/// The most domains of senders that a page names.
const SENDERS: usize = 20;

impl Line {
    fn new(delivery: &Delivery) -> Self {
        let shown = |text: &str| Visible(text).to_string();
        Self {
            time: delivery.time.map_or_else(|| "no time".to_owned(), |time| time.to_string()),
            sender: match delivery.sender.as_deref() {
                None => "(not logged)".to_owned(),
                Some("") => "<>".to_owned(),
                Some(sender) => shown(sender),
            },
            recipient: shown(&delivery.recipient),
            rewritten: delivery.rewritten.as_deref().map(shown),
            status: delivery.status.as_str(),
            server: delivery.server.as_deref().map(shown).unwrap_or_default(),
            detail: shown(&delivery.detail),
            id: shown(&delivery.id),
            place: format!("{}:{}", shown(&delivery.file), delivery.record),
            marking: delivery.marking.as_deref().map(shown).unwrap_or_default(),
        }
    }
}

/// `12 delivered, 1 bounced`.
fn counts(counts: &Counts) -> String {
    let statuses = Status::ALL.into_iter().filter(|status| counts.of(*status) > 0);
    let statuses = statuses.map(|status| format!("{} {status}", grouped(counts.of(status))));
    statuses.collect::<Vec<_>>().join(", ")
}

/// The answers of the DNS, in sentences.
fn dns(answer: Option<&Evidence>) -> Vec<String> {
    let Some(evidence) = answer.filter(|it| it.status != Answer::NotAsked) else {
        return vec!["not asked".to_owned()];
    };
    let mut lines = vec![
        match (evidence.status, evidence.mail) {
            (Answer::Exists, true) => "the domain exists and takes mail",
            (Answer::Exists, false) => "the domain exists and takes no mail",
            (Answer::Absent, _) => "no such domain exists",
            (Answer::Timeout, _) => "nobody answered",
            (Answer::Failed | Answer::NotAsked, _) => "the answer was an error",
        }
        .to_owned(),
    ];
    let mut add = |kind: &str, values: Vec<String>| {
        if !values.is_empty() {
            lines.push(format!("{kind} {}", Visible(&values.join(", "))));
        }
    };
    let exchanges = evidence.mx.iter().map(|mx| format!("{} {}", mx.preference, mx.host));
    add("MX", exchanges.collect());
    add("A", evidence.a.iter().map(ToString::to_string).collect());
    add("AAAA", evidence.aaaa.iter().map(ToString::to_string).collect());
    add("NS", evidence.ns.clone());
    if !evidence.unanswered.is_empty() {
        lines.push(format!("no answer for {}", evidence.unanswered.join(", ")));
    }
    if let Ok(at) = jiff::Timestamp::from_second(evidence.at) {
        lines.push(format!("asked {}", at.strftime("%Y-%m-%d %H:%M UTC")));
    }
    lines
}
