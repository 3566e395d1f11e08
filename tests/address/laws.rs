//! Properties that hold for every text.

use milguard::address::{Address, AddressErrorKind, Mailbox, parse_address_list, split_plain};
use proptest::prelude::*;

/// Pieces of addresses, so that random texts reach deep into the grammar.
const PIECES: [&str; 48] = [
    "bob", "army", "mil", "ml", "us", "Bob", "Doe", "@", "@", "@", ".", ".", ".", ",", ";", ":",
    "<", ">", "<", ">", "(", ")", "\"", "\"", "[", "]", "\\", " ", "  ", "\t", "\r\n ", "\r\n",
    "\n", "mailto:", "MAILTO:", "smtp:", "%40", "%22", "%C3%A9", "?", "&cc=", "/o=", "/cn=", "é",
    "а", "＠", "。", "\u{A0}",
];

fn grammar_text() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(&PIECES[..]), 0..24)
        .prop_map(|pieces| pieces.concat())
}

fn atom() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9!#$%&'*+/=?^_`{|}~é軍а-]{1,8}"
}

fn quoted() -> impl Strategy<Value = String> {
    r#""([a-z @.,;:<>()\[\]é]|\\[ -~]){1,12}""#
}

fn comment() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => Just(String::new()),
        1 => Just(" ".to_owned()),
        1 => r"\(([a-z @.,é]|\\[ -~]|\([a-z]{0,3}\)){0,8}\)",
        1 => Just("\r\n\t".to_owned()),
    ]
}

/// A local part, a domain, and the address of both with comments and white space wherever
/// RFC 5322 allows them.
fn addr_spec() -> impl Strategy<Value = (String, String, String)> {
    let word = prop_oneof![3 => atom(), 1 => quoted()];
    let local = prop::collection::vec((comment(), word, comment()), 1..4);
    let domain = prop_oneof![
        4 => prop::collection::vec((comment(), atom(), comment()), 1..5),
        1 => (comment(), r"\[[0-9a-fA-F:.]{1,15}\]", comment()).prop_map(|label| vec![label]),
    ];
    (local, domain).prop_map(|(local, domain)| {
        let bare = |words: &[(String, String, String)]| {
            words.iter().map(|(_, word, _)| word.as_str()).collect::<Vec<_>>().join(".")
        };
        let spaced = |words: &[(String, String, String)]| {
            let words = words.iter().map(|(before, word, after)| format!("{before}{word}{after}"));
            words.collect::<Vec<_>>().join(".")
        };
        (bare(&local), bare(&domain), format!("{}@{}", spaced(&local), spaced(&domain)))
    })
}

/// Copies without positions, so that equal addresses are equal wherever they stood in a text.
fn without_spans(list: &[Address]) -> Vec<Address> {
    let anywhere = |mailbox: &Mailbox| Mailbox { span: 0..0, domain_span: 0..0, ..mailbox.clone() };
    let without = |address: &Address| match address {
        Address::Mailbox(mailbox) => Address::Mailbox(anywhere(mailbox)),
        Address::Group { name, members } => {
            Address::Group { name: name.clone(), members: members.iter().map(anywhere).collect() }
        }
    };
    list.iter().map(without).collect()
}

/// Checks these properties of any text, whether the parser reads or refuses it.
fn check_any(text: &str) -> Result<(), TestCaseError> {
    match parse_address_list(text) {
        Err(error) => {
            prop_assert_eq!(split_plain(text), None, "plain, but {:?}", error);
            prop_assert!(text.is_char_boundary(error.at), "{error:?} of {text:?}");
            prop_assert!(!error.kind.message().is_empty());
        }
        Ok(list) => {
            prop_assert!(!list.is_empty());
            if let Some((local_part, domain)) = split_plain(text) {
                let [Address::Mailbox(mailbox)] = list.as_slice() else {
                    return Err(TestCaseError::fail(format!("{text:?} is not one mailbox")));
                };
                prop_assert_eq!(mailbox.local_part.as_str(), local_part);
                prop_assert_eq!(mailbox.domain.as_str(), domain);
            }
            for mailbox in list.iter().flat_map(Address::mailboxes) {
                prop_assert!(!mailbox.local_part.is_empty() && !mailbox.domain.is_empty());
                let Some(source) = text.get(mailbox.span.clone()) else {
                    return Err(TestCaseError::fail(format!("span of {text:?}")));
                };
                let Some(domain) = text.get(mailbox.domain_span.clone()) else {
                    return Err(TestCaseError::fail(format!("domain span of {text:?}")));
                };
                prop_assert!(source.ends_with(domain));
                let folded = |c: char| c.is_whitespace() || matches!(c, '(' | '%' | '"' | '[');
                if !source.contains(folded) {
                    prop_assert_eq!(domain, &mailbox.domain);
                    prop_assert_eq!(source, format!("{}@{}", mailbox.local_part, mailbox.domain));
                }
            }
            let printed = list.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let again = parse_address_list(&printed).map_err(|error| {
                TestCaseError::fail(format!("{printed:?} of {text:?}: {error}"))
            })?;
            prop_assert_eq!(
                without_spans(&list),
                without_spans(&again),
                "{:?} printed as {:?}",
                text,
                printed
            );
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_text_is_read_or_refused_and_prints_back(text in any::<String>()) {
        check_any(&text)?;
    }

    #[test]
    fn any_grammar_like_text_is_read_or_refused_and_prints_back(text in grammar_text()) {
        check_any(&text)?;
    }

    #[test]
    fn the_fast_path_agrees_with_the_parser(text in "[a-c/o=.+'-]{0,8}@?[a-z0-9._-]{0,12}@?[a-z.]{0,5}") {
        check_any(&text)?;
    }

    #[test]
    fn a_well_formed_addr_spec_is_read((local, domain, text) in addr_spec()) {
        let expected = local.len() <= 64;
        match parse_address_list(&text) {
            Ok(list) => {
                let [Address::Mailbox(mailbox)] = list.as_slice() else {
                    return Err(TestCaseError::fail("not one mailbox"));
                };
                prop_assert_eq!((&mailbox.local_part, &mailbox.domain), (&local, &domain));
            }
            Err(error) => {
                let too_long = error.kind == AddressErrorKind::LocalPartTooLong;
                prop_assert!(too_long && !expected, "{} in {:?}", error, text);
            }
        }
        check_any(&text)?;
    }

    #[test]
    fn a_quoted_display_name_reads_back_unchanged(name in "\\PC{1,20}", (_, _, spec) in addr_spec()) {
        let quoted = name.replace('\\', "\\\\").replace('"', "\\\"");
        if let Ok(list) = parse_address_list(&format!("\"{quoted}\" <{spec}>")) {
            let read = list[0].mailboxes()[0].display_name.as_deref();
            prop_assert_eq!(read, Some(name.as_str()).filter(|name| !name.trim().is_empty()));
        }
    }

    /// A word without `@` must not vanish. Splitting a list and joining the parts without the
    /// separator must not make an invalid text valid.
    #[test]
    fn no_word_is_dropped(left in "[a-z]{1,6}", right in "[a-z]{1,6}", gap in "[ ,;\t]{1,3}") {
        let in_domain = format!("bob@{left}{gap}{right}");
        let in_local_part = format!("{left}{gap}{right}@army.mil");
        prop_assert!(parse_address_list(&in_domain).is_err());
        prop_assert!(parse_address_list(&in_local_part).is_err());
    }
}
