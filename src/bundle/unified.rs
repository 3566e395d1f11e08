//! The Outlook add-in's manifest in the JSON form ("unified manifest"), for clients that take it.
//!
//! Outlook for Mac, phones, Exchange on premises and the sovereign clouds take only the XML form,
//! so the XML form is the one to deploy. The JSON form has the same content, and takes its events
//! from the XML template.

use serde_json::{Value, json};

use super::manifest::{ManifestError, ManifestOptions, Messages, english};

/// The oldest schema that has all members used here.
const SCHEMA: &str = "1.17";

/// The longest name and the longest short description that the schema allows, in characters.
const NAME: usize = 30;
const DESCRIPTION: usize = 80;

/// The requirement set of the events at Send. The JSON form has requirements for each runtime, and every client that takes
/// this form has at least this set.
const MAILBOX: &str = "1.12";

/// Writes the manifest.
///
/// # Errors
///
/// When the English messages lack a text, or one is too long.
#[expect(
    clippy::too_many_lines,
    reason = "the whole document as one literal, in the shape that it has in the file"
)]
pub fn render_unified_manifest(
    options: &ManifestOptions,
    messages: &Messages,
) -> Result<String, ManifestError> {
    let base = options.origin.base();
    let label = english(messages, "outlookManifestButton", NAME)?;
    let short = english(messages, "outlookManifestDescription", DESCRIPTION)?;
    let tip = english(messages, "outlookManifestTip", 250)?;
    let name: String = options.name.as_str().chars().take(NAME).collect();
    let actions: Vec<Value> = launch_events()
        .map(|event| json!({ "id": event.function, "type": "executeFunction" }))
        .collect();
    let manifest = json!({
        "$schema": format!(
            "https://developer.microsoft.com/json-schemas/teams/v{SCHEMA}/MicrosoftTeams.schema.json"
        ),
        "manifestVersion": SCHEMA,
        "id": options.id.to_string(),
        "version": options.version.semantic(),
        "name": { "short": name, "full": options.name.as_str() },
        "description": { "short": short, "full": short },
        "developer": {
            "name": "Milguard",
            "websiteUrl": options.support_url(),
            "privacyUrl": options.support_url(),
            "termsOfUseUrl": options.support_url(),
        },
        // The icons are beside this file in the uploaded package.
        "icons": { "color": "icons/icon-128.png", "outline": "icons/icon-32.png" },
        "accentColor": "#1F4E79",
        "localizationInfo": { "defaultLanguageTag": "en-us", "additionalLanguages": [] },
        "authorization": {
            "permissions": {
                "resourceSpecific": [{ "name": "MailboxItem.ReadWrite.User", "type": "Delegated" }],
            },
        },
        "validDomains": [options.origin.host_name()],
        "extensions": [{
            "requirements": {
                "scopes": ["mail"],
                "capabilities": [{ "name": "Mailbox", "minVersion": MAILBOX }],
            },
            "runtimes": [
                {
                    "id": "events",
                    "type": "general",
                    "lifetime": "short",
                    "code": {
                        "page": format!("{base}/outlook/commands.html"),
                        "script": format!("{base}/outlook/launchevent.js"),
                    },
                    "actions": actions,
                },
                {
                    "id": "pane",
                    "type": "general",
                    "lifetime": "short",
                    "code": { "page": format!("{base}/outlook/taskpane.html") },
                    "actions": [{ "id": PANE, "type": "openPage", "view": PANE }],
                },
            ],
            "autoRunEvents": [{ "events": launch_events().map(|event| event.to_json(options)).collect::<Vec<_>>() }],
            "ribbons": [
                ribbon(base, "mailCompose", "milguardGroupCompose", "milguardPaneCompose", label, tip),
                ribbon(
                    base,
                    "meetingDetailsOrganizer",
                    "milguardGroupAppointment",
                    "milguardPaneAppointment",
                    label,
                    tip,
                ),
            ],
        }],
    });
    Ok(format!("{manifest:#}\n"))
}

/// The action that opens the pane, and its view.
const PANE: &str = "pane";

/// A tab's group with the button that opens the pane; the script at Send opens it by `control`.
fn ribbon(base: &str, context: &str, group: &str, control: &str, label: &str, tip: &str) -> Value {
    let icons: Vec<Value> = [16, 32, 80]
        .into_iter()
        .map(|size| json!({ "size": size, "url": format!("{base}/outlook/icons/icon-{size}.png") }))
        .collect();
    json!({
        "contexts": [context],
        "tabs": [{
            "builtInTabId": "TabDefault",
            "groups": [{
                "id": group,
                "label": "Milguard",
                "icons": icons,
                "controls": [{
                    "id": control,
                    "type": "button",
                    "label": label,
                    "icons": icons,
                    "supertip": { "title": label, "description": tip },
                    "actionId": PANE,
                }],
            }],
        }],
    })
}

/// An event of the XML manifest.
struct LaunchEvent {
    /// The event's name in the XML form.
    name: &'static str,
    function: &'static str,
}

impl LaunchEvent {
    fn to_json(&self, options: &ManifestOptions) -> Value {
        let kind = match self.name {
            "OnMessageSend" => "messageSending",
            "OnAppointmentSend" => "appointmentSending",
            "OnMessageRecipientsChanged" => "messageRecipientsChanged",
            "OnAppointmentAttendeesChanged" => "appointmentAttendeesChanged",
            "OnMessageCompose" => "messageComposeOpened",
            "OnAppointmentOrganizer" => "appointmentOrganizerOpened",
            other => other,
        };
        if kind.ends_with("Sending") {
            let mode = options.send_mode.as_str();
            let (first, rest) = mode.split_at_checked(1).unwrap_or((mode, ""));
            let mode = format!("{}{rest}", first.to_ascii_lowercase());
            json!({ "type": kind, "actionId": self.function, "options": { "sendMode": mode } })
        } else {
            json!({ "type": kind, "actionId": self.function })
        }
    }
}

/// The template of the XML manifest, which lists the events that the add-in handles.
const TEMPLATE: &str = include_str!("manifest.xml");

/// The events of the template, except those of phones, which take no manifest in JSON.
fn launch_events() -> impl Iterator<Item = LaunchEvent> {
    let desktop = TEMPLATE.split("<MobileFormFactor>").next().unwrap_or_default();
    desktop.lines().filter_map(|line| {
        let attributes = line.trim().strip_prefix("<LaunchEvent ")?;
        Some(LaunchEvent {
            name: attribute(attributes, "Type=\"")?,
            function: attribute(attributes, "FunctionName=\"")?,
        })
    })
}

fn attribute(attributes: &'static str, begin: &str) -> Option<&'static str> {
    attributes.split_once(begin)?.1.split('"').next()
}
