//! `milguard serve`: its answers, the reasons for which it does not start, and how it stops.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod admin;
mod alerts;
mod backend;
mod client;
mod clients;
mod command;
mod config;
mod deployed;
mod domains;
mod durability;
mod events;
mod exports;
mod files;
mod hostile;
mod hosts;
mod integrity;
mod lessons;
mod name_server;
mod openapi;
mod operations;
mod outlook;
mod policy;
mod schema;
mod tls;
