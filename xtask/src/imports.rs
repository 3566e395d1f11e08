//! Shortens the names by which a module and its glue know the imported functions.
//!
//! wasm-bindgen ends each with a hash of 16 digits, which neither file can compress away.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use walrus::Module;

/// Names all functions with a hash `$0`, `$1` … and returns the old names in that order.
pub fn rename(module: &mut Module) -> Vec<String> {
    let mut names = Vec::new();
    for import in module.imports.iter_mut() {
        let hash = import.name.rsplit('_').next().unwrap_or_default();
        if import.name.starts_with("__wbg_") && hash.len() == 16 {
            let short = format!("${}", names.len());
            names.push(std::mem::replace(&mut import.name, short));
        }
    }
    names
}

/// Renames the functions in the glue as well.
///
/// # Errors
///
/// When the glue does not know one of them.
pub fn rename_in(glue: &Path, names: &[String]) -> Result<()> {
    let place = || glue.display().to_string();
    let mut text = fs::read_to_string(glue).with_context(place)?;
    for (number, name) in names.iter().enumerate() {
        let short = format!("${number}");
        ensure!(text.contains(name) && !text.contains(&short), "{}: {name} is not there", place());
        text = text.replace(name, &short);
    }
    fs::write(glue, text).with_context(place)
}
