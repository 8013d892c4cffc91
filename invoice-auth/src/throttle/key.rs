use std::net::IpAddr;
use std::sync::Arc;

use invoice_core::identity::Fingerprint;

use crate::secret::{base64url, fingerprint};

/// What attempts are counted by: a name made of hashes.
///
/// Hashes of addresses are no secret, since all addresses of IPv4 can be tried: a [`Throttle`](crate::Throttle) that
/// keeps its counters where others can look must hash the names again, with a key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ThrottleKey {
    kind: Kind,
    name: Arc<str>,
}

/// How many counters of registrations an address has.
const LANES: u8 = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    Account,
    AccountAtAddress,
    Address,
    Registration,
    Mail,
}

impl Kind {
    const fn label(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::AccountAtAddress => "account+address",
            Self::Address => "address",
            Self::Registration => "registration",
            Self::Mail => "mail",
        }
    }
}

impl ThrottleKey {
    /// The counters of an attempt on an account, existing or not, from an address: of the account, of both, and of
    /// the address (the /64 of an IPv6 one, which is what one customer has; an IPv4 address inside IPv6 is itself).
    /// Without an address there is the account's alone: what is not known is not one place.
    ///
    /// ```
    /// use invoice_auth::ThrottleKey;
    /// use invoice_core::identity::Fingerprint;
    ///
    /// let account = Fingerprint::new([7; 32]);
    /// let of = |address: &str| ThrottleKey::of_attempt(account, address.parse().ok());
    /// assert_eq!(of("192.0.2.1").len(), 3);
    /// assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    /// assert_eq!(of("2001:db8::1"), of("2001:db8::ffff"));
    /// assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
    /// ```
    pub fn of_attempt(account: Fingerprint, address: Option<IpAddr>) -> Vec<Self> {
        let mut keys = vec![Self::new(Kind::Account, &[account.as_bytes()])];
        if let Some(address) = address {
            let network = network(address);
            keys.push(Self::new(Kind::AccountAtAddress, &[account.as_bytes(), &network]));
            keys.push(Self::new(Kind::Address, &[&network]));
        }
        keys
    }

    /// The counter of a registration of an account from an address; none without an address. One address has sixteen
    /// of them, which accounts share: the people of one office may all register on the same day, and whoever makes up
    /// accounts is through with them soon.
    ///
    /// ```
    /// use invoice_auth::ThrottleKey;
    /// use invoice_core::identity::Fingerprint;
    ///
    /// let of = |n: u8| ThrottleKey::of_registration(Fingerprint::new([n; 32]), "192.0.2.1".parse().ok());
    /// let mut keys: Vec<_> = (0..=255).flat_map(of).collect();
    /// keys.sort();
    /// keys.dedup();
    /// assert_eq!(keys.len(), 16);
    /// assert!(ThrottleKey::of_registration(Fingerprint::new([7; 32]), None).is_none());
    /// ```
    pub fn of_registration(account: Fingerprint, address: Option<IpAddr>) -> Option<Self> {
        let lane = account.as_bytes().first().map_or(0, |byte| byte % LANES);
        address.map(|address| Self::new(Kind::Registration, &[&[lane], &network(address)]))
    }

    /// The counter of mails to somebody, whoever asks for them. Whatever keeps counters keeps these apart from those of
    /// attempts: a mail is asked for at no cost.
    ///
    /// ```
    /// use invoice_auth::ThrottleKey;
    /// use invoice_core::identity::Fingerprint;
    ///
    /// let somebody = Fingerprint::new([7; 32]);
    /// assert_ne!(ThrottleKey::of_mail(somebody), ThrottleKey::of_attempt(somebody, None));
    /// ```
    pub fn of_mail(to: Fingerprint) -> Vec<Self> {
        vec![Self::new(Kind::Mail, &[to.as_bytes()])]
    }

    fn new(kind: Kind, parts: &[&[u8]]) -> Self {
        let hashed = fingerprint(&[&[kind.label().as_bytes(), b"\0"], parts].concat().concat());
        // 128 bits: nobody is served by two accounts of one name, and there are too few of them to meet by chance.
        let short = hashed.as_bytes().first_chunk::<16>().map_or(&[][..], |start| start);
        Self { kind, name: format!("{}:{}", kind.label(), base64url(short)).into() }
    }

    /// The text that names the counter.
    pub fn as_str(&self) -> &str {
        &self.name
    }

    pub(super) const fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether it counts what comes from an address, for any account: one success takes back one attempt, and no more.
    pub fn is_of_address(&self) -> bool {
        matches!(self.kind, Kind::Address | Kind::Registration)
    }
}

/// The bytes that all addresses of one customer share; those of IPv4 and IPv6 differ in number.
fn network(address: IpAddr) -> Vec<u8> {
    match address.to_canonical() {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().into_iter().take(8).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(account: u8, address: &str) -> Vec<ThrottleKey> {
        ThrottleKey::of_attempt(Fingerprint::new([account; 32]), address.parse().ok())
    }

    #[test]
    fn accounts_and_addresses_are_counted_apart_and_together() {
        let (here, there, other) = (keys(1, "192.0.2.1"), keys(1, "192.0.2.2"), keys(2, "192.0.2.1"));
        assert_eq!((&here[0], &here[2]), (&there[0], &other[2]));
        assert!(here[1] != there[1] && here[1] != other[1] && here[2] != there[2] && here[0] != other[0]);
        assert_eq!(here.iter().map(ThrottleKey::is_of_address).collect::<Vec<_>>(), [false, false, true]);
    }

    #[test]
    fn all_addresses_of_a_customer_are_one() {
        assert_eq!(keys(1, "2001:db8:0:2::1"), keys(1, "2001:db8:0:2:ffff:ffff:ffff:ffff"));
        assert_ne!(keys(1, "2001:db8:0:2::1")[2], keys(1, "2001:db8:0:3::1")[2]);
        assert_eq!(keys(1, "::ffff:192.0.2.1"), keys(1, "192.0.2.1"));
        // Otherwise all of IPv4 behind a translator would be one customer.
        assert_ne!(keys(1, "::ffff:192.0.2.1"), keys(1, "::ffff:192.0.2.2"));
    }

    #[test]
    fn an_unknown_address_counts_for_nobody_else() {
        assert_eq!(ThrottleKey::of_attempt(Fingerprint::new([1; 32]), None), keys(1, "192.0.2.1")[..1]);
    }

    #[test]
    fn a_name_shows_neither_account_nor_address() {
        for key in keys(1, "192.0.2.1") {
            assert!(!key.as_str().contains("192"), "{key:?}");
            assert!(key.as_str().len() < 40);
        }
    }
}
