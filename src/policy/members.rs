//! Reads members of the document whose names are open: reasons and languages.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::verdict::{Reason, Severity};

/// Reads `severity`, and ignores reasons of a later Milguard, because one policy serves clients of
/// several releases.
pub(super) fn known_reasons<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<Reason, Severity>, D::Error> {
    struct Reasons;

    impl<'de> Visitor<'de> for Reasons {
        type Value = BTreeMap<Reason, Severity>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object of reasons and severities")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut reasons = BTreeMap::new();
            while let Some(code) = map.next_key::<String>()? {
                if let Some(reason) = Reason::ALL.into_iter().find(|r| r.as_str() == code) {
                    if reasons.contains_key(&reason) {
                        return Err(A::Error::duplicate_field(reason.as_str()));
                    }
                    reasons.insert(reason, map.next_value()?);
                } else {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            Ok(reasons)
        }
    }

    deserializer.deserialize_map(Reasons)
}

/// Reads `texts`, and refuses a language that appears twice, as derived code does with the members of a
/// structure.
pub(super) fn unique_languages<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, T>, D::Error> {
    struct Languages<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for Languages<T> {
        type Value = BTreeMap<String, T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut languages = BTreeMap::new();
            while let Some((language, texts)) = map.next_entry::<String, T>()? {
                if languages.contains_key(&language) {
                    return Err(A::Error::custom(format_args!("duplicate field `{language}`")));
                }
                languages.insert(language, texts);
            }
            Ok(languages)
        }
    }

    deserializer.deserialize_map(Languages(PhantomData))
}
