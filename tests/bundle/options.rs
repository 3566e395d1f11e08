//! The options of an administrator, and the errors for invalid ones.

use milguard::bundle::{AddinId, AddinVersion, Cloud, DisplayName, Origin};

#[test]
fn origins_are_read() {
    for (text, base, host) in [
        ("https://localhost:8443", "https://localhost:8443", "https://localhost:8443"),
        ("https://Addins.Example.MIL/", "https://addins.example.mil", "https://addins.example.mil"),
        ("HTTPS://a.example:443", "https://a.example", "https://a.example"),
        ("https://a.example/x/Y-1_z.~/", "https://a.example/x/Y-1_z.~", "https://a.example"),
        ("https://10.0.0.1:8443", "https://10.0.0.1:8443", "https://10.0.0.1:8443"),
        ("https://[::1]:8443/p", "https://[::1]:8443/p", "https://[::1]:8443"),
        ("https://[::1]", "https://[::1]", "https://[::1]"),
    ] {
        let origin: Origin = text.parse().unwrap();
        assert_eq!((origin.base(), origin.host()), (base, host), "{text}");
        assert_eq!(format!("{}{}", origin.host(), origin.prefix()), base);
    }
    assert_eq!(Origin::default(), "https://localhost:8443".parse().unwrap());
}

#[test]
fn origins_that_cannot_work_are_refused() {
    for (text, what) in [
        ("", "over https"),
        ("http://a.example", "over https"),
        ("a.example", "over https"),
        ("javascript:alert(1)", "over https"),
        ("https://", "no host"),
        ("https:///x", "no host"),
        ("https://a.example?x", "no query"),
        ("https://a.example/#x", "no fragment"),
        ("https://user:secret@a.example", "no credentials"),
        ("https://a.example\\@evil.example", "no"),
        ("https://a.example:0", "between 1 and 65535"),
        ("https://a.example:65536", "between 1 and 65535"),
        ("https://a.example:+80", "not a number"),
        ("https://a.example:", "not a number"),
        ("https://a..example", "not a host name"),
        ("https://-a.example", "not a host name"),
        ("https://a_b.example", "not a host name"),
        ("https://a b.example", "not a host name"),
        ("https://a\".example", "not a host name"),
        ("https://bücher.example", "xn--"),
        ("https://[::g]", "IPv6"),
        ("https://a.example//x", "path"),
        ("https://a.example/../x", "path"),
        ("https://a.example/%2e", "path"),
        ("https://a.example/x;y", "path"),
        ("https://a.example/\"><Evil/>", "path"),
        ("https://a.example/\n", "path"),
    ] {
        let error = text.parse::<Origin>().unwrap_err().to_string();
        assert!(error.contains(what), "{text}: {error}");
        assert!(error.ends_with("expected something like https://addins.example.mil"), "{error}");
    }
    assert!(format!("https://a.example/{}", "x".repeat(600)).parse::<Origin>().is_err());
}

#[test]
fn a_cloud_is_a_name_or_an_address_on_your_own_server() {
    for cloud in Cloud::NAMED {
        assert_eq!(cloud.as_str().parse(), Ok(cloud.clone()));
        let hosts = cloud.hosts();
        let host = hosts.split(' ').next().unwrap();
        assert!(cloud.office_js().starts_with(&format!("{host}/")), "{cloud}");
        assert!(
            !hosts.contains("ajax"),
            "the pages bring a stand-in for Microsoft's Ajax: {cloud}"
        );
        assert!(cloud.office_js().ends_with("/lib/1/hosted/office.js"), "{cloud}");
    }
    let own: Cloud = "https://a.example/office-js/office.js".parse().unwrap();
    assert_eq!(own.office_js(), "https://a.example/office-js/office.js");
    assert_eq!(own.hosts(), "https://a.example");
    for (text, what) in [
        ("mars", "expected commercial, gcc"),
        ("", "expected commercial, gcc"),
        ("http://a.example/office.js", "over https"),
        ("https://a.example/", "must end in /office.js"),
        ("https://a.example/office-1.1.110.js", "must end in /office.js"),
        ("https://a.example/office.js?x", "no query"),
    ] {
        let error = text.parse::<Cloud>().unwrap_err().to_string();
        assert!(error.contains(what), "{text}: {error}");
    }
}

#[test]
fn ids_names_and_versions_are_checked() {
    let id: AddinId = "16353F2F-4825-43D7-8633-F9841751788E".parse().unwrap();
    assert_eq!(id, AddinId::default());
    for text in ["", "16353f2f", "16353f2f-4825-43d7-8633-f9841751788g", "{16353f2f}", "-----"] {
        assert!(text.parse::<AddinId>().is_err(), "{text}");
    }
    for (text, version) in [("1", "1.0.0.0"), ("1.2.3", "1.2.3.0"), ("1.2.3.65535", "1.2.3.65535")]
    {
        assert_eq!(text.parse::<AddinVersion>().unwrap().to_string(), version);
    }
    // Microsoft's validation: "Manifest Version Too Low: The manifest has unsupported version number less than 1.0."
    let too_low = ["0", "0.1.0", "0.99.0.0"];
    for text in
        ["", "1.", "1.2.3.4.5", "1.-2", "1.+2", "65536", "1.0-beta"].into_iter().chain(too_low)
    {
        assert!(text.parse::<AddinVersion>().is_err(), "{text}");
    }
    // Version 0.y.z of the package becomes 1.y.z in the manifest.
    let (major, rest) = env!("CARGO_PKG_VERSION").split_once('.').unwrap();
    let major = major.parse::<u16>().unwrap().max(1);
    assert_eq!(AddinVersion::default().to_string(), format!("{major}.{rest}.0"));
    assert_eq!(" Mil & Guard ".parse::<DisplayName>().unwrap().as_str(), "Mil & Guard");
    for text in ["", "  ", "a\u{1b}b", "a\nb", &"x".repeat(126), &"😀".repeat(63)] {
        assert!(text.parse::<DisplayName>().is_err(), "{text}");
    }
}

proptest::proptest! {
    /// An accepted origin is canonical and needs no escaping in XML, a header, CSP and a shell.
    #[test]
    fn an_accepted_origin_needs_no_escaping(
        text in "(https|HTTPS)://[aB1.\\[\\]:-]{0,9}(:[0-9]{0,6})?[/aB.~_ %\"<;'?#@\\\\é-]{0,12}"
    ) {
        if let Ok(origin) = text.parse::<Origin>() {
            let base = origin.base();
            assert_eq!(base.parse::<Origin>().as_ref(), Ok(&origin), "{text}");
            let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/:[]".contains(&b);
            assert!(base.bytes().all(is_plain) && !base.ends_with('/'), "{text}: {base}");
            assert!(!base.contains("/../") && !base.contains("/./"), "{text}: {base}");
            assert_eq!(base, format!("{}{}", origin.host(), origin.prefix()));
        }
    }
}
