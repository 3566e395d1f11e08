//! The first page: how many recipients were flagged, and what senders did. It reads counts that the
//! store updates with every event, so its cost does not grow with the number of events.

mod selection;

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::Response,
};

use crate::server::admin::{
    auth::visitor::Signed,
    shared::{
        chart::{Bar, Chart, Series, Unit},
        choice::{Choice, tree_choices},
        command_line::database_options,
        error::AdminError,
        labels::{self, Outcome},
        page::{Done, Page, html, number},
        period::{PRESETS, Period},
        time::{DAY, HOUR, Moment, now},
    },
    state::Admin,
};
use crate::store::{CountFilter, CountKey, Counts, DomainCount, EventFilter, Scope, Span};
use selection::{Selection, Shown};

const TOP_DOMAINS: u16 = 12;

/// The most columns that stand for a day. With more, columns would be too thin, so each column of a
/// longer chart stands for a week.
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
    /// The number of finished lessons; `None` with a filter by which the server does not count
    /// lessons.
    lessons: Option<String>,
    /// No event has ever arrived.
    is_empty: bool,
    /// The options by which a command finds the database.
    database: Option<String>,
    period: String,
    /// The days that the person typed, or empty texts.
    days: [(&'static str, String); 3],
    chosen: Selection,
}

/// An active filter, and the address of the page without it.
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
    rows: Vec<CountRow>,
}

struct CountRow {
    name: String,
    number: String,
    bar: Bar,
    link: String,
}

struct TopDomain {
    domain: String,
    number: String,
    sent: String,
    /// The addresses of the lists of flagged and of sent events.
    links: [String; 2],
    bar: Bar,
    first_seen: Option<Moment>,
    is_new: bool,
}

/// Shows the page.
#[expect(
    clippy::too_many_lines,
    reason = "each part of the page is one statement: what it asks the store, and what it shows of that"
)]
pub(crate) async fn show(
    State(admin): State<Admin>,
    signed: Signed,
    Query(done): Query<Done>,
    Query(query): Query<Selection>,
) -> Result<Response, AdminError> {
    let now = now();
    let mut page = signed.page("/admin", "Overview").with_notice(done.code());
    let mut status = StatusCode::OK;
    let period = query.period(now).unwrap_or_else(|problem| {
        page = page.clone().with_problem(problem);
        status = StatusCode::UNPROCESSABLE_ENTITY;
        Period::Last(30)
    });
    let hourly = period == Period::Last(1) && query.reason.is_empty();
    let (span, step) = if hourly { (Span::Hour, HOUR) } else { (Span::Day, DAY) };
    // Counts by day need whole days.
    let tomorrow = now - now.rem_euclid(DAY) + DAY;
    let (day_from, day_to) = match period {
        Period::Last(days) => (tomorrow - days * DAY, tomorrow),
        Period::Days { from, to } => (from, to),
    };
    let (from, to) = if hourly {
        let to = now - now.rem_euclid(HOUR) + HOUR;
        (to - DAY, to)
    } else {
        (day_from, day_to)
    };
    let filter = query.filter(&signed.scope, from, to);
    let daily = CountFilter { from: day_from, to: day_to, ..filter.clone() };
    let before = CountFilter { from: 2 * day_from - day_to, to: day_from, ..filter.clone() };
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
    let is_empty = over_time.is_empty() && !has_events(&admin, &signed.scope).await?;
    let groups = signed.scope.among(groups);
    let shown = Shown { query: &query, period, from, to };
    let names: BTreeMap<&str, &str> =
        groups.iter().map(|group| (&*group.id, &*group.name)).collect();
    let group_name = |id: &str| names.get(id).copied().unwrap_or(id).to_owned();
    let breakdowns = vec![
        breakdown("By mail client", &shown, "host", hosts, |code| labels::host(code).to_owned()),
        breakdown("By group", &shown, "group", groups_by, group_name),
        breakdown("By reason", &shown, "reason", reasons, |code| labels::reason(code).to_owned()),
        breakdown("By severity", &shown, "severity", severities, str::to_owned),
    ];
    let days = period.members();
    let options = &admin.app().options;
    let offered = PRESETS.iter().map(|(value, name)| Choice {
        value: value.to_string(),
        name: (*name).to_owned(),
        chosen: period == Period::Last(*value),
    });
    let view = OverviewPage {
        page,
        periods: offered.collect(),
        groups: tree_choices(&groups, &query.group),
        filters: filters(&shown, group_name),
        tiles: tiles(&shown, &over_time, &actions_before),
        chart: chart(&shown, &over_time, step),
        breakdowns,
        domains: top(&shown, signed.scope.is_everything(), domains, (day_from, day_to)),
        lessons: store.lessons(&daily).await?.map(number),
        is_empty,
        database: database_options(options.database.as_ref(), &options.state),
        period: period.in_words(),
        days,
        chosen: query,
    };
    Ok(html(status, &view))
}

/// Whether an event of these groups has ever arrived.
async fn has_events(admin: &Admin, scope: &Scope) -> Result<bool, AdminError> {
    if scope.is_everything() {
        return Ok(admin.store().has_events().await?);
    }
    let all = EventFilter { group: scope.narrow(None), ..EventFilter::default() };
    Ok(admin.store().count_kept(&all).await? != Some(0))
}

fn filters(shown: &Shown<'_>, group_name: impl Fn(&str) -> String) -> Vec<Filter> {
    let name = |member: &str, value: &str| match member {
        "group" => format!("Group: {}, with those below", group_name(value)),
        "host" => format!("Mail client: {}", labels::host(value)),
        "action" => format!("Outcome: {}", labels::action(value)),
        "severity" => format!("Severity: {value}"),
        _ => format!("Reason: {}", labels::reason(value)),
    };
    let given = shown.query.filters().into_iter().filter(|(_, value)| !value.is_empty());
    let filter = |(member, value): (&'static str, &str)| Filter {
        name: name(member, value),
        without: shown.with((member, "")),
    };
    given.map(filter).collect()
}

