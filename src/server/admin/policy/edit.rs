//! The editor: a form for the members that are changed most, and the whole document as JSON.

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;
use serde_json::Value;

use super::{
    SECTION,
    form::{self, Fields},
    group, inherits,
    locate::{Line, Said, pretty},
};
use crate::Reason;
use crate::policy::Preset;
use crate::server::admin::{
    Admin,
    access::Signed,
    error::AdminError,
    labels,
    page::{Page, html},
};
use crate::store::Group;

/// The page; also shown again where what was sent has errors.
#[derive(Template)]
#[template(path = "policy_edit.html")]
pub(super) struct EditPage {
    pub(super) page: Page,
    pub(super) group: Group,
    /// The version that the editor began with; 0 where there is none.
    pub(super) expected: i64,
    pub(super) as_json: bool,
    pub(super) fields: Fields,
    /// The document: what the form begins with, or what the editor shows.
    pub(super) document: String,
    pub(super) said: Vec<Said>,
    pub(super) lines: Vec<Line>,
    pub(super) inherits: bool,
    pub(super) presets: Vec<&'static str>,
}

/// A choice of the form.
pub(super) struct Select {
    pub(super) path: &'static str,
    pub(super) label: &'static str,
    pub(super) help: &'static str,
    pub(super) options: Vec<(&'static str, &'static str)>,
}

/// A list of the form.
pub(super) struct List {
    pub(super) path: &'static str,
    pub(super) label: &'static str,
    pub(super) help: &'static str,
}

impl EditPage {
    /// What a field holds.
    pub(super) fn value(&self, path: &str) -> &str {
        self.fields.get(path).map_or("", String::as_str)
    }

    /// What is wrong with a field, or with anything below its path.
    pub(super) fn said_of(&self, path: &str) -> Vec<&Said> {
        let within = |said: &&Said| {
            said.path
                .strip_prefix(path)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        self.said.iter().filter(within).collect()
    }

    /// What is wrong with no field of the form.
    pub(super) fn said_elsewhere(&self) -> Vec<&Said> {
        let paths: Vec<&str> = form::LISTS
            .into_iter()
            .chain(form::CHOICES.iter().map(|(path, _)| *path))
            .chain(["severity", "countdown", "trainingUrl", "markings.enabled"])
            .collect();
        let known = |said: &&Said| {
            paths.iter().any(|path| {
                said.path
                    .strip_prefix(path)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
            })
        };
        self.said.iter().filter(|said| !known(said)).collect()
    }

    pub(super) fn reasons() -> Vec<(&'static str, String)> {
        Reason::ALL
            .into_iter()
            .map(|reason| (reason.as_str(), labels::reason(reason.as_str()).to_owned()))
            .collect()
    }

    /// Whether this severity is the one that a reason has in the document.
    pub(super) fn has_severity(&self, reason: &str, severity: &str) -> bool {
        self.value(&format!("severity.{reason}")) == severity
    }

    pub(super) fn built_in(reason: &str) -> &'static str {
        let reason = Reason::ALL.into_iter().find(|it| it.as_str() == reason);
        reason.map_or("", |reason| reason.default_severity().as_str())
    }

    pub(super) fn severities() -> [&'static str; 4] {
        form::severities()
    }

    pub(super) fn selects() -> Vec<Select> {
        let select = |path, label, help, options: &[(&'static str, &'static str)]| Select {
            path,
            label,
            help,
            options: options.to_vec(),
        };
        let overrides = [
            ("allowed", "with one click"),
            ("justification", "after giving a reason"),
            ("never", "never"),
        ];
        vec![
            select(
                "mode",
                "Mode",
                "Audit stops nobody and only reports: how to begin.",
                &[
                    ("enforce", "enforce: senders are warned and stopped"),
                    ("audit", "audit: senders see nothing"),
                ],
            ),
            select(
                "reporting",
                "Reporting",
                "What clients tell this server. Never subject, body or attachment names.",
                &[
                    ("off", "nothing"),
                    ("counts", "counts: reasons and outcome"),
                    ("domain", "domain: also the recipient's domain"),
                    ("address", "address: also the whole address"),
                ],
            ),
            select("override.warn", "After a warning, send anyway", "", &overrides),
            select("override.block", "Where blocked, send anyway", "", &overrides),
            select(
                "mute",
                "What senders may mute",
                "",
                &[("real-domains", "domains known to be real"), ("off", "nothing")],
            ),
            select(
                "onFailure",
                "If the check itself fails",
                "",
                &[
                    ("ask", "the sender is asked"),
                    ("allow", "the message goes out"),
                    ("block", "the message stays until it works"),
                ],
            ),
        ]
    }

    pub(super) fn lists() -> Vec<List> {
        let list = |path, label, help| List { path, label, help };
        vec![
            list(
                "deny",
                "Deny",
                "Stopped. *.ml: any name below ml; lemmy.ml: that domain; bob@lemmy.ml: one address; a leading - takes out again.",
            ),
            list("allow", "Allow", "Always pass; written like Deny. The more specific entry wins."),
            list(
                "protected.suffixes",
                "Protected suffixes",
                "All names below them are protected: mil, mod.uk.",
            ),
            list(
                "protected.domains",
                "Protected domains",
                "With all names below them: army.nl, your own domain.",
            ),
            list(
                "markings.words",
                "Words that mark a message",
                "Your own, such as a project's name.",
            ),
            list(
                "locked",
                "Locked for groups below",
                "Members that later layers cannot change: mode, deny, override.block.",
            ),
        ]
    }
}

#[derive(Deserialize)]
pub(in crate::server::admin) struct How {
    #[serde(default, rename = "as")]
    form: String,
    /// A preset to begin with.
    #[serde(default)]
    preset: String,
    /// An earlier version to begin with.
    version: Option<i64>,
}

/// The editor with the newest version, an earlier one or a preset in it.
pub(in crate::server::admin) async fn edit(
    State(admin): State<Admin>,
    signed: Signed,
    Path(id): Path<String>,
    Query(how): Query<How>,
) -> Result<Response, AdminError> {
    let group = group(&admin, &signed, &id).await?;
    let store = admin.store();
    let (expected, newest) = match store.newest_policy(&id).await? {
        Some((version, document)) => (version.version, document),
        None => (0, "{}".to_owned()),
    };
    let preset = Preset::ALL.into_iter().find(|preset| preset.as_str() == how.preset);
    let document = match (preset, how.version) {
        (Some(preset), _) => without_identity(preset.text()),
        (None, Some(version)) => store.policy_document(&id, version).await?,
        (None, None) => newest,
    };
    let value: Value = serde_json::from_str(&document).unwrap_or_default();
    let page = signed.page(SECTION, format!("Change the policy of {}", group.name));
    let view = EditPage {
        page,
        inherits: inherits(&group),
        group,
        expected,
        as_json: how.form == "json",
        fields: form::from_document(&value),
        document: if value.is_null() { document } else { pretty(&value) },
        said: Vec::new(),
        lines: Vec::new(),
        presets: Preset::ALL.map(Preset::as_str).to_vec(),
    };
    Ok(html(StatusCode::OK, &view))
}

/// A preset as a layer: the server gives every group's policy its own id and version.
fn without_identity(text: &str) -> String {
    match serde_json::from_str(text) {
        Ok(Value::Object(mut members)) => {
            for name in ["id", "version"] {
                members.shift_remove(name);
            }
            Value::Object(members).to_string()
        }
        _ => text.to_owned(),
    }
}
