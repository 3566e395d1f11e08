//! The questions about one domain, and the meaning of their answers (RFC 5321 §5.1, RFC 7505).
//!
//! Outsiders write the zones of look-alikes: the server leaves out exchangers and aliases that are
//! not public, and does not ask about them.

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

/// The shortest time for which an answer is kept, however short the zone wants it: the server does
/// not ask about a name more often.
const KEEP_AT_LEAST: Duration = Duration::from_mins(5);

/// The longest time for which an answer is kept, however long the zone wants it: the server notices
/// the next day that a look-alike begins to take mail.
const KEEP_AT_MOST: Duration = Duration::from_hours(24);

/// The longest time for which the server keeps the answer that a name does not exist.
const KEEP_NOTHING_AT_MOST: Duration = Duration::from_hours(1);

/// The most exchangers to look at. More would cost more questions; a domain with more exchangers
/// takes mail even if only these are asked about.
const MAX_EXCHANGERS: usize = 4;

/// The most aliases to follow. A longer chain is a mistake or an attack.
const MAX_ALIASES: usize = 6;

/// The answers of name servers about a domain.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Answer {
    /// Whether the name exists.
    pub(super) exists: bool,
    /// Whether mail to the domain can be delivered.
    pub(super) accepts_mail: bool,
    /// The hosts that take mail for the domain, the preferred first.
    pub(super) exchangers: Vec<String>,
    /// How long this answer is valid.
    pub(super) keep: Duration,
}

/// The result for one type of record.
enum Found {
    Records(Lookup),
    /// The name exists and has no such record.
    None(Duration),
    /// The name does not exist.
    NoName(Duration),
}

/// Asks about a domain. `None` if name servers give no answer.
pub(super) async fn ask(resolver: &TokioResolver, domain: &str) -> Option<Answer> {
    let name = Name::from_ascii(format!("{domain}.")).ok()?;
    let end = match follow(resolver, name.clone()).await? {
        End::Public(end) => end,
        End::Private => return Some(Answer { exists: true, ..nothing(KEEP_NOTHING_AT_MOST) }),
        End::NoName(keep) => return Some(nothing(keep)),
    };
    match find(resolver, &end, RecordType::MX).await? {
        Found::Records(lookup) => Some(by_exchangers(resolver, &lookup).await),
        Found::None(keep) => by_addresses(resolver, &name, &end, keep).await,
        Found::NoName(keep) => Some(nothing(keep)),
    }
}

/// The end of a chain of aliases.
enum End {
    /// The chain ends at a public name.
    Public(Name),
    /// The chain ends at a name inside a private network, about which the server does not ask.
    Private,
    /// The chain ends at a name that does not exist.
    NoName(Duration),
}

/// Follows aliases one by one. The owner of a zone can make an alias of any name, even of one in the organisation's own
/// network. The server does not ask about such a name, so that its answer reveals nothing. `None` if name servers give
/// no answer, or the chain has no end.
async fn follow(resolver: &TokioResolver, mut name: Name) -> Option<End> {
    for _ in 0..MAX_ALIASES {
        if !is_public(&name) {
            return Some(End::Private);
        }
        let lookup = match find(resolver, &name, RecordType::CNAME).await? {
            Found::Records(lookup) => lookup,
            Found::None(_) => return Some(End::Public(name)),
            Found::NoName(keep) => return Some(End::NoName(keep)),
        };
        let target = lookup.answers().iter().find_map(|record| match &record.data {
            RData::CNAME(target) if record.name == name => Some(target.0.clone()),
            _ => None,
        });
        name = target?;
    }
    None
}

/// Whether the server may ask about a name: it has to be below a public top-level domain.
fn is_public(name: &Name) -> bool {
    matches!(super::Name::read(&plain(name)), super::Name::Public(_))
}

fn plain(name: &Name) -> String {
    name.to_ascii().trim_end_matches('.').to_ascii_lowercase()
}

/// The answer for a domain with MX records. The domain takes mail unless its only record says that
/// it does not, or none of the hosts in the records has an address.
async fn by_exchangers(resolver: &TokioResolver, lookup: &Lookup) -> Answer {
    let mut exchangers: Vec<_> = lookup
        .answers()
        .iter()
        .filter_map(|record| match &record.data {
            RData::MX(mx) if is_public(&mx.exchange) => Some((mx.preference, mx.exchange.clone())),
            _ => None,
        })
        .collect();
    exchangers.sort();
    exchangers.truncate(MAX_EXCHANGERS);
    let addresses = exchangers.iter().map(|(_, host)| has_address(resolver, host));
    let has_addresses = join_all(addresses).await;
    // A name server that gives no answer proves nothing.
    let accepts_mail = has_addresses.iter().any(|has_address| *has_address != Some(false));
    let names = exchangers.iter().map(|(_, host)| plain(host));
    let left = lookup.valid_until().saturating_duration_since(Instant::now());
    let keep = left.clamp(KEEP_AT_LEAST, KEEP_AT_MOST);
    Answer { exists: true, accepts_mail, exchangers: names.collect(), keep }
}

/// Without an MX record, mail goes to the address of the domain itself.
async fn by_addresses(
    resolver: &TokioResolver,
    name: &Name,
    end: &Name,
    keep: Duration,
) -> Option<Answer> {
    let found = addresses(resolver, end).await;
    if let Some(keep) = found.iter().flatten().find_map(|found| match found {
        Found::Records(lookup) => Some(lookup.valid_until()),
        Found::None(_) | Found::NoName(_) => None,
    }) {
        let left = keep.saturating_duration_since(Instant::now());
        let keep = left.clamp(KEEP_AT_LEAST, KEEP_AT_MOST);
        let exchangers = vec![plain(name)];
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

/// Whether a host has an address, if name servers answer.
async fn has_address(resolver: &TokioResolver, host: &Name) -> Option<bool> {
    let end = match follow(resolver, host.clone()).await? {
        End::Public(end) => end,
        End::Private | End::NoName(_) => return Some(false),
    };
    let found = addresses(resolver, &end).await;
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

/// Asks one question. `None` for results that may change in a moment: no answer, SERVFAIL, REFUSED.
async fn find(resolver: &TokioResolver, name: &Name, kind: RecordType) -> Option<Found> {
    match resolver.lookup(name.clone(), kind).await {
        Ok(lookup) if lookup.answers().iter().any(|record| record.record_type() == kind) => {
            Some(Found::Records(lookup))
        }
        // A chain of aliases that ends at a name without such a record.
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
