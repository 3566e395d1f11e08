//! Which events are looked for, as the address of a page or of an export says it.

use serde::Deserialize;

use super::{
    labels, query,
    time::{DAY, day},
};
use crate::Severity;
use crate::domain::canonicalize;
use crate::store::{Action, EventFilter, Host};

/// What is looked for, as the address of the page says it. Days are in UTC and whole.
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
    #[serde(default)]
    pub(crate) domain: String,
    #[serde(default)]
    pub(crate) address: String,
    #[serde(default)]
    pub(crate) message: String,
    #[serde(default)]
    pub(crate) client: String,
    #[serde(default)]
    pub(crate) after: String,
}

impl EventQuery {
    /// The filter of the store.
    ///
    /// # Errors
    ///
    /// Names an invalid filter, so that nobody takes the answer to another question for theirs.
    pub(crate) fn filter(&self) -> Result<EventFilter, String> {
        let text = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let known = |what: &str, given: &str, found: bool| {
            if given.is_empty() || found {
                Ok(())
            } else {
                Err(format!("The server knows no such {what}."))
            }
        };
        let host = labels::parse(&Host::ALL, Host::as_str, &self.host);
        let action = labels::parse(&Action::ALL, Action::as_str, &self.action);
        let severity = labels::parse(&Severity::ALL, Severity::as_str, &self.severity);
        known("mail client", &self.host, host.is_some())?;
        known("outcome", &self.action, action.is_some())?;
        known("severity", &self.severity, severity.is_some())?;
        Ok(EventFilter {
            from: day(&self.from)?,
            to: day(&self.to)?.map(|day| day + DAY),
            group: text(&self.group),
            client: text(&self.client),
            host,
            action,
            severity,
            reason: text(&self.reason),
            domain: text(&self.domain).map(canonical),
            address: text(&self.address),
            message: text(&self.message),
        })
    }

    pub(crate) fn members(&self) -> [(&'static str, &str); 11] {
        [
            ("from", &self.from),
            ("to", &self.to),
            ("group", &self.group),
            ("host", &self.host),
            ("action", &self.action),
            ("severity", &self.severity),
            ("reason", &self.reason),
            ("domain", &self.domain),
            ("address", &self.address),
            ("message", &self.message),
            ("client", &self.client),
        ]
    }

    /// The filter as the audit log notes it, without the address of a person.
    pub(crate) fn for_audit(&self) -> String {
        let shown = |(name, value): (&'static str, &str)| match name {
            "address" if !value.is_empty() => (name, "one".to_owned()),
            _ => (name, value.to_owned()),
        };
        let members = self.members().map(shown);
        query::encode(&members.each_ref().map(|(name, value)| (*name, value.as_str())))
    }

    /// The filter as the address of an export.
    pub(crate) fn encode(&self) -> String {
        query::encode(&self.members())
    }
}

/// A domain as events have it.
pub(crate) fn canonical(domain: String) -> String {
    canonicalize(&domain).map_or(domain, |canonical| canonical.ascii)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_whole_and_in_utc() {
        let query = EventQuery {
            from: "2026-11-25".to_owned(),
            to: "2026-11-25".to_owned(),
            ..EventQuery::default()
        };
        let filter = query.filter().unwrap();
        assert_eq!(filter.from, Some(1_795_564_800_000));
        assert_eq!(filter.to.unwrap() - filter.from.unwrap(), DAY);
    }

    #[test]
    fn an_invalid_filter_is_explained() {
        let query = |change: fn(&mut EventQuery)| {
            let mut query = EventQuery::default();
            change(&mut query);
            query.filter()
        };
        assert!(query(|query| query.from = "25.11.2026".to_owned()).is_err());
        assert!(query(|query| query.to = "2026-13-01".to_owned()).is_err());
        assert!(query(|query| query.host = "pine".to_owned()).is_err());
        assert!(query(|query| query.action = "sent".to_owned()).is_err());
        assert!(query(|query| query.severity = "high".to_owned()).is_err());
        let found = query(|query| query.domain = " Аrmy.MIL ".to_owned()).unwrap();
        assert_eq!(found.domain.as_deref(), Some("xn--rmy-5cd.mil"));
    }
}
