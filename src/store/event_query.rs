//! Finds events by their members, in the order of time, page by page.

use std::fmt;
use std::str::FromStr;

use sqlx::{AssertSqlSafe, FromRow, Row, any::AnyRow};

use super::search::{Conditions, Matches, Value, among_many};
use super::{Action, CountFilter, Host, Millis, Store, StoreError};
use crate::Severity;

/// The columns that are read of an event.
pub(super) const COLUMNS: &str = "id, message, time, received, group_id, client, host, client_version, policy_id, \
    policy_version, action, severity, reasons, raised_by, domain, address, justification";

/// A filter for events. An event matches if it has all values that are set.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct EventFilter {
    /// Decisions at this time or later.
    pub from: Option<Millis>,
    /// Decisions before this time.
    pub to: Option<Millis>,
    /// Events of this group, and of the groups below it.
    pub group: Option<String>,
    /// Events of this client, by its id.
    pub client: Option<String>,
    /// Events of this mail client.
    pub host: Option<Host>,
    /// Events with one of these outcomes; all outcomes if empty.
    pub actions: Vec<Action>,
    /// Events with this verdict.
    pub severity: Option<Severity>,
    /// Events with this reason, perhaps among others.
    pub reason: Option<String>,
    /// Events for exactly this domain, in ASCII.
    pub domain: Option<String>,
    /// Events for exactly this address.
    pub address: Option<String>,
    /// Events with this part in the domain or the address, in any mixture of upper and lower case.
    pub part: Option<String>,
    /// Events of this message.
    pub message: Option<String>,
    /// The order.
    pub order: EventOrder,
}

/// The order of events.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum EventOrder {
    /// The latest decisions come first.
    #[default]
    NewestFirst,
    /// The earliest decisions come first.
    OldestFirst,
}

/// The beginning of the next page: after this event.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EventCursor {
    /// The event's time.
    pub time: Millis,
    /// The event's id.
    pub id: String,
}

/// A stored event. All texts come from a client and are hostile.
#[derive(Clone, Debug, Eq, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredEvent {
    /// UUID.
    pub id: String,
    /// UUID of the message.
    pub message: String,
    /// When the sender decided.
    pub time: Millis,
    /// When the server received the event.
    pub received: Millis,
    /// The group of the client.
    pub group: String,
    /// The client that sent the event; `None` for events of earlier releases.
    pub client: Option<String>,
    /// `thunderbird`, `outlook` or `gateway`.
    pub host: String,
    /// The add-in's version.
    pub client_version: String,
    /// The policy in force.
    pub policy_id: String,
    /// The version of that policy.
    pub policy_version: i64,
    /// What the sender did.
    pub action: String,
    /// The verdict.
    pub severity: String,
    /// The reasons for the verdict.
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

/// A page of events, and the beginning of the next one.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct EventPage {
    /// The events, in the order of the query.
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

impl EventFilter {
    /// The part of the filter that counts distinguish, between two times.
    pub(super) fn counted(&self, from: Option<Millis>, to: Option<Millis>) -> CountFilter {
        CountFilter {
            from: from.unwrap_or(Millis::MIN),
            to: to.unwrap_or(Millis::MAX),
            group: self.group.clone(),
            host: self.host,
            actions: self.actions.clone(),
            severity: self.severity,
            reason: self.reason.clone(),
        }
    }
}

impl Store {
    /// The events that `filter` names, in its order: at most `limit` of them, after `cursor`.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer, or takes longer than a minute.
    pub async fn events(
        &self,
        filter: &EventFilter,
        cursor: Option<&EventCursor>,
        limit: u16,
    ) -> Result<EventPage, StoreError> {
        let matches = self.matches_of(filter.part.as_deref()).await?;
        self.page(filter, matches.as_ref(), cursor, limit).await
    }

