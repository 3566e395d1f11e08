//! Events in the order of their commits, and the position of each export.
//!
//! Sequences of PostgreSQL, and clocks, number events when they are inserted. An event that commits late would then
//! appear behind a reader that has already passed its number, and the reader would never see it. So a transaction here
//! takes its position as its last statement, and keeps the row of the counter locked until it has committed. Positions
//! therefore become visible in order and without gaps. A transaction takes one position for all of its events, which
//! share a number (`batch`) by which they are found.

use std::collections::HashMap;

use rand::RngExt;
use sqlx::{AnyConnection, AssertSqlSafe, FromRow, Row, any::AnyRow};

use super::event_query::COLUMNS;
use super::{Millis, Store, StoreError, StoredEvent, is_demo, now};

/// A text that sorts after every event's id: the whole batch has been delivered.
const WHOLE: &str = "~";

/// The most batches whose first events are read at a time.
const BATCHES: i64 = 500;

/// The most transactions that count as lag. Counting everything that a receiver has missed in days
/// would delay other transactions.
const MOST_BEHIND: i64 = 100_000;

/// A position in the order of events: the number of a batch, and the event of that batch after
/// which the position lies.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ExportCursor {
    position: i64,
    /// Within a batch, events come in the order of their ids.
    event: String,
}

/// An event to export.
#[derive(Clone, Debug)]
pub struct Exported {
    /// The position after this event.
    pub cursor: ExportCursor,
    /// The event.
    pub event: StoredEvent,
}

/// Some events in order.
#[derive(Clone, Debug)]
pub struct ExportBatch {
    /// The events. The list may be empty although more follow, if events were deleted.
    pub events: Vec<Exported>,
    /// The position after these events, or the position of the request if no events follow.
    pub end: ExportCursor,
}

/// The events that wait after a position.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct ExportLag {
    /// The number of waiting events, which may include deleted ones.
    pub events: i64,
    /// When the server received the oldest waiting event.
    pub oldest: Option<Millis>,
}

/// The state of a destination.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExportRow {
    /// The destination.
    pub name: String,
    /// The position after the last delivered event.
    pub cursor: ExportCursor,
    /// The server that delivers; empty if none does.
    pub owner: String,
    /// Counts up while the owner lives.
    pub beat: i64,
    /// The number of delivered events; those delivered twice count twice.
    pub delivered: i64,
    /// When the last event was delivered.
    pub delivered_at: Option<Millis>,
    /// The error of the last failed delivery.
    pub error: Option<String>,
    /// When the last failed delivery failed.
    pub error_at: Option<Millis>,
}

impl<'r> FromRow<'r, AnyRow> for ExportRow {
    fn from_row(row: &'r AnyRow) -> Result<Self, sqlx::Error> {
        let cursor =
            ExportCursor { position: row.try_get("position")?, event: row.try_get("event")? };
        Ok(Self {
            name: row.try_get("name")?,
            cursor,
            owner: row.try_get("owner")?,
            beat: row.try_get("beat")?,
            delivered: row.try_get("delivered")?,
            delivered_at: row.try_get("delivered_at")?,
            error: row.try_get("error")?,
            error_at: row.try_get("error_at")?,
        })
    }
}

/// An event with the number of its batch.
struct Numbered(i64, StoredEvent);

impl<'r> FromRow<'r, AnyRow> for Numbered {
    fn from_row(row: &'r AnyRow) -> Result<Self, sqlx::Error> {
        Ok(Self(row.try_get("batch")?, StoredEvent::from_row(row)?))
    }
}

/// A number for the events of one transaction. Consecutive numbers keep the index dense; if two transactions shared
/// one, events would be delivered twice and none would be lost.
pub(super) fn new_batch() -> i64 {
    (now() << 20) | rand::rng().random_range(0..1 << 20)
}

