//! Several servers on one database.

use std::collections::BTreeSet;

use milguard::server::ServerOptions;

use super::{exporting, hook::Hook, report, webhook::webhook};
use crate::server::backend::{Backend, Data, Kind, wait_for};

fn named(name: &'static str, text: String) -> impl FnOnce(&mut ServerOptions) {
    move |options| {
        exporting(&text)(options);
        options.origin = Some(format!("https://{name}.example.mil").parse().unwrap());
        // The origin changes the name that exports give; clients still call the server by its
        // address.
        options.allowed_hosts = vec!["127.0.0.1".to_owned()];
    }
}

#[test]
fn one_server_delivers_at_a_time_and_another_takes_over() {
    let hook = Hook::start(&[]);
    let mut first = Backend::start_with(Kind::Postgres, named("one", webhook(&hook)));
    let database = first.data.database.clone();
    let data = Data { database, folder: crate::server::client::pages() };
    let mut second = Backend::start_on(data, named("two", webhook(&hook)));
    second.token.clone_from(&first.token);
    let mut ids = BTreeSet::new();
    for _ in 0..10 {
        ids.extend(report(&first, 1, 30));
        ids.extend(report(&second, 1, 30));
    }
    hook.wait_for(&ids);
    let hosts = || -> Vec<String> {
        let host = |it: &serde_json::Value| it["observer"]["hostname"].as_str().unwrap().to_owned();
        hook.documents().iter().map(host).collect()
    };
    assert!(hosts().iter().all(|host| host == "one.example.mil"), "only the first server delivers");
    assert_eq!(hook.ids().len(), ids.len(), "no event comes twice");
    first.stop();
    ids.extend(report(&second, 2, 30));
    hook.wait_for(&ids);
    assert_eq!(hosts().last().map(String::as_str), Some("two.example.mil"));
    assert_eq!(hook.ids().len(), ids.len(), "no event comes twice");
    let row = second.with_store(async |store| store.exports().await.unwrap().remove(0));
    assert_eq!(row.error, None);
    wait_for("the count", || {
        let row = second.with_store(async |store| store.exports().await.unwrap().remove(0));
        row.delivered == i64::try_from(ids.len()).unwrap()
    });
}
