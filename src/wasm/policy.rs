//! From a JavaScript policy to [`Policy`], member by member.
//!
//! Written out rather than derived: a deserializer made from the types is 3 KB larger after
//! compression (docs/decisions/javascript-boundary.md). The compiler tells when a member is
//! missing here, and a test refuses every member of the JSON Schema once.

use js_sys::{Array, JSON, Object};
use wasm_bindgen::prelude::*;

use super::error::{Code, milguard_error};
use crate::detect::{Reason, Severity};
use crate::policy::{
    MarkingOptions, Mode, Mute, OnFailure, Override, Overrides, Policy, Protected, Reporting,
    SmallMap, Texts, integer,
};

#[wasm_bindgen]
extern "C" {
    /// An object made by `JSON.parse`.
    type Plain;

    #[wasm_bindgen(method, structural, indexing_getter)]
    fn get(this: &Plain, name: &str) -> JsValue;
}

/// Reads `policy`; the built-in default where there is none.
///
/// A policy is a JSON document and is taken as one: what JSON cannot hold (functions, cycles) and
/// getters that throw are refused before any conversion runs.
///
/// # Errors
///
/// A `MilguardError` with the code `invalid-policy` that names the path of what is wrong.
pub(super) fn read(policy: &JsValue) -> Result<Policy, JsValue> {
    let mut read = Policy::default();
    if policy.is_undefined() || policy.is_null() {
        return Ok(read);
    }
    let text = JSON::stringify(policy).ok().and_then(|text| text.as_string());
    let plain = text.and_then(|text| JSON::parse(&text).ok());
    let plain = plain
        .ok_or_else(|| milguard_error(Code::InvalidPolicy, "the policy is not a JSON document"))?;
    match read.read(&plain) {
        Ok(()) => Ok(read),
        Err(Problem { path, message }) => {
            Err(refuse(if path.is_empty() { "the policy" } else { &path }, message))
        }
    }
}

/// The error for what is wrong at `path`.
pub(super) fn refuse(path: &str, message: &str) -> JsValue {
    let colon = if path.is_empty() { "" } else { ": " };
    milguard_error(Code::InvalidPolicy, &[path, colon, message].concat())
}

/// What is wrong with a policy, and where: a path as in [`crate::policy`].
struct Problem {
    path: String,
    message: &'static str,
}

impl Problem {
    #[cold]
    fn new(message: &'static str) -> Self {
        Self { path: String::new(), message }
    }

    /// The same problem, seen from the object or array that holds `member`.
    #[cold]
    fn below(mut self, member: &str) -> Self {
        if !self.path.is_empty() && !self.path.starts_with('[') {
            self.path.insert(0, '.');
        }
        self.path.insert_str(0, member);
        self
    }
}

/// Something a JSON value can be read into. What is not in the value keeps what it was.
trait Read {
    fn read(&mut self, value: &JsValue) -> Result<(), Problem>;
}

/// Reads the members of an object that are there.
fn read_members(value: &JsValue, members: &mut [(&str, &mut dyn Read)]) -> Result<(), Problem> {
    let object = object(value)?;
    for (name, into) in members {
        let value = object.get(name);
        if !value.is_undefined() {
            into.read(&value).map_err(|problem| problem.below(name))?;
        }
    }
    Ok(())
}

fn object(value: &JsValue) -> Result<&Plain, Problem> {
    if value.is_object() && !Array::is_array(value) {
        Ok(value.unchecked_ref())
    } else {
        Err(Problem::new("must be an object"))
    }
}

impl Read for Policy {
    fn read(&mut self, value: &JsValue) -> Result<(), Problem> {
        let Self {
            schema,
            id,
            version,
            mode,
            protected,
            allow,
            deny,
            severity,
            mute,
            overrides,
            countdown,
            texts,
            training_url,
            reporting,
            markings,
            on_failure,
            locked,
        } = self;
        let mut members: [(&str, &mut dyn Read); 17] = [
            ("$schema", schema),
            ("id", id),
            ("version", version),
            ("mode", mode),
            ("protected", protected),
            ("allow", allow),
            ("deny", deny),
            ("severity", severity),
            ("mute", mute),
            ("override", overrides),
            ("countdown", countdown),
            ("texts", texts),
            ("trainingUrl", training_url),
            ("reporting", reporting),
            ("markings", markings),
            ("onFailure", on_failure),
            ("locked", locked),
        ];
        read_members(value, &mut members)
    }
}

impl Read for Protected {
    fn read(&mut self, value: &JsValue) -> Result<(), Problem> {
        let Self { suffixes, domains } = self;
        read_members(value, &mut [("suffixes", suffixes), ("domains", domains)])
    }
}

impl Read for Overrides {
    fn read(&mut self, value: &JsValue) -> Result<(), Problem> {
        let Self { warn, block } = self;
        read_members(value, &mut [("warn", warn), ("block", block)])
    }
}

impl Read for MarkingOptions {
    fn read(&mut self, value: &JsValue) -> Result<(), Problem> {
        let Self { enabled, words } = self;
        read_members(value, &mut [("enabled", enabled), ("words", words)])
    }
}

