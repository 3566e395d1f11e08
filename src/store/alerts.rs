//! Alerts and reports, the people who must get them, and the people who have got them.
//!
//! The id of an alert consists of its kind, its subject and a number. Two servers that notice the same event make the
//! same id, and the second one changes nothing. One transaction stores an alert, the list of its
//! recipients, and the position in the order of events up to which the server has looked for alerts.

use sqlx::{AnyConnection, FromRow, Row, any::AnyRow};

use super::{HOUR, Millis, Store, StoreError};

/// The most alerts of a kind to send in an hour. More would be a flood, and a full mailbox tells nobody anything.
const MOST_AN_HOUR: i64 = 10;

/// The kind of the alert that announces further alerts of some kind.
pub const FLOOD: &str = "flood";

/// Whether an alert is repeated.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Telling {
    /// For an event: the server sends the alert, and may send it again after this time; `None`: it
    /// never does.
    Happened(Option<Millis>),
    /// For a condition: the server sends the alert when the condition begins, and again each time
    /// that this much time has passed.
    Lasts(Millis),
    /// The end of a condition: the server sends it if it has sent the beginning.
    Over,
}

/// A recipient of alerts.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Recipient {
    /// The destination's name in the file.
    pub destination: String,
    /// The mail address; empty for a webhook.
    pub address: String,
}

/// An alert or a report to store.
#[derive(Clone, Debug)]
pub struct NewAlert {
    /// The kind, as the file names it: `burst`.
    pub kind: &'static str,
    /// The subject: a domain, a message, a machine or a period.
    pub about: String,
    /// When the server noticed the cause.
    pub at: Millis,
    /// Whether the server repeats the alert.
    pub telling: Telling,
    /// The content, as JSON.
    pub document: String,
    /// The recipients.
    pub recipients: Vec<Recipient>,
    /// The content of the alert that replaces this one if too many of this kind are sent, as JSON. Without it,
    /// there is no limit.
    pub flood: Option<String>,
}

/// A stored alert or report.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AlertRow {
    /// Kind, subject and number.
    pub id: String,
    /// The kind, as the file names it.
    pub kind: String,
    /// When the server noticed the cause.
    pub at: Millis,
    /// When the cause ended; `None` while it lasts.
    pub over_at: Option<Millis>,
    /// The content, as JSON.
    pub document: String,
}

/// The state of a recipient.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RecipientRow {
    /// The recipient that the other fields are about.
    pub recipient: Recipient,
    /// The number of alerts and reports that wait.
    pub waiting: i64,
    /// Since when the first alert waits.
    pub oldest: Option<Millis>,
    /// The number of delivered alerts.
    pub delivered: i64,
    /// When the last alert was delivered.
    pub delivered_at: Option<Millis>,
    /// The error of the last failed attempt, and its time.
    pub error: Option<(String, Millis)>,
}

/// How many recipients have got an alert.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ToldRow {
    /// The alert.
    pub alert: AlertRow,
    /// All recipients.
    pub recipients: i64,
    /// The number of recipients who have got the alert.
    pub delivered: i64,
}

impl<'r> FromRow<'r, AnyRow> for AlertRow {
    fn from_row(row: &'r AnyRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            kind: row.try_get("kind")?,
            at: row.try_get("at")?,
            over_at: row.try_get("over_at")?,
            document: row.try_get("document")?,
        })
    }
}

/// Stores alerts and their recipients, but no alert that must not be repeated. Returns how many are new.
pub(super) async fn tell(
    connection: &mut AnyConnection,
    alerts: &[NewAlert],
) -> Result<usize, StoreError> {
    let mut told = 0;
    for alert in alerts {
        told += usize::from(tell_one(connection, alert).await?);
    }
    Ok(told)
}

