//! Asking the checker before a rule is written.

use super::GatewayError;
use crate::detect::{Checker, Severity};
use crate::policy::Policy;
use crate::registry::{self, Class};
use crate::twins::Targets;

/// The checker of a policy without its lists, which are rules of their own.
pub(super) struct Prober {
    checker: Checker,
    policy: Policy,
}

impl Prober {
    pub(super) fn new(policy: &Policy) -> Result<Self, GatewayError> {
        let policy = Policy { allow: Vec::new(), deny: Vec::new(), ..policy.clone() };
        Ok(Self { checker: Checker::new(&policy)?, policy })
    }

    /// The protected domains, where there are any with a name.
    pub(super) fn targets(&self) -> Option<Targets> {
        Targets::of_policy(&self.policy).ok()
    }

    /// `None` where the checker does not warn of a domain, else what it suggests instead.
    pub(super) fn warned(&self, domain: &str) -> Option<Option<String>> {
        let report = self.checker.check_address(&["x@", domain].concat());
        let suggestion = report.suggestion.as_deref().and_then(|it| it.strip_prefix("x@"));
        (report.severity >= Severity::Warn).then(|| suggestion.map(str::to_owned))
    }

    /// Whether the checker warns of a domain.
    pub(super) fn warns(&self, domain: &str) -> bool {
        self.warned(domain).is_some()
    }

    /// What the checker suggests instead of a domain, whatever it thinks of it.
    pub(super) fn suggestion(&self, domain: &str) -> Option<String> {
        let report = self.checker.check_address(&["x@", domain].concat());
        report.suggestion?.strip_prefix("x@").map(str::to_owned)
    }

    /// The registered names of which the checker warns in each of the samples; `#` stands for the name.
    /// First those for which it suggests `meant` everywhere, then the others.
    pub(super) fn names(
        &self,
        is_wanted: impl Fn(&str, Class) -> bool,
        samples: &[(&str, &str)],
    ) -> (Vec<String>, Vec<String>) {
        let mut hinted = Vec::new();
        let mut others = Vec::new();
        for (name, _) in registry::mil_names().filter(|&(name, class)| is_wanted(name, class)) {
            let mut is_warned = true;
            let mut is_hinted = true;
            for (sample, meant) in samples {
                let (domain, meant) = (sample.replace('#', name), meant.replace('#', name));
                let Some(suggestion) = self.warned(&domain) else {
                    is_warned = false;
                    break;
                };
                is_hinted &= suggestion.as_deref() == Some(meant.as_str());
            }
            if is_warned {
                (if is_hinted { &mut hinted } else { &mut others }).push(name.to_owned());
            }
        }
        (hinted, others)
    }
}
