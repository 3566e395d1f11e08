//! Configuration for rspamd: a `multimap` of regular expressions for each kind of look-alike, and what
//! `force_actions` makes of it.
//!
//! rspamd looks at a whole message, all recipients at once, and does not promise in which order it tries
//! the expressions of a map. So each expression says itself what it is not about, in look-aheads; and an
//! action is for the message: the answer names the recipients that were meant.

use std::fmt::Write;

use super::Files;
use super::expression::{Expression, Hosts, Parts, literal};
use super::rules::{Act, Hint, Rule, Rules};
use super::text::Words;

pub(super) const FILE: &str = "milguard.conf";

const HEAD: &str = "\
# Recipients in domains that look like protected ones. Written by `milguard gateway --format rspamd`; changes
# made here are lost.
#
# 1. Copy this file to /etc/rspamd/milguard.conf.
# 2. Add to /etc/rspamd/rspamd.conf.local:
#
#      .include \"$CONFDIR/milguard.conf\"
#
# 3. rspamadm configtest, then reload rspamd. It has to see outgoing mail, for which Postfix's milter or Exim's
#    spam condition must ask it.
#
# A message is refused as a whole, with a text that names the addresses that were probably meant.
";

pub(super) fn render(rules: &Rules, words: &Words, audit: bool) -> Files {
    let mut out = HEAD.to_owned();
    if audit {
        out.push_str(
            "#\n# The policy is in audit mode: messages get a symbol without a score, and pass.\n",
        );
    }
    let mut maps = String::new();
    let mut actions = Vec::new();
    let mut hinted = Vec::new();
    let mut excluded = String::new();
    let mut number = 0;
    let mut unclear = String::new();
    let mut excluded_there = String::new();
    for rule in &rules.list {
        let only: String =
            rule.only.iter().flat_map(Expression::sources).map(|it| from_start(&it)).collect();
        if only != unclear {
            // What such rules are about, no later one is.
            if !unclear.is_empty() {
                let _ = write!(excluded, "(?!{unclear})");
            }
            excluded_there.clear();
            unclear.clone_from(&only);
        }
        let only = if only.is_empty() { only } else { format!("(?={only})") };
        let unless = lookaheads(&rule.unless);
        let Act::Refuse(why, hint) = &rule.act else {
            let excluded = if only.is_empty() { &mut excluded } else { &mut excluded_there };
            for source in rule.matches.sources() {
                let _ = write!(excluded, "(?!{unless}{})", from_start(&source));
            }
            continue;
        };
        number += 1;
        let symbol = format!("MILGUARD_{number:03}");
        let sources = rule.matches.sources();
        let _ = writeln!(
            maps,
            "  {symbol} {{\n    type = \"rcpt\";\n    regexp = true;\n    description = \"{}\";\n    \
             score = 0.0;\n    map = [",
            rule.note
        );
        // What is kept is a piece of what was written, so that nothing can be left out of its middle.
        let whole = match (&rule.matches, hint) {
            (Expression::Parts(Parts { drops_front: true, .. }), Hint::Name { .. }) => {
                "(?!.*@mil\\.)"
            }
            _ => "",
        };
        for source in &sources {
            let _ = writeln!(
                maps,
                "      {},",
                quoted(&format!(
                    "/^{excluded}{only}{excluded_there}{unless}{whole}{}/i",
                    from_start(source)
                ))
            );
        }
        maps.push_str("    ];\n  }\n");
        if audit {
            continue;
        }
        let kept = kept(rule, hint);
        let text = match (hint, &kept) {
            (_, Some((kept, after))) => {
                // The options of a symbol are the recipients that matched.
                let selector = format!(
                    "${{symbol('{symbol}'):options.join(' ').regexp('{kept}').append('{after}').join(' ')}}"
                );
                words.with_hint(*why, &selector)
            }
            (Hint::Domain(domain), None) => {
                words.with_hint(*why, &format!("an address at {domain}"))
            }
            (Hint::Name { .. } | Hint::None, None) => words.without_hint(*why),
        };
        if kept.is_some() {
            let name = format!("{symbol}_TAGGED");
            actions.push((name, format!("{symbol} & {TAGGED}"), words.without_hint(*why)));
            actions.push((symbol.clone(), format!("{symbol} & !{TAGGED}"), text));
            hinted.push(symbol);
        } else {
            actions.push((symbol.clone(), symbol, text));
        }
    }
    let _ = write!(out, "\nmultimap {{\n{maps}}}\n");
    if !audit {
        out.push_str("\nforce_actions {\n  rules {\n");
        for (name, expression, text) in actions {
            // What names an address goes before what names none, whichever rspamd has tried first.
            let expression = if name == expression && !hinted.is_empty() {
                format!("{expression} & !({})", hinted.join(" | "))
            } else {
                expression
            };
            let text = quoted(&text);
            let _ = writeln!(
                out,
                "    {name} {{\n      action = \"reject\";\n      expression = \"{expression}\";\n      \
                 message = {text};\n    }}"
            );
        }
        out.push_str("  }\n}\n");
    }
    Files::from([(FILE, out)])
}

/// What rspamd says of a message for `bob+tag@`: it takes the tag away before any rule sees the recipient, so that
/// an answer cannot name the address that was written.
const TAGGED: &str = "TAGGED_RCPT";

/// An expression for the part of the address that is kept, with what follows it in a look-ahead, and what
/// is put there instead; `None` where what is kept does not stand together.
fn kept(rule: &Rule, hint: &Hint) -> Option<(String, String)> {
    let (Expression::Parts(parts), Hint::Name { before: "", suffix }) = (&rule.matches, hint)
    else {
        return None;
    };
    // A selector ends at the first brace, and with the address's own quotes.
    if !parts.head.is_empty() || parts.tail.contains(['{', '}', '\'']) {
        return None;
    }
    let inside = |source: &str| {
        source
            .replace("[^@]", "[^@ ]")
            .replace("[^.@]", "[^.@ ]")
            .replace("(", "(?:")
            .replace("(?:?:", "(?:")
    };
    let names: Vec<_> = parts.names.iter().map(|name| literal(name)).collect();
    let host = match parts.hosts {
        Hosts::EndIn(host) => inside(host),
        Hosts::Any | Hosts::None => String::new(),
    };
    let tail = inside(&parts.tail);
    // One or several addresses, with spaces between them.
    let kept = format!("(?i)[^ ]+@(?:[^@ ]*\\.)?{host}(?:{})(?={tail}(?: |$))", names.join("|"));
    Some((kept, format!(".{suffix}")))
}

/// The expression to be tried at the start of the address, without an anchor.
fn from_start(source: &str) -> String {
    source.strip_prefix('^').map_or_else(|| [".*", source].concat(), str::to_owned)
}

fn lookaheads(expressions: &[Expression]) -> String {
    let sources = expressions.iter().flat_map(Expression::sources);
    sources.map(|source| format!("(?!{})", from_start(&source))).collect()
}

/// A string of UCL, which is one of JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
