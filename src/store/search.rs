//! The parts of a search: conditions with separately bound values, and the recipients that contain a text.
//!
//! A search for a part of a text reads no events. It first reads the distinct domains and addresses, which are few, and
//! then fetches the events of those that match by an index.

use sqlx::{AssertSqlSafe, any::AnyArguments};

use super::{Millis, Store, StoreError};
use crate::domain::canonicalize;

/// The most domains and addresses to fetch one by one, each by a look-up in an index. If more
/// match, their events are a large part of all, and reading the newest events finds a page of them
/// soon. SQLite joins at most 500 queries.
const FEW: usize = 200;

#[derive(Clone, Debug)]
pub(super) enum Value {
    Number(i64),
    Text(String),
}

/// Conditions with their values. This crate names the columns; everything else is bound.
#[derive(Clone, Debug, Default)]
pub(super) struct Conditions {
    conditions: Vec<String>,
    values: Vec<Value>,
}

impl Conditions {
    /// The placeholder of a value, to be written into a condition.
    pub(super) fn bind(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }

    pub(super) fn push(&mut self, condition: String) {
        self.conditions.push(condition);
    }

    /// `column` is at or after `from` and before `to`.
    pub(super) fn within(&mut self, column: &str, from: Option<Millis>, to: Option<Millis>) {
        for (operator, time) in [(">=", from), ("<", to)] {
            if let Some(time) = time {
                let place = self.bind(Value::Number(time));
                self.push(format!("{column} {operator} {place}"));
            }
        }
    }

    pub(super) fn is(&mut self, column: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.is_one_of(column, &[value]);
        }
    }

    /// `column` has one of these values; no condition if the list is empty.
    pub(super) fn is_one_of(&mut self, column: &str, values: &[impl AsRef<str>]) {
        if values.is_empty() {
            return;
        }
        let places: Vec<String> =
            values.iter().map(|value| self.bind(Value::Text(value.as_ref().to_owned()))).collect();
        self.push(match &places[..] {
            [place] => format!("{column} = {place}"),
            places => format!("{column} IN ({})", places.join(", ")),
        });
    }

    /// All conditions, for after `WHERE`.
    pub(super) fn clause(&self) -> String {
        if self.conditions.is_empty() { "true".to_owned() } else { self.conditions.join(" AND ") }
    }

    pub(super) fn arguments(&self) -> Result<AnyArguments, StoreError> {
        use sqlx::Arguments;
        let mut arguments = AnyArguments::default();
        for value in &self.values {
            let added = match value {
                Value::Number(number) => arguments.add(*number),
                Value::Text(text) => arguments.add(text.clone()),
            };
            added.map_err(|error| StoreError::Invalid(error.to_string()))?;
        }
        Ok(arguments)
    }
}

/// A part of a domain or an address, as a person types it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Part {
    /// Patterns for domains; the second is for the stored form of a name with other letters.
    domains: Vec<String>,
    /// The pattern for addresses in lower case.
    address: String,
}

impl Part {
    pub(super) fn new(text: &str) -> Self {
        let text = text.trim().to_lowercase();
        let Some((local, domain)) = text.rsplit_once('@') else {
            let mut domains = vec![within(&text)];
            let stored = canonicalize(&text).map(|canonical| within(&canonical.ascii));
            domains.extend(stored.filter(|stored| *stored != within(&text)));
            // If the text is a part of a domain, the condition on domains already finds its events.
            return Self { domains, address: format!("%{}%@%", escape(&text)) };
        };
        let domains = match (local, domain) {
            ("", domain) if !domain.is_empty() => vec![format!("{}%", escape(domain))],
            _ => Vec::new(),
        };
        Self { domains, address: within(&text) }
    }

    /// The condition on a column of domains.
    pub(super) fn domain(&self, conditions: &mut Conditions, column: &str) -> String {
        let patterns = self.domains.iter().map(|pattern| like(conditions, column, pattern));
        let patterns: Vec<String> = patterns.collect();
        if patterns.is_empty() {
            "false".to_owned()
        } else {
            format!("({})", patterns.join(" OR "))
        }
    }

