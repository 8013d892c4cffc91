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
        let (session, rest) = bytes.get(..read)?.split_first_chunk::<SESSION>()?;
        let (epoch, rest) = rest.split_first_chunk::<EPOCH>()?;
        let (secret, tag) = rest.split_first_chunk::<SECRET>()?;
        let opened = Self {
            session: SessionId::from_uuid(Uuid::from_bytes(*session)),
            uv: u32::from_be_bytes(*epoch),
            secret: Zeroizing::new(*secret),
        };
        let genuine = aws_lc_rs::constant_time::verify_slices_are_equal(tag, &opened.tag(key)).is_ok();
        genuine.then_some(opened)
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
        bytes.extend_from_slice(&self.tag(key));
        let text = Zeroizing::new(base64url(&bytes));
        OpaqueToken::new(format!("{PREFIX}{}", text.as_str()))
    }

    pub(crate) const fn session(&self) -> SessionId {
        self.session
    }

    pub(crate) const fn uv(&self) -> u32 {
        self.uv
    }

    fn tag(&self, key: &MacKey) -> [u8; TAG] {
        let session = self.session.as_uuid();
        let whole = key.tag(&[b"tag", session.as_bytes(), &self.uv.to_be_bytes(), self.secret.as_slice()]);
        let mut tag = [0; TAG];
        tag.iter_mut().zip(whole).for_each(|(to, from)| *to = from);
        tag
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshToken").field("session", &self.session).finish_non_exhaustive()
    }
}
