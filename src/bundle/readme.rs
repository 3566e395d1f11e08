//! The instructions in a bundle.

use super::{BundleOptions, Cloud, SendMode};
use askama::Template;

/// The values of a bundle. If the bundle lacks the add-in for Thunderbird, the instructions omit
/// the part about it.
#[derive(Template)]
#[template(path = "readme.md", escape = "none")]
struct Readme<'a> {
    name: &'a str,
    base: &'a str,
    host: &'a str,
    prefix: &'a str,
    id: &'a str,
    version: &'a str,
    send_mode: &'a str,
    outage: &'a str,
    cloud: &'a str,
    office_js: &'a str,
    office_hosts: &'a str,
    policy: &'a str,
    backend: &'a str,
    has_thunderbird: bool,
}

pub(super) fn render(options: &BundleOptions, has_thunderbird: bool) -> String {
    let manifest = &options.manifest;
    let readme = Readme {
        // The name goes into a heading, so characters that mean something in Markdown are removed.
        name: &plain(manifest.name.as_str()),
        base: manifest.origin.base(),
        host: manifest.origin.host(),
        prefix: manifest.origin.prefix(),
        id: &manifest.id.to_string(),
        version: &manifest.version.to_string(),
        send_mode: manifest.send_mode.as_str(),
        outage: match manifest.send_mode {
            SendMode::PromptUser => "the sender may send anyway",
            SendMode::SoftBlock => "Outlook should let mail pass, but some clients hold it back",
            SendMode::Block => "no mail leaves Outlook until it answers again",
        },
        cloud: cloud(&options.cloud),
        office_js: options.cloud.office_js(),
        office_hosts: options.cloud.hosts(),
        policy: match &options.config.policy {
            Some(_) => "built in from the file that you gave",
            None => "the built-in one: it warns and never blocks",
        },
        backend: match &options.config.backend {
            Some(backend) => backend.url.base(),
            None => "none: clients report nothing, and get a new policy with the next bundle",
        },
        has_thunderbird,
    };
    // Writing to a string does not fail. A file ends with the end of a line, which templates drop.
    readme.render().unwrap_or_default() + "\n"
}

fn cloud(cloud: &Cloud) -> &'static str {
    match cloud {
        Cloud::Commercial => "Microsoft 365",
        Cloud::Gcc => "Microsoft 365 GCC",
        Cloud::GccHigh => "Microsoft 365 GCC High",
        Cloud::Dod => "Microsoft 365 DoD",
        Cloud::SelfHosted { .. } => "Office.js on your own server",
    }
}

fn plain(name: &str) -> String {
    name.chars().map(|c| if "\\`*_{}[]<>#|!".contains(c) { ' ' } else { c }).collect()
}