/// Gives new events their position. It must be the last statement of their transaction.
///
/// Only SQLite needs it: `statements` makes the same change a part of one statement for PostgreSQL, and SQLite takes no
/// `UPDATE` in a `WITH`.
pub(super) async fn mark_batch(
    connection: &mut AnyConnection,
    batch: i64,
    received: Millis,
    count: usize,
) -> Result<(), StoreError> {
    let sql = "UPDATE event_positions SET position = position + 1 RETURNING position";
    let position: i64 = sqlx::query_scalar(sql).fetch_one(&mut *connection).await?;
    sqlx::query("INSERT INTO event_batches (position, batch, received, n) VALUES ($1, $2, $3, $4)")
        .bind(position)
        .bind(batch)
        .bind(received)
        .bind(i64::try_from(count).unwrap_or(i64::MAX))
        .execute(connection)
        .await?;
    Ok(())
}

impl Store {
    /// The state of a destination. A new one begins after all stored events.
    ///
    /// # Errors
    ///
    /// If the database refuses.
    pub async fn export(&self, name: &str) -> Result<ExportRow, StoreError> {
        let sql = "SELECT * FROM exports WHERE name = $1";
        if let Some(row) = sqlx::query_as(sql).bind(name).fetch_optional(self.reader()).await? {
            return Ok(row);
        }
        let mut transaction = self.begin().await?;
        sqlx::query(
            "INSERT INTO exports (name, position, event, owner, beat, delivered) \
             SELECT $1, position, $2, '', 0, 0 FROM event_positions WHERE true \
             ON CONFLICT (name) DO NOTHING",
        )
        .bind(name)
        .bind(WHOLE)
        .execute(&mut *transaction)
        .await?;
        let row = sqlx::query_as(sql).bind(name).fetch_one(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(row)
    }

    /// The state of all destinations that ever existed, by name.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub async fn exports(&self) -> Result<Vec<ExportRow>, StoreError> {
        let query = sqlx::query_as("SELECT * FROM exports ORDER BY name");
        Ok(query.fetch_all(self.reader()).await?)
    }

