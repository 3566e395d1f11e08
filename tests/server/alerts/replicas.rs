//! Several servers on one database.

use super::{
    about, clear, only, report_domains,
    smtp::{Security, Smtp},
    telling,
};
use crate::server::backend::{Backend, Data, Kind, wait_for};

#[test]
fn one_server_sends_alerts_at_a_time_and_another_takes_over() {
    let data = Kind::Postgres.data();
    let smtp = Smtp::start(Security::Clear, data.folder.path());
    let text =
        format!("{}\n[alerts]\n{}", clear(&smtp), only("burst = { events = 3, minutes = 60 }\n"));
    let database = data.database.clone();
    let mut first = Backend::start_on(data, telling(&text));
    report_domains(&first);
    let data = Data { database, folder: crate::server::client::pages() };
    let mut second = Backend::start_on(data, telling(&text));
    second.token.clone_from(&first.token);
    let burst = |backend: &Backend, domain: &str| {
        let events: Vec<_> = (0..3).map(|_| about(domain)).collect();
        assert_eq!(backend.post_events(&events).status, 200);
    };
    wait_for("the policy", || {
        burst(&second, "army.ml");
        second.with_store(async |store| store.seen_domain("army.ml").await).is_ok()
    });
    smtp.wait_for(1);
    burst(&second, "navy.ml");
    smtp.wait_for(2);
    first.stop();
    burst(&second, "usmc.ml");
    smtp.wait_for(3);
    let rows = second.with_store(async |store| store.recipients().await.unwrap());
    assert_eq!((rows.len(), rows[0].error.clone()), (1, None), "nothing failed on the way");
}
