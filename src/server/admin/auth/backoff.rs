//! How long a sign-in has to wait after failures.
//!
//! Failures are counted for one account *and* one network, or one account and one browser that has
//! signed in to it before. Nobody can lock a person out: a guesser elsewhere counts against another
//! key, and a guesser in the same network does not count against a known browser. There is no lock
//! either, only a pause that ends.

use std::{net::IpAddr, time::Duration};

use super::secret;
use crate::server::limits;

/// Failures without a pause: people mistype.
pub(crate) const FREE: u32 = 5;

/// The longest pause: with it, one network has less than a hundred guesses a day at an account.
const LONGEST: Duration = Duration::from_mins(15);

/// After this long without a failure, the count starts at zero again.
pub(crate) const FORGET: Duration = Duration::from_hours(24);

/// The pause after `failures` in a row: none at first, then 2 s, doubling.
pub(crate) fn pause(failures: u32) -> Duration {
    match failures.checked_sub(FREE) {
        None => Duration::ZERO,
        Some(more) => {
            let seconds = 2_u64.saturating_pow(more.saturating_add(1).min(20));
            Duration::from_secs(seconds).min(LONGEST)
        }
    }
}

/// The key that failures are counted under. The key is a digest: people type passwords into the
/// wrong field, and the table must not keep them.
pub(crate) fn key(account: &str, from: &Origin<'_>) -> String {
    let account = account.trim().to_lowercase();
    let place = match from {
        Origin::Browser(id) => format!("browser {id}"),
        Origin::Network(address) => format!("network {}", network(*address)),
        Origin::Anywhere => "anywhere".to_owned(),
    };
    secret::digest_for("sign-in failures", &format!("{place} {account}"))
}

/// Where a sign-in comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Origin<'a> {
    /// A browser that has signed in to this account before, by its secret.
    Browser(&'a str),
    /// Any other browser, by its network.
    Network(Option<IpAddr>),
    /// All other browsers together, for tries that need the password first.
    Anywhere,
}

/// The part of an address that one subscriber has.
pub(crate) fn network(address: Option<IpAddr>) -> String {
    address.map_or_else(|| "unknown".to_owned(), limits::network)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_after_failures_grows_and_ends() {
        let seconds: Vec<u64> = (0..18).map(|failures| pause(failures).as_secs()).collect();
        assert_eq!(
            seconds,
            [0, 0, 0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900]
        );
        assert_eq!(pause(u32::MAX), LONGEST);
    }

    #[test]
    fn guesses_of_one_network_slow_no_other_network_and_no_known_browser() {
        let network = |text: &str| Origin::Network(Some(text.parse().unwrap()));
        let attacker = key("ann", &network("192.0.2.7"));
        assert_ne!(attacker, key("ann", &network("192.0.2.8")));
        assert_ne!(attacker, key("ann", &Origin::Browser("192.0.2.7")));
        assert_ne!(attacker, key("bob", &network("192.0.2.7")));
        assert_eq!(attacker, key(" ANN", &network("192.0.2.7")));
        assert_eq!(attacker, key("ann", &network("::ffff:192.0.2.7")));
    }

    #[test]
    fn addresses_of_one_subscriber_count_together() {
        let network = |text: &str| Origin::Network(Some(text.parse().unwrap()));
        let one = key("ann", &network("2001:db8:1:2::1"));
        assert_eq!(one, key("ann", &network("2001:db8:1:2:ffff::9")));
        assert_ne!(one, key("ann", &network("2001:db8:1:3::1")));
        assert_eq!(super::network(None), "unknown");
    }
}