    /// The condition on the keys of addresses.
    fn address(&self, conditions: &mut Conditions) -> String {
        like(conditions, "key", &self.address)
    }
}

fn like(conditions: &mut Conditions, column: &str, pattern: &str) -> String {
    let place = conditions.bind(Value::Text(pattern.to_owned()));
    format!("{column} LIKE {place} ESCAPE '\\'")
}

fn within(text: &str) -> String {
    format!("%{}%", escape(text))
}

/// Escapes the characters that have a meaning in `LIKE … ESCAPE '\\'`.
pub(super) fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

/// The recipients that contain a part.
pub(super) enum Matches {
    /// The matching domains and addresses; either list may be empty.
    Few { domains: Vec<String>, addresses: Vec<String> },
    /// More recipients than a list should hold: the search reads the events themselves for this part.
    Many(Part),
}

impl Store {
    /// The domains and addresses that have the part of a filter; `None` where the filter has none.
    pub(super) async fn matches_of(
        &self,
        part: Option<&str>,
    ) -> Result<Option<Matches>, StoreError> {
        let Some(part) = part.map(Part::new) else { return Ok(None) };
        self.matches(part).await.map(Some)
    }

    async fn matches(&self, part: Part) -> Result<Matches, StoreError> {
        let mut found = Vec::new();
        for (table, column) in [("domains_seen", "domain"), ("addresses_seen", "address")] {
            let mut conditions = Conditions::default();
            let condition = match column {
                "domain" => part.domain(&mut conditions, column),
                _ => part.address(&mut conditions),
            };
            let limit = FEW + 1;
            let sql = format!("SELECT {column} FROM {table} WHERE {condition} LIMIT {limit}");
            let query = sqlx::query_scalar_with(AssertSqlSafe(sql), conditions.arguments()?);
            let names: Vec<String> = query.fetch_all(self.reader()).await?;
            if names.len() > FEW {
                return Ok(Matches::Many(part));
            }
            found.push(names);
        }
        let addresses = found.pop().unwrap_or_default();
        let domains = found.pop().unwrap_or_default();
        if domains.len() + addresses.len() > FEW {
            return Ok(Matches::Many(part));
        }
        Ok(Matches::Few { domains, addresses })
    }
}

/// The condition that an event's recipient contains a part, for a part that many contain: reading the newest events one
/// by one finds them sooner than reading all addresses first.
pub(super) fn among_many(part: &Part, conditions: &mut Conditions) -> String {
    let domain = part.domain(conditions, "domain");
    let address = like(conditions, "lower(address)", &part.address);
    format!("({domain} OR {address})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_text_is_searched_in_domains_and_addresses() {
        for (typed, domains, address) in [
            (" Army ", vec!["%army%"], "%army%@%"),
            ("bob@", vec![], "%bob@%"),
            ("@army.ML", vec!["army.ml%"], "%@army.ml%"),
            ("bob@army", vec![], "%bob@army%"),
            ("аrmy", vec!["%аrmy%", "%xn--rmy-5cd%"], "%аrmy%@%"),
            ("50%_\\", vec!["%50\\%\\_\\\\%"], "%50\\%\\_\\\\%@%"),
        ] {
            let part = Part::new(typed);
            assert_eq!(
                (part.domains, &*part.address),
                (domains.into_iter().map(str::to_owned).collect(), address)
            );
        }
    }

    #[test]
    fn conditions_contain_placeholders_instead_of_values() {
        let mut conditions = Conditions::default();
        assert_eq!(conditions.clause(), "true");
        conditions.within("time", Some(1), Some(2));
        conditions.is("host", Some("' OR 1=1 --"));
        conditions.is_one_of("group_id", &["a", "b"]);
        conditions.is_one_of("action", &[] as &[&str]);
        let clause = "time >= $1 AND time < $2 AND host = $3 AND group_id IN ($4, $5)";
        assert_eq!((&*conditions.clause(), conditions.values.len()), (clause, 5));
    }
}
