//! Asks the DNS about the domains of the pages, if the administrator wants that.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::Answers;
use crate::cli::CliError;
use crate::domain;
use crate::twins::{Evidence, Limits, Resolving, Status};

/// How often a run checks whether it should end. With a longer time, a user would wait after
/// Ctrl-C.
const PATIENCE: Duration = Duration::from_millis(50);

/// Asks about all `domains` and waits for the answers. Once `stop` is set, it asks about no further
/// ones.
pub(in crate::cli::scan) fn ask(
    domains: &[String],
    servers: &[SocketAddr],
    stop: &AtomicBool,
) -> Result<Answers, CliError> {
    let mut answers: Answers =
        domains.iter().map(|domain| (domain.clone(), Evidence::of(Status::NotAsked))).collect();
    // A DNS server can only be asked about domain names.
    let (mut written, mut names) = (Vec::new(), Vec::new());
    for domain in domains {
        if let Some(canonical) = domain::canonicalize(domain) {
            written.push(domain);
            names.push(canonical.ascii);
        }
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(CliError::new)?.block_on(async {
        let limits = Limits { servers: servers.to_vec(), ..Limits::default() };
        let resolving = Resolving::new(limits).map_err(CliError::new)?;
        let stopped = async {
            while !stop.load(Ordering::Relaxed) {
                tokio::time::sleep(PATIENCE).await;
            }
        };
        resolving
            .ask_all(&names, stopped, |at, evidence| {
                if let Some(domain) = written.get(at) {
                    answers.insert((*domain).clone(), evidence);
                }
            })
            .await;
        Ok::<(), CliError>(())
    })?;
    Ok(answers)
}
