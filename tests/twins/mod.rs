//! `milguard twins`: what is listed, how it is printed, and what is asked of the DNS.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod command;
pub(crate) mod dns;
mod list;
mod resolve;
mod run;
