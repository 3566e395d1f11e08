//! The files that an administrator deploys: the add-ins, rendered for one origin, cloud and policy.
//!
//! Everything here is a function from files and options to files: no I/O, no clock, no randomness, so
//! that the same input gives the same bytes. `milguard bundle` writes the result into a folder,
//! `milguard serve` answers with it.

mod addin;
mod cloud;
mod escape;
mod manifest;
mod origin;
mod readme;
mod systems;
mod thunderbird;
mod unified;

use std::{collections::BTreeMap, fmt::Write};

use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub use cloud::{Cloud, CloudError};
pub use manifest::{
    AddinId, AddinVersion, DisplayName, ManifestError, ManifestOptions, Messages, SendMode,
    render_manifest,
};
pub use origin::{Origin, OriginError};
pub use thunderbird::thunderbird_policies;
pub use unified::render_unified_manifest;

/// Files by their path below the origin, which begins with a slash.
pub type Files = BTreeMap<String, Vec<u8>>;

/// The list of scripts that classic Outlook lets make requests to their own origin. It has to lie at
/// the root of the host, whatever the prefix.
const ALLOWED: &str = "/.well-known/microsoft-officeaddins-allowed.json";

/// The pages that the add-in needs, and the lesson that its warnings link to; others, such as the page to try the
/// checker, are left out.
const FOLDERS: [&str; 6] =
    ["/_locales/", "/checker/", "/learn/", "/outlook/", "/policy/", "/shared/"];

/// The first line of the script that runs at Send; rendering replaces it.
const CONFIG_LINE: &str = "var milguardConfig = ";

/// The options of a bundle.
#[derive(Clone, Debug, Default)]
pub struct BundleOptions {
    /// The options of the Outlook manifest.
    pub manifest: ManifestOptions,
    /// Where Office.js comes from.
    pub cloud: Cloud,
    /// The configuration that clients use until they can reach a server.
    pub config: ClientConfig,
}

/// The configuration that is part of the add-in's files.
#[derive(Clone, Debug, Default)]
pub struct ClientConfig {
    /// A valid policy, as its author wrote it.
    pub policy: Option<Value>,
    /// The server that takes events and hands out policies.
    pub backend: Option<Backend>,
    /// The id of the deployment that the files belong to, by which the server counts finished lessons for its
    /// group. It is not a secret.
    pub deployment: Option<String>,
}

/// A server that clients report to.
#[derive(Clone, Debug)]
pub struct Backend {
    /// The server's base URL.
    pub url: Origin,
    /// The token with which its clients enrol. Everyone who can read the add-in's files can read it.
    pub token: String,
}

/// The data of a deployment that its files need.
#[derive(Clone, Debug)]
pub struct DeploymentConfig {
    /// The id by which the dashboard refers to the deployment; not a secret.
    pub id: String,
    /// The text of the deployment's token.
    pub token: String,
    /// The policy of the deployment's group.
    pub policy: Option<Value>,
}

impl BundleOptions {
    /// These options for a deployment whose files lie below `path` at this origin, and which reports to this origin.
    #[must_use]
    pub fn deployed(&self, path: &str, deployment: &DeploymentConfig) -> Self {
        let mut options = self.clone();
        let url = self.manifest.origin.clone();
        options.manifest.origin = url.below(path);
        let DeploymentConfig { id, token, policy } = deployment.clone();
        let backend = Some(Backend { url, token });
        options.config = ClientConfig { policy, backend, deployment: Some(id) };
        options
    }

    /// The address that warnings link to if the policy names no page. People pass such a link on, so the link of a
    /// deployment leads to the server's own lesson: the address of the deployment would reveal its token.
    fn lesson_url(&self) -> String {
        let ClientConfig { backend, deployment, .. } = &self.config;
        match (backend, deployment) {
            (Some(Backend { url, .. }), Some(id)) => {
                // This must be short, since Outlook's dialog has room for 500 characters.
                format!("{}/learn/?d={id}", url.base())
            }
            // The address includes the file's name, since not every web server adds one to a
            // folder.
            _ => format!("{}/learn/index.html", self.manifest.origin.base()),
        }
    }

