//! The store, on SQLite and on a PostgreSQL that the tests start.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod alerts;
mod audit;
mod connect;
mod counts;
mod events;
mod exports;
mod fixture;
mod groups;
mod ingest;
mod lessons;
mod policies;
mod retention;
mod search;
mod tls;
