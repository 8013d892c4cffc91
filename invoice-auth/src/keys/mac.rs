use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac::{Context, HMAC_SHA256, Key};
use zeroize::Zeroizing;

/// A key for HMAC-SHA-256 (RFC 2104).
pub(crate) struct MacKey {
    current: Key,
    previous: Vec<Key>,
}

impl MacKey {
    /// Makes tags with one key and takes those of the previous ones too.
    pub(super) fn new(current: &Zeroizing<[u8; 32]>, previous: &[Zeroizing<[u8; 32]>]) -> Self {
        let key = |bytes: &Zeroizing<[u8; 32]>| Key::new(HMAC_SHA256, bytes.as_slice());
        Self { current: key(current), previous: previous.iter().map(key).collect() }
    }

    /// The tag of all parts, one after the other: whoever needs to tell where one ends gives parts of fixed
    /// lengths.
    pub(crate) fn tag(&self, message: &[&[u8]]) -> [u8; 32] {
        tag(&self.current, message)
    }

    /// Whether it is the whole tag. In equal time.
    pub(crate) fn is_tag(&self, message: &[&[u8]], given: &[u8]) -> bool {
        self.any(message, |tag| verify_slices_are_equal(tag, given).is_ok())
    }

    /// Whether it is the first half of the tag. In equal time.
    pub(crate) fn is_half_tag(&self, message: &[&[u8]], given: &[u8; 16]) -> bool {
        self.any(message, |tag| {
            tag.first_chunk::<16>().is_some_and(|half| verify_slices_are_equal(half, given).is_ok())
        })
    }

    /// Each key that is known on its own, the current one first: what another process makes may be made with any.
    pub(crate) fn each(&self) -> impl Iterator<Item = Self> {
        let keys = std::iter::once(&self.current).chain(&self.previous);
        keys.map(|key| Self { current: key.clone(), previous: Vec::new() })
    }

    fn any(&self, message: &[&[u8]], matches: impl Fn(&[u8; 32]) -> bool) -> bool {
        std::iter::once(&self.current).chain(&self.previous).any(|key| matches(&tag(key, message)))
    }
}

fn tag(key: &Key, message: &[&[u8]]) -> [u8; 32] {
    let mut context = Context::with_key(key);
    for part in message {
        context.update(part);
    }
    let mut tag = [0; 32];
    tag.iter_mut().zip(context.sign().as_ref()).for_each(|(to, from)| *to = *from);
    tag
}

impl fmt::Debug for MacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MacKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> MacKey {
        let mut bytes = [0; 32];
        bytes[..20].fill(0x0b);
        MacKey::new(&Zeroizing::new(bytes), &[])
    }

    /// RFC 4231, section 4.2; a key that is padded with zeros is the same key.
    const HI_THERE: [u8; 4] = [0xb0, 0x34, 0x4c, 0x61];

    #[test]
    fn a_tag_is_that_of_the_rfc() {
        let tag = key().tag(&[b"Hi", b" There"]);
        assert_eq!(tag[..4], HI_THERE);
        assert!(key().is_tag(&[b"Hi There"], &tag));
    }

    #[test]
    fn only_the_whole_tag_is_a_tag() {
        let tag = key().tag(&[b"Hi There"]);
        assert!(!key().is_tag(&[b"Hi There"], &tag[..31]));
        assert!(!key().is_tag(&[b"Hi There"], &[tag.as_slice(), &[0]].concat()));
        assert!(!key().is_tag(&[b"Hi There"], &[]));
        assert!(!key().is_tag(&[b"Hi there"], &tag));
    }
}