    /// The configuration that all clients read.
    fn client_config(&self) -> Value {
        let mut config = self.config.to_json();
        config["lessonUrl"] = self.lesson_url().into();
        config
    }

    /// The configuration that a managed client reads. With a backend, it has no policy: a managed policy takes
    /// precedence over the server's, so the policy of the day of the roll-out would stay in force for ever.
    fn managed_config(&self) -> Value {
        let mut config = self.client_config();
        if let (true, Some(members)) = (self.config.backend.is_some(), config.as_object_mut()) {
            members.remove("policy");
        }
        config
    }
}

impl ClientConfig {
    fn to_json(&self) -> Value {
        let mut object = serde_json::Map::new();
        if let Some(policy) = &self.policy {
            object.insert("policy".to_owned(), policy.clone());
        }
        if let Some(Backend { url, token }) = &self.backend {
            object.insert("backend".to_owned(), json!({ "url": url.base(), "token": token }));
        }
        Value::Object(object)
    }
}

/// The configuration that the Outlook add-in reads. It repeats the send mode of the manifest, which the
/// script cannot read but has to know.
fn outlook_config(options: &BundleOptions) -> Value {
    let mut config = options.client_config();
    let send_mode = options.manifest.send_mode;
    if send_mode != SendMode::default() {
        config["sendMode"] = json!(send_mode.as_str());
    }
    config
}

/// Renders the files of the Outlook add-in that depend on options: the manifest, the pages with their
/// configuration, the script that runs at Send and the list of allowed scripts. Empty if `pages` has
/// no such add-in.
///
/// # Errors
///
/// When the files do not fit this program.
pub fn render_outlook(pages: &Files, options: &BundleOptions) -> Result<Files, BundleError> {
    let mut out = Files::new();
    if !pages.keys().any(|path| path.starts_with("/outlook/")) {
        return Ok(out);
    }
    let messages = messages(pages)?;
    let manifest = render_manifest(&options.manifest, &messages)?;
    out.insert("/outlook/manifest.xml".to_owned(), manifest.into_bytes());
    let manifest = render_unified_manifest(&options.manifest, &messages)?;
    out.insert("/outlook/manifest.json".to_owned(), manifest.into_bytes());
    let scripts = json!({
        "allowed": [format!("{}/outlook/launchevent.js", options.manifest.origin)],
    });
    out.insert(ALLOWED.to_owned(), format!("{scripts:#}\n").into_bytes());
    let config = outlook_config(options);
    // The configuration file for the pane, which has no configuration in its script.
    out.insert("/outlook/config.json".to_owned(), format!("{config:#}\n").into_bytes());
    for (path, bytes) in pages.range("/outlook/".to_owned()..) {
        let is_page = path.starts_with("/outlook/")
            && path.rsplit_once('.').is_some_and(|(_, extension)| extension == "html");
        let is_script = path == "/outlook/launchevent.js";
        if !is_page && !is_script {
            continue;
        }
        let text = std::str::from_utf8(bytes)
            .map_err(|_| BundleError::Unexpected { path: path.clone(), what: "is not UTF-8" })?;
        let rendered = if is_page {
            let url = escape::Xml(options.cloud.office_js()).to_string();
            text.replace(&script(cloud::COMMERCIAL_URL), &script(&url))
        } else {
            with_config(text, &config).ok_or_else(|| BundleError::Unexpected {
                path: path.clone(),
                what: "does not begin with its configuration",
            })?
        };
        out.insert(path.clone(), rendered.into_bytes());
    }
    Ok(out)
}

fn script(url: &str) -> String {
    format!("<script src=\"{url}\"></script>")
}

