//! The policy document.

use serde::{Deserialize, Serialize};

/// The administrator's policy.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Policy {}

/// Why a policy was refused.
#[derive(Debug)]
pub struct PolicyError {}

impl Policy {
    /// Checks the document.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong.
    pub fn validate(&self) -> Result<(), PolicyError> {
        Ok(())
    }
}
