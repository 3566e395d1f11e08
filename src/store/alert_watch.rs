//! The data that alerts come from: the events committed since the last look, and the clients' last contacts. One
//! server looks at a time; `decisions/alerts.md` says how the servers choose it.

use sqlx::{AssertSqlSafe, FromRow, Row, any::AnyRow};

use super::event_query::COLUMNS;
use super::{DEMO_GROUP, Millis, NewAlert, Store, StoreError, StoredEvent, alerts::tell, now};

/// The most transactions whose events are looked at together. More would make one statement slow;
/// fewer would need more statements.
const BATCHES: i64 = 500;

/// The most domains and events that one look judges. If half a minute brings more, they are no
/// longer news.
const MOST: i64 = 500;

/// The most domains that wait for a name server. A client can make domains up faster than servers
/// answer.
const MOST_CANDIDATES: i64 = 1_000;

/// The most times of one domain that the search for a burst reads.
const MOST_TIMES: i64 = 5_000;

/// How far the servers have looked for alerts, and which server looks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AlertWatch {
    /// The position in the order of events.
    pub position: i64,
    /// When the first look was. Domains that were known before are not new.
    pub since: Millis,
    /// The server that looks; empty if none does.
    pub owner: String,
    /// Counts up while the owner lives.
    pub beat: i64,
}

/// The results of looking at the events behind a position.
#[derive(Clone, Debug, Default)]
pub struct Look {
    /// The position behind these events.
    pub end: i64,
    /// Domains that senders wrote to, with the first and the last time.
    pub domains: Vec<(String, Millis, Millis)>,
    /// Events about recipients to whom a sender sent a marked message anyway.
    pub marked: Vec<StoredEvent>,
    /// Events about domains that are new since the first look, and that no alert has named.
    pub first: Vec<StoredEvent>,
}

/// A look-alike domain that the server has to ask DNS about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Candidate {
    /// The domain in ASCII.
    pub domain: String,
    /// The event that named the domain.
    pub event: String,
    /// When the server noticed the domain.
    pub at: Millis,
}

impl<'r> FromRow<'r, AnyRow> for AlertWatch {
    fn from_row(row: &'r AnyRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            position: row.try_get("position")?,
            since: row.try_get("since")?,
            owner: row.try_get("owner")?,
            beat: row.try_get("beat")?,
        })
    }
}

impl<'r> FromRow<'r, AnyRow> for Candidate {
    fn from_row(row: &'r AnyRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            domain: row.try_get("domain")?,
            event: row.try_get("event")?,
            at: row.try_get("at")?,
        })
    }
}

/// The condition that leaves made-up events out. It cannot contain `$N`.
pub(super) fn not_demo(column: &str) -> String {
    format!("{column} <> '{DEMO_GROUP}' AND {column} NOT LIKE '{DEMO_GROUP}-%'")
}

impl Store {
    /// How far the servers have looked. The first look begins behind all stored events.
    ///
    /// # Errors
    ///
    /// If the database refuses.
    pub async fn alert_watch(&self, since: Millis) -> Result<AlertWatch, StoreError> {
        let sql = "SELECT position, since, owner, beat FROM alert_watch";
        if let Some(row) = sqlx::query_as(sql).fetch_optional(self.reader()).await? {
            return Ok(row);
        }
        let mut transaction = self.begin().await?;
        sqlx::query(
            "INSERT INTO alert_watch (id, position, since, owner, beat) \
             SELECT 1, position, $1, '', 0 FROM event_positions WHERE true ON CONFLICT (id) DO NOTHING",
        )
        .bind(since)
        .execute(&mut *transaction)
        .await?;
        let row = sqlx::query_as(sql).fetch_one(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(row)
    }

    /// Makes `owner` the server that looks, if nothing has changed since `seen` was read. Returns whether
    /// `owner` now is that server.
    ///
    /// # Errors
    ///
    /// If the database refuses.
    pub async fn claim_alerts(&self, seen: &AlertWatch, owner: &str) -> Result<bool, StoreError> {
        let sql =
            "UPDATE alert_watch SET owner = $1, beat = beat + 1 WHERE owner = $2 AND beat = $3";
        self.change(sqlx::query(sql).bind(owner).bind(&*seen.owner).bind(seen.beat)).await
    }

    /// Shows that the owner is alive. Returns whether it is still the owner.
    ///
    /// # Errors
    ///
    /// If the database refuses.
    pub async fn renew_alerts(&self, owner: &str) -> Result<bool, StoreError> {
        let sql = "UPDATE alert_watch SET beat = beat + 1 WHERE owner = $1";
        self.change(sqlx::query(sql).bind(owner)).await
    }

    /// Lets another server look at once.
    ///
    /// # Errors
    ///
    /// If the database refuses.
    pub async fn release_alerts(&self, owner: &str) -> Result<bool, StoreError> {
        let sql = "UPDATE alert_watch SET owner = '', beat = beat + 1 WHERE owner = $1";
        self.change(sqlx::query(sql).bind(owner)).await
    }

    /// Reads the events after a position; `None` if no event follows. Leaves out made-up events,
    /// and those that were received before `not_before`.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub async fn look_for_alerts(
        &self,
        watch: &AlertWatch,
        not_before: Millis,
    ) -> Result<Option<Look>, StoreError> {
        let sql = "SELECT position, batch, received FROM event_batches WHERE position > $1 \
                   ORDER BY position LIMIT $2";
        let query = sqlx::query_as(sql).bind(watch.position).bind(BATCHES);
        let batches: Vec<(i64, i64, Millis)> = query.fetch_all(self.reader()).await?;
        let Some(&(end, ..)) = batches.last() else { return Ok(None) };
        let recent = batches.iter().filter(|(_, _, received)| *received >= not_before);
        let numbers: Vec<String> = recent.map(|(_, batch, _)| batch.to_string()).collect();
        if numbers.is_empty() {
            return Ok(Some(Look { end, ..Look::default() }));
        }
        let new = format!("batch IN ({}) AND {}", numbers.join(", "), not_demo("group_id"));
        let sql = format!(
            "SELECT domain, MIN(time), MAX(time) FROM events WHERE {new} AND domain IS NOT NULL
             GROUP BY domain ORDER BY COUNT(*) DESC, domain LIMIT {MOST}"
        );
        let query = sqlx::query_as(AssertSqlSafe(sql)).persistent(false);
        let domains = query.fetch_all(self.reader()).await?;
        let marked = self
            .some_events(&new, "action = 'sent-anyway' AND raised_by LIKE '%\"marking\"%'", None)
            .await?;
        let first = self
            .some_events(
                &new,
                "severity IN ('warn', 'block') AND domain IS NOT NULL
                 AND NOT EXISTS (SELECT 1 FROM alerts WHERE kind = 'lookalike' AND about = events.domain)
                 AND EXISTS (SELECT 1 FROM domains_seen
                             WHERE domains_seen.domain = events.domain AND first_seen >= $1)",
                Some(watch.since),
            )
            .await?;
        Ok(Some(Look { end, domains, marked, first }))
    }

