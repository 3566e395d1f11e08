//! Lists of domains for mail services that do not match expressions: Mimecast and Proofpoint.
//!
//! The likeliest look-alikes that a stranger can own, and the domains that the policy denies. With the policy in
//! force, the checker warns of each of them and of any host below it, because a service may also apply a domain to
//! its hosts.

use std::collections::{BTreeSet, HashSet};

use super::lists::{Closeness, Sorted};
use super::probe::Prober;
use super::{Files, GatewayError};
use crate::detect::{Checker, Severity};
use crate::policy::Policy;
use crate::twins::{Filter, most_likely};

/// The number of look-alikes in a list: more than anybody reads, and few enough that a service imports them.
const LIKELIEST: usize = 5_000;

/// A service, and how its list is used.
pub(super) struct Service {
    pub(super) list: &'static str,
    pub(super) readme: &'static str,
    /// The steps of the guide.
    guide: &'static str,
}

pub(super) const MIMECAST: Service = Service {
    list: "milguard-mimecast.txt",
    readme: "milguard-mimecast-readme.txt",
    guide: "\
Domains that look like protected ones, for Mimecast. Written by `milguard gateway --format mimecast`; changes made to
the list are lost. UNTESTED in Mimecast: try it with one sender first. Names of menus may differ in your version.

1. In the Administration Console: Directories > Profile Groups. Make a group such as \"Milguard\" and import
   milguard-mimecast.txt, which holds one domain a line.
2. Gateway > Policies > Blocked Senders: make a definition and a policy with the action \"Block Sender\", from internal
   addresses, to the profile group.
3. Send a test message to an address at one of the domains, and look at Message Center > Message Tracking.
",
};

pub(super) const PROOFPOINT: Service = Service {
    list: "milguard-proofpoint.txt",
    readme: "milguard-proofpoint-readme.txt",
    guide: "\
Domains that look like protected ones, for Proofpoint. Written by `milguard gateway --format proofpoint`; changes made
to the list are lost. UNTESTED in Proofpoint: try it with one sender first. Names of menus may differ in your version.

1. Protection Server: System > Policy Routes. Make a route such as \"milguard\" with the condition that the recipient's
   domain is in a list, and import milguard-proofpoint.txt, which holds one domain a line.
   Essentials: Security Settings > Email > Filter Policies. Make an outbound filter whose condition is that the
   recipient address contains any of the lines.
2. Protection Server: Email Protection > Email Firewall > Rules. Make a rule for that route, of outbound mail, that rejects
   the message. Essentials: choose the action Reject.
3. Send a test message to an address at one of the domains, and look at Smart Search or the logs.
",
};

pub(super) fn render(
    policy: &Policy,
    service: &Service,
    audit: bool,
) -> Result<Files, GatewayError> {
    let domains = domains(policy)?;
    if domains.is_empty() {
        return Err(GatewayError::Nothing);
    }
    let mut list = String::new();
    for domain in &domains {
        list.push_str(domain);
        list.push('\n');
    }
    let mut readme = service.guide.to_owned();
    if audit {
        readme.push_str(
            "\nThe policy is in audit mode: choose an action that delivers the message and only reports or tags it.\n",
        );
    }
    readme.push_str(
        "\nA list holds single domains: it lacks patterns such as `*.ml`, and names below suffixes that do not exist.\n",
    );
    Ok(Files::from([(service.list, list), (service.readme, readme)]))
}

/// The domains, in order.
fn domains(policy: &Policy) -> Result<BTreeSet<String>, GatewayError> {
    let prober = Prober::new(policy)?;
    // The policy's lists apply too: the closest entry decides, as for a client.
    let checker = Checker::new(policy)?;
    let (allow, deny) = (Sorted::new(&policy.allow), Sorted::new(&policy.deny));
    let addresses = [&allow.entries, &deny.out].map(|entries| entries.get(&Closeness::Address));
    let addresses = addresses.into_iter().flatten().flatten();
    // A list cannot make an exception for one address, so the whole domain of such an address stays
    // out.
    let excepted: HashSet<&str> =
        addresses.filter_map(|address| Some(address.rsplit_once('@')?.1)).collect();
    let warns = |domain: &str| {
        ["x@", "x@host."].iter().all(|before| {
            checker.check_address(&[before, domain].concat()).severity >= Severity::Warn
        })
    };
    let filter = Filter { only_delegated: true, severity: Severity::Warn, ..Filter::default() };
    let twins = prober.targets().map(|targets| most_likely(&targets, &filter, LIKELIEST));
    let twins = twins.into_iter().flatten().map(|twin| twin.domain);
    let twins = twins.filter(|domain| warns(domain));
    // A policy that denies a domain does not deny its hosts. Nor does the list, if the service can
    // tell them apart.
    let denied = deny.entries.get(&Closeness::Domain).into_iter().flatten().cloned();
    let denied = denied.filter(|domain| {
        checker.check_address(&["x@", domain].concat()).severity >= Severity::Warn
    });
    Ok(twins.chain(denied).filter(|domain| !excepted.contains(domain.as_str())).collect())
}
