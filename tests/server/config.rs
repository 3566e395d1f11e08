//! Flags, environment and file: one definition, with this precedence.

use std::{
    collections::BTreeMap,
    fs,
    process::{Command, Output},
};

use crate::server::client::pages;

/// `milguard serve` with a configuration file, isolated from other tests.
fn serve(file: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let folder = pages();
    let path = folder.path().join("milguard.toml");
    fs::write(&path, file).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_milguard"));
    command.arg("serve").arg("--config").arg(&path).args(arguments);
    command.env("MILGUARD_ASSETS", folder.path().join("www"));
    command.env("MILGUARD_STATE", folder.path().join("state"));
    command.envs(environment.iter().copied()).output().unwrap()
}

/// The options that are set, as `--print-config` shows them.
fn chosen(
    file: &str,
    arguments: &[&str],
    environment: &[(&str, &str)],
) -> BTreeMap<String, String> {
    let output = serve(file, &[arguments, &["--print-config"]].concat(), environment);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.map(|line| line.split_once(" = ").unwrap()).map(|(k, v)| (k.into(), v.into())).collect()
}

#[test]
fn a_flag_overrides_the_environment_which_overrides_the_file() {
    let file = "listen = \"127.0.0.1:1\"\nretention = 1\nmax-connections = 1\nhttp = true\n";
    let environment = [("MILGUARD_RETENTION", "2"), ("MILGUARD_MAX_CONNECTIONS", "2")];
    let arguments = ["--max-connections", "3", "--http=false"];
    let chosen = chosen(file, &arguments, &environment);
    for (key, value) in [
        ("listen", "\"127.0.0.1:1\""),
        ("retention", "2"),
        ("max-connections", "3"),
        ("http", "false"),
    ] {
        assert_eq!(chosen.get(key).map(String::as_str), Some(value), "{key}");
    }
    assert!(!chosen.contains_key("resolver"), "options that nobody chose stay comments");
}

#[test]
fn the_printed_configuration_can_be_read_again() {
    let file = "allowed-hosts = [\"a.example.mil\", \"b.example.mil\"]\nresolver = \"[::1]:53\"\n\
                origin = \"https://a.example.mil\"\ncloud = \"dod\"\n";
    // Each run has its folders from the environment.
    let print = |file: &str| {
        let text = String::from_utf8(serve(file, &["--print-config"], &[]).stdout).unwrap();
        let is_own = |line: &&str| line.starts_with("assets") || line.starts_with("state");
        text.lines().filter(|line| !is_own(line)).collect::<Vec<_>>().join("\n")
    };
    let printed = print(file);
    assert_eq!(print(&printed), printed);
    assert!(
        printed.contains("allowed-hosts = [\"a.example.mil\", \"b.example.mil\"]"),
        "{printed}"
    );
}

#[test]
fn the_error_says_what_is_wrong_in_the_configuration_file() {
    for (file, words) in [
        ("lisen = \"127.0.0.1:1\"", "there is no key `lisen`: did you mean `listen`?"),
        ("tls_cert = \"x\"", "there is no key `tls_cert`: did you mean `tls-cert`?"),
        ("check-config = true", "there is no key `check-config`"),
        ("config = \"other.toml\"", "there is no key `config`"),
        ("help = true", "there is no key `help`"),
        ("entirely-other = 1", "--print-config lists them all"),
        ("listen = \"8443\"", "`listen`: invalid value '8443'"),
        ("retention = -1", "`retention`"),
        ("retention = 1.5", "`retention` takes a string, a number, true or false"),
        ("http = \"maybe\"", "`http`: invalid value 'maybe'"),
        ("log-level = \"loud\"", "possible values: error, warn, info, debug"),
        ("trusted-proxies = [\"10.0.0.0/33\"]", "`trusted-proxies`"),
        ("trusted-proxies = [[]]", "`trusted-proxies` takes a list of strings"),
        ("listen = [\"127.0.0.1:1\"]", "`listen` takes a string"),
        ("[server]\nlisten = \"127.0.0.1:1\"", "there is no key `server`"),
        ("\n\nlisten = ", "line 3: "),
        ("listen = \"127.0.0.1:1\"\nlisten = \"127.0.0.1:2\"", "line 2: "),
        ("http = true\ntls-cert = \"x\"", "--http and a certificate exclude each other"),
        ("tls-key = \"x\"", "--tls-cert and --tls-key go together"),
        ("database = \"mysql://h/n\"", "`database`: this value is not valid"),
        ("oidc-issuer = \"https://a.example\"", "--oidc-issuer and --oidc-client-id go together"),
        (
            "oidc-issuer = \"http://a.example\"\noidc-client-id = \"m\"\nadmin-groups = [\"a\"]",
            "--oidc-issuer has to be an https:// address",
        ),
        (
            "oidc-issuer = \"https://a.example/.well-known/openid-configuration\"\noidc-client-id = \"m\"",
            "--oidc-issuer ends before /.well-known: https://a.example",
        ),
        ("oidc-issuer = \"https://a.example\"\noidc-client-id = \"m\"", "would have a role"),
        ("viewer-groups = [\"a\"]", "groups come from a provider or a proxy"),
        ("group-roles = [\"navy-soc=analyst:navy\"]", "groups come from a provider or a proxy"),
        ("group-roles = [\"navy-soc=navy\"]", "navy-soc=analyst:navy"),
        ("group-roles = [\"soc=boss:navy\"]", "admin, analyst and viewer are roles"),
        ("group-roles = [\"soc=admin:organisation\"]", "name \"soc\" in admin-groups instead"),
        ("password-sign-in = false", "nobody could sign in"),
        ("proxy-user-header = \"Remote-User\"", "--proxy-groups-header go together"),
        (
            "proxy-user-header = \"Remote-User\"\nproxy-groups-header = \"Remote-Groups\"",
            "--proxy-user-header needs --proxy-networks",
        ),
        (
            "proxy-user-header = \"a b\"\nproxy-groups-header = \"c\"\nproxy-networks = [\"::1\"]",
            "a header cannot be called \"a b\"",
        ),
    ] {
        let output = serve(file, &["--check-config"], &[]);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{file}: {stderr}");
        assert!(stderr.contains(words), "{file}: {stderr}");
        assert_eq!(stderr.lines().count(), 1, "{file}: {stderr}");
    }
}

