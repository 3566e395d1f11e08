//! Events as clients send them: the types are the schema, and reading one checks it.
//!
//! `docs/event.schema.json` describes the same for people and other programs; a test compares the two.

use std::{collections::HashSet, fmt, marker::PhantomData, str::FromStr};

use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, Visitor, value::MapAccessDeserializer},
};
use utoipa::ToSchema;

use crate::Severity;
use crate::policy::any_integer;
use crate::store::{Action, Host, Millis};

/// The most events in one request. More would make one transaction delay the others.
pub(super) const MAX_EVENTS: usize = 1_000;

const MAX_REASONS: usize = 20;

/// The largest integer that JavaScript's numbers hold exactly.
const MAX_VERSION: i64 = (1 << 53) - 1;

/// A batch of events, at most 1,000.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EventBatch {
    /// The events, of which the server stores all or none.
    #[schema(max_items = 1000, value_type = Vec<EventIn>)]
    pub(super) events: Vec<Object<EventIn>>,
}

/// One flagged recipient and what the sender did.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct EventIn {
    /// The id of this event, kept over retries, so that an event sent twice counts once.
    pub(super) id: Uuid,
    /// The id of the message, the same for all recipients in one warning.
    pub(super) message: Uuid,
    /// The time of the sender's decision, in RFC 3339.
    pub(super) time: Time,
    pub(super) host: Host,
    pub(super) client_version: ClientVersion,
    #[schema(value_type = PolicyRef)]
    pub(super) policy: Object<PolicyRef>,
    pub(super) action: Action,
    #[schema(value_type = SeverityIn)]
    pub(super) severity: Severity,
    #[serde(deserialize_with = "reasons")]
    #[schema(max_items = 20, value_type = BTreeSet<ReasonCode>)]
    pub(super) reasons: Vec<ReasonCode>,
    /// What else in the message made the verdict graver: `marking`, `sibling`, `delivers`.
    #[serde(default, deserialize_with = "reasons")]
    #[schema(max_items = 20, value_type = BTreeSet<ReasonCode>)]
    pub(super) raised_by: Vec<ReasonCode>,
    /// The recipient's domain in ASCII, from the reporting level `domain` on.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub(super) domain: Option<Domain>,
    /// The recipient's address, at the reporting level `address` only.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub(super) address: Option<Address>,
    /// What the sender typed as the reason.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub(super) justification: Option<Justification>,
}

/// The policy in force.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PolicyRef {
    pub(super) id: PolicyId,
    #[serde(deserialize_with = "version")]
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    pub(super) version: i64,
}

/// The severity of the finding.
// The verdict's own type is compiled for every target, and cannot have this schema.
#[derive(ToSchema)]
#[schema(as = Severity)]
#[serde(rename_all = "kebab-case")]
#[expect(dead_code, reason = "it is read by the description alone")]
pub(super) enum SeverityIn {
    Pass,
    Notice,
    Warn,
    Block,
}

/// Texts that are checked when they are read.
macro_rules! checked_text {
    ($($(#[$attribute:meta])* $name:ident: $check:expr, $expected:literal;)+) => {$(
        #[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, ToSchema)]
        $(#[$attribute])*
        #[serde(try_from = "String")]
        pub(super) struct $name(pub(super) String);

        impl TryFrom<String> for $name {
            type Error = &'static str;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                let check: fn(&str) -> bool = $check;
                if check(&text) { Ok(Self(text)) } else { Err(concat!("expected ", $expected)) }
            }
        }
    )+};
}

checked_text! {
    /// RFC 9562, version 4, in lower case.
    #[schema(pattern = "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")]
    Uuid: is_uuid, "a UUID of version 4 in lower case";

    /// Three numbers.
    #[schema(pattern = "^\\d+\\.\\d+\\.\\d+$", max_length = 40)]
    ClientVersion: is_version, "three numbers joined by dots";

    /// The id of a policy, in the form that policy documents allow.
    #[schema(pattern = "^[A-Za-z0-9._-]{1,64}$")]
    PolicyId: |text| {
        (1..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    }, "1 to 64 letters, digits, `.`, `_` and `-`";

    /// A stable code; the server also accepts codes of later releases.
    #[schema(pattern = "^[a-z]+(-[a-z]+)*$", max_length = 40)]
    ReasonCode: |text| {
        text.len() <= 40
            && text.split('-').all(|word| {
                !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase())
            })
    }, "lower-case words joined by `-`, at most 40 characters";

    /// A domain in ASCII. It must not contain an address, which the reporting level may forbid.
    #[schema(pattern = "^[!-?A-~]{1,253}$", max_length = 253)]
    Domain: |text| {
        (1..=253).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'@')
    }, "1 to 253 visible ASCII characters without `@`";

    /// A key that a client has already. The limit is twice the length of a key, so that a later
    /// release may make keys longer.
    #[schema(max_length = 200)]
    KnownKey: |text| text.chars().count() <= 200, "at most 200 characters";
}

