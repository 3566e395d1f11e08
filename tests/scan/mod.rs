//! `milguard scan`: formats, blocks, state, hostile input, outputs.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod blocks;
mod files;
mod formats;
mod hostile;
mod incident;
mod merge;
mod outputs;
mod run;
mod samples;
mod state;
mod verdicts;
mod years;
