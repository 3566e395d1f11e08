//! Signing in: the set-up link, passwords, guesses, one-time codes.

use milguard::server::admin::{code_at, new_link, setup_link};

use super::person::{PASSWORD, Person};
use crate::server::backend::{Backend, Kind, on_both_databases};

fn seconds() -> u64 {
    u64::try_from(jiff::Timestamp::now().as_second()).unwrap()
}

on_both_databases! {
    fn a_set_up_link_makes_one_administrator_and_is_used_up(kind) {
        let backend = Backend::start(kind);
        let link = backend.with_store(async |store| setup_link(&store).await.unwrap()).unwrap();
        let ann = Person::stranger(&backend);
        assert_eq!(ann.get(&link).status, 200);
        for (password, again, status) in
            [("short", "short", 422), (PASSWORD, "another sentence", 422), (PASSWORD, PASSWORD, 303)]
        {
            let form = [("name", "Ann"), ("password", password), ("again", again)];
            assert_eq!(ann.post(&link, &form).status, status, "{password}");
        }
        assert!(ann.get("/admin").body.contains("ann"));
        let bob = Person::stranger(&backend);
        assert_eq!(bob.get(&link).status, 404);
        let form = [("name", "bob"), ("password", PASSWORD), ("again", PASSWORD)];
        assert_eq!(bob.post(&link, &form).status, 404);
        let again = backend.with_store(async |store| setup_link(&store).await.unwrap());
        assert_eq!(again, None, "an administrator exists");
    }

    fn a_new_set_up_link_from_the_database_creates_another_administrator(kind) {
        let backend = Backend::start(kind);
        let ann = Person::admin(&backend, "ann");
        let link = backend.with_store(async |store| new_link(&store).await.unwrap());
        let bob = Person::stranger(&backend);
        // If the name is taken, the link stays valid.
        let form = |name| [("name", name), ("password", PASSWORD), ("again", PASSWORD)];
        assert_eq!(bob.post(&link, &form("ann")).status, 409);
        assert_eq!(bob.post(&link, &form("bob")).status, 303);
        assert_eq!(bob.get("/admin/users").status, 200);
        assert_eq!(ann.get("/admin").status, 200, "others stay signed in");
    }

    fn the_right_password_begins_a_session_and_signing_out_ends_it(kind) {
        let backend = Backend::start(kind);
        let ann = Person::admin(&backend, "ann");
        ann.post("/admin/sign-out", &[]);
        assert_eq!(ann.get("/admin").status, 303);
        for (name, password, status) in [
            ("ann", "wrong", 401),
            ("ann", "", 401),
            ("nobody", PASSWORD, 401),
            (" ANN ", PASSWORD, 303),
        ] {
            assert_eq!(ann.sign_in(name, password).status, status, "{name} {password}");
        }
        let session = ann.cookies.borrow()["__Host-milguard-session"].clone();
        ann.post("/admin/sign-out", &[]);
        // The cookie is now worthless to anybody who kept it.
        ann.cookies.borrow_mut().insert("__Host-milguard-session".to_owned(), session);
        assert_eq!(ann.get("/admin").status, 303);
    }

    fn a_network_that_tries_many_names_is_slowed_and_known_browsers_are_not(kind) {
        let backend = Backend::start(kind);
        let ann = Person::admin(&backend, "ann");
        ann.post("/admin/sign-out", &[]);
        let mallory = Person::stranger(&backend);
        // The password is too long, so the server refuses it before hashing: with hashing, a slow machine would not
        // reach the limit on tries.
        let guess = "a".repeat(1_025);
        let statuses: Vec<u16> = (0..400)
            .map(|number| mallory.sign_in(&format!("name{number}"), &guess).status)
            .take_while(|status| *status != 429)
            .collect();
        assert!((40..400).contains(&statuses.len()), "{statuses:?}");
        assert!(statuses.iter().all(|status| *status == 401), "{statuses:?}");
        assert_eq!(ann.sign_in("ann", PASSWORD).status, 303);
    }

    fn a_nul_and_a_form_that_is_too_large_are_refused_before_anything_is_done(kind) {
        let backend = Backend::start(kind);
        let mallory = Person::stranger(&backend);
        assert_eq!(mallory.sign_in("a\0b", PASSWORD).status, 400);
        assert_eq!(mallory.sign_in(&"a".repeat(9_000), PASSWORD).status, 413);
        let ann = Person::admin(&backend, "ann");
        for path in ["/admin/events?domain=a%00b", "/admin/domains/a%00b", "/admin/audit?actor=%00"] {
            assert_eq!(ann.get(path).status, 400, "{path}");
        }
    }

    fn guesses_are_slowed_and_lock_nobody_out(kind) {
        let backend = Backend::start(kind);
        let ann = Person::admin(&backend, "ann");
        ann.post("/admin/sign-out", &[]);
        let mallory = Person::stranger(&backend);
        let statuses: Vec<u16> =
            (0..8).map(|_| mallory.sign_in("ann", "a wrong guess").status).collect();
        assert_eq!(statuses[..5], [401; 5], "{statuses:?}");
        assert!(statuses[5..].contains(&429), "{statuses:?}");
        let refused = mallory.sign_in("ann", PASSWORD);
        assert_eq!(refused.status, 429, "even with the right password");
        assert!(refused.headers["retry-after"].parse::<u64>().unwrap() >= 1);
        // On the same network, a browser that has signed in before is not slowed, nor is a sign-in
        // to another account.
        assert_eq!(ann.sign_in("ann", PASSWORD).status, 303);
        assert_eq!(mallory.sign_in("someone", "a wrong guess").status, 401);
    }

    fn many_guesses_at_once_do_not_avoid_the_pause(kind) {
        let backend = Backend::start(kind);
        Person::admin(&backend, "ann");
        let statuses: Vec<u16> = std::thread::scope(|scope| {
            let guess = || {
                let mallory = Person::stranger(&backend);
                mallory.sign_in("ann", "a wrong guess").status
            };
            let threads: Vec<_> = (0..24).map(|_| scope.spawn(guess)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let looked_at = statuses.iter().filter(|status| **status == 401).count();
        assert!(looked_at <= 8, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 24 - looked_at);
    }

    fn one_time_codes_are_asked_for_and_accepted_once(kind) {
        let backend = Backend::start(kind);
        let ann = Person::admin(&backend, "ann");
        assert_eq!(ann.post("/admin/account/code/offer", &[("current", "wrong")]).status, 422);
        let offered = ann.post("/admin/account/code/offer", &[("current", PASSWORD)]).body;
        let secret = offered.split("readonly value=\"").nth(1).unwrap().split('"').next().unwrap();
        assert!(offered.contains("<path class=\"qr-modules\""));
        assert_eq!(ann.post("/admin/account/code/on", &[("code", "000000x")]).status, 422);
        let code = code_at(secret, seconds()).unwrap();
        let shown = ann.post("/admin/account/code/on", &[("code", &code)]);
        assert_eq!(shown.status, 200, "{}", shown.body);
        let recovery: Vec<&str> = shown
            .body
            .split("<li><code>")
            .skip(1)
            .map(|rest| rest.split('<').next().unwrap())
            .collect();
        assert_eq!(recovery.len(), 10);
        ann.post("/admin/sign-out", &[]);

        assert_eq!(ann.sign_in("ann", PASSWORD).headers["location"], "/admin/sign-in/code?");
        assert_eq!(ann.get("/admin").status, 303, "the password alone opens nothing");
        assert_eq!(ann.post("/admin/users", &[]).status, 401);
        // The code that switched one-time codes on is used up, and the next one is not valid yet.
        let form = [("code", code.as_str())];
        assert_eq!(ann.post("/admin/sign-in/code", &form).status, 401);
        let next = code_at(secret, seconds() + 30).unwrap();
        assert_eq!(ann.post("/admin/sign-in/code", &[("code", &next)]).status, 303);
        assert_eq!(ann.get("/admin").status, 200);
        ann.post("/admin/sign-out", &[]);

        ann.sign_in("ann", PASSWORD);
        let typed = recovery[3].to_uppercase().replace('-', " ");
        assert_eq!(ann.post("/admin/sign-in/code", &[("code", &typed)]).status, 303);
        assert!(ann.get("/admin/account").body.contains("9 recovery codes"));
        ann.post("/admin/sign-out", &[]);
        ann.sign_in("ann", PASSWORD);
        assert_eq!(ann.post("/admin/sign-in/code", &[("code", recovery[3])]).status, 401);
    }
}

#[test]
fn sign_in_leads_to_the_wanted_page_and_to_no_other_site() {
    let backend = Backend::start(Kind::Sqlite);
    let ann = Person::admin(&backend, "ann");
    let stranger = Person::stranger(&backend);
    let to = stranger.get("/admin/events?domain=army.ml").headers["location"].clone();
    assert_eq!(to, "/admin/sign-in?next=%2Fadmin%2Fevents%3Fdomain%3Darmy.ml");
    for (next, location) in [
        ("/admin/events?domain=army.ml", "/admin/events?domain=army.ml"),
        ("https://evil.example/admin", "/admin"),
        ("//evil.example", "/admin"),
        ("/admin/../..//evil.example\r\nX: y", "/admin"),
    ] {
        ann.post("/admin/sign-out", &[]);
        ann.get("/admin/sign-in");
        let form = [("name", "ann"), ("password", PASSWORD), ("next", next)];
        let done = ann.post("/admin/sign-in", &form);
        assert_eq!(done.headers["location"], location, "{next}");
    }
}

#[test]
fn cookies_are_out_of_reach_of_scripts_and_other_sites() {
    let backend = Backend::start(Kind::Sqlite);
    let ann = Person::stranger(&backend);
    let head = ann.get("/admin/sign-in").headers["set-cookie"].clone();
    assert!(head.starts_with("__Host-milguard-visit="), "{head}");
    assert!(head.ends_with("; Path=/; Secure; HttpOnly; SameSite=Strict"), "{head}");
}
