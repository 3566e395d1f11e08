//! The first page: how much was caught, and what became of it. From counts that are kept up with every
//! event, so that its cost does not grow with their number.

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;

use crate::Severity;
use crate::server::admin::{
    auth::access::Signed,
    shared::{
        chart::{Bar, Chart, Series},
        choice::{Choice, choices},
        error::AdminError,
        labels::{self, Outcome},
        page::{Done, Page, html, number},
        query,
        time::{DAY, HOUR, Moment, now},
    },
    state::Admin,
};
use crate::store::{Action, CountFilter, CountKey, Counts, DomainCount, Host, Span};

/// How far back can be looked, in days.
const PERIODS: [(i64, &str); 5] =
    [(1, "24 hours"), (7, "7 days"), (30, "30 days"), (90, "90 days"), (365, "a year")];

const TOP_DOMAINS: u16 = 12;

/// Columns of a longer chart would be too thin: each stands for a week.
const WEEKLY_FROM: i64 = 180;

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    page: Page,
    periods: Vec<Choice>,
    groups: Vec<Choice>,
    filters: Vec<Filter>,
    tiles: Vec<Tile>,
    chart: Chart,
    breakdowns: Vec<Breakdown>,
    domains: Vec<TopDomain>,
    /// How many lessons were finished; `None` where something is chosen that lessons are not counted by.
    lessons: Option<String>,
    /// Nothing ever came.
    is_empty: bool,
    period: &'static str,
    chosen: Selection,
}

/// A filter that is on, and how to take it off.
struct Filter {
    name: String,
    without: String,
}

struct Tile {
    name: &'static str,
    class: &'static str,
    number: String,
    share: String,
    change: String,
    link: String,
}

struct Breakdown {
    name: &'static str,
    rows: Vec<Row>,
}

struct Row {
    name: String,
    number: String,
    bar: Bar,
    link: String,
}

struct TopDomain {
    domain: String,
    number: String,
    sent: String,
    bar: Bar,
    first_seen: Option<Moment>,
    is_new: bool,
}

/// What is looked at, as the address of the page says it.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Selection {
    #[serde(default)]
    days: String,
    #[serde(default)]
    group: String,
    #[serde(default)]
    host: String,
    #[serde(default)]
    action: String,
    #[serde(default)]
    severity: String,
    #[serde(default)]
    reason: String,
}

impl Selection {
    fn days(&self) -> i64 {
        let days = self.days.parse().unwrap_or(30);
        if PERIODS.iter().any(|(known, _)| *known == days) { days } else { 30 }
    }

    fn filter(&self, from: i64, to: i64) -> CountFilter {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        CountFilter {
            from,
            to,
            group: text(&self.group),
            host: labels::parse(&Host::ALL, Host::as_str, &self.host),
            action: labels::parse(&Action::ALL, Action::as_str, &self.action),
            severity: labels::parse(&Severity::ALL, Severity::as_str, &self.severity),
            reason: text(&self.reason),
        }
    }

    /// The address of a page with one filter changed.
    fn with(&self, path: &str, changed: (&str, &str)) -> String {
        let members = [
            ("days", self.days.as_str()),
            ("group", &self.group),
            ("host", &self.host),
            ("action", &self.action),
            ("severity", &self.severity),
            ("reason", &self.reason),
        ];
        let members = members
            .map(|(name, value)| if name == changed.0 { (name, changed.1) } else { (name, value) });
        let text = query::encode(&members);
        if text.is_empty() { path.to_owned() } else { format!("{path}?{text}") }
    }
}

