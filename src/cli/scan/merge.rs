//! `milguard scan merge`: combines the shards of a scan.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::interrupt;
use super::output::{About, OutputArgs};
use crate::cli::CliError;
use crate::scan::Merge;

const EXAMPLES: &str = "\
Examples:
  milguard scan --format shard --out monday.shard mail.log-20240304
  milguard scan --format shard --out tuesday.shard mail.log-20240305
  milguard scan merge monday.shard tuesday.shard
  milguard scan merge --format html --out report.html shards/";

const MORE: &str = "\
Shards are what `milguard scan --format shard` writes, plain or packed, one or
several in a file. Together they give what one scan of all the logs would have
found: a mail that was deferred in one shard and delivered in another counts
once, and the exit status is that of the whole scan. Give --policy,
--min-severity, --since and --until when you make the shards, the same for each.
docs/scan.md shows a merge with Apache Spark.";

/// Put the shards of a scan together, as if one scan had read everything.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{MORE}"))]
pub(super) struct Args {
    /// Shards, and folders of shards; names that begin with a dot or an underscore are left out.
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, CliError> {
    let stop: Arc<AtomicBool> = Arc::default();
    interrupt::watch(Arc::clone(&stop));
    let merge = Merge::read(&args.paths, &stop).map_err(CliError::new)?;
    let about = About { policy: merge.policy().clone(), least: merge.least() };
    args.output.write(&about, &stop, |sink| merge.run(sink))
}
