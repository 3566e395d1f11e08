//! `milguard gateway`: what the rules refuse, tried line by line on what they were made for, and how they
//! are written. The servers themselves are asked in `tests/gateway/*.test.js`.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod command;
mod exchange;
mod hosted;
mod milter;
mod postfix;
mod table;