/// The page.
pub(crate) async fn show(
    State(admin): State<Admin>,
    signed: Signed,
    Query(done): Query<Done>,
    Query(query): Query<Selection>,
) -> Result<Response, AdminError> {
    let days = query.days();
    let hourly = days == 1 && query.reason.is_empty();
    let now = now();
    let (span, step) = if hourly { (Span::Hour, HOUR) } else { (Span::Day, DAY) };
    let to = now - now.rem_euclid(step) + step;
    let from = to - days * DAY;
    let filter = query.filter(from, to);
    // Whole days, for what is counted by the day.
    let day_to = now - now.rem_euclid(DAY) + DAY;
    let daily = CountFilter { from: day_to - days * DAY, to: day_to, ..filter.clone() };
    let before = CountFilter { from: daily.from - days * DAY, to: daily.from, ..filter.clone() };
    let store = admin.store();
    let (over_time, actions_before, hosts, groups_by, reasons, severities, domains, groups) = tokio::try_join!(
        store.counts_over_time(&filter, span),
        store.count_by(&before, CountKey::Action),
        store.count_by(&daily, CountKey::Host),
        store.count_by(&daily, CountKey::Group),
        store.count_by(&daily, CountKey::Reason),
        store.count_by(&daily, CountKey::Severity),
        store.top_domains(&daily, TOP_DOMAINS),
        store.groups(),
    )?;
    let names: BTreeMap<String, String> =
        groups.into_iter().map(|group| (group.id, group.name)).collect();
    let is_empty = over_time.is_empty() && !store.has_events().await?;
    let breakdowns = vec![
        breakdown("By mail client", &query, "host", hosts, |code| labels::host(code).to_owned()),
        breakdown("By group", &query, "group", groups_by, |id| {
            names.get(id).cloned().unwrap_or_else(|| id.to_owned())
        }),
        breakdown("By reason", &query, "reason", reasons, |code| labels::reason(code).to_owned()),
        breakdown("By severity", &query, "severity", severities, str::to_owned),
    ];
    let view = OverviewPage {
        page: signed.page("/admin", "Overview").with_notice(done.code()),
        periods: PERIODS
            .iter()
            .map(|(value, name)| Choice {
                value: value.to_string(),
                name: (*name).to_owned(),
                chosen: *value == days,
            })
            .collect(),
        groups: choices(&names, &query.group),
        filters: filters(&query, &names),
        tiles: tiles(&query, &over_time, &actions_before, from, to),
        chart: chart(&over_time, from, to, step),
        breakdowns,
        domains: top(domains, from),
        lessons: store.lessons(&daily).await?.map(number),
        is_empty,
        period: PERIODS.iter().find(|(known, _)| *known == days).map_or("", |(_, name)| name),
        chosen: query,
    };
    Ok(html(StatusCode::OK, &view))
}

fn filters(query: &Selection, names: &BTreeMap<String, String>) -> Vec<Filter> {
    let group = names.get(&query.group).map_or(query.group.as_str(), String::as_str);
    [
        ("group", query.group.as_str(), format!("Group: {group}")),
        ("host", &query.host, format!("Mail client: {}", labels::host(&query.host))),
        ("action", &query.action, format!("Outcome: {}", labels::action(&query.action))),
        ("severity", &query.severity, format!("Severity: {}", query.severity)),
        ("reason", &query.reason, format!("Reason: {}", labels::reason(&query.reason))),
    ]
    .into_iter()
    .filter(|(_, value, _)| !value.is_empty())
    .map(|(member, _, name)| Filter { name, without: query.with("/admin", (member, "")) })
    .collect()
}

fn tiles(
    query: &Selection,
    counts: &[Counts],
    before: &[(String, i64)],
    from: i64,
    to: i64,
) -> Vec<Tile> {
    let total: i64 = counts.iter().map(|count| count.n).sum();
    let total_before: i64 = before.iter().map(|(_, n)| n).sum();
    let range = [("from", Moment(from).day()), ("to", Moment(to - 1).day())];
    let link = |outcome: Option<Outcome>| {
        let mut members: Vec<(&str, &str)> =
            range.iter().map(|(name, value)| (*name, value.as_str())).collect();
        members.extend([
            ("group", query.group.as_str()),
            ("host", &query.host),
            ("severity", &query.severity),
            ("reason", &query.reason),
        ]);
        let action = outcome.and_then(Outcome::only_action).unwrap_or(&query.action);
        members.push(("action", action));
        format!("/admin/events?{}", query::encode(&members))
    };
    let mut tiles = vec![Tile {
        name: "Recipients flagged",
        class: "all",
        number: number(total),
        share: String::new(),
        change: change(total, total_before),
        link: link(None),
    }];
    for outcome in Outcome::ALL {
        let of = |action: &str| Outcome::of(action) == outcome;
        let n: i64 = counts.iter().filter(|count| of(&count.action)).map(|count| count.n).sum();
        let n_before: i64 = before.iter().filter(|(action, _)| of(action)).map(|(_, n)| n).sum();
        // What this organisation never does would be noise.
        if n == 0 && n_before == 0 && outcome.is_rare() {
            continue;
        }
        tiles.push(Tile {
            name: outcome.name(),
            class: outcome.class(),
            number: number(n),
            share: if total > 0 { share(n, total) } else { String::new() },
            change: change(n, n_before),
            link: link(Some(outcome)),
        });
    }
    tiles
}

