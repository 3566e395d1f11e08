//! The presets.

use milguard::lint::lint;
use milguard::policy::{Layer, Override, Preset};
use milguard::{Checker, Policy, Severity};

#[test]
fn each_preset_is_clean_complete_and_has_its_own_name() {
    for preset in Preset::ALL {
        let name = preset.as_str();
        let linted = lint(preset.text().as_bytes());
        assert_eq!(linted.problems, [], "{name}");
        let policy = Policy::from_json(preset.text().as_bytes()).expect(name);
        assert_eq!(policy, preset.policy(), "{name}");
        assert_eq!(policy.id, name);
        let complete = serde_json::to_value(&policy).expect(name);
        assert_eq!(complete, linted.document, "{name} leaves something out");
    }
}

#[test]
fn default_is_the_built_in_policy() {
    assert_eq!(Preset::Default.policy(), Policy::default());
}

#[test]
fn default_never_blocks() {
    let checker = Checker::new(&Preset::Default.policy()).expect("valid");
    for address in ["bob@army.ml", "bob@us.army.mil.com", "bob@аrmy.mil", "bob@armymil", "\0"] {
        assert!(checker.check_address(address).severity < Severity::Block, "{address}");
    }
}

#[test]
fn the_preset_dod_blocks_all_of_mali_and_no_layer_can_allow_it() {
    let dod = Preset::Dod.policy();
    let checker = Checker::new(&dod).expect("valid");
    for address in ["bob@army.ml", "bob@lemmy.ml", "bob@a.gov.ml"] {
        assert_eq!(checker.check_address(address).severity, Severity::Block, "{address}");
    }
    assert_eq!(checker.check_address("bob@army.mil").severity, Severity::Pass);
    assert_eq!(dod.overrides.block, Override::Never);

    let layers = [Preset::Dod.text(), r#"{"deny": ["-*.ml"], "override": {"block": "allowed"}}"#];
    let layers = layers.map(|text| Layer::read("layer", text.as_bytes()).expect("valid"));
    let merged = Policy::merge(layers.to_vec());
    assert_eq!(merged.policy(), dod);
    let refused: Vec<_> = merged.refused.iter().map(|refused| refused.path.as_str()).collect();
    assert_eq!(refused, ["deny", "override.block"]);
}
