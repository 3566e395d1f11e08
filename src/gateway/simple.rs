//! Rules for mail services with few and simple expressions: only alternatives and anchors, at most 128 characters each,
//! and no order among rules.
//!
//! Exchange documents little about the expressions that it accepts, and Exchange Online allows 300 rules, 8 KiB for
//! each and 20 KiB of expressions in all rules together. So these rules are fewer and simpler than for other
//! servers. A rule has one text for everything that it matches; the best-known names have rules of their own, so
//! that the text can name them.

use super::GatewayError;
use super::embedded;
use super::expression::literal;
use super::lists::{Closeness, Sorted, refuses_denied};
use super::probe::Prober;
use super::rule::Why;
use super::text::Words;
use crate::detect::Severity;
use crate::policy::{Policy, Protected};
use crate::registry::{self, Class};
use crate::twins::{Filter, most_likely, one_edit_from};

/// The longest expression that all versions of Exchange accept.
const LONGEST: usize = 128;

/// How many of the 20,480 characters for all rules these rules may use; the rest is for the
/// organisation's own rules.
const BUDGET: usize = 16_000;

/// How many of a rule's 8 KiB its expressions may use.
const RULE_BUDGET: usize = 6_000;

/// Names that get a rule of their own.
const BEST_KNOWN: [&str; 8] =
    ["army", "navy", "af", "marines", "uscg", "mail", "spaceforce", "socom"];

/// The best known suffixes that senders append to a domain or type in place of its own. Expressions have no
/// room for more.
const SUFFIXES: [&str; 10] = *embedded::SUFFIXES.first_chunk().expect("there are more");

/// A rule that refuses addresses that match one of its patterns and none of its exceptions.
pub(super) struct SimpleRule {
    pub(super) name: String,
    pub(super) patterns: Vec<String>,
    pub(super) except: Vec<String>,
    pub(super) text: String,
}

impl SimpleRule {
    /// Whether the rule refuses denied addresses, and not look-alikes.
    pub(super) fn is_denied(&self) -> bool {
        self.name.starts_with(DENIED)
    }

    fn size(&self) -> usize {
        self.patterns.iter().chain(&self.except).map(String::len).sum()
    }
}

/// The rules of a policy.
///
/// # Errors
///
/// When the policy has nothing to refuse, or its lists are too long.
pub(super) fn rules(policy: &Policy, words: &Words) -> Result<Vec<SimpleRule>, GatewayError> {
    let prober = Prober::new(policy)?;
    let protected = policy.compile()?.protected;
    let allow = Sorted::new(&policy.allow);
    let mut rules = Vec::new();
    if refuses_denied(policy) {
        rules.extend(denied(policy, &protected, &allow, words));
    }
    let except = patterns_of(&allow, |_| true);
    if protected.suffixes.iter().any(|suffix| suffix == "mil") {
        rules.extend(of_mil(&prober, words));
    }
    rules.extend(of_suffixes(&prober, &protected.suffixes, words));
    let taken: usize = rules.iter().map(SimpleRule::size).sum();
    let of_domains = of_domains(&prober, &protected, words, BUDGET.saturating_sub(taken));
    rules.extend(of_domains);
    for rule in rules.iter_mut().filter(|rule| !rule.is_denied()) {
        rule.except.clone_from(&except);
    }
    if rules.is_empty() {
        return Err(GatewayError::Nothing);
    }
    let rules: Vec<_> = rules.into_iter().flat_map(split).collect();
    let characters: usize = rules.iter().map(SimpleRule::size).sum();
    let too_large = rules.iter().any(|rule| rule.size() > RULE_BUDGET + LONGEST);
    if characters > BUDGET + RULE_BUDGET / 2 || too_large {
        return Err(GatewayError::TooLarge { characters, limit: BUDGET });
    }
    Ok(rules)
}

const DENIED: &str = "Milguard: denied by policy";

/// Writes `before(a|b|c)after`, in several expressions if one would be too long.
fn alternatives<'a>(
    before: &str,
    texts: impl IntoIterator<Item = &'a String>,
    after: &str,
) -> Vec<String> {
    let mut made: Vec<String> = Vec::new();
    let mut open = String::new();
    let around = before.len() + after.len() + 2;
    for text in texts {
        let literal = literal(text);
        if !open.is_empty() && open.len() + literal.len() + 1 + around > LONGEST {
            made.push(format!("{before}({open}){after}"));
            open.clear();
        }
        if !open.is_empty() {
            open.push('|');
        }
        open.push_str(&literal);
    }
    if !open.is_empty() {
        made.push(format!("{before}({open}){after}"));
    }
    made
}

