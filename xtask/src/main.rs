//! Build steps that Cargo itself has no word for.

fn main() {}
