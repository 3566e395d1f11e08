//! The domains that were written to: since when, how often, and what DNS says of them.

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;
use serde_json::Value;

use crate::domain::canonicalize;
use crate::server::admin::{
    auth::access::Signed,
    shared::{
        error::AdminError,
        labels,
        page::{Done, Page, html, number, redirect},
        query,
        time::Moment,
    },
    state::Admin,
};
use crate::server::dns::{DnsError, Name};
use crate::store::{Evidence, SeenDomain, StoreError};
use crate::{Checker, Policy, Severity};

const SECTION: &str = "/admin/domains";

const PAGE: u16 = 50;

#[derive(Template)]
#[template(path = "domains.html")]
struct DomainsPage {
    page: Page,
    rows: Vec<DomainRow>,
    next: Option<String>,
    is_first: bool,
    /// What was looked for.
    wanted: String,
}

#[derive(Template)]
#[template(path = "domain.html")]
struct DomainPage {
    page: Page,
    row: DomainRow,
    /// What the checker says of a recipient there.
    severity: Severity,
    reasons: Vec<(String, String)>,
    suggestion: Option<String>,
    facts: Vec<(String, String)>,
}

struct DomainRow {
    domain: String,
    /// With its letters, where it is not ASCII.
    unicode: Option<String>,
    first_seen: Moment,
    last_day: Option<Moment>,
    number: String,
    sent: String,
    evidence: Option<Shown>,
}

/// What DNS said.
struct Shown {
    text: &'static str,
    class: &'static str,
    checked: Moment,
}

#[derive(Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    domain: String,
    #[serde(default)]
    after: String,
}

/// The list, those first seen last first.
pub(crate) async fn list(
    State(admin): State<Admin>,
    signed: Signed,
    Query(wanted): Query<Wanted>,
) -> Result<Response, AdminError> {
    let mut page = signed.page(SECTION, "Domains");
    let store = admin.store();
    if !wanted.domain.trim().is_empty() {
        let typed = wanted.domain.trim();
        let ascii = canonicalize(typed).map_or_else(|| typed.to_owned(), |found| found.ascii);
        match store.seen_domain(&ascii).await {
            Ok(_) => return Ok(redirect(&format!("/admin/domains/{}", path_segment(&ascii)))),
            Err(StoreError::Missing(_)) => {
                page = page.with_problem("No flagged recipient had that domain.");
            }
            Err(error) => return Err(error.into()),
        }
    }
    let after = wanted.after.split_once('_');
    let after = after.and_then(|(time, domain)| Some((time.parse().ok()?, domain)));
    // One more tells whether there is another page.
    let mut seen = store.seen_domains(after, PAGE + 1).await?;
    let has_more = seen.len() > usize::from(PAGE);
    seen.truncate(usize::from(PAGE));
    let next = seen.last().filter(|_| has_more).map(|last| {
        let after = format!("{}_{}", last.first_seen, last.domain);
        format!("/admin/domains?{}", query::encode(&[("after", &after)]))
    });
    let view = DomainsPage {
        page,
        rows: seen.into_iter().map(DomainRow::new).collect(),
        next,
        is_first: wanted.after.is_empty(),
        wanted: wanted.domain,
    };
    Ok(html(StatusCode::OK, &view))
}

/// One domain.
pub(crate) async fn show(
    State(admin): State<Admin>,
    signed: Signed,
    Path(domain): Path<String>,
    Query(done): Query<Done>,
) -> Result<Response, AdminError> {
    let seen = signed.found(admin.store().seen_domain(&domain).await, SECTION, "Domains")?;
    let checker = checker(&admin).await?;
    let report = checker.check_address(&format!("someone@{domain}"));
    let reasons = report.findings.iter().map(|finding| {
        let code = finding.reason.as_str();
        (code.to_owned(), labels::reason(code).to_owned())
    });
    let suggestion = report.suggestion.as_deref().and_then(|it| it.rsplit_once('@'));
    let view = DomainPage {
        page: signed.page(SECTION, domain.clone()).with_notice(done.code()),
        severity: report.severity,
        reasons: reasons.collect(),
        suggestion: suggestion.map(|(_, domain)| domain.to_owned()),
        facts: seen.evidence.as_ref().map(facts).unwrap_or_default(),
        row: DomainRow::new(seen),
    };
    Ok(html(StatusCode::OK, &view))
}

