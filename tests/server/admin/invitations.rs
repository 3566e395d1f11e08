//! Invitations and password resets by mail, and requests for them, whose answers do not show who
//! has an account.

use milguard::{server::admin::code_at, store::Database};
use sqlx::{Connection, SqliteConnection};

use super::person::{PASSWORD, Person};
use crate::server::{
    alerts::{Watched, smtp::Mail},
    backend::{Backend, Kind, block_on, on_both_databases, wait_for},
    client::Response,
};

const OTHER: &str = "another sentence that is long";

/// The path of the link in a text.
fn link(text: &str) -> String {
    let (_, rest) = text.split_once("/admin/password/").expect("the text has a link");
    let secret: String =
        rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
    assert_eq!(secret.len(), 43, "{rest}");
    format!("/admin/password/{secret}")
}

fn invite(admin: &Person<'_>, name: &str, mail: &str) -> Response {
    let form = [("name", name), ("role", "analyst"), ("group", "organisation"), ("mail", mail)];
    admin.post("/admin/users/invite", &form)
}

fn set(person: &Person<'_>, path: &str, password: &str) -> Response {
    person.get(path);
    let token = person.get(path).body;
    let token = token.split("name=\"csrf\" value=\"").nth(1).unwrap_or_default();
    let token = token.split('"').next().unwrap();
    let form =
        super::person::encode(&[("csrf", token), ("password", password), ("again", password)]);
    person.post_raw(path, &form, "")
}

/// Adds somebody who has set a password by the link of an invitation.
fn user<'a>(watched: &'a Watched, admin: &Person<'_>, name: &str) -> Person<'a> {
    let before = watched.smtp.mails().len();
    assert_eq!(invite(admin, name, &format!("{name}@example.mil")).status, 200);
    let mail = watched.smtp.wait_for(before + 1).pop().unwrap();
    let person = Person::stranger(&watched.backend);
    assert_eq!(set(&person, &link(&mail.parts().0), PASSWORD).status, 303);
    assert_eq!(person.sign_in(name, PASSWORD).status, 303);
    person
}

/// Asks for a link on the sign-in page.
fn ask(backend: &Backend, name: &str) -> Response {
    let person = Person::stranger(backend);
    let body = person.get("/admin/forgot").body;
    let token = body.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let form = super::person::encode(&[("csrf", token), ("name", name)]);
    person.post_raw("/admin/forgot", &form, "")
}

fn to(mails: &[Mail], address: &str) -> usize {
    mails.iter().filter(|mail| mail.to == address).count()
}

