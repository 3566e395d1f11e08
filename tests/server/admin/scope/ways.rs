//! Ways around a role for one group: the same request, written in another way.

use std::collections::BTreeSet;

use milguard::server::admin::{Access, Role, rules};
use serde_json::json;

use super::{super::person::encode, organisation::Organisation};
use crate::server::backend::{event, on_both_databases, wait_for};

/// The gate finds out to which group the thing in a path belongs. A new kind of thing needs a line
/// in `auth::within`.
#[test]
fn the_gate_knows_every_part_of_the_paths_that_are_open_to_a_group() {
    let rules = rules().into_iter().filter(|rule| matches!(rule.access, Access::Within(_)));
    let parts: BTreeSet<&str> = rules
        .flat_map(|rule| rule.path.split('/'))
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .collect();
    let known = ["client", "deployment", "event", "group", "session", "version"];
    assert_eq!(parts, known.into());
}

on_both_databases! {
    fn another_spelling_does_not_open_another_group(kind) {
        let organisation = Organisation::start(kind);
        let before = organisation.state("navy");
        let person = organisation.member("fay", Role::Admin, "finance");
        for query in [
            "group=finance&group=navy",
            "group=navy&group=finance",
            "group=&group=navy",
            "g%72oup=n%61vy",
            "days=7&group=navy",
            "group=navy%20",
            "group=%E2%80%8Bnavy",
            "parent=finance&parent=navy",
        ] {
            for path in ["/admin", "/admin/events", "/admin/events.csv", "/admin/deployments", "/admin/clients"] {
                let answer = person.get(&format!("{path}?{query}"));
                assert_eq!(answer.status, 404, "{path}?{query}");
                organisation.shows_nothing_foreign(query, &answer.body);
            }
            let csrf = person.token("/admin/account");
            let body = format!("{}&{query}", encode(&[("csrf", &csrf), ("label", "x")]));
            assert_eq!(person.post_raw("/admin/deployments", &body, "").status, 404, "{query}");
            // The query of the address names one group, the form another.
            let path = format!("/admin/deployments?{query}");
            let body = encode(&[("csrf", &csrf), ("label", "x"), ("group", "finance")]);
            assert_eq!(person.post_raw(&path, &body, "").status, 404, "{query}");
        }
        for path in ["/admin/policy/n%61vy", "/admin/policy/%6E%61%76%79/edit", "/admin/policy/navy%20"] {
            let answer = person.get(path);
            assert_eq!(answer.status, 404, "{path}");
            organisation.shows_nothing_foreign(path, &answer.body);
        }
        // An empty group must not mean every group.
        for group in ["", " "] {
            let made = person.post("/admin/deployments", &[("group", group), ("label", "x")]);
            assert_eq!(made.status, 422, "{}", made.body);
            organisation.shows_nothing_foreign("no group", &made.body);
        }
        assert_eq!(organisation.state("navy"), before);
    }

    fn the_other_recipients_of_a_message_are_those_of_the_role_s_groups(kind) {
        let organisation = Organisation::start(kind);
        let person = organisation.member("fay", Role::Analyst, "finance");
        // Clients of two groups may use the same id for a message.
        let message = uuid::Uuid::new_v4().to_string();
        let mut ids = Vec::new();
        for group in ["finance", "payroll", "navy"] {
            let mut sent = event();
            sent["message"] = json!(message);
            sent["domain"] = json!(format!("{group}-shared.ml"));
            sent["address"] = json!(format!("{group}-other@{group}-shared.ml"));
            let key = &organisation.groups[group].key;
            let headers = format!("Authorization: Bearer {key}\r\nContent-Type: application/json\r\n");
            let body = json!({ "events": [sent] }).to_string();
            assert_eq!(organisation.backend.request("POST /v1/events", &headers, &body).status, 200);
            ids.push(sent["id"].as_str().unwrap().to_owned());
        }
        let shown = || person.get(&format!("/admin/events/{}", ids[0])).body;
        wait_for("the other recipient", || shown().contains("payroll-other@"));
        organisation.shows_nothing_foreign("an event", &shown());
        let found = person.get(&format!("/admin/events?message={message}")).body;
        assert!(found.contains("2 events") && !found.contains("navy-other@"), "{found}");
        assert_eq!(person.get(&format!("/admin/events/{}", ids[2])).status, 404);
    }
}
