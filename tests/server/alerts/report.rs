//! Reports: their contents and times, and that mail and page agree.

use milguard::store::Scope;
use serde_json::json;

use super::{DAY, HOUR, Watched, about, report_domains};
use crate::server::{
    admin::person::Person,
    backend::{Backend, Kind, on_both_databases, wait_for},
};

/// Milliseconds until after the end of a week or a quarter.
fn until_monday() -> i64 {
    let now = jiff::Timestamp::now().as_millisecond();
    // The first of January 1970 was a Thursday.
    let since_monday = (now - 4 * DAY).rem_euclid(7 * DAY);
    7 * DAY - since_monday
}

fn until_quarter() -> i64 {
    let now = jiff::Zoned::now().with_time_zone(jiff::tz::TimeZone::UTC);
    let month = (now.month() - 1) / 3 * 3 + 1;
    let begins =
        jiff::civil::date(now.year(), month, 1).saturating_add(jiff::Span::new().months(3));
    let ends = begins.to_zoned(jiff::tz::TimeZone::UTC).unwrap();
    ends.timestamp().as_millisecond() - now.timestamp().as_millisecond()
}

fn fill(backend: &Backend) {
    report_domains(backend);
    let one = |action: &str, domain: &str, reason: &str| {
        let mut event = about(domain);
        event["action"] = json!(action);
        event["reasons"] = json!([reason]);
        event
    };
    let events = [
        one("fixed", "army.ml", "suffix-typo"),
        one("fixed", "army.ml", "suffix-typo"),
        one("sent-anyway", "army.ml", "suffix-typo"),
        one("cancelled", "armymil.com", "suffix-glued"),
    ];
    assert_eq!(backend.post_events(&events).status, 200);
    wait_for("the client to be counted", || {
        backend
            .with_store(async |store| store.clients_by_day(&Scope::EVERYTHING, 0).await.unwrap())
            .len()
            == 1
    });
}

on_both_databases! {
    fn a_week_is_reported_once_on_the_monday_after_it(kind) {
        let watched = Watched::start(kind, "[reports]\nquarterly = false\nhour = 6\n");
        fill(&watched.backend);
        watched.clock.shift(until_monday() + 5 * HOUR);
        // The first mail is the test: at 5 o'clock the server has not sent the report of 6 o'clock.
        let ann = Person::admin(&watched.backend, "ann");
        assert!(ann.post("/admin/alerts/soc/test", &[]).body.contains("soc@example.mil took the test after"));
        watched.smtp.wait_for(1);
        watched.clock.shift(2 * HOUR);
        let mail = watched.smtp.wait_for(2).remove(1);
        let subject = mail.header("Subject");
        assert!(subject.starts_with("Milguard: Report: Week "), "{subject}");
        let (text, html) = mail.parts();
        for words in [
            "Recipients flagged: 4 (none before)",
            "Corrected: 2",
            "Sent anyway: 1",
            "mistyped suffix: 3",
            "army[.]ml (new): 3 (1 sent)",
            "Senders were asked 400.0 times for each 100 client days",
            "The budget is 5: this is above it",
        ] {
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(text.contains(words), "{words}: {text}");
        }
        assert!(html.contains(".mil is the U.S. military&#39;s, .ml is Mali&#39;s."), "{html}");
        assert!(html.contains("/learn/") && html.contains("style=\"") && !html.contains("class=\""), "{html}");
        assert!(!html.contains(">army.ml<"), "no mail program makes a link of it");
        // The mail links to a page with the same report, to print.
        let link = html.split("href=\"").find(|it| it.contains("/admin/report?period=")).unwrap();
        let path = format!("/admin{}", link.split('"').next().unwrap().split("/admin").nth(1).unwrap());
        let page = ann.get(&path);
        assert_eq!(page.status, 200);
        assert!(page.body.contains("army.ml") && !page.body.contains("style=\""), "{}", page.body);
        assert!(page.body.contains("Senders were asked 400.0 times"), "{}", page.body);
        // A report is sent once, whatever the clock does, even after a restart.
        watched.clock.shift(2 * DAY);
        let Watched { mut backend, smtp, clock } = watched;
        backend.stop();
        let port = smtp.address.port();
        let text = format!(
            "[[mail]]\nname = \"soc\"\nhost = \"localhost\"\nport = {port}\ntls = \"none\"\nfrom = \"m@example.mil\"\n\
             to = [\"soc@example.mil\"]\n[reports]\nquarterly = false\n[alerts]\n{}",
            super::NOTHING
        );
        backend.start_again(|options| {
            super::telling(&text)(options);
            options.clock = clock.clone();
        });
        let ann = Person::admin(&backend, "eve");
        assert!(ann.post("/admin/alerts/soc/test", &[]).body.contains("took the test"));
        smtp.wait_for(3);
    }

    fn a_quarter_is_reported_and_a_week_is_not_if_weekly_reports_are_off(kind) {
        let watched = Watched::start(kind, "[reports]\nweekly = false\nbudget = 500\n");
        fill(&watched.backend);
        watched.clock.shift(until_quarter() + 7 * HOUR);
        let mail = watched.smtp.wait_for(1).remove(0);
        let subject = mail.header("Subject");
        assert!(subject.starts_with("Milguard: Report: ") && subject.contains(" quarter of 20"), "{subject}");
        assert!(mail.parts().0.contains("The budget is 500"), "{}", mail.parts().0);
        assert!(mail.parts().0.contains("within it"), "{}", mail.parts().0);
    }
}

#[test]
fn the_page_needs_no_mail_and_offers_periods() {
    let backend = Backend::start(Kind::Sqlite);
    let ann = Person::admin(&backend, "ann");
    let vic = Person::user(&ann, "vic", "viewer");
    let page = vic.get("/admin/report").body;
    assert!(
        page.contains("Nothing stands out.") && page.contains("No client was in contact"),
        "{page}"
    );
    assert!(page.contains("<option value=\"20") && page.contains(" quarter of 20"), "{page}");
    let now = vic.get("/admin/report?period=2099-Q1").body;
    assert!(now.contains("This period has not ended"), "{now}");
    for period in ["2026-W99", "x", "2026-W01%22%3E"] {
        assert_eq!(vic.get(&format!("/admin/report?period={period}")).status, 400, "{period}");
    }
    assert_eq!(vic.get("/admin/alerts").status, 403);
}
