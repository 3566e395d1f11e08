//! Groups of the provider that give a role for one group of the server.

use milguard::server::admin::new_link;
use serde_json::json;

use super::{
    super::person::Person,
    is_in, leads_to, new_token,
    provider::{Provider, Says},
    read_events, sign_in,
};
use crate::server::backend::{Backend, Kind, on_both_databases};

const GROUPS: [(&str, &str); 3] =
    [("navy", "organisation"), ("submarines", "navy"), ("fleet", "organisation")];

fn backend(kind: Kind, provider: &Provider) -> Backend {
    let backend = Backend::start_with(kind, |options| options.sign_in = provider.options());
    backend.with_store(async |store| {
        for (id, parent) in GROUPS {
            store.create_group(id, &format!("{id}-name"), parent, None).await.unwrap();
        }
    });
    backend
}

/// The groups whose policy a person sees.
fn sees(person: &Person<'_>) -> Vec<&'static str> {
    let groups = ["organisation", "navy", "submarines", "fleet"].into_iter();
    groups
        .filter(|group| {
            let status = person.get(&format!("/admin/policy/{group}")).status;
            assert!([200, 404].contains(&status), "{group}: {status}");
            status == 200
        })
        .collect()
}

on_both_databases! {
    fn a_group_of_the_provider_gives_a_role_for_one_group_of_the_server(kind) {
        let provider = Provider::start();
        let backend = backend(kind, &provider);
        let ann = Person::admin(&backend, "ann");
        for (groups, words, groups_here, events) in [
            (&["navy-soc"][..], "bob, analyst for navy-name", &["navy", "submarines"][..], 200),
            (&["navy-soc", "fleet-soc"], "bob, analyst for fleet-name", &["fleet"], 200),
            (&["navy-soc", "staff"], "bob, analyst for navy-name", &["navy", "submarines"], 200),
            (&["navy-soc", "soc"], "bob, analyst: ", &["organisation", "navy", "submarines", "fleet"], 200),
            (&["navy-admins", "soc"], "bob, admin for navy-name", &["navy", "submarines"], 200),
            (&["staff"], "bob, viewer: ", &["organisation", "navy", "submarines", "fleet"], 403),
        ] {
            provider.knows("b-1", "bob", groups);
            let bob = Person::stranger(&backend);
            leads_to(&sign_in(&bob, &provider));
            let account = bob.get("/admin/account").body;
            assert!(account.contains(words), "{groups:?}: {account}");
            assert_eq!(sees(&bob), groups_here, "{groups:?}");
            assert_eq!(bob.get("/admin/events").status, events, "{groups:?}");
            assert_eq!(bob.get("/admin/users").status, 403, "{groups:?}");
        }
        let log = ann.get("/admin/audit.csv").body;
        for words in [
            "user-created,bob,\"for navy, by the Ministry\"",
            "user-group,bob,\"navy to fleet, by the Ministry\"",
            "user-group,bob,\"navy to the organisation, by the Ministry\"",
            "user-role,bob,\"analyst to admin, by the Ministry\"",
        ] {
            assert!(log.contains(words), "{words}: {log}");
        }
    }

    fn a_role_for_another_group_ends_sessions_and_tokens(kind) {
        let provider = Provider::start();
        let backend = backend(kind, &provider);
        provider.knows("b-1", "bob", &["soc"]);
        let bob = Person::stranger(&backend);
        leads_to(&sign_in(&bob, &provider));
        let token = new_token(&bob);
        let reads = || read_events(&backend, &token);
        assert_eq!(reads(), 200);
        // Signing in with the same groups ends nothing.
        let again = Person::stranger(&backend);
        leads_to(&sign_in(&again, &provider));
        assert!(is_in(&bob) && reads() == 200);
        provider.knows("b-1", "bob", &["navy-soc"]);
        let in_navy = Person::stranger(&backend);
        leads_to(&sign_in(&in_navy, &provider));
        assert!(is_in(&in_navy) && !is_in(&bob) && !is_in(&again));
        assert_eq!(reads(), 401);
        provider.knows("b-1", "bob", &["fleet-soc"]);
        let in_fleet = Person::stranger(&backend);
        leads_to(&sign_in(&in_fleet, &provider));
        assert!(is_in(&in_fleet) && !is_in(&in_navy));
    }

    fn a_role_for_a_group_that_does_not_exist_lets_nobody_in(kind) {
        let provider = Provider::start();
        let backend = backend(kind, &provider);
        let ann = Person::admin(&backend, "ann");
        provider.knows("b-1", "bob", &["fleet-soc"]);
        let bob = Person::stranger(&backend);
        leads_to(&sign_in(&bob, &provider));
        // A group that somebody has a role for cannot be removed.
        assert_eq!(ann.post("/admin/groups/fleet/remove", &[]).status, 409);
        assert_eq!(ann.post("/admin/groups/submarines/remove", &[]).status, 303);
        assert_eq!(ann.post("/admin/groups/navy/remove", &[]).status, 303);
        provider.knows("b-1", "bob", &["navy-soc", "staff"]);
        let other = Person::stranger(&backend);
        let refused = sign_in(&other, &provider);
        assert_eq!(refused.status, 403);
        assert!(refused.body.contains("for the group navy of this server"), "{}", refused.body);
        assert!(!is_in(&other) && !is_in(&bob));
        let log = ann.get("/admin/audit.csv").body;
        assert!(log.contains("no-group"), "{log}");
    }

    fn an_administrator_sets_groups_only_where_the_provider_sets_none(kind) {
        let provider = Provider::start();
        let backend = backend(kind, &provider);
        let ann = Person::admin(&backend, "ann");
        let to = |group: &str| {
            ann.post(&format!("/admin/users/{}/group", ann.id_of("bob")), &[("group", group)]).status
        };
        let bob = Person::stranger(&backend);
        let signs_in = |groups: &[&str]| {
            provider.knows("b-1", "bob", groups);
            bob.cookies.borrow_mut().clear();
            leads_to(&sign_in(&bob, &provider));
            sees(&bob)
        };
        assert_eq!(signs_in(&["soc"]).len(), 4);
        assert_eq!(to("navy"), 303);
        assert_eq!(signs_in(&["soc"]), ["navy", "submarines"]);
        assert_eq!(signs_in(&["staff"]), ["navy", "submarines"], "another role for the same group");
        assert_eq!(signs_in(&["fleet-soc"]), ["fleet"]);
        assert_eq!(to("navy"), 400);
        assert_eq!(to("organisation"), 400);
        let users = ann.get("/admin/users").body;
        assert!(users.contains("and the group that it is for,"), "{users}");
        assert!(!users.contains("Change the group"), "{users}");
        // The provider's limit ends with the group that gave it.
        assert_eq!(signs_in(&["soc"]).len(), 4);
        assert_eq!(to("navy"), 303);
    }
}

#[test]
fn a_person_whose_role_is_now_for_another_group_cannot_confirm_a_change() {
    let provider = Provider::start();
    let backend = backend(Kind::Sqlite, &provider);
    let now = jiff::Timestamp::now().as_second();
    let says = |groups: &[&str], auth_time: i64| {
        let claims = json!({
            "sub": "bob", "preferred_username": "bob", "groups": groups, "auth_time": auth_time,
        });
        provider.says(Says { claims, ..Says::default() });
    };
    let bob = Person::stranger(&backend);
    says(&["navy-admins"], now - 3_600);
    leads_to(&sign_in(&bob, &provider));
    let anew = || {
        let location = bob.get("/admin/account/confirm").headers["location"].clone();
        bob.get(&provider.answer(&location))
    };
    says(&["navy-admins"], now);
    assert_eq!(leads_to(&anew()), "/admin/account/confirmed");
    says(&["mail-admins"], now);
    let refused = anew();
    assert_eq!(refused.status, 403);
    assert!(refused.body.contains("Your role has changed"), "{}", refused.body);
    assert!(!is_in(&bob));
}

#[test]
fn the_emergency_link_stays_valid_when_an_administrator_of_one_group_signs_in() {
    let provider = Provider::start();
    let backend = backend(Kind::Sqlite, &provider);
    let link = backend.with_store(async |store| new_link(&store).await.unwrap());
    provider.knows("b-1", "bob", &["navy-admins"]);
    let bob = Person::stranger(&backend);
    leads_to(&sign_in(&bob, &provider));
    assert_eq!(bob.get("/admin/users").status, 403);
    assert_eq!(Person::stranger(&backend).get(&link).status, 200, "the link stays valid");
}
