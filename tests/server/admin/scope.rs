//! Roles for one group: every page and every route, with somebody who must see nothing of any other group.

mod organisation;
mod ways;

use std::collections::BTreeSet;

use milguard::server::admin::{Access, Role, rules};

use super::person::{PASSWORD, Person};
use crate::server::{
    backend::{Kind, on_both_databases, wait_for},
    client::Response,
};
use organisation::{Belongings, Organisation, version};

fn ask(person: &Person<'_>, method: &str, path: &str, form: &[(&str, &str)]) -> Response {
    if method == "GET" { person.get(path) } else { person.post(path, form) }
}

/// Method and path of each page that needs a role, and the least role for a group that opens it;
/// `None` if only a role for the organisation does.
fn walked() -> Vec<(String, &'static str, Option<Role>)> {
    let rules = rules().into_iter().filter(|rule| !rule.path.contains("sign-out"));
    let rules = rules.filter_map(|rule| match rule.access {
        Access::Anyone | Access::Half => None,
        Access::Role(_) => Some((rule.method.to_string(), rule.path, None)),
        Access::Within(role) => Some((rule.method.to_string(), rule.path, Some(role))),
    });
    rules.collect()
}

on_both_databases! {
    fn no_page_shows_or_changes_anything_of_another_group(kind) {
        let organisation = Organisation::start(kind);
        let before = organisation.state("navy");
        for role in Role::ALL {
            let person = organisation.member(&format!("{role}-f"), role, "finance");
            for (method, path, needed) in walked() {
                let names_thing = ["{group}", "{deployment}", "{client}", "{event}"]
                    .iter()
                    .any(|part| path.contains(part));
                let (own, foreign) =
                    (organisation.filled(path, "finance"), organisation.filled(path, "navy"));
                let what = |path: &str| format!("{role} {method} {path}");
                let is_let_in = needed.is_some_and(|needed| role >= needed);
                if !is_let_in {
                    for path in [&own, &foreign] {
                        let answer = ask(&person, &method, path, &[]);
                        assert_eq!(answer.status, 403, "{}", what(path));
                        organisation.shows_nothing_foreign(&what(path), &answer.body);
                    }
                    continue;
                }
                if names_thing {
                    let answer = ask(&person, &method, &foreign, &[]);
                    assert_eq!(answer.status, 404, "{}", what(&foreign));
                    organisation.shows_nothing_foreign(&what(&foreign), &answer.body);
                }
                // Pages that only show something are also tried with things of the person's own
                // group; changes have their own tests.
                if method == "GET" {
                    let answer = person.get(&own);
                    assert!(answer.status == 200 || path.starts_with("/admin/account/"), "{}", what(&own));
                    organisation.shows_nothing_foreign(&what(&own), &answer.body);
                }
                // A request may also name a group in its query or form.
                for group in ["navy", "organisation", "default", " navy "] {
                    for name in ["group", "parent"] {
                        let query = format!("{own}?{name}={}", group.replace(' ', "+"));
                        let answer = if method == "GET" {
                            person.get(&query)
                        } else {
                            person.post(&own, &[(name, group), ("label", "x")])
                        };
                        assert_eq!(answer.status, 404, "{} {name}={group}", what(&own));
                        organisation.shows_nothing_foreign(&query, &answer.body);
                    }
                }
            }
        }
        assert_eq!(organisation.state("navy"), before);
    }

    fn lists_show_only_the_groups_of_the_role(kind) {
        let organisation = Organisation::start(kind);
        let person = organisation.member("fay", Role::Admin, "finance");
        for (path, signs) in [
            ("/admin", &["finance-event.ml", "payroll-event.ml", "<span class=\"tile-number\">2</span>"][..]),
            ("/admin?group=payroll", &["payroll-event.ml", "<span class=\"tile-number\">1</span>"]),
            ("/admin/events", &["finance-person@", "payroll-person@", "2 events"]),
            ("/admin/events.csv", &["finance-person@", "payroll-person@"]),
            ("/admin/events.jsonl?group=finance", &["finance-person@", "payroll-person@"]),
            ("/admin/policy", &["finance-name", "payroll-comment"]),
            ("/admin/deployments", &["finance-rollout", "payroll-rollout"]),
            ("/admin/clients", &[version("finance"), version("payroll"), "<strong>2</strong> clients"]),
        ] {
            wait_for(path, || signs.iter().all(|sign| person.get(path).body.contains(sign)));
            organisation.shows_nothing_foreign(path, &person.get(path).body);
        }
        let Belongings { client, message, event, .. } = &organisation.groups["navy"];
        for query in [
            format!("client={client}"),
            format!("message={message}"),
            "q=navy".to_owned(),
            "domain=navy-event.ml".to_owned(),
            "address=navy-person%40navy-event.ml".to_owned(),
            format!("after={}_{event}", i64::MAX),
        ] {
            let own = query.starts_with("after");
            let page = person.get(&format!("/admin/events?{query}"));
            assert_eq!(page.body.matches("class=\"outcome").count(), if own { 2 } else { 0 }, "{query}");
            let lines = person.get(&format!("/admin/events.jsonl?{query}")).body;
            assert!(!lines.contains("navy-"), "{query}: {lines}");
        }
        // An administrator of the whole organisation still sees everything.
        let ann = organisation.admin();
        assert!(ann.get("/admin/events").body.contains("3 events"));
        wait_for("all clients", || ann.get("/admin/clients").body.contains("<strong>3</strong> clients"));
    }

    fn a_person_can_change_policies_and_clients_in_the_group_of_their_role(kind) {
        let organisation = Organisation::start(kind);
        let person = organisation.member("fay", Role::Admin, "finance");
        let document = r#"{"reporting":"address","deny":["new.example"]}"#;
        let form = |expected| {
            [("as", "json"), ("expected", expected), ("document", document), ("comment", "mine")]
        };
        let review = person.post("/admin/policy/payroll/review", &form("1"));
        assert_eq!(review.status, 200, "{}", review.body);
        organisation.shows_nothing_foreign("the review", &review.body);
        assert_eq!(person.post("/admin/policy/payroll/publish", &form("1")).status, 303);
        assert!(person.get("/admin/policy/payroll").body.contains("new.example"));
        let made = person.post("/admin/deployments", &[("group", "payroll"), ("label", "second")]);
        assert_eq!(made.status, 303, "{}", made.body);
        let Belongings { client, deployment, .. } = &organisation.groups["payroll"];
        for path in [
            format!("/admin/clients/{client}/remove-events"),
            format!("/admin/clients/{client}/shut-out"),
            format!("/admin/deployments/{deployment}/close"),
        ] {
            assert_eq!(person.post(&path, &[]).status, 303, "{path}");
        }
        let log = organisation.admin().get("/admin/audit.csv").body;
        for action in ["policy-published", "deployment-created", "client-events-removed", "client-shut-out", "deployment-closed"] {
            let line = log.lines().any(|line| line.contains("fay") && line.contains(action));
            assert!(line, "{action}: {log}");
        }
    }

    fn a_role_follows_moved_groups_and_a_new_role_ends_sessions_and_tokens(kind) {
        let organisation = Organisation::start(kind);
        let ann = organisation.admin();
        let person = organisation.member("fay", Role::Analyst, "finance");
        let moves = |id: &str, parent: &str| {
            let name = format!("{id}-name");
            let moved = ann.post(&format!("/admin/groups/{id}"), &[("name", &name), ("parent", parent)]);
            assert_eq!(moved.status, 303, "{}", moved.body);
        };
        let sees = |group: &str| {
            let body = person.get("/admin/events").body;
            assert_eq!(person.get(&format!("/admin/policy/{group}")).status == 200, body.contains(&format!("{group}-person@")));
            body.contains(&format!("{group}-person@"))
        };
        assert!(sees("finance") && sees("payroll") && !sees("navy"));
        moves("payroll", "organisation");
        assert!(sees("finance") && !sees("payroll"));
        moves("navy", "finance");
        assert!(sees("navy"));
        moves("navy", "organisation");
        assert!(!sees("navy"));
        // A group that somebody has a role for cannot be removed.
        let spare = [("id", "spare"), ("name", "Spare"), ("parent", "organisation")];
        assert_eq!(ann.post("/admin/groups", &spare).status, 303);
        organisation.member("sam", Role::Viewer, "spare");
        let refused = ann.post("/admin/groups/spare/remove", &[]);
        assert!(refused.status == 409 && refused.body.contains("have a role for"), "{}", refused.body);
        // An analyst of the whole organisation becomes an analyst of one group: earlier sessions
        // and tokens end.
        let bob = Person::user(&ann, "bob", "analyst");
        let made = bob.post("/admin/tokens", &[("name", "t"), ("days", "9"), ("events", "on"), ("summary", "on")]);
        let token = format!("mg_api_{}", made.body.split("mg_api_").nth(1).unwrap().split(['"', '<', ' ', '&']).next().unwrap());
        let asks = |path: &str| {
            organisation.backend.request(&format!("GET {path}"), &format!("Authorization: Bearer {token}\r\n"), "").status
        };
        let routes = ["/v1/admin/events", "/v1/admin/summary", "/v1/admin/clients"];
        assert_eq!(routes.map(asks), [200; 3], "{}", made.body);
        let id = ann.id_of("bob");
        let to = |group: &str| ann.post(&format!("/admin/users/{id}/group"), &[("group", group)]);
        assert_eq!(to("nowhere").status, 404);
        assert_eq!(routes.map(asks), [200; 3]);
        assert_eq!(to("navy").status, 303);
        assert_eq!(routes.map(asks), [401; 3]);
        assert_eq!(bob.get("/admin").status, 303, "the session has ended");
        assert_eq!(bob.sign_in("bob", PASSWORD).status, 303);
        assert_eq!(bob.get("/admin/policy/navy").status, 200);
        assert_eq!(bob.get("/admin/policy/finance").status, 404);
        assert_eq!(bob.get("/admin/tokens").status, 403);
        assert_eq!(to("organisation").status, 303);
        assert_eq!(bob.sign_in("bob", PASSWORD).status, 303);
        assert_eq!(bob.get("/admin/policy/finance").status, 200);
        let log = ann.get("/admin/audit.csv").body;
        assert!(log.contains("the organisation to navy") && log.contains("navy to the organisation"), "{log}");
    }
}

