use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use invoice_core::identity::SecretText;
use invoice_core::{Code, Violation};

use super::kept::Kept;
use super::scheme::PasswordScheme;
use super::text::Password;
use crate::error::AuthError;
use crate::queue::{Queue, Turn};

/// How many wait for their turn. At two at once and 25 ms each, the last waits 0.8 s.
const WAITING: usize = 64;
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

/// Hashes passwords on threads of their own, a few at a time. [`Auth`](crate::Auth) has one by itself; this is for
/// programs that hash elsewhere too, such as to make accounts in bulk.
///
/// It takes a runtime of tokio: without one the answer is [`AuthError::NoRuntime`].
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
    /// All that a wrong password is tried with, the present scheme first: a hash of each that nothing matches.
    schemes: RwLock<Vec<Arc<Kept>>>,
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
        let nobodys = Kept::nobodys(scheme)?;
        let text = nobodys.text()?;
        let shared = Shared { scheme, nobodys: text, schemes: RwLock::new(vec![Arc::new(nobodys)]) };
        Ok(Self { queue: Queue::new(at_once, WAITING), shared: Arc::new(shared) })
    }

    /// With schemes that kept hashes may be of, so that already the first of them tells nothing. One of a cost that no
    /// kept hash is taken for, and one more than there is room for, is a violation at `/expected_schemes/` and its
    /// index.
    pub fn expecting(self, schemes: &[PasswordScheme]) -> Result<Self, AuthError> {
        for (index, scheme) in schemes.iter().enumerate() {
            if Kept::parse(Kept::nobodys(*scheme)?.text()?.expose()).is_none() {
                let detail = "no hash of this cost is taken";
                return Err(
                    Violation::new(format!("/expected_schemes/{index}"), Code::OutOfRange, detail).into()
                );
            }
            if !self.shared.know(*scheme)?.iter().any(|known| known.scheme() == *scheme) {
                let detail = format!("more than {MOST_SCHEMES} schemes with the present one");
                return Err(
                    Violation::new(format!("/expected_schemes/{index}"), Code::TooLong, detail).into()
                );
            }
        }
        Ok(self)
    }

    /// Hashes, to be kept.
    pub async fn hash(&self, password: &Password) -> Result<SecretText, AuthError> {
        self.hash_in(self.turn().await?, password).await
    }

    /// Tries a password; with nothing kept it takes as long and never matches. If it matches and the kept hash is not
    /// what would be made today, a new one comes with the verdict.
    pub async fn verify(&self, kept: Option<&SecretText>, password: &Password) -> Result<Verdict, AuthError> {
        self.verify_in(self.turn().await?, kept, password).await
    }

    /// Waits for its turn: until then nobody has looked at a password.
    pub(crate) async fn turn(&self) -> Result<Turn, AuthError> {
        self.queue.turn().await
    }

    pub(crate) async fn hash_in(&self, turn: Turn, password: &Password) -> Result<SecretText, AuthError> {
        let (scheme, password) = (self.shared.scheme, password.clone());
        turn.work(move || Kept::new(scheme, &password)?.text()).await
    }

    pub(crate) async fn verify_in(
        &self,
        turn: Turn,
        kept: Option<&SecretText>,
        password: &Password,
    ) -> Result<Verdict, AuthError> {
        let text = kept.unwrap_or(&self.shared.nobodys).clone();
        let (is_kept, password, shared) = (kept.is_some(), password.clone(), self.shared.clone());
        turn.work(move || shared.verdict(&text, is_kept, &password)).await
    }
}

impl Shared {
    fn verdict(&self, text: &SecretText, is_kept: bool, password: &Password) -> Result<Verdict, AuthError> {
        let (kept, is_kept) = if let Some(kept) = Kept::parse(text.expose()) {
            (kept, is_kept)
        } else {
            tracing::error!("a password hash is of a form that is not understood: nobody logs in with it");
            (Kept::nobodys(self.scheme)?, false)
        };
        // In the same order whatever is kept; a right password is done when its turn has come.
        let schemes = self.know(kept.scheme())?;
        let is_turn = |nobodys: &Arc<Kept>| nobodys.scheme() == kept.scheme();
        let turn = schemes.iter().position(is_turn).unwrap_or(schemes.len());
        for nobodys in schemes.iter().take(turn) {
            std::hint::black_box(nobodys.matches(password)?);
        }
        if kept.matches(password)? && is_kept {
            let rehash = !kept.is_current(self.scheme);
            let rehash = rehash.then(|| Kept::new(self.scheme, password)?.text()).transpose()?;
            return Ok(Verdict { matches: true, rehash });
        }
        for nobodys in schemes.iter().skip(turn + 1) {
            std::hint::black_box(nobodys.matches(password)?);
        }
        Ok(Verdict { matches: false, rehash: None })
    }

    /// All schemes, this one among them if there is room.
    fn know(&self, scheme: PasswordScheme) -> Result<Vec<Arc<Kept>>, AuthError> {
        let is_done = |known: &[Arc<Kept>]| {
            known.len() >= MOST_SCHEMES || known.iter().any(|nobodys| nobodys.scheme() == scheme)
        };
        let known = self.schemes.read().unwrap_or_else(PoisonError::into_inner).clone();
        if is_done(&known) {
            return Ok(known);
        }
        let nobodys = Arc::new(Kept::nobodys(scheme)?);
        let mut known = self.schemes.write().unwrap_or_else(PoisonError::into_inner);
        if !is_done(&known) {
            known.push(nobodys);
        }
        Ok(known.clone())
    }
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passwords").field("scheme", &self.shared.scheme).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::kept::work;
    use super::super::scheme::Argon2Params;
    use super::*;

