//! Prints every permutation that twistrs knows of the domains on standard input, one a line.

use std::io::{self, BufRead, BufWriter, Write};

use twistrs::filter::Permissive;
use twistrs::permutate::Domain;

fn main() -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let name = line?;
        let domain = Domain::new(&name).map_err(|error| io::Error::other(format!("{name}: {error:?}")))?;
        for permutation in domain.all(&Permissive) {
            writeln!(out, "{}", permutation.domain.fqdn)?;
        }
    }
    out.flush()
}
