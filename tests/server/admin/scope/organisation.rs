//! An organisation in which each group has something of everything.

use std::collections::BTreeMap;

use milguard::server::admin::Role;
use milguard::store::{Deployment, EventFilter};
use serde_json::{Value, json};

use super::super::person::{PASSWORD, Person};
use crate::server::{
    backend::{Backend, Kind, event, wait_for},
    client::enrol,
};

/// The things of a group. Each contains the group's name, so that a test finds it wherever it
/// appears.
pub(super) struct Belongings {
    pub(super) deployment: String,
    pub(super) client: String,
    pub(super) event: String,
    pub(super) message: String,
    /// The key of the client.
    pub(super) key: String,
}

/// An organisation with the groups `finance`, `payroll` below it, and `navy` beside it.
pub(super) struct Organisation {
    pub(super) backend: Backend,
    pub(super) groups: BTreeMap<&'static str, Belongings>,
}

const GROUPS: [(&str, &str); 3] =
    [("finance", "organisation"), ("payroll", "finance"), ("navy", "organisation")];

impl Organisation {
    pub(super) fn start(kind: Kind) -> Self {
        let backend = Backend::start(kind);
        let ann = Person::admin(&backend, "ann");
        let mut groups = BTreeMap::new();
        for (id, parent) in GROUPS {
            let name = format!("{id}-name");
            let made =
                ann.post("/admin/groups", &[("id", id), ("name", &name), ("parent", parent)]);
            assert_eq!(made.status, 303, "{}", made.body);
            groups.insert(id, belongings(&backend, &ann, id));
        }
        drop(ann);
        Self { backend, groups }
    }

    pub(super) fn admin(&self) -> Person<'_> {
        let ann = Person::stranger(&self.backend);
        assert_eq!(ann.sign_in("ann", PASSWORD).status, 303);
        ann
    }

    /// Somebody with a role for a group.
    pub(super) fn member(&self, name: &str, role: Role, group: &str) -> Person<'_> {
        let form = [
            ("name", name),
            ("role", role.as_str()),
            ("group", group),
            ("password", PASSWORD),
            ("again", PASSWORD),
        ];
        let made = self.admin().post("/admin/users", &form);
        assert_eq!(made.status, 303, "{}", made.body);
        let person = Person::stranger(&self.backend);
        assert_eq!(person.sign_in(name, PASSWORD).status, 303);
        person
    }

    /// Fails if the text shows something of the group `navy`.
    pub(super) fn shows_nothing_foreign(&self, what: &str, body: &str) {
        let navy = &self.groups["navy"];
        let mut signs =
            vec!["navy-", "value=\"navy\"", "value=\"default\"", "/navy", version("navy")];
        signs.extend([&*navy.deployment, &navy.client, &navy.event, &navy.message]);
        for sign in signs {
            assert!(!body.contains(sign), "{what} shows {sign}: {body}");
        }
    }

    /// A path of the table of pages, with the ids of a group's things as parameters.
    pub(super) fn filled(&self, path: &str, group: &str) -> String {
        let belongings = &self.groups[group];
        path.replace("{group}", group)
            .replace("{deployment}", &belongings.deployment)
            .replace("{client}", &belongings.client)
            .replace("{event}", &belongings.event)
            .replace("{version}", "1")
            .replace(['{', '}'], "")
    }

    /// The stored state of a group.
    pub(super) fn state(&self, group: &'static str) -> Vec<String> {
        let Belongings { client, .. } = &self.groups[group];
        self.backend.with_store(async |store| {
            let all = EventFilter { group: Some(group.to_owned()), ..EventFilter::default() };
            vec![
                format!("{:?}", store.group(group).await.unwrap()),
                format!("{:?}", store.policy_history(group, None, 9).await.unwrap()),
                format!("{:?}", store.events(&all, None, 9).await.unwrap().events),
                format!("{:?}", store.client(client).await.unwrap().shut_out),
                format!(
                    "{:?}",
                    store.deployments().await.unwrap().iter().map(open).collect::<Vec<_>>()
                ),
            ]
        })
    }
}

/// The fields of a deployment that only an administrator changes. The last use of its token is left
/// out, because the server stores it with a delay.
fn open(deployment: &Deployment) -> (String, Option<i64>, Option<i64>) {
    let token = &deployment.token;
    (token.label.clone(), token.revoked, token.clients_out)
}

/// Fills a group: a policy, a deployment, a client, and an event with every member.
fn belongings(backend: &Backend, ann: &Person<'_>, id: &str) -> Belongings {
    let document = json!({ "reporting": "address", "deny": [format!("{id}-denied.example")] });
    let (document, comment) = (document.to_string(), format!("{id}-comment"));
    let form = [("as", "json"), ("expected", "0"), ("document", &*document), ("comment", &comment)];
    let published = ann.post(&format!("/admin/policy/{id}/publish"), &form);
    assert_eq!(published.status, 303, "{}", published.body);
    let form = [("group", id), ("label", &format!("{id}-rollout"))];
    let made = ann.post("/admin/deployments", &form);
    assert_eq!(made.status, 303, "{}", made.body);
    let path = made.headers["location"].trim_start_matches("/admin/deployments/").to_owned();
    let deployment = path.split('?').next().unwrap().to_owned();
    let token =
        backend.with_store(async |store| store.deployment(&deployment).await.unwrap().token_text());
    let says = json!({ "host": "outlook", "clientVersion": version(id) }).to_string();
    let enrolled = enrol(backend.address, &token, &says);
    assert_eq!(enrolled.status, 200, "{}", enrolled.body);
    let enrolled: Value = serde_json::from_str(&enrolled.body).unwrap();
    let key = enrolled["key"].as_str().unwrap().to_owned();
    let mut sent = event();
    sent["domain"] = json!(format!("{id}-event.ml"));
    sent["address"] = json!(format!("{id}-person@{id}-event.ml"));
    sent["action"] = json!("sent-anyway");
    let headers = format!("Authorization: Bearer {key}\r\nContent-Type: application/json\r\n");
    let body = json!({ "events": [sent] }).to_string();
    wait_for("the policy of the group", || {
        let asks = format!("Authorization: Bearer {key}\r\n");
        backend.request("GET /v1/policy", &asks, "").body.contains(&format!("{id}-denied"))
    });
    assert_eq!(backend.request("POST /v1/events", &headers, &body).status, 200);
    let text = |name: &str| sent[name].as_str().unwrap().to_owned();
    let client = enrolled["client"].as_str().unwrap().to_owned();
    wait_for("the client", || {
        backend.with_store(async |store| store.client(&client).await.is_ok())
    });
    Belongings { deployment, client, event: text("id"), message: text("message"), key }
}

/// The version of a group's clients, which no other group has.
pub(super) fn version(group: &str) -> &'static str {
    let versions = [("finance", "111.1.1"), ("payroll", "222.2.2"), ("navy", "333.3.3")];
    versions.into_iter().find(|(id, _)| *id == group).unwrap().1
}
