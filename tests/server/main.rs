//! `milguard serve`: what it answers, what it refuses to start with, how it stops.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod backend;
mod client;
mod command;
mod durability;
mod events;
mod files;
mod outlook;
mod policy;
#[path = "../support/postgres.rs"]
mod postgres;
mod schema;
