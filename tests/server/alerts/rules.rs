//! Each alert: when it is sent, that it is sent once, and that it can be switched off.

use std::time::Duration;

use hickory_resolver::proto::rr::RecordType;
use milguard::server::ResolverChoice;
use serde_json::json;

use super::{DAY, HOUR, Watched, about, report_domains};
use crate::server::{
    backend::{on_both_databases, wait_for},
    name_server::{Entry, NameServer},
};

/// Causes a burst and waits for its alert. Alerts are sent in order, so all earlier ones have
/// arrived by then.
fn settle(watched: &Watched, domain: &str) {
    let before = watched.smtp.mails().len();
    let events: Vec<_> = (0..3).map(|_| about(domain)).collect();
    assert_eq!(watched.backend.post_events(&events).status, 200);
    let wanted = format!("burst of flagged mail to {}", domain.replace('.', "[.]"));
    wait_for("the last burst", || {
        watched.smtp.subjects().iter().any(|it| it.to_lowercase().contains(&wanted))
    });
    assert_eq!(watched.smtp.mails().len(), before + 1, "{:?}", watched.smtp.subjects());
}

on_both_databases! {
    fn a_burst_to_one_domain_raises_one_alert_a_day(kind) {
        let watched = Watched::start(kind, "burst = { events = 3, minutes = 60 }\n");
        report_domains(&watched.backend);
        let post = |count: usize, domain: &str, hours_ago: i64| {
            let time = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(hours_ago);
            let events: Vec<_> = (0..count).map(|_| {
                let mut event = about(domain);
                event["time"] = json!(time.to_string());
                event
            }).collect();
            assert_eq!(watched.backend.post_events(&events).status, 200);
        };
        // Two events are not a burst, and neither are three spread over hours. Events of a client that was
        // offline count.
        post(2, "us.army.ml", 0);
        for hours in [2, 4, 6] {
            post(1, "navy.ml", hours);
        }
        post(2, "army.ml", 5);
        post(1, "army.ml", 5);
        let mail = watched.smtp.wait_for(1).remove(0);
        assert_eq!(mail.header("Subject"), "Milguard: Burst of flagged mail to army[.]ml");
        assert_eq!(mail.to, "soc@example.mil");
        assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
        let (text, html) = mail.parts();
        assert!(text.contains("Senders addressed army[.]ml 3 times"), "{text}");
        assert!(text.contains("https://localhost") && text.contains("/admin/domains/army.ml"), "{text}");
        assert!(html.contains("army[.]ml") && html.contains("/admin/domains/army.ml"), "{html}");
        // The burst continues, and is not repeated today.
        post(4, "army.ml", 0);
        settle(&watched, "usmc.ml");
        watched.clock.shift(DAY + HOUR);
        post(4, "army.ml", 0);
        watched.smtp.wait_for(3);
    }

    fn a_new_look_alike_that_takes_mail_raises_one_alert(kind) {
        let zone = [
            ("army.ml", Entry::Mx(10, "mx.army.ml")),
            ("mx.army.ml", Entry::A([192, 0, 2, 1])),
            ("navy.ml", Entry::Mx(0, ".")),
            ("usmc.ml", Entry::Silence),
        ];
        let names = NameServer::start(&zone, Duration::ZERO);
        let rules = "lookalike = true\nburst = { events = 3, minutes = 60 }\n";
        let watched = Watched::start_with(kind, rules, |options| {
            options.resolver = ResolverChoice::Server(names.address);
        });
        report_domains(&watched.backend);
        let mut notice = about("us.army.ml");
        notice["severity"] = json!("notice");
        let mut country = about("mod.uk");
        country["reasons"] = json!(["foreign-military"]);
        let mut ordinary = about("example.com");
        ordinary["reasons"] = json!(["suffix-typo"]);
        let all = [about("navy.ml"), about("usmc.ml"), notice, country, ordinary, about("army.ml")];
        assert_eq!(watched.backend.post_events(&all).status, 200);
        let mail = watched.smtp.wait_for(1).remove(0);
        assert_eq!(mail.header("Subject"), "Milguard: First mail to army[.]ml, a look-alike that takes mail");
        assert!(mail.parts().0.contains("Outcome: fixed"), "{}", mail.parts().0);
        assert_eq!(watched.backend.post_events(&[about("army.ml")]).status, 200);
        // A client has already reported that this domain takes mail.
        let mut known = about("socom.ml");
        known["raisedBy"] = json!(["delivers"]);
        assert_eq!(watched.backend.post_events(&[known]).status, 200);
        let mails = watched.smtp.wait_for(2);
        assert!(mails[1].header("Subject").contains("socom[.]ml"));
        settle(&watched, "dla.ml");
        assert!(names.asked("army.ml", RecordType::MX) > 0);
        assert_eq!(names.asked("example.com", RecordType::MX), 0, "the server does not ask about ordinary domains");
    }

    fn a_marked_message_that_was_sent_anyway_raises_one_alert(kind) {
        let rules = "marked = true\nburst = { events = 3, minutes = 60 }\n";
        let watched = Watched::start(kind, rules);
        watched.backend.set_policy("default", &json!({ "reporting": "address" }));
        let one = |action: &str, raised: &[&str]| {
            let mut event = about("army.ml");
            event["action"] = json!(action);
            event["address"] = json!("bob@army.ml");
            if !raised.is_empty() {
                event["raisedBy"] = json!(raised);
            }
            event
        };
        let marked = one("sent-anyway", &["sibling", "marking"]);
        let mut second = one("sent-anyway", &["marking"]);
        second["message"] = marked["message"].clone();
        let all = [one("fixed", &["marking"]), one("sent-anyway", &["sibling"]), marked.clone(), second];
        assert_eq!(watched.backend.post_events(&all[..2]).status, 200);
        assert_eq!(watched.backend.post_events(&all[2..]).status, 200);
        let mail = watched.smtp.wait_for(2).into_iter().find(|it| it.header("Subject").contains("marking")).unwrap();
        assert_eq!(mail.header("Subject"), "Milguard: A message with a marking was sent anyway to army[.]ml");
        let text = mail.parts().0;
        assert!(text.contains("/admin/events/") && !text.contains("bob@"), "{text}");
        settle(&watched, "dla.ml");
    }

    fn alerts_are_sent_when_all_clients_fall_silent_and_when_they_return(kind) {
        let rules = "silence = { hours = 24, weekends = true }\nburst = { events = 3, minutes = 60 }\n";
        let watched = Watched::start(kind, rules);
        report_domains(&watched.backend);
        settle(&watched, "army.ml");
        wait_for("a contact", || {
            watched.backend.with_store(async |store| store.last_contact().await.unwrap()).is_some()
        });
        watched.clock.shift(23 * HOUR);
        settle(&watched, "navy.ml");
        watched.clock.shift(2 * HOUR);
        let mails = watched.smtp.wait_for(3);
        let subject = mails[2].header("Subject");
        assert!(subject.starts_with("Milguard: No client has been in contact since 20"), "{subject}");
        watched.clock.shift(-25 * HOUR);
        let mails = watched.smtp.wait_for(4);
        assert_eq!(mails[3].header("Subject"), "Milguard: Clients are in contact again");
        watched.clock.shift(25 * HOUR);
        watched.smtp.wait_for(5);
        let open = watched.backend.with_store(async |store| store.alerts(1).await.unwrap().remove(0));
        assert_eq!((&*open.alert.kind, open.alert.over_at), ("silence", None));
    }

    fn a_rule_that_is_switched_off_raises_no_alert(kind) {
        let watched = Watched::start(kind, "marked = true\n");
        report_domains(&watched.backend);
        let mut marked = about("army.ml");
        marked["action"] = json!("sent-anyway");
        marked["raisedBy"] = json!(["marking", "delivers"]);
        let mut all: Vec<_> = (0..20).map(|_| about("army.ml")).collect();
        all.push(marked);
        assert_eq!(watched.backend.post_events(&all).status, 200);
        watched.clock.shift(5 * DAY);
        let mails = watched.smtp.wait_for(1);
        assert!(mails[0].header("Subject").contains("marking"));
        let told = watched.backend.with_store(async |store| store.alerts(50).await.unwrap());
        let kinds: Vec<&str> = told.iter().map(|row| &*row.alert.kind).collect();
        assert_eq!(kinds, ["marked"]);
    }
}
