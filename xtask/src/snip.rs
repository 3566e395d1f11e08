//! Takes the text of panics out of a module.
//!
//! On `wasm32-unknown-unknown` a panic formats its message, writes it to a standard error that leads
//! nowhere, and traps. Trapping at once is the same to everyone who can look, and what only served
//! the message (the formatting of numbers, strings and ranges) becomes unreachable, so that
//! `wasm-opt` removes it.

use anyhow::{Result, ensure};
use walrus::{FunctionBuilder, FunctionKind, Module};

/// Functions that never return and are called where something panics, by the start of their names.
const PANICS: &[&str] = &[
    "__rustc::rust_begin_unwind",
    "alloc::alloc::handle_alloc_error",
    "alloc::raw_vec::capacity_overflow",
    "alloc::raw_vec::handle_error",
    "core::cell::panic_",
    "core::option::expect_failed",
    "core::option::unwrap_failed",
    "core::panicking::",
    "core::result::unwrap_failed",
    "core::slice::copy_from_slice_impl::len_mismatch_fail",
    "core::slice::index::slice_",
    "core::slice::sort::shared::smallsort::panic_on_ord_violation",
    "core::str::slice_error_fail",
    "std::panicking::",
];

/// Replaces the bodies of all functions in [`PANICS`] by a trap.
///
/// # Errors
///
/// When none is found: the standard library has changed, or the
/// module has lost its names.
pub fn panics(module: &mut Module) -> Result<()> {
    let found: Vec<_> = module
        .funcs
        .iter_local()
        .filter(|(id, _)| {
            let name = module.funcs.get(*id).name.as_deref().unwrap_or_default();
            let name = format!("{:#}", rustc_demangle::demangle(name));
            PANICS.iter().any(|start| name.starts_with(start))
        })
        .map(|(id, function)| (id, function.ty()))
        .collect();
    ensure!(!found.is_empty(), "no panicking function found: are there names in the module?");

    for (id, ty) in found {
        let (parameters, results) = module.types.params_results(ty);
        let parameters = parameters.to_vec();
        if !results.is_empty() {
            continue;
        }
        let mut builder = FunctionBuilder::new(&mut module.types, &parameters, &[]);
        builder.func_body().unreachable();
        let arguments = parameters.iter().map(|ty| module.locals.add(*ty)).collect();
        let body = builder.local_func(arguments);
        module.funcs.get_mut(id).kind = FunctionKind::Local(body);
    }
    Ok(())
}
