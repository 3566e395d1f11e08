//! `milguard twins`: its list, its output, and its questions to the DNS.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod command;
pub(crate) mod dns;
mod list;
mod resolve;
mod run;
