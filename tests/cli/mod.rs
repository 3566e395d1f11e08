//! The program as a shell runs it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod check;
mod help;
mod lines;
mod message;
mod parse;
mod run;
