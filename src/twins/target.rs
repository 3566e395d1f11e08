//! The originals of look-alikes: the protected domains of a policy, or named ones.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::detect::Checker;
use crate::domain;
use crate::policy::{Policy, PolicyError, limits};
use crate::registry::{self, Class};

/// A protected name, split where slips happen.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Target {
    /// The label below the suffix: `army`.
    pub(super) name: String,
    /// One label or more: `mil`, `co.uk`.
    pub(super) suffix: String,
    /// Host labels that are known to precede the name: `us`.
    pub(super) hosts: Vec<String>,
    /// How well known the name is.
    pub(super) class: Class,
}

impl Target {
    /// The protected domain: `army.mil`.
    pub fn domain(&self) -> String {
        [&self.name, ".", &self.suffix].concat()
    }

    fn registered(name: &str, class: Class) -> Self {
        let below = |pair: &&str| {
            pair.strip_suffix(name).is_some_and(|host| host.ends_with('.') && host.len() > 1)
        };
        let host = |pair: &str| pair.split('.').next().unwrap_or_default().to_owned();
        let hosts = registry::telling_hosts().filter(below).map(host).collect();
        Self { name: name.to_owned(), suffix: "mil".to_owned(), hosts, class }
    }

    fn of(domain: &str) -> Option<Self> {
        let (name, suffix) = domain.split_once('.')?;
        // A domain that somebody protects is known to the people who write to it.
        let (name, suffix) = (name.to_owned(), suffix.to_owned());
        Some(Self { name, suffix, hosts: Vec::new(), class: Class::Strong })
    }
}

/// The protected domains and the checker that protects them.
#[derive(Debug)]
pub struct Targets {
    pub(super) list: Vec<Target>,
    pub(super) checker: Arc<Checker>,
}

impl Targets {
    /// All that a policy protects: the registered names below `.mil` if that is protected, the best known
    /// first, then its suffixes of several labels and its domains.
    ///
    /// # Errors
    ///
    /// When the policy is invalid or protects nothing that has a name.
    pub fn of_policy(policy: &Policy) -> Result<Self, TargetError> {
        let checker = Arc::new(Checker::new(policy)?);
        let protected = policy.compile()?.protected;
        let mut list = Vec::new();
        if protected.suffixes.iter().any(|suffix| suffix == "mil") {
            let mut names: Vec<_> = registry::mil_names().collect();
            names.sort_by_key(|&(name, class)| (std::cmp::Reverse(class), name));
            list.extend(names.into_iter().map(|(name, class)| Target::registered(name, class)));
        }
        let others = protected.suffixes.iter().chain(&protected.domains);
        list.extend(others.filter_map(|domain| Target::of(domain)));
        if list.is_empty() {
            return Err(TargetError::Nothing);
        }
        Ok(Self { list, checker })
    }

    /// Named domains, whether `policy` protects them or not; a host before one (`us.army.mil`) is
    /// allowed too.
    ///
    /// # Errors
    ///
    /// When one is not a domain with a name below a suffix, or the policy is invalid.
    pub fn of_domains(policy: &Policy, domains: &[String]) -> Result<Self, TargetError> {
        let protected = policy.compile()?.protected;
        let mut policy = policy.clone();
        let mut list: Vec<Target> = Vec::new();
        let mut seen = BTreeSet::new();
        for text in domains {
            let not_one = || TargetError::NotADomain(text.chars().take(80).collect());
            let typed = text.trim().trim_end_matches('.').to_ascii_lowercase();
            let ascii = domain::canonicalize(&typed).ok_or_else(not_one)?.ascii;
            let below = |suffix: &&String| {
                ascii.strip_suffix(suffix.as_str()).is_some_and(|rest| rest.ends_with('.'))
            };
            let longest = |suffix: &&String| suffix.len();
            let suffix = protected.suffixes.iter().filter(below).max_by_key(longest);
            let registrable = match suffix {
                Some(suffix) => {
                    let rest = ascii.len() - suffix.len() - 1;
                    let name = ascii.get(..rest).and_then(|name| name.rsplit('.').next());
                    ascii.get(rest - name.unwrap_or_default().len()..)
                }
                None => domain::registrable(&ascii),
            };
            let registrable = registrable.ok_or_else(not_one)?;
            let known = registry::mil_names()
                .find(|(name, _)| registrable.strip_suffix(".mil") == Some(name));
            let mut target = match known {
                Some((name, class)) => Target::registered(name, class),
                None => Target::of(registrable).ok_or_else(not_one)?,
            };
            let host = ascii.strip_suffix(registrable).unwrap_or_default().trim_end_matches('.');
            if !host.is_empty() {
                target.hosts = vec![host.to_owned()];
            }
            if known.is_none() && !policy.protected.domains.iter().any(|it| it == registrable) {
                policy.protected.domains.push(registrable.to_owned());
            }
            if seen.insert(ascii) {
                list.push(target);
            }
        }
        if policy.protected.domains.len() > limits::DOMAINS {
            return Err(TargetError::TooMany);
        }
        Ok(Self { list, checker: Arc::new(Checker::new(&policy)?) })
    }

    /// The targets that pass a test, with the same checker.
    pub(crate) fn only(&self, is_wanted: impl Fn(&str) -> bool) -> Targets {
        let list = self.list.iter().filter(|target| is_wanted(&target.domain())).cloned().collect();
        Self { list, checker: Arc::clone(&self.checker) }
    }

    /// The protected domains, in the order of their twins.
    pub fn iter(&self) -> impl Iterator<Item = &Target> {
        self.list.iter()
    }

    /// The checker that flags every twin.
    pub fn checker(&self) -> &Checker {
        &self.checker
    }
}

/// Why no protected domain is left whose twins to list.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TargetError {
    /// The text is neither a domain such as `army.mil` nor a host below one.
    #[error("\"{0}\" is not a domain such as army.mil")]
    NotADomain(String),
    /// More domains than a policy can protect.
    #[error("more than {} domains at once", limits::DOMAINS)]
    TooMany,
    /// The policy protects only suffixes without a list of names.
    #[error("the policy protects a suffix whose names are not known: name the domains")]
    Nothing,
    /// The policy is invalid, or would be with the domains that were named.
    #[error(transparent)]
    Policy(#[from] PolicyError),
}