#[expect(clippy::too_many_lines, reason = "one transaction, statement by statement")]
async fn tell_one(connection: &mut AnyConnection, alert: &NewAlert) -> Result<bool, StoreError> {
    let sql = "SELECT COUNT(*), MAX(at), MAX(CASE WHEN over_at IS NULL THEN at END) \
               FROM alerts WHERE kind = $1 AND about = $2";
    let query = sqlx::query_as(sql).bind(alert.kind).bind(&*alert.about);
    let (count, last, lasting): (i64, Option<Millis>, Option<Millis>) =
        query.fetch_one(&mut *connection).await?;
    let is_due = match alert.telling {
        Telling::Happened(again) => last
            .is_none_or(|last| again.is_some_and(|again| last.saturating_add(again) <= alert.at)),
        Telling::Lasts(again) => {
            lasting.is_none_or(|lasting| lasting.saturating_add(again) <= alert.at)
        }
        Telling::Over => lasting.is_some(),
    };
    if !is_due {
        return Ok(false);
    }
    if lasting.is_some() {
        sqlx::query(
            "UPDATE alerts SET over_at = $3 WHERE kind = $1 AND about = $2 AND over_at IS NULL",
        )
        .bind(alert.kind)
        .bind(&*alert.about)
        .bind(alert.at)
        .execute(&mut *connection)
        .await?;
    }
    let over_at = (!matches!(alert.telling, Telling::Lasts(_))).then_some(alert.at);
    let id = format!("{}/{}/{}", alert.kind, alert.about, count + 1);
    let is_new = insert(connection, &id, alert, over_at).await?;
    if !is_new {
        return Ok(false);
    }
    if let Some(flood) = &alert.flood
        && sent_since(connection, alert.kind, alert.at - HOUR).await? >= MOST_AN_HOUR
    {
        let instead = NewAlert {
            kind: FLOOD,
            about: alert.kind.to_owned(),
            telling: Telling::Happened(Some(HOUR)),
            document: flood.clone(),
            flood: None,
            ..alert.clone()
        };
        Box::pin(tell_one(connection, &instead)).await?;
        return Ok(true);
    }
    for Recipient { destination, address } in &alert.recipients {
        sqlx::query(
            "INSERT INTO alert_deliveries (destination, recipient, alert, created, attempts) \
             VALUES ($1, $2, $3, $4, 0) ON CONFLICT (destination, recipient, alert) DO NOTHING",
        )
        .bind(&**destination)
        .bind(&**address)
        .bind(&*id)
        .bind(alert.at)
        .execute(&mut *connection)
        .await?;
    }
    Ok(true)
}

async fn insert(
    connection: &mut AnyConnection,
    id: &str,
    alert: &NewAlert,
    over_at: Option<Millis>,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO alerts (id, kind, about, at, over_at, document) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (id) DO NOTHING",
    )
    .bind(id)
    .bind(alert.kind)
    .bind(&*alert.about)
    .bind(alert.at)
    .bind(over_at)
    .bind(&*alert.document)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// The number of alerts of a kind that have recipients.
async fn sent_since(
    connection: &mut AnyConnection,
    kind: &str,
    since: Millis,
) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) FROM alerts WHERE kind = $1 AND at > $2 \
               AND EXISTS (SELECT 1 FROM alert_deliveries WHERE alert = alerts.id)";
    Ok(sqlx::query_scalar(sql).bind(kind).bind(since).fetch_one(connection).await?)
}

impl Store {
    /// Stores alerts that come from no event, and their recipients. Returns how many are new.
    ///
    /// # Errors
    ///
    /// If the database refuses; nothing is written then.
    pub async fn tell(&self, alerts: &[NewAlert]) -> Result<usize, StoreError> {
        if alerts.is_empty() {
            return Ok(0);
        }
        let mut transaction = self.begin().await?;
        let told = tell(&mut transaction, alerts).await?;
        transaction.commit().await?;
        Ok(told)
    }