impl Read for Texts {
    fn read(&mut self, value: &JsValue) -> Result<(), Problem> {
        let Self { title, body, blocked, justification, training } = self;
        let mut members: [(&str, &mut dyn Read); 5] = [
            ("title", title),
            ("body", body),
            ("blocked", blocked),
            ("justification", justification),
            ("training", training),
        ];
        read_members(value, &mut members)
    }
}

/// The entries of an object, where the names are the writer's to choose. `Object.entries` is of
/// ECMAScript 2017: the plain script's runtimes may lack it.
fn entries(value: &JsValue) -> Result<impl Iterator<Item = (String, JsValue)>, Problem> {
    let object = object(value)?;
    Ok(Object::keys(object.unchecked_ref::<Object>()).into_iter().map(move |name| {
        let name = name.as_string().unwrap_or_default();
        let value = object.get(&name);
        (name, value)
    }))
}

impl Read for SmallMap<Reason, Severity> {
    fn read(&mut self, value: &JsValue) -> Result<(), Problem> {
        for (code, value) in entries(value)? {
            // A reason of a later Milguard: one policy serves clients of several releases.
            let reason = Reason::ALL.into_iter().find(|reason| reason.as_str() == code);
            let Some(reason) = reason else { continue };
            let mut severity = Severity::default();
            severity.read(&value).map_err(|problem| problem.below(&code))?;
            self.insert(reason, severity);
        }
        Ok(())
    }
}

impl Read for SmallMap<String, Texts> {
    fn read(&mut self, value: &JsValue) -> Result<(), Problem> {
        for (language, value) in entries(value)? {
            let mut texts = Texts::default();
            texts.read(&value).map_err(|problem| problem.below(&language))?;
            self.insert(language, texts);
        }
        Ok(())
    }
}

impl Read for Vec<String> {
    fn read(&mut self, value: &JsValue) -> Result<(), Problem> {
        if !Array::is_array(value) {
            return Err(Problem::new("must be an array"));
        }
        self.clear();
        for (index, value) in (0..).zip(value.unchecked_ref::<Array>().iter()) {
            let mut text = String::new();
            let place =
                |problem: Problem| problem.below(&["[", &u32::to_string(&index), "]"].concat());
            text.read(&value).map_err(place)?;
            self.push(text);
        }
        Ok(())
    }
}

impl Read for String {
    fn read(&mut self, value: &JsValue) -> Result<(), Problem> {
        *self = value.as_string().ok_or_else(|| Problem::new("must be a string"))?;
        Ok(())
    }
}

impl Read for Option<String> {
    fn read(&mut self, value: &JsValue) -> Result<(), Problem> {
        *self = value.as_string();
        if self.is_none() && !value.is_null() {
            return Err(Problem::new("must be a string or null"));
        }
        Ok(())
    }
}

impl Read for bool {
    fn read(&mut self, value: &JsValue) -> Result<(), Problem> {
        *self = value.as_bool().ok_or_else(|| Problem::new("must be true or false"))?;
        Ok(())
    }
}

impl Read for u64 {
    fn read(&mut self, value: &JsValue) -> Result<(), Problem> {
        let integer = value.as_f64().and_then(integer);
        *self = integer.ok_or_else(|| Problem::new("must be an integer that is not negative"))?;
        Ok(())
    }
}

impl Read for u32 {
    fn read(&mut self, value: &JsValue) -> Result<(), Problem> {
        let mut integer = 0_u64;
        integer.read(value)?;
        *self = integer.try_into().map_err(|_| Problem::new("is too large"))?;
        Ok(())
    }
}

/// The number of the one of `names` that `value` is.
fn choice(value: &JsValue, names: &[&str], allowed: &'static str) -> Result<usize, Problem> {
    let written = value.as_string();
    let at = written.and_then(|written| names.iter().position(|name| *name == written));
    at.ok_or_else(|| Problem::new(allowed))
}

/// Reads enums whose values are names. Leaving one out does not compile.
macro_rules! read_name {
    ($($type:ident, $allowed:literal: $($name:literal = $value:ident),*;)*) => {$(
        impl Read for $type {
            fn read(&mut self, value: &JsValue) -> Result<(), Problem> {
                const VALUES: &[$type] = &[$($type::$value),*];
                const _: fn($type) = |value| match value { $($type::$value => (),)* };
                let at = choice(value, &[$($name),*], concat!("must be ", $allowed))?;
                *self = VALUES.get(at).copied().unwrap_or(*self);
                Ok(())
            }
        }
    )*};
}

read_name! {
    Mode, "enforce or audit": "enforce" = Enforce, "audit" = Audit;
    Mute, "off or real-domains": "off" = Off, "real-domains" = RealDomains;
    OnFailure, "ask, allow or block": "ask" = Ask, "allow" = Allow, "block" = Block;
    Override, "allowed, justification or never":
        "allowed" = Allowed, "justification" = Justification, "never" = Never;
    Reporting, "off, counts, domain or address":
        "off" = Off, "counts" = Counts, "domain" = Domain, "address" = Address;
    Severity, "pass, notice, warn or block":
        "pass" = Pass, "notice" = Notice, "warn" = Warn, "block" = Block;
}
