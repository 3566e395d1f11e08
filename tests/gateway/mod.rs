//! `milguard gateway`: the rules are tried on the addresses that they should refuse and pass, and their
//! form is checked. `tests/gateway/*.test.js` ask the servers themselves.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod command;
mod exchange;
mod hosted;
mod milter;
mod postfix;
mod table;
