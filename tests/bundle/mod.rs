//! `milguard bundle` and the files that it renders.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod command;
mod fixture;
mod manifest;
mod options;
mod render;
