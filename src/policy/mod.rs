//! The policy: what an administrator decides, as one JSON document.
//!
//! [`Policy`] is the document, [`Policy::compile`] checks it and turns its lists into look-up
//! tables. Everything an administrator works with (presets, layers, the JSON Schema) is native
//! only; linting is the room above the checker, [`crate::lint`].
//!
//! Paths name a place in the document everywhere in this module: members joined by dots, list
//! entries by number from 0 in brackets, as in `severity.suffix-typo`, `texts.de.title`,
//! `deny[3]`. No member name contains a dot.

mod document;
mod error;
mod gateway;
pub mod limits;
mod members;
mod name;
mod number;
mod pattern;
mod validate;

#[cfg(not(target_arch = "wasm32"))]
mod explain;
#[cfg(not(target_arch = "wasm32"))]
mod layers;
#[cfg(not(target_arch = "wasm32"))]
mod preset;
#[cfg(not(target_arch = "wasm32"))]
mod read;
#[cfg(not(target_arch = "wasm32"))]
mod schema;
#[cfg(not(target_arch = "wasm32"))]
mod strict;

pub use document::{
    MarkingOptions, Mode, Mute, OnFailure, Override, Overrides, Policy, Protected, Reporting, Texts,
};
pub use error::PolicyError;
pub use gateway::{GatewayAction, GatewayOptions};
#[cfg(not(target_arch = "wasm32"))]
pub(crate) use number::any_integer;
pub use pattern::{PatternError, Patterns, Specificity};
pub(crate) use validate::check_marking_words;
pub use validate::{CompiledPolicy, Listed};

#[cfg(not(target_arch = "wasm32"))]
pub use {
    explain::{Statement, explain},
    layers::{Layer, Merged, Refused},
    preset::Preset,
    schema::{schema, schema_text},
    strict::{Level, Problem},
};
#[cfg(not(target_arch = "wasm32"))]
pub(crate) use {
    pattern::Pattern as ListEntry,
    schema::{is_lockable, quote},
    strict::read_strictly,
};
