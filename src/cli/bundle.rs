//! `milguard bundle`: writes the folder that an administrator deploys.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::Value;

use super::{CliError, files, pages, policy_file};
use crate::Severity;
use crate::bundle::{
    AddinId, AddinVersion, Backend, BundleOptions, ClientConfig, Cloud, DisplayName, Files,
    ManifestOptions, Origin, SendMode, render_bundle,
};
use crate::policy::{Override, Policy};
use crate::server::Assets;

/// The largest add-in that the command reads: more than any add-in for Thunderbird needs.
const MAX_XPI: u64 = 64 << 20;

/// Write the folder that a web server serves to push the add-ins.
///
/// The folder holds the Outlook manifest and pages, the Thunderbird add-in with its policies,
/// checksums, and a README with the exact steps. The same options give the same bytes.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  milguard bundle --origin https://addins.example.mil --out bundle
  milguard bundle --origin https://addins.example.mil/milguard --out bundle \\
    --cloud dod --policy policy.json
  milguard bundle --origin https://addins.example.mil --out bundle \\
    --backend-url https://milguard.example.mil --token-file token

Send modes: prompt-user (the sender decides, even if the add-in cannot
answer), soft-block, block (an outage of the web server stops all mail).
The bundle's README says what each does.")]
pub(crate) struct Args {
    /// Where the folder will be served, with a prefix if there is one.
    #[arg(long, value_name = "URL")]
    origin: Origin,
    /// The folder to write.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Overwrite files in the folder.
    #[arg(long)]
    force: bool,
    /// The policy to put into the add-ins.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// The server that the add-ins report to and fetch policies from.
    #[arg(long, value_name = "URL", requires = "token_source")]
    backend_url: Option<Origin>,
    /// The enrolment token of that server. Other users of this machine may see arguments: prefer
    /// --token-file.
    #[arg(long, value_name = "TOKEN", group = "token_source", requires = "backend_url")]
    token: Option<String>,
    /// A file with the token.
    #[arg(long, value_name = "FILE", group = "token_source", requires = "backend_url")]
    token_file: Option<PathBuf>,
    /// What Outlook does when the add-in holds a message back or cannot answer.
    #[arg(long, value_name = "MODE", default_value = "prompt-user", value_parser = parse_send_mode)]
    send_mode: SendMode,
    /// Where Office.js comes from: commercial, gcc, gcc-high, dod, or a URL on your own server.
    #[arg(long, value_name = "CLOUD", default_value = "commercial")]
    cloud: Cloud,
    /// A UUID of your own, to deploy this add-in beside another Milguard.
    #[arg(long, value_name = "UUID")]
    id: Option<AddinId>,
    /// The name that users see.
    #[arg(long, value_name = "NAME")]
    name: Option<DisplayName>,
    /// Where users of the add-in find help, an https:// address.
    #[arg(long, value_name = "URL")]
    support_url: Option<Origin>,
    /// The version in the Outlook manifest, 1.0 or more; it has to grow whenever the manifest changes.
    #[arg(long = "manifest-version", value_name = "VERSION")]
    version: Option<AddinVersion>,
    /// A folder of pages instead of those in the program, as `make build` leaves it in dist/www.
    #[arg(long, value_name = "DIR")]
    assets: Option<PathBuf>,
    /// The add-in for Thunderbird, instead of the one among the pages.
    #[arg(long, value_name = "FILE")]
    xpi: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode, CliError> {
    let pages =
        Assets::from_source(&pages::source(args.assets.as_deref())).map_err(CliError::new)?.files();
    let xpi = xpi(args, &pages)?;
    let options = BundleOptions {
        manifest: ManifestOptions {
            origin: args.origin.clone(),
            send_mode: args.send_mode,
            id: args.id.clone().unwrap_or_default(),
            name: args.name.clone().unwrap_or_default(),
            version: args.version.unwrap_or_default(),
            support: args.support_url.clone(),
        },
        cloud: args.cloud.clone(),
        config: ClientConfig { policy: policy(args)?, backend: backend(args)?, deployment: None },
    };
    let bundle = render_bundle(&pages, xpi.as_deref(), &options).map_err(CliError::new)?;
    write(&args.out, args.force, &bundle)?;
    // Standard output is for results, and the only result is the folder.
    let _ = writeln!(
        io::stderr(),
        "milguard bundle: {} files in {}; README.md there says what to do with them",
        bundle.len(),
        args.out.display()
    );
    if let Some(advice) = send_mode_advice(&options) {
        let _ = writeln!(io::stderr(), "milguard bundle: {advice}");
    }
    if xpi.is_none() {
        let _ = writeln!(
            io::stderr(),
            "milguard bundle: the folder has no add-in for Thunderbird, because the pages lack it: \
             run `make build`, or name it with --xpi FILE"
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// Notes about the send mode and this policy that an administrator may not expect.
fn send_mode_advice(options: &BundleOptions) -> Option<&'static str> {
    let document = options.config.policy.clone()?;
    let policy: Policy = serde_json::from_value(document).ok()?;
    let blocks =
        !policy.deny.is_empty() || policy.severity.iter().any(|(_, it)| *it == Severity::Block);
    let is_strict = policy.overrides.warn != Override::Allowed
        || blocks && policy.overrides.block != Override::Allowed;
    (options.manifest.send_mode == SendMode::PromptUser && is_strict).then_some(
        "with the send mode prompt-user, Outlook lets the sender send anyway, even where the policy asks for a \
         reason or forbids sending; --send-mode soft-block holds such mail back",
    )
}

/// Reads a send mode; accepts the spelling of manifests as well.
pub(super) fn parse_send_mode(text: &str) -> Result<SendMode, String> {
    let wanted = text.replace('-', "");
    SendMode::ALL
        .into_iter()
        .find(|mode| mode.as_str().eq_ignore_ascii_case(&wanted))
        .ok_or_else(|| "expected prompt-user, soft-block or block".to_owned())
}

fn xpi(args: &Args, pages: &Files) -> Result<Option<Vec<u8>>, CliError> {
    let Some(path) = &args.xpi else {
        return Ok(pages.get("/thunderbird/milguard.xpi").cloned());
    };
    let bytes = files::open(path).and_then(|file| files::read_limited(file, MAX_XPI));
    bytes
        .map(Some)
        .map_err(|error| CliError::new(format_args!("cannot read {}: {error}", path.display())))
}

/// The policy as its author wrote it, because clients fill in the members that it lacks.
fn policy(args: &Args) -> Result<Option<Value>, CliError> {
    args.policy.as_deref().map(policy_file::document).transpose()
}

fn backend(args: &Args) -> Result<Option<Backend>, CliError> {
    let Some(url) = &args.backend_url else { return Ok(None) };
    let token = match (&args.token, &args.token_file) {
        (Some(token), _) => token.clone(),
        (None, Some(path)) => {
            let text = files::open(path).and_then(|file| files::read_limited(file, 4096));
            let text = text.and_then(|text| String::from_utf8(text).map_err(io::Error::other));
            text.map_err(|error| {
                CliError::new(format_args!("cannot read the token {}: {error}", path.display()))
            })?
        }
        // Never reached: with --backend-url, clap requires one of the two options.
        (None, None) => return Ok(None),
    };
    let token = token.trim().to_owned();
    // RFC 6750 §2.1: the characters that may follow `Bearer`.
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    if token.is_empty() || !token.bytes().all(is_plain) {
        let message = "the token is empty or has characters that no token has";
        return Err(CliError::new(message).hint("it may contain letters, digits and -._~+/="));
    }
    Ok(Some(Backend { url: url.clone(), token }))
}

fn write(folder: &Path, force: bool, bundle: &Files) -> Result<(), CliError> {
    let cannot = |path: &Path, error: io::Error| {
        CliError::new(format_args!("cannot write {}: {error}", path.display()))
    };
    fs::create_dir_all(folder).map_err(|error| cannot(folder, error))?;
    let mut entries = fs::read_dir(folder).map_err(|error| cannot(folder, error))?;
    if !force && entries.next().is_some() {
        let message = format_args!("{} is not empty", folder.display());
        return Err(CliError::new(message).hint("--force overwrites the files in it"));
    }
    for (path, bytes) in bundle {
        let path = folder.join(path.trim_start_matches('/'));
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|error| cannot(parent, error))?;
        }
        fs::write(&path, bytes).map_err(|error| cannot(&path, error))?;
    }
    Ok(())
}
