//! People's changes to their own account, and administrators' changes to other accounts.

use super::person::{PASSWORD, Person};
use crate::server::backend::{Backend, on_both_databases};

const OTHER: &str = "another sentence that is long";

on_both_databases! {
    fn a_new_password_ends_every_other_session(kind) {
        let backend = Backend::start(kind);
        let ann = Person::admin(&backend, "ann");
        let elsewhere = Person::stranger(&backend);
        assert_eq!(elsewhere.sign_in("ann", PASSWORD).status, 303);
        let form = |current, new| [("current", current), ("password", new), ("again", new)];
        assert_eq!(ann.post("/admin/account/password", &form("wrong", OTHER)).status, 422);
        assert_eq!(ann.post("/admin/account/password", &form(PASSWORD, "short")).status, 422);
        assert_eq!(elsewhere.get("/admin").status, 200);
        let done = ann.post("/admin/account/password", &form(PASSWORD, OTHER));
        assert_eq!(done.headers["location"], "/admin/account?done=password");
        assert_eq!(ann.get("/admin").status, 200);
        assert_eq!(elsewhere.get("/admin").status, 303);
        assert_eq!(elsewhere.sign_in("ann", PASSWORD).status, 401);
        assert_eq!(elsewhere.sign_in("ann", OTHER).status, 303);
    }

    fn a_person_can_sign_out_everywhere_or_in_one_browser(kind) {
        let backend = Backend::start(kind);
        let ann = Person::admin(&backend, "ann");
        let others = [Person::stranger(&backend), Person::stranger(&backend)];
        for other in &others {
            other.sign_in("ann", PASSWORD);
        }
        let body = ann.get("/admin/account").body;
        let rows: Vec<&str> = body.split("<tr>").filter(|row| row.contains("/sessions/")).collect();
        assert_eq!(rows.len(), 3);
        let other = rows.iter().find(|row| !row.contains("this browser")).unwrap();
        let path = other.split("action=\"").nth(1).unwrap().split('"').next().unwrap();
        assert_eq!(ann.post(path, &[]).headers["location"], "/admin/account?done=session-ended");
        let left = others.iter().filter(|other| other.get("/admin").status == 200).count();
        assert_eq!(left, 1);
        ann.post("/admin/sign-out-everywhere", &[]);
        for person in others.iter().chain([&ann]) {
            assert_eq!(person.get("/admin").status, 303);
        }
    }

    fn a_user_who_is_changed_loses_sessions_and_tokens_at_once(kind) {
        let backend = Backend::start(kind);
        let ann = Person::admin(&backend, "ann");
        let bob = Person::user(&ann, "bob", "admin");
        let id = ann.id_of("bob");
        for (what, form) in [("role", vec![("role", "viewer")]), ("disable", Vec::new())] {
            bob.sign_in("bob", PASSWORD);
            assert_eq!(bob.get("/admin").status, 200);
            let done = ann.post(&format!("/admin/users/{id}/{what}"), &form);
            assert_eq!(done.status, 303, "{what}: {}", done.body);
            assert_eq!(bob.get("/admin").status, 303, "{what}");
        }
        assert_eq!(bob.sign_in("bob", PASSWORD).status, 401, "the account is disabled");
        ann.post(&format!("/admin/users/{id}/enable"), &[]);
        let form = [("password", OTHER), ("again", OTHER)];
        assert_eq!(ann.post(&format!("/admin/users/{id}/password"), &form).status, 303);
        assert_eq!(bob.sign_in("bob", OTHER).status, 303);
        assert_eq!(bob.get("/admin/users").status, 403, "bob has become a viewer");
        ann.post(&format!("/admin/users/{id}/delete"), &[]);
        assert_eq!(bob.get("/admin").status, 303);
        assert_eq!(bob.sign_in("bob", OTHER).status, 401);
        let log = ann.get("/admin/audit").body;
        for action in ["user-created", "user-role", "user-disabled", "user-enabled", "user-password", "user-deleted"] {
            assert!(log.contains(&format!(">{action}</td>")), "{action}");
        }
    }

    fn nobody_can_disable_their_own_account(kind) {
        let backend = Backend::start(kind);
        let ann = Person::admin(&backend, "ann");
        let bob = Person::user(&ann, "bob", "admin");
        let id = bob.id_of("ann");
        let own = ann.post(&format!("/admin/users/{id}/disable"), &[]);
        assert_eq!(own.status, 400);
        assert!(own.body.contains("This is you"));
        assert_eq!(ann.post("/admin/users/nobody/delete", &[]).status, 404);
        let taken = [("name", "ANN"), ("role", "viewer"), ("password", PASSWORD), ("again", PASSWORD)];
        assert_eq!(ann.post("/admin/users", &taken).status, 409);
    }
}
