//! `wasm-bindgen`, pinned by Cargo.lock: its version must equal the crate's, so the command-line
//! tool of the same name would have to be installed in exactly that version on every machine.

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

const USAGE: &str = "usage: cargo run -p xtask -- bindgen web|bundler INPUT.wasm OUT-FOLDER";

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
        ["bindgen", target, input, out] => bindgen(target, input.into(), out.into()),
        _ => bail!(USAGE),
    }
}

/// Writes `milguard.js`, `milguard_bg.wasm` and the declarations for `input` to `out`.
fn bindgen(target: &str, input: PathBuf, out: PathBuf) -> Result<()> {
    let mut bindgen = Bindgen::new();
    match target {
        "web" => bindgen.web(true)?,
        "bundler" => bindgen.bundler(true)?,
        _ => bail!(USAGE),
    };
    bindgen
        .input_path(&input)
        .out_name("milguard")
        .typescript(true)
        .remove_producers_section(true)
        .generate(&out)
        .with_context(|| format!("cannot bind {}", input.display()))
}