/// Renders the files that a server hands out for its own origin: those of [`render_outlook`] and, if `pages`
/// has the add-in for Thunderbird, its update manifest and the policies that install it.
///
/// # Errors
///
/// When the files do not fit this program.
pub fn render_add_ins(pages: &Files, options: &BundleOptions) -> Result<Files, BundleError> {
    let mut out = render_outlook(pages, options)?;
    if let Some(xpi) = pages.get("/thunderbird/milguard.xpi") {
        out.extend(thunderbird::render(xpi, options)?);
    }
    Ok(out)
}

fn with_config(script: &str, config: &Value) -> Option<String> {
    let (first, rest) = script.split_once('\n')?;
    first.starts_with(CONFIG_LINE).then(|| {
        let json = escape::script(&config.to_string());
        format!("{CONFIG_LINE}{json};\n{rest}")
    })
}

/// The messages of all languages.
fn messages(pages: &Files) -> Result<Messages, BundleError> {
    let mut out = Messages::new();
    for (path, bytes) in pages.range("/_locales/".to_owned()..) {
        let Some(rest) = path.strip_prefix("/_locales/") else { break };
        let Some(language) = rest.strip_suffix("/messages.json") else { continue };
        let unexpected =
            || BundleError::Unexpected { path: path.clone(), what: "is not a message file" };
        let entries: BTreeMap<String, Value> =
            serde_json::from_slice(bytes).map_err(|_| unexpected())?;
        let texts = entries.into_iter().map(|(key, entry)| {
            let text = entry.get("message").and_then(Value::as_str).ok_or_else(unexpected)?;
            Ok((key, text.to_owned()))
        });
        out.insert(language.to_owned(), texts.collect::<Result<_, BundleError>>()?);
    }
    Ok(out)
}

/// Renders all files for a static web server and for administrators.
///
/// `xpi` is the add-in for Thunderbird; without it, the bundle is one for Outlook alone.
///
/// # Errors
///
/// When `pages` lacks the add-in, or comes from a different version of this program.
pub fn render_bundle(
    pages: &Files,
    xpi: Option<&[u8]>,
    options: &BundleOptions,
) -> Result<Files, BundleError> {
    for needed in ["/outlook/launchevent.js", "/outlook/taskpane.html", "/outlook/commands.html"] {
        if !pages.contains_key(needed) {
            return Err(BundleError::Missing { path: needed });
        }
    }
    let wanted = |path: &str| FOLDERS.iter().any(|folder| path.starts_with(folder));
    let mut out: Files = pages
        .iter()
        .filter(|(path, _)| wanted(path))
        .map(|(path, bytes)| (path.clone(), bytes.clone()))
        .collect();
    out.extend(render_outlook(pages, options)?);
    // People look for the manifest at this path, and a server can hand it out there.
    if let Some(manifest) = out.get("/outlook/manifest.xml").cloned() {
        out.insert("/manifest.xml".to_owned(), manifest);
    }
    if let Some(xpi) = xpi {
        out.extend(thunderbird::render(xpi, options)?);
    }
    let readme = readme::render(options, xpi.is_some());
    out.insert("/README.md".to_owned(), readme.into_bytes());
    let mut sums = String::new();
    for (path, bytes) in &out {
        // Writing to a string cannot fail.
        let _ = writeln!(sums, "{}  {}", sha256(bytes), path.trim_start_matches('/'));
    }
    out.insert("/SHA256SUMS".to_owned(), sums.into_bytes());
    Ok(out)
}

/// SHA-256 in hexadecimal.
fn sha256(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}

/// Why a bundle cannot be made.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BundleError {
    /// The pages have no add-in.
    #[error("the pages lack {path}: run `make build` first")]
    Missing {
        /// The missing file.
        path: &'static str,
    },
    /// A file differs from what this program expects.
    #[error("{path} {what}: do the pages belong to this version?")]
    Unexpected {
        /// The file.
        path: String,
        /// The difference.
        what: &'static str,
    },
    /// The pages' texts do not fit the manifest.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
}
