//! Runs `wasm-bindgen` in the version that Cargo.lock pins, which must equal the crate's. Otherwise
//! every machine would have to install the command-line tool in exactly that version.

use std::env;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

const USAGE: &str = "usage: cargo run -p xtask -- bindgen web|script INPUT.wasm OUT-FOLDER";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["bindgen", kind, input, out] => bindgen(kind, input.as_ref(), out.as_ref()),
        _ => bail!(USAGE),
    }
}

/// Writes `milguard.js`, `milguard_bg.wasm` and the declarations for `input` to `out`.
fn bindgen(kind: &str, input: &Path, out: &Path) -> Result<()> {
    let read = || format!("cannot read {}", input.display());
    let mut module = walrus::Module::from_file(input).with_context(read)?;

    let mut bindgen = Bindgen::new();
    match kind {
        "web" => {
            bindgen.web(true)?;
        }
        "script" => {
            // The section is about the standard library, which was compiled with reference types.
            // wasm-bindgen would rely on them and then miss them in the rest.
            module.customs.remove_raw("target_features");
            bindgen.bundler(true)?;
        }
        _ => bail!(USAGE),
    }
    let mut output = bindgen
        .input_module("milguard", module)
        .out_name("milguard")
        .typescript(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate_output()
        .with_context(|| format!("cannot bind {}", input.display()))?;
    output.emit(out).with_context(|| format!("cannot write to {}", out.display()))
}
