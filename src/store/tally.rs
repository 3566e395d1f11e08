//! Computes what new events add to the counts, and the rows to write.

use std::collections::{BTreeMap, HashSet};

use super::rows::Column::{self, Number, Text};
use super::rows::{BulkRow, Upsert, Value};
use super::{DAY, Event, HOUR, Millis};
use crate::verdict::Reason;

/// Counts use this code for a reason that this release does not know. If they kept the unknown
/// text, a client could fill the table with new texts.
const OTHER_REASON: &str = "other";

/// The counts that new events add.
#[derive(Default)]
pub(super) struct Tally<'a> {
    hours: BTreeMap<(Millis, Key<'a>), i64>,
    days: BTreeMap<(&'a str, Millis, Key<'a>), i64>,
    domains: BTreeMap<(Millis, &'a str, &'a str), (i64, i64)>,
    pub(super) seen: BTreeMap<&'a str, Millis>,
    addresses: BTreeMap<&'a str, Millis>,
}

/// The key of a count: group, host, action, severity.
type Key<'a> = (&'a str, &'static str, &'static str, &'static str);

impl<'a> Tally<'a> {
    pub(super) fn new(events: &[&'a Event]) -> Self {
        let mut tally = Self::default();
        for &event in events {
            let kind = (
                &*event.group_id,
                event.host.as_str(),
                event.action.as_str(),
                event.severity.as_str(),
            );
            let day = start_of(event.time, DAY);
            *tally.hours.entry((start_of(event.time, HOUR), kind)).or_default() += 1;
            *tally.days.entry(("", day, kind)).or_default() += 1;
            let reasons: HashSet<&'static str> =
                event.reasons.iter().map(|reason| known_reason(reason)).collect();
            for reason in reasons {
                *tally.days.entry((reason, day, kind)).or_default() += 1;
            }
            if let Some(domain) = &event.domain {
                let (n, sent) = tally.domains.entry((day, kind.0, domain)).or_default();
                *n += 1;
                *sent += i64::from(event.action.is_sent());
                let first = tally.seen.entry(domain).or_insert(event.time);
                *first = event.time.min(*first);
            }
            if let Some(address) = &event.address {
                let last_day = tally.addresses.entry(address).or_insert(day);
                *last_day = day.max(*last_day);
            }
        }
        tally
    }

    /// The counts to subtract for the same events.
    pub(super) fn negated(mut self) -> Self {
        self.hours.values_mut().for_each(|n| *n = -*n);
        self.days.values_mut().for_each(|n| *n = -*n);
        self.domains.values_mut().for_each(|(n, sent)| (*n, *sent) = (-*n, -*sent));
        self
    }

    pub(super) fn hours(&self) -> Vec<HourRow<'a>> {
        let rows = self.hours.iter();
        rows.map(|(&(hour, (group_id, host, action, severity)), &n)| HourRow {
            hour,
            group_id,
            host,
            action,
            severity,
            n,
        })
        .collect()
    }

    pub(super) fn days(&self) -> Vec<DayRow<'a>> {
        let rows = self.days.iter();
        rows.map(|(&(reason, day, (group_id, host, action, severity)), &n)| DayRow {
            reason,
            day,
            group_id,
            host,
            action,
            severity,
            n,
        })
        .collect()
    }

    pub(super) fn addresses(&self) -> Vec<AddressRow<'a>> {
        let rows = self.addresses.iter();
        rows.map(|(&address, &last_day)| AddressRow {
            address,
            key: address.to_lowercase(),
            last_day,
        })
        .collect()
    }

    pub(super) fn domains(&self) -> Vec<DomainRow<'a>> {
        let rows = self.domains.iter();
        rows.map(|(&(day, group_id, domain), &(n, sent))| DomainRow {
            day,
            group_id,
            domain,
            n,
            sent,
        })
        .collect()
    }
}

/// Makes a row of its columns, which stand here once: the name, the kind and the type of each.
macro_rules! row {
    ($row:ident<$lifetime:lifetime> { $($name:ident: $column:ident($type:ty),)+ }) => {
        pub(super) struct $row<$lifetime> {
            $(pub(super) $name: $type,)+
        }

        impl BulkRow for $row<'_> {
            const COLUMNS: &'static [Column] = &[$($column(stringify!($name))),+];

            fn values(&self) -> impl IntoIterator<Item = Value<'_>> {
                [$(self.$name.into()),+]
            }
        }
    };
}

row!(HourRow<'a> {
    hour: Number(Millis),
    group_id: Text(&'a str),
    host: Text(&'a str),
    action: Text(&'a str),
    severity: Text(&'a str),
    n: Number(i64),
});

impl Upsert for HourRow<'_> {
    const TABLE: &'static str = "counts_hourly";
    const CONFLICT: &'static str =
        "(hour, group_id, host, action, severity) DO UPDATE SET n = counts_hourly.n + excluded.n";
}

row!(DayRow<'a> {
    reason: Text(&'a str),
    day: Number(Millis),
    group_id: Text(&'a str),
    host: Text(&'a str),
    action: Text(&'a str),
    severity: Text(&'a str),
    n: Number(i64),
});

impl Upsert for DayRow<'_> {
    const TABLE: &'static str = "counts_daily";
    const CONFLICT: &'static str = "(reason, day, group_id, host, action, severity) \
         DO UPDATE SET n = counts_daily.n + excluded.n";
}

row!(DomainRow<'a> {
    day: Number(Millis),
    group_id: Text(&'a str),
    domain: Text(&'a str),
    n: Number(i64),
    sent: Number(i64),
});

impl Upsert for DomainRow<'_> {
    const TABLE: &'static str = "domains_daily";
    const CONFLICT: &'static str = "(day, group_id, domain) DO UPDATE SET n = domains_daily.n + excluded.n, \
         sent = domains_daily.sent + excluded.sent";
}

row!(SeenRow<'a> {
    domain: Text(&'a str),
    first_seen: Number(Millis),
});

impl Upsert for SeenRow<'_> {
    const TABLE: &'static str = "domains_seen";
    const CONFLICT: &'static str = "(domain) DO UPDATE SET first_seen = excluded.first_seen \
         WHERE excluded.first_seen < domains_seen.first_seen";
}

pub(super) struct AddressRow<'a> {
    address: &'a str,
    key: String,
    last_day: Millis,
}

impl BulkRow for AddressRow<'_> {
    const COLUMNS: &'static [Column] = &[Text("address"), Text("key"), Number("last_day")];

    fn values(&self) -> impl IntoIterator<Item = Value<'_>> {
        [self.address.into(), self.key.as_str().into(), self.last_day.into()]
    }
}

impl Upsert for AddressRow<'_> {
    const TABLE: &'static str = "addresses_seen";
    const CONFLICT: &'static str = "(address) DO UPDATE SET last_day = excluded.last_day \
         WHERE excluded.last_day > addresses_seen.last_day";
}

/// The beginning of the hour or day that a time lies in, in UTC.
pub(super) fn start_of(time: Millis, span: Millis) -> Millis {
    time - time.rem_euclid(span)
}

fn known_reason(reason: &str) -> &'static str {
    let mut known = Reason::ALL.iter().map(|known| known.as_str());
    known.find(|known| *known == reason).unwrap_or(OTHER_REASON)
}

/// Whether events with this reason are counted under it, and not under `other` with reasons of
/// later releases.
pub(super) fn is_counted_apart(reason: &str) -> bool {
    known_reason(reason) == reason
}