fn tiles(shown: &Shown<'_>, counts: &[Counts], before: &[(String, i64)]) -> Vec<Tile> {
    let total: i64 = counts.iter().map(|count| count.n).sum();
    let total_before: i64 = before.iter().map(|(_, n)| n).sum();
    let mut tiles = vec![Tile {
        name: "Recipients flagged",
        class: "all",
        number: number(total),
        share: String::new(),
        change: change(total, total_before),
        link: shown.events(shown.from, shown.to, &[]),
    }];
    for outcome in Outcome::ALL {
        let of = |action: &str| Outcome::of(action) == outcome;
        let n: i64 = counts.iter().filter(|count| of(&count.action)).map(|count| count.n).sum();
        let n_before: i64 = before.iter().filter(|(action, _)| of(action)).map(|(_, n)| n).sum();
        // Outcomes that this organisation never has, or that the filter excludes, are left out.
        let is_noise = n_before == 0 && outcome.is_rare() || !shown.query.action.is_empty();
        if n == 0 && is_noise {
            continue;
        }
        let code = if shown.query.action.is_empty() { outcome.code() } else { &shown.query.action };
        tiles.push(Tile {
            name: outcome.name(),
            class: outcome.class(),
            number: number(n),
            share: if total > 0 { share(n, total) } else { String::new() },
            change: change(n, n_before),
            link: shown.events(shown.from, shown.to, &[("action", code)]),
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

/// The comparison with the period before, in words.
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

fn chart(shown: &Shown<'_>, counts: &[Counts], step: i64) -> Chart {
    let (from, to) = (shown.from, shown.to);
    let step = if step == DAY && to - from >= WEEKLY_FROM * DAY { 7 * DAY } else { step };
    let columns = usize::try_from((to - from + step - 1) / step).unwrap_or_default();
    // The chart counts weeks back from the end, so that the last one is whole.
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
    let times: Vec<Moment> = (0..columns).map(|index| Moment(start(index))).collect();
    let unit = if step < DAY { Unit::Hour } else { Unit::Day };
    Chart::new(&times, series, unit, |time| shown.events(time.0, time.0 + step, &[]))
}

fn breakdown(
    name: &'static str,
    shown: &Shown<'_>,
    member: &'static str,
    counts: Vec<(String, i64)>,
    label: impl Fn(&str) -> String,
) -> Breakdown {
    let most = counts.iter().map(|(_, n)| *n).max().unwrap_or_default();
    let rows = counts.into_iter().take(14).map(|(code, n)| CountRow {
        name: label(&code),
        number: number(n),
        bar: Bar::new(n, most),
        link: shown.with((member, &code)),
    });
    Breakdown { name, rows: rows.collect() }
}

/// Domains are counted whatever the mail client, the outcome, the verdict and the reason. The time
/// when a domain was first seen is known only for the whole organisation, so only somebody who sees
/// all of it (`sees_all`) gets that time.
fn top(
    shown: &Shown<'_>,
    sees_all: bool,
    domains: Vec<DomainCount>,
    (from, to): (i64, i64),
) -> Vec<TopDomain> {
    const WHATEVER: [(&str, &str); 3] = [("host", ""), ("severity", ""), ("reason", "")];
    let most = domains.iter().map(|domain| domain.n).max().unwrap_or_default();
    let days = Shown { query: shown.query, period: shown.period, from, to };
    let link = |domain: &str, action: &'static str| {
        let mut changed = WHATEVER.to_vec();
        changed.extend([("action", action), ("domain", domain)]);
        days.events(from, to, &changed)
    };
    let rows = domains.into_iter().map(|domain| TopDomain {
        number: number(domain.n),
        sent: number(domain.sent),
        links: [link(&domain.domain, ""), link(&domain.domain, labels::SENT)],
        bar: Bar::new(domain.n, most),
        first_seen: domain.first_seen.filter(|_| sees_all).map(Moment),
        is_new: sees_all && domain.first_seen.is_some_and(|seen| seen >= from),
        domain: domain.domain,
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chart_of_a_year_has_weekly_columns_and_the_last_is_a_whole_week() {
        let to = 20_000 * DAY;
        let count = |start, n| Counts { start, action: "fixed".to_owned(), n };
        let counts = [count(to - DAY, 1), count(to - 7 * DAY, 2), count(to - 8 * DAY, 4)];
        let query = Selection::default();
        let shown = Shown { query: &query, period: Period::Last(365), from: to - 365 * DAY, to };
        let chart = chart(&shown, &counts, DAY);
        let values = &chart.series()[0].values;
        assert_eq!(values.len(), 53);
        assert_eq!(values[51..], [4, 3]);
        // A column links to the events that it counts, but to none before the period.
        let last = &chart.columns()[52].link;
        assert_eq!(last, "/admin/events?from=2024-09-27&to=2024-10-03");
        assert!(
            chart.columns()[0].link.ends_with("from=2023-10-05&to=2023-10-05"),
            "{:?}",
            chart.columns()[0]
        );
    }

    #[test]
    fn shares_and_changes_are_written_for_people() {
        assert_eq!(share(1, 3), "33 %");
        assert_eq!(share(1, 30), "3.3 %");
        assert_eq!(share(0, 30), "0 %");
        assert_eq!(change(150, 100), "50 % more than before");
        assert_eq!(change(50, 100), "50 % fewer than before");
        assert_eq!(change(100, 100), "as before");
        assert_eq!(change(1, 0), "");
    }
}