/// The expressions for those entries of a list whose closeness passes the test, without entries with
/// `-`.
fn patterns_of(list: &Sorted, is_wanted: impl Fn(Closeness) -> bool) -> Vec<String> {
    let wanted = list.entries.iter().filter(|(closeness, _)| is_wanted(**closeness));
    wanted.flat_map(|(closeness, entries)| patterns(*closeness, entries)).collect()
}

fn patterns(closeness: Closeness, entries: &[String]) -> Vec<String> {
    match closeness {
        Closeness::Below(_) => alternatives("\\.", entries, "$"),
        Closeness::Domain => alternatives("@", entries, "$"),
        Closeness::Address => alternatives("^", entries, "$"),
    }
}

/// Rules for the deny list. Exceptions are protected addresses, entries with `-`, and addresses
/// that the allow list names more specifically.
fn denied(
    policy: &Policy,
    protected: &Protected,
    allow: &Sorted,
    words: &Words,
) -> Vec<SimpleRule> {
    let deny = Sorted::new(&policy.deny);
    let names: Vec<_> = protected.suffixes.iter().chain(&protected.domains).cloned().collect();
    let mut rules = Vec::new();
    for (closeness, entries) in deny.entries.iter().rev() {
        let mut except: Vec<String> =
            deny.out.iter().flat_map(|(closeness, out)| patterns(*closeness, out)).collect();
        except.extend(patterns_of(allow, |it| it > *closeness));
        let is_near = |name: &&String| {
            entries.iter().any(|entry| {
                let domain = entry.rsplit('@').next().unwrap_or_default();
                is_within(domain, name) || is_within(name, domain)
            })
        };
        except.extend(alternatives("(@|\\.)", names.iter().filter(is_near), "$"));
        rules.push(SimpleRule {
            name: format!("{DENIED} ({})", rules.len() + 1),
            patterns: patterns(*closeness, entries),
            except,
            text: words.without_hint(Why::Denied),
        });
    }
    rules
}

