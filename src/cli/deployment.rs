//! `milguard deployment`: the addresses from which the clients of a group load their files.

use std::io::{self, Write};
use std::process::ExitCode;

use serde::Serialize;

use super::{CliError, Format, database::DatabaseArgs, visible::Visible};
use crate::bundle::Origin;
use crate::store::{AuditEntry, Deployment, Store, now};

/// Create, list or close deployments in a server's database, whether it runs or not.
///
/// A deployment is an address that nobody can guess; below it lies everything that the clients of one group load.
/// A running server serves a new deployment within two seconds.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  milguard deployment create --state var --group default --label 'head office'
  milguard deployment list --config /etc/milguard/milguard.toml
  milguard deployment close --state var 0b9c3a1e-6f53-4b5c-9d0e-2f4a8f3a7c11")]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum Command {
    /// Create a deployment, and print its address.
    Create {
        #[command(flatten)]
        database: DatabaseArgs,
        #[command(flatten)]
        origin: OriginArgs,
        /// The id of the group whose clients load their files there.
        #[arg(long, value_name = "GROUP", default_value = "default")]
        group: String,
        /// A label that tells people what the deployment is used for.
        #[arg(long, value_name = "TEXT", default_value = "")]
        label: String,
    },
    /// Print all deployments, with their addresses.
    List {
        #[command(flatten)]
        database: DatabaseArgs,
        #[command(flatten)]
        origin: OriginArgs,
        /// The form of the output: for people, or one JSON object a line.
        #[arg(long, value_name = "FORMAT", default_value = "text")]
        format: Format,
    },
    /// Close a deployment. Its address stops answering and enrols nobody; its clients keep reporting.
    Close {
        #[command(flatten)]
        database: DatabaseArgs,
        /// The id of the deployment, as `list` prints it.
        #[arg(value_name = "ID")]
        id: String,
        /// Also shut out the clients that enrolled by the deployment.
        #[arg(long)]
        shut_out: bool,
    },
}

/// The address of the server.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct OriginArgs {
    /// The address at which clients reach the server. By default, the one with which the server last started.
    #[arg(long, value_name = "URL", env = "MILGUARD_ORIGIN")]
    origin: Option<Origin>,
}

impl OriginArgs {
    /// The given address, or the one that the server of this database has recorded.
    pub(super) async fn of(&self, store: &Store) -> Result<Origin, CliError> {
        if let Some(origin) = &self.origin {
            return Ok(origin.clone());
        }
        let known = store.origin().await.map_err(CliError::new)?;
        Ok(known.and_then(|origin| origin.parse().ok()).unwrap_or_default())
    }
}

#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    group: &'a str,
    label: &'a str,
    address: String,
    created: i64,
    closed: Option<i64>,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, CliError> {
    match &args.command {
        Command::Create { database, origin, group, label } => {
            database.with_existing_store(async |store| {
                let entry = entry("deployment-created", group, label);
                let made = store.create_deployment(group, label.trim(), Some(&entry)).await;
                let made = made.map_err(CliError::new)?;
                let address = address(&origin.of(store).await?, &made);
                writeln!(io::stdout(), "{address}").map_err(CliError::Output)?;
                Ok(ExitCode::SUCCESS)
            })
        }
        Command::List { database, origin, format } => database.with_existing_store(async |store| {
            let origin = origin.of(store).await?;
            let deployments = store.deployments().await.map_err(CliError::new)?;
            list(&deployments, &origin, *format).map_err(CliError::Output)?;
            Ok(ExitCode::SUCCESS)
        }),
        Command::Close { database, id, shut_out } => database.with_existing_store(async |store| {
            let deployment = store.deployment(id).await.map_err(CliError::new)?;
            let token = &deployment.token;
            if *shut_out {
                let entry = entry("deployment-shut-out", &token.group, &token.label);
                store.shut_out_token(id, Some(&entry)).await.map_err(CliError::new)?;
            } else {
                let entry = entry("deployment-closed", &token.group, &token.label);
                store.revoke_token(id, Some(&entry)).await.map_err(CliError::new)?;
            }
            Ok(ExitCode::SUCCESS)
        }),
    }
}

fn entry<'a>(action: &'a str, target: &'a str, detail: &'a str) -> AuditEntry<'a> {
    AuditEntry { at: now(), actor: "(command line)", address: "", action, target, detail }
}

fn address(origin: &Origin, deployment: &Deployment) -> String {
    format!("{origin}{}/", deployment.path())
}

fn list(deployments: &[Deployment], origin: &Origin, format: Format) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for deployment in deployments {
        let token = &deployment.token;
        let line = Line {
            id: &token.id,
            group: &token.group,
            label: &token.label,
            address: address(origin, deployment),
            created: token.created,
            closed: token.revoked,
        };
        match format {
            Format::Jsonl => writeln!(out, "{}", serde_json::to_string(&line)?)?,
            Format::Text => {
                let state = if line.closed.is_some() { "closed" } else { "open" };
                let (id, group, label) = (line.id, line.group, Visible(line.label));
                writeln!(out, "{id}\t{state}\t{group}\t{}\t{label}", line.address)?;
            }
        }
    }
    Ok(())
}
