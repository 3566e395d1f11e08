//! The facts about this server that alerts need.

use std::path::PathBuf;

use futures_util::future::BoxFuture;

use crate::alert::Around;
use crate::store::{Millis, Store};
use crate::{Checker, Policy, Severity};

use super::{
    Clock,
    dns::{Dns, Name},
    limits::free_and_total,
    tls::Tls,
};

/// The clock, the certificate, the disk and the resolver.
pub(super) struct Surroundings {
    pub(super) clock: Clock,
    /// `None` behind a proxy, which has the certificate.
    pub(super) tls: Option<Tls>,
    pub(super) state: PathBuf,
    pub(super) dns: Dns,
    pub(super) store: Store,
}

impl Around for Surroundings {
    fn now(&self) -> Millis {
        self.clock.now()
    }

    fn is_doubted(&self) -> bool {
        self.clock.is_doubted()
    }

    fn certificate_end(&self) -> Option<Millis> {
        Some(self.tls.as_ref()?.end()?.saturating_mul(1_000))
    }

    fn disk(&self) -> Option<(u64, u64)> {
        free_and_total(&self.state)
    }

    fn takes_mail<'a>(&'a self, domain: &'a str, group: &'a str) -> BoxFuture<'a, Option<bool>> {
        Box::pin(async move {
            let Name::Public(name) = Name::read(domain) else { return Some(false) };
            // A client may report any domain, and the server looks up only those that the policy
            // flags.
            let policy = self.store.effective_policy(group).await;
            let policy = policy.map_or_else(|_| Policy::default(), |effective| effective.policy);
            let checker =
                Checker::new(&policy).or_else(|_| Checker::new(&Policy::default())).ok()?;
            if checker.check_address(&format!("postmaster@{name}")).severity < Severity::Notice {
                return Some(false);
            }
            self.dns.evidence(&name).await.ok().map(|evidence| evidence.accepts_mail)
        })
    }
}
