//! Milguard recognises recipients that resemble a protected domain (`.mil` unless policy says
//! otherwise) but belong to someone else.
//!
//! The pure modules ([`verdict`], [`address`], [`domain`], [`registry`], [`detect`], [`policy`]) have no I/O, no clock and no
//! global state, and compile for every target. `wasm` binds them for JavaScript; [`lint`], [`alert`], [`bundle`], [`catch`],
//! [`cli`], [`export`], [`milter`], [`scan`], [`server`] and [`store`] exist on native targets only.
//!
//! ```
//! use milguard::{Checker, Policy, Severity};
//!
//! let checker = Checker::new(&Policy::default()).expect("the built-in policy is valid");
//! let report = checker.check_address("bob@us.army.ml");
//! assert_eq!(report.severity, Severity::Warn);
//! assert_eq!(report.suggestion.as_deref(), Some("bob@us.army.mil"));
//! ```

#[macro_use]
mod codes;

pub mod address;
mod chains;
pub mod detect;
pub mod domain;
pub mod policy;
pub mod registry;
pub mod text;
pub mod verdict;

#[cfg(target_arch = "wasm32")]
pub mod wasm;

#[cfg(not(target_arch = "wasm32"))]
pub mod alert;
#[cfg(not(target_arch = "wasm32"))]
pub mod bundle;
#[cfg(not(target_arch = "wasm32"))]
pub mod catch;
#[cfg(not(target_arch = "wasm32"))]
pub mod cli;
#[cfg(not(target_arch = "wasm32"))]
pub mod client;
#[cfg(not(target_arch = "wasm32"))]
pub mod export;
#[cfg(not(target_arch = "wasm32"))]
pub mod gateway;
#[cfg(not(target_arch = "wasm32"))]
pub mod lint;
#[cfg(not(target_arch = "wasm32"))]
mod mail;
#[cfg(not(target_arch = "wasm32"))]
pub mod milter;
#[cfg(not(target_arch = "wasm32"))]
mod net;
#[cfg(not(target_arch = "wasm32"))]
pub mod scan;
#[cfg(not(target_arch = "wasm32"))]
pub mod server;
#[cfg(not(target_arch = "wasm32"))]
pub mod store;
#[cfg(not(target_arch = "wasm32"))]
pub mod twins;

pub use detect::{Checker, Field, Finding, Message, Recipient, RecipientReport, Report};
pub use policy::Policy;
pub use verdict::{RaisedBy, Reason, Severity};