    /// The events after a position: some hundred, or those of one transaction if these are more. Made-up events are
    /// left out.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub async fn export_batch(
        &self,
        cursor: &ExportCursor,
        limit: usize,
    ) -> Result<ExportBatch, StoreError> {
        let is_whole = cursor.event == WHOLE;
        let first = if is_whole { cursor.position + 1 } else { cursor.position };
        let sql = "SELECT position, batch, n FROM event_batches WHERE position >= $1 \
                   ORDER BY position LIMIT $2";
        let query = sqlx::query_as(sql).bind(first).bind(BATCHES);
        let mut batches: Vec<(i64, i64, i64)> = query.fetch_all(self.reader()).await?;
        let mut sum = 0;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let fitting = batches.iter().take_while(|(_, _, n)| {
            sum += n;
            sum <= limit
        });
        let count = fitting.count().max(1);
        batches.truncate(count);
        let Some(&(last, ..)) = batches.last() else {
            return Ok(ExportBatch { events: Vec::new(), end: cursor.clone() });
        };
        let mut events = self.events_of(&batches, cursor).await?;
        events.sort_unstable_by(|a, b| {
            let places = a.cursor.position.cmp(&b.cursor.position);
            places.then_with(|| a.event.id.cmp(&b.event.id))
        });
        let end = ExportCursor { position: last, event: WHOLE.to_owned() };
        if let Some(last) = events.last_mut() {
            last.cursor = end.clone();
        }
        Ok(ExportBatch { events, end })
    }

    async fn events_of(
        &self,
        batches: &[(i64, i64, i64)],
        cursor: &ExportCursor,
    ) -> Result<Vec<Exported>, StoreError> {
        // The statement looks each number up in the index, whatever the planner believes about the
        // table.
        let numbers: Vec<String> = batches.iter().map(|(_, batch, _)| batch.to_string()).collect();
        let sql =
            format!("SELECT batch, {COLUMNS} FROM events WHERE batch IN ({})", numbers.join(", "));
        let query = sqlx::query_as(AssertSqlSafe(sql)).persistent(false);
        let found: Vec<Numbered> = query.fetch_all(self.reader()).await?;
        let positions: HashMap<i64, i64> =
            batches.iter().map(|(position, batch, _)| (*batch, *position)).collect();
        let placed = found.into_iter().filter_map(|Numbered(batch, event)| {
            let position = *positions.get(&batch)?;
            let is_behind = position > cursor.position || event.id > cursor.event;
            let cursor = ExportCursor { position, event: event.id.clone() };
            (is_behind && !is_demo(&event.group)).then_some(Exported { cursor, event })
        });
        Ok(placed.collect())
    }

    /// Counts the events that wait after a position; if they are very many, not all of them.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub async fn export_lag(&self, cursor: &ExportCursor) -> Result<ExportLag, StoreError> {
        let sql = "SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT), MIN(received) FROM \
                   (SELECT n, received FROM event_batches WHERE position > $1 ORDER BY position LIMIT $2) AS behind";
        let query = sqlx::query_as(sql).bind(cursor.position).bind(MOST_BEHIND);
        let (mut events, mut oldest): (i64, Option<Millis>) =
            query.fetch_one(self.reader()).await?;
        if cursor.event != WHOLE {
            let sql = "SELECT COUNT(*), MIN(received) FROM events WHERE id > $2 AND batch = \
                           (SELECT batch FROM event_batches WHERE position = $1)";
            let query = sqlx::query_as(sql).bind(cursor.position).bind(cursor.event.clone());
            let (rest, received): (i64, Option<Millis>) = query.fetch_one(self.reader()).await?;
            events += rest;
            oldest = received.or(oldest);
        }
        Ok(ExportLag { events, oldest })
    }

    /// Makes `owner` the server that delivers, if nothing has changed since `seen` was read. Returns whether
    /// `owner` now is that server.
    ///
    /// # Errors
    ///
    /// If the database refuses.
    pub async fn claim_export(&self, seen: &ExportRow, owner: &str) -> Result<bool, StoreError> {
        let query = sqlx::query(
            "UPDATE exports SET owner = $2, beat = beat + 1 WHERE name = $1 AND owner = $3 AND beat = $4",
        );
        let query = query.bind(seen.name.clone()).bind(owner).bind(seen.owner.clone());
        self.change(query.bind(seen.beat)).await
    }

    /// Shows that the owner is alive. Returns whether it is still the owner.
    ///
    /// # Errors
    ///
    /// If the database refuses.
    pub async fn renew_export(&self, name: &str, owner: &str) -> Result<bool, StoreError> {
        let sql = "UPDATE exports SET beat = beat + 1 WHERE name = $1 AND owner = $2";
        self.change(sqlx::query(sql).bind(name).bind(owner)).await
    }

    /// Lets another server deliver at once.
    ///
    /// # Errors
    ///
    /// If the database refuses.
    pub async fn release_export(&self, name: &str, owner: &str) -> Result<bool, StoreError> {
        let sql = "UPDATE exports SET owner = '', beat = beat + 1 WHERE name = $1 AND owner = $2";
        self.change(sqlx::query(sql).bind(name).bind(owner)).await
    }

    /// Notes that `count` further events up to the position were delivered at `at`. Returns whether `owner` is
    /// still the owner; if not, nothing changes.
    ///
    /// # Errors
    ///
    /// If the database refuses.
    pub async fn save_export(
        &self,
        (name, owner): (&str, &str),
        cursor: &ExportCursor,
        count: i64,
        at: Option<Millis>,
    ) -> Result<bool, StoreError> {
        let query = sqlx::query(
            "UPDATE exports SET position = $3, event = $4, delivered = delivered + $5, \
                 delivered_at = COALESCE($6, delivered_at), beat = beat + 1 \
             WHERE name = $1 AND owner = $2",
        );
        let query = query.bind(name).bind(owner).bind(cursor.position).bind(cursor.event.clone());
        self.change(query.bind(count).bind(at)).await
    }

    /// Notes why a delivery failed. Returns whether `owner` is still the owner.
    ///
    /// # Errors
    ///
    /// If the database refuses.
    pub async fn fail_export(
        &self,
        (name, owner): (&str, &str),
        error: &str,
        at: Millis,
    ) -> Result<bool, StoreError> {
        let query = sqlx::query(
            "UPDATE exports SET error = $3, error_at = $4, beat = beat + 1 WHERE name = $1 AND owner = $2",
        );
        self.change(query.bind(name).bind(owner).bind(error).bind(at)).await
    }
}
