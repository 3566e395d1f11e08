//! Which twins are wanted.

use super::{Reach, Twin, TwinKind};
use crate::detect::Severity;

/// Which twins are wanted.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only twins that a stranger can own.
    pub only_delegated: bool,
    /// Only twins with this severity or a worse one.
    pub severity: Severity,
    /// Only twins of these kinds; all kinds if it is empty.
    pub kinds: Vec<TwinKind>,
}

impl Filter {
    /// A test that needs no verdict, and so runs before the checker.
    pub(super) fn takes_kind(&self, kind: TwinKind) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }

    pub(super) fn takes(&self, twin: &Twin) -> bool {
        (!self.only_delegated || twin.reach == Reach::Stranger)
            && twin.severity >= self.severity
            && self.takes_kind(twin.kind)
    }
}
