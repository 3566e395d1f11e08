//! Takes out of a module what only serves the text of panics.
//!
//! On `wasm32-unknown-unknown` a panic formats its message, writes it to a standard error that leads
//! nowhere, and traps. Trapping at once is the same to everyone who can look, and what only served
//! the message (where it happened; the formatting of numbers, strings and ranges) becomes
//! unreachable, so that `wasm-opt` removes it.

use anyhow::{Result, bail, ensure};
use walrus::ir::{Call, Value, Visitor, dfs_in_order};
use walrus::{ConstExpr, DataKind, FunctionBuilder, FunctionId, FunctionKind, Module};

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

/// Takes out messages and their formatting.
///
/// # Errors
///
/// When there is nothing to take out (the standard library has changed, or the module has lost its
/// names), and when something else than a panic formats text.
pub fn panics(module: &mut Module) -> Result<()> {
    let found = named(module, |name| PANICS.iter().any(|start| name.starts_with(start)));
    ensure!(!found.is_empty(), "no panicking function found: are there names in the module?");
    for id in found {
        let ty = module.funcs.get(id).ty();
        if module.types.results(ty).is_empty() {
            trap(module, id);
        }
    }
    walrus::passes::gc::run(module);

    // What is left of it stands in tables of methods alone, which nothing reads any more.
    let formatting = named(module, is_formatting);
    for (caller, function) in module.funcs.iter_local() {
        let mut calls = Calls(Vec::new());
        dfs_in_order(&mut calls, function, function.entry_block());
        if let Some(called) = calls.0.iter().find(|called| formatting.contains(called))
            && !formatting.contains(&caller)
        {
            let (caller, called) = (name(module, caller), name(module, *called));
            bail!("{caller} formats text ({called}): write it with concat(), which is smaller");
        }
    }
    for id in formatting {
        trap(module, id);
    }
    Ok(())
}

/// Whether a function is there to format text.
fn is_formatting(name: &str) -> bool {
    ["core::fmt::", "<core::fmt::", "alloc::fmt::"].iter().any(|start| name.starts_with(start))
        || name.contains(" as core::fmt::")
        || name.contains(" as core::panic::PanicPayload>")
}

fn named(module: &Module, is_wanted: impl Fn(&str) -> bool) -> Vec<FunctionId> {
    let ids = module.funcs.iter_local().map(|(id, _)| id);
    ids.filter(|id| is_wanted(&name(module, *id))).collect()
}

fn name(module: &Module, id: FunctionId) -> String {
    let name = module.funcs.get(id).name.as_deref().unwrap_or_default();
    format!("{:#}", rustc_demangle::demangle(name))
}

/// Replaces the body of a function by a trap.
fn trap(module: &mut Module, id: FunctionId) {
    let (parameters, results) = module.types.params_results(module.funcs.get(id).ty());
    let (parameters, results) = (parameters.to_vec(), results.to_vec());
    let mut builder = FunctionBuilder::new(&mut module.types, &parameters, &results);
    builder.func_body().unreachable();
    let arguments = parameters.iter().map(|ty| module.locals.add(*ty)).collect();
    module.funcs.get_mut(id).kind = FunctionKind::Local(builder.local_func(arguments));
}

struct Calls(Vec<FunctionId>);

impl<'instr> Visitor<'instr> for Calls {
    fn visit_call(&mut self, call: &Call) {
        self.0.push(call.func);
    }
}

/// Clears the source locations that panics would have named, once [`panics`] has run: the paths of
/// source files and the records of path, line and column that point to them.
///
/// # Errors
///
/// When there is none: the compiler lays them out in another way.
pub fn locations(module: &mut Module) -> Result<()> {
    let mut cleared = 0;
    let segments: Vec<_> = module.data.iter().map(walrus::Data::id).collect();
    for id in segments {
        let data = module.data.get_mut(id);
        if let DataKind::Active { offset: ConstExpr::Value(Value::I32(start)), .. } = data.kind {
            cleared += clear_locations(&mut data.value, start.cast_unsigned());
        }
    }
    ensure!(cleared > 0, "no source location found");
    Ok(())
}

/// Clears them in a segment that is loaded at `start`; returns how many.
fn clear_locations(segment: &mut [u8], start: u32) -> usize {
    // As `panic::Location`: pointer and length of the path, line, column.
    const RECORD: usize = 16;
    let word = |segment: &[u8], at: usize| {
        segment.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes)
    };
    let mut records = Vec::new();
    let mut paths = Vec::new();
    for at in (0..segment.len().saturating_sub(RECORD)).step_by(4) {
        let (Some(pointer), Some(length)) = (word(segment, at), word(segment, at + 4)) else {
            continue;
        };
        let Some(path_at) = pointer.checked_sub(start).map(|offset| offset as usize) else {
            continue;
        };
        let path = path_at..path_at.saturating_add(length as usize);
        let is_path = |text: &[u8]| {
            let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-".contains(byte);
            // Both, so that no name in the data is taken for one.
            text.ends_with(b".rs") && text.contains(&b'/') && text.iter().all(allowed)
        };
        if segment.get(path.clone()).is_some_and(is_path) {
            records.push(at..at + RECORD);
            paths.push(path);
        }
    }
    for range in records.iter().chain(&paths) {
        segment[range.clone()].fill(0);
    }
    records.len()
}