    /// A page of events, where the recipients that contain the filter's part are known.
    pub(super) async fn page(
        &self,
        filter: &EventFilter,
        matches: Option<&Matches>,
        cursor: Option<&EventCursor>,
        limit: u16,
    ) -> Result<EventPage, StoreError> {
        let mut conditions = self.event_conditions(filter).await?;
        if let Some(EventCursor { time, id }) = cursor {
            let time = conditions.bind(Value::Number(*time));
            let id = conditions.bind(Value::Text(id.clone()));
            let operator = match filter.order {
                EventOrder::NewestFirst => "<",
                EventOrder::OldestFirst => ">",
            };
            conditions.push(format!("(time, id) {operator} ({time}, {id})"));
        }
        // One event more shows whether there is another page.
        let wanted = usize::from(limit) + 1;
        let mut events: Vec<StoredEvent> = Vec::new();
        for period in self.periods(filter, cursor, wanted).await? {
            let mut conditions = conditions.clone();
            conditions.within("time", period.from, period.to);
            let left = wanted - events.len();
            let Some(sql) = select(filter, matches, &mut conditions, COLUMNS, left) else { break };
            // Every value from outside is bound. The query is prepared anew: a plan made for other values may read the whole table.
            let query = sqlx::query_as_with(AssertSqlSafe(sql), conditions.arguments()?);
            let found: Vec<StoredEvent> = query.persistent(false).fetch_all(self.reader()).await?;
            events.extend(found);
            if events.len() >= wanted {
                break;
            }
        }
        let has_more = events.len() >= wanted;
        events.truncate(usize::from(limit));
        let last = events.last().filter(|_| has_more);
        let next = last.map(|event| EventCursor { time: event.time, id: event.id.clone() });
        Ok(EventPage { events, next })
    }

    /// The conditions of a filter, except for the part of a text.
    pub(super) async fn event_conditions(
        &self,
        filter: &EventFilter,
    ) -> Result<Conditions, StoreError> {
        let mut conditions = Conditions::default();
        conditions.within("time", filter.from, filter.to);
        if let Some(group) = &filter.group {
            conditions.is_one_of("group_id", &self.with_below(group).await?);
        }
        conditions.is("client", filter.client.as_deref());
        conditions.is("host", filter.host.map(Host::as_str));
        let actions: Vec<&str> = filter.actions.iter().map(|action| action.as_str()).collect();
        conditions.is_one_of("action", &actions);
        conditions.is("severity", filter.severity.map(Severity::as_str));
        conditions.is("domain", filter.domain.as_deref());
        conditions.is("address", filter.address.as_deref());
        conditions.is("message", filter.message.as_deref());
        if let Some(reason) = &filter.reason {
            // A code has only letters and `-`; no event has any other text there.
            let is_code = reason.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
            let pattern = if is_code { format!("%\"{reason}\"%") } else { String::new() };
            let place = conditions.bind(Value::Text(pattern));
            conditions.push(format!("reasons LIKE {place}"));
        }
        Ok(conditions)
    }

    /// Reads one event.
    ///
    /// # Errors
    ///
    /// [`StoreError::Missing`] if no event has that id.
    pub async fn event(&self, id: &str) -> Result<StoredEvent, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM events WHERE id = $1");
        let event =
            sqlx::query_as(AssertSqlSafe(sql)).bind(id).fetch_optional(self.reader()).await?;
        event.ok_or_else(|| StoreError::Missing(format!("there is no event `{id}`")))
    }
}

/// The statement that reads `columns`, with `time` and `id` among them, of the first `limit` events; `None` if
/// no recipient has the part that `filter` names.
///
/// If few recipients have this part, the statement has a branch for each recipient: the branch
/// reads an index that has the recipient's events in the order of time, and stops after `limit`,
/// however many there are.
pub(super) fn select(
    filter: &EventFilter,
    matches: Option<&Matches>,
    conditions: &mut Conditions,
    columns: &str,
    limit: usize,
) -> Option<String> {
    let order = match filter.order {
        EventOrder::NewestFirst => "ORDER BY time DESC, id DESC",
        EventOrder::OldestFirst => "ORDER BY time, id",
    };
    let end = format!("{order} LIMIT {limit}");
    let (domains, addresses) = match matches {
        Some(Matches::Few { domains, addresses }) => (domains, addresses),
        Some(Matches::Many(part)) => {
            let condition = among_many(part, conditions);
            conditions.push(condition);
            let clause = conditions.clause();
            return Some(format!("SELECT {columns} FROM events WHERE {clause} {end}"));
        }
        None => {
            let clause = conditions.clause();
            return Some(format!("SELECT {columns} FROM events WHERE {clause} {end}"));
        }
    };
    let clause = conditions.clause();
    let named = domains.iter().map(|domain| ("domain", domain));
    let named = named.chain(addresses.iter().map(|address| ("address", address)));
    let branches: Vec<String> = named
        .map(|(column, name)| {
            let place = conditions.bind(Value::Text(name.clone()));
            format!(
                "SELECT * FROM (SELECT {columns} FROM events WHERE {column} = {place} AND {clause} {end}) AS branch"
            )
        })
        .collect();
    if branches.is_empty() {
        return None;
    }
    // An event whose domain and address both match is one row.
    let branches = branches.join(" UNION ");
    Some(format!("SELECT * FROM ({branches}) AS found {end}"))
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
