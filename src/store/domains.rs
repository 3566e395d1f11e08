//! Domains: what DNS said of them, and when they were first written to.

use sqlx::{AssertSqlSafe, FromRow, Row, any::AnyRow};

use super::{Millis, Store, StoreError};

/// What DNS said of a domain.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Evidence {
    /// In ASCII.
    pub domain: String,
    /// Whether the name exists.
    pub exists: bool,
    /// Whether mail to it can be delivered.
    pub accepts_mail: bool,
    /// What was found, as a JSON document.
    pub detail: String,
    /// When DNS was asked.
    pub checked: Millis,
    /// When the answer expires and the DNS has to be asked again.
    pub expires: Millis,
}

/// A domain that was written to, with what is known of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SeenDomain {
    /// In ASCII.
    pub domain: String,
    /// When it was first written to.
    pub first_seen: Millis,
    /// The last day with an event, in UTC.
    pub last_day: Option<Millis>,
    /// Flagged recipients, as far back as counts are kept.
    pub n: i64,
    /// Those of them to whom the message was sent.
    pub sent: i64,
    /// What DNS last said, even where it has expired.
    pub evidence: Option<Evidence>,
}

impl<'r> FromRow<'r, AnyRow> for Evidence {
    fn from_row(row: &'r AnyRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            domain: row.try_get("domain")?,
            exists: row.try_get::<i64, _>("exists_in_dns")? != 0,
            accepts_mail: row.try_get::<i64, _>("accepts_mail")? != 0,
            detail: row.try_get("detail")?,
            checked: row.try_get("checked")?,
            expires: row.try_get("expires")?,
        })
    }
}

impl<'r> FromRow<'r, AnyRow> for SeenDomain {
    fn from_row(row: &'r AnyRow) -> Result<Self, sqlx::Error> {
        let has_evidence = row.try_get::<Option<i64>, _>("checked")?.is_some();
        Ok(Self {
            domain: row.try_get("domain")?,
            first_seen: row.try_get("first_seen")?,
            last_day: row.try_get("last_day")?,
            n: row.try_get("n")?,
            sent: row.try_get("sent")?,
            evidence: has_evidence.then(|| Evidence::from_row(row)).transpose()?,
        })
    }
}

impl Store {
    /// What DNS said of a domain, if it was asked and that has not expired at `time`.
    ///
    /// # Errors
    ///
    /// Where the database doesn't answer.
    pub async fn evidence(
        &self,
        domain: &str,
        time: Millis,
    ) -> Result<Option<Evidence>, StoreError> {
        let sql = "SELECT domain, exists_in_dns, accepts_mail, detail, checked, expires
                   FROM domain_evidence WHERE domain = $1 AND expires > $2";
        let query = sqlx::query_as(sql).bind(domain).bind(time);
        Ok(query.fetch_optional(self.reader()).await?)
    }

    /// Stores an answer of the DNS, in place of the previous one.
    ///
    /// # Errors
    ///
    /// Where the database refuses.
    pub async fn put_evidence(&self, evidence: &Evidence) -> Result<(), StoreError> {
        let sql = "INSERT INTO domain_evidence
                       (domain, exists_in_dns, accepts_mail, detail, checked, expires)
                   VALUES ($1, $2, $3, $4, $5, $6)
                   ON CONFLICT (domain) DO UPDATE SET exists_in_dns = excluded.exists_in_dns,
                       accepts_mail = excluded.accepts_mail, detail = excluded.detail,
                       checked = excluded.checked, expires = excluded.expires";
        let mut transaction = self.begin().await?;
        sqlx::query(sql)
            .bind(&*evidence.domain)
            .bind(i64::from(evidence.exists))
            .bind(i64::from(evidence.accepts_mail))
            .bind(&*evidence.detail)
            .bind(evidence.checked)
            .bind(evidence.expires)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The domains that were written to, those that were first seen last first: at most `limit`, after the
    /// one that the last page ended with.
    ///
    /// # Errors
    ///
    /// Where the database doesn't answer.
    pub async fn seen_domains(
        &self,
        after: Option<(Millis, &str)>,
        limit: u16,
    ) -> Result<Vec<SeenDomain>, StoreError> {
        let (time, domain) = after.unwrap_or((Millis::MAX, ""));
        let sql = seen("(first_seen < $1 OR (first_seen = $1 AND domain > $2))", limit);
        let query = sqlx::query_as(AssertSqlSafe(sql)).bind(time).bind(domain);
        Ok(query.fetch_all(self.reader()).await?)
    }

    /// One domain that was written to.
    ///
    /// # Errors
    ///
    /// [`StoreError::Missing`] where it never was.
    pub async fn seen_domain(&self, domain: &str) -> Result<SeenDomain, StoreError> {
        let query = sqlx::query_as(AssertSqlSafe(seen("domain = $1", 1))).bind(domain);
        let found = query.fetch_optional(self.reader()).await?;
        found.ok_or_else(|| StoreError::Missing(format!("`{domain}` was never written to")))
    }
}

fn seen(condition: &str, limit: u16) -> String {
    format!(
        "SELECT seen.domain, seen.first_seen, MAX(daily.day) AS last_day,
             CAST(COALESCE(SUM(daily.n), 0) AS BIGINT) AS n,
             CAST(COALESCE(SUM(daily.sent), 0) AS BIGINT) AS sent,
             evidence.exists_in_dns, evidence.accepts_mail, evidence.detail, evidence.checked,
             evidence.expires
         FROM (SELECT domain, first_seen FROM domains_seen WHERE {condition}
               ORDER BY first_seen DESC, domain LIMIT {limit}) AS seen
         LEFT JOIN domains_daily AS daily ON daily.domain = seen.domain
         LEFT JOIN domain_evidence AS evidence ON evidence.domain = seen.domain
         GROUP BY seen.domain, seen.first_seen, evidence.exists_in_dns, evidence.accepts_mail,
             evidence.detail, evidence.checked, evidence.expires
         ORDER BY seen.first_seen DESC, seen.domain"
    )
}