fn share(n: i64, total: i64) -> String {
    let tenths = n.saturating_mul(1000) / total.max(1);
    if tenths >= 100 || tenths == 0 {
        format!("{} %", tenths / 10)
    } else {
        format!("{}.{} %", tenths / 10, tenths % 10)
    }
}

/// Compared with the time before, in words.
fn change(now: i64, before: i64) -> String {
    if before == 0 {
        return String::new();
    }
    let percent = (now - before).saturating_mul(100) / before;
    match percent {
        0 => "as before".to_owned(),
        1.. => format!("{} % more than before", number(percent)),
        _ => format!("{} % fewer than before", -percent),
    }
}

fn chart(counts: &[Counts], from: i64, to: i64, step: i64) -> Chart {
    let step = if step == DAY && to - from >= WEEKLY_FROM * DAY { 7 * DAY } else { step };
    let columns = usize::try_from((to - from + step - 1) / step).unwrap_or_default();
    // Weeks are counted back from today, so that the last one is whole.
    let start = |index: usize| to - step * i64::try_from(columns - index).unwrap_or_default();
    let mut series: Vec<Series> = Outcome::ALL
        .iter()
        .map(|outcome| Series {
            name: outcome.name(),
            class: outcome.class(),
            values: vec![0; columns],
        })
        .collect();
    for count in counts {
        let index =
            usize::try_from((count.start - start(0)).div_euclid(step)).unwrap_or(usize::MAX);
        let outcome = Outcome::of(&count.action);
        let place = Outcome::ALL.iter().position(|it| *it == outcome);
        let cell = place
            .and_then(|place| series.get_mut(place))
            .and_then(|series| series.values.get_mut(index));
        if let Some(cell) = cell {
            *cell += count.n;
        }
    }
    series.retain(|series| series.values.iter().any(|value| *value > 0));
    Chart::new((0..columns).map(|index| Moment(start(index))).collect(), series, step < DAY)
}

fn breakdown(
    name: &'static str,
    query: &Selection,
    member: &str,
    counts: Vec<(String, i64)>,
    label: impl Fn(&str) -> String,
) -> Breakdown {
    let most = counts.iter().map(|(_, n)| *n).max().unwrap_or_default();
    let rows = counts.into_iter().take(14).map(|(code, n)| Row {
        name: label(&code),
        number: number(n),
        bar: Bar::new(n, most),
        link: query.with("/admin", (member, &code)),
    });
    Breakdown { name, rows: rows.collect() }
}

fn top(domains: Vec<DomainCount>, from: i64) -> Vec<TopDomain> {
    let most = domains.iter().map(|domain| domain.n).max().unwrap_or_default();
    let rows = domains.into_iter().map(|domain| TopDomain {
        number: number(domain.n),
        sent: number(domain.sent),
        bar: Bar::new(domain.n, most),
        first_seen: domain.first_seen.map(Moment),
        is_new: domain.first_seen.is_some_and(|seen| seen >= from),
        domain: domain.domain,
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_is_drawn_in_weeks_of_which_the_last_is_whole() {
        let to = 20_000 * DAY;
        let count = |start, n| Counts { start, action: "fixed".to_owned(), n };
        let counts = [count(to - DAY, 1), count(to - 7 * DAY, 2), count(to - 8 * DAY, 4)];
        let chart = chart(&counts, to - 365 * DAY, to, DAY);
        let values = &chart.series()[0].values;
        assert_eq!(values.len(), 53);
        assert_eq!(values[51..], [4, 3]);
    }

    #[test]
    fn shares_and_changes_are_said_in_words() {
        assert_eq!(share(1, 3), "33 %");
        assert_eq!(share(1, 30), "3.3 %");
        assert_eq!(share(0, 30), "0 %");
        assert_eq!(change(150, 100), "50 % more than before");
        assert_eq!(change(50, 100), "50 % fewer than before");
        assert_eq!(change(100, 100), "as before");
        assert_eq!(change(1, 0), "");
    }

    #[test]
    fn a_period_that_is_not_offered_is_the_usual_one() {
        for (given, days) in [("", 30), ("7", 7), ("100000", 30), ("-1", 30), ("x", 30)] {
            let query = Selection { days: given.to_owned(), ..Selection::default() };
            assert_eq!(query.days(), days, "{given}");
        }
    }
}
