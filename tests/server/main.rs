//! `milguard serve`: what it answers, what it refuses to start with, how it stops.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod client;
mod command;
mod files;
mod outlook;
