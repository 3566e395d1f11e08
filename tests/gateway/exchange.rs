//! The script for Exchange. No PowerShell can run it here, so this reads its strings and brackets by
//! PowerShell's grammar, and matches its rules as Exchange would.

use milguard::gateway::{Format, render};
use milguard::{Checker, Policy, Severity};
use regex::{Regex, RegexBuilder};

fn script(policy: &str) -> String {
    let policy: Policy = serde_json::from_str(policy).unwrap();
    render(&policy, Format::Exchange).unwrap()[Format::Exchange.main_file()].clone()
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Token {
    /// A string in single quotes, read.
    Text(String),
    /// A word, a variable, a parameter or an operator.
    Word(String),
    Open(char),
    Close(char),
}

/// Reads a script strictly: anything unknown is an error, as it may be in PowerShell.
fn tokens(script: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = script;
    let mut open = Vec::new();
    while let Some(character) = rest.chars().next() {
        let after = rest.strip_prefix(character).unwrap_or_default();
        match character {
            ' ' | '\n' => rest = after,
            '<' if rest.starts_with("<#") => {
                rest = rest.split_once("#>").expect("a comment ends").1;
            }
            '#' => rest = rest.split_once('\n').map_or("", |it| it.1),
            '\'' => {
                let mut text = String::new();
                let mut tail = after;
                loop {
                    let (part, next) = tail.split_once('\'').expect("a string ends");
                    text.push_str(part);
                    tail = next;
                    // Two quotes within a string stand for one.
                    let Some(next) = tail.strip_prefix('\'') else { break };
                    text.push('\'');
                    tail = next;
                }
                assert!(
                    !text.contains(['\n', '\u{2018}', '\u{2019}', '\u{201a}', '\u{201b}']),
                    "{text}"
                );
                tokens.push(Token::Text(text));
                rest = tail;
            }
            '(' | '{' | '[' => {
                open.push(character);
                tokens.push(Token::Open(character));
                rest = after;
            }
            ')' | '}' | ']' => {
                let expected = match open.pop() {
                    Some('(') => ')',
                    Some('{') => '}',
                    Some('[') => ']',
                    other => panic!("{character} closes {other:?}"),
                };
                assert_eq!(character, expected);
                tokens.push(Token::Close(character));
                rest = after;
            }
            // The script has no strings in which PowerShell would expand something.
            '"' | '`' => panic!("{character} in {}", rest.lines().next().unwrap()),
            _ => {
                let ends = |c: char| " \n'(){}[]\"`;,".contains(c);
                // Whatever the first character is, it is part of the word.
                let end = after.find(ends).map_or(rest.len(), |at| character.len_utf8() + at);
                let (word, tail) = rest.split_at(end);
                tokens.push(Token::Word(word.to_owned()));
                rest = tail;
            }
        }
    }
    assert!(open.is_empty(), "every bracket is closed");
    tokens
}

#[derive(Debug, Default)]
struct Rule {
    name: String,
    patterns: Vec<String>,
    except: Vec<String>,
    text: String,
}

/// The rules in the table `$rules = @( @{ … } … )`.
fn rules(script: &str) -> Vec<Rule> {
    let tokens = tokens(script);
    let start = tokens.iter().position(|it| *it == Token::Word("$rules".to_owned())).unwrap();
    let mut rest = tokens[start..].iter();
    let word = |text: &str| Token::Word(text.to_owned());
    for expected in [word("$rules"), word("="), word("@"), Token::Open('(')] {
        assert_eq!(rest.next(), Some(&expected));
    }
    let mut rules = Vec::new();
    loop {
        match rest.next() {
            Some(Token::Close(')')) => return rules,
            Some(Token::Word(at)) if at == "@" => {}
            other => panic!("{other:?}"),
        }
        assert_eq!(rest.next(), Some(&Token::Open('{')));
        let mut rule = Rule::default();
        loop {
            let name = match rest.next() {
                Some(Token::Close('}')) => break,
                Some(Token::Word(name)) => name.as_str(),
                other => panic!("{other:?}"),
            };
            assert_eq!(rest.next(), Some(&word("=")), "{name}");
            let mut values = Vec::new();
            match rest.next() {
                Some(Token::Text(text)) => values.push(text.clone()),
                Some(Token::Word(at)) if at == "@" => {
                    assert_eq!(rest.next(), Some(&Token::Open('(')));
                    loop {
                        match rest.next() {
                            Some(Token::Text(text)) => values.push(text.clone()),
                            Some(Token::Word(comma)) if comma == "," => {}
                            Some(Token::Close(')')) => break,
                            other => panic!("{other:?}"),
                        }
                    }
                }
                other => panic!("{other:?}"),
            }
            match name {
                "Name" => rule.name = values.pop().unwrap(),
                "RecipientAddressMatchesPatterns" => rule.patterns = values,
                "ExceptIfRecipientAddressMatchesPatterns" => rule.except = values,
                "RejectMessageReasonText" => rule.text = values.pop().unwrap(),
                other => panic!("{other} is not a parameter"),
            }
        }
        rules.push(rule);
    }
}

/// The limits that Exchange Online documents and all versions of Exchange accept.
fn assert_fits(rules: &[Rule]) {
    let mut all = 0;
    for Rule { name, patterns, except, text } in rules {
        assert!(name.len() <= 64 && name.starts_with("Milguard: "), "{name}");
        assert!(!patterns.is_empty(), "{name}");
        let size: usize = patterns.iter().chain(except).map(String::len).sum();
        assert!(size + text.len() + name.len() < 8_192, "{name}: {size}");
        all += size;
        for pattern in patterns.iter().chain(except) {
            assert!(pattern.len() <= 128, "{pattern}");
            let plain = pattern.replace("\\.", "").replace("\\+", "");
            let known = |c: char| c.is_ascii_alphanumeric() || "-_@|()^$".contains(c);
            assert!(plain.chars().all(known), "{pattern}");
        }
    }
    let mut names: Vec<_> = rules.iter().map(|rule| &rule.name).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), rules.len(), "names are distinct");
    assert!(all <= 20_480 && rules.len() < 100, "{all} characters in {} rules", rules.len());
}

