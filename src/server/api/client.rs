//! A client, and the group that it belongs to.

use std::sync::Arc;

use super::super::limits::Sender;
use super::group_policy::GroupPolicy;
use super::key::Key;

/// A client that showed a valid key.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    /// The contents of its key.
    pub(super) key: Key,
    /// Its own id, by which the server limits it and stores its events.
    pub(crate) id: Arc<str>,
    /// The id of the token that enrolled it.
    pub(crate) token: Arc<str>,
    /// The policy in force for its group.
    pub(crate) group: Arc<GroupPolicy>,
}

impl Client {
    pub(super) fn new(key: Key, token: Arc<str>, group: Arc<GroupPolicy>) -> Self {
        Self { id: key.client.to_string().into(), key, token, group }
    }

    /// The sender for whom limits count.
    pub(crate) fn sender(&self) -> Sender {
        Sender::client(Arc::clone(&self.id))
    }
}
