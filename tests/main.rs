//! Every integration test in one binary: it is linked once, and `cargo test --test all -- scan::` runs a room.

mod address;
mod bundle;
mod circles;
mod cli;
mod corpus;
mod figures;
mod gateway;
mod homes;
mod laws;
mod layering;
mod policy;
mod readme;
mod scan;
mod server;
mod store;
mod support;
mod twins;
mod unicode;
mod view_text;
