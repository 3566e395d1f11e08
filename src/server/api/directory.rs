//! Tokens, deployments and the effective policy of each group, ready in memory.
//!
//! A request for a policy needs one look-up and no query, so the server answers it while the
//! database is away. Every server looks for changes every two seconds, and sees its own at once.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use uuid::Uuid;

use super::{
    client::Client,
    contacts::Contacts,
    group_policy::GroupPolicy,
    key::{Key, Keys},
};
use crate::store::{
    DEFAULT_GROUP, Deployment, EnrolmentToken, Host, Millis, ORGANISATION, Store, StoreError, now,
};

/// How often the server looks for changes. A change reaches clients after this time and the minute between their
/// requests.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// How often the server notes when tokens were last used and clients last in contact.
const NOTE_EVERY: Duration = Duration::from_secs(10);

/// Why a token or a key is not valid.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Refusal {
    Unknown,
    Revoked,
    Expired,
    /// The client was shut out, alone or with all of its deployment.
    ShutOut,
    /// The token or key is valid, but the server could never read the group's policy.
    NoPolicy,
}

/// Tokens, deployments and policies, all as of the same moment. A clone shares them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Directory(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    current: RwLock<Arc<Snapshot>>,
    contacts: Contacts,
    keys: Keys,
}

#[derive(Debug, Default)]
struct Snapshot {
    revision: i64,
    tokens: HashMap<[u8; 32], Arc<Token>>,
    by_id: HashMap<Uuid, Arc<Token>>,
    /// Open deployments, by the secret in their address.
    deployments: HashMap<String, Arc<Token>>,
    /// The secret of the deployment that this machine's own pages use.
    local: Option<String>,
    shut_out: HashSet<Uuid>,
    groups: HashMap<String, Arc<GroupPolicy>>,
}

/// A deployment with the data for its files.
#[derive(Clone, Debug)]
pub(crate) struct Deployed {
    /// The public id, which is not a secret.
    pub(crate) id: Arc<str>,
    /// The text of the deployment's token.
    pub(crate) token: String,
    /// The policy in force for the deployment's group.
    pub(crate) group: Arc<GroupPolicy>,
}

#[derive(Debug)]
struct Token {
    known: EnrolmentToken,
    id: Arc<str>,
    /// The text of the token, if it belongs to a deployment.
    text: Option<String>,
    /// The last use that is not yet in the store; 0 if all are noted.
    used: AtomicI64,
}

