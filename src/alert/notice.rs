//! The contents of alerts and reports. The server stores the finished text, so that a mail that it sends again is
//! the same.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::domain::{domain_path, harmless};
use super::report::Report;
use crate::store::{AlertRow, Millis, StoredEvent};
use crate::verdict::Reason;

/// An alert or a report. Domains in texts are written so that no mail program makes links of them.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct Notice {
    /// One line.
    pub(crate) title: String,
    /// Paragraphs.
    pub(crate) text: Vec<String>,
    /// Pairs of a name and a value.
    #[serde(default)]
    pub(crate) facts: Vec<(String, String)>,
    /// The title and the path of a page of the dashboard with more.
    pub(crate) link: Option<(String, String)>,
    /// The domain that the notice is about, for programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) domain: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) report: Option<Report>,
}

impl Notice {
    /// The stored form.
    pub(super) fn document(&self) -> String {
        // Texts and numbers always have a form in JSON.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads the stored form. If a later release wrote it and this one cannot read it, the notice
    /// says where to look.
    pub(crate) fn read(row: &AlertRow) -> Self {
        serde_json::from_str(&row.document).unwrap_or_else(|_| Self {
            title: format!("{} at {}", label(&row.kind), time(row.at)),
            text: vec!["The dashboard has more.".to_owned()],
            link: Some(("Alerts on the dashboard".to_owned(), "/admin/alerts".to_owned())),
            ..Self::default()
        })
    }

    /// The body for a webhook, in the form that Standard Webhooks recommends.
    pub(super) fn body(&self, kind: &str, id: &str, at: Millis, origin: &str) -> String {
        let facts: serde_json::Map<String, Value> =
            self.facts.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        let link = self.link.as_ref().map(|(_, path)| format!("{origin}{path}"));
        json!({
            "type": format!("milguard.{kind}"),
            "timestamp": iso(at),
            "data": {
                "id": id,
                "kind": kind,
                "title": self.title,
                "text": self.text.join("\n"),
                "facts": facts,
                "domain": self.domain,
                "link": link,
                "server": origin,
                "report": self.report,
            },
        })
        .to_string()
    }
}

/// The name of a kind of alert or report.
pub(crate) fn label(kind: &str) -> &str {
    match kind {
        "burst" => "Burst to one domain",
        "lookalike" => "New look-alike",
        "marked" => "Sent anyway with a marking",
        "silence" => "No client in contact",
        "certificate" => "Certificate ends soon",
        "disk" => "Disk is filling",
        "weekly" => "Weekly report",
        "quarterly" => "Quarterly report",
        crate::store::FLOOD => "Many alerts",
        "test" => "Test",
        other => other,
    }
}

/// A time to the minute, in UTC.
pub(super) fn time(ms: Millis) -> String {
    format(ms, "%Y-%m-%d %H:%M UTC")
}

fn iso(ms: Millis) -> String {
    format(ms, "%Y-%m-%dT%H:%M:%SZ")
}

fn format(ms: Millis, pattern: &str) -> String {
    let time = Timestamp::from_millisecond(ms);
    time.map_or_else(|_| "?".to_owned(), |time| time.strftime(pattern).to_string())
}

/// The alert that one domain had many events within a period.
pub(super) fn burst(
    domain: &str,
    count: usize,
    from: Millis,
    to: Millis,
    threshold: &str,
) -> Notice {
    let shown = harmless(domain);
    Notice {
        title: format!("Burst of flagged mail to {shown}"),
        text: vec![
            format!("Senders addressed {shown} {count} times from {} to {}. The threshold is {threshold}.", time(from), time(to)),
            "A wrong entry in an address book, a distribution list or a reply to a forged sender often causes this.".to_owned(),
        ],
        link: Some(("The domain on the dashboard".to_owned(), domain_path(domain))),
        domain: Some(domain.to_owned()),
        ..Notice::default()
    }
}

/// The alert about the first event about a look-alike domain that takes mail.
pub(super) fn lookalike(domain: &str, event: &StoredEvent) -> Notice {
    let shown = harmless(domain);
    Notice {
        title: format!("First mail to {shown}, a look-alike that takes mail"),
        text: vec![
            format!(
                "A sender addressed {shown} for the first time. Mail servers accept mail for this domain: a message reaches its owner."
            ),
            "Consider denying the domain in the policy.".to_owned(),
        ],
        facts: facts(event),
        link: Some(("The domain on the dashboard".to_owned(), domain_path(domain))),
        domain: Some(domain.to_owned()),
        ..Notice::default()
    }
}

/// The alert about a message with a marking that was sent anyway.
pub(super) fn marked(event: &StoredEvent) -> Notice {
    let shown = event.domain.as_deref().map_or_else(|| "a flagged recipient".to_owned(), harmless);
    Notice {
        title: format!("A message with a marking was sent anyway to {shown}"),
        text: vec![
            "The message carries a marking, such as CUI. Milguard warned the sender, and the sender sent the message.".to_owned(),
            "The event does not name the sender; the log of the mail server does.".to_owned(),
        ],
        facts: facts(event),
        link: Some(("The event on the dashboard".to_owned(), format!("/admin/events/{}", event.id))),
        domain: event.domain.clone(),
        ..Notice::default()
    }
}

/// The facts of an event, without its address and justification, because more people may read a
/// mail than the dashboard.
fn facts(event: &StoredEvent) -> Vec<(String, String)> {
    let reasons = event.reasons.iter();
    let reasons =
        reasons.map(|code| Reason::from_code(code).map_or(&**code, |reason| reason.label()));
    [
        ("Decided", time(event.time)),
        ("Outcome", event.action.replace('-', " ")),
        ("Severity", event.severity.clone()),
        ("Reasons", reasons.collect::<Vec<_>>().join(", ")),
        ("Group", event.group.clone()),
        ("Mail client", event.host.clone()),
        ("Policy", format!("{}, version {}", event.policy_id, event.policy_version)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// The alert that no client has been in contact since the given time.
pub(super) fn silence(seen: Millis, origin: &str) -> Notice {
    Notice {
        title: format!("No client has been in contact since {}", time(seen)),
        text: vec![
            "Clients ask for their policy every minute while a mail program runs. Either none runs, or none reaches this server.".to_owned(),
            format!("From a client's machine, open {origin}/healthz and see whether its certificate is trusted."),
        ],
        link: Some(("Clients on the dashboard".to_owned(), "/admin/clients".to_owned())),
        ..Notice::default()
    }
}

/// The notice that a client has been in contact again.
pub(super) fn silence_over(seen: Millis) -> Notice {
    Notice {
        title: "Clients are in contact again".to_owned(),
        text: vec![format!("A client was in contact at {}.", time(seen))],
        link: Some(("Clients on the dashboard".to_owned(), "/admin/clients".to_owned())),
        ..Notice::default()
    }
}

/// The alert about a certificate with a number of days left, rounded down.
pub(super) fn certificate(host: &str, end: Millis, days: Millis) -> Notice {
    let when = match days {
        ..0 => "has ended".to_owned(),
        0 => "ends within a day".to_owned(),
        1 => "ends in 1 day".to_owned(),
        days => format!("ends in {days} days"),
    };
    Notice {
        title: format!("The certificate of {host} {when}"),
        text: vec![
            format!("The certificate that the server shows for {host} ends at {}. After that, no client reports and none gets a new policy.", time(end)),
            "Replace its files: the server loads them by itself. A certificate that the server made renews itself 30 days before its end; if this is one, the log says why that failed.".to_owned(),
        ],
        link: Some(("System on the dashboard".to_owned(), "/admin/system".to_owned())),
        ..Notice::default()
    }
}

/// The alert about a disk with little free space.
pub(super) fn disk(machine: &str, (free, total): (u64, u64), percent: u32) -> Notice {
    Notice {
        title: format!("The disk of {machine} is filling: {} % free", free * 100 / total.max(1)),
        text: vec![
            format!("{} MB of {} MB are free where the server keeps its state. The threshold is {percent} %.", free / 1_000_000, total / 1_000_000),
            "The server stops taking events before the disk is full; clients keep their events for a while. Make room, or keep events for a shorter time (`retention`).".to_owned(),
        ],
        link: Some(("System on the dashboard".to_owned(), "/admin/system".to_owned())),
        ..Notice::default()
    }
}

/// The notice that a disk has room again.
pub(super) fn disk_over(machine: &str, (free, total): (u64, u64)) -> Notice {
    Notice {
        title: format!("The disk of {machine} has room again"),
        text: vec![format!("{} MB of {} MB are free.", free / 1_000_000, total / 1_000_000)],
        link: Some(("System on the dashboard".to_owned(), "/admin/system".to_owned())),
        ..Notice::default()
    }
}

/// The alert that the server sends instead of further alerts of one kind within an hour.
pub(super) fn flood(kind: &str) -> Notice {
    Notice {
        title: format!("Many alerts: {}", label(kind)),
        text: vec![
            format!("In the last hour, the server has sent many alerts of one kind: {}. It sends no further ones for now; the dashboard shows them.", label(kind)),
            "One client that makes up events can cause this: an administrator can remove its events on the client's page.".to_owned(),
        ],
        link: Some(("Alerts on the dashboard".to_owned(), "/admin/alerts".to_owned())),
        ..Notice::default()
    }
}

/// The message with which an administrator tries a destination.
pub(super) fn test() -> Notice {
    Notice {
        title: "Test: alerts arrive".to_owned(),
        text: vec![
            "An administrator sent this to try the destination. Nothing has happened.".to_owned(),
        ],
        link: Some(("Alerts on the dashboard".to_owned(), "/admin/alerts".to_owned())),
        ..Notice::default()
    }
}

/// The report of a week or a quarter.
pub(super) fn report(report: Report) -> Notice {
    Notice {
        title: format!("Report: {}", report.name),
        link: Some((
            "The report to print".to_owned(),
            format!("/admin/report?period={}", report.period),
        )),
        report: Some(report),
        ..Notice::default()
    }
}
