//! The texts that passwords are kept as: made, taken apart, and compared with.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac::{self, HMAC_SHA256};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use invoice_core::identity::SecretText;
use zeroize::Zeroizing;

use super::scheme::{Argon2Params, PasswordScheme};
use super::text::Password;
use crate::error::AuthError;
use crate::secret::random;

const SALT: usize = 16;
/// Bytes of an argon2 hash that is made here.
const ARGON2: usize = 32;
/// bcrypt gives 24 bytes, of which the text keeps all but the last.
const BCRYPT: usize = 23;
/// What bcrypt reads of a password.
const BCRYPT_READS: usize = 72;
const MARKER: &str = "$bcrypt-sha256$v=2,t=2b,r=";

/// bcrypt's own alphabet. 16 bytes leave four bits in the last character, which some programs fill with anything.
const BCRYPT_64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::BCRYPT,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(base64::engine::DecodePaddingMode::RequireNone),
);

/// A text taken apart.
pub(super) struct Kept {
    scheme: PasswordScheme,
    form: Form,
    hash: Vec<u8>,
}

enum Form {
    Argon2id {
        salt: Vec<u8>,
    },
    /// Ours: over an HMAC with the salt's text as its key.
    Bcrypt {
        salt: [u8; SALT],
        key: String,
    },
    /// Another program's: over the password itself.
    PlainBcrypt {
        salt: [u8; SALT],
    },
}

impl Kept {
    /// Hashes with a salt of its own.
    pub(super) fn new(scheme: PasswordScheme, password: &Password) -> Result<Self, AuthError> {
        let mut kept = Self::nobodys(scheme)?;
        kept.hash = kept.hash_of(password)?.to_vec();
        Ok(kept)
    }

    /// What no password matches: salt and hash are random.
    pub(super) fn nobodys(scheme: PasswordScheme) -> Result<Self, AuthError> {
        let salt = *random::<SALT>()?;
        let hash = random::<ARGON2>()?;
        let (form, len) = match scheme {
            PasswordScheme::Argon2id(_) => (Form::Argon2id { salt: salt.to_vec() }, ARGON2),
            PasswordScheme::Bcrypt(_) => (Form::Bcrypt { salt, key: BCRYPT_64.encode(salt) }, BCRYPT),
        };
        Ok(Self { scheme, form, hash: hash.iter().copied().take(len).collect() })
    }

    /// `None` for what is not understood, or would cost more than any choice of ours.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Some(rest) = text.strip_prefix(MARKER) {
            let (cost, rest) = rest.split_once('$')?;
            let (key, hash) = rest.split_once('$')?;
            let form = Form::Bcrypt { salt: salt(key)?, key: key.to_owned() };
            return Some(Self { scheme: bcrypt_cost(cost)?, form, hash: bcrypt_hash(hash)? });
        }
        if let Some(rest) = ["$2a$", "$2b$", "$2y$"].iter().find_map(|version| text.strip_prefix(version)) {
            let (cost, rest) = rest.split_once('$')?;
            let (key, hash) = rest.split_at_checked(22)?;
            let form = Form::PlainBcrypt { salt: salt(key)? };
            return Some(Self { scheme: bcrypt_cost(cost)?, form, hash: bcrypt_hash(hash)? });
        }
        let hash = PasswordHash::new(text).ok()?;
        if hash.algorithm.as_str() != "argon2id" || hash.version != Some(Version::V0x13.into()) {
            return None;
        }
        let params = Params::try_from(&hash).ok()?;
        // What RFC 9106 no longer has, and nobody uses.
        if !params.keyid().is_empty() || !params.data().is_empty() {
            return None;
        }
        let form = Form::Argon2id { salt: hash.salt?.to_vec() };
        let scheme = PasswordScheme::Argon2id(Argon2Params::of_kept(&params)?);
        Some(Self { scheme, form, hash: hash.hash?.as_bytes().to_vec() })
    }

    pub(super) fn text(&self) -> Result<SecretText, AuthError> {
        let hash = |engine: &GeneralPurpose| engine.encode(&self.hash);
        let text = match (&self.form, self.scheme) {
            (Form::Argon2id { salt }, PasswordScheme::Argon2id(params)) => {
                let (m, t, p) = (params.memory_kib(), params.passes(), params.lanes());
                let salt = STANDARD_NO_PAD.encode(salt);
                format!("$argon2id$v=19$m={m},t={t},p={p}${salt}${}", hash(&STANDARD_NO_PAD))
            }
            (Form::Bcrypt { key, .. }, PasswordScheme::Bcrypt(cost)) => {
                format!("{MARKER}{cost}${key}${}", hash(&BCRYPT_64))
            }
            _ => return Err(AuthError::Crypto("a hash of another program is not written")),
        };
        SecretText::new(text).map_err(|_| AuthError::Crypto("a hash is too long to be kept"))
    }

    /// What one look at it costs.
    pub(super) const fn scheme(&self) -> PasswordScheme {
        self.scheme
    }

    /// Whether it is what this scheme makes today.
    pub(super) fn is_current(&self, scheme: PasswordScheme) -> bool {
        let as_made_here = match &self.form {
            Form::Argon2id { salt } => salt.len() == SALT && self.hash.len() == ARGON2,
            Form::Bcrypt { .. } => true,
            Form::PlainBcrypt { .. } => false,
        };
        as_made_here && self.scheme == scheme
    }

    pub(super) fn matches(&self, password: &Password) -> Result<bool, AuthError> {
        Ok(verify_slices_are_equal(&self.hash_of(password)?, &self.hash).is_ok())
    }

    fn hash_of(&self, password: &Password) -> Result<Zeroizing<Vec<u8>>, AuthError> {
        #[cfg(test)]
        work::add(self.scheme);
        match (&self.form, self.scheme) {
            (Form::Argon2id { salt }, PasswordScheme::Argon2id(params)) => {
                argon2id(params, salt, self.hash.len(), password)
            }
            (Form::Bcrypt { salt, key }, PasswordScheme::Bcrypt(cost)) => {
                let tag = hmac::sign(&hmac::Key::new(HMAC_SHA256, key.as_bytes()), password.bytes());
                // In letters: many a bcrypt ends at a zero byte.
                bcrypt(cost, *salt, Zeroizing::new(STANDARD.encode(tag)).as_bytes())
            }
            (Form::PlainBcrypt { salt }, PasswordScheme::Bcrypt(cost)) => {
                bcrypt(cost, *salt, password.bytes())
            }
            _ => Err(AuthError::Crypto("a hash and its parameters are of two schemes")),
        }
    }
}