fn is_within(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// The endings of look-alikes of a name below `.mil`: a pattern, and the domains that it is tried with.
fn endings() -> [(String, Vec<String>); 4] {
    let near: Vec<String> =
        one_edit_from("mil").into_iter().filter(|tld| registry::is_tld(tld)).collect();
    // `mil.co` belongs to Colombia.
    let is_foreign = |tld: &&str| registry::is_foreign_military(&["mil.", tld].concat());
    let appended: Vec<&str> = SUFFIXES.into_iter().filter(|tld| !is_foreign(tld)).collect();
    [
        (format!("\\.({})$", near.join("|")), near.iter().map(|tld| format!("#.{tld}")).collect()),
        (
            format!("\\.mil\\.({})$", appended.join("|")),
            appended.iter().map(|tld| format!("#.mil.{tld}")).collect(),
        ),
        (
            format!("mil\\.({})$", SUFFIXES.join("|")),
            SUFFIXES.map(|tld| format!("#mil.{tld}")).to_vec(),
        ),
        (
            format!("-mil\\.({})$", SUFFIXES.join("|")),
            SUFFIXES.map(|tld| format!("#-mil.{tld}")).to_vec(),
        ),
    ]
}

/// Rules for the names below `.mil`.
fn of_mil(prober: &Prober, words: &Words) -> Vec<SimpleRule> {
    let families = endings();
    let mut rules = Vec::new();
    let warned = |name: &str, samples: &Vec<String>| {
        samples.iter().all(|sample| {
            let domain = sample.replace('#', name);
            ["", "host.", "www."].iter().all(|host| prober.warns(&[host, domain.as_str()].concat()))
        })
    };
    for name in BEST_KNOWN {
        let mut patterns = Vec::new();
        for (after, samples) in &families {
            if warned(name, samples) {
                patterns.push(format!("(@|\\.){name}{after}"));
            }
        }
        let is_warned = |tld: &&str| prober.warns(&format!("us.{name}.{tld}"));
        let swapped: Vec<&str> = SUFFIXES.into_iter().filter(is_warned).collect();
        if !swapped.is_empty() {
            patterns.push(format!("(@|\\.)us\\.{name}\\.({})$", swapped.join("|")));
        }
        if !patterns.is_empty() {
            rules.push(SimpleRule {
                name: format!("Milguard: {name}.mil"),
                patterns,
                except: Vec::new(),
                text: words.with_hint(Why::Lookalike, &format!("an address at {name}.mil")),
            });
        }
    }
    for (number, (after, samples)) in families.iter().enumerate() {
        let names: Vec<String> = registry::mil_names()
            .filter(|(name, class)| {
                *class > Class::Generic && !BEST_KNOWN.contains(name) && warned(name, samples)
            })
            .map(|(name, _)| name.to_owned())
            .collect();
        if !names.is_empty() {
            rules.push(SimpleRule {
                name: format!("Milguard: other .mil names ({})", number + 1),
                patterns: alternatives("(@|\\.)", &names, after),
                except: Vec::new(),
                text: words.with_hint(Why::Lookalike, "the same name below .mil"),
            });
        }
    }
    rules
}

/// A rule for any name below a near miss of a protected suffix that does not exist.
fn of_suffixes(prober: &Prober, suffixes: &[String], words: &Words) -> Vec<SimpleRule> {
    let mut rules = Vec::new();
    for suffix in suffixes {
        let samples = ["unknown", "unit.unknown", "us.army", "www.unknown"];
        let is_warned =
            |miss: &String| samples.iter().all(|name| prober.warns(&[name, ".", miss].concat()));
        let misses: Vec<String> = one_edit_from(suffix).into_iter().filter(is_warned).collect();
        if !misses.is_empty() {
            rules.push(SimpleRule {
                name: format!("Milguard: near .{suffix}").chars().take(64).collect(),
                patterns: alternatives("\\.", &misses, "$"),
                except: Vec::new(),
                text: words.with_hint(Why::Lookalike, &format!("the same name below .{suffix}")),
            });
        }
    }
    rules
}

/// Rules for the likeliest look-alikes of the other protected domains, as many as fit.
fn of_domains(
    prober: &Prober,
    protected: &Protected,
    words: &Words,
    budget: usize,
) -> Vec<SimpleRule> {
    let Some(targets) = prober.targets() else { return Vec::new() };
    let domains: Vec<&String> = protected.domains.iter().collect();
    let each = (budget / domains.len().max(1)).min(RULE_BUDGET / 2);
    let filter = Filter { only_delegated: true, severity: Severity::Warn, ..Filter::default() };
    let mut rules = Vec::new();
    for domain in domains {
        let one = targets.only(|it| it == domain);
        let mut twins: Vec<String> = most_likely(&one, &filter, each / 10)
            .into_iter()
            .map(|twin| twin.domain)
            .filter(|twin| prober.warns(&["host.", twin].concat()))
            .collect();
        let size = |twins: &[String]| {
            alternatives("(@|\\.)", twins, "$").iter().map(String::len).sum::<usize>()
        };
        while !twins.is_empty() && size(&twins) > each {
            twins.pop();
        }
        twins.sort_unstable();
        if !twins.is_empty() {
            rules.push(SimpleRule {
                name: format!("Milguard: {domain}").chars().take(64).collect(),
                patterns: alternatives("(@|\\.)", &twins, "$"),
                except: Vec::new(),
                text: words.with_hint(Why::Lookalike, &format!("an address at {domain}")),
            });
        }
    }
    rules
}

/// Splits a rule into several, none of them too large.
fn split(rule: SimpleRule) -> Vec<SimpleRule> {
    let room = RULE_BUDGET.saturating_sub(rule.except.iter().map(String::len).sum());
    let mut parts: Vec<Vec<String>> = vec![Vec::new()];
    let mut size = 0;
    for pattern in rule.patterns {
        if size + pattern.len() > room && size > 0 {
            parts.push(Vec::new());
            size = 0;
        }
        size += pattern.len();
        if let Some(part) = parts.last_mut() {
            part.push(pattern);
        }
    }
    let several = parts.len() > 1;
    let made = parts.into_iter().enumerate().map(|(number, patterns)| SimpleRule {
        name: if several {
            format!("{} part {}", rule.name, number + 1)
        } else {
            rule.name.clone()
        },
        patterns,
        except: rule.except.clone(),
        text: rule.text.clone(),
    });
    made.collect()
}
