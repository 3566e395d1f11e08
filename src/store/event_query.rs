//! Looking for events by their members, the newest first, page by page.

use std::fmt;
use std::str::FromStr;

use sqlx::{AssertSqlSafe, FromRow, Row, any::AnyRow};

use super::{Action, Host, Millis, Store, StoreError};
use crate::Severity;

/// Which events: those to which everything applies that is given.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct EventFilter {
    /// Decided at this time or later.
    pub from: Option<Millis>,
    /// Decided before this time.
    pub to: Option<Millis>,
    /// Of this group.
    pub group: Option<String>,
    /// Sent by this client, by its id.
    pub client: Option<String>,
    /// Of this mail client.
    pub host: Option<Host>,
    /// With this outcome.
    pub action: Option<Action>,
    /// With this verdict.
    pub severity: Option<Severity>,
    /// With this reason among others.
    pub reason: Option<String>,
    /// For exactly this domain, in ASCII.
    pub domain: Option<String>,
    /// For exactly this address.
    pub address: Option<String>,
    /// Of this message.
    pub message: Option<String>,
}

/// Where the next page begins: after this event.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EventCursor {
    /// The event's time.
    pub time: Millis,
    /// The event's id.
    pub id: String,
}

/// An event as it was stored. All texts are a client's: hostile.
#[derive(Clone, Debug, Eq, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredEvent {
    /// UUID.
    pub id: String,
    /// UUID of the message.
    pub message: String,
    /// When the sender decided.
    pub time: Millis,
    /// When the server got it.
    pub received: Millis,
    /// The group of the client.
    pub group: String,
    /// The client that sent it; nothing for events of earlier releases.
    pub client: Option<String>,
    /// `thunderbird`, `outlook` or `gateway`.
    pub host: String,
    /// The add-in's version.
    pub client_version: String,
    /// The policy in force.
    pub policy_id: String,
    /// And its version.
    pub policy_version: i64,
    /// What the sender did.
    pub action: String,
    /// The verdict.
    pub severity: String,
    /// Why.
    pub reasons: Vec<String>,
    /// What else in the message made the verdict graver.
    pub raised_by: Vec<String>,
    /// The recipient's domain.
    pub domain: Option<String>,
    /// The recipient's address.
    pub address: Option<String>,
    /// What the sender typed as the reason.
    pub justification: Option<String>,
}

/// Some events, and where the next ones begin.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct EventPage {
    /// The newest first.
    pub events: Vec<StoredEvent>,
    /// `None` after the last page.
    pub next: Option<EventCursor>,
}

impl<'r> FromRow<'r, AnyRow> for StoredEvent {
    fn from_row(row: &'r AnyRow) -> Result<Self, sqlx::Error> {
        let reasons: String = row.try_get("reasons")?;
        let raised_by: Option<String> = row.try_get("raised_by")?;
        let list = |text: &str| {
            serde_json::from_str(text).map_err(|error| sqlx::Error::Decode(Box::new(error)))
        };
        Ok(Self {
            id: row.try_get("id")?,
            message: row.try_get("message")?,
            time: row.try_get("time")?,
            received: row.try_get("received")?,
            group: row.try_get("group_id")?,
            client: row.try_get("client")?,
            host: row.try_get("host")?,
            client_version: row.try_get("client_version")?,
            policy_id: row.try_get("policy_id")?,
            policy_version: row.try_get("policy_version")?,
            action: row.try_get("action")?,
            severity: row.try_get("severity")?,
            reasons: list(&reasons)?,
            raised_by: raised_by.as_deref().map_or(Ok(Vec::new()), list)?,
            domain: row.try_get("domain")?,
            address: row.try_get("address")?,
            justification: row.try_get("justification")?,
        })
    }
}

