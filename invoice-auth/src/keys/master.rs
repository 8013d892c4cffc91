use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use invoice_core::identity::SealedBytes;
use invoice_core::{Code, Violation};
use zeroize::{Zeroize as _, Zeroizing};

use super::MacKey;
use crate::error::AuthError;
#[cfg(feature = "redis")]
use crate::secret::base64url;
use crate::secret::{OpaqueToken, fingerprint, random};

/// Seals private keys and session secrets at rest, and is the root of the keys that tokens are tagged with.
/// Losing it logs everybody out, and nothing starts until [`AuthBuilder::abandon_lost_keys`] says that it is lost.
///
/// 32 random bytes, kept where secrets are kept and never beside the database. Nothing is encrypted with them
/// directly: each use and each sealed thing has a key of its own, derived by HKDF-SHA-256 (RFC 5869), under
/// which AES-256-GCM seals with a random nonce.
///
/// To change it without logging anybody out:
///
/// 1. run every process with the old key that also opens with the new: `old.with_previous(new)`;
/// 2. then with the new that also opens with the old, `new.with_previous(old)`, and call [`KeyRing::reseal`];
/// 3. drop the old one when every session has been refreshed since or is over, 7 days later by default.
///
/// [`AuthBuilder::abandon_lost_keys`]: crate::AuthBuilder::abandon_lost_keys
/// [`KeyRing::reseal`]: crate::KeyRing::reseal
pub struct MasterKey {
    current: Root,
    previous: Vec<Root>,
}

