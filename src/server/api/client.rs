//! A client, and the group that it belongs to.

use std::sync::Arc;

use super::super::limits::Sender;
use super::group_policy::GroupPolicy;
use super::key::Key;

/// A client that showed a valid key.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    /// The contents of the client's key.
    pub(super) key: Key,
    /// The client's own id, by which the server limits the client and stores its events.
    pub(crate) id: Arc<str>,
    /// The id of the token that enrolled the client.
    pub(crate) token: Arc<str>,
    /// The policy in force for the client's group.
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
