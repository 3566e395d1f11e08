//! The domains that senders wrote to: since when, how often, and what DNS says about them.

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
};
use serde_json::Value;

use crate::domain::canonicalize;
use crate::server::admin::{
    auth::visitor::Signed,
    shared::{
        choice::{Choice, tree_choices},
        domain_query::{Column, DomainQuery},
        error::AdminError,
        labels,
        page::{Done, Page, html, number, redirect},
        query,
        saved::{List, Saved},
        time::Moment,
    },
    state::Admin,
};
use crate::server::dns::{DnsError, Name};
use crate::store::{DomainPage, Evidence, ORGANISATION, SeenDomain};
use crate::{Checker, Policy, Severity};

const SECTION: &str = "/admin/domains";

const PAGE: u16 = 50;

#[derive(Template)]
#[template(path = "domains.html")]
struct DomainsPage {
    page: Page,
    query: DomainQuery,
    groups: Vec<Choice>,
    /// The groups to choose from; the chosen domains are added to the policy of one.
    policies: Vec<Choice>,
    columns: Vec<Column>,
    rows: Vec<DomainRow>,
    /// The number of domains on all pages, in words.
    hits: String,
    /// The addresses of the earlier and the next page.
    earlier: Option<String>,
    next: Option<String>,
    place: String,
    saved: Saved,
    is_filtered: bool,
}

#[derive(Template)]
#[template(path = "domain.html")]
struct SinglePage {
    page: Page,
    row: DomainRow,
    policies: Vec<Choice>,
    /// The checker's verdict on a recipient in this domain.
    severity: Severity,
    reasons: Vec<(String, String)>,
    suggestion: Option<String>,
    facts: Vec<(String, String)>,
}

struct DomainRow {
    domain: String,
    /// The domain in Unicode, if it is not ASCII.
    unicode: Option<String>,
    first_seen: Moment,
    last_day: Option<Moment>,
    number: String,
    sent: String,
    /// The addresses of the lists of flagged and of sent events.
    links: [String; 2],
    evidence: Option<Shown>,
}

/// The answers of DNS.
struct Shown {
    text: &'static str,
    class: &'static str,
    checked: Moment,
}

/// Shows the list.
pub(crate) async fn list(
    State(admin): State<Admin>,
    signed: Signed,
    Query(done): Query<Done>,
    Query(query): Query<DomainQuery>,
) -> Result<Response, AdminError> {
    let mut page = signed.page(SECTION, "Domains").with_notice(done.code());
    let mut status = StatusCode::OK;
    let store = admin.store();
    let number_of_page = query.number();
    let offset = (number_of_page - 1) * u32::from(PAGE);
    let found = match query.filter() {
        Ok(filter) => store.seen_domains(&filter, offset, PAGE).await?,
        Err(problem) => {
            page = page.with_problem(problem);
            status = StatusCode::UNPROCESSABLE_ENTITY;
            DomainPage::default()
        }
    };
    let groups = store.groups().await?;
    let pages =
        found.total.div_euclid(i64::from(PAGE)) + i64::from(found.total % i64::from(PAGE) > 0);
    let to_page = |number: u32| query.with(&[("page", &number.to_string())]);
    let filters = [&query.q, &query.from, &query.to, &query.group];
    let view = DomainsPage {
        groups: tree_choices(&groups, &query.group),
        policies: tree_choices(&groups, ORGANISATION),
        columns: query.columns(),
        hits: match found.total {
            1 => "1 domain".to_owned(),
            total => format!("{} domains", number(total)),
        },
        earlier: (number_of_page > 1).then(|| to_page(number_of_page - 1)),
        next: (i64::from(number_of_page) < pages).then(|| to_page(number_of_page + 1)),
        saved: Saved::new(
            List::Domains,
            store.saved_filters(&signed.id, List::Domains.code()).await?,
            query.encode(),
        ),
        place: format!("Page {} of {}", number(number_of_page.into()), number(pages)),
        is_filtered: filters.iter().any(|text| !text.is_empty()),
        rows: found.domains.into_iter().map(|seen| DomainRow::new(seen, &query)).collect(),
        page,
        query,
    };
    Ok(html(status, &view))
}

/// Shows one domain.
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
    let view = SinglePage {
        policies: tree_choices(&admin.store().groups().await?, ORGANISATION),
        page: signed.page(SECTION, domain.clone()).with_notice(done.code()),
        severity: report.severity,
        reasons: reasons.collect(),
        suggestion: suggestion.map(|(_, domain)| domain.to_owned()),
        facts: seen.evidence.as_ref().map(facts).unwrap_or_default(),
        row: DomainRow::new(seen, &DomainQuery::default()),
    };
    Ok(html(StatusCode::OK, &view))
}

/// The checker with the organisation's policy.
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
    // The server asks DNS only about domains that events name, so that nobody can make it ask about
    // any name.
    signed.found(admin.store().seen_domain(&domain).await, SECTION, "Domains")?;
    let refused = |text: &str| AdminError::bad_request(text).on(page());
    // A client may report any domain. The server does not look up one that resembles no protected
    // domain.
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
    fn new(seen: SeenDomain, query: &DomainQuery) -> Self {
        let unicode = canonicalize(&seen.domain).map(|canonical| canonical.unicode);
        Self {
            unicode: unicode.filter(|unicode| *unicode != seen.domain),
            first_seen: Moment(seen.first_seen),
            last_day: seen.last_day.map(Moment),
            number: number(seen.n),
            sent: number(seen.sent),
            links: ["", labels::SENT].map(|action| query.events(&seen.domain, action)),
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

/// The answers of DNS, for a person who worries about a message.
fn verdict(evidence: &Evidence) -> &'static str {
    match (evidence.exists, evidence.accepts_mail) {
        (_, true) => "exists and accepts mail",
        (true, false) => "exists, accepts no mail",
        (false, false) => "does not exist",
    }
}

/// The members of the stored evidence, whatever their type.
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

/// A domain as part of a path, escaped, because clients may report any text.
fn path_segment(domain: &str) -> String {
    query::encode(&[("x", domain)]).trim_start_matches("x=").to_owned()
}
