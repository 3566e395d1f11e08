//! The filters of the overview, and the addresses of pages with the same filters.

use serde::Deserialize;

use crate::Severity;
use crate::server::admin::shared::{
    labels,
    period::{Asked, Period},
    query,
    time::{DAY, Moment},
};
use crate::store::{CountFilter, Host, Scope};

/// The filters in the address of the page.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Selection {
    #[serde(default)]
    pub(super) days: String,
    /// The value of `days` when the form was shown.
    #[serde(default)]
    pub(super) was: String,
    #[serde(default)]
    pub(super) from: String,
    #[serde(default)]
    pub(super) to: String,
    #[serde(default)]
    pub(super) group: String,
    #[serde(default)]
    pub(super) host: String,
    #[serde(default)]
    pub(super) action: String,
    #[serde(default)]
    pub(super) severity: String,
    #[serde(default)]
    pub(super) reason: String,
}

impl Selection {
    pub(super) fn period(&self, now: i64) -> Result<Period, String> {
        let Self { days, was, from, to, .. } = self;
        Period::read(Asked { days, was, from: from.trim(), to: to.trim() }, now)
    }

    pub(super) fn filter(&self, scope: &Scope, from: i64, to: i64) -> CountFilter {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        CountFilter {
            from,
            to,
            group: scope.narrow(text(&self.group)),
            host: labels::parse(&Host::ALL, Host::as_str, &self.host),
            actions: labels::actions(&self.action),
            severity: labels::parse(&Severity::ALL, Severity::as_str, &self.severity),
            reason: text(&self.reason),
        }
    }

    pub(super) fn filters(&self) -> [(&'static str, &str); 5] {
        [
            ("group", &self.group),
            ("host", &self.host),
            ("action", &self.action),
            ("severity", &self.severity),
            ("reason", &self.reason),
        ]
    }
}

/// The filters, from which the links of the page are made.
pub(super) struct Shown<'a> {
    pub(super) query: &'a Selection,
    pub(super) period: Period,
    pub(super) from: i64,
    pub(super) to: i64,
}

impl Shown<'_> {
    /// This page with one filter changed.
    pub(super) fn with(&self, changed: (&'static str, &str)) -> String {
        let period = self.period.members();
        let period = period.iter().map(|(name, value)| (*name, value.as_str()));
        let filters = self.query.filters();
        let filters = filters.map(|it| if it.0 == changed.0 { changed } else { it });
        format!("/admin?{}", query::encode(&period.chain(filters).collect::<Vec<_>>()))
    }

    /// The address of the events in a part of the period; `changes` replaces or adds filters.
    pub(super) fn events(&self, from: i64, to: i64, changed: &[(&'static str, &str)]) -> String {
        let from = Moment(from.max(self.from)).day_or_minute();
        // A period that is given in days includes its last day.
        let to = Moment(if to.rem_euclid(DAY) == 0 { to - DAY } else { to }).day_or_minute();
        let mut members = vec![("from", from.as_str()), ("to", to.as_str())];
        let kept = self.query.filters();
        let is_kept = |it: &&(&str, &str)| changed.iter().all(|(name, _)| *name != it.0);
        members.extend(kept.iter().filter(is_kept));
        members.extend(changed);
        format!("/admin/events?{}", query::encode(&members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::admin::shared::time::HOUR;

    #[test]
    fn the_link_of_an_hour_leads_to_its_events() {
        let query = Selection {
            group: "navy".to_owned(),
            action: "fixed".to_owned(),
            ..Selection::default()
        };
        let shown = Shown {
            query: &query,
            period: Period::Last(365),
            from: DAY + HOUR,
            to: 2 * DAY + HOUR,
        };
        let link = shown.events(DAY + HOUR, DAY + 2 * HOUR, &[("action", "corrected")]);
        assert_eq!(
            link,
            "/admin/events?from=1970-01-02T01%3A00&to=1970-01-02T02%3A00&group=navy&action=corrected"
        );
        assert!(shown.events(2 * DAY - HOUR, 2 * DAY, &[]).contains("to=1970-01-02&"));
        assert_eq!(shown.with(("action", "")), "/admin?days=365&group=navy");
    }
}
