//! Every line of the tables. Columns: text, expected result, reason (for the reader).
//!
//! In the text `\r`, `\n`, `\t`, `\\` and `\u{…}` are escapes. The expected result is either
//! `error-kind@offset` or the mailboxes as `display name<local part @ domain>`, several joined by
//! `; `, a group as `name:[…]`.

use std::time::{Duration, Instant};
use std::{fs, path::Path};

use milguard::address::{
    Address, AddressErrorKind, MAX_DOMAIN, MAX_LENGTH, MAX_LOCAL_PART, Mailbox, parse_address_list,
    replace_recipient, split_recipients,
};

#[test]
fn examples_of_rfc5322_section_3_are_read_as_listed() {
    check("rfc5322-3.tsv");
}

#[test]
fn obsolete_forms_of_rfc5322_section_4_are_read_as_listed() {
    check("rfc5322-4.tsv");
}

#[test]
fn examples_of_rfc5322_appendix_a_are_read_as_listed() {
    check("rfc5322-appendix-a.tsv");
}

#[test]
fn mailto_addresses_of_rfc6068_are_read_as_listed() {
    check("rfc6068-mailto.tsv");
}

#[test]
fn internationalized_addresses_of_rfc6531_are_read_as_listed() {
    check("rfc6531.tsv");
}

#[test]
fn addresses_that_clients_write_are_read() {
    check("clients.tsv");
}

#[test]
fn texts_that_are_not_addresses_are_refused() {
    check("refused.tsv");
}

#[test]
fn every_error_kind_occurs_in_a_table_or_below() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/address");
    let tables: String = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "tsv"))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    for kind in AddressErrorKind::ALL {
        let by_length = matches!(
            kind,
            AddressErrorKind::TooLong
                | AddressErrorKind::DomainTooLong
                | AddressErrorKind::LocalPartTooLong
        );
        assert!(
            by_length || tables.contains(&format!("\t{}@", kind.as_str())),
            "no table has {}",
            kind.as_str()
        );
    }
}

#[test]
fn addresses_with_parts_that_are_too_long_are_refused() {
    let read = |text: &str| parse_address_list(text).map_err(|error| (error.kind, error.at));
    let label = "a".repeat(63);
    let domain = [label.as_str(); 4].join(".");
    assert_eq!(domain.len(), MAX_DOMAIN);
    assert!(read(&format!("{}@{domain}", "x".repeat(MAX_LOCAL_PART))).is_ok());
    assert_eq!(read(&format!("b@{domain}a")), Err((AddressErrorKind::DomainTooLong, 2)));
    assert_eq!(
        read(&format!("{}@army.mil", "x".repeat(MAX_LOCAL_PART + 1))),
        Err((AddressErrorKind::LocalPartTooLong, 0))
    );
    assert_eq!(
        read(&"é".repeat(MAX_LENGTH)),
        Err((AddressErrorKind::TooLong, MAX_LENGTH)),
        "the offset is a character boundary"
    );
    assert_eq!(
        read(&format!("a{}", "é".repeat(MAX_LENGTH))),
        Err((AddressErrorKind::TooLong, MAX_LENGTH - 1))
    );
}

/// The longest allowed texts, made to be expensive: none may find a quadratic path in the parser or
/// exhaust its stack. Each takes milliseconds; the best of three runs shows that even on a busy
/// machine.
#[test]
fn hostile_text_costs_no_more_than_its_length() {
    for unit in [
        "(",
        "<",
        "\"",
        "[",
        "@",
        ".",
        ",",
        ";",
        ":",
        "\\",
        " ",
        "()",
        "<>",
        "\"\"",
        "[]",
        "a:",
        "a@b,",
        "a@b;",
        "a,",
        "<mailto:",
        "mailto:",
        "%3C",
        "mailto:%",
        "(\\",
        "/o=",
        "/o=@,",
        "<@a,",
        "@a,",
        "a.",
        "\"a\".",
        "é",
        "x\u{301}",
        "\r\n ",
        "(\r\n ",
        "<a@b>,",
        "a<b@c>;",
        "?to=",
        "&",
        "mailto:a?&",
    ] {
        let count = MAX_LENGTH / unit.len();
        let text = unit.repeat(count);
        let scheme = format!("mailto:{}", unit.repeat(count - 7));
        let after = format!("a@b{}", unit.repeat(count - 3));
        let run = || {
            let started = Instant::now();
            for text in [&text, &scheme, &after] {
                let _ = parse_address_list(text);
            }
            assert!(split_recipients(&text).len() <= text.len());
            let _ = replace_recipient(&text, 0, Some("x@army.mil"));
            started.elapsed()
        };
        let best = [run(), run(), run()].into_iter().min();
        assert!(best < Some(Duration::from_secs(1)), "{unit:?} took {best:?}");
    }
}

#[test]
fn a_long_list_is_read_whole() {
    let list: Vec<String> =
        (0..1000).map(|n| format!("Person {n} <person.{n}@us.army.mil>")).collect();
    assert_eq!(parse_address_list(&list.join(", ")).unwrap().len(), 1000);
}

fn check(name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/address").join(name);
    let table = fs::read_to_string(&path).unwrap();
    let mut cases = 0;
    let mut wrong = Vec::new();
    for (number, line) in (1..).zip(table.lines()) {
        if line.starts_with('#') || line.is_empty() {
            continue;
        }
        let columns: Vec<&str> = line.split('\t').collect();
        let [text, expected, _why] = columns[..] else { panic!("{name}:{number}: not 3 columns") };
        let text = unescape(text);
        let read = render(&text);
        if read != unescape(expected) {
            wrong.push(format!(
                "{name}:{number}: {text:?}\n  expected {expected}\n  read     {read}"
            ));
        }
        cases += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cases > 5, "{name} has only {cases} cases");
}

fn render(text: &str) -> String {
    match parse_address_list(text) {
        Ok(list) => list.iter().map(render_address).collect::<Vec<_>>().join("; "),
        Err(error) => format!("{}@{}", error.kind.as_str(), error.at),
    }
}

fn render_address(address: &Address) -> String {
    match address {
        Address::Mailbox(mailbox) => render_mailbox(mailbox),
        Address::Group { name, members } => {
            let members: Vec<_> = members.iter().map(render_mailbox).collect();
            format!("{name}:[{}]", members.join("; "))
        }
    }
}

fn render_mailbox(mailbox: &Mailbox) -> String {
    let name = mailbox.display_name.as_deref().unwrap_or_default();
    format!("{name}<{} @ {}>", mailbox.local_part, mailbox.domain)
}

fn unescape(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        plain.push_str(before);
        let (character, length) = match after.as_bytes()[0] {
            b'r' => ('\r', 1),
            b'n' => ('\n', 1),
            b't' => ('\t', 1),
            b'\\' => ('\\', 1),
            b'u' => {
                let end = after.find('}').unwrap();
                let code = u32::from_str_radix(&after[2..end], 16).unwrap();
                (char::from_u32(code).unwrap(), end + 1)
            }
            other => panic!("unknown escape {:?} in {text:?}", char::from(other)),
        };
        plain.push(character);
        rest = &after[length..];
    }
    plain + rest
}