impl Directory {
    /// Reads everything once.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub(crate) async fn load(store: &Store) -> Result<Self, StoreError> {
        let keys = Keys::new(store.client_key_secret().await?);
        let directory = Self(Arc::new(Inner { keys, ..Inner::default() }));
        directory.reload(store).await?;
        Ok(directory)
    }

    /// Looks for changes at once, so that a person can use a new token immediately.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub(crate) async fn refresh(&self, store: &Store) -> Result<(), StoreError> {
        if store.revision().await? != self.snapshot().revision {
            self.reload(store).await?;
        }
        Ok(())
    }

    /// Follows the changes in the store for as long as this future is polled. If the database does
    /// not answer, it tries again.
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
                self.refresh(&store).await?;
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

    /// Notes the uses that are not stored yet, in bounded time, before the server ends.
    pub(crate) async fn finish(&self, store: &Store) {
        let _ = timeout(Duration::from_secs(2), self.note_use(store)).await;
    }

    /// Enrols a client by `token`; returns its new key and the client that the key stands for. A
    /// client that shows the key that it has already, `known`, keeps its id.
    pub(super) fn enrol(
        &self,
        token: &str,
        known: Option<&str>,
        host: Host,
        now: Millis,
    ) -> Result<(String, Client), Refusal> {
        let snapshot = self.snapshot();
        let hash: [u8; 32] = Sha256::digest(token).into();
        let token = snapshot.tokens.get(&hash).ok_or(Refusal::Unknown)?;
        if token.known.revoked.is_some() {
            return Err(Refusal::Revoked);
        }
        if !token.known.is_good(now) {
            return Err(Refusal::Expired);
        }
        let known = known.and_then(|known| self.0.keys.read(known)).filter(|key| key.host == host);
        if known.is_some_and(|key| snapshot.is_shut_out(&key)) {
            return Err(Refusal::ShutOut);
        }
        let client = known.map_or_else(Uuid::new_v4, |key| key.client);
        let token_id = Uuid::try_parse(&token.known.id).map_err(|_| Refusal::Unknown)?;
        token.used.store(now, Ordering::Relaxed);
        let key = Key { client, token: token_id, host };
        let group = snapshot.groups.get(&token.known.group).ok_or(Refusal::NoPolicy)?;
        Ok((self.0.keys.write(&key), Client::new(key, token.id.clone(), Arc::clone(group))))
    }

    /// The client that `key` stands for.
    pub(super) fn client(&self, key: &str) -> Result<Client, Refusal> {
        let snapshot = self.snapshot();
        let key = self.0.keys.read(key).ok_or(Refusal::Unknown)?;
        if snapshot.is_shut_out(&key) {
            return Err(Refusal::ShutOut);
        }
        let token = snapshot.by_id.get(&key.token).ok_or(Refusal::Unknown)?;
        let group = snapshot.groups.get(&token.known.group).ok_or(Refusal::NoPolicy)?;
        Ok(Client::new(key, token.id.clone(), Arc::clone(group)))
    }

    /// Notes that a client was in contact.
    pub(super) fn contact(&self, client: &Client, version: Option<&str>, policy: Option<i64>) {
        self.0.contacts.contact(&client.key, &client.group.group, version, policy, now());
    }

    /// The deployment with this secret in its address, while it is open.
    pub(crate) fn deployed(&self, secret: &str) -> Option<Deployed> {
        let snapshot = self.snapshot();
        let token = snapshot.deployments.get(secret)?;
        let group = snapshot.groups.get(&token.known.group)?;
        let id = Arc::clone(&token.id);
        Some(Deployed { id, token: token.text.clone()?, group: Arc::clone(group) })
    }

    /// The group of the deployment with this id, while it is open.
    pub(super) fn group_of_deployment(&self, id: &str, now: Millis) -> Option<Arc<str>> {
        let snapshot = self.snapshot();
        let token = snapshot.by_id.get(&Uuid::try_parse(id).ok()?)?;
        let is_open = token.text.is_some() && token.known.is_good(now);
        is_open.then(|| token.known.group.as_str().into())
    }

    /// The version of a group's policy that is in force.
    pub(crate) fn version(&self, group: &str) -> Option<i64> {
        self.snapshot().groups.get(group).map(|policy| policy.version)
    }

    /// The deployment of this machine's own pages.
    pub(crate) fn local(&self) -> Option<Deployed> {
        let secret = self.snapshot().local.clone()?;
        self.deployed(&secret)
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.0.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    async fn reload(&self, store: &Store) -> Result<(), StoreError> {
        // The revision comes first: if something changes during the queries below, the next look
        // reads it.
        let revision = store.revision().await?;
        let policies = store.effective_policies().await?;
        let tokens = store.tokens().await?;
        let deployments = store.deployments().await?;
        let shut_out = store.shut_out_clients().await?;
        let old = self.snapshot();
        let mut groups = HashMap::new();
        for (group, effective) in policies {
            let policy = match effective {
                Ok(effective) => Some(Arc::new(GroupPolicy::new(&effective))),
                Err(error) => {
                    // A newer server may have stored a document that this one cannot read.
                    tracing::error!(group = group.id, %error, "a policy cannot be read; the last good one stays");
                    old.groups.get(&group.id).cloned()
                }
            };
            groups.extend(policy.map(|policy| (group.id, policy)));
        }
        let texts: HashMap<&str, String> =
            deployments.iter().map(|it| (&*it.token.id, it.token_text())).collect();
        let tokens = tokens.into_iter().filter_map(|known| {
            let hash = digest(&known.hash)?;
            let used = old.tokens.get(&hash).map_or(0, |token| token.used.load(Ordering::Relaxed));
            let id = known.id.as_str().into();
            let text = texts.get(&*known.id).cloned();
            Some((hash, Arc::new(Token { known, id, text, used: AtomicI64::new(used) })))
        });
        let tokens: HashMap<_, _> = tokens.collect();
        let by_id: HashMap<Uuid, Arc<Token>> = tokens
            .values()
            .filter_map(|token| Some((Uuid::try_parse(&token.id).ok()?, Arc::clone(token))))
            .collect();
        let is_open = |it: &&Deployment| it.token.is_good(now());
        let open = deployments.iter().filter(is_open).filter_map(|it| {
            let token = by_id.get(&Uuid::try_parse(&it.token.id).ok()?)?;
            Some((it.secret.clone(), Arc::clone(token)))
        });
        // Deployments are sorted by age, the newest first.
        let oldest =
            |group: &str| deployments.iter().rfind(|it| is_open(it) && it.token.group == group);
        let local = oldest(DEFAULT_GROUP).or_else(|| oldest(ORGANISATION));
        let local = local.map(|it| it.secret.clone());
        let snapshot = Arc::new(Snapshot {
            revision,
            deployments: open.collect(),
            local,
            shut_out: shut_out.iter().filter_map(|id| Uuid::try_parse(id).ok()).collect(),
            tokens,
            by_id,
            groups,
        });
        *self.0.current.write().unwrap_or_else(PoisonError::into_inner) = snapshot;
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
        store.touch_tokens(&used).await?;
        self.0.contacts.note(store, now()).await
    }
}

impl Snapshot {
    fn is_shut_out(&self, key: &Key) -> bool {
        let is_out = |token: &Arc<Token>| token.known.clients_out.is_some();
        self.shut_out.contains(&key.client) || self.by_id.get(&key.token).is_some_and(is_out)
    }
}

/// The bytes of a hash that the store has written.
fn digest(hexadecimal: &str) -> Option<[u8; 32]> {
    HEXLOWER.decode(hexadecimal.as_bytes()).ok()?.try_into().ok()
}
