//! What clients ask for, ready in memory: tokens, and the effective policy of each group.
//!
//! A request for a policy costs one look-up and no word with the database, and is answered while the
//! database is away. Every server looks for changes every two seconds; its own it sees at once.

use std::{
    collections::HashMap,
    sync::{
        Arc, OnceLock, PoisonError, RwLock,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use axum::{body::Bytes, http::HeaderValue};
use sha2::{Digest, Sha256};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use super::client::Client;
use crate::policy::{Override, Policy, Reporting};
use crate::store::{Effective, EnrolmentToken, Millis, Store, StoreError, hash_secret};
use crate::{Checker, Severity};

/// Clients look every minute; this is added to that.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// When tokens were last used is noted so often.
const NOTE_EVERY: Duration = Duration::from_mins(1);

/// What holds for the clients of a group.
#[derive(Debug)]
pub(crate) struct GroupPolicy {
    /// The group's id.
    pub(crate) group: Arc<str>,
    /// How much may be stored of an event.
    pub(crate) reporting: Reporting,
    /// Whether senders are asked for a reason, which may then be stored.
    pub(crate) asks_justification: bool,
    /// The policy as clients read it.
    pub(crate) body: Bytes,
    /// A strong validator of the body.
    pub(crate) etag: HeaderValue,
    policy: Policy,
    /// Compiled when it is first asked for: most groups never ask about a domain.
    checker: OnceLock<Option<Checker>>,
}

/// Why a token is not good.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Refusal {
    Unknown,
    Revoked,
    Expired,
    /// It is, but the group's policy could never be read.
    NoPolicy,
}

/// Tokens and policies, always as of some moment. A clone shares them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Directory(Arc<RwLock<Arc<Snapshot>>>);

#[derive(Debug, Default)]
struct Snapshot {
    revision: i64,
    tokens: HashMap<[u8; 32], Arc<Token>>,
    groups: HashMap<String, Arc<GroupPolicy>>,
}

#[derive(Debug)]
struct Token {
    known: EnrolmentToken,
    id: Arc<str>,
    /// Not noted in the store yet; 0: nothing to note.
    used: AtomicI64,
}

impl Directory {
    /// Reads everything once.
    ///
    /// # Errors
    ///
    /// Where the database doesn't answer.
    pub(crate) async fn load(store: &Store) -> Result<Self, StoreError> {
        let directory = Self::default();
        directory.reload(store).await?;
        Ok(directory)
    }

    /// Follows the store for as long as it is polled. A store that is away is asked again.
    pub(crate) async fn keep_current(self, store: Store) {
        let mut changes = store.changes();
        let mut noted = Instant::now();
        let mut look = interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = look.tick() => {}
                _ = changes.changed() => {}
            }
            let done = async {
                if store.revision().await? != self.snapshot().revision {
                    self.reload(&store).await?;
                }
                if noted.elapsed() >= NOTE_EVERY {
                    noted = Instant::now();
                    self.note_use(&store).await?;
                }
                Ok::<_, StoreError>(())
            };
            if let Err(error) = done.await {
                tracing::warn!(%error, "cannot look for changed policies; the last ones are served");
            }
        }
    }

    /// Notes what was used and not noted yet, in bounded time: for the end.
    pub(crate) async fn finish(&self, store: &Store) {
        let _ = timeout(Duration::from_secs(2), self.note_use(store)).await;
    }

    /// The client that `token` stands for.
    pub(super) fn client(&self, token: &str, now: Millis) -> Result<Client, Refusal> {
        let snapshot = self.snapshot();
        let hash: [u8; 32] = Sha256::digest(token).into();
        let token = snapshot.tokens.get(&hash).ok_or(Refusal::Unknown)?;
        if token.known.revoked.is_some() {
            return Err(Refusal::Revoked);
        }
        if !token.known.is_good(now) {
            return Err(Refusal::Expired);
        }
        token.used.store(now, Ordering::Relaxed);
        let group = snapshot.groups.get(&token.known.group).ok_or(Refusal::NoPolicy)?;
        Ok(Client { token: Arc::clone(&token.id), group: Arc::clone(group) })
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    async fn reload(&self, store: &Store) -> Result<(), StoreError> {
        // Before the rest: what changes meanwhile is looked at again.
        let revision = store.revision().await?;
        let policies = store.effective_policies().await?;
        let tokens = store.tokens().await?;
        let old = self.snapshot();
        let mut groups = HashMap::new();
        for (group, effective) in policies {
            let policy = match effective {
                Ok(effective) => Some(Arc::new(GroupPolicy::new(&effective))),
                Err(error) => {
                    // A newer server may have stored what this one can't read.
                    tracing::error!(group = group.id, %error, "a policy cannot be read; the last good one stays");
                    old.groups.get(&group.id).cloned()
                }
            };
            groups.extend(policy.map(|policy| (group.id, policy)));
        }
        let tokens = tokens.into_iter().filter_map(|known| {
            let hash = digest(&known.hash)?;
            let used = old.tokens.get(&hash).map_or(0, |token| token.used.load(Ordering::Relaxed));
            let id = known.id.as_str().into();
            Some((hash, Arc::new(Token { known, id, used: AtomicI64::new(used) })))
        });
        let snapshot = Arc::new(Snapshot { revision, tokens: tokens.collect(), groups });
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = snapshot;
        Ok(())
    }

    async fn note_use(&self, store: &Store) -> Result<(), StoreError> {
        let used: Vec<_> = self
            .snapshot()
            .tokens
            .values()
            .map(|token| (token.known.id.clone(), token.used.swap(0, Ordering::Relaxed)))
            .filter(|(_, time)| *time != 0)
            .collect();
        store.touch_tokens(&used).await
    }
}

impl GroupPolicy {
    /// What the policy finds in an address; nothing where this release cannot compile the policy.
    pub(crate) fn severity(&self, address: &str) -> Severity {
        let checker = self.checker.get_or_init(|| Checker::new(&self.policy).ok());
        checker.as_ref().map_or(Severity::Pass, |checker| checker.check_address(address).severity)
    }

    fn new(effective: &Effective) -> Self {
        let policy = &effective.policy;
        let body = effective.json();
        // Hexadecimal digits are always a header's value.
        let etag = HeaderValue::from_str(&format!("\"{}\"", hash_secret(&body)));
        let asks = [policy.overrides.warn, policy.overrides.block];
        Self {
            group: effective.group.as_str().into(),
            reporting: policy.reporting,
            asks_justification: asks.contains(&Override::Justification),
            etag: etag.unwrap_or(HeaderValue::from_static("\"\"")),
            body: body.into(),
            policy: policy.clone(),
            checker: OnceLock::new(),
        }
    }
}

/// The bytes of a hash as the store writes it.
fn digest(hexadecimal: &str) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    if hexadecimal.len() != 64 {
        return None;
    }
    for (byte, digits) in digest.iter_mut().zip(hexadecimal.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(digest)
}
