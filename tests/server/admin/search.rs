//! Searching on the pages: by a part of a recipient, over a period, in groups with those below;
//! numbers that link to the events they count; domains that are added in the policy editor; pages
//! that do not exist.

use milguard::store::ORGANISATION;
use serde_json::{Value, json};

use super::person::{Person, encode};
use crate::server::{
    backend::{Backend, event, on_both_databases},
    client::Response,
};

fn to(address: &str, action: &str) -> Value {
    let mut event = event();
    event["domain"] = json!(address.rsplit_once('@').unwrap().1);
    event["address"] = json!(address);
    event["action"] = json!(action);
    event
}

/// A server with four events, in a group below `navy`.
fn with_events(backend: &Backend) -> Person<'_> {
    backend.set_policy("default", &json!({ "reporting": "address" }));
    let ann = Person::admin(backend, "ann");
    let made =
        ann.post("/admin/groups", &[("id", "navy"), ("name", "Navy"), ("parent", ORGANISATION)]);
    assert_eq!(made.status, 303);
    let moved = ann.post("/admin/groups/default", &[("name", "Everyone"), ("parent", "navy")]);
    assert_eq!(moved.status, 303);
    let events = [
        to("Bob.Smith@army.ml", "fixed"),
        to("ann@army.ml", "removed"),
        to("lee@blacksmith.mi", "sent-anyway"),
        to("kim@navy.mi", "cancelled"),
    ];
    assert_eq!(backend.post_events(&events).status, 200);
    ann
}

fn rows(page: &Response) -> usize {
    page.body.matches("class=\"outcome").count()
}

/// The addresses of all links with a certain beginning, as a browser reads them.
fn links(body: &str, beginning: &str) -> Vec<String> {
    let links = body.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    links
        .filter(|link| link.starts_with(beginning))
        .map(|link| link.replace("&#38;", "&"))
        .collect()
}

