//! The real program is killed while it exports to a receiver that fails now and then.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::{
    hook::{Answer, Hook},
    webhook::webhook,
    write,
};
use crate::server::{
    backend::{Kind, event, on_both_databases, wait_for},
    durability::Process,
};

on_both_databases! {
    fn after_kills_no_event_is_missing_and_a_repeated_one_is_identical(kind) {
        // On PostgreSQL, other servers wait 10 seconds for one that ended without notice.
        let kills = if kind == Kind::Sqlite { 4 } else { 1 };
        let failing = [Answer::Status(200, ""), Answer::Cut, Answer::Status(200, ""), Answer::Status(500, "")];
        let hook = Hook::start(&[]);
        let data = kind.data();
        let file = write(data.folder.path(), &webhook(&hook));
        let mut server = Process::start_exporting(&data, "state", &file);
        let token = server.token();
        let mut acknowledged = BTreeSet::new();
        for round in 0..=kills {
            hook.then(&failing);
            for _ in 0..8 {
                let events: Vec<_> = (0..120).map(|_| event()).collect();
                let body = json!({ "events": events }).to_string();
                assert_eq!(server.request("POST /v1/events", &token, &body).status, 200);
                let ids = events.iter().map(|event| event["id"].as_str().unwrap().to_owned());
                acknowledged.extend(ids);
            }
            // The kill comes in the middle of a delivery.
            let before = hook.requests().len();
            wait_for("a further delivery", || hook.requests().len() > before || round == kills);
            if round < kills {
                server.kill();
                server = Process::start_exporting(&data, "state", &file);
            }
        }
        let all = || hook.ids().into_iter().collect::<BTreeSet<_>>();
        wait_for("all events", || acknowledged.is_subset(&all()));
        assert_eq!(all(), acknowledged);
        let mut documents = BTreeMap::new();
        for document in hook.documents() {
            let id = document["event"]["id"].as_str().unwrap().to_owned();
            let first = documents.entry(id).or_insert_with(|| document.clone());
            assert_eq!(*first, document, "an event came twice with different contents");
        }
    }
}