fn argon2id(
    params: Argon2Params,
    salt: &[u8],
    len: usize,
    password: &Password,
) -> Result<Zeroizing<Vec<u8>>, AuthError> {
    let failed = |_| AuthError::Crypto("argon2id could not be computed");
    let params =
        Params::new(params.memory_kib(), params.passes(), params.lanes(), Some(len)).map_err(failed)?;
    let mut hash = Zeroizing::new(vec![0; len]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password.bytes(), salt, &mut hash)
        .map_err(failed)?;
    Ok(hash)
}

/// Over the first 72 bytes of the password and the zero byte after it.
fn bcrypt(cost: u32, salt: [u8; SALT], password: &[u8]) -> Result<Zeroizing<Vec<u8>>, AuthError> {
    // What its implementation would panic at.
    if cost > 31 {
        return Err(AuthError::Crypto("bcrypt could not be computed"));
    }
    let read = password.iter().copied().chain([0]).take(BCRYPT_READS);
    let mut key = Zeroizing::new(Vec::with_capacity(BCRYPT_READS));
    key.extend(read);
    let hash = Zeroizing::new(bcrypt::bcrypt(cost, salt, &key));
    Ok(Zeroizing::new(hash.iter().copied().take(BCRYPT).collect()))
}

fn bcrypt_cost(text: &str) -> Option<PasswordScheme> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) || text.len() > 2 {
        return None;
    }
    // More than any choice of ours takes hours, and less than 4 is not bcrypt.
    text.parse().ok().filter(|cost| (4..=16).contains(cost)).map(PasswordScheme::Bcrypt)
}

fn salt(text: &str) -> Option<[u8; SALT]> {
    BCRYPT_64.decode(text).ok()?.try_into().ok()
}

fn bcrypt_hash(text: &str) -> Option<Vec<u8>> {
    BCRYPT_64.decode(text).ok().filter(|hash| hash.len() == BCRYPT)
}

/// What this thread has hashed, for tests.
#[cfg(test)]
pub(super) mod work {
    use std::cell::RefCell;

    use super::PasswordScheme;

    thread_local! {
        static DONE: RefCell<Vec<PasswordScheme>> = const { RefCell::new(Vec::new()) };
    }

    pub(super) fn add(scheme: PasswordScheme) {
        DONE.with_borrow_mut(|done| done.push(scheme));
    }

