//! A table in the form that Postfix reads (`pcre_table(5)`): rules in order, some of them between `if`
//! and `endif`.

use milguard::Policy;
use milguard::gateway::{Format, render};
use regex::{Regex, RegexBuilder};

enum Line {
    /// Continues after the matching `endif` if the expression does not match, or if it is negated
    /// and matches.
    If {
        expression: Regex,
        is_denied: bool,
        end: usize,
    },
    EndIf,
    Rule {
        expression: Regex,
        answer: String,
    },
}

/// A table, ready to be asked.
pub(crate) struct Table(Vec<Line>);

/// The table's answer for an address.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Answer {
    /// No answer, or permission to pass.
    Pass,
    /// Refused with this text.
    Refused(String),
    /// Logged with this text.
    Logged(String),
}

impl Table {
    pub(crate) fn of(policy: &str) -> Self {
        let policy: Policy = serde_json::from_str(policy).unwrap();
        let files = render(&policy, Format::Postfix).unwrap();
        assert_eq!(files.len(), 1);
        Self::read(&files[Format::Postfix.main_file()])
    }

    pub(crate) fn read(text: &str) -> Self {
        let mut lines = Vec::new();
        let mut open = Vec::new();
        for line in text.lines() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if line == "endif" {
                let start: usize = open.pop().expect("an if before the endif");
                let at = lines.len();
                let Some(Line::If { end, .. }) = lines.get_mut(start) else { panic!("{line}") };
                *end = at;
                lines.push(Line::EndIf);
            } else if let Some(rest) = line.strip_prefix("if ") {
                let (is_denied, rest) =
                    rest.strip_prefix('!').map_or((false, rest), |it| (true, it));
                let source = rest.strip_prefix('/').and_then(|it| it.strip_suffix('/')).unwrap();
                open.push(lines.len());
                lines.push(Line::If { expression: expression(source), is_denied, end: 0 });
            } else {
                // A slash in an expression is always in brackets.
                let (source, answer) = line.strip_prefix('/').unwrap().split_once("/ ").unwrap();
                let answer = answer.to_owned();
                lines.push(Line::Rule { expression: expression(source), answer });
            }
        }
        assert!(open.is_empty(), "every if has its endif");
        Self(lines)
    }

    /// The answer of `smtpd` about a recipient, which it converts to lower case before any look-up.
    pub(crate) fn answer(&self, address: &str) -> Answer {
        let address = &address.to_lowercase();
        let mut at = 0;
        while let Some(line) = self.0.get(at) {
            at += 1;
            match line {
                Line::EndIf => {}
                Line::If { expression, is_denied, end } => {
                    if expression.is_match(address) == *is_denied {
                        at = *end;
                    }
                }
                Line::Rule { expression, answer } => {
                    if let Some(groups) = expression.captures(address) {
                        let mut text = String::new();
                        groups.expand(answer, &mut text);
                        return match text.split_once(' ') {
                            None if text == "DUNNO" => Answer::Pass,
                            Some(("550", text)) => Answer::Refused(text.to_owned()),
                            Some(("WARN", text)) => Answer::Logged(text.to_owned()),
                            _ => panic!("{text}"),
                        };
                    }
                }
            }
        }
        Answer::Pass
    }
}

/// Compiled as Postfix does: case is ignored, and a dot matches any character.
fn expression(source: &str) -> Regex {
    RegexBuilder::new(source)
        .case_insensitive(true)
        .dot_matches_new_line(true)
        .size_limit(1 << 28)
        .dfa_size_limit(1 << 26)
        .build()
        .unwrap_or_else(|error| panic!("{error}"))
}

impl Answer {
    /// The address in the sender's answer.
    pub(crate) fn hint(&self) -> Option<&str> {
        let (Self::Refused(text) | Self::Logged(text)) = self else { return None };
        Some(text.split_once("did you mean ")?.1.split_once('?')?.0)
    }
}
