//! A server watches its certificate and its disk; the tests supply the clock and the disk.

use std::{
    fs,
    sync::{Arc, Mutex},
};

use futures_util::future::BoxFuture;

use super::{AlertMetrics, Around, Teller, lookout::Lookout, pace, read};
use crate::store::{DAY, Database, Millis, Store, ToldRow};

const NOW: Millis = 1_795_600_000_000;
const GB: u64 = 1_000_000_000;

#[derive(Default)]
struct Fake {
    now: Mutex<Millis>,
    end: Mutex<Option<Millis>>,
    disk: Mutex<Option<(u64, u64)>>,
}

impl Around for Fake {
    fn now(&self) -> Millis {
        *self.now.lock().expect("no test panics with it")
    }

    fn is_doubted(&self) -> bool {
        false
    }

    fn certificate_end(&self) -> Option<Millis> {
        *self.end.lock().expect("no test panics with it")
    }

    fn disk(&self) -> Option<(u64, u64)> {
        *self.disk.lock().expect("no test panics with it")
    }

    fn takes_mail<'a>(&'a self, _: &'a str, _: &'a str) -> BoxFuture<'a, Option<bool>> {
        Box::pin(async { None })
    }
}

fn set<T>(place: &Mutex<T>, value: T) {
    *place.lock().expect("no test panics with it") = value;
}

/// Looks once, and returns the titles and ends of all alerts, the oldest first.
async fn look(lookout: &Lookout, store: &Store) -> Vec<(String, bool)> {
    lookout.look_around_once().await.expect("the database answers");
    let mut told = store.alerts(50).await.expect("the database answers");
    told.reverse();
    let title = |row: &ToldRow| super::notice::Notice::read(&row.alert).title;
    told.iter().map(|row| (title(row), row.alert.over_at.is_none())).collect()
}

async fn with<F: Future<Output = ()>>(
    rules: &str,
    work: impl FnOnce(Arc<Fake>, Lookout, Store) -> F,
) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("alerts.toml");
    let mail = "[[mail]]\nname = \"soc\"\nhost = \"localhost\"\ntls = \"none\"\nfrom = \"m@example.mil\"\n\
                to = [\"soc@example.mil\"]\n[alerts]\n";
    fs::write(&file, format!("{mail}{rules}")).expect("it is written");
    let alerts = read(&file).expect("a file of alerts");
    let database = Database::Sqlite(folder.path().join("test.db"));
    let store = Store::connect(&database).await.expect("a database");
    let fake = Arc::new(Fake::default());
    set(&fake.now, NOW);
    let teller = Teller::new(alerts, pace(), &AlertMetrics::default(), "https://m.example.mil");
    let lookout = Lookout::new(&teller, store.clone(), fake.clone());
    work(fake, lookout, store.clone()).await;
    store.close().await;
}

#[tokio::test]
async fn alerts_about_a_certificate_come_two_weeks_and_three_days_before_its_end() {
    with("", async |fake, lookout, store| {
        assert_eq!(look(&lookout, &store).await, [], "no certificate");
        let end = NOW + 30 * DAY;
        set(&fake.end, Some(end));
        assert_eq!(look(&lookout, &store).await, []);
        set(&fake.now, end - 14 * DAY);
        let soon = ("The certificate of m.example.mil ends in 14 days".to_owned(), false);
        assert_eq!(look(&lookout, &store).await, std::slice::from_ref(&soon));
        set(&fake.now, end - 13 * DAY);
        assert_eq!(look(&lookout, &store).await.len(), 1, "once");
        set(&fake.now, end - 3 * DAY);
        let last = ("The certificate of m.example.mil ends in 3 days".to_owned(), false);
        assert_eq!(look(&lookout, &store).await, [soon, last]);
        set(&fake.now, end + DAY);
        assert_eq!(look(&lookout, &store).await.len(), 2, "once");
        set(&fake.end, Some(end + 90 * DAY));
        assert_eq!(look(&lookout, &store).await.len(), 2, "renewed");
    })
    .await;
}

#[tokio::test]
async fn alerts_about_a_disk_come_when_it_fills_then_daily_and_when_it_has_room_again() {
    with("", async |fake, lookout, store| {
        set(&fake.disk, Some((11 * GB, 100 * GB)));
        assert_eq!(look(&lookout, &store).await, []);
        set(&fake.disk, Some((9 * GB, 100 * GB)));
        let full = |lasts| ("The disk of m.example.mil is filling: 9 % free".to_owned(), lasts);
        assert_eq!(look(&lookout, &store).await, [full(true)]);
        // A file that comes and goes raises no second alert.
        set(&fake.disk, Some((11 * GB, 100 * GB)));
        assert_eq!(look(&lookout, &store).await, [full(true)]);
        set(&fake.disk, Some((9 * GB, 100 * GB)));
        set(&fake.now, NOW + DAY);
        assert_eq!(look(&lookout, &store).await, [full(false), full(true)]);
        set(&fake.now, NOW + DAY + 1);
        set(&fake.disk, Some((12 * GB, 100 * GB)));
        let over = ("The disk of m.example.mil has room again".to_owned(), false);
        assert_eq!(look(&lookout, &store).await, [full(false), full(false), over]);
        set(&fake.now, NOW + DAY + 2);
        set(&fake.disk, Some((GB, 100 * GB)));
        assert_eq!(look(&lookout, &store).await.len(), 4, "it fills anew");
    })
    .await;
}

#[tokio::test]
async fn a_rule_that_is_switched_off_sends_no_alert() {
    with("certificate = false\ndisk = false\n", async |fake, lookout, store| {
        set(&fake.end, Some(NOW - DAY));
        set(&fake.disk, Some((0, 100 * GB)));
        assert_eq!(look(&lookout, &store).await, []);
    })
    .await;
}
