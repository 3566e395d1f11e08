//! The format of a case: fields, alternatives and escapes, as `README.md` defines them.

use milguard::{Reason, Severity};
use serde_json::Value;

/// The expected verdict on one recipient.
pub(super) struct Expected {
    pub(super) min: Severity,
    pub(super) max: Severity,
    pub(super) reasons: Vec<Alternatives>,
    pub(super) suggestion: Alternatives,
    /// The expected choices, in this order; `None`: any.
    pub(super) choices: Option<Vec<String>>,
    /// The expected reason for a raised severity; `None`: any.
    pub(super) raised_by: Option<Vec<String>>,
}

/// The values a field allows: `None` among them stands for `-`.
pub(super) enum Alternatives {
    Any,
    OneOf(Vec<Option<String>>),
}

impl Alternatives {
    pub(super) fn parse(field: &str) -> Result<Self, String> {
        if field == "*" {
            return Ok(Self::Any);
        }
        let read = |one| if one == "-" { Ok(None) } else { unescape(one).map(Some) };
        field.split('|').map(read).collect::<Result<_, _>>().map(Self::OneOf)
    }

    pub(super) fn allow(&self, fits: impl Fn(Option<&str>) -> bool) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(list) => list.iter().any(|one| fits(one.as_deref())),
        }
    }

    pub(super) fn text(&self) -> String {
        match self {
            Self::Any => "*".to_owned(),
            Self::OneOf(list) => {
                let list: Vec<_> = list.iter().map(|one| one.as_deref().unwrap_or("-")).collect();
                shorten(&list.join("|"))
            }
        }
    }
}

pub(super) fn tsv_case(line: &str) -> Result<(String, Expected), String> {
    let fields: Vec<&str> = line.split('\t').collect();
    let [address, min, max, reason, suggestion] = fields[..] else {
        return Err(format!("{} fields instead of 5", fields.len()));
    };
    let (suggestion, choices) = suggestion_field(suggestion)?;
    let expected = Expected {
        min: severity(min)?,
        max: severity(max)?,
        reasons: vec![reason_field(reason)?],
        suggestion,
        choices,
        raised_by: None,
    };
    Ok((unescape(address)?, expected.checked()?))
}

pub(super) fn json_case(value: &Value) -> Result<Expected, String> {
    let field = |name| value.get(name).and_then(Value::as_str);
    let (min, max) = match (field("min"), field("max")) {
        (None, None) => return Err("neither min nor max".to_owned()),
        (min, max) => (min.or(max).unwrap_or_default(), max.or(min).unwrap_or_default()),
    };
    let mut reasons = vec![reason_field(field("reason").unwrap_or("*"))?];
    for code in value["reasons"].as_array().into_iter().flatten() {
        reasons.push(reason_field(code.as_str().unwrap_or_default())?);
    }
    let (suggestion, choices) =
        suggestion_field(&field("suggestion").unwrap_or("*").replace('\\', "\\\\"))?;
    let raised_by = value["raisedBy"]
        .as_array()
        .map(|list| list.iter().filter_map(Value::as_str).map(str::to_owned).collect());
    let (min, max) = (severity(min)?, severity(max)?);
    Expected { min, max, reasons, suggestion, choices, raised_by }.checked()
}

/// `?a|b`: no suggestion, and these as choices.
fn suggestion_field(text: &str) -> Result<(Alternatives, Option<Vec<String>>), String> {
    let Some(choices) = text.strip_prefix('?') else {
        return Ok((Alternatives::parse(text)?, None));
    };
    let choices = choices.split('|').map(unescape).collect::<Result<_, _>>()?;
    Ok((Alternatives::OneOf(vec![None]), Some(choices)))
}

impl Expected {
    fn checked(self) -> Result<Self, String> {
        if self.min > self.max {
            return Err("min is above max".to_owned());
        }
        Ok(self)
    }
}

fn reason_field(text: &str) -> Result<Alternatives, String> {
    let field = Alternatives::parse(text)?;
    let known = |code: Option<&str>| {
        code.is_none_or(|code| Reason::ALL.iter().any(|reason| reason.as_str() == code))
    };
    match &field {
        Alternatives::OneOf(list) if !list.iter().all(|code| known(code.as_deref())) => {
            Err(format!("no such reason: {text}"))
        }
        _ => Ok(field),
    }
}

fn severity(text: &str) -> Result<Severity, String> {
    let found = Severity::ALL.into_iter().find(|severity| severity.as_str() == text);
    found.ok_or_else(|| format!("no such severity: {text}"))
}

/// Local parts are opaque (RFC 5321 §2.4); domains ignore ASCII case.
pub(super) fn same_address(wanted: Option<&str>, got: Option<&str>) -> bool {
    match (wanted, got) {
        (None, None) => true,
        (Some(wanted), Some(got)) => match (wanted.rsplit_once('@'), got.rsplit_once('@')) {
            (Some((local, domain)), Some((got_local, got_domain))) => {
                local == got_local && domain.eq_ignore_ascii_case(got_domain)
            }
            _ => wanted == got,
        },
        _ => false,
    }
}

fn unescape(text: &str) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let mut chars = after.chars();
        match chars.next() {
            Some('t') => out.push('\t'),
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('\\') => out.push('\\'),
            Some('u') => {
                let (character, left) = code_point(after)?;
                out.push(character);
                rest = left;
                continue;
            }
            Some('x') => {
                let (count, what) = after
                    .strip_prefix("x{")
                    .and_then(|inner| inner.split_once(','))
                    .ok_or("\\x{count,character}")?;
                let count: usize = count.parse().map_err(|_| format!("count {count}"))?;
                let (character, left) = if let Some(escaped) = what.strip_prefix('\\') {
                    code_point(escaped)?
                } else {
                    let mut inner = what.chars();
                    (inner.next().ok_or("nothing to repeat")?, inner.as_str())
                };
                out.extend(std::iter::repeat_n(character, count));
                rest = left.strip_prefix('}').ok_or("\\x without an end")?;
                continue;
            }
            other => return Err(format!("no such escape: {other:?}")),
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
    Ok(out)
}

/// Reads `u{…}`; returns the character and the rest.
fn code_point(text: &str) -> Result<(char, &str), String> {
    let (digits, rest) = text
        .strip_prefix("u{")
        .and_then(|inner| inner.split_once('}'))
        .ok_or("\\u{hexadecimal}")?;
    let character = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
    character.map(|character| (character, rest)).ok_or_else(|| format!("no character {digits}"))
}

pub(super) fn shorten(text: &str) -> String {
    let escaped = text.escape_debug();
    if text.len() <= 160 {
        escaped.to_string()
    } else {
        escaped.take(160).chain("…".chars()).collect()
    }
}
