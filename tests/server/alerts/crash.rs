//! The real program is killed while it sends alerts: nothing is lost, and a repeated alert has the same
//! id.

use std::collections::BTreeMap;

use milguard::store::Store;
use serde_json::json;

use super::{
    about, clear, only,
    smtp::{Security, Smtp, Turn},
    write,
};
use crate::server::{
    backend::{Data, Kind, block_on, on_both_databases, wait_for},
    durability::Process,
};

on_both_databases! {
    fn no_alert_is_lost_and_only_an_unconfirmed_one_is_sent_twice(kind) {
        // On PostgreSQL the next server waits 10 seconds for a killed one.
        let kills = if kind == Kind::Sqlite { 2 } else { 1 };
        let data = kind.data();
        let smtp = Smtp::start(Security::Clear, data.folder.path());
        let text = format!("{}\n[alerts]\n{}", clear(&smtp), only("burst = { events = 3, minutes = 60 }\n"));
        let file = write(data.folder.path(), &text);
        let mut server = Process::start_telling(&data, "state", &file);
        let token = server.token();
        block_on(let_clients_report_domains(&data));
        let told = || -> BTreeMap<String, usize> {
            let mut told = BTreeMap::new();
            for mail in smtp.mails() {
                *told.entry(mail.header("Message-ID")).or_default() += 1;
            }
            told
        };
        let is_all_noted = || {
            block_on(async {
                let store = Store::connect(&data.database).await.unwrap();
                let rows = store.recipients().await.unwrap();
                store.close().await;
                rows.iter().all(|row| row.waiting == 0)
            })
        };
        for round in 0..=kills {
            // The server takes this mail, and the program does not learn of it.
            let is_last = round == kills;
            if !is_last {
                smtp.then(&[Turn::TakesInSilence]);
            }
            let before = smtp.mails().len();
            wait_for("a burst to be reported", || {
                let events: Vec<_> = (0..3).map(|_| about(&format!("army{round}.ml"))).collect();
                let body = json!({ "events": events }).to_string();
                server.request("POST /v1/events", &token, &body).status == 200
                    && block_on(async {
                        let store = Store::connect(&data.database).await.unwrap();
                        let seen = store.seen_domain(&format!("army{round}.ml")).await.is_ok();
                        store.close().await;
                        seen
                    })
            });
            wait_for_long("the mail", || smtp.mails().len() > before);
            if !is_last {
                server.kill();
                server = Process::start_telling(&data, "state", &file);
                // The silence that the next round prescribes must apply to the next alert, not to
                // this repeated one.
                wait_for_long("the repeated alert and its record", is_all_noted);
            }
        }
        wait_for_long("every alert and its record", || {
            told().len() == kills + 1 && is_all_noted()
        });
        // Only the mail whose delivery the program did not see arrives twice, with the same id.
        let told = told();
        assert_eq!(told.len(), kills + 1, "{told:?}");
        assert_eq!(told.values().filter(|times| **times == 1).count(), 1, "{told:?}");
        assert!(told.values().all(|times| *times <= 2), "{told:?}");
    }
}

async fn let_clients_report_domains(data: &Data) {
    let store = Store::connect(&data.database).await.unwrap();
    let put = milguard::store::PolicyChange {
        group: "default".to_owned(),
        document: json!({ "reporting": "domain" }).to_string(),
        author: "test".to_owned(),
        comment: String::new(),
        expected: None,
    };
    store.put_policy(&put, None).await.unwrap();
    store.close().await;
}

/// Waits long, because the program looks every few seconds, and waits after a failure and for a killed server.
fn wait_for_long(what: &str, is_there: impl Fn() -> bool) {
    let start = std::time::Instant::now();
    while !is_there() {
        assert!(start.elapsed().as_secs() < 150, "waited 150 s in vain for {what}");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
}
