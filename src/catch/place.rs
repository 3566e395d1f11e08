//! Counts the connections of each address.

use std::net::IpAddr;
use std::sync::{Arc, PoisonError};

use super::Shared;

/// A place among the connections of one address, released when dropped.
pub(super) struct Place {
    shared: Arc<Shared>,
    address: IpAddr,
}

impl Place {
    pub(super) fn take(shared: &Arc<Shared>, address: IpAddr) -> Option<Self> {
        // A sender with one IPv6 address has its whole /64.
        let address = match address.to_canonical() {
            IpAddr::V6(six) => IpAddr::V6((six.to_bits() & (u128::MAX << 64)).into()),
            four @ IpAddr::V4(_) => four,
        };
        let limit = shared.limits.per_address;
        let mut open = shared.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(address).or_default();
        if limit > 0 && *count >= limit {
            return None;
        }
        *count += 1;
        Some(Self { shared: Arc::clone(shared), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.shared.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.address);
            }
        }
    }
}