fn expressions(patterns: &[String]) -> Vec<Regex> {
    let compile = |source: &String| {
        RegexBuilder::new(source).case_insensitive(true).size_limit(1 << 26).build().unwrap()
    };
    patterns.iter().map(compile).collect()
}

/// The text with which an address is refused.
fn refusal<'a>(rules: &'a [(Vec<Regex>, Vec<Regex>, &'a str)], address: &str) -> Option<&'a str> {
    let matches = |list: &[Regex]| list.iter().any(|it| it.is_match(address));
    rules.iter().find(|(some, except, _)| matches(some) && !matches(except)).map(|it| it.2)
}

fn compiled(rules: &[Rule]) -> Vec<(Vec<Regex>, Vec<Regex>, &str)> {
    let both = |rule: &Rule| (expressions(&rule.patterns), expressions(&rule.except));
    rules.iter().map(|rule| (both(rule).0, both(rule).1, rule.text.as_str())).collect()
}

#[test]
fn a_refusal_names_the_domain_and_ordinary_mail_passes() {
    let script = script("{}");
    let rules = rules(&script);
    assert_fits(&rules);
    let compiled = compiled(&rules);
    for (address, hint) in [
        ("bob@army.ml", "did you mean an address at army.mil?"),
        ("bob@us.army.ml", "did you mean an address at army.mil?"),
        ("bob@us.navy.mil.com", "did you mean an address at navy.mil?"),
        ("bob@army-mil.com", "did you mean an address at army.mil?"),
        ("bob@us.af.com", "did you mean an address at af.mil?"),
        ("bob@centcom.ml", "did you mean the same name below .mil?"),
        ("bob@anything.mli", "did you mean the same name below .mil?"),
    ] {
        let text = refusal(&compiled, address).unwrap_or_else(|| panic!("{address} passes"));
        assert!(text.contains(hint), "{address}: {text}");
    }
    let checker = Checker::new(&Policy::default()).unwrap();
    let mut tried = 0;
    for list in [
        "data/common-domains.txt",
        "data/mil-hosts.txt",
        "data/us-military-nonmil.txt",
        "data/foreign-military.txt",
    ] {
        let text = std::fs::read_to_string(list).unwrap();
        for domain in text.lines().filter(|line| !line.starts_with('#')).step_by(10) {
            assert_eq!(refusal(&compiled, &format!("bob@{domain}")), None, "{domain}");
            tried += 1;
        }
    }
    for host in std::fs::read_to_string("data/mil-hosts.txt").unwrap().lines().skip(1).step_by(40) {
        for suffix in ["ml", "il", "mli", "mil.com", "mil.ru", "org", "mil.wa.gov"] {
            let address = format!("bob@{}{suffix}", host.strip_suffix("mil").unwrap());
            if refusal(&compiled, &address).is_some() {
                let report = checker.check_address(&address);
                assert!(report.severity >= Severity::Warn, "{address} {report:?}");
                tried += 1;
            }
        }
    }
    assert!(tried > 6_000, "{tried}");
}

#[test]
fn lists_become_rules_and_exceptions() {
    let policy = r#"{
        "deny": ["*.ml", "-*.gov.ml", "bad.example", "eve+x@fine.example", "*.mil"],
        "allow": ["lemmy.ml", "army.il", "bob@bad.example"],
        "protected": {"suffixes": ["mil"], "domains": ["o-neill-example.com"]},
        "texts": {"en": {"blocked": "It's not “allowed” here"}}
    }"#;
    let script = script(policy);
    let rules = rules(&script);
    assert_fits(&rules);
    let compiled = compiled(&rules);
    let checker = Checker::new(&serde_json::from_str(policy).unwrap()).unwrap();
    for (address, is_refused) in [
        ("ann@shop.ml", true),
        ("ann@army.ml", true),
        ("ann@health.gov.ml", false),
        ("ann@lemmy.ml", false),
        ("ann@army.il", false),
        ("ann@navy.il", true),
        ("ann@bad.example", true),
        ("bob@bad.example", false),
        ("eve+x@fine.example", true),
        ("eve@fine.example", false),
        ("ann@army.mil", false),
        ("ann@o-neill-example.com", false),
        ("ann@o-neil-example.com", true),
    ] {
        assert_eq!(refusal(&compiled, address).is_some(), is_refused, "{address}");
        if is_refused {
            assert!(checker.check_address(address).severity >= Severity::Warn, "{address}");
        }
    }
}

#[test]
fn rules_audit_until_an_administrator_enforces_an_enforcing_policy() {
    for (policy, mode) in [("{}", "Enforce"), (r#"{"mode": "audit"}"#, "Audit")] {
        let script = script(policy);
        assert!(script.contains(&format!("\n$policyMode = '{mode}'\n")));
        // A new rule audits; only with -Enforce it gets the policy's mode.
        let begin = "\n$mode = 'Audit'\nif ($Enforce) {\n    $mode = $policyMode\n}\n";
        assert!(script.contains(begin));
        assert_eq!(script.matches("$mode =").count(), 2);
        assert!(script.contains("New-TransportRule -Name $rule.Name -Mode $mode @settings"));
    }
}

#[test]
fn the_script_calls_nothing_but_what_it_needs() {
    let tokens = tokens(&script("{}"));
    let mut cmdlets: Vec<_> = tokens
        .iter()
        .filter_map(|token| match token {
            Token::Word(word)
                if word.contains('-') && word.chars().next()?.is_ascii_uppercase() =>
            {
                Some(word.as_str())
            }
            _ => None,
        })
        .collect();
    cmdlets.sort_unstable();
    cmdlets.dedup();
    assert_eq!(
        cmdlets,
        [
            "ForEach-Object",
            "Get-TransportRule",
            "New-TransportRule",
            "Out-Null",
            "Remove-TransportRule",
            "Set-StrictMode",
            "Set-TransportRule",
            "Where-Object",
        ]
    );
}