on_both_databases! {
    fn a_part_of_a_recipient_finds_and_counts_events(kind) {
        let backend = Backend::start(kind);
        let ann = with_events(&backend);
        for (query, n) in [
            ("q=smith", 2),
            ("q=SMITH%40", 1),
            ("q=army", 2),
            ("q=army&action=corrected", 2),
            ("q=army&action=fixed", 1),
            ("q=.mi&action=sent", 1),
            ("action=held-back", 1),
            ("group=navy", 4),
            ("group=organisation", 4),
            ("q=%25", 0),
            ("q=nobody&sort=oldest", 0),
        ] {
            let page = ann.get(&format!("/admin/events?{query}"));
            assert_eq!((page.status, rows(&page)), (200, n), "{query}");
            let words = if n == 1 { "1 event".to_owned() } else { format!("{n} events") };
            assert_eq!(page.body.contains(&format!("id=\"hits\">{words}<")), n > 0, "{query}: {}", page.body);
            assert_eq!(page.body.contains("No results"), n == 0, "{query}");
        }
        for query in ["from=2026-11-02&to=2026-11-01", "from=tomorrow", "sort=colour", "action=lost"] {
            assert_eq!(ann.get(&format!("/admin/events?{query}")).status, 422, "{query}");
        }
    }

    fn events_are_sorted_by_time_both_ways_and_links_keep_the_filters(kind) {
        let backend = Backend::start(kind);
        let ann = with_events(&backend);
        let mut events: Vec<Value> = (0..60).map(|_| to("bob@us.army.ml", "fixed")).collect();
        events[59]["time"] = json!((jiff::Timestamp::now() - jiff::SignedDuration::from_hours(200)).to_string());
        let sent: Vec<Value> = events.drain(1..).collect();
        assert_eq!(backend.post_events(&sent).status, 200);
        let query = "/admin/events?action=fixed&q=us.army";
        let page = ann.get(query).body;
        assert!(page.contains("aria-sort=\"descending\"") && page.contains(">59 events<"), "{page}");
        let turned = links(&page, "/admin/events?").into_iter().find(|link| link.contains("sort=oldest"));
        let turned = turned.unwrap();
        assert_eq!(turned, format!("{query}&sort=oldest"));
        let oldest = ann.get(&turned).body;
        assert!(oldest.contains("aria-sort=\"ascending\""));
        let first = |body: &str| links(body, "/admin/events/")[0].clone();
        assert_eq!(first(&oldest), format!("/admin/events/{}", sent[58]["id"].as_str().unwrap()));
        let next = links(&oldest, "/admin/events?").into_iter().find(|link| link.contains("after="));
        let next = next.unwrap();
        assert!(next.starts_with(&format!("{query}&sort=oldest&after=")), "{next}");
        assert_eq!(rows(&ann.get(&next)), 9);
        let csv = links(&page, "/admin/events.csv?");
        assert_eq!(csv, ["/admin/events.csv?action=fixed&q=us.army"]);
    }

    fn every_number_of_the_overview_links_to_the_events_that_it_counts(kind) {
        let backend = Backend::start(kind);
        let ann = with_events(&backend);
        let weeks = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(200 * 24);
        let weeks = format!("from={}", weeks.strftime("%Y-%m-%d"));
        for days in ["days=1", "days=30", "days=365", "days=30&group=navy", "days=1&action=fixed", &weeks] {
            let body = ann.get(&format!("/admin?{days}")).body;
            let tiles: Vec<&str> = body.split("<li class=\"tile ").skip(1).collect();
            assert!(tiles.len() >= 2, "{days}: {body}");
            let mut total = 0;
            for tile in tiles {
                let number = tile.split("class=\"tile-number\">").nth(1).unwrap();
                let number: usize = number.split(['<', ' ']).next().unwrap().parse().unwrap();
                let link = links(tile, "/admin/events?").remove(0);
                let page = ann.get(&link);
                assert_eq!((page.status, rows(&page)), (200, number), "{days} {link}");
                total = total.max(number);
            }
            // The sum of all columns of the chart.
            let columns = body.split("<a class=\"column\" ").skip(1);
            let columns: usize = columns.map(|rest| rows(&ann.get(&links(rest, "/admin/events?")[0]))).sum();
            assert_eq!(columns, total, "{days}");
            let domain = links(&body, "/admin/events?").into_iter().find(|link| link.contains("domain=army.ml"));
            assert_eq!(rows(&ann.get(&domain.unwrap())), 2, "{days}");
        }
        assert_eq!(ann.get("/admin?from=2026-11-02&to=2026-11-01").status, 422);
        let eve = Person::user(&ann, "eve", "viewer");
        assert_eq!(links(&eve.get("/admin").body, "/admin/events"), Vec::<String>::new());
    }

    fn domains_are_found_sorted_and_counted(kind) {
        let backend = Backend::start(kind);
        let ann = with_events(&backend);
        let names = |query: &str| {
            let body = ann.get(&format!("/admin/domains?{query}")).body;
            links(&body, "/admin/domains/").iter().map(|link| link.rsplit('/').next().unwrap().replace("%2E", ".")).collect::<Vec<_>>()
        };
        assert_eq!(names("q=ARMY"), ["army.ml"]);
        assert_eq!(names("q=.mi&sort=domain"), ["blacksmith.mi", "navy.mi"]);
        assert_eq!(names("sort=domain&order=turned"), ["navy.mi", "blacksmith.mi", "army.ml"]);
        assert_eq!(names("sort=flagged")[0], "army.ml");
        assert_eq!(names("sort=sent&group=navy")[0], "blacksmith.mi");
        assert_eq!(names("from=2001-01-01&to=2001-01-02"), Vec::<String>::new());
        let body = ann.get("/admin/domains?q=.mi&sort=sent").body;
        assert!(body.contains("2 domains") && body.contains("aria-sort=\"descending\""), "{body}");
        let sent = links(&body, "/admin/events?").into_iter().find(|link| link.contains("blacksmith") && link.contains("action"));
        assert_eq!(rows(&ann.get(&sent.unwrap())), 1);
        assert_eq!(ann.get("/admin/domains?sort=colour").status, 422);
        let eve = Person::user(&ann, "eve", "viewer");
        let body = eve.get("/admin/domains").body;
        assert!(!body.contains("type=\"checkbox\"") && !body.contains("/admin/events"), "{body}");
    }

    fn chosen_domains_are_added_to_the_policy_in_the_editor(kind) {
        let backend = Backend::start(kind);
        let ann = with_events(&backend);
        let page = ann.get("/admin/domains/army.ml").body;
        assert!(page.contains("action=\"/admin/domain-policy\"") && page.contains("value=\"protect\""), "{page}");
        let csrf = ann.token("/admin/account");
        let send = |person: &Person<'_>, csrf: &str, more: &[(&str, &str)]| {
            let mut form = vec![("csrf", csrf)];
            form.extend(more);
            person.post_raw("/admin/domain-policy", &encode(&form), "")
        };
        let both = [("domain", "army.ml"), ("domain", "navy.mi"), ("group", "default"), ("list", "deny")];
        let editor = send(&ann, &csrf, &both);
        assert_eq!(editor.status, 200, "{}", editor.body);
        for text in [
            "army.ml\nnavy.mi</textarea>",
            "2 domains were added to the list Deny",
            "You have not published it yet",
            "&#34;reporting&#34;: &#34;address&#34;",
            "action=\"/admin/policy/default/review\"",
        ] {
            assert!(editor.body.contains(text), "{text}: {}", editor.body);
        }
        assert!(ann.get("/admin/policy/default/history").body.contains("Version 1"));
        assert!(!ann.get("/admin/policy/default/history").body.contains("Version 2"), "nothing is published");
        let protect = [("domain", "army.ml"), ("group", ORGANISATION), ("list", "protect")];
        assert!(send(&ann, &csrf, &protect).body.contains("army.ml was added to the list Protected domains"));
        for (wrong, status) in [
            (vec![("group", "default"), ("list", "deny")], 400),
            (vec![("domain", "army.ml"), ("group", "default"), ("list", "burn")], 400),
            (vec![("domain", "army.ml"), ("group", "nowhere"), ("list", "deny")], 404),
        ] {
            let answer = send(&ann, &csrf, &wrong);
            assert_eq!(answer.status, status, "{wrong:?}");
            assert!(answer.body.contains("class=\"menu\""), "{}", answer.body);
        }
        let hostile = [("domain", "<script>alert(1)</script>"), ("group", "default"), ("list", "deny")];
        assert!(!send(&ann, &csrf, &hostile).body.contains("<script>alert"));
    }

    fn a_saved_filter_is_shown_only_to_its_user(kind) {
        let backend = Backend::start(kind);
        let ann = with_events(&backend);
        let save = |person: &Person<'_>, name: &str, query: &str| {
            person.post("/admin/filters", &[("list", "events"), ("name", name), ("query", query)])
        };
        let done = save(&ann, "Corrected <b>", "q=army&action=corrected&next=https://evil.example");
        assert_eq!(done.headers["location"], "/admin/events?q=army&action=corrected&done=filter-saved");
        assert_eq!(save(&ann, "Smith", "q=Bob.Smith%40army.ml").status, 303);
        let body = ann.get("/admin/events").body;
        assert_eq!(links(&body, "/admin/events?q="), ["/admin/events?q=army&action=corrected", "/admin/events?q=Bob.Smith%40army.ml"]);
        assert!(body.contains("Corrected &#60;b&#62;") && !body.contains("Corrected <b>"), "{body}");
        assert!(!ann.get("/admin/domains").body.contains("Corrected"));
        let bob = Person::user(&ann, "bob", "analyst");
        assert!(!bob.get("/admin/events").body.contains("Corrected &#60;"));
        // Erasing an address also deletes the saved filters that contain it.
        assert_eq!(ann.post("/admin/events/erase", &[("address", "bob.smith@army.ml")]).status, 303);
        assert!(!ann.get("/admin/events").body.contains("Smith</a>"));
        let removed = ann.post("/admin/filters/remove", &[("list", "events"), ("name", "Corrected <b>")]);
        assert_eq!(removed.headers["location"], "/admin/events?done=filter-removed");
        assert_eq!(links(&ann.get("/admin/events").body, "/admin/events?q="), Vec::<String>::new());
        assert_eq!(save(&ann, " ", "q=army").status, 400);
        assert_eq!(ann.post("/admin/filters", &[("list", "policy"), ("name", "x"), ("query", "")]).status, 400);
        // Deleting a user deletes their filters.
        assert_eq!(save(&bob, "Mine", "q=army").status, 303);
        let users = ann.get("/admin/users").body;
        let row = users.split("<tr>").find(|row| row.contains("bob")).unwrap();
        let id = row.split("/admin/users/").nth(1).unwrap().split('/').next().unwrap();
        assert_eq!(ann.post(&format!("/admin/users/{id}/delete"), &[]).status, 303);
    }

    fn a_page_that_does_not_exist_links_to_pages_that_do(kind) {
        let backend = Backend::start(kind);
        let html = "Accept: text/html,application/xhtml+xml\r\n";
        for (path, link) in [("/nope", "href=\"/try/\""), ("/admin/nope", "href=\"/admin\"")] {
            let page = backend.request(&format!("GET {path}"), html, "");
            assert_eq!(page.status, 404);
            assert!(page.headers["content-type"].starts_with("text/html"), "{path}");
            assert!(page.body.contains("Page not found") && page.body.contains(link), "{}", page.body);
            let program = backend.request(&format!("GET {path}"), "", "");
            assert_eq!((program.status, &*program.body), (404, "Not found.\n"));
        }
        let folder = backend.request("GET /admin/", html, "");
        assert_eq!((folder.status, &*folder.headers["location"]), (308, "/admin"));
        let ann = Person::admin(&backend, "ann");
        let missing = ann.get("/admin/policy/nothing");
        assert_eq!(missing.status, 404);
        assert!(missing.body.contains("<a class=\"button primary\" href=\"/admin/policy\">Policies</a>"), "{}", missing.body);
    }
}