impl MasterKey {
    /// Takes 32 bytes that nobody can guess.
    ///
    /// ```
    /// let master = invoice_auth::MasterKey::from_bytes([7; 32]);
    /// assert_eq!(format!("{master:?}"), "MasterKey(…)");
    /// ```
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self { current: Root::new(Zeroizing::new(bytes)), previous: Vec::new() }
    }

    /// Takes 32 bytes in base64 (RFC 4648, section 4), such as `openssl rand -base64 32` prints; white space
    /// around them does not count. Refused with a violation that points to the whole, also when all bytes are the
    /// same: such a key was never made, only filled in.
    ///
    /// ```
    /// use invoice_auth::MasterKey;
    ///
    /// assert!(MasterKey::from_base64("q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k=\n").is_ok());
    /// assert!(MasterKey::from_base64("BwcHBw==").is_err());
    /// assert!(MasterKey::from_base64("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").is_err());
    /// ```
    pub fn from_base64(text: &str) -> Result<Self, Violation> {
        let malformed = || Violation::new("", Code::Malformed, "not 32 bytes in base64");
        let bytes = Zeroizing::new(STANDARD.decode(text.trim()).map_err(|_| malformed())?);
        let bytes = Zeroizing::new(<[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| malformed())?);
        if bytes.iter().all(|byte| Some(byte) == bytes.first()) {
            return Err(Violation::new("", Code::Malformed, "32 equal bytes, which anybody can guess"));
        }
        Ok(Self { current: Root::new(bytes), previous: Vec::new() })
    }

    /// Makes one from the system's randomness, which may fail.
    ///
    /// ```
    /// use invoice_auth::MasterKey;
    ///
    /// let kept = MasterKey::generate()?.to_base64();
    /// assert!(MasterKey::from_base64(kept.expose()).is_ok());
    /// # Ok::<(), invoice_auth::AuthError>(())
    /// ```
    pub fn generate() -> Result<Self, AuthError> {
        Ok(Self { current: Root::new(random::<32>()?), previous: Vec::new() })
    }

    /// Its bytes in base64, to be kept.
    pub fn to_base64(&self) -> OpaqueToken {
        OpaqueToken::new(STANDARD.encode(self.current.bytes.as_slice()))
    }

    /// Also opens what another key sealed, and takes the tags it made; what that one opened is opened too.
    #[must_use]
    pub fn with_previous(mut self, other: Self) -> Self {
        self.previous.push(other.current);
        self.previous.extend(other.previous);
        self
    }

    /// Seals; `context` must be the same to open.
    pub(crate) fn seal(&self, context: &[u8], plain: &[u8]) -> Result<SealedBytes, AuthError> {
        let nonce = random::<NONCE_LEN>()?;
        let head = self.current.head();
        let mut sealed = Vec::with_capacity(OVERHEAD.saturating_add(plain.len()));
        sealed.extend_from_slice(&head);
        sealed.extend_from_slice(nonce.as_slice());
        let start = sealed.len();
        sealed.extend_from_slice(plain);
        let (_, body) = sealed.split_at_mut(start);
        let tag = self.current.sealing_key(context)?.seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(*nonce),
            aad(&head, context),
            body,
        );
        let Ok(tag) = tag else {
            sealed.zeroize();
            return Err(AuthError::Crypto("sealing failed"));
        };
        sealed.extend_from_slice(tag.as_ref());
        SealedBytes::new(sealed).map_err(|_| AuthError::Crypto("too long to be sealed"))
    }

    /// Opens what this key or a previous one sealed in the same context.
    pub(crate) fn open(&self, context: &[u8], sealed: &SealedBytes) -> Result<Zeroizing<Vec<u8>>, AuthError> {
        const DAMAGED: AuthError = AuthError::Crypto("what was sealed is damaged, or was moved");
        let (head, rest) = sealed.expose().split_first_chunk::<HEAD>().ok_or(DAMAGED)?;
        let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>().ok_or(DAMAGED)?;
        let mut roots = std::iter::once(&self.current).chain(&self.previous);
        let root = roots.find(|root| root.head() == *head);
        let root = root.ok_or(AuthError::Crypto("it was sealed with another master key"))?;
        let mut body = Zeroizing::new(body.to_vec());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = root.sealing_key(context)?.open_in_place(nonce, aad(head, context), &mut body);
        let len = opened.map_err(|_| DAMAGED)?.len();
        body.truncate(len);
        Ok(body)
    }

    /// Whether this key sealed it, not a previous one.
    pub(crate) fn sealed(&self, sealed: &SealedBytes) -> bool {
        sealed.expose().starts_with(&self.current.head())
    }

    /// A key for one use, derived by HKDF (RFC 5869).
    pub(crate) fn mac_key(&self, label: &str) -> Result<MacKey, AuthError> {
        let derive = |root: &Root| root.derive(&[b"mac\0", label.as_bytes()]);
        let previous = self.previous.iter().map(derive).collect::<Result<Vec<_>, _>>()?;
        Ok(MacKey::new(&derive(&self.current)?, &previous))
    }

    /// Names that only who has the key can guess: by this key and then by each previous one.
    #[cfg(feature = "redis")]
    pub(crate) fn names(&self, label: &str) -> Result<Vec<String>, AuthError> {
        let name = |root: &Root| {
            let bytes = root.derive(&[b"name\0", label.as_bytes()])?;
            Ok(bytes.first_chunk::<16>().map_or_else(String::new, |start| base64url(start)))
        };
        std::iter::once(&self.current).chain(&self.previous).map(name).collect()
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

const FORMAT: u8 = 1;
const HEAD: usize = 9;
const OVERHEAD: usize = HEAD + NONCE_LEN + 16;

struct Root {
    bytes: Zeroizing<[u8; 32]>,
    id: [u8; 8],
    prk: Prk,
}

impl Root {
    fn new(bytes: Zeroizing<[u8; 32]>) -> Self {
        let named = Zeroizing::new([b"master key\0".as_slice(), bytes.as_slice()].concat());
        let mut id = [0; 8];
        id.iter_mut().zip(fingerprint(&named).as_bytes()).for_each(|(to, from)| *to = *from);
        let prk = Salt::new(HKDF_SHA256, SALT).extract(bytes.as_slice());
        Self { bytes, id, prk }
    }

    /// What a sealed thing begins with: the format and which key sealed it.
    fn head(&self) -> [u8; HEAD] {
        let mut head = [FORMAT; HEAD];
        head.iter_mut().skip(1).zip(self.id).for_each(|(to, from)| *to = from);
        head
    }

    fn derive(&self, info: &[&[u8]]) -> Result<Zeroizing<[u8; 32]>, AuthError> {
        expand(&self.prk, info)
    }

    /// One key for each context, so that no number of sealed things wears out a key's nonces.
    fn sealing_key(&self, context: &[u8]) -> Result<LessSafeKey, AuthError> {
        let key = self.derive(&[b"seal\0", context])?;
        let key = UnboundKey::new(&AES_256_GCM, key.as_slice());
        key.map(LessSafeKey::new).map_err(|_| AuthError::Crypto("no sealing key"))
    }
}

const SALT: &[u8] = b"invoice-auth 1";

struct Length;

impl KeyType for Length {
    fn len(&self) -> usize {
        32
    }
}

/// HKDF-Expand to 32 bytes.
pub(super) fn expand(prk: &Prk, info: &[&[u8]]) -> Result<Zeroizing<[u8; 32]>, AuthError> {
    let mut out = Zeroizing::new([0; 32]);
    prk.expand(info, Length)
        .and_then(|okm| okm.fill(out.as_mut_slice()))
        .map_err(|_| AuthError::Crypto("no key could be derived"))?;
    Ok(out)
}

fn aad(head: &[u8; HEAD], context: &[u8]) -> Aad<Vec<u8>> {
    Aad::from([head.as_slice(), context].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn master(byte: u8) -> MasterKey {
        MasterKey::from_bytes([byte; 32])
    }

    #[test]
    fn what_is_sealed_opens_in_its_context_only() {
        let sealed = master(1).seal(b"here", b"secret").unwrap();
        assert_eq!(master(1).open(b"here", &sealed).unwrap().as_slice(), b"secret");
        assert!(master(1).open(b"there", &sealed).is_err());
        assert!(!sealed.expose().windows(6).any(|part| part == b"secret"));
    }

    #[test]
    fn every_changed_bit_of_what_was_sealed_is_noticed() {
        let sealed = master(1).seal(b"here", b"secret").unwrap();
        for bit in 0..sealed.expose().len() * 8 {
            let mut bytes = sealed.expose().to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let changed = SealedBytes::new(bytes).unwrap();
            assert!(master(1).open(b"here", &changed).is_err(), "bit {bit}");
        }
        for len in 1..sealed.expose().len() {
            let cut = SealedBytes::new(&sealed.expose()[..len]).unwrap();
            assert!(master(1).open(b"here", &cut).is_err(), "{len} bytes");
        }
    }

    #[test]
    fn nothing_is_sealed_alike_twice() {
        let (one, other) = (master(1).seal(b"", b"secret").unwrap(), master(1).seal(b"", b"secret").unwrap());
        assert_ne!(one, other);
    }

    #[test]
    fn a_new_master_key_opens_what_the_previous_ones_sealed() {
        let sealed = master(1).seal(b"here", b"secret").unwrap();
        assert!(master(2).open(b"here", &sealed).is_err());
        let changed = master(3).with_previous(master(2).with_previous(master(1)));
        assert_eq!(changed.open(b"here", &sealed).unwrap().as_slice(), b"secret");
        assert!(!changed.sealed(&sealed));
        let again = changed.seal(b"here", b"secret").unwrap();
        assert!(changed.sealed(&again));
        assert!(master(3).open(b"here", &again).is_ok());
    }

    #[test]
    fn a_new_master_key_takes_tags_of_the_previous_one_and_makes_its_own() {
        let (old, new) = (master(1).mac_key("use").unwrap(), master(2).mac_key("use").unwrap());
        let changed = master(2).with_previous(master(1)).mac_key("use").unwrap();
        assert!(changed.is_tag(&[b"text"], &old.tag(&[b"text"])));
        assert_eq!(changed.tag(&[b"text"]), new.tag(&[b"text"]));
        assert!(!new.is_tag(&[b"text"], &old.tag(&[b"text"])));
    }

    #[test]
    fn keys_for_different_uses_are_different() {
        let (one, other) = (master(1).mac_key("one").unwrap(), master(1).mac_key("other").unwrap());
        assert_ne!(one.tag(&[b"text"]), other.tag(&[b"text"]));
    }

    #[test]
    fn a_key_that_was_only_filled_in_is_refused() {
        for byte in [0, 7, 255] {
            let error = MasterKey::from_base64(&STANDARD.encode([byte; 32])).unwrap_err();
            assert!(error.to_string().contains("32 equal bytes"), "{error}");
        }
    }

    #[test]
    fn only_32_bytes_in_base64_are_a_master_key() {
        let kept = MasterKey::generate().unwrap().to_base64();
        assert_eq!(MasterKey::from_base64(kept.expose()).unwrap().to_base64(), kept);
        for text in ["", "%", &kept.expose()[1..], &format!("{}AAAA", kept.expose())] {
            assert!(MasterKey::from_base64(text).is_err(), "{text}");
        }
    }
}
