//! Files for device management: a script for Intune, a configuration profile for macOS.

use serde_json::{Value, json};

use super::sha256;

/// A platform script that writes the registry values. It contains them, so that the device needs no other file.
pub(super) fn intune_script(registry: &str) -> String {
    // PowerShell changes nothing in a here-string in single quotes, up to a line that begins with
    // '@.
    let lines = [
        "# Milguard for Thunderbird. Intune: Devices > Scripts and remediations > Platform scripts, without the",
        "# user's rights, in a 64-bit PowerShell.",
        "$ErrorActionPreference = 'Stop'",
        "$file = Join-Path $env:TEMP 'milguard-policies.reg'",
        "@'",
        registry.trim_end(),
        "'@ | Set-Content -Path $file -Encoding Unicode",
        "& reg.exe import $file",
        "$code = $LASTEXITCODE",
        "Remove-Item $file",
        "exit $code",
        "",
    ];
    lines.join("\r\n")
}

/// A configuration profile whose one payload is the preferences of Thunderbird.
pub(super) fn profile(preferences: &Value) -> Value {
    let mut payload = preferences.clone();
    if let Some(members) = payload.as_object_mut() {
        for (name, value) in [
            ("PayloadDisplayName", json!("Milguard for Thunderbird")),
            ("PayloadIdentifier", json!("example.milguard.thunderbird.settings")),
            ("PayloadType", json!("org.mozilla.thunderbird")),
            ("PayloadUUID", json!(uuid(&format!("settings {preferences}")))),
            ("PayloadVersion", json!(1)),
        ] {
            members.insert(name.to_owned(), value);
        }
    }
    json!({
        "PayloadContent": [payload],
        "PayloadDisplayName": "Milguard for Thunderbird",
        "PayloadIdentifier": "example.milguard.thunderbird",
        "PayloadScope": "System",
        "PayloadType": "Configuration",
        "PayloadUUID": uuid(&format!("profile {preferences}")),
        "PayloadVersion": 1,
    })
}

/// A UUID of version 8 (RFC 9562 §5.8) that depends only on `text`: the same options give the same bytes.
fn uuid(text: &str) -> String {
    let hash = sha256(text.as_bytes()).to_uppercase();
    let part = |range| hash.get(range).unwrap_or_default();
    format!("{}-{}-8{}-8{}-{}", part(0..8), part(8..12), part(12..15), part(15..18), part(18..30))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_contains_its_whole_registry_file() {
        let script = intune_script(
            "Windows Registry Editor Version 5.00\r\n\r\n[HKEY]\r\n\"a\"=\"'b'\"\r\n",
        );
        assert!(script.contains("\r\n@'\r\nWindows Registry"), "{script}");
        assert!(script.contains("\"a\"=\"'b'\"\r\n'@ | Set-Content"), "{script}");
        assert!(!script.replace("\r\n", "").contains('\n'), "{script}");
    }

    #[test]
    fn a_profile_is_the_same_for_the_same_preferences() {
        let one = profile(&json!({ "a": 1 }));
        assert_eq!(one, profile(&json!({ "a": 1 })));
        assert_ne!(one["PayloadUUID"], profile(&json!({ "a": 2 }))["PayloadUUID"]);
        assert_eq!(one["PayloadContent"][0]["a"], 1);
        let id = one["PayloadUUID"].as_str().unwrap();
        assert!(uuid::Uuid::try_parse(id).is_ok(), "{id}");
    }
}
