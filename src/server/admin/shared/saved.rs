//! Named filters of a user, beside the list that they belong to.

use crate::store::SavedFilter;

/// The lists that have saved filters, and the members that their addresses may have.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum List {
    Events,
    Domains,
}

impl List {
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Domains => "domains",
        }
    }

    pub(crate) fn of(code: &str) -> Option<Self> {
        [Self::Events, Self::Domains].into_iter().find(|list| list.code() == code)
    }

    /// The members of an address that a saved filter keeps: all except the place in the list.
    const fn members(self) -> &'static [&'static str] {
        match self {
            Self::Events => &[
                "from", "to", "group", "host", "action", "severity", "reason", "q", "domain",
                "address", "message", "client", "sort",
            ],
            Self::Domains => &["q", "from", "to", "group", "sort", "order"],
        }
    }

    /// The filter that a form sends, without other members of an address.
    pub(crate) fn cleaned(self, query: &str) -> String {
        let pairs = form_urlencoded::parse(query.as_bytes());
        let kept =
            pairs.filter(|(name, value)| self.members().contains(&&**name) && !value.is_empty());
        form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).finish()
    }

    /// The address of the list with a filter.
    pub(crate) fn address(self, query: &str) -> String {
        format!("/admin/{}?{query}", self.code())
    }

    /// The address of the list with a filter, and with the code of a form's result.
    pub(crate) fn after(self, done: &str, query: &str) -> String {
        let query = if query.is_empty() { String::new() } else { format!("{query}&") };
        self.address(&format!("{query}done={done}"))
    }
}

/// The filters beside a list.
pub(crate) struct Saved {
    pub(crate) list: List,
    /// The filters, each with the address of the list that it gives.
    pub(crate) filters: Vec<(SavedFilter, String)>,
    /// The present filter of the list; empty if the list shows everything.
    pub(crate) now: String,
}

impl Saved {
    pub(crate) fn new(list: List, filters: Vec<SavedFilter>, now: String) -> Self {
        let filters = filters.into_iter().map(|filter| {
            let address = list.address(&filter.query);
            (filter, address)
        });
        Self { list, filters: filters.collect(), now }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::admin::shared::event_query::EventQuery;

    #[test]
    fn a_saved_filter_keeps_only_the_parameters_of_its_list() {
        let query =
            "q=army&done=erased&after=1_x&next=https%3A%2F%2Fevil.example&sort=oldest&from=";
        assert_eq!(List::Events.cleaned(query), "q=army&sort=oldest");
        assert_eq!(List::Domains.cleaned("address=bob%40army.ml&q=a%26b"), "q=a%26b");
        let known = EventQuery::default();
        let known: Vec<&str> = known.members().iter().map(|(name, _)| *name).collect();
        assert_eq!(List::Events.members(), known);
        for list in [List::Events, List::Domains] {
            assert_eq!(List::of(list.code()), Some(list));
        }
        assert_eq!(List::of("policy"), None);
    }
}
