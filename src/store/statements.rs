//! The statements that write many rows, made once.

use std::fmt::Write as _;
use std::sync::Arc;

use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

use super::clients::ClientNote;
use super::rows::{Upsert, names, parameters, table};
use super::tally::{AddressRow, DayRow, DomainRow, HourRow, SeenRow};
use super::{Dialect, Event};

/// The statements that write events and their counts.
#[derive(Debug)]
pub(super) struct Statements {
    /// Inserts the events that the database does not have.
    pub(super) insert_events: Sql,
    /// The same statement, but it fails if the table already has one of the rows. PostgreSQL then
    /// need not look for each row before it inserts the row, which is a tenth of the work. Only a
    /// client that did not see the answer sends an event again, so this seldom fails.
    pub(super) insert_new_events: Option<Sql>,
    pub(super) count_hours: Sql,
    pub(super) count_days: Sql,
    pub(super) count_domains: Sql,
    pub(super) see_domains: Sql,
    pub(super) see_addresses: Sql,
    pub(super) count_clients: Sql,
    pub(super) note_clients: Sql,
    /// Does all of the counting and gives the batch its position, on a database where one statement
    /// can do that.
    pub(super) count_at_once: Option<Sql>,
}

/// The text of a statement.
#[derive(Debug)]
pub(super) struct Sql(Arc<str>);

impl Sql {
    pub(super) fn get(&self) -> SqlStr {
        AssertSqlSafe(self.0.clone()).into_sql_str()
    }
}

impl From<String> for Sql {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl Statements {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self {
            insert_events: (insert_new_events(dialect) + " ON CONFLICT (id) DO NOTHING").into(),
            insert_new_events: (dialect == Dialect::Postgres)
                .then(|| insert_new_events(dialect).into()),
            count_hours: upsert::<HourRow<'_>>(dialect, 1).into(),
            count_days: upsert::<DayRow<'_>>(dialect, 1).into(),
            count_domains: upsert::<DomainRow<'_>>(dialect, 1).into(),
            see_domains: upsert::<SeenRow<'_>>(dialect, 1).into(),
            see_addresses: upsert::<AddressRow<'_>>(dialect, 1).into(),
            count_clients: count_clients(dialect).into(),
            note_clients: note_clients(dialect).into(),
            count_at_once: (dialect == Dialect::Postgres).then(|| count_at_once(dialect).into()),
        }
    }
}

/// Inserts or changes rows; the first of them reads the parameter `$first`.
fn upsert<R: Upsert>(dialect: Dialect, first: usize) -> String {
    let names = names::<R>();
    // Without a condition, SQLite would read ON CONFLICT as a part of the join.
    format!(
        "INSERT INTO {} ({names}) SELECT {names} FROM {} WHERE true ON CONFLICT {}",
        R::TABLE,
        table::<R>(dialect, first),
        R::CONFLICT
    )
}

/// PostgreSQL can change several tables in one statement. Other transactions that store events wait
/// for its end, and separate statements would each add a round trip.
///
/// The parameters of this statement are the rows of hours, days, domains, new domains and
/// addresses, then the number of the batch, the time when it came and its size.
fn count_at_once(dialect: Dialect) -> String {
    fn part<R: Upsert>(all: &mut String, dialect: Dialect, next: usize) -> usize {
        let _ = write!(all, "{} AS ({}), ", R::TABLE, upsert::<R>(dialect, next));
        next + parameters::<R>(dialect)
    }
    let mut all = String::from("WITH ");
    let next = part::<HourRow<'_>>(&mut all, dialect, 1);
    let next = part::<DayRow<'_>>(&mut all, dialect, next);
    let next = part::<DomainRow<'_>>(&mut all, dialect, next);
    let next = part::<SeenRow<'_>>(&mut all, dialect, next);
    let next = part::<AddressRow<'_>>(&mut all, dialect, next);
    let _ = write!(
        all,
        "marked AS (UPDATE event_positions SET position = position + 1 RETURNING position) \
         INSERT INTO event_batches (position, batch, received, n) \
         SELECT position, CAST(${next} AS BIGINT), CAST(${} AS BIGINT), CAST(${} AS BIGINT) FROM marked",
        next + 1,
        next + 2
    );
    all
}

/// The last parameter is the number that the events of this transaction share.
fn insert_new_events(dialect: Dialect) -> String {
    let names = names::<Event>();
    let rows = table::<Event>(dialect, 1);
    let batch = 1 + parameters::<Event>(dialect);
    format!(
        "INSERT INTO events ({names}, batch) SELECT {names}, CAST(${batch} AS BIGINT) FROM {rows} WHERE true"
    )
}

/// Counts the clients that have their first contact on a day, which is the last parameter. If a
/// client did not say its version, the stored one stays.
fn count_clients(dialect: Dialect) -> String {
    let rows = table::<ClientNote>(dialect, 1);
    let day = 1 + parameters::<ClientNote>(dialect);
    format!(
        "INSERT INTO clients_daily (day, group_id, host, version, n) \
         SELECT CAST(${day} AS BIGINT), new.group_id, new.host, \
             COALESCE(NULLIF(new.version, ''), old.version, ''), COUNT(*) \
         FROM (SELECT * FROM {rows}) AS new LEFT JOIN clients AS old ON old.id = new.id \
         WHERE old.id IS NULL OR old.seen < ${day} \
         GROUP BY new.group_id, new.host, COALESCE(NULLIF(new.version, ''), old.version, '') \
         ON CONFLICT (day, group_id, host, version) DO UPDATE SET n = clients_daily.n + excluded.n"
    )
}

fn note_clients(dialect: Dialect) -> String {
    let rows = table::<ClientNote>(dialect, 1);
    format!(
        "INSERT INTO clients (id, token_id, group_id, host, version, policy_version, created, seen) \
         SELECT id, token_id, group_id, host, version, policy_version, seen, seen FROM {rows} WHERE true \
         ON CONFLICT (id) DO UPDATE SET \
             token_id = excluded.token_id, group_id = excluded.group_id, \
             version = COALESCE(NULLIF(excluded.version, ''), clients.version), \
             policy_version = COALESCE(NULLIF(excluded.policy_version, 0), clients.policy_version), \
             seen = CASE WHEN excluded.seen > clients.seen THEN excluded.seen ELSE clients.seen END"
    )
}