/// Follows every link, which must open a page, and checks that the person may send every form: no
/// page may offer what the gate refuses.
#[test]
fn pages_offer_nothing_that_a_role_for_a_group_does_not_open() {
    let organisation = Organisation::start(Kind::Sqlite);
    for role in Role::ALL {
        let person = organisation.member(&format!("{role}-f"), role, "finance");
        let mut waiting = vec!["/admin".to_owned()];
        let mut seen = BTreeSet::new();
        while let Some(path) = waiting.pop() {
            if !seen.insert(path.clone()) {
                continue;
            }
            let page = person.get(&path);
            assert_eq!(page.status, 200, "{role} {path}");
            organisation.shows_nothing_foreign(&path, &page.body);
            let is_html = page.headers["content-type"].starts_with("text/html");
            let values = |name: &str| -> Vec<String> {
                let parts = page.body.split(name).skip(1).filter(|_| is_html);
                parts.map(|rest| rest.split('"').next().unwrap().replace("&#38;", "&")).collect()
            };
            let is_page = |rest: &String| !matches!(rest.rsplit_once('.'), Some((_, "css")));
            for rest in values("href=\"/admin").into_iter().filter(is_page) {
                let link = format!("/admin{}", rest.split('#').next().unwrap());
                // Filters and days combine in too many ways to try them all; sixty searches are
                // enough.
                let searches = seen.iter().chain(&waiting).filter(|it| it.contains('?')).count();
                if !link.contains('?') || searches < 60 {
                    waiting.push(link);
                }
            }
            for action in values("<form method=\"post\" action=\"") {
                let is_allowed = rules().into_iter().any(|rule| {
                    rule.method == "POST"
                        && matches!(rule.access, Access::Within(needed) if role >= needed)
                        && is_of(rule.path, &action)
                });
                assert!(is_allowed, "{role} {path} offers {action}");
            }
        }
        assert!(seen.len() > 8, "{seen:?}");
    }
}

/// Whether a rule covers a path.
fn is_of(rule: &str, path: &str) -> bool {
    let (rule, path) = (rule.split('/'), path.split('/'));
    rule.clone().count() == path.clone().count()
        && rule.zip(path).all(|(rule, part)| rule.starts_with('{') || rule == part)
}
