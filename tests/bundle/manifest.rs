//! The manifest. tests/outlook checks its meaning, with the schema.

use milguard::bundle::{ManifestOptions, SendMode, render_manifest};

use crate::bundle::fixture::messages;

#[test]
fn the_manifest_at_the_top_level_is_current() {
    let rendered = render_manifest(&ManifestOptions::default(), &messages()).unwrap();
    let checked_in = include_str!("../../manifest.xml").replace("\r\n", "\n");
    assert!(
        checked_in == rendered,
        "manifest.xml is not what is rendered; take it from a new bundle: \
         milguard bundle --origin https://localhost:8443 --out DIR"
    );
}

#[test]
fn every_placeholder_of_the_manifest_is_filled() {
    for send_mode in SendMode::ALL {
        let options = ManifestOptions { send_mode, ..ManifestOptions::default() };
        let manifest = render_manifest(&options, &messages()).unwrap();
        assert!(!manifest.contains("{{") && !manifest.contains("}}"));
        assert!(!manifest.contains("=\"\"") && !manifest.contains("><"), "an empty value");
        let modes = manifest.matches(&format!("SendMode=\"{}\"", send_mode.as_str())).count();
        assert_eq!((modes, manifest.matches("SendMode=").count()), (2, 2));
    }
}

#[test]
fn hostile_text_stays_text() {
    let mut messages = messages();
    let hostile = "\"/><LaunchEvent Type='x'>&{{id}}\u{1}";
    messages.get_mut("de").unwrap().insert("outlookManifestTip".to_owned(), hostile.to_owned());
    let options = ManifestOptions {
        name: "\"><Evil/>&amp;{{id}}".parse().unwrap(),
        ..ManifestOptions::default()
    };
    let manifest = render_manifest(&options, &messages).unwrap();
    assert!(
        manifest.contains("<DisplayName DefaultValue=\"&quot;&gt;&lt;Evil/&gt;&amp;amp;{{id}}\"/>")
    );
    assert!(manifest.contains(
        "Value=\"&quot;/&gt;&lt;LaunchEvent Type=&apos;x&apos;&gt;&amp;{{id}}\u{fffd}\"/>"
    ));
    assert!(!manifest.contains("<Evil"));
}

#[test]
fn texts_that_do_not_fit_are_named() {
    let mut without = messages();
    without.get_mut("fr").unwrap().remove("outlookManifestButton");
    let mut long = messages();
    long.get_mut("ja").unwrap().insert("outlookManifestButton".to_owned(), "あ".repeat(126));
    for (messages, what) in [
        (without, "the text outlookManifestButton in _locales/fr is missing"),
        (long, "the text outlookManifestButton in _locales/ja is too long for a manifest"),
    ] {
        let error = render_manifest(&ManifestOptions::default(), &messages).unwrap_err();
        assert_eq!(error.to_string(), what);
    }
}
