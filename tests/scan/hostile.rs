//! Logs contain texts of strangers: none may break a scan, fill memory or act on a reader.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use crate::scan::files::packed;
use crate::scan::run::{LOGS, scan, scan_file};

const GOOD: &str = "Mar  5 09:00:02 mx1 postfix/smtp[1]: 4TpXkQ2Vdbz1T: to=<bob@army.ml>, relay=x, dsn=2.0.0, status=sent (ok)\n";

fn write(folder: &Path, name: &str, bytes: &[u8]) -> std::path::PathBuf {
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn bytes_that_are_not_text_are_shown_as_replacement_characters() {
    let folder = tempfile::tempdir().unwrap();
    let log = [
        GOOD.as_bytes(),
        b"\0\0\0\0\n",
        b"Mar  5 09:00:03 mx1 postfix/smtp[1]: \0A: to=<b\0b\xFF@army.ml>, relay=\x1B[31m, dsn=2.0.0, status=sent (\x1B]0;x\x07\xE2\x80\xAE)\n",
        b"\xFF\xFE\xFD to=<\xC3\x28@navy.ml>, status=sent\n",
    ]
    .concat();
    let path = write(folder.path(), "mail.log", &log);
    let ran = scan_file(&path, &["--min-severity", "notice"]);
    let recipients: Vec<String> =
        ran.deliveries().iter().map(|it| it["recipient"].as_str().unwrap().to_owned()).collect();
    assert_eq!(recipients, ["bob@army.ml", "b\0b\u{FFFD}@army.ml", "\u{FFFD}(@navy.ml"]);
    for format in ["text", "jsonl", "csv", "html"] {
        let shown = scan(&["--format", format, "--min-severity", "notice", path.to_str().unwrap()]);
        let acts = |c: char| c.is_control() && c != '\n' && c != '\r' || c == '\u{202E}';
        assert!(!shown.stdout.contains(acts), "{format}: {:?}", shown.stdout);
        assert!(!shown.stderr.contains(acts), "{format}: {:?}", shown.stderr);
    }
}

#[test]
fn a_line_of_100_megabytes_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mail.log");
    let mut file = File::create(&path).unwrap();
    file.write_all(GOOD.as_bytes()).unwrap();
    let piece = vec![b'<'; 1 << 20];
    for _ in 0..100 {
        file.write_all(&piece).unwrap();
    }
    write!(file, " to=<eve@army.ml>, status=sent\n{}", GOOD.replace("bob", "carol")).unwrap();
    drop(file);
    let ran = scan_file(&path, &[]);
    let records: Vec<_> = ran.deliveries().iter().map(|it| it["record"].clone()).collect();
    assert_eq!(records, [1, 3], "the long line counts as a line");
    assert!(ran.stderr.contains("1 line or header was too long"), "{}", ran.stderr);
}

#[test]
fn a_packed_file_that_is_cut_off_is_read_up_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let log: String = (0..20_000).map(|n| GOOD.replace("Vdbz1T", &n.to_string())).collect();
    for (name, bytes) in packed(log.as_bytes()) {
        let path = write(folder.path(), name, &bytes[..bytes.len() / 3]);
        let ran = scan_file(&path, &[]);
        assert_eq!(ran.status, 2, "{name}");
        assert!(ran.deliveries().len() < 20_000, "{name}");
        if name != "packed.xz" {
            // xz returns nothing before a block is complete.
            assert!(ran.deliveries().len() > 1_000, "{name}: {}", ran.deliveries().len());
        }
        assert!(ran.stderr.contains("1 file could not be read"), "{name}: {}", ran.stderr);
        let damaged = [&bytes[..bytes.len() - 4], b"xxxx"].concat();
        let path = write(folder.path(), name, &damaged);
        assert_eq!(scan_file(&path, &[]).status, 2, "{name}: a wrong check sum");
    }
}

#[test]
fn a_packed_file_that_grows_too_much_is_abandoned() {
    let folder = tempfile::tempdir().unwrap();
    let nothing = vec![b'\n'; 100 << 20];
    let bomb = [GOOD.as_bytes(), &nothing].concat();
    for (name, bytes) in packed(&bomb) {
        let path = write(folder.path(), name, &bytes);
        let ran = scan_file(&path, &[]);
        assert_eq!(ran.status, 2, "{name}");
        assert_eq!(ran.deliveries().len(), 1, "{name}");
        assert!(ran.stderr.contains("as no log does"), "{name}: {}", ran.stderr);
        let allowed = scan_file(&path, &["--max-expansion", "1000000000"]);
        assert_eq!(allowed.status, 1, "{name}: {}", allowed.stderr);
    }
}

#[test]
fn spreadsheets_get_no_formulas() {
    let folder = tempfile::tempdir().unwrap();
    let list = "=cmd|'/C'!A0@army.ml\n+1@army.ml\n-2@army.ml\n\"@SUM(1)\"@army.ml\n";
    let path = write(folder.path(), "list.txt", list.as_bytes());
    let ran = scan(&["--format", "csv", "--min-severity", "notice", path.to_str().unwrap()]);
    let mut reader = csv::Reader::from_reader(ran.stdout.as_bytes());
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 4, "{}", ran.stdout);
    for cell in rows.iter().flat_map(csv::StringRecord::iter) {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell:?}");
    }
    let table = format!("{LOGS}/table.csv");
    let ran = scan(&["--format", "csv", &table]);
    assert!(ran.stdout.contains("'=cmd|") && ran.stdout.contains("'+1@"), "{}", ran.stdout);
}

