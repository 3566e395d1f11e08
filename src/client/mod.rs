//! A client of a Milguard server that is a program, not an add-in: a mail server's milter or catcher.
//!
//! It enrols with a token, follows its group's policy and delivers events, as `docs/events.md` says.
//! No mail waits for this: the policy in memory judges the mail, and events go to a spool on disk,
//! which a separate thread empties.

mod backend;
mod event;
mod follow;
mod reporter;
mod spool;
mod state;
mod trust;

pub use backend::{BackendError, Pace, Server};
pub(crate) use event::Event;
pub(crate) use follow::Follower;
pub(crate) use reporter::Reporter;
pub use state::StateError;
pub(crate) use state::{StateFolder, write_private};
pub use trust::TrustError;
pub(crate) use trust::{agent, is_safe, retry_after, roots};