#[test]
fn secrets_are_never_printed() {
    for file in [
        "metrics-token = \"HUSH-HUSH\"",
        "oidc-client-secret = \"HUSH-HUSH\"\noidc-issuer = \"https://login.example.mil\"",
        "database = \"postgres://milguard:HUSH-HUSH@db.example.mil/milguard\"",
        "database = \"HUSH-HUSH\"",
        "database = \"postgres://u:HUSH-HUSH@127.0.0.1:1/n\" x",
        "metrics-token = \"HUSH-HUSH",
    ] {
        for argument in ["--print-config", "--check-config", "--help"] {
            let environment = [("MILGUARD_METRICS_TOKEN", "HUSH-HUSH")];
            let output = serve(file, &[argument, "--listen", "localhost:0"], &environment);
            let said = [output.stdout, output.stderr].concat();
            let said = String::from_utf8(said).unwrap();
            assert!(!said.contains("HUSH-HUSH"), "{file} {argument}: {said}");
        }
    }
}

#[test]
fn a_valid_configuration_is_reported_as_valid() {
    let output = serve("listen = \"127.0.0.1:0\"", &["--check-config"], &[]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    assert!(stderr.ends_with("the configuration is valid\n"), "{stderr}");
}

#[test]
fn a_provider_that_does_not_answer_causes_only_a_warning() {
    let file = "listen = \"127.0.0.1:0\"\noidc-issuer = \"http://127.0.0.1:1\"\noidc-client-id = \"m\"\n\
                group-roles = [\"staff=viewer:navy\", \"soc=analyst:navy\"]\n";
    let output = serve(file, &["--check-config"], &[]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    assert!(stderr.contains("warning: the sign-in provider: http://127.0.0.1:1/"), "{stderr}");
    assert!(stderr.ends_with("the configuration is valid\n"), "{stderr}");
}

#[test]
fn the_check_finds_what_would_keep_the_server_from_starting() {
    for (file, words) in [
        ("tls-cert = \"/none.pem\"\ntls-key = \"/none.pem\"", "/none.pem"),
        ("assets = \"/none\"", "--assets"),
        ("state = \"/dev/null/none\"", "--state DIR"),
        ("listen = \"192.0.2.1:1\"", "--listen"),
        ("database = \"postgres://u:p@127.0.0.1:1/n\"", "--database"),
        ("database = \"sqlite:/none/milguard.db\"", "--database"),
    ] {
        let mut output = serve(file, &["--check-config"], &[]);
        if file.contains("assets") || file.contains("state") {
            // `serve` sets these two options in the environment, so the test runs the program
            // itself.
            let folder = pages();
            let path = folder.path().join("milguard.toml");
            fs::write(&path, file).unwrap();
            let mut command = Command::new(env!("CARGO_BIN_EXE_milguard"));
            command.args(["serve", "--check-config", "--config"]).arg(&path);
            if file.contains("state") {
                command.arg("--assets").arg(folder.path().join("www"));
            }
            output = command.arg("--listen").arg("127.0.0.1:0").output().unwrap();
        }
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{file}: {stderr}");
        assert!(stderr.contains(words), "{file}: {stderr}");
    }
}

#[test]
fn the_documentation_contains_the_printed_configuration() {
    let output = Command::new(env!("CARGO_BIN_EXE_milguard"))
        .args(["serve", "--print-config"])
        .env_clear()
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let manual = include_str!("../../docs/backend.md");
    assert!(
        manual.contains(&format!("```toml\n{printed}```\n")),
        "docs/backend.md: put the output of `milguard serve --print-config` into its section Configuration"
    );
}

#[test]
fn an_empty_secret_is_an_error() {
    let output = serve("", &["--check-config"], &[("MILGUARD_METRICS_TOKEN", "")]);
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("empty"), "{text}");
    let output = serve("metrics-token = \"\"\n", &["--check-config"], &[]);
    assert_eq!(output.status.code(), Some(2));
}

#[cfg(unix)]
#[test]
fn the_server_warns_of_a_file_with_a_secret_that_others_can_read() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let folder = pages();
    let path = folder.path().join("own.toml");
    // If root owns a file that its group can read, the program takes that for deliberate.
    let is_root = fs::metadata(folder.path()).unwrap().uid() == 0;
    for (text, mode, is_warned) in [
        ("metrics-token = \"secret\"\n", 0o644, true),
        ("metrics-token = \"secret\"\n", 0o640, !is_root),
        ("metrics-token = \"secret\"\n", 0o600, false),
        ("retention = 30\n", 0o644, false),
    ] {
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_milguard"));
        command.args(["serve", "--print-config", "--config"]).arg(&path);
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(said.contains("others on this machine can read it"), is_warned, "{said}");
    }
}
