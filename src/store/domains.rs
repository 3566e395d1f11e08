//! Domains: the answers of DNS about them, and when senders first wrote to them.

use sqlx::{AssertSqlSafe, FromRow, Row, any::AnyRow};

use super::search::{Conditions, Part};
use super::{Millis, Store, StoreError};

/// The answers of DNS about a domain.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Evidence {
    /// In ASCII.
    pub domain: String,
    /// Whether the name exists.
    pub exists: bool,
    /// Whether mail to the domain can be delivered.
    pub accepts_mail: bool,
    /// The details, as a JSON document.
    pub detail: String,
    /// When the server asked DNS.
    pub checked: Millis,
    /// When the answer expires and the server asks DNS again.
    pub expires: Millis,
}

/// A domain that senders wrote to, with its counts and evidence.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SeenDomain {
    /// In ASCII.
    pub domain: String,
    /// When a sender first wrote to the domain.
    pub first_seen: Millis,
    /// The last day with an event, in UTC.
    pub last_day: Option<Millis>,
    /// The number of flagged recipients, as far back as counts are kept.
    pub n: i64,
    /// The number of flagged recipients to whom the message was sent.
    pub sent: i64,
    /// The latest answer of DNS, even if it has expired.
    pub evidence: Option<Evidence>,
}

/// Which domains to list, and in which order.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct DomainFilter {
    /// Only domains that senders wrote to on the day that begins at this time, or later.
    pub from: Option<Millis>,
    /// Only domains that senders wrote to on a day that begins before this time.
    pub to: Option<Millis>,
    /// Only domains that this group wrote to, or a group below it.
    pub group: Option<String>,
    /// Only domains with this part in the name, in any mixture of upper and lower case.
    pub part: Option<String>,
    /// The property to sort by.
    pub order: DomainOrder,
    /// The direction.
    pub direction: Direction,
}

/// A property to sort domains by.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum DomainOrder {
    /// By name.
    Domain,
    /// When senders first wrote to the domains.
    #[default]
    FirstSeen,
    /// The last day on which senders wrote to the domains.
    LastDay,
    /// The number of flagged recipients.
    Flagged,
    /// The number of flagged recipients to whom the message was sent.
    Sent,
    /// The answer of DNS; domains that accept mail come highest.
    Dns,
}

/// The direction of an order.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Direction {
    /// The lowest first.
    Ascending,
    /// The highest first.
    #[default]
    Descending,
}