/// A point in time.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(value_type = String, format = DateTime, max_length = 40)]
pub(super) struct Time(pub(super) Millis);

impl TryFrom<String> for Time {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        // jiff reads more than RFC 3339: a space for the T, a zone in brackets.
        let is_plain = |byte: u8| byte.is_ascii_digit() || b"-:+.TtZz".contains(&byte);
        let is_rfc_3339 = text.len() <= 40
            && text.bytes().all(is_plain)
            && text.as_bytes().get(10).is_some_and(|byte| byte.eq_ignore_ascii_case(&b'T'));
        let time = is_rfc_3339.then(|| jiff::Timestamp::from_str(&text).ok()).flatten();
        let time = time.ok_or("expected a time such as 2026-03-01T12:00:00Z (RFC 3339)")?;
        Ok(Self(time.as_millisecond()))
    }
}

/// The recipient's address, without a display name.
// JavaScript may cut a text in the middle of a character; the server stores U+FFFD for half a
// character, and for NUL, which PostgreSQL cannot store, so that neither costs the batch.
#[derive(Clone, Debug, Eq, PartialEq, ToSchema)]
#[schema(value_type = String, min_length = 1, max_length = 320)]
pub(super) struct Address(pub(super) String);

/// What the sender typed.
#[derive(Clone, Debug, Eq, PartialEq, ToSchema)]
#[schema(value_type = String, max_length = 500)]
pub(super) struct Justification(pub(super) String);

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(Lossy { min: 1, max: 320 }).map(Self)
    }
}

impl<'de> Deserialize<'de> for Justification {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(Lossy { min: 0, max: 500 }).map(Self)
    }
}

/// Reads a text that may hold half a surrogate pair, which a `String` cannot hold.
struct Lossy {
    min: usize,
    max: usize,
}

impl Visitor<'_> for Lossy {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a text of {} to {} characters", self.min, self.max)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<String, E> {
        self.visit_bytes(text.as_bytes())
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<String, E> {
        // A text with more bytes than this has too many characters.
        if bytes.len() > self.max * 4 {
            return Err(E::invalid_length(bytes.len(), &self));
        }
        let text = replace_surrogates(bytes).replace('\0', "\u{fffd}");
        let length = text.chars().count();
        if !(self.min..=self.max).contains(&length) {
            return Err(E::invalid_length(length, &self));
        }
        Ok(text)
    }
}

/// `serde_json` writes half a surrogate pair as three bytes, which UTF-8 does not allow. This
/// function makes them one U+FFFD, as browsers do.
fn replace_surrogates(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes;
    loop {
        match std::str::from_utf8(rest) {
            Ok(valid) => {
                text.push_str(valid);
                return text;
            }
            Err(error) => {
                let (valid, invalid) = rest.split_at(error.valid_up_to());
                text.push_str(&String::from_utf8_lossy(valid));
                text.push('\u{fffd}');
                let is_surrogate = matches!(invalid, [0xed, 0xa0..=0xbf, 0x80..=0xbf, ..]);
                rest = invalid.get(if is_surrogate { 3 } else { 1 }..).unwrap_or_default();
            }
        }
    }
}

/// A JSON object. Without this, serde would also accept an array of the members' values.
#[derive(Debug)]
pub(super) struct Object<T>(pub(super) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData)).map(Self)
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(members))
    }
}

/// A member that is present must have a value: `null` is an error.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

fn reasons<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ReasonCode>, D::Error> {
    let reasons = Vec::<ReasonCode>::deserialize(deserializer)?;
    if reasons.len() > MAX_REASONS {
        return Err(de::Error::custom(format_args!("expected at most {MAX_REASONS} codes")));
    }
    let mut seen = HashSet::new();
    if !reasons.iter().all(|reason| seen.insert(reason)) {
        return Err(de::Error::custom("expected each code once"));
    }
    Ok(reasons)
}

fn version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let version: i64 = any_integer(deserializer)?;
    if !(1..=MAX_VERSION).contains(&version) {
        return Err(de::Error::custom(format_args!("expected a number from 1 to {MAX_VERSION}")));
    }
    Ok(version)
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            14 => byte == b'4',
            19 => b"89ab".contains(&byte),
            _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
        })
}

pub(super) fn is_version(text: &str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    text.len() <= 40 && text.split('.').count() == 3 && text.split('.').all(is_number)
}
