//! A client of a Milguard server that is a program, not an add-in: a mail server's milter or catcher.
//!
//! It enrols with a token, follows its group's policy and delivers events, as `docs/enrolment.md` and
//! `docs/events.md` say. No mail ever waits for this: the mail is judged with the policy
//! that is in memory, and events go to a spool on disk that a thread of its own empties.

mod backend;
mod event;
mod follow;
mod spool;
mod state;
mod trust;

pub use backend::{BackendError, Pace, Server};
pub(crate) use event::{Event, Reporter};
pub(crate) use follow::Follower;
pub use state::StateError;
pub(crate) use state::{StateFolder, write_private};
pub use trust::TrustError;
pub(crate) use trust::{agent, is_safe, retry_after, roots};