/// By the organisation's policy.
async fn checker(admin: &Admin) -> Result<Checker, AdminError> {
    let policy = match admin.store().effective_policy(crate::store::ORGANISATION).await {
        Ok(effective) => effective.policy,
        Err(_) => Policy::default(),
    };
    let checker = Checker::new(&policy).or_else(|_| Checker::new(&Policy::default()));
    checker.map_err(|error| AdminError::bad_request(error.to_string()))
}

/// Asks DNS about a domain now.
pub(crate) async fn look_up(
    State(admin): State<Admin>,
    signed: Signed,
    Path(domain): Path<String>,
) -> Result<Response, AdminError> {
    let page = || signed.page(SECTION, "Domains");
    // Nobody makes this server ask for any name: only for those that were written to.
    signed.found(admin.store().seen_domain(&domain).await, SECTION, "Domains")?;
    let refused = |text: &str| AdminError::bad_request(text).on(page());
    // A client may report any: what resembles nothing is nobody's business.
    if checker(&admin).await?.check_address(&format!("someone@{domain}")).severity
        < Severity::Notice
    {
        return Err(refused(
            "This domain resembles no protected domain, so the server does not check it.",
        ));
    }
    let name = match Name::read(&domain) {
        Name::Public(name) => name,
        Name::Undelegated(_) => {
            return Err(refused(
                "This domain cannot exist, because its top-level domain does not exist.",
            ));
        }
        Name::Private => {
            return Err(refused("The server does not check names of private networks."));
        }
        Name::Malformed => return Err(refused("This is not a valid domain.")),
    };
    let found = admin.dns().evidence(&name).await.map_err(|error| match error {
        DnsError::Off => refused("DNS lookups are disabled in the configuration (--resolver off)."),
        DnsError::Busy => {
            refused("The server is checking too many domains at once. Try again later.")
        }
        DnsError::Unanswered => refused("The name servers do not answer. Try again later."),
    })?;
    drop(found);
    Ok(redirect(&format!("/admin/domains/{}?done=checked", path_segment(&domain))))
}

impl DomainRow {
    fn new(seen: SeenDomain) -> Self {
        let unicode = canonicalize(&seen.domain).map(|canonical| canonical.unicode);
        Self {
            unicode: unicode.filter(|unicode| *unicode != seen.domain),
            first_seen: Moment(seen.first_seen),
            last_day: seen.last_day.map(Moment),
            number: number(seen.n),
            sent: number(seen.sent),
            evidence: seen.evidence.as_ref().map(|evidence| Shown {
                text: verdict(evidence),
                class: match (evidence.exists, evidence.accepts_mail) {
                    (_, true) => "block",
                    (true, false) => "notice",
                    (false, false) => "pass",
                },
                checked: Moment(evidence.checked),
            }),
            domain: seen.domain,
        }
    }
}

/// What DNS said, for a person who fears for a message.
fn verdict(evidence: &Evidence) -> &'static str {
    match (evidence.exists, evidence.accepts_mail) {
        (_, true) => "exists and accepts mail",
        (true, false) => "exists, accepts no mail",
        (false, false) => "does not exist",
    }
}

/// The members of the evidence, whatever they are.
fn facts(evidence: &Evidence) -> Vec<(String, String)> {
    let Ok(Value::Object(members)) = serde_json::from_str(&evidence.detail) else {
        return Vec::new();
    };
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Array(entries) => {
            let texts = entries
                .iter()
                .map(|entry| entry.as_str().map_or_else(|| entry.to_string(), str::to_owned));
            texts.collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    };
    members.iter().map(|(name, value)| (name.clone(), text(value))).collect()
}

/// A domain as part of a path: clients report what they like.
fn path_segment(domain: &str) -> String {
    query::encode(&[("x", domain)]).trim_start_matches("x=").to_owned()
}
