use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use invoice_core::SessionId;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::error::AuthError;
use crate::keys::MacKey;
use crate::secret::{OpaqueToken, base64url, random};

const PREFIX: &str = "ivr_";
const SESSION: usize = 16;
const EPOCH: usize = 4;
const SECRET: usize = 32;
const TAG: usize = 16;
const LEN: usize = SESSION + EPOCH + SECRET + TAG;
/// Characters behind the prefix: base64url without padding.
const CHARS: usize = (LEN * 4).div_ceil(3);

/// What a refresh token says: its session, the user epoch it was given in, a secret, and a tag that only this
/// deployment can make.
///
/// The tag is what lets an old token end its family without letting anybody invent one that does. The epoch ends
/// every token of a user at once, whatever sessions are being opened or refreshed at that moment.
pub(crate) struct RefreshToken {
    session: SessionId,
    uv: u32,
    secret: Zeroizing<[u8; SECRET]>,
}

impl RefreshToken {
    /// One that has no parent.
    pub(crate) fn first(session: SessionId, uv: u32) -> Result<Self, AuthError> {
        Ok(Self { session, uv, secret: random()? })
    }

    /// Takes one apart; `None` unless this deployment made it, to the last character.
    pub(crate) fn open(key: &MacKey, token: &OpaqueToken) -> Option<Self> {
        let text = token.expose().strip_prefix(PREFIX).filter(|text| text.len() == CHARS)?;
        // One byte more than needed, as the decoder estimates before it counts.
        let mut bytes = Zeroizing::new([0; LEN + 1]);
        let read = URL_SAFE_NO_PAD.decode_slice(text, bytes.as_mut_slice()).ok()?;
        let (body, tag) = bytes.get(..read)?.split_last_chunk::<TAG>()?;
        if !key.is_half_tag(&[b"tag", body], tag) {
            return None;
        }
        let (session, rest) = body.split_first_chunk::<SESSION>()?;
        let (epoch, secret) = rest.split_first_chunk::<EPOCH>()?;
        Some(Self {
            session: SessionId::from_uuid(Uuid::from_bytes(*session)),
            uv: u32::from_be_bytes(*epoch),
            secret: Zeroizing::new(secret.try_into().ok()?),
        })
    }

    /// The only child it ever has.
    pub(crate) fn child(&self, key: &MacKey) -> Self {
        let secret = key.tag(&[b"child", self.session.as_uuid().as_bytes(), self.secret.as_slice()]);
        Self { session: self.session, uv: self.uv, secret: Zeroizing::new(secret) }
    }

    /// The text that is handed out.
    pub(crate) fn sealed(&self, key: &MacKey) -> OpaqueToken {
        let mut bytes = Zeroizing::new(Vec::with_capacity(LEN));
        bytes.extend_from_slice(self.session.as_uuid().as_bytes());
        bytes.extend_from_slice(&self.uv.to_be_bytes());
        bytes.extend_from_slice(self.secret.as_slice());
        let tag = key.tag(&[b"tag", &bytes]);
        bytes.extend(tag.iter().take(TAG));
        let text = Zeroizing::new(base64url(&bytes));
        OpaqueToken::new(format!("{PREFIX}{}", text.as_str()))
    }

    pub(crate) const fn session(&self) -> SessionId {
        self.session
    }

    pub(crate) const fn uv(&self) -> u32 {
        self.uv
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshToken").field("session", &self.session).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use crate::keys::MasterKey;

    use super::*;

    fn key(byte: u8) -> MacKey {
        MasterKey::from_bytes([byte; 32]).mac_key("refresh").unwrap()
    }

    fn a_token() -> RefreshToken {
        RefreshToken::first(SessionId::from_uuid(Uuid::from_u128(7)), 3).unwrap()
    }

    #[test]
    fn what_was_sealed_is_opened_again() {
        let token = a_token();
        let sealed = token.sealed(&key(1));
        let opened = RefreshToken::open(&key(1), &sealed).unwrap();
        assert_eq!((opened.session(), opened.uv()), (token.session(), 3));
        assert_eq!(opened.sealed(&key(1)), sealed);
        assert_eq!(sealed.expose().len(), PREFIX.len() + CHARS);
    }

    #[test]
    fn the_child_depends_on_nothing_but_the_parent_and_the_key() {
        let token = a_token();
        let child = token.child(&key(1)).sealed(&key(1));
        let opened = RefreshToken::open(&key(1), &token.sealed(&key(1))).unwrap();
        assert_eq!(opened.child(&key(1)).sealed(&key(1)), child);
        assert_ne!(child, token.sealed(&key(1)));
        assert_ne!(token.child(&key(2)).secret, token.child(&key(1)).secret);
        assert_ne!(a_token().child(&key(1)).secret, token.child(&key(1)).secret);
    }

    #[test]
    fn a_token_of_another_deployment_is_none() {
        assert!(RefreshToken::open(&key(2), &a_token().sealed(&key(1))).is_none());
    }

    #[test]
    fn a_token_with_any_character_changed_added_or_taken_away_is_none() {
        let sealed = a_token().sealed(&key(1));
        let text = sealed.expose();
        let open = |text: String| RefreshToken::open(&key(1), &OpaqueToken::new(text));
        for place in 0..text.len() {
            for other in ['A', 'B', 'g', '_', '=', '+', '\n'] {
                let changed: String =
                    text.chars().enumerate().map(|(at, c)| if at == place { other } else { c }).collect();
                assert!(changed == text || open(changed).is_none(), "{other:?} at {place}");
            }
        }
        for changed in [format!("{text}A"), format!("{text}="), format!(" {text}"), text[1..].to_owned()] {
            assert!(open(changed).is_none());
        }
        assert!(open(text[..text.len() - 1].to_owned()).is_none());
        assert!(open(String::new()).is_none() && open(PREFIX.to_owned()).is_none());
    }

    #[test]
    fn nothing_of_a_token_is_shown() {
        let shown = format!("{:?}", a_token());
        assert!(shown.contains("ses_") && shown.contains("..") && !shown.contains("secret"), "{shown}");
    }
}