on_both_databases! {
    fn an_invitation_comes_by_mail_and_works_once(kind) {
        let watched = Watched::start(kind, "");
        let ann = Person::admin(&watched.backend, "ann");
        let said = invite(&ann, "bob", "bob@example.mil");
        assert_eq!(said.status, 200, "{}", said.body);
        assert!(said.body.contains("took the mail to bob@example.mil"), "{}", said.body);
        assert!(!said.body.contains("/admin/password/"), "the mail alone has the link");
        assert!(said.body.contains("not yet: has set no password"), "{}", said.body);
        let mail = watched.smtp.wait_for(1).remove(0);
        assert_eq!((&*mail.to, &*mail.header("Subject")), ("bob@example.mil", "Milguard: Your account for the dashboard"));
        let (text, markup) = mail.parts();
        assert!(text.contains("Your user name is bob") && text.contains("three days"), "{text}");
        let path = link(&text);
        assert!(markup.contains(&format!("{path}\"")), "{markup}");
        let bob = Person::stranger(&watched.backend);
        assert_eq!(bob.sign_in("bob", "").status, 401, "the account has no password yet");
        assert_eq!(bob.sign_in("bob", PASSWORD).status, 401);
        // Mail filters open links, which must not use them up.
        for _ in 0..3 {
            let page = bob.get(&path);
            assert!(page.status == 200 && page.body.contains("<strong>bob</strong>"), "{}", page.body);
        }
        assert_eq!(set(&bob, &path, "short").status, 422);
        assert_eq!(set(&bob, &path, "bob is my name, and a long one").status, 422);
        assert_eq!(set(&bob, &path, PASSWORD).headers["location"], "/admin/sign-in?done=password-set");
        assert_eq!(bob.get(&path).status, 404);
        assert_eq!(set(&bob, &path, OTHER).status, 403, "the form is no longer shown");
        assert_eq!(bob.sign_in("bob", PASSWORD).status, 303);
        assert_eq!(bob.get("/admin/events").status, 200, "an analyst");
        assert_eq!(invite(&ann, "bob", "x@example.mil").status, 409);
        for mail in ["bob", "bob@", "Bob <bob@example.mil>", "a@example.mil, b@example.mil", "a@example.mil\r\nBcc: b@example.mil"] {
            assert_eq!(invite(&ann, "carol", mail).status, 422, "{mail}");
        }
        assert_eq!(invite(&ann, "a b", "").status, 422);
        let log = ann.get("/admin/audit.csv").body;
        for part in ["\"analyst, invited\"", "password-link", "invitation to bob@example.mil: taken by localhost:", "password-changed", "by a link"] {
            assert!(log.contains(part), "{part}: {log}");
        }
        assert!(!log.contains(path.trim_start_matches("/admin/password/")), "{log}");
        watched.smtp.wait_for(1);
    }

    fn a_password_reset_ends_sessions_and_links_but_not_the_second_factor(kind) {
        let watched = Watched::start(kind, "");
        let ann = Person::admin(&watched.backend, "ann");
        let bob = user(&watched, &ann, "bob");
        let offered = bob.post("/admin/account/code/offer", &[("current", PASSWORD)]).body;
        let secret = offered.split("readonly value=\"").nth(1).unwrap().split('"').next().unwrap();
        let seconds = u64::try_from(jiff::Timestamp::now().as_second()).unwrap();
        let code = code_at(secret, seconds).unwrap();
        assert_eq!(bob.post("/admin/account/code/on", &[("code", &code)]).status, 200);
        let reset = || ann.post(&format!("/admin/users/{}/link", ann.id_of("bob")), &[]);
        let said = reset();
        assert!(said.body.contains("took the mail to bob@example.mil"), "{}", said.body);
        let mail = watched.smtp.wait_for(2).remove(1);
        assert_eq!(mail.header("Subject"), "Milguard: Set a new password");
        assert_eq!(bob.get("/admin").status, 200, "a link alone ends nothing");
        let first = link(&mail.parts().0);
        reset();
        let second = link(&watched.smtp.wait_for(3).remove(2).parts().0);
        let elsewhere = Person::stranger(&watched.backend);
        assert_eq!(set(&elsewhere, &second, OTHER).status, 303);
        assert_eq!(elsewhere.get(&first).status, 404, "the other links are invalid");
        assert_eq!(bob.get("/admin").status, 303, "the sessions have ended");
        assert_eq!(elsewhere.sign_in("bob", PASSWORD).status, 401);
        assert_eq!(elsewhere.sign_in("bob", OTHER).headers["location"], "/admin/sign-in/code?");
        assert_eq!(elsewhere.get("/admin").status, 303, "a mail is no second factor");
    }

    fn without_mail_the_administrator_gets_the_link(kind) {
        let backend = Backend::start(kind);
        let ann = Person::admin(&backend, "ann");
        assert!(!ann.get("/admin/users").body.contains("sends a link by mail"));
        let said = invite(&ann, "bob", "bob@example.mil").body;
        assert!(said.contains("names no mail server"), "{said}");
        let bob = Person::stranger(&backend);
        assert_eq!(set(&bob, &link(&said), PASSWORD).status, 303);
        assert_eq!(bob.sign_in("bob", PASSWORD).status, 303);
        let stranger = Person::stranger(&backend);
        assert!(!stranger.get("/admin/sign-in").body.contains("/admin/forgot"));
        assert!(stranger.get("/admin/forgot").body.contains("sends no mail"));
        assert_eq!(stranger.post("/admin/forgot", &[("name", "bob")]).status, 400);
        // The page says why no link was sent: the mail server refuses, or the user has no mail
        // address.
        let watched = Watched::start(kind, "");
        let ann = Person::admin(&watched.backend, "ann");
        watched.smtp.does_not_know("bob@example.mil");
        let said = invite(&ann, "bob", "bob@example.mil").body;
        assert!(said.contains("was not sent: localhost refuses the recipient bob@example.mil"), "{said}");
        let bob = Person::stranger(&watched.backend);
        assert_eq!(set(&bob, &link(&said), PASSWORD).status, 303);
        let said = invite(&ann, "eve", "").body;
        assert!(said.contains("has no mail address"), "{said}");
        link(&said);
        assert!(ann.get("/admin/audit.csv").body.contains("not sent: localhost refuses"));
    }

    fn asking_for_a_link_tells_nobody_who_has_an_account(kind) {
        let watched = Watched::start(kind, "");
        let ann = Person::admin(&watched.backend, "ann");
        let bob = user(&watched, &ann, "bob");
        user(&watched, &ann, "dan");
        user(&watched, &ann, "eve");
        ann.post(&format!("/admin/users/{}/disable", ann.id_of("eve")), &[]);
        let first = watched.smtp.mails().len();
        assert!(bob.get("/admin/account").status == 200);
        let answers = ["bob", "nobody", "eve", "ann", "", "bob\r\nRCPT TO:<x@example.mil>"]
            .map(|name| ask(&watched.backend, name));
        for answer in &answers {
            assert_eq!(answer.status, 303);
            assert_eq!(answer.headers["location"], "/admin/forgot?done=reset-asked");
            assert_eq!(answer.body, answers[0].body);
        }
        let mail = watched.smtp.wait_for(first + 1).pop().unwrap();
        assert_eq!(mail.to, "bob@example.mil");
        assert!(mail.parts().0.contains("one hour"), "{}", mail.parts().0);
        // The name may have any case of letters. The server sends at most three links a day.
        ask(&watched.backend, " BOB ");
        ask(&watched.backend, "bob");
        watched.smtp.wait_for(first + 3);
        for _ in 0..5 {
            ask(&watched.backend, "bob");
        }
        ask(&watched.backend, "dan");
        wait_for("the mail to dan", || to(&watched.smtp.mails(), "dan@example.mil") == 2);
        // The invitation, and three links.
        assert_eq!(to(&watched.smtp.mails(), "bob@example.mil"), 4);
        assert_eq!(to(&watched.smtp.mails(), "eve@example.mil"), 1);
        let stranger = Person::stranger(&watched.backend);
        assert!(stranger.get("/admin/forgot?done=reset-asked").body.contains("If this account exists"));
        assert!(stranger.get("/admin/sign-in").body.contains("/admin/forgot"));
        assert_eq!(bob.get("/admin").status, 200, "nothing ends before the link is used");
        assert_eq!(set(&stranger, &link(&mail.parts().0), OTHER).status, 303);
        assert_eq!(bob.get("/admin").status, 303);
        let log = ann.get("/admin/audit.csv").body;
        let asked = log.lines().filter(|line| line.contains("asked on the sign-in page"));
        let asked: Vec<&str> = asked.collect();
        assert!(asked.iter().all(|line| line.contains("(not signed in)")), "{asked:?}");
        assert_eq!(asked.iter().filter(|line| line.contains("bob")).count(), 3, "{asked:?}");
        assert!(!log.contains("nobody"), "what strangers type is not kept");
    }

    fn an_invitation_ends_when_its_account_changes(kind) {
        let watched = Watched::start(kind, "");
        let ann = Person::admin(&watched.backend, "ann");
        let stranger = Person::stranger(&watched.backend);
        let mut count = 0;
        let mut fresh = |name: &str| {
            assert_eq!(invite(&ann, name, &format!("{name}@example.mil")).status, 200);
            count += 1;
            link(&watched.smtp.wait_for(count).pop().unwrap().parts().0)
        };
        let (disabled, moved, set_elsewhere, deleted, group) =
            (fresh("dora"), fresh("mia"), fresh("sue"), fresh("del"), fresh("gus"));
        let act = |name: &str, what: &str, form: &[(&str, &str)]| {
            let done = ann.post(&format!("/admin/users/{}/{what}", ann.id_of(name)), form);
            assert_eq!(done.status, 303, "{name} {what}: {}", done.body);
        };
        act("dora", "disable", &[]);
        act("mia", "mail", &[("mail", "other@example.mil")]);
        act("sue", "password", &[("password", PASSWORD), ("again", PASSWORD)]);
        act("del", "delete", &[]);
        act("gus", "group", &[("group", "default")]);
        for path in [disabled, moved, set_elsewhere, deleted, group] {
            assert_eq!(stranger.get(&path).status, 404, "{path}");
        }
        let refused = ann.post(&format!("/admin/users/{}/link", ann.id_of("dora")), &[]);
        assert_eq!(refused.status, 400);
        for path in ["/admin/password/x", "/admin/password/%00", "/admin/password/'%20OR%201=1--"] {
            assert!([400, 404].contains(&stranger.get(path).status), "{path}");
        }
        let log = ann.get("/admin/audit.csv").body;
        assert!(log.contains("user-mail") && log.contains("other@example.mil"), "{log}");
    }
}