    async fn some_events(
        &self,
        new: &str,
        condition: &str,
        value: Option<Millis>,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM events WHERE {new} AND {condition} ORDER BY time, id LIMIT {MOST}"
        );
        let mut query = sqlx::query_as(AssertSqlSafe(sql)).persistent(false);
        if let Some(value) = value {
            query = query.bind(value);
        }
        Ok(query.fetch_all(self.reader()).await?)
    }

    /// The times between two moments at which senders wrote to a domain, in order; only the latest if there
    /// are very many.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub async fn times_of_domain(
        &self,
        domain: &str,
        from: Millis,
        to: Millis,
    ) -> Result<Vec<Millis>, StoreError> {
        let sql = format!(
            "SELECT time FROM events WHERE domain = $1 AND time >= $2 AND time <= $3 AND {}
             ORDER BY time DESC, id DESC LIMIT {MOST_TIMES}",
            not_demo("group_id")
        );
        let query = sqlx::query_scalar(AssertSqlSafe(sql)).bind(domain).bind(from).bind(to);
        let mut times: Vec<Millis> = query.fetch_all(self.reader()).await?;
        times.reverse();
        Ok(times)
    }

    /// Stores the results of a look and moves the position, if `owner` is still the server that looks. Returns
    /// whether `owner` still is.
    ///
    /// # Errors
    ///
    /// If the database refuses; nothing is written then.
    pub async fn end_look(
        &self,
        (owner, end): (&str, i64),
        alerts: &[NewAlert],
        candidates: &[Candidate],
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let done = sqlx::query("UPDATE alert_watch SET position = $2 WHERE owner = $1")
            .bind(owner)
            .bind(end)
            .execute(&mut *transaction)
            .await?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        tell(&mut transaction, alerts).await?;
        for Candidate { domain, event, at } in candidates {
            sqlx::query(
                "INSERT INTO alert_candidates (domain, event, at) SELECT $1, $2, $3 \
                 WHERE (SELECT COUNT(*) FROM alert_candidates) < $4 ON CONFLICT (domain) DO NOTHING",
            )
            .bind(&**domain)
            .bind(&**event)
            .bind(*at)
            .bind(MOST_CANDIDATES)
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// Domains that the server has to ask DNS about, the oldest first.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub async fn candidates(&self, limit: i64) -> Result<Vec<Candidate>, StoreError> {
        let sql = "SELECT domain, event, at FROM alert_candidates ORDER BY at, domain LIMIT $1";
        Ok(sqlx::query_as(sql).bind(limit).fetch_all(self.reader()).await?)
    }

    /// Removes a domain from that list, and stores the alert about it, if any.
    ///
    /// # Errors
    ///
    /// If the database refuses; nothing is written then.
    pub async fn end_candidate(
        &self,
        domain: &str,
        alert: Option<&NewAlert>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        if let Some(alert) = alert {
            tell(&mut transaction, std::slice::from_ref(alert)).await?;
        }
        let sql = "DELETE FROM alert_candidates WHERE domain = $1";
        sqlx::query(sql).bind(domain).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// When a client was last in contact; `None` if none ever was.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub async fn last_contact(&self) -> Result<Option<Millis>, StoreError> {
        let sql = format!(
            "SELECT MAX(seen) FROM clients WHERE shut_out IS NULL AND {}",
            not_demo("group_id")
        );
        let seen = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(self.reader()).await;
        Ok(seen?)
    }

    /// The age in ms of the oldest event that the search for alerts has not read.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub async fn alert_lag(&self) -> Result<Millis, StoreError> {
        let sql = "SELECT MIN(received) FROM event_batches WHERE position > (SELECT MIN(position) FROM alert_watch)";
        let oldest: Option<Millis> = sqlx::query_scalar(sql).fetch_one(self.reader()).await?;
        Ok(oldest.map_or(0, |oldest| now().saturating_sub(oldest).max(0)))
    }
}