    /// Whether an alert or a report of this kind about this subject exists.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub async fn was_told(&self, kind: &str, about: &str) -> Result<bool, StoreError> {
        let sql = "SELECT COUNT(*) FROM alerts WHERE kind = $1 AND about = $2";
        let count: i64 =
            sqlx::query_scalar(sql).bind(kind).bind(about).fetch_one(self.reader()).await?;
        Ok(count > 0)
    }

    /// The alerts that a recipient has still to get, the oldest first.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub async fn untold(
        &self,
        recipient: &Recipient,
        limit: i64,
    ) -> Result<Vec<AlertRow>, StoreError> {
        let sql = "SELECT alerts.id, alerts.kind, alerts.at, alerts.over_at, alerts.document \
                   FROM alert_deliveries AS waiting JOIN alerts ON alerts.id = waiting.alert \
                   WHERE waiting.destination = $1 AND waiting.recipient = $2 AND waiting.delivered_at IS NULL \
                   ORDER BY waiting.created, waiting.alert LIMIT $3";
        let query = sqlx::query_as(sql).bind(&*recipient.destination).bind(&*recipient.address);
        Ok(query.bind(limit).fetch_all(self.reader()).await?)
    }

    /// Notes that a delivery to a recipient begins. Returns whether `owner` is the server that delivers alerts, and
    /// the recipient has not got this alert yet.
    ///
    /// # Errors
    ///
    /// If the database refuses.
    pub async fn attempt_alert(
        &self,
        (alert, recipient): (&str, &Recipient),
        owner: &str,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE alert_deliveries SET attempts = attempts + 1 \
                   WHERE destination = $1 AND recipient = $2 AND alert = $3 AND delivered_at IS NULL \
                   AND EXISTS (SELECT 1 FROM alert_watch WHERE owner = $4)";
        let query = sqlx::query(sql).bind(&*recipient.destination).bind(&*recipient.address);
        self.change(query.bind(alert).bind(owner)).await
    }

    /// Notes that a recipient has got an alert, whichever server delivered it.
    ///
    /// # Errors
    ///
    /// If the database refuses.
    pub async fn told_alert(
        &self,
        (alert, recipient): (&str, &Recipient),
        at: Millis,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE alert_deliveries SET delivered_at = COALESCE(delivered_at, $4) \
                   WHERE destination = $1 AND recipient = $2 AND alert = $3";
        let query = sqlx::query(sql).bind(&*recipient.destination).bind(&*recipient.address);
        self.change(query.bind(alert).bind(at)).await
    }

    /// Notes why an alert did not reach a recipient.
    ///
    /// # Errors
    ///
    /// If the database refuses.
    pub async fn fail_alert(
        &self,
        (alert, recipient): (&str, &Recipient),
        error: &str,
        at: Millis,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE alert_deliveries SET error = $4, error_at = $5 \
                   WHERE destination = $1 AND recipient = $2 AND alert = $3";
        let query = sqlx::query(sql).bind(&*recipient.destination).bind(&*recipient.address);
        self.change(query.bind(alert).bind(error).bind(at)).await
    }

    /// The state of every recipient that ever had an alert, by destination and address.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub async fn recipients(&self) -> Result<Vec<RecipientRow>, StoreError> {
        let sql = "SELECT destination, recipient, \
                       CAST(SUM(CASE WHEN delivered_at IS NULL THEN 1 ELSE 0 END) AS BIGINT) AS waiting, \
                       MIN(CASE WHEN delivered_at IS NULL THEN created END) AS oldest, \
                       COUNT(delivered_at) AS delivered, MAX(delivered_at) AS delivered_at, \
                       MAX(error_at) AS error_at \
                   FROM alert_deliveries GROUP BY destination, recipient ORDER BY destination, recipient";
        let rows = sqlx::query(sql).fetch_all(self.reader()).await?;
        let mut all = Vec::with_capacity(rows.len());
        for row in rows {
            let recipient = Recipient {
                destination: row.try_get("destination")?,
                address: row.try_get("recipient")?,
            };
            let error_at: Option<Millis> = row.try_get("error_at")?;
            all.push(RecipientRow {
                waiting: row.try_get("waiting")?,
                oldest: row.try_get("oldest")?,
                delivered: row.try_get("delivered")?,
                delivered_at: row.try_get("delivered_at")?,
                error: match error_at {
                    Some(at) => self.last_error(&recipient, at).await?.map(|error| (error, at)),
                    None => None,
                },
                recipient,
            });
        }
        Ok(all)
    }

    async fn last_error(
        &self,
        recipient: &Recipient,
        at: Millis,
    ) -> Result<Option<String>, StoreError> {
        let sql = "SELECT error FROM alert_deliveries \
                   WHERE destination = $1 AND recipient = $2 AND error_at = $3 ORDER BY alert LIMIT 1";
        let query = sqlx::query_scalar(sql).bind(&*recipient.destination);
        let query = query.bind(&*recipient.address).bind(at);
        Ok(query.fetch_optional(self.reader()).await?.flatten())
    }

    /// The latest alerts and reports, the newest first.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub async fn alerts(&self, limit: u16) -> Result<Vec<ToldRow>, StoreError> {
        let sql = "SELECT id, kind, at, over_at, document, \
                       (SELECT COUNT(*) FROM alert_deliveries WHERE alert = alerts.id) AS recipients, \
                       (SELECT COUNT(delivered_at) FROM alert_deliveries WHERE alert = alerts.id) AS delivered \
                   FROM alerts ORDER BY at DESC, id DESC LIMIT $1";
        let rows = sqlx::query(sql).bind(i64::from(limit)).fetch_all(self.reader()).await?;
        let told = rows.iter().map(|row| {
            Ok(ToldRow {
                alert: AlertRow::from_row(row)?,
                recipients: row.try_get("recipients")?,
                delivered: row.try_get("delivered")?,
            })
        });
        told.collect::<Result<_, sqlx::Error>>().map_err(StoreError::from)
    }
}