#[test]
fn a_quote_that_never_closes_spoils_only_one_record() {
    let folder = tempfile::tempdir().unwrap();
    let mut table = "time,sender,recipient\n".to_owned();
    for number in 0..50_000 {
        let quote = if number == 100 { "\"" } else { "" };
        let row = format!("2024-03-05,{quote}ann@example.com,bob{number}@army.ml\n");
        table.push_str(&row);
    }
    let path = write(folder.path(), "table.csv", table.as_bytes());
    let ran = scan_file(&path, &[]);
    assert_eq!(ran.deliveries().len(), 49_999);
    assert!(ran.stderr.contains("1 record could not be read"), "{}", ran.stderr);
}

#[test]
fn an_attachment_of_a_gigabyte_needs_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("archive.mbox");
    let mut file = File::create(&path).unwrap();
    let message = |to: &str| {
        format!(
            "From ann@example.com Tue Mar  5 09:00:00 2024\nTo: {to}\nDate: Tue, 5 Mar 2024 09:00:00 +0000\n\n"
        )
    };
    file.write_all(message("bob@army.ml").as_bytes()).unwrap();
    let piece = b"Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFy\n"
        .repeat(14_000);
    for _ in 0..32 {
        file.write_all(&piece).unwrap();
    }
    // A sparse file: a gigabyte that occupies no disk.
    let end = file.metadata().unwrap().len() + (1 << 30);
    file.set_len(end).unwrap();
    let mut file = File::options().append(true).open(&path).unwrap();
    file.write_all(format!("\n\n{}", message("kim@army.mil.com")).as_bytes()).unwrap();
    drop(file);
    let ran = scan_file(&path, &[]);
    let recipients: Vec<_> = ran.deliveries().iter().map(|it| it["recipient"].clone()).collect();
    assert_eq!(recipients, ["bob@army.ml", "kim@army.mil.com"]);
    #[cfg(target_os = "linux")]
    assert!(peak_memory(&path) < 96 << 20, "{}", peak_memory(&path));
}

/// The most memory that a scan of the file took, in bytes. Debug builds take more than others.
#[cfg(target_os = "linux")]
fn peak_memory(path: &Path) -> u64 {
    let script = "import os, subprocess, sys\n\
                  child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)\n\
                  print(os.wait4(child.pid, 0)[2].ru_maxrss * 1024)";
    let output = std::process::Command::new("python3")
        .args(["-c", script, env!("CARGO_BIN_EXE_milguard"), "scan"])
        .arg(path)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

#[test]
fn a_header_without_an_end_is_cut() {
    let folder = tempfile::tempdir().unwrap();
    let long = "X: y\n".repeat(1 << 20);
    let path = write(
        folder.path(),
        "a.eml",
        format!("From: ann@example.com\nTo: bob@army.ml\n{long}").as_bytes(),
    );
    let ran = scan_file(&path, &[]);
    assert_eq!(ran.deliveries().len(), 1);
    assert!(ran.stderr.contains("too long"), "{}", ran.stderr);
}

#[test]
fn unreadable_files_do_not_end_the_scan() {
    let folder = tempfile::tempdir().unwrap();
    let good = write(folder.path(), "mail.log", GOOD.as_bytes());
    let missing = folder.path().join("missing");
    let ran = scan(&["--format", "jsonl", good.to_str().unwrap(), missing.to_str().unwrap()]);
    assert_eq!(ran.status, 2);
    assert_eq!(ran.deliveries().len(), 1);
    assert!(ran.stderr.contains("missing: "), "{}", ran.stderr);
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_cannot_be_opened_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "mail.log", GOOD.as_bytes());
    // Root may read every file except this.
    let ran = scan(&["--format", "jsonl", folder.path().to_str().unwrap(), "/proc/self/mem"]);
    assert_eq!(ran.status, 2);
    assert_eq!(ran.deliveries().len(), 1);
}

#[test]
fn a_file_may_grow_and_vanish_while_it_is_read() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "mail.log", GOOD.repeat(20_000).as_bytes());
    let done = Arc::new(AtomicBool::new(false));
    let writer = {
        let (path, folder, done) = (path.clone(), folder.path().to_owned(), Arc::clone(&done));
        std::thread::spawn(move || {
            for number in 0_u32.. {
                if done.load(Ordering::Relaxed) {
                    break;
                }
                let mut file = File::options().append(true).create(true).open(&path).unwrap();
                file.write_all(GOOD.as_bytes()).unwrap();
                if number % 50 == 49 {
                    fs::rename(&path, folder.join("mail.log.1")).unwrap();
                }
                // The writer must not stay ahead of the reader for ever.
                std::thread::sleep(std::time::Duration::from_micros(200));
            }
        })
    };
    for _ in 0..20 {
        let ran = scan(&["--format", "jsonl", folder.path().to_str().unwrap()]);
        assert!(ran.status == 1 || ran.status == 2, "{}", ran.stderr);
        assert!(ran.deliveries().iter().all(|it| it["recipient"] == "bob@army.ml"));
    }
    done.store(true, Ordering::Relaxed);
    writer.join().unwrap();
}

#[test]
fn open_deliveries_beyond_the_limit_are_given_out_early() {
    let folder = tempfile::tempdir().unwrap();
    let deferred =
        GOOD.replace("dsn=2.0.0, status=sent (ok)", "dsn=4.0.0, status=deferred (later)");
    let log: String =
        (0..30_000).map(|number| deferred.replace("Vdbz1T", &number.to_string())).collect();
    let path = write(folder.path(), "mail.log", log.as_bytes());
    let ran = scan_file(&path, &[]);
    assert_eq!(ran.deliveries().len(), 30_000);
    assert!(ran.deliveries().iter().all(|it| it["status"] == "deferred"));
}
