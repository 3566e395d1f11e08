//! Secrets in options.

use std::{fmt, str::FromStr};

/// A value that is never printed.
#[derive(Clone, Eq, PartialEq)]
pub struct Secret(String);

impl Secret {
    /// Keeps `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The value itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

impl FromStr for Secret {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // A variable that is empty by mistake would leave open what the secret should protect.
        if text.trim().is_empty() {
            return Err("it is empty; leave the option out to have no secret".to_owned());
        }
        Ok(Self::new(text))
    }
}
