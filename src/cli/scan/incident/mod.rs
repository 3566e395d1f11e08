//! Records of findings, one on each page, for the report that DFARS 252.204-7012 requires within 72 hours and for an
//! assessor of CMMC: a page contains the facts from the logs, and labelled blanks for the facts that only the organisation
//! knows.
//!
//! Memory is bounded: pages beyond [`PAGES`] and deliveries beyond [`LISTED`] are counted, and the first page says
//! how many are missing.

mod dns;
mod fields;
mod page;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;

use clap::ValueEnum;

use super::redact::Redactor;
use crate::scan::{Counts, Delivery, Sink, Tally, domain_of};
use crate::twins::Evidence;

pub(super) use dns::ask;
pub(super) use page::{Context, write};

/// The most pages of a file: a browser can still print them.
const PAGES: usize = 1_000;

/// The most deliveries to list, on all pages together and on one.
const LISTED: usize = 5_000;
const LISTED_ON_PAGE: usize = 200;

/// The most different domains to count, over all quarters together.
const DOMAINS: usize = 20_000;

/// The most servers that a page names.
const SERVERS: usize = 20;

/// The subject of a page.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub(super) enum By {
    /// Each look-alike domain, with the deliveries to it.
    #[default]
    Domain,
    /// Each delivery.
    Delivery,
}

/// The content of a page.
#[derive(Debug, Default)]
pub(super) struct Record {
    domain: String,
    tally: Tally,
    /// The first deliveries, in the order of the logs.
    deliveries: Vec<Delivery>,
    /// Servers that took mail.
    servers: BTreeSet<String>,
    /// Kinds of marking, and how many deliveries had each.
    markings: BTreeMap<String, u64>,
}

impl Record {
    fn add(&mut self, delivery: Delivery, is_listed: bool) {
        self.tally.add(&delivery);
        if let Some(server) = delivery.server.as_ref().filter(|_| self.servers.len() < SERVERS) {
            self.servers.insert(server.clone());
        }
        if let Some(marking) = &delivery.marking {
            *self.markings.entry(marking.clone()).or_default() += 1;
        }
        if is_listed {
            self.deliveries.push(delivery);
        }
    }
}

/// The deliveries of three months.
#[derive(Debug, Default)]
struct Quarter {
    counts: Counts,
    domains: BTreeSet<String>,
}

/// Collects deliveries for the pages.
pub(super) struct Incidents<'a> {
    by: By,
    redactor: &'a Redactor,
    records: Vec<Record>,
    /// The index of a domain's record.
    places: HashMap<String, usize>,
    listed: usize,
    /// The number of deliveries that are on no page, and of those that a page only counts.
    without_page: u64,
    not_listed: u64,
    quarters: BTreeMap<Option<(i16, i8)>, Quarter>,
    told_apart: usize,
}

impl<'a> Incidents<'a> {
    pub(super) fn new(by: By, redactor: &'a Redactor) -> Self {
        Self {
            by,
            redactor,
            records: Vec::new(),
            places: HashMap::new(),
            listed: 0,
            without_page: 0,
            not_listed: 0,
            quarters: BTreeMap::new(),
            told_apart: 0,
        }
    }

    /// The domains that pages are about, each once.
    pub(super) fn domains(&self) -> Vec<String> {
        let domains: BTreeSet<&String> = self.records.iter().map(|record| &record.domain).collect();
        domains.into_iter().cloned().collect()
    }

    /// The place of the record for a delivery to `domain`; `None` if there is no room for another
    /// record.
    fn place(&mut self, domain: &str) -> Option<usize> {
        let known = self.places.get(domain).copied().filter(|_| self.by == By::Domain);
        if known.is_some() || self.records.len() >= PAGES {
            return known;
        }
        let place = self.records.len();
        self.records.push(Record { domain: domain.to_owned(), ..Record::default() });
        self.places.insert(domain.to_owned(), place);
        Some(place)
    }

    fn count_in_quarter(&mut self, delivery: &Delivery, domain: &str) {
        let quarter = delivery.time.map(|time| (time.civil.year(), (time.civil.month() + 2) / 3));
        let quarter = self.quarters.entry(quarter).or_default();
        quarter.counts.add(delivery.status);
        if self.told_apart < DOMAINS && quarter.domains.insert(domain.to_owned()) {
            self.told_apart += 1;
        }
    }
}

impl Sink for Incidents<'_> {
    fn delivery(&mut self, delivery: &Delivery) -> io::Result<()> {
        let delivery = self.redactor.delivery(delivery);
        let domain = domain_of(&delivery.recipient);
        self.count_in_quarter(&delivery, &domain);
        let Some(place) = self.place(&domain) else {
            self.without_page += 1;
            return Ok(());
        };
        if let Some(record) = self.records.get_mut(place) {
            let is_listed = self.listed < LISTED && record.deliveries.len() < LISTED_ON_PAGE;
            record.add(delivery, is_listed);
            self.listed += usize::from(is_listed);
            self.not_listed += u64::from(!is_listed);
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The answers of the DNS about each domain.
pub(super) type Answers = HashMap<String, Evidence>;
