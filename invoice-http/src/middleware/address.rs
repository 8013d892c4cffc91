use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use axum::extract::ConnectInfo;
use axum::http::request::Parts;

/// A network of proxies, such as `10.0.0.0/8` or `::1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: u128,
    prefix: u32,
}

/// A text that is not a network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a network such as 10.0.0.0/8")]
pub struct NetworkError;

/// Every address as one of IPv6, so that there is one comparison.
fn bits(address: IpAddr) -> u128 {
    let address = match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    };
    address.to_bits()
}

fn mask(prefix: u32) -> u128 {
    u128::MAX.checked_shl(128 - prefix).unwrap_or(0)
}

impl Network {
    /// Whether an address is in it.
    ///
    /// ```
    /// use invoice_http::middleware::Network;
    ///
    /// let network: Network = "10.0.0.0/8".parse()?;
    /// assert!(network.contains("10.1.2.3".parse().unwrap()));
    /// assert!(!network.contains("11.1.2.3".parse().unwrap()));
    /// # Ok::<(), invoice_http::middleware::NetworkError>(())
    /// ```
    pub fn contains(self, address: IpAddr) -> bool {
        (bits(address) ^ self.address) & mask(self.prefix) == 0
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let (address, prefix) =
            text.split_once('/').map_or((text, None), |(text, prefix)| (text, Some(prefix)));
        let address: IpAddr = address.parse().map_err(|_| NetworkError)?;
        let (most, before) = if address.is_ipv4() { (32, 96) } else { (128, 0) };
        let prefix = prefix.map_or(Ok(most), |prefix| prefix.parse::<u32>().map_err(|_| NetworkError))?;
        if prefix > most {
            return Err(NetworkError);
        }
        Ok(Self { address: bits(address), prefix: prefix + before })
    }
}

/// Where a request comes from: the last address on its way that is not one of our own proxies.
pub(crate) fn client(parts: &Parts, proxies: &[Network]) -> Option<IpAddr> {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let ours = |address: IpAddr| proxies.iter().any(|network| network.contains(address));
    let mut found = peer?;
    if !ours(found) {
        return Some(found);
    }
    let told = parts.headers.get_all("x-forwarded-for").iter().rev();
    for hop in told.filter_map(|value| value.to_str().ok()).flat_map(|value| value.rsplit(',')) {
        // A hop that is no address was not written by a proxy of ours, and neither was what stands before it.
        let Ok(address) = hop.trim().parse() else { break };
        found = address;
        if !ours(found) {
            break;
        }
    }
    Some(found)
}

/// What is counted as one client: an address, or the network that one subscriber of IPv6 gets.
pub(super) fn subscriber(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & mask(64))),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn found(peer: &str, forwarded: &[&str]) -> String {
        let mut request = Request::builder();
        for value in forwarded {
            request = request.header("x-forwarded-for", *value);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        parts.extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 1)));
        let proxies = ["10.0.0.0/8", "::1"].map(|text| text.parse().unwrap());
        client(&parts, &proxies).unwrap().to_string()
    }

    #[test]
    fn only_what_our_own_proxies_say_is_believed() {
        assert_eq!(found("203.0.113.7", &["198.51.100.1"]), "203.0.113.7");
        assert_eq!(found("10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(found("10.0.0.1", &["192.0.2.66, 198.51.100.1, 10.0.0.2"]), "198.51.100.1");
        assert_eq!(found("10.0.0.1", &["192.0.2.66", "198.51.100.1"]), "198.51.100.1");
        assert_eq!(found("10.0.0.1", &["198.51.100.1, unknown"]), "10.0.0.1");
        assert_eq!(found("::1", &[]), "::1");
    }

    #[test]
    fn networks_out_of_range_are_refused_and_the_widest_takes_all() {
        for text in ["10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/-1", ""] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
        assert!("::/0".parse::<Network>().unwrap().contains("192.0.2.1".parse().unwrap()));
        assert!(!"0.0.0.0/0".parse::<Network>().unwrap().contains("2001:db8::1".parse().unwrap()));
    }

    #[test]
    fn one_subscriber_is_one_client() {
        let of = |text: &str| subscriber(text.parse().unwrap()).to_string();
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(of("::ffff:192.0.2.1"), "192.0.2.1");
    }
}
