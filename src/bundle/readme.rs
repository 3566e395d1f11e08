//! The instructions in a bundle.

use super::{BundleOptions, Cloud, SendMode};

/// The template, with `{{…}}` for the values of this bundle.
const TEMPLATE: &str = include_str!("readme.md");

/// A bundle without the add-in for Thunderbird omits the text between these lines.
const THUNDERBIRD: (&str, &str) = ("{{thunderbird", "thunderbird}}");

pub(super) fn render(options: &BundleOptions, has_thunderbird: bool) -> String {
    let manifest = &options.manifest;
    let id = manifest.id.to_string();
    let version = manifest.version.to_string();
    let policy = match &options.config.policy {
        Some(_) => "built in from the file that you gave",
        None => "the built-in one: it warns and never blocks",
    };
    let backend = match &options.config.backend {
        Some(backend) => backend.url.base(),
        None => "none: clients report nothing, and get a new policy with the next bundle",
    };
    let outage = match manifest.send_mode {
        SendMode::PromptUser => "the sender may send anyway",
        SendMode::SoftBlock => "Outlook should let mail pass, but some clients hold it back",
        SendMode::Block => "no mail leaves Outlook until it answers again",
    };
    let values = [
        // The name goes into a heading, so characters that mean something in Markdown are removed.
        ("name", plain(manifest.name.as_str())),
        ("base", manifest.origin.base().to_owned()),
        ("host", manifest.origin.host().to_owned()),
        ("prefix", manifest.origin.prefix().to_owned()),
        ("id", id),
        ("version", version),
        ("sendMode", manifest.send_mode.as_str().to_owned()),
        ("outage", outage.to_owned()),
        ("cloud", cloud(&options.cloud).to_owned()),
        ("officeJs", options.cloud.office_js().to_owned()),
        ("officeHosts", options.cloud.hosts().to_owned()),
        ("policy", policy.to_owned()),
        ("backend", backend.to_owned()),
    ];
    let mut out = String::with_capacity(TEMPLATE.len());
    let mut is_left_out = false;
    for line in TEMPLATE.lines() {
        if line == THUNDERBIRD.0 || line == THUNDERBIRD.1 {
            is_left_out = line == THUNDERBIRD.0 && !has_thunderbird;
        } else if !is_left_out {
            let mut rest = line;
            while let Some((before, after)) = rest.split_once("{{") {
                let (place, after) = after.split_once("}}").unwrap_or((after, ""));
                out.push_str(before);
                // A place without a value stays as it is, so that a test finds it.
                let value = values.iter().find(|(name, _)| *name == place);
                out.push_str(
                    &value.map_or_else(|| format!("{{{{{place}}}}}"), |(_, value)| value.clone()),
                );
                rest = after;
            }
            out.push_str(rest);
            out.push('\n');
        }
    }
    out
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