impl Store {
    /// The events that `filter` names, the newest first: at most `limit` of them, after `cursor`.
    ///
    /// # Errors
    ///
    /// Where the database doesn't answer, or takes longer than a minute.
    pub async fn events(
        &self,
        filter: &EventFilter,
        cursor: Option<&EventCursor>,
        limit: u16,
    ) -> Result<EventPage, StoreError> {
        let mut search = Search::default();
        search.filter(filter);
        if let Some(EventCursor { time, id }) = cursor {
            let time = search.bind(Value::Number(*time));
            let id = search.bind(Value::Text(id.clone()));
            search.conditions.push(format!("(time, id) < ({time}, {id})"));
        }
        // One more shows whether there is another page.
        let limit = usize::from(limit);
        let sql = format!(
            "SELECT id, message, time, received, group_id, client, host, client_version, policy_id, policy_version,
                 action, severity, reasons, raised_by, domain, address, justification
             FROM events{} ORDER BY time DESC, id DESC LIMIT {}",
            search.clause(),
            limit + 1
        );
        // All that comes from outside is bound.
        let mut query = sqlx::query_as(AssertSqlSafe(sql));
        for value in search.values {
            query = match value {
                Value::Number(number) => query.bind(number),
                Value::Text(text) => query.bind(text),
            };
        }
        let mut events: Vec<StoredEvent> = query.fetch_all(self.reader()).await?;
        let has_more = events.len() > limit;
        events.truncate(limit);
        let last = events.last().filter(|_| has_more);
        let next = last.map(|event| EventCursor { time: event.time, id: event.id.clone() });
        Ok(EventPage { events, next })
    }

    /// One event.
    ///
    /// # Errors
    ///
    /// [`StoreError::Missing`] where there is none with that id.
    pub async fn event(&self, id: &str) -> Result<StoredEvent, StoreError> {
        let sql =
            "SELECT id, message, time, received, group_id, client, host, client_version, policy_id,
                       policy_version, action, severity, reasons, raised_by, domain, address, justification
                   FROM events WHERE id = $1";
        let event = sqlx::query_as(sql).bind(id).fetch_optional(self.reader()).await?;
        event.ok_or_else(|| StoreError::Missing(format!("there is no event `{id}`")))
    }
}

enum Value {
    Number(i64),
    Text(String),
}

/// Conditions with the values that they are about.
#[derive(Default)]
struct Search {
    conditions: Vec<String>,
    values: Vec<Value>,
}

impl Search {
    fn bind(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }

    fn text(&mut self, column: &str, value: Option<&str>) {
        if let Some(value) = value {
            let place = self.bind(Value::Text(value.to_owned()));
            self.conditions.push(format!("{column} = {place}"));
        }
    }

    fn filter(&mut self, filter: &EventFilter) {
        for (operator, time) in [(">=", filter.from), ("<", filter.to)] {
            if let Some(time) = time {
                let place = self.bind(Value::Number(time));
                self.conditions.push(format!("time {operator} {place}"));
            }
        }
        self.text("group_id", filter.group.as_deref());
        self.text("client", filter.client.as_deref());
        self.text("host", filter.host.map(Host::as_str));
        self.text("action", filter.action.map(Action::as_str));
        self.text("severity", filter.severity.map(Severity::as_str));
        self.text("domain", filter.domain.as_deref());
        self.text("address", filter.address.as_deref());
        self.text("message", filter.message.as_deref());
        if let Some(reason) = &filter.reason {
            // A code has letters and `-` only; anything else is in no event.
            let is_code = reason.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
            let pattern = if is_code { format!("%\"{reason}\"%") } else { String::new() };
            let place = self.bind(Value::Text(pattern));
            self.conditions.push(format!("reasons LIKE {place}"));
        }
    }

    fn clause(&self) -> String {
        if self.conditions.is_empty() {
            return String::new();
        }
        format!(" WHERE {}", self.conditions.join(" AND "))
    }
}

impl fmt::Display for EventCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.time, self.id)
    }
}

impl FromStr for EventCursor {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once('_').and_then(|(time, id)| Some((time.parse().ok()?, id)));
        match parts {
            Some((time, id)) if uuid::Uuid::try_parse(id).is_ok() => {
                Ok(Self { time, id: id.to_owned() })
            }
            _ => Err(StoreError::Invalid("not a place between two events".to_owned())),
        }
    }
}
