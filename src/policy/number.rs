//! Integers in a policy. JSON has one kind of number (RFC 8259 §6): `5.0` is 5, and `JSON.parse` doesn't
//! tell them apart.

use std::fmt;

use serde::de::{Deserializer, Error, Unexpected, Visitor};

/// The integer value of `number`, up to the largest that JavaScript's numbers hold exactly; `None`
/// for everything else.
pub(crate) fn integer(number: f64) -> Option<u64> {
    /// `Number.MAX_SAFE_INTEGER`.
    const MAX: f64 = 9_007_199_254_740_991.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an integer that is not negative and that a double holds exactly"
    )]
    ((0.0..=MAX).contains(&number) && number.fract() == 0.0).then_some(number as u64)
}

/// Reads an integer in any notation; for serde's `deserialize_with`.
pub(crate) fn any_integer<'de, D: Deserializer<'de>, T: TryFrom<u64>>(
    deserializer: D,
) -> Result<T, D::Error> {
    struct Integer;

    impl Visitor<'_> for Integer {
        type Value = u64;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an integer that is not negative and not too large")
        }

        fn visit_u64<E>(self, value: u64) -> Result<u64, E> {
            Ok(value)
        }

        fn visit_i64<E: Error>(self, value: i64) -> Result<u64, E> {
            value.try_into().map_err(|_| E::invalid_value(Unexpected::Signed(value), &self))
        }

        fn visit_f64<E: Error>(self, value: f64) -> Result<u64, E> {
            integer(value).ok_or_else(|| E::invalid_value(Unexpected::Float(value), &self))
        }
    }

    let value = deserializer.deserialize_any(Integer)?;
    value.try_into().map_err(|_| Error::invalid_value(Unexpected::Unsigned(value), &Integer))
}
