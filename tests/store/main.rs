//! The store, on SQLite and on a PostgreSQL that the tests start.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod audit;
mod connect;
mod counts;
mod events;
mod fixture;
mod groups;
mod ingest;
mod policies;
#[path = "../support/postgres.rs"]
mod postgres;
mod retention;
