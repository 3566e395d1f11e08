//! Adds chosen domains to a policy in the editor: allows, denies or protects one or more of them.

use axum::{Form, extract::State, http::StatusCode, response::Response};
use serde_json::{Map, Value};

use super::{edit::EditPage, group, locate::written};
use crate::domain::canonicalize;
use crate::server::admin::{
    auth::visitor::Signed,
    shared::{
        error::AdminError,
        page::{Notice, html},
    },
    state::Admin,
};

/// The most domains that a form carries at a time: more than a page of the list shows.
const MOST: usize = 200;

/// The list of a policy that a domain is put into.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum List {
    Allow,
    Deny,
    Protect,
}

impl List {
    fn of(code: &str) -> Option<Self> {
        match code {
            "allow" => Some(Self::Allow),
            "deny" => Some(Self::Deny),
            "protect" => Some(Self::Protect),
            _ => None,
        }
    }

    /// The list's name in the editor.
    const fn name(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::Deny => "Deny",
            Self::Protect => "Protected domains",
        }
    }

    /// The list with the opposite effect on a domain.
    const fn opposite(self) -> Option<&'static str> {
        match self {
            Self::Allow => Some("deny"),
            Self::Deny => Some("allow"),
            Self::Protect => None,
        }
    }

    fn entries(self, document: &mut Map<String, Value>) -> Option<&mut Vec<Value>> {
        let (members, name) = match self {
            Self::Allow => (document, "allow"),
            Self::Deny => (document, "deny"),
            Self::Protect => {
                let members = document.entry("protected").or_insert_with(|| Map::new().into());
                (members.as_object_mut()?, "domains")
            }
        };
        members.entry(name).or_insert_with(|| Value::Array(Vec::new())).as_array_mut()
    }
}

/// The editor of a group with domains in one of its lists; nothing is published.
pub(crate) async fn add_domains(
    State(admin): State<Admin>,
    signed: Signed,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, AdminError> {
    let refused =
        |text: &str| AdminError::bad_request(text).on(signed.page("/admin/domains", "Domains"));
    let field = |name: &str| {
        let found = fields.iter().find(|(field, _)| field == name);
        found.map_or("", |(_, value)| value.as_str())
    };
    let list =
        List::of(field("list")).ok_or_else(|| refused("Choose what to do with the domains."))?;
    let chosen = fields.iter().filter(|(name, _)| name == "domain");
    let mut domains: Vec<String> = Vec::new();
    for (_, typed) in chosen {
        let domain = canonicalize(typed).map_or_else(|| typed.clone(), |found| found.ascii);
        if !domains.contains(&domain) {
            domains.push(domain);
        }
    }
    if domains.is_empty() {
        return Err(refused("Go back and tick at least one domain."));
    }
    if domains.len() > MOST {
        return Err(refused("Choose at most 200 domains at a time."));
    }
    let group = group(&admin, &signed, field("group")).await?;
    let (expected, document) = match admin.store().newest_policy(&group.id).await? {
        Some((version, document)) => (version.version, written(&document)),
        None => (0, Map::new().into()),
    };
    let stuck = || refused("The policy of this group is not a JSON object. Edit it as JSON first.");
    let Value::Object(mut document) = document else { return Err(stuck()) };
    let said = put(&mut document, list, &domains).ok_or_else(stuck)?;
    let document = Value::Object(document).to_string();
    let mut view = EditPage::new(&signed, group, expected, document).with_inherited(&admin).await;
    view.page.notice = Some(Notice { kind: "pass", text: said });
    Ok(html(StatusCode::OK, &view))
}

/// Puts domains into a list and removes them from the opposite one. Returns a sentence about the change; `None` if a
/// list is malformed.
fn put(document: &mut Map<String, Value>, list: List, domains: &[String]) -> Option<String> {
    let entries = list.entries(document)?;
    let before = entries.len();
    for domain in domains {
        if !entries.iter().any(|entry| entry.as_str() == Some(domain)) {
            entries.push(domain.as_str().into());
        }
    }
    let added = entries.len() - before;
    let mut said = match (added, domains) {
        (0, _) => format!("The list {} already has what you chose.", list.name()),
        (_, [domain]) => format!("{domain} was added to the list {}.", list.name()),
        (added, _) => format!("{added} domains were added to the list {}.", list.name()),
    };
    if let Some(name) = list.opposite()
        && let Some(entries) = document.get_mut(name).and_then(Value::as_array_mut)
    {
        let before = entries.len();
        entries.retain(|entry| !domains.iter().any(|domain| entry.as_str() == Some(domain)));
        if entries.len() < before {
            said.push_str(" The opposite list no longer has them.");
        }
    }
    said.push_str(" You have not published it yet: review the change.");
    Some(said)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn put_into(document: Value, list: List, domains: &[&str]) -> (Value, Option<String>) {
        let Value::Object(mut members) = document else { panic!("no object") };
        let domains: Vec<String> = domains.iter().map(|domain| (*domain).to_owned()).collect();
        let said = put(&mut members, list, &domains);
        (Value::Object(members), said)
    }

    #[test]
    fn a_domain_is_added_to_the_chosen_list_and_removed_from_the_opposite_one() {
        let before = json!({ "mode": "audit", "allow": ["army.ml", "x.example"] });
        let (after, said) = put_into(before, List::Deny, &["army.ml"]);
        assert_eq!(after, json!({ "mode": "audit", "allow": ["x.example"], "deny": ["army.ml"] }));
        assert!(said.unwrap().starts_with("army.ml was added to the list Deny. The opposite list"));
    }

    #[test]
    fn a_list_gets_no_domain_twice() {
        let before = json!({ "protected": { "builtin": true, "domains": ["army.nl"] } });
        let (after, said) = put_into(before.clone(), List::Protect, &["army.nl"]);
        assert_eq!(after, before);
        assert!(said.unwrap().contains("already has"));
        let (after, said) = put_into(json!({}), List::Protect, &["a.example", "b.example"]);
        assert_eq!(after, json!({ "protected": { "domains": ["a.example", "b.example"] } }));
        assert!(said.unwrap().starts_with("2 domains were added to the list Protected domains."));
    }

    #[test]
    fn a_malformed_list_stays_as_it_is() {
        for (document, list) in
            [(json!({ "deny": "x" }), List::Deny), (json!({ "protected": 1 }), List::Protect)]
        {
            assert_eq!(put_into(document.clone(), list, &["army.ml"]), (document, None));
        }
    }
}
