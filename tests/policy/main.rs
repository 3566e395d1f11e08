//! The policy: the document and its limits.

mod document;
mod markings;
