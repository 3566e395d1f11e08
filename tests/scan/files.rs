//! Files and folders: which are read, in which order, and how they are packed.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use crate::scan::run::{LOGS, scan, scan_file, scan_with};

/// The bytes, packed in every way, each in two parts one after the other.
pub(crate) fn packed(bytes: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let (first, second) = bytes.split_at(bytes.len() / 2);
    let both = |pack: &dyn Fn(&[u8]) -> Vec<u8>| [pack(first), pack(second)].concat();
    let gzip = |part: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(part).unwrap();
        encoder.finish().unwrap()
    };
    let xz = |part: &[u8]| {
        let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 1);
        encoder.write_all(part).unwrap();
        encoder.finish().unwrap()
    };
    vec![
        ("packed.gz", both(&gzip)),
        ("packed.zst", both(&|part| zstd::encode_all(part, 1).unwrap())),
        ("packed.xz", both(&xz)),
        // The scan does not use names.
        ("packed.log", both(&gzip)),
    ]
}

/// `text` in UTF-16 with a byte order mark, as PowerShell writes it.
fn utf16(text: &str) -> Vec<u8> {
    [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

#[test]
fn rotated_logs_are_read_as_one_log() {
    let folder = tempfile::tempdir().unwrap();
    let log = fs::read_to_string(format!("{LOGS}/postfix.log")).unwrap();
    let lines: Vec<&str> = log.split_inclusive('\n').collect();
    // A message is deferred in one file, expires or is delivered in another, and its sender is in a
    // third.
    let parts = [&lines[..9], &lines[9..14], &lines[14..16], &lines[16..]].map(<[&str]>::concat);
    let whole = folder.path().join("whole");
    fs::write(&whole, &log).unwrap();
    let expected = scan_file(&whole, &["--year", "2024"]).pairs();
    let rotated = folder.path().join("rotated");
    fs::create_dir(&rotated).unwrap();
    let packed = &packed(parts[0].as_bytes())[0].1;
    fs::write(rotated.join("mail.log.10.gz"), packed).unwrap();
    for (name, part) in
        [("mail.log.2", &parts[1]), ("mail.log.1", &parts[2]), ("mail.log", &parts[3])]
    {
        fs::write(rotated.join(name), part).unwrap();
    }
    let found = scan_file(&rotated, &["--year", "2024"]);
    assert_eq!(found.pairs(), expected);
    assert!(found.deliveries().iter().all(|it| it["sender"] != "wrong"));
    let frank =
        found.deliveries().into_iter().find(|it| it["recipient"] == "frank@armymil.com").unwrap();
    assert_eq!(frank["sender"], "erin@example.com");
    assert_eq!(frank["attempts"], 2);
    // The names come in the order in which a shell gives them.
    let mut arguments = vec!["--format".to_owned(), "jsonl".into(), "--year".into(), "2024".into()];
    for name in ["mail.log", "mail.log.1", "mail.log.10.gz", "mail.log.2"] {
        arguments.push(rotated.join(name).to_str().unwrap().to_owned());
    }
    assert_eq!(scan(&arguments).pairs(), expected);
}

#[test]
fn a_maildir_is_read_without_its_undelivered_messages() {
    let folder = tempfile::tempdir().unwrap();
    let message = fs::read_to_string(format!("{LOGS}/draft.eml")).unwrap();
    for part in ["cur", "new", "tmp", ".Sent/cur", ".Sent/new", ".Sent/tmp"] {
        fs::create_dir_all(folder.path().join(part)).unwrap();
    }
    let with_id = |id: &str| message.replace("<9@", &format!("<{id}@"));
    fs::write(folder.path().join("cur/1709629200.M1P1.mx:2,S"), with_id("1")).unwrap();
    fs::write(folder.path().join("new/1709629201.M2P1.mx"), with_id("2")).unwrap();
    fs::write(folder.path().join("tmp/1709629202.M3P1.mx"), with_id("3")).unwrap();
    fs::write(folder.path().join(".Sent/cur/1709629203.M4P1.mx:2,S"), with_id("4")).unwrap();
    fs::write(folder.path().join(".Sent/cur/1709629204.M5P1.mx:2,S"), with_id("1")).unwrap();
    let ran = scan_file(folder.path(), &[]);
    assert_eq!(ran.deliveries().len(), 6, "two recipients of three messages: {}", ran.stdout);
}

#[test]
fn utf16_and_byte_order_marks_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(format!("{LOGS}/message-trace.csv")).unwrap();
    let expected = scan_file(Path::new(&format!("{LOGS}/message-trace.csv")), &[]).pairs();
    for (name, bytes) in [
        ("utf16.csv", utf16(&text)),
        ("utf8.csv", [b"\xEF\xBB\xBF", text.as_bytes()].concat()),
        ("type.csv", format!("#TYPE Microsoft.Exchange.MessageTrace\r\n{text}").into_bytes()),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        assert_eq!(scan_file(&path, &[]).pairs(), expected, "{name}");
    }
}

#[test]
fn standard_input_is_read_packed_or_not() {
    let log = fs::read(format!("{LOGS}/exim.log")).unwrap();
    let arguments = ["--format", "jsonl", "-"];
    let expected = scan_with(&arguments, &log);
    assert_eq!(expected.deliveries().len(), 7);
    for (name, packed) in packed(&log) {
        assert_eq!(scan_with(&arguments, &packed).stdout, expected.stdout, "{name}");
    }
}

#[test]
fn a_file_that_is_named_twice_is_read_once() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("a.log");
    fs::copy(format!("{LOGS}/exim.log"), &log).unwrap();
    fs::hard_link(&log, folder.path().join("b.log")).unwrap();
    let paths = [folder.path(), &log, folder.path(), &log];
    let mut arguments = vec!["--format", "jsonl"];
    arguments.extend(paths.iter().map(|it| it.to_str().unwrap()));
    assert_eq!(scan(&arguments).deliveries().len(), 7);
}

#[cfg(unix)]
#[test]
fn links_in_folders_are_not_followed() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("inner");
    fs::create_dir(&inner).unwrap();
    fs::copy(format!("{LOGS}/exim.log"), inner.join("a.log")).unwrap();
    symlink(folder.path(), inner.join("loop")).unwrap();
    symlink("nowhere", inner.join("broken")).unwrap();
    let ran = scan(&[folder.path()]);
    assert!(ran.stdout.contains("2 symbolic links"), "{}", ran.stdout);
    assert!(ran.stdout.starts_with("7 deliveries"), "{}", ran.stdout);
    let named = folder.path().join("named");
    symlink(inner.join("a.log"), &named).unwrap();
    assert_eq!(scan_file(&named, &[]).deliveries().len(), 7);
}
