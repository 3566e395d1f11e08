//! The store, on SQLite and on a PostgreSQL that the tests start.

mod events;
mod fixture;
mod groups;
#[path = "../support/postgres.rs"]
mod postgres;
