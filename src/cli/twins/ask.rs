//! Asks the DNS about twins, with progress on a terminal.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;

use super::ResolveArgs;
use super::output::Output;
use crate::cli::CliError;
use crate::twins::{Cache, Evidence, Reach, Record, Resolving, Status, Twin};

/// Asks the DNS about all twins, and prints each with its answer as soon as those before it are
/// printed. Returns whether Ctrl-C ended the run; it then prints the rest as not asked.
#[expect(
    clippy::too_many_lines,
    reason = "the answers, the cache and the bar are written by one closure while it waits"
)]
pub(super) fn run(
    args: &ResolveArgs,
    twins: Vec<Twin>,
    output: &mut Output,
) -> Result<bool, CliError> {
    let mut cache = args.cache.as_ref().map(|path| {
        let max_age = i64::from(args.max_age) * 3600;
        Cache::open(path, Timestamp::now().as_second(), max_age).map_err(|error| {
            CliError::new(format_args!("cannot use the cache {}: {error}", path.display()))
        })
    });
    let mut cache = match cache.take() {
        Some(opened) => Some(opened?),
        None => None,
    };
    let mut answers = Answers { twins: twins.into_iter(), due: 0, known: BTreeMap::new() };
    // The name to ask for, and its place in the list.
    let (mut names, mut places) = (Vec::new(), Vec::new());
    for (at, twin) in answers.twins.as_slice().iter().enumerate() {
        if let Some(evidence) = cache.as_ref().and_then(|cache| cache.get(&twin.domain)) {
            answers.known.insert(at, evidence.clone());
        } else if twin.reach == Reach::Nowhere {
            // The program knows the root zone: this top-level domain does not exist.
            answers.known.insert(at, Evidence::of(Status::Absent));
        } else {
            names.push(twin.domain.clone());
            places.push(at);
        }
    }
    let progress = progress(names.len());
    let mut failure = answers.print(output).err();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(CliError::new)?;
    let mut asked = 0_usize;
    if failure.is_none() {
        runtime.block_on(async {
            let resolving = Resolving::new(args.limits()).map_err(CliError::new)?;
            let stop = async {
                // If the program cannot receive this signal, this branch waits for ever.
                if tokio::signal::ctrl_c().await.is_err() {
                    std::future::pending::<()>().await;
                }
            };
            let (give_up, failed) = tokio::sync::oneshot::channel();
            let mut give_up = Some(give_up);
            let stop = async {
                tokio::select! {
                    () = stop => {}
                    Ok(()) = failed => {}
                }
            };
            resolving
                .ask_all(&names, stop, |at, evidence| {
                    asked += 1;
                    progress.inc(1);
                    let (Some(&place), Some(name)) = (places.get(at), names.get(at)) else {
                        return;
                    };
                    let kept = cache.as_mut().map_or(Ok(()), |cache| cache.add(name, &evidence));
                    answers.known.insert(place, evidence);
                    let result = kept
                        .map_err(|error| {
                            CliError::new(format_args!("cannot write the cache: {error}"))
                        })
                        .and_then(|()| answers.print(output));
                    if let Err(error) = result {
                        failure = Some(error);
                        // Ends the run; it may have ended already.
                        let _ = give_up.take().map(|give_up| give_up.send(()));
                    }
                })
                .await;
            Ok::<(), CliError>(())
        })?;
    }
    // Answers that are still under way are not needed.
    runtime.shutdown_timeout(Duration::ZERO);
    progress.finish_and_clear();
    if let Some(error) = failure {
        return Err(error);
    }
    let interrupted = asked < names.len();
    if interrupted {
        let _ = writeln!(
            io::stderr(),
            "milguard twins: ended after {asked} of {} domains; the others are printed as not asked",
            names.len()
        );
        answers.print_rest(output)?;
    }
    Ok(interrupted)
}

/// Answers come in any order, and are printed in the order of the twins.
struct Answers {
    twins: std::vec::IntoIter<Twin>,
    due: usize,
    known: BTreeMap<usize, Evidence>,
}

impl Answers {
    /// Prints the next twins whose answers are known.
    fn print(&mut self, output: &mut Output) -> Result<(), CliError> {
        while let Some(evidence) = self.known.remove(&self.due) {
            self.due += 1;
            if let Some(twin) = self.twins.next() {
                output.record(Record::new(twin, Some(evidence)))?;
            }
        }
        Ok(())
    }

    fn print_rest(&mut self, output: &mut Output) -> Result<(), CliError> {
        for twin in self.twins.by_ref() {
            let evidence = self.known.remove(&self.due);
            self.due += 1;
            let evidence = evidence.unwrap_or_else(|| Evidence::of(Status::NotAsked));
            output.record(Record::new(twin, Some(evidence)))?;
        }
        Ok(())
    }
}

/// Shows the progress if a person can see it.
fn progress(names: usize) -> ProgressBar {
    let target = if io::stderr().is_terminal() {
        ProgressDrawTarget::stderr_with_hz(4)
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(Some(names as u64), target);
    let style = ProgressStyle::with_template("{pos} of {len} domains, {per_sec}, {eta} left");
    // The template is a constant and valid.
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar
}
