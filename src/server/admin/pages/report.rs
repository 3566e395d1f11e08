//! The report of a week or a quarter, as the server mails it, to read and to print.

use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;

use crate::alert::report::{Look, Period, Report, Wanted};
use crate::server::admin::{
    auth::visitor::Signed,
    shared::{
        choice::Choice,
        error::AdminError,
        page::{Page, html},
    },
    state::Admin,
};

const SECTION: &str = "/admin/report";

/// The number of weeks and of quarters to choose from.
const WEEKS: usize = 14;
const QUARTERS: usize = 9;

#[derive(Template)]
#[template(path = "report.html")]
struct ReportPage {
    page: Page,
    periods: Vec<Choice>,
    report: Report,
    look: Look,
}

#[derive(Deserialize)]
pub(crate) struct Chosen {
    #[serde(default)]
    period: String,
}

/// Shows the page, for last week if the request names no period.
pub(crate) async fn show(
    State(admin): State<Admin>,
    signed: Signed,
    Query(chosen): Query<Chosen>,
) -> Result<Response, AdminError> {
    let now = admin.app().options.clock.now();
    let period = match &*chosen.period {
        "" => Period::week_of(now).before(),
        text => Period::parse(text).ok_or_else(|| {
            let text = "The report has no such period. Choose a week or a quarter.";
            AdminError::bad_request(text).on(signed.page(SECTION, "Report"))
        })?,
    };
    let page = signed.page(SECTION, format!("Report: {}", period.name()));
    let budget = admin.app().teller.alerts().reporting.budget;
    // The page says whether made-up events are included, as other pages do.
    let wanted = Wanted { period, now, with_demo: page.demo, budget };
    let report = Report::make(admin.store(), &wanted).await?;
    let periods = periods(now, period);
    Ok(html(StatusCode::OK, &ReportPage { page, periods, report, look: Look::Page }))
}

/// The latest weeks and quarters, and the chosen one.
fn periods(now: i64, chosen: Period) -> Vec<Choice> {
    let back = |first: Period, count: usize| {
        std::iter::successors(Some(first), |period| Some(period.before())).take(count)
    };
    let mut all: Vec<Period> = back(Period::week_of(now), WEEKS).collect();
    all.extend(back(Period::quarter_of(now), QUARTERS));
    if !all.contains(&chosen) {
        all.push(chosen);
    }
    let choice = |period: Period| Choice {
        value: period.key(),
        name: period.name(),
        chosen: period == chosen,
    };
    all.into_iter().map(choice).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::report::OUTCOMES;
    use crate::server::admin::shared::labels::Outcome;

    #[test]
    fn a_report_names_outcomes_as_the_other_pages_do() {
        for (name, actions) in OUTCOMES {
            for action in actions {
                assert_eq!(Outcome::of(action).name(), name, "{action}");
            }
        }
    }

    #[test]
    fn the_chosen_period_is_always_offered() {
        let now = 1_795_600_000_000;
        let old = Period::parse("2020-Q1").expect("a quarter");
        let all = periods(now, old);
        assert_eq!(all.len(), WEEKS + QUARTERS + 1);
        assert!(all.last().is_some_and(|last| last.chosen && last.value == "2020-Q1"));
        let week = Period::week_of(now).before();
        assert_eq!(periods(now, week).iter().filter(|choice| choice.chosen).count(), 1);
    }
}
