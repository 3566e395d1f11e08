//! Facts about characters that several rooms need.

#[cfg(not(target_arch = "wasm32"))]
pub(crate) mod csv_cell;
pub mod invisible;
#[cfg(not(target_arch = "wasm32"))]
pub(crate) mod number;
#[cfg(not(target_arch = "wasm32"))]
pub(crate) mod scale;