    pub(crate) fn take() -> Vec<PasswordScheme> {
        DONE.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: [PasswordScheme; 2] =
        [PasswordScheme::Argon2id(Argon2Params::cheap()), PasswordScheme::Bcrypt(4)];

    fn password(text: &str) -> Password {
        Password::new(text).unwrap()
    }

    fn matches(kept: &str, text: &str) -> bool {
        Kept::parse(kept).unwrap().matches(&password(text)).unwrap()
    }

    #[test]
    fn what_is_kept_is_understood_again() {
        for scheme in CHEAP {
            let kept = Kept::new(scheme, &password("secret")).unwrap();
            let text = kept.text().unwrap();
            let again = Kept::parse(text.expose()).unwrap();
            assert!(again.is_current(scheme) && again.text().unwrap() == text);
            assert!(again.matches(&password("secret")).unwrap());
            assert!(!again.matches(&password("Secret")).unwrap());
        }
    }

    #[test]
    fn the_same_password_is_never_kept_as_the_same_text() {
        for scheme in CHEAP {
            let [one, other] =
                [(); 2].map(|()| Kept::new(scheme, &password("secret")).unwrap().text().unwrap());
            assert!(one != other);
        }
    }

    #[test]
    fn published_hashes_match_their_passwords() {
        for (kept, text) in [
            // The reference implementation's own test of argon2id.
            (
                "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
                "password",
            ),
            // The documentation of passlib, the examples of hashcat, and libxcrypt.
            (
                "$bcrypt-sha256$v=2,t=2b,r=12$n79VH.0Q2TMWmt3Oqt9uku$Kq4Noyk3094Y2QlB8NdRT8SvGiI4ft2",
                "password",
            ),
            (
                "$bcrypt-sha256$v=2,t=2b,r=12$KSOjON/ciJR86a00N5q61.$AmWZucQuHk13FGkQWhgMeiFvBfm2GCy",
                "hashcat",
            ),
            ("$2y$04$abcdefghijklmnopqrstuuQpKj.e5SYYBNITtcFEN.iWppNhh0KVa", "h\u{e9}llo"),
            // jBCrypt's tests.
            ("$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe", "a"),
            ("$2a$08$aTsUwsyowQuzRrDqFflhgekJ8d9/7Z3GV3UcgvzQW3J5zMyrTvlz.", "abcdefghijklmnopqrstuvwxyz"),
        ] {
            assert!(matches(kept, text), "{kept}");
            assert!(!matches(kept, &format!("{text}x")), "{kept}");
        }
    }

    /// What libxcrypt makes of 72 times `x`, and of anything that begins so.
    const IMPORTED: &str = "$2b$04$CCCCCCCCCCCCCCCCCCCCC.ug0A3dTXhy5U.dFjx/qguZ8I4CB77BC";

    #[test]
    fn of_an_imported_hash_72_bytes_count_and_of_ours_all() {
        let long = "x".repeat(72);
        assert!(matches(IMPORTED, &long) && matches(IMPORTED, &format!("{long}anything")));
        assert!(!matches(IMPORTED, &"x".repeat(71)));
        let ours = Kept::new(PasswordScheme::Bcrypt(4), &password(&long)).unwrap();
        assert!(!ours.matches(&password(&format!("{long}anything"))).unwrap());
    }

    #[test]
    fn nobodys_hash_costs_the_same_and_matches_nothing() {
        for scheme in CHEAP {
            let kept = Kept::nobodys(scheme).unwrap();
            assert!(kept.is_current(scheme) && kept.scheme() == scheme);
            let lens = |kept: &Kept| (kept.hash.len(), kept.text().unwrap().expose().len());
            assert_eq!(lens(&kept), lens(&Kept::new(scheme, &password("x")).unwrap()));
            assert!(!kept.matches(&password("x")).unwrap());
        }
    }

    #[test]
    fn an_imported_or_weaker_hash_is_not_current() {
        let current = PasswordScheme::Bcrypt(4);
        assert!(!Kept::parse(IMPORTED).unwrap().is_current(current));
        let short = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
        assert!(!Kept::parse(short).unwrap().is_current(CHEAP[0]));
        let ours = Kept::new(PasswordScheme::Bcrypt(5), &password("secret")).unwrap();
        assert!(!ours.is_current(current));
    }

    #[test]
    fn texts_that_are_no_hash_or_would_take_the_machine_are_not_understood() {
        let (salt, hash) = ("c29tZXNhbHRzb21lc2FsdA", "nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4");
        let argon2 = |start: &str| format!("${start}${salt}${hash}");
        assert!(Kept::parse(&argon2("argon2id$v=19$m=8,t=1,p=1")).is_some());
        for text in [
            String::new(),
            "secret".to_owned(),
            argon2("argon2id$v=16$m=8,t=1,p=1"),
            argon2("argon2i$v=19$m=8,t=1,p=1"),
            argon2("argon2id$m=8,t=1,p=1"),
            argon2("argon2id$v=19$m=4294967295,t=1,p=1"),
            argon2("argon2id$v=19$m=8,t=4294967295,p=1"),
            argon2("argon2id$v=19$m=8,t=0,p=1"),
            argon2("argon2id$v=19$m=8,t=1,p=9"),
            format!("$argon2id$v=19$m=8,t=1,p=1${salt}"),
            IMPORTED.replace("$04$", "$31$"),
            IMPORTED.replace("$04$", "$+4$"),
            IMPORTED.replace("$2b$", "$2x$"),
            format!("{IMPORTED}."),
            IMPORTED.replace('$', ":"),
            "$bcrypt-sha256$v=1,t=2b,r=12$n79VH.0Q2TMWmt3Oqt9uku$Kq4Noyk3094Y2QlB8NdRT8SvGiI4ft2".to_owned(),
            "$bcrypt-sha256$v=2,t=2b,r=12$n79VH.0Q2TMWmt3Oqt9uku".to_owned(),
            "$2b$04$\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}".to_owned(),
        ] {
            assert!(Kept::parse(&text).is_none(), "{text}");
        }
    }
}
