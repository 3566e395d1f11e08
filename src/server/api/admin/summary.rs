//! `/v1/admin/summary`: counts of events.

use axum::{extract::State, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{super::refusals::ReportRefusals, Asked, Question, Wanted, unavailable};
use crate::server::{
    admin::{
        auth::api_token::Scope,
        shared::time::{DAY, Moment, now},
    },
    problem::Problem,
    state::AppState,
};
use crate::store::{CountFilter, CountKey, Span};

/// The most domains in a summary.
const DOMAINS: u16 = 1_000;

/// The days and the group to count.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct SummaryQuery {
    /// How many days to count back, including today. The default is 30.
    #[param(minimum = 1, maximum = 1830)]
    days: Option<u32>,
    /// Only events of this group, by its id, or of one below it.
    #[param(inline)]
    group: Option<Wanted>,
}

impl Question for SummaryQuery {
    const SCOPE: Scope = Scope::Summary;
}

/// A line of a summary.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "of", rename_all = "kebab-case")]
pub(super) enum Line {
    /// How often senders did something on a day.
    Day { day: String, action: String, n: i64 },
    /// How often a reason was given; an event with two counts for both.
    Reason { reason: String, n: i64 },
    /// How often a group's clients reported.
    Group { group: String, n: i64 },
    /// How often a mail client reported.
    Host { host: String, n: i64 },
    /// How often a domain was written to, and how often the message was sent.
    Domain { domain: String, n: i64, sent: i64 },
}

/// Counts of the last days, one JSON object a line.
#[utoipa::path(
    get,
    path = "/v1/admin/summary",
    tag = "reports",
    security(("apiToken" = [])),
    params(SummaryQuery),
    responses(
        (status = 200, description = "One count a line", content_type = "application/jsonl", body = Line),
        ReportRefusals,
    ),
)]
pub(super) async fn summary(
    State(state): State<AppState>,
    Asked { query, .. }: Asked<SummaryQuery>,
) -> Result<Response, Problem> {
    let days = super::days(query.days, 30)?;
    let now = now();
    let to = now - now.rem_euclid(DAY) + DAY;
    let filter = CountFilter {
        from: to - days * DAY,
        to,
        group: query.group.map(|wanted| wanted.0),
        ..CountFilter::default()
    };
    let store = &state.store;
    let (over_time, reasons, groups, hosts, domains) = tokio::try_join!(
        store.counts_over_time(&filter, Span::Day),
        store.count_by(&filter, CountKey::Reason),
        store.count_by(&filter, CountKey::Group),
        store.count_by(&filter, CountKey::Host),
        store.top_domains(&filter, DOMAINS),
    )
    .map_err(|error| unavailable(&error))?;
    let mut lines: Vec<Line> = over_time
        .into_iter()
        .map(|count| Line::Day { day: Moment(count.start).day(), action: count.action, n: count.n })
        .collect();
    lines.extend(reasons.into_iter().map(|(reason, n)| Line::Reason { reason, n }));
    lines.extend(groups.into_iter().map(|(group, n)| Line::Group { group, n }));
    lines.extend(hosts.into_iter().map(|(host, n)| Line::Host { host, n }));
    lines.extend(domains.into_iter().map(|count| Line::Domain {
        domain: count.domain,
        n: count.n,
        sent: count.sent,
    }));
    Ok(super::lines(lines))
}
