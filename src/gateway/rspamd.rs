//! Configuration for rspamd: a `multimap` of regular expressions for each kind of look-alike, and
//! actions by `force_actions`.
//!
//! rspamd looks at a whole message with all its recipients, and promises no order for the expressions of
//! a map. So each expression itself excludes, by look-aheads, the addresses of earlier rules. An action
//! applies to the message, and its answer names the suggested recipients.

use std::fmt::Write;

use super::Files;
use super::expression::{Expression, Hosts, Parts, literal};
use super::rule::{Act, Hint, Rule, Why};
use super::rules::Rules;
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
    let mut passed = Passed::default();
    let mut maps = String::new();
    let mut actions = Actions::default();
    let mut number = 0;
    for rule in &rules.list {
        passed.turn_to(rule);
        let Act::Refuse(why, hint) = &rule.act else {
            passed.add(rule);
            continue;
        };
        number += 1;
        let symbol = format!("MILGUARD_{number:03}");
        add_map(&mut maps, &symbol, rule, hint, &passed);
        if !audit {
            actions.add(symbol, rule, *why, hint, words);
        }
    }
    let mut out = HEAD.to_owned();
    if audit {
        out.push_str(
            "#\n# The policy is in audit mode: messages get a symbol without a score, and pass.\n",
        );
    }
    let _ = write!(out, "\nmultimap {{\n{maps}}}\n");
    if !audit {
        actions.write_to(&mut out);
    }
    Files::from([(FILE, out)])
}

/// The addresses that the rules so far let pass, as look-aheads at the start of an address.
#[derive(Default)]
struct Passed {
    everywhere: String,
    /// The only addresses for which the present rules hold; empty if they hold for all.
    only: String,
    /// The addresses that pass while `only` is set.
    there: String,
}

impl Passed {
    /// Limits the following rules to the addresses of `rule`.
    fn turn_to(&mut self, rule: &Rule) {
        let sources = rule.only.iter().flat_map(Expression::sources);
        let only: String = sources.map(|source| from_start(&source)).collect();
        if only == self.only {
            return;
        }
        // No later rule applies to the addresses of these rules.
        if !self.only.is_empty() {
            let _ = write!(self.everywhere, "(?!{})", self.only);
        }
        self.there.clear();
        self.only = only;
    }

    /// Adds the addresses that `rule` lets pass.
    fn add(&mut self, rule: &Rule) {
        let unless = lookaheads(&rule.unless);
        let passed = if self.only.is_empty() { &mut self.everywhere } else { &mut self.there };
        for source in rule.matches.sources() {
            let _ = write!(passed, "(?!{unless}{})", from_start(&source));
        }
    }

    /// Look-aheads that exclude all addresses that have been added.
    fn lookaheads(&self) -> String {
        let Self { everywhere, only, there } = self;
        if only.is_empty() {
            return [everywhere.as_str(), there].concat();
        }
        format!("{everywhere}(?={only}){there}")
    }
}

/// Adds the map of expressions that gives a recipient the symbol.
fn add_map(maps: &mut String, symbol: &str, rule: &Rule, hint: &Hint, passed: &Passed) {
    let _ = writeln!(
        maps,
        "  {symbol} {{\n    type = \"rcpt\";\n    regexp = true;\n    description = \"{}\";\n    \
         score = 0.0;\n    map = [",
        rule.note
    );
    // The kept text must be one piece of the written address, so nothing in its middle can be left
    // out.
    let whole = match (&rule.matches, hint) {
        (Expression::Parts(Parts { drops_front: true, .. }), Hint::Name { .. }) => "(?!.*@mil\\.)",
        _ => "",
    };
    let before = [&passed.lookaheads(), &lookaheads(&rule.unless), whole].concat();
    for source in rule.matches.sources() {
        let expression = format!("/^{before}{}/i", from_start(&source));
        let _ = writeln!(maps, "      {},", quoted(&expression));
    }
    maps.push_str("    ];\n  }\n");
}

/// The action for messages with a symbol.
#[derive(Default)]
struct Actions {
    list: Vec<Action>,
    /// The symbols whose answer names an address.
    hinted: Vec<String>,
}

struct Action {
    name: String,
    /// The symbols for which the action applies.
    expression: String,
    /// The text for the sender.
    text: String,
}

impl Actions {
    fn add(&mut self, symbol: String, rule: &Rule, why: Why, hint: &Hint, words: &Words) {
        if let Some((kept, after)) = kept(rule, hint) {
            // The options of a symbol are the recipients that matched.
            let selector = format!(
                "${{symbol('{symbol}'):options.join(' ').regexp('{kept}').append('{after}').join(' ')}}"
            );
            self.list.push(Action {
                name: format!("{symbol}_TAGGED"),
                expression: format!("{symbol} & {TAGGED}"),
                text: words.without_hint(why),
            });
            self.list.push(Action {
                name: symbol.clone(),
                expression: format!("{symbol} & !{TAGGED}"),
                text: words.with_hint(why, &selector),
            });
            self.hinted.push(symbol);
            return;
        }
        let text = match hint {
            Hint::Domain(domain) => words.with_hint(why, &format!("an address at {domain}")),
            Hint::Name { .. } | Hint::None => words.without_hint(why),
        };
        self.list.push(Action { name: symbol.clone(), expression: symbol, text });
    }

    fn write_to(self, out: &mut String) {
        out.push_str("\nforce_actions {\n  rules {\n");
        for Action { name, expression, text } in self.list {
            // Symbols whose answer names an address come before those whose answer names none, in
            // whatever order rspamd tries them.
            let expression = if name == expression && !self.hinted.is_empty() {
                format!("{expression} & !({})", self.hinted.join(" | "))
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
}

/// The answer for a message to `bob+tag@`. rspamd removes the tag before any rule sees the recipient, so the
/// answer cannot name the written address.
const TAGGED: &str = "TAGGED_RCPT";

/// An expression for the part of the address to keep, with the rest in a look-ahead, and the replacement;
/// `None` if the part to keep is not in one piece.
fn kept(rule: &Rule, hint: &Hint) -> Option<(String, String)> {
    let (Expression::Parts(parts), Hint::Name { before: "", suffix }) = (&rule.matches, hint)
    else {
        return None;
    };
    // A selector ends at the first brace, and its text at the first quote.
    if !parts.head.is_empty() || parts.tail.contains(['{', '}', '\'']) {
        return None;
    }
    let inside = |source: &str| {
        source
            .replace("[^@]", "[^@ ]")
            .replace("[^.@]", "[^.@ ]")
            .replace('(', "(?:")
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

/// The expression to match at the start of the address, without an anchor.
fn from_start(source: &str) -> String {
    source.strip_prefix('^').map_or_else(|| [".*", source].concat(), str::to_owned)
}

fn lookaheads(expressions: &[Expression]) -> String {
    let mut out = String::new();
    for source in expressions.iter().flat_map(Expression::sources) {
        let _ = write!(out, "(?!{})", from_start(&source));
    }
    out
}

/// A string of UCL, which is one of JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
