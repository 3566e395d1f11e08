//! Files that push the add-in to Thunderbird: its update manifest, and the same policies in each
//! system's form.

use std::fmt::Write;

use serde_json::{Value, json};

use super::addin::{Addin, ID};
use super::{BundleError, BundleOptions, Files, escape::Xml, sha256, systems};

/// The policies that install and configure the add-in, in each system's form, by file name:
/// `policies.json`, `policies.reg`, `intune.ps1`, `org.mozilla.thunderbird.plist`, `milguard.mobileconfig`.
pub fn thunderbird_policies(options: &BundleOptions) -> Vec<(&'static str, String)> {
    let base = options.manifest.origin.base();
    let settings = json!({
        ID: {
            "installation_mode": "force_installed",
            "install_url": format!("{base}/thunderbird/milguard.xpi"),
        },
    });
    // Thunderbird's monthly releases take add-ins and updates only from servers whose certificate comes from an
    // authority that Thunderbird brings along; its extended-support releases do not require that.
    let own_authority = json!({ "Value": false, "Status": "locked" });
    let preferences = json!({
        "extensions.install.requireBuiltInCerts": own_authority,
        "extensions.update.requireBuiltInCerts": own_authority,
    });
    let config = options.managed_config();
    let policies = json!({
        "policies": {
            "Preferences": preferences,
            "ExtensionSettings": settings,
            "3rdparty": { "Extensions": { ID: config } },
        },
    });
    let registry = registry(&preferences, &settings, &config);
    let root = json!({
        "EnterprisePoliciesEnabled": true,
        "Preferences": preferences,
        "ExtensionSettings": settings,
        "3rdparty": { "Extensions": { ID: config } },
    });
    vec![
        ("policies.json", format!("{policies:#}\n")),
        ("intune.ps1", systems::intune_script(&registry)),
        ("policies.reg", registry),
        ("org.mozilla.thunderbird.plist", property_list(&root)),
        ("milguard.mobileconfig", property_list(&systems::profile(&root))),
    ]
}

/// The add-in, its update manifest and the policies that install it.
///
/// # Errors
///
/// When `xpi` is not an add-in for Thunderbird.
pub(super) fn render(xpi: &[u8], options: &BundleOptions) -> Result<Files, BundleError> {
    let path = "/thunderbird/milguard.xpi".to_owned();
    let what = "is not Milguard's add-in for Thunderbird";
    let base = options.manifest.origin.base();
    let update_url = format!("{base}/thunderbird/updates.json");
    let addin = Addin::read(xpi, &update_url).ok_or(BundleError::Unexpected { path, what })?;
    let link = format!("{base}/thunderbird/milguard.xpi");
    let updates = json!({
        "addons": { ID: { "updates": [{
            "version": addin.version,
            "update_link": link,
            "update_hash": format!("sha256:{}", sha256(&addin.xpi)),
            "applications": { "gecko": { "strict_min_version": addin.min_version } },
        }] } },
    });
    let mut texts = thunderbird_policies(options);
    texts.push(("updates.json", format!("{updates:#}\n")));
    let texts = texts.into_iter().map(|(name, text)| (name, text.into_bytes()));
    Ok(texts
        .chain([("milguard.xpi", addin.xpi)])
        .map(|(name, bytes)| (format!("/thunderbird/{name}"), bytes))
        .collect())
}

/// Registry values that contain JSON, which Thunderbird reads. `reg import` and the Registry Wizard
/// take this file. Line ends are those of Windows.
fn registry(preferences: &Value, settings: &Value, config: &Value) -> String {
    const KEY: &str = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Mozilla\Thunderbird";
    let quoted = |value: &Value| ascii(value).replace('\\', r"\\").replace('"', "\\\"");
    [
        "Windows Registry Editor Version 5.00".to_owned(),
        String::new(),
        format!("[{KEY}]"),
        format!("\"Preferences\"=\"{}\"", quoted(preferences)),
        format!("\"ExtensionSettings\"=\"{}\"", quoted(settings)),
        String::new(),
        format!(r"[{KEY}\3rdparty\Extensions]"),
        format!("\"{ID}\"=\"{}\"", quoted(config)),
        String::new(),
    ]
    .join("\r\n")
}

/// JSON in ASCII alone, so that the file's encoding does not matter.
fn ascii(value: &Value) -> String {
    let mut out = String::new();
    for character in value.to_string().chars() {
        if character.is_ascii() {
            out.push(character);
        } else {
            // Outside strings, JSON is ASCII; inside them, an escape means the same as the
            // character.
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out
}

/// A property list for `org.mozilla.thunderbird`, as a file under `/Library/Preferences` or as the
/// payload of a configuration profile.
fn property_list(root: &Value) -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \
         \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
         <plist version=\"1.0\">\n",
    );
    plist_value(&mut out, root, 0);
    out.push_str("</plist>\n");
    out
}

fn plist_value(out: &mut String, value: &Value, depth: usize) {
    let indent = "  ".repeat(depth);
    // Writing to a string cannot fail.
    let _ = match value {
        // A property list has no null; a missing member means the same in a policy.
        Value::Null => writeln!(out, "{indent}<string></string>"),
        Value::Bool(true) => writeln!(out, "{indent}<true/>"),
        Value::Bool(false) => writeln!(out, "{indent}<false/>"),
        Value::Number(number) if number.is_f64() => writeln!(out, "{indent}<real>{number}</real>"),
        Value::Number(number) => writeln!(out, "{indent}<integer>{number}</integer>"),
        Value::String(text) => writeln!(out, "{indent}<string>{}</string>", Xml(text)),
        Value::Array(entries) => {
            let _ = writeln!(out, "{indent}<array>");
            for entry in entries {
                plist_value(out, entry, depth + 1);
            }
            writeln!(out, "{indent}</array>")
        }
        Value::Object(members) => {
            let _ = writeln!(out, "{indent}<dict>");
            for (key, member) in members.iter().filter(|(_, member)| !member.is_null()) {
                let _ = writeln!(out, "{indent}  <key>{}</key>", Xml(key));
                plist_value(out, member, depth + 1);
            }
            writeln!(out, "{indent}</dict>")
        }
    };
}
