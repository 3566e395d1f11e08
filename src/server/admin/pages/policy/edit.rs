//! The editor: a form for the members that administrators change most, and the whole document as
//! JSON.

use askama::Template;
use axum::{
    Form,
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
    locate::{Line, Said, pretty, written},
    sent::Sent,
};
use crate::policy::Preset;
use crate::server::admin::{
    auth::visitor::Signed,
    shared::{
        error::AdminError,
        labels,
        page::{Page, html},
    },
    state::Admin,
};
use crate::store::Group;
use crate::{Policy, Reason};

/// The page of the editor, which also shows the errors of a policy that was sent.
#[derive(Template)]
#[template(path = "policy_edit.html")]
pub(super) struct EditPage {
    pub(super) page: Page,
    pub(super) group: Group,
    /// The version that the editor began with; 0 where there is none.
    pub(super) expected: i64,
    pub(super) as_json: bool,
    pub(super) fields: Fields,
    /// The document that the form begins with, or that the editor shows.
    pub(super) document: String,
    /// The reason for the change, as far as the author has typed it.
    pub(super) comment: String,
    pub(super) said: Vec<Said>,
    pub(super) lines: Vec<Line>,
    pub(super) inherits: bool,
    /// The fields as they are without settings of this group.
    inherited: Fields,
    pub(super) presets: Vec<&'static str>,
}

/// A field of the form that offers a choice of options.
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
    pub(super) fn new(signed: &Signed, group: Group, expected: i64, document: String) -> Self {
        let value = written(&document);
        Self {
            page: signed.page(SECTION, format!("Change the policy of {}", group.name)),
            inherits: inherits(&group),
            inherited: Fields::new(),
            group,
            expected,
            as_json: false,
            fields: form::from_document(&value),
            // Text that cannot be read stays as it was typed.
            document: if value.is_null() { document } else { pretty(&value) },
            comment: String::new(),
            said: Vec::new(),
            lines: Vec::new(),
            presets: Preset::ALL.map(Preset::as_str).to_vec(),
        }
    }

    /// The editor with the values of the form that was sent.
    pub(super) fn of_sent(signed: &Signed, group: Group, sent: Sent) -> Self {
        let mut page = Self::new(signed, group, sent.expected, sent.document);
        page.as_json = sent.as_json;
        page.comment = sent.comment;
        if let Some(fields) = sent.fields {
            page.fields = fields;
        }
        page
    }

    /// Adds the values that are in force where the group sets none. If the server cannot read them,
    /// the form shows none.
    pub(super) async fn with_inherited(mut self, admin: &Admin) -> Self {
        let policy = match &self.group.parent {
            Some(parent) => match admin.store().effective_policy(parent).await {
                Ok(effective) => effective.policy,
                Err(_) => return self,
            },
            None => Policy::default(),
        };
        self.inherited = form::from_document(&serde_json::to_value(policy).unwrap_or_default());
        self
    }

    /// The value of a field that is in force if the group sets none; empty if there is none.
    pub(super) fn inherited(&self, path: &str) -> &str {
        match self.inherited.get(path).map_or("", String::as_str) {
            "on" => "yes",
            "off" if form::SWITCHES.contains(&path) => "no",
            value => value,
        }
    }

    /// The value of a field.
    pub(super) fn value(&self, path: &str) -> &str {
        self.fields.get(path).map_or("", String::as_str)
    }

    /// The errors of a field, or of anything below its path.
    pub(super) fn said_of(&self, path: &str) -> Vec<&Said> {
        let within = |said: &&Said| {
            said.path
                .strip_prefix(path)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        self.said.iter().filter(within).collect()
    }

    /// The errors that belong to no field of the form.
    pub(super) fn said_elsewhere(&self) -> Vec<&Said> {
        let paths: Vec<&str> = form::LISTS
            .into_iter()
            .chain(form::CHOICES.iter().map(|(path, _)| *path))
            .chain([
                "severity",
                "countdown",
                "trainingUrl",
                "protected.builtin",
                "markings.enabled",
            ])
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

    /// Whether the document gives this reason this severity.
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
                "In audit mode, add-ins stop nobody and only report. Start with audit.",
                &[
                    ("enforce", "enforce: senders are warned and stopped"),
                    ("audit", "audit: senders see nothing"),
                ],
            ),
            select(
                "reporting",
                "Reporting",
                "Clients report this to the server. They never report subject, body or attachment names.",
                &[
                    ("off", "nothing"),
                    ("counts", "counts: reasons and outcome"),
                    ("domain", "domain: also the recipient's domain"),
                    ("address", "address: also the whole address"),
                ],
            ),
            select("override.warn", "Sending anyway after a warning", "", &overrides),
            select("override.block", "Where blocked, send anyway", "", &overrides),
            select(
                "mute",
                "Domains that senders may mute",
                "",
                &[("real-domains", "domains known to be real"), ("off", "nothing")],
            ),
            select(
                "onFailure",
                "If the check itself fails",
                "",
                &[
                    ("ask", "ask the sender"),
                    ("allow", "send the message"),
                    ("block", "hold the message until a check succeeds"),
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
                "Milguard stops these recipients. *.ml: any name below ml; lemmy.ml: that domain; bob@lemmy.ml: one address; a leading - removes an inherited entry.",
            ),
            list(
                "allow",
                "Allow",
                "Milguard always lets these recipients pass. Write them as under Deny. The more specific entry wins.",
            ),
            list(
                "protected.suffixes",
                "More protected suffixes",
                "Milguard also protects all names below these suffixes: mod.uk.",
            ),
            list(
                "protected.domains",
                "Protected domains",
                "Milguard also protects all names below these domains: army.nl, your own domain.",
            ),
            list(
                "markings.words",
                "Marking words",
                "Words of your own, such as the name of a project.",
            ),
            list(
                "locked",
                "Locked members",
                "Groups below cannot change these members: mode, deny, override.block.",
            ),
        ]
    }
}

#[derive(Deserialize)]
pub(crate) struct How {
    #[serde(default, rename = "as")]
    form: String,
    /// A preset to begin with.
    #[serde(default)]
    preset: String,
    /// An earlier version to begin with.
    version: Option<i64>,
}

/// The editor with the newest version, an earlier one or a preset in it.
pub(crate) async fn edit(
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
    let mut view = EditPage::new(&signed, group, expected, document).with_inherited(&admin).await;
    view.as_json = how.form == "json";
    Ok(html(StatusCode::OK, &view))
}

/// The editor with the author's text, to edit it further: as JSON instead of in the form, or the
/// reverse, or after a review.
pub(crate) async fn edit_further(
    State(admin): State<Admin>,
    signed: Signed,
    Path(id): Path<String>,
    Form(fields): Form<Fields>,
) -> Result<Response, AdminError> {
    let group = group(&admin, &signed, &id).await?;
    let mut sent = Sent::read(fields);
    // The form can show only a JSON object.
    let is_stuck = !sent.as_json && !written(&sent.document).is_object();
    sent.as_json |= is_stuck;
    let mut view = EditPage::of_sent(&signed, group, sent).with_inherited(&admin).await;
    if is_stuck {
        let problem = "The form can show this text once it is a JSON object. Correct it here, or load the current settings.";
        view.page = view.page.with_problem(problem);
    }
    let status = if is_stuck { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(html(status, &view))
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
