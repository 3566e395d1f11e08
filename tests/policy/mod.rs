//! The policy: its document, lists, layers, linting, schema and commands, and the markings that it
//! extends.

mod cli;
mod document;
mod layers;
mod lint;
mod markings;
mod pattern;
mod presets;
mod schema;