#[test]
fn a_link_expires() {
    let watched = Watched::start(Kind::Sqlite, "");
    let ann = Person::admin(&watched.backend, "ann");
    invite(&ann, "bob", "bob@example.mil");
    let path = link(&watched.smtp.wait_for(1).remove(0).parts().0);
    let stranger = Person::stranger(&watched.backend);
    assert_eq!(stranger.get(&path).status, 200);
    let Database::Sqlite(file) = &watched.backend.data.database else { panic!("SQLite") };
    let url = format!("sqlite:{}", file.display());
    block_on(async {
        let mut connection = SqliteConnection::connect(&url).await.unwrap();
        let days = "SELECT (expires_at - created_at) / 3600000 FROM password_links";
        let hours: i64 = sqlx::query_scalar(days).fetch_one(&mut connection).await.unwrap();
        assert_eq!(hours, 72);
        let later = "UPDATE password_links SET expires_at = created_at";
        sqlx::raw_sql(later).execute(&mut connection).await.unwrap();
        let digests: Vec<String> = sqlx::query_scalar("SELECT digest FROM password_links")
            .fetch_all(&mut connection)
            .await
            .unwrap();
        assert!(digests.iter().all(|digest| !path.contains(digest)), "secrets are kept as digests");
    });
    assert_eq!(stranger.get(&path).status, 404);
    assert_eq!(set(&stranger, &path, PASSWORD).status, 403);
}

#[test]
fn a_network_that_asks_for_many_links_is_refused() {
    let watched = Watched::start(Kind::Sqlite, "");
    let ann = Person::admin(&watched.backend, "ann");
    invite(&ann, "bob", "bob@example.mil");
    let limited = (0..80).map(|n| ask(&watched.backend, &format!("guess{n}")).status);
    let limited: Vec<u16> = limited.collect();
    assert!(limited.contains(&429), "{limited:?}");
    // The answer is the same for an account that exists.
    assert_eq!(ask(&watched.backend, "bob").status, 429);
}
