//! `milguard demo-data`: made-up events for a trial.
//!
//! The events are in groups of their own, which every page marks, and can be removed completely.

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::{CliError, database::DatabaseArgs};
use crate::store::{
    Action, DAY, DEMO_GROUP, Event, HOUR, Host, ORGANISATION, PolicyChange, PolicyChangeError,
    Store, StoreError, now,
};
use crate::{Checker, Policy};

/// The most events in one transaction. More would take more memory; fewer would make `demo-data`
/// wait for the disk more often.
const BATCH: usize = 1_000;

/// Fill a server's database with made-up events, for a trial, or remove them.
///
/// The events belong to separate groups below "Demo data", and every page marks them. Real reports
/// stay untouched.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  milguard demo-data --state var
  milguard demo-data --state var --events 50000 --days 365
  milguard demo-data --state var --remove")]
pub(super) struct Args {
    #[command(flatten)]
    database: DatabaseArgs,
    /// How many events to add.
    #[arg(long, value_name = "N", default_value_t = 4_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    events: u32,
    /// Over how many days to spread the events, up to now.
    #[arg(long, value_name = "N", default_value_t = 120, value_parser = clap::value_parser!(u32).range(1..=1_800))]
    days: u32,
    /// Remove all demo data.
    #[arg(long, conflicts_with_all = ["events", "days"])]
    remove: bool,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, CliError> {
    args.database.with_existing_store(async |store| {
        if args.remove {
            let removed = store.remove_demo_data().await.map_err(CliError::new)?;
            say(&format!("removed {removed} made-up events, with their groups and counts"));
            return Ok(ExitCode::SUCCESS);
        }
        store.remove_demo_data().await.map_err(CliError::new)?;
        let stored = fill(store, args.events, args.days, now()).await.map_err(CliError::new)?;
        say(&format!("added {stored} made-up events; `milguard demo-data --remove` removes them"));
        Ok(ExitCode::SUCCESS)
    })
}

fn say(text: &str) {
    let _ = writeln!(io::stderr(), "milguard: {text}");
}

/// A made-up part of an organisation.
struct Unit {
    id: &'static str,
    name: &'static str,
    policy: &'static str,
    /// The unit's share of all mail.
    weight: u32,
    reports: Reports,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Reports {
    Counts,
    Domain,
    Address,
}

const UNITS: [Unit; 3] = [
    Unit {
        id: "demo-data-head-office",
        name: "Demo: head office",
        policy: r#"{"reporting": "address", "override": {"warn": "justification"}, "countdown": 3}"#,
        weight: 5,
        reports: Reports::Address,
    },
    Unit {
        id: "demo-data-logistics",
        name: "Demo: logistics",
        policy: r#"{"reporting": "domain", "deny": ["army-mil.example"]}"#,
        weight: 4,
        reports: Reports::Domain,
    },
    Unit {
        id: "demo-data-supplier",
        name: "Demo: supplier on trial",
        policy: r#"{"mode": "audit", "reporting": "counts"}"#,
        weight: 2,
        reports: Reports::Counts,
    },
];

/// Domains that people write to by mistake, each with its weight.
const DOMAINS: [(&str, u32); 28] = [
    ("army.ml", 60),
    ("us.army.ml", 34),
    ("navy.ml", 30),
    ("us.af.ml", 28),
    ("mail.ml", 20),
    ("usmc.ml", 12),
    ("health.ml", 9),
    ("centcom.ml", 8),
    ("dla.ml", 7),
    ("disa.ml", 6),
    ("socom.ml", 5),
    ("navy.mi", 9),
    ("us.af.mli", 7),
    ("army.mol", 4),
    ("us.navy.mit", 3),
    ("us.army.com", 11),
    ("centcom.org", 5),
    ("army.mil.com", 10),
    ("us.army.mil.co", 4),
    ("navy.mil.us", 3),
    ("armymil.com", 6),
    ("army-mil.us", 4),
    ("us-af-mil.com", 2),
    ("xn--rmy-5cd.mil", 2),
    ("amry.mil", 6),
    ("nvay.mil", 3),
    ("eb.mil.br", 5),
    ("mod.uk", 4),
];

const FIRST: [&str; 16] = [
    "james", "maria", "robert", "linda", "john", "susan", "david", "karen", "carlos", "nancy",
    "paul", "betty", "kevin", "helen", "brian", "sandra",
];

const LAST: [&str; 16] = [
    "smith", "garcia", "jones", "miller", "davis", "lopez", "wilson", "moore", "taylor", "thomas",
    "white", "harris", "clark", "lewis", "young", "walker",
];

/// Reasons of people who send anyway.
const REASONS: [&str; 6] = [
    "The liaison officer is stationed in Bamako",
    "Confirmed by phone",
    "Same address as in the contract",
    "Sending to the embassy",
    "Recipient asked for this address",
    "Urgent, will correct later",
];

/// The most finished lessons to make. Each is a transaction of its own, and more would make
/// `demo-data` wait for the disk.
const MAX_LESSONS: usize = 100;

/// Makes the groups with their policies, `count` events over `days` days up to `now`, and a finished lesson every third
/// day. Returns how many events were stored.
async fn fill(store: &Store, count: u32, days: u32, now: i64) -> Result<usize, StoreError> {
    store.create_group(DEMO_GROUP, "Demo data", ORGANISATION, None).await?;
    for unit in &UNITS {
        store.create_group(unit.id, unit.name, DEMO_GROUP, None).await?;
        let put = PolicyChange {
            group: unit.id.to_owned(),
            document: unit.policy.to_owned(),
            author: "demo-data".to_owned(),
            comment: "Made up for a trial".to_owned(),
            expected: None,
        };
        match store.put_policy(&put, None).await {
            Ok(_) => {}
            Err(PolicyChangeError::Store(error)) => return Err(error),
            Err(error) => return Err(StoreError::Invalid(error.to_string())),
        }
    }
    let checker =
        Checker::new(&Policy::default()).map_err(|error| StoreError::Invalid(error.to_string()))?;
    // The seed makes every run equal, so that pictures and tests can be compared.
    let mut random = StdRng::seed_from_u64(1);
    let mut stored = 0;
    let mut batch = Vec::with_capacity(BATCH);
    for index in 0..count {
        batch.push(event(&checker, &mut random, days, now));
        if batch.len() == BATCH || index + 1 == count {
            let new = store.insert_events(&batch).await?;
            stored += new.into_iter().filter(|new| *new).count();
            batch.clear();
        }
    }
    for day in (0..days).step_by(3).take(MAX_LESSONS) {
        let unit = pick(&mut random, &UNITS);
        store.count_lesson(unit.id, now - i64::from(day) * DAY).await?;
    }
    Ok(stored)
}

fn event(checker: &Checker, random: &mut StdRng, days: u32, now: i64) -> Event {
    let unit = weighted(random, UNITS.iter().map(|unit| (unit, unit.weight)));
    let domain = weighted(random, DOMAINS);
    let first = pick(random, &FIRST);
    let last = pick(random, &LAST);
    let address = format!("{first}.{last}@{domain}");
    let report = checker.check_address(&address);
    let (time, received) = moment(random, days, now);
    let action = match unit.reports {
        Reports::Counts => Action::Audited,
        // The longer people have been warned, the fewer send anyway.
        Reports::Domain | Reports::Address => {
            let age = u32::try_from((now - time) / DAY).unwrap_or_default();
            let stubborn = 8 + 14 * age / days.max(1);
            weighted(
                random,
                [
                    (Action::Fixed, 50),
                    (Action::Removed, 9),
                    (Action::Cancelled, 15),
                    (Action::SentAnyway, stubborn),
                    (Action::Blocked, 4),
                ],
            )
        }
    };
    let host = weighted(random, [(Host::Outlook, 7), (Host::Thunderbird, 3)]);
    let reasons = report.findings.iter().map(|finding| finding.reason.as_str().to_owned());
    let justified = action == Action::SentAnyway && unit.reports == Reports::Address;
    Event {
        id: uuid(random),
        message: uuid(random),
        time,
        received,
        group_id: Arc::from(unit.id),
        client: None,
        host,
        client_version: env!("CARGO_PKG_VERSION").to_owned(),
        policy_id: unit.id.to_owned(),
        policy_version: 1,
        action,
        severity: report.severity,
        reasons: reasons.collect(),
        raised_by: Vec::new(),
        domain: (unit.reports != Reports::Counts).then(|| domain.to_owned()),
        address: (unit.reports == Reports::Address).then_some(address),
        justification: justified.then(|| (*pick(random, &REASONS)).to_owned()),
    }
}

/// The time when somebody wrote a mail, and the time when the server got the event: mostly in
/// working hours, and less often as people learn.
fn moment(random: &mut StdRng, days: u32, now: i64) -> (i64, i64) {
    loop {
        let day = i64::from(random.random_range(0..days));
        // The last day gets half as many events as the first.
        if random.random_range(0..2 * i64::from(days)) > i64::from(days) + day {
            continue;
        }
        let midnight = now - now.rem_euclid(DAY) - day * DAY;
        // The first of January 1970 was a Thursday.
        let is_weekend = matches!((midnight.div_euclid(DAY) + 4).rem_euclid(7), 0 | 6);
        if is_weekend && random.random_range(0..10) > 0 {
            continue;
        }
        let hour = 12 + random.random_range(-5..=5_i64) / 2 + random.random_range(-5..=5_i64) / 2;
        let time = midnight + hour * HOUR + random.random_range(0..HOUR);
        let received = time + random.random_range(200..90_000_i64);
        if received <= now {
            return (time, received);
        }
        // An event must not be in the future. Half of the events that would be in the future get a
        // time between midnight and now; the loop draws another day for the others.
        if day == 0 && random.random_range(0..2) == 0 {
            let since_midnight = now.rem_euclid(DAY).max(1);
            let time = midnight + random.random_range(0..since_midnight);
            return (time, (time + 1_000).min(now));
        }
    }
}

fn weighted<T>(random: &mut StdRng, choices: impl IntoIterator<Item = (T, u32)>) -> T {
    let choices: Vec<(T, u32)> = choices.into_iter().collect();
    let total: u32 = choices.iter().map(|(_, weight)| weight).sum();
    let mut left = random.random_range(0..total);
    let mut chosen = None;
    for (choice, weight) in choices {
        let is_it = left < weight;
        chosen = Some(choice);
        if is_it {
            break;
        }
        left -= weight;
    }
    chosen.expect("there is something to choose from")
}

fn pick<'a, T>(random: &mut StdRng, list: &'a [T]) -> &'a T {
    &list[random.random_range(0..list.len())]
}

fn uuid(random: &mut StdRng) -> String {
    uuid::Builder::from_random_bytes(random.random()).into_uuid().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_could_report_every_made_up_event() {
        let checker = Checker::new(&Policy::default()).unwrap();
        let mut random = StdRng::seed_from_u64(7);
        let now = 1_795_600_000_000;
        for _ in 0..2_000 {
            let event = event(&checker, &mut random, 30, now);
            assert!(event.time <= event.received && event.received <= now, "{event:?}");
            assert!(event.time > now - 31 * DAY, "{event:?}");
            assert!(!event.reasons.is_empty(), "{event:?}");
            assert_eq!(event.message.chars().nth(14), Some('4'), "{event:?}");
            assert!(crate::store::is_demo(&event.group_id));
            let counts_alone = event.group_id.ends_with("supplier");
            assert_eq!(event.domain.is_none(), counts_alone, "{event:?}");
        }
    }
}
