//! The recipient parser against tables: each `*.tsv` beside this file has cases from one source.

#![expect(clippy::unwrap_used, clippy::string_slice, reason = "a test fails by panicking")]

mod laws;
mod tables;