/// Some domains.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct DomainPage {
    /// The domains of one page, in order.
    pub domains: Vec<SeenDomain>,
    /// The number of domains on all pages.
    pub total: i64,
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
    /// The answer of DNS about a domain, if the server has one that has not expired at `time`.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
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
    /// If the database refuses.
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

    /// The domains that `filter` names: at most `limit`, after the first `offset`.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub async fn seen_domains(
        &self,
        filter: &DomainFilter,
        offset: u32,
        limit: u16,
    ) -> Result<DomainPage, StoreError> {
        let end = format!("ORDER BY {} LIMIT {limit} OFFSET {offset}", filter.order_by());
        if filter.needs_counts() {
            return self.counted_domains(filter, &end).await;
        }
        let mut conditions = Conditions::default();
        if let Some(part) = filter.part.as_deref().map(Part::new) {
            let condition = part.domain(&mut conditions, "domain");
            conditions.push(condition);
        }
        let clause = conditions.clause();
        let sql = format!("SELECT COUNT(*) FROM domains_seen AS seen WHERE {clause}");
        let query = sqlx::query_scalar_with(AssertSqlSafe(sql), conditions.arguments()?);
        let total = query.fetch_one(self.reader()).await?;
        let sql = seen(&clause, &end, &filter.order_by());
        let query = sqlx::query_as_with(AssertSqlSafe(sql), conditions.arguments()?);
        Ok(DomainPage { domains: query.fetch_all(self.reader()).await?, total })
    }

    /// Reads domains for an order or a filter that needs counts: adds up all counts that match.
    async fn counted_domains(
        &self,
        filter: &DomainFilter,
        end: &str,
    ) -> Result<DomainPage, StoreError> {
        let mut conditions = Conditions::default();
        conditions.within("day", filter.from, filter.to);
        if let Some(group) = &filter.group {
            conditions.is_one_of("group_id", &self.with_below(group).await?);
        }
        if let Some(part) = filter.part.as_deref().map(Part::new) {
            let named = part.domain(&mut conditions, "domain");
            conditions.push(format!("domain IN (SELECT domain FROM domains_seen WHERE {named})"));
        }
        let clause = conditions.clause();
        let sql = format!(
            "SELECT seen.domain, seen.first_seen, counted.last_day, counted.n, counted.sent,
                 evidence.exists_in_dns, evidence.accepts_mail, evidence.detail, evidence.checked,
                 evidence.expires, COUNT(*) OVER () AS total
             FROM (SELECT domain, MAX(day) AS last_day, CAST(SUM(n) AS BIGINT) AS n,
                       CAST(SUM(sent) AS BIGINT) AS sent
                   FROM domains_daily WHERE {clause} GROUP BY domain) AS counted
             JOIN domains_seen AS seen ON seen.domain = counted.domain
             LEFT JOIN domain_evidence AS evidence ON evidence.domain = seen.domain {end}"
        );
        let query = sqlx::query_with(AssertSqlSafe(sql), conditions.arguments()?);
        let rows = query.persistent(false).fetch_all(self.reader()).await?;
        let total = rows.first().map_or(Ok(0), |row| row.try_get("total"))?;
        let domains = rows.iter().map(SeenDomain::from_row).collect::<Result<_, _>>()?;
        Ok(DomainPage { domains, total })
    }

    /// One domain that senders wrote to.
    ///
    /// # Errors
    ///
    /// [`StoreError::Missing`] if nobody ever wrote to it.
    pub async fn seen_domain(&self, domain: &str) -> Result<SeenDomain, StoreError> {
        let order = DomainFilter::default().order_by();
        let query = sqlx::query_as(AssertSqlSafe(seen("domain = $1", "", &order))).bind(domain);
        let found = query.fetch_optional(self.reader()).await?;
        found.ok_or_else(|| StoreError::Missing(format!("no event names the domain `{domain}`")))
    }
}

impl DomainFilter {
    /// Whether the answer needs all counts.
    fn needs_counts(&self) -> bool {
        let by_name = matches!(self.order, DomainOrder::Domain | DomainOrder::FirstSeen);
        !by_name || self.from.is_some() || self.to.is_some() || self.group.is_some()
    }

    fn order_by(&self) -> String {
        let column = match self.order {
            DomainOrder::Domain => "seen.domain",
            DomainOrder::FirstSeen => "seen.first_seen",
            DomainOrder::LastDay => "counted.last_day",
            DomainOrder::Flagged => "counted.n",
            DomainOrder::Sent => "counted.sent",
            DomainOrder::Dns => {
                "CASE WHEN evidence.checked IS NULL THEN 0 WHEN evidence.accepts_mail <> 0 THEN 3
                 WHEN evidence.exists_in_dns <> 0 THEN 2 ELSE 1 END"
            }
        };
        let direction = match self.direction {
            Direction::Ascending => "",
            Direction::Descending => " DESC",
        };
        // A last criterion gives equal rows a fixed order.
        format!("{column}{direction}, seen.domain")
    }
}

/// `condition` and `end` select the domains, `order` sorts them.
fn seen(condition: &str, end: &str, order: &str) -> String {
    format!(
        "SELECT seen.domain, seen.first_seen, MAX(daily.day) AS last_day,
             CAST(COALESCE(SUM(daily.n), 0) AS BIGINT) AS n,
             CAST(COALESCE(SUM(daily.sent), 0) AS BIGINT) AS sent,
             evidence.exists_in_dns, evidence.accepts_mail, evidence.detail, evidence.checked,
             evidence.expires
         FROM (SELECT domain, first_seen FROM domains_seen AS seen WHERE {condition} {end}) AS seen
         LEFT JOIN domains_daily AS daily ON daily.domain = seen.domain
         LEFT JOIN domain_evidence AS evidence ON evidence.domain = seen.domain
         GROUP BY seen.domain, seen.first_seen, evidence.exists_in_dns, evidence.accepts_mail,
             evidence.detail, evidence.checked, evidence.expires
         ORDER BY {order}"
    )
}
