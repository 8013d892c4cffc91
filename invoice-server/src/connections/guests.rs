//! How many connections each address has.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

use invoice_http::middleware::Network;

/// Counts connections by address, so that nobody takes all places.
pub(super) struct Guests {
    most: usize,
    proxies: Vec<Network>,
    present: Mutex<HashMap<IpAddr, usize>>,
}

/// Somebody who is connected, until dropped.
pub(super) struct Guest {
    /// Not of a proxy, whose connections are not counted.
    counted: Option<(Arc<Guests>, IpAddr)>,
}

impl Guests {
    /// So many of one address, unless it is a proxy's.
    pub(super) fn new(most: usize, proxies: Vec<Network>) -> Arc<Self> {
        Arc::new(Self { most, proxies, present: Mutex::default() })
    }

    /// Lets somebody in; `None` if their address has enough already.
    pub(super) fn admit(self: &Arc<Self>, address: IpAddr) -> Option<Guest> {
        if self.proxies.iter().any(|network| network.contains(address)) {
            return Some(Guest { counted: None });
        }
        let household = household(address);
        // Nothing can panic while it is held.
        let mut present = self.present.lock().unwrap_or_else(PoisonError::into_inner);
        let here = present.entry(household).or_default();
        if *here >= self.most {
            return None;
        }
        *here += 1;
        Some(Guest { counted: Some((self.clone(), household)) })
    }

    fn leave(&self, household: IpAddr) {
        let mut present = self.present.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(here) = present.get_mut(&household) {
            *here -= 1;
            if *here == 0 {
                present.remove(&household);
            }
        }
    }
}

impl Guest {
    /// Whether it is a trusted proxy.
    pub(super) fn is_proxy(&self) -> bool {
        self.counted.is_none()
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        if let Some((guests, household)) = &self.counted {
            guests.leave(*household);
        }
    }
}

/// What one subscriber is given: an address, or half of an IPv6 address, since the other half is free to choose.
fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_of_ipv6_is_one_and_a_mapped_address_is_the_address() {
        let guests = Guests::new(1, Vec::new());
        let admit = |address: &str| guests.admit(address.parse().unwrap());
        let held = [admit("2001:db8::1"), admit("2001:db8:0:1::1"), admit("192.0.2.1")];
        assert!(held.iter().all(Option::is_some));
        assert!(admit("2001:db8::2").is_none() && admit("::ffff:192.0.2.1").is_none());
        drop(held);
        assert!(guests.present.lock().unwrap().is_empty());
        assert!(admit("2001:db8::2").is_some());
    }
}
