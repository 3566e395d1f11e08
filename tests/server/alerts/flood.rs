//! Clients that make up events do not fill a mailbox.

use super::{Watched, about, report_domains};
use crate::server::backend::on_both_databases;

on_both_databases! {
    fn ten_alerts_of_a_kind_are_sent_in_an_hour_and_one_about_the_rest(kind) {
        let watched = Watched::start(kind, "burst = { events = 2, minutes = 60 }\n");
        report_domains(&watched.backend);
        let events: Vec<_> = (0..40).map(|index| about(&format!("army{}.ml", index / 2))).collect();
        assert_eq!(watched.backend.post_events(&events).status, 200);
        watched.smtp.wait_for(11);
        let subjects = watched.smtp.subjects();
        assert_eq!(subjects.iter().filter(|it| it.contains("Burst of flagged mail")).count(), 10);
        assert_eq!(subjects.iter().filter(|it| *it == "Milguard: Many alerts: Burst to one domain").count(), 1);
        let told = watched.backend.with_store(async |store| store.alerts(50).await.unwrap());
        assert_eq!(told.len(), 21, "the page lists every alert");
        assert_eq!(told.iter().filter(|row| row.recipients == 0).count(), 10);
    }
}
