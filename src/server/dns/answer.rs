//! The questions about one domain, and what their answers come to (RFC 5321 §5.1, RFC 7505).

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use hickory_resolver::{
    TokioResolver,
    lookup::Lookup,
    net::{DnsError, NetError, NoRecords},
    proto::{
        op::ResponseCode,
        rr::{Name, RData, RecordType},
    },
};

/// However short a zone wants its records kept, a name is not asked about more often.
const KEEP_AT_LEAST: Duration = Duration::from_mins(5);

/// However long. A look-alike that begins to take mail is noticed the next day.
const KEEP_AT_MOST: Duration = Duration::from_hours(24);

/// The same for what does not exist.
const KEEP_NOTHING_AT_MOST: Duration = Duration::from_hours(1);

/// Exchangers that are looked at; a domain with more has them for one that is down.
const MAX_EXCHANGERS: usize = 4;

/// What name servers say of a domain.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Answer {
    /// Whether the name exists.
    pub(super) exists: bool,
    /// Whether mail to it can be delivered.
    pub(super) accepts_mail: bool,
    /// The hosts that take its mail, the preferred first.
    pub(super) exchangers: Vec<String>,
    /// How long that holds.
    pub(super) keep: Duration,
}

/// What was found of one type.
enum Found {
    Records(Lookup),
    /// The name exists and has no such record.
    None(Duration),
    /// The name does not exist.
    NoName(Duration),
}

/// Asks about a domain. `None` where name servers do not say.
pub(super) async fn ask(resolver: &TokioResolver, domain: &str) -> Option<Answer> {
    let name = Name::from_ascii(format!("{domain}.")).ok()?;
    match find(resolver, &name, RecordType::MX).await? {
        Found::Records(lookup) => Some(by_exchangers(resolver, &lookup).await),
        Found::None(keep) => by_addresses(resolver, &name, keep).await,
        Found::NoName(keep) => Some(nothing(keep)),
    }
}

/// The domain has MX records. It takes mail unless its only one says that it does not, or none of the hosts
/// that they name has an address.
async fn by_exchangers(resolver: &TokioResolver, lookup: &Lookup) -> Answer {
    let mut exchangers: Vec<_> = lookup
        .answers()
        .iter()
        .filter_map(|record| match &record.data {
            RData::MX(mx) if !mx.exchange.is_root() => Some((mx.preference, mx.exchange.clone())),
            _ => None,
        })
        .collect();
    exchangers.sort();
    exchangers.truncate(MAX_EXCHANGERS);
    let addresses = exchangers.iter().map(|(_, host)| has_address(resolver, host));
    let has_addresses = join_all(addresses).await;
    // A name server that does not say is no proof of the contrary.
    let accepts_mail = has_addresses.iter().any(|has_address| *has_address != Some(false));
    let names = exchangers
        .iter()
        .map(|(_, host)| host.to_ascii().trim_end_matches('.').to_ascii_lowercase());
    let left = lookup.valid_until().saturating_duration_since(Instant::now());
    let keep = left.clamp(KEEP_AT_LEAST, KEEP_AT_MOST);
    Answer { exists: true, accepts_mail, exchangers: names.collect(), keep }
}

/// Without an MX record, mail goes to the address of the domain itself.
async fn by_addresses(resolver: &TokioResolver, name: &Name, keep: Duration) -> Option<Answer> {
    let found = addresses(resolver, name).await;
    if let Some(keep) = found.iter().flatten().find_map(|found| match found {
        Found::Records(lookup) => Some(lookup.valid_until()),
        Found::None(_) | Found::NoName(_) => None,
    }) {
        let left = keep.saturating_duration_since(Instant::now());
        let keep = left.clamp(KEEP_AT_LEAST, KEEP_AT_MOST);
        let exchangers = vec![name.to_ascii().trim_end_matches('.').to_ascii_lowercase()];
        return Some(Answer { exists: true, accepts_mail: true, exchangers, keep });
    }
    match found {
        [Some(Found::NoName(keep)), _] | [_, Some(Found::NoName(keep))] => Some(nothing(keep)),
        [Some(Found::None(_)), Some(Found::None(_))] => {
            Some(Answer { exists: true, ..nothing(keep) })
        }
        _ => None,
    }
}

fn nothing(keep: Duration) -> Answer {
    let keep = keep.clamp(KEEP_AT_LEAST, KEEP_NOTHING_AT_MOST);
    Answer { exists: false, accepts_mail: false, exchangers: Vec::new(), keep }
}

/// Whether a host has an address, where name servers say.
async fn has_address(resolver: &TokioResolver, host: &Name) -> Option<bool> {
    let found = addresses(resolver, host).await;
    if found.iter().flatten().any(|found| matches!(found, Found::Records(_))) {
        return Some(true);
    }
    found.iter().all(Option::is_some).then_some(false)
}

async fn addresses(resolver: &TokioResolver, name: &Name) -> [Option<Found>; 2] {
    let (four, six) =
        tokio::join!(find(resolver, name, RecordType::A), find(resolver, name, RecordType::AAAA));
    [four, six]
}

/// One question. `None` for what may be otherwise a moment later: no answer, SERVFAIL, REFUSED.
async fn find(resolver: &TokioResolver, name: &Name, kind: RecordType) -> Option<Found> {
    match resolver.lookup(name.clone(), kind).await {
        Ok(lookup) if lookup.answers().iter().any(|record| record.record_type() == kind) => {
            Some(Found::Records(lookup))
        }
        // A chain of aliases that ends with nothing of that type.
        Ok(lookup) => {
            Some(Found::None(lookup.valid_until().saturating_duration_since(Instant::now())))
        }
        Err(NetError::Dns(DnsError::NoRecordsFound(NoRecords {
            response_code,
            negative_ttl,
            ..
        }))) => {
            let keep = Duration::from_secs(u64::from(negative_ttl.unwrap_or(0)));
            match response_code {
                ResponseCode::NXDomain => Some(Found::NoName(keep)),
                ResponseCode::NoError => Some(Found::None(keep)),
                _ => None,
            }
        }
        Err(_) => None,
    }
}
