//! The filters and the order of the list of domains, as its address has them.

use serde::Deserialize;

use super::{
    query,
    time::{DAY, day},
};
use crate::store::{Direction, DomainFilter, DomainOrder};

/// The head of a column: a link that sorts by it.
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) is_number: bool,
    pub(crate) link: String,
    /// `ascending` or `descending`, where the list is sorted by this column.
    pub(crate) sorted: Option<&'static str>,
}

/// The filters in the address of the page. Days are in UTC and whole.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct DomainQuery {
    /// A part of the name.
    #[serde(default)]
    pub(crate) q: String,
    #[serde(default)]
    pub(crate) from: String,
    #[serde(default)]
    pub(crate) to: String,
    #[serde(default)]
    pub(crate) group: String,
    /// The code of a column.
    #[serde(default)]
    pub(crate) sort: String,
    /// `turned` reverses the column's usual order.
    #[serde(default)]
    pub(crate) order: String,
    #[serde(default)]
    pub(crate) page: String,
}

/// The columns by which lists can be sorted: code, name, order in the store, and the usual
/// direction.
const COLUMNS: [(&str, &str, DomainOrder, Direction); 6] = [
    ("domain", "Domain", DomainOrder::Domain, Direction::Ascending),
    ("first-seen", "First seen", DomainOrder::FirstSeen, Direction::Descending),
    ("last-day", "Last day", DomainOrder::LastDay, Direction::Descending),
    ("flagged", "Flagged", DomainOrder::Flagged, Direction::Descending),
    ("sent", "Sent", DomainOrder::Sent, Direction::Descending),
    ("dns", "In DNS", DomainOrder::Dns, Direction::Descending),
];

const USUAL: &str = "first-seen";

impl DomainQuery {
    pub(crate) fn filter(&self) -> Result<DomainFilter, String> {
        let text = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let from = day(&self.from)?;
        let to = day(&self.to)?.map(|day| day + DAY);
        if from.zip(to).is_some_and(|(from, to)| from >= to) {
            return Err("The period ends before it begins. Change one of its days.".to_owned());
        }
        let column = COLUMNS.iter().find(|(code, ..)| *code == self.sort());
        let Some((_, _, order, usual)) = column else {
            return Err("The server knows no such column.".to_owned());
        };
        let direction = if self.order == TURNED { turned(*usual) } else { *usual };
        let group = text(&self.group);
        Ok(DomainFilter { from, to, group, part: text(&self.q), order: *order, direction })
    }

    fn sort(&self) -> &str {
        if self.sort.is_empty() { USUAL } else { &self.sort }
    }

    pub(crate) fn number(&self) -> u32 {
        self.page.parse().unwrap_or(1).clamp(1, 1_000_000)
    }

    /// The members of the address, except the number of the page.
    pub(crate) fn encode(&self) -> String {
        query::encode(&self.members())
    }

    fn members(&self) -> [(&'static str, &str); 6] {
        [
            ("q", &self.q),
            ("from", &self.from),
            ("to", &self.to),
            ("group", &self.group),
            ("sort", &self.sort),
            ("order", &self.order),
        ]
    }

    /// The address of the list with some members replaced. It begins at the first page unless `page` is one of them.
    pub(crate) fn with(&self, changed: &[(&'static str, &str)]) -> String {
        format!("/admin/domains?{}", query::encode_with(&self.members(), changed))
    }

    pub(crate) fn columns(&self) -> Vec<Column> {
        let column = |(code, name, order, usual): (&'static str, _, _, Direction)| {
            let is_sorted = code == self.sort();
            let is_turned = is_sorted && self.order == TURNED;
            let direction = if is_turned { turned(usual) } else { usual };
            let next = if is_sorted && !is_turned { TURNED } else { "" };
            Column {
                name,
                is_number: matches!(order, DomainOrder::Flagged | DomainOrder::Sent),
                link: self.with(&[("sort", code), ("order", next)]),
                sorted: is_sorted.then_some(match direction {
                    Direction::Ascending => "ascending",
                    Direction::Descending => "descending",
                }),
            }
        };
        COLUMNS.into_iter().map(column).collect()
    }

    /// The events of a domain within the same days and groups.
    pub(crate) fn events(&self, domain: &str, action: &str) -> String {
        let members = [
            ("from", &*self.from),
            ("to", &self.to),
            ("group", &self.group),
            ("action", action),
            ("domain", domain),
        ];
        format!("/admin/events?{}", query::encode(&members))
    }
}

const TURNED: &str = "turned";

const fn turned(direction: Direction) -> Direction {
    match direction {
        Direction::Ascending => Direction::Descending,
        Direction::Descending => Direction::Ascending,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_first_sorted_in_its_usual_direction_and_then_in_the_other() {
        let query =
            DomainQuery { q: "army".to_owned(), page: "3".to_owned(), ..DomainQuery::default() };
        let columns = query.columns();
        let links: Vec<_> = columns.iter().map(|column| (&*column.link, column.sorted)).collect();
        assert_eq!(links[0], ("/admin/domains?q=army&sort=domain", None));
        assert_eq!(
            links[1],
            ("/admin/domains?q=army&sort=first-seen&order=turned", Some("descending"))
        );
        let turned = DomainQuery { sort: "domain".to_owned(), order: TURNED.to_owned(), ..query };
        let columns = turned.columns();
        assert_eq!(
            (&*columns[0].link, columns[0].sorted),
            ("/admin/domains?q=army&sort=domain", Some("descending"))
        );
        assert_eq!(turned.filter().unwrap().direction, Direction::Descending);
    }

    #[test]
    fn a_query_that_cannot_be_answered_is_refused() {
        for query in [
            DomainQuery { sort: "colour".to_owned(), ..DomainQuery::default() },
            DomainQuery { from: "yesterday".to_owned(), ..DomainQuery::default() },
            DomainQuery {
                from: "2026-11-02".to_owned(),
                to: "2026-11-01".to_owned(),
                ..DomainQuery::default()
            },
        ] {
            assert!(query.filter().is_err(), "{query:?}");
        }
    }
}
