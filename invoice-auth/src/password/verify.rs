use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use invoice_core::identity::SecretText;
use invoice_core::{Code, Violation};

use super::kept::Kept;
use super::queue::Queue;
use super::scheme::PasswordScheme;
use super::text::Password;
use crate::error::AuthError;

/// So many schemes are worked through for each password that is wrong.
const MOST_SCHEMES: usize = 4;

/// What came of trying a password.
#[derive(Debug)]
pub struct Verdict {
    /// Whether it is the right one.
    pub matches: bool,
    /// The hash to keep from now on, if the kept one is of another scheme or cost.
    pub rehash: Option<SecretText>,
}

/// Hashes passwords on threads of their own, a few at a time.
///
/// A wrong password takes the same work whatever is kept, also if nothing is: one hash of each scheme and cost that
/// this deployment is known to have. These are the present one, those that were [expected](Self::expecting), and those
/// that were seen since the start; four at most. So hashes that were imported, or are left from before a change, tell
/// nobody that their account exists. The price is that a failed log-in takes the time of all of them, until the last
/// old hash is replaced and the process starts again.
///
/// Kept hashes are understood in three forms: argon2id as PHC strings; bcrypt as this crate keeps it; and bcrypt as other
/// programs keep it (`$2a$`, `$2b$`, `$2y$`), of which 72 bytes of a password count and no more, until it is replaced
/// at the next log-in. A text in another form, or of an absurd cost, matches nothing.
pub struct Passwords {
    queue: Queue,
    shared: Arc<Shared>,
}

struct Shared {
    scheme: PasswordScheme,
    /// What is tried when nothing is kept.
    nobodys: SecretText,
    /// All that a wrong password is tried with, the present one first.
    schemes: RwLock<Vec<PasswordScheme>>,
}

impl Passwords {
    /// With this scheme, hashing so many at once. Of those who come while as many are being hashed, 64 wait, and the
    /// others get [`AuthError::Busy`].
    ///
    /// ```
    /// use invoice_auth::{Password, PasswordScheme, Passwords};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), invoice_auth::AuthError> {
    /// let passwords = Passwords::new(PasswordScheme::default(), 2)?;
    /// let kept = passwords.hash(&Password::new("correct horse battery staple")?).await?;
    /// assert!(!passwords.verify(Some(&kept), &Password::new("wrong")?).await?.matches);
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(scheme: PasswordScheme, at_once: usize) -> Result<Self, AuthError> {
        let scheme = scheme.check()?;
        if at_once == 0 {
            return Err(Violation::new("/hashing_at_once", Code::OutOfRange, "at least one").into());
        }
        let nobodys = Kept::nobodys(scheme)?.text()?;
        let shared = Shared { scheme, nobodys, schemes: RwLock::new(vec![scheme]) };
        Ok(Self { queue: Queue::new(at_once), shared: Arc::new(shared) })
    }

    /// With schemes that kept hashes may be of, so that already the first of them tells nothing.
    #[must_use]
    pub fn expecting(self, schemes: &[PasswordScheme]) -> Self {
        for scheme in schemes {
            self.shared.know(*scheme);
        }
        self
    }

    /// Hashes, to be kept.
    pub async fn hash(&self, password: &Password) -> Result<SecretText, AuthError> {
        let (scheme, password) = (self.shared.scheme, password.clone());
        self.queue.work(move || Kept::new(scheme, &password)?.text()).await
    }

    /// Tries a password; with nothing kept it takes as long and never matches. If it matches and the kept hash is not
    /// what would be made today, a new one comes with the verdict.
    pub async fn verify(&self, kept: Option<&SecretText>, password: &Password) -> Result<Verdict, AuthError> {
        let text = kept.unwrap_or(&self.shared.nobodys).clone();
        let (is_kept, password, shared) = (kept.is_some(), password.clone(), self.shared.clone());
        self.queue.work(move || shared.verdict(&text, is_kept, &password)).await
    }
}

impl Shared {
    fn verdict(&self, text: &SecretText, is_kept: bool, password: &Password) -> Result<Verdict, AuthError> {
        let (kept, is_kept) = match Kept::parse(text.expose()) {
            Some(kept) => (kept, is_kept),
            None => {
                tracing::error!(
                    "a password hash is not of a form that is understood: nobody can log in with it"
                );
                (Kept::nobodys(self.scheme)?, false)
            }
        };
        if kept.matches(password)? && is_kept {
            let current = kept.is_current(self.scheme);
            let rehash = (!current).then(|| Kept::new(self.scheme, password)?.text()).transpose()?;
            return Ok(Verdict { matches: true, rehash });
        }
        for other in self.know(kept.scheme()).into_iter().filter(|scheme| *scheme != kept.scheme()) {
            // Made and thrown away, for the time it takes.
            std::hint::black_box(Kept::new(other, password)?);
        }
        Ok(Verdict { matches: false, rehash: None })
    }

    /// All schemes, this one among them if there is room.
    fn know(&self, scheme: PasswordScheme) -> Vec<PasswordScheme> {
        let schemes = self.schemes.read().unwrap_or_else(PoisonError::into_inner).clone();
        if schemes.contains(&scheme) || schemes.len() >= MOST_SCHEMES {
            return schemes;
        }
        let mut schemes = self.schemes.write().unwrap_or_else(PoisonError::into_inner);
        if !schemes.contains(&scheme) && schemes.len() < MOST_SCHEMES {
            schemes.push(scheme);
        }
        schemes.clone()
    }
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passwords").field("scheme", &self.shared.scheme).finish_non_exhaustive()
    }
}
