//! Asks the checker before a rule is written.

use super::GatewayError;
use crate::detect::{Checker, RecipientReport, Severity};
use crate::policy::Policy;
use crate::registry::{self, Class};
use crate::twins::Targets;

/// The checker with a policy from which the lists are removed: rules of their own express those.
pub(super) struct Prober {
    checker: Checker,
    policy: Policy,
}

/// The checker's warning of a domain.
pub(super) struct Warning {
    /// The domain that the checker suggests instead.
    pub(super) suggestion: Option<String>,
}

impl Prober {
    pub(super) fn new(policy: &Policy) -> Result<Self, GatewayError> {
        let policy = Policy { allow: Vec::new(), deny: Vec::new(), ..policy.clone() };
        Ok(Self { checker: Checker::new(&policy)?, policy })
    }

    /// The protected domains that have a name.
    pub(super) fn targets(&self) -> Option<Targets> {
        Targets::of_policy(&self.policy).ok()
    }

    /// The checker's warning of a domain, if there is one.
    pub(super) fn warning(&self, domain: &str) -> Option<Warning> {
        let report = self.checker.check_address(&["x@", domain].concat());
        (report.severity >= Severity::Warn).then(|| Warning { suggestion: suggested(&report) })
    }

    /// Whether the checker warns of a domain.
    pub(super) fn warns(&self, domain: &str) -> bool {
        self.warning(domain).is_some()
    }

    /// The checker's suggestion instead of a domain, whatever its verdict.
    pub(super) fn suggestion(&self, domain: &str) -> Option<String> {
        suggested(&self.checker.check_address(&["x@", domain].concat()))
    }

    /// The registered names of which the checker warns in each of the samples; `#` stands for the name.
    /// The names for which the checker suggests the meant domain of every sample come first, then the others.
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
                let Some(warning) = self.warning(&domain) else {
                    is_warned = false;
                    break;
                };
                is_hinted &= warning.suggestion.as_deref() == Some(meant.as_str());
            }
            if is_warned {
                (if is_hinted { &mut hinted } else { &mut others }).push(name.to_owned());
            }
        }
        (hinted, others)
    }
}

/// The domain that is suggested for `x@`.
fn suggested(report: &RecipientReport) -> Option<String> {
    report.suggestion.as_deref()?.strip_prefix("x@").map(str::to_owned)
}
