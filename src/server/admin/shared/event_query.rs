//! The filters and the order of events, as the address of a page or of an export has them.

use serde::Deserialize;

use super::{labels, query, time::period};
use crate::Severity;
use crate::domain::canonicalize;
use crate::store::{EventFilter, EventOrder, Host, Scope};

/// The filters in the address of the page. A period has whole days in UTC, or minutes.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct EventQuery {
    #[serde(default)]
    pub(crate) from: String,
    #[serde(default)]
    pub(crate) to: String,
    #[serde(default)]
    pub(crate) group: String,
    #[serde(default)]
    pub(crate) host: String,
    #[serde(default)]
    pub(crate) action: String,
    #[serde(default)]
    pub(crate) severity: String,
    #[serde(default)]
    pub(crate) reason: String,
    /// A part of the domain or of the address.
    #[serde(default)]
    pub(crate) q: String,
    #[serde(default)]
    pub(crate) domain: String,
    #[serde(default)]
    pub(crate) address: String,
    #[serde(default)]
    pub(crate) message: String,
    #[serde(default)]
    pub(crate) client: String,
    /// `oldest` lists the oldest events first.
    #[serde(default)]
    pub(crate) sort: String,
    #[serde(default)]
    pub(crate) after: String,
}

impl EventQuery {
    /// The filter of the store, for somebody who sees the groups of `scope`.
    ///
    /// # Errors
    ///
    /// A sentence that names the invalid filter. If the server ignored it, a person could take
    /// unfiltered events for the filtered ones.
    pub(crate) fn filter(&self, scope: &Scope) -> Result<EventFilter, String> {
        let text = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let known = |what: &str, given: &str, found: bool| {
            if given.is_empty() || found {
                Ok(())
            } else {
                Err(format!("The server knows no such {what}."))
            }
        };
        let host = labels::parse(&Host::ALL, Host::as_str, &self.host);
        let actions = labels::actions(&self.action);
        let severity = labels::parse(&Severity::ALL, Severity::as_str, &self.severity);
        known("mail client", &self.host, host.is_some())?;
        known("outcome", &self.action, !actions.is_empty())?;
        known("severity", &self.severity, severity.is_some())?;
        let order = match &*self.sort {
            "" => EventOrder::NewestFirst,
            "oldest" => EventOrder::OldestFirst,
            _ => return Err("The server knows no such order.".to_owned()),
        };
        let (from, to) = period(&self.from, &self.to)?;
        Ok(EventFilter {
            from,
            to,
            group: scope.narrow(text(&self.group)),
            client: text(&self.client),
            host,
            actions,
            severity,
            reason: text(&self.reason),
            domain: text(&self.domain).map(canonical),
            address: text(&self.address),
            part: text(&self.q),
            message: text(&self.message),
            order,
        })
    }

    /// The whole address in the search, if it is one.
    pub(crate) fn whole_address(&self) -> &str {
        let is_whole = |text: &str| {
            text.rsplit_once('@')
                .is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.'))
        };
        [self.address.trim(), self.q.trim()]
            .into_iter()
            .find(|text| is_whole(text))
            .unwrap_or_default()
    }

    pub(crate) fn members(&self) -> [(&'static str, &str); 13] {
        [
            ("from", &self.from),
            ("to", &self.to),
            ("group", &self.group),
            ("host", &self.host),
            ("action", &self.action),
            ("severity", &self.severity),
            ("reason", &self.reason),
            ("q", &self.q),
            ("domain", &self.domain),
            ("address", &self.address),
            ("message", &self.message),
            ("client", &self.client),
            ("sort", &self.sort),
        ]
    }

    /// The filter for the audit log, without an address or a part of one.
    pub(crate) fn for_audit(&self) -> String {
        let shown = |(name, value): (&'static str, &str)| match name {
            "address" | "q" if !value.is_empty() => (name, "one".to_owned()),
            _ => (name, value.to_owned()),
        };
        let members = self.members().map(shown);
        query::encode(&members.each_ref().map(|(name, value)| (*name, value.as_str())))
    }

    /// The filter as the address of an export.
    pub(crate) fn encode(&self) -> String {
        query::encode(&self.members())
    }

    /// The address of the list with some members replaced. It begins at the first page unless `after` is one of them.
    pub(crate) fn with(&self, changed: &[(&'static str, &str)]) -> String {
        format!("/admin/events?{}", query::encode_with(&self.members(), changed))
    }
}

/// A domain in the form that events have.
pub(crate) fn canonical(domain: String) -> String {
    canonicalize(&domain).map_or(domain, |canonical| canonical.ascii)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_in_a_filter_is_a_whole_day_in_utc() {
        let query = EventQuery {
            from: "2026-11-25".to_owned(),
            to: "2026-11-25".to_owned(),
            ..EventQuery::default()
        };
        let filter = query.filter(&Scope::EVERYTHING).unwrap();
        assert_eq!(filter.from, Some(1_795_564_800_000));
        assert_eq!(filter.to.unwrap() - filter.from.unwrap(), 86_400_000);
    }

    #[test]
    fn an_invalid_filter_is_explained() {
        let query = |change: fn(&mut EventQuery)| {
            let mut query = EventQuery::default();
            change(&mut query);
            query.filter(&Scope::EVERYTHING)
        };
        assert!(query(|query| query.from = "25.11.2026".to_owned()).is_err());
        assert!(query(|query| query.to = "2026-13-01".to_owned()).is_err());
        assert!(query(|query| query.host = "pine".to_owned()).is_err());
        assert!(query(|query| query.action = "lost".to_owned()).is_err());
        assert!(query(|query| query.severity = "high".to_owned()).is_err());
        assert!(query(|query| query.sort = "address".to_owned()).is_err());
        let turned = |query: &mut EventQuery| {
            query.from = "2026-11-26".to_owned();
            query.to = "2026-11-25".to_owned();
        };
        assert!(query(turned).is_err());
        let found = query(|query| query.domain = " Аrmy.MIL ".to_owned()).unwrap();
        assert_eq!(found.domain.as_deref(), Some("xn--rmy-5cd.mil"));
    }

    #[test]
    fn no_part_of_an_address_reaches_the_audit_log() {
        let query = EventQuery {
            q: "smith".to_owned(),
            address: "bob@army.ml".to_owned(),
            domain: "army.ml".to_owned(),
            ..EventQuery::default()
        };
        assert_eq!(query.for_audit(), "q=one&domain=army.ml&address=one");
    }

    #[test]
    fn a_whole_address_has_a_local_part_and_a_domain_with_a_dot() {
        for (typed, whole) in
            [("bob@army.ml", true), ("bob@army", false), ("@army.ml", false), ("army.ml", false)]
        {
            let query = EventQuery { q: typed.to_owned(), ..EventQuery::default() };
            assert_eq!(query.whole_address() == typed, whole, "{typed}");
        }
    }

    #[test]
    fn a_link_keeps_the_other_filters() {
        let query = EventQuery {
            q: "army".to_owned(),
            action: "fixed".to_owned(),
            ..EventQuery::default()
        };
        assert_eq!(
            query.with(&[("sort", "oldest")]),
            "/admin/events?action=fixed&q=army&sort=oldest"
        );
        assert_eq!(query.with(&[("action", "")]), "/admin/events?q=army");
    }
}