    const ARGON2: PasswordScheme = PasswordScheme::Argon2id(Argon2Params::cheap());
    const BCRYPT: PasswordScheme = PasswordScheme::Bcrypt(4);
    /// What another program made of "secret", with bcrypt of cost 5.
    const IMPORTED: &str = "$2b$05$CCCCCCCCCCCCCCCCCCCCC.pIKrLVkBX9/OvQMSygY1pWEVn72t6na";

    fn kept(scheme: PasswordScheme) -> SecretText {
        Kept::new(scheme, &Password::new("secret").unwrap()).unwrap().text().unwrap()
    }

    /// Tries a wrong password; what was hashed for it.
    fn fail(passwords: &Passwords, kept: Option<&SecretText>) -> Vec<PasswordScheme> {
        work::take();
        let text = kept.unwrap_or(&passwords.shared.nobodys);
        let verdict =
            passwords.shared.verdict(text, kept.is_some(), &Password::new("wrong").unwrap()).unwrap();
        assert!(!verdict.matches && verdict.rehash.is_none());
        let mut done = work::take();
        done.sort_by_key(|scheme| format!("{scheme:?}"));
        done
    }

    #[test]
    fn a_wrong_password_takes_the_same_work_whatever_is_kept() {
        let imported = SecretText::new(IMPORTED).unwrap();
        let damaged = SecretText::new("$argon2id$v=19$damaged").unwrap();
        let rows = [Some(kept(ARGON2)), Some(kept(BCRYPT)), Some(imported), Some(damaged), None];
        for scheme in [ARGON2, BCRYPT] {
            let expected = [ARGON2, BCRYPT, PasswordScheme::Bcrypt(5)];
            let passwords = Passwords::new(scheme, 1).unwrap().expecting(&expected).unwrap();
            for row in &rows {
                assert_eq!(fail(&passwords, row.as_ref()), expected, "{row:?}");
            }
        }
    }

    #[test]
    fn more_schemes_than_are_worked_through_are_refused_by_name() {
        let three = [BCRYPT, PasswordScheme::Bcrypt(5), PasswordScheme::Bcrypt(6)];
        let known = Passwords::new(ARGON2, 1).unwrap().expecting(&three).unwrap();
        let known = known.expecting(&[BCRYPT, ARGON2]).unwrap();
        let Err(AuthError::Invalid(found)) = known.expecting(&[ARGON2, PasswordScheme::Bcrypt(7)]) else {
            panic!("taken, and forgotten");
        };
        let found: Vec<_> = found.iter().map(|wrong| (wrong.pointer(), wrong.code())).collect();
        assert_eq!(found, [("/expected_schemes/1", Code::TooLong)]);
    }

    #[test]
    fn an_imported_hash_is_replaced_at_the_first_right_password() {
        let (passwords, secret) = (Passwords::new(ARGON2, 1).unwrap(), Password::new("secret").unwrap());
        let verdict = passwords.shared.verdict(&SecretText::new(IMPORTED).unwrap(), true, &secret).unwrap();
        let rehash = verdict.rehash.filter(|_| verdict.matches).unwrap();
        assert!(Kept::parse(rehash.expose()).unwrap().is_current(ARGON2));
        assert!(passwords.shared.verdict(&rehash, true, &secret).unwrap().rehash.is_none());
    }

    #[test]
    fn an_unexpected_scheme_is_reckoned_with_once_it_was_seen() {
        let passwords = Passwords::new(ARGON2, 1).unwrap();
        assert_eq!(fail(&passwords, None), [ARGON2]);
        assert_eq!(fail(&passwords, Some(&kept(BCRYPT))), [ARGON2, BCRYPT]);
        assert_eq!(fail(&passwords, None), [ARGON2, BCRYPT]);
        assert_eq!(fail(&passwords, Some(&kept(ARGON2))), [ARGON2, BCRYPT]);
    }

    #[test]
    fn a_wrong_password_is_never_tried_with_more_than_four_schemes() {
        let passwords = Passwords::new(ARGON2, 1).unwrap();
        for cost in 4..=8 {
            fail(&passwords, Some(&kept(PasswordScheme::Bcrypt(cost))));
        }
        assert_eq!(fail(&passwords, None).len(), 4);
    }

    #[test]
    fn an_expected_cost_that_never_ends_is_refused_by_its_place() {
        let refused = Passwords::new(ARGON2, 1).unwrap().expecting(&[BCRYPT, PasswordScheme::Bcrypt(31)]);
        let Err(AuthError::Invalid(found)) = refused else { panic!("taken") };
        assert_eq!(found.iter().next().unwrap().pointer(), "/expected_schemes/1");
    }

    #[test]
    fn a_right_password_takes_no_more_than_its_own_hash() {
        let passwords = Passwords::new(ARGON2, 1).unwrap().expecting(&[BCRYPT]).unwrap();
        work::take();
        let text = kept(ARGON2);
        work::take();
        let verdict = passwords.shared.verdict(&text, true, &Password::new("secret").unwrap()).unwrap();
        assert!(verdict.matches && verdict.rehash.is_none());
        assert_eq!(work::take(), [ARGON2]);
    }

    #[test]
    fn nobody_logs_in_where_nothing_is_kept_even_with_a_password_that_would_match() {
        let passwords = Passwords::new(ARGON2, 1).unwrap();
        let verdict = passwords.shared.verdict(&kept(ARGON2), false, &Password::new("secret").unwrap());
        assert!(!verdict.unwrap().matches);
    }
}
