//! Contacts with clients, gathered in memory and noted in the store now and then.
//!
//! Millions of clients ask once a minute, and no database takes as many writes. The server notes a client again when
//! its policy has changed, or after some time, which grows with the number of clients.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use uuid::Uuid;

use super::key::Key;
use crate::store::{ClientNote, Millis, Store, StoreError};

const MINUTE: Millis = 60_000;

/// The server notes this many clients each minute; if there are more, it notes each less often.
const NOTES_PER_MINUTE: usize = 10_000;

/// The server keeps a client's last contact in memory for this long. A longer time would keep more
/// clients that no longer exist.
const FORGET: Millis = 24 * 60 * MINUTE;

#[derive(Debug, Default)]
pub(super) struct Contacts(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    noted: HashMap<Uuid, Noted>,
    waiting: HashMap<Uuid, ClientNote>,
}

#[derive(Debug)]
struct Noted {
    at: Millis,
    policy: i64,
}

impl Contacts {
    /// A client asked or reported. `policy` is the version of the policy that it has, if known; `version` is its own
    /// version, if it said so.
    pub(super) fn contact(
        &self,
        key: &Key,
        group: &str,
        version: Option<&str>,
        policy: Option<i64>,
        now: Millis,
    ) {
        let mut state = self.state();
        let every = MINUTE * i64::try_from(1 + state.noted.len() / NOTES_PER_MINUTE).unwrap_or(1);
        let noted = state.noted.get(&key.client);
        let is_known = noted.is_some_and(|noted| {
            noted.at + every > now && policy.is_none_or(|policy| policy == noted.policy)
        });
        if is_known {
            return;
        }
        let policy = policy.or(noted.map(|noted| noted.policy)).unwrap_or(0);
        state.noted.insert(key.client, Noted { at: now, policy });
        let note = ClientNote {
            id: key.client.to_string(),
            token_id: key.token.to_string(),
            group_id: group.to_owned(),
            host: key.host,
            version: version.unwrap_or_default().to_owned(),
            policy_version: policy,
            seen: now,
        };
        let version = note.version.clone();
        let waiting = state.waiting.entry(key.client).or_insert_with(|| note.clone());
        let before = std::mem::replace(waiting, note);
        if version.is_empty() {
            waiting.version = before.version;
        }
    }

    /// Stores the contacts that wait. Those that cannot be stored keep waiting.
    pub(super) async fn note(&self, store: &Store, now: Millis) -> Result<(), StoreError> {
        let notes: Vec<ClientNote> = {
            let mut state = self.state();
            state.noted.retain(|_, noted| noted.at + FORGET > now);
            std::mem::take(&mut state.waiting).into_values().collect()
        };
        for batch in notes.chunks(1_000) {
            if let Err(error) = store.note_clients(batch).await {
                let mut state = self.state();
                for note in batch {
                    if let Ok(id) = Uuid::try_parse(&note.id) {
                        state.waiting.entry(id).or_insert_with(|| note.clone());
                    }
                }
                return Err(error);
            }
        }
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Host;

    #[test]
    fn a_client_that_asks_each_second_is_noted_once_a_minute() {
        let contacts = Contacts::default();
        let key = Key { client: Uuid::new_v4(), token: Uuid::new_v4(), host: Host::Outlook };
        let mut notes = 0;
        for second in 0..120 {
            contacts.contact(&key, "default", Some("1.2.3"), None, second * 1000);
            notes += contacts.state().waiting.drain().count();
        }
        assert_eq!(notes, 2);
        contacts.contact(&key, "default", None, Some(7), 120_000);
        contacts.contact(&key, "default", None, Some(8), 120_500);
        let note = contacts.state().waiting.drain().next().map(|(_, note)| note.policy_version);
        assert_eq!(note, Some(8), "another policy is noted at once");
    }
}
