//! For tests: a mailer that keeps what it was given, processes that hear of each other, and cheap settings.
//!
//! Behind the feature `testing`, which belongs into `[dev-dependencies]`: with it, passwords may be hashed so cheaply
//! that the hash protects nothing.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use invoice_core::ports::identity::IdentityPorts;
use invoice_core::ports::{Clock, IdGenerator};
use tokio::sync::watch;

use crate::accounts::Registration;
use crate::auth::Auth;
use crate::checks::{Broadcast, Listener, Notice};
use crate::client::ClientInfo;
use crate::error::AuthError;
use crate::keys::MasterKey;
use crate::mailer::{Mail, MailError, Mailer};
use crate::password::{Argon2Params, Password, PasswordScheme};
use crate::secret::OpaqueToken;
use crate::sessions::Tokens;
use crate::settings::Settings;

pub use crate::token::{issue, read_token, verify_jws};

/// How long a mail is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Settings with passwords hashed next to for free; the issuer is `https://bills.example`, the audience `bills`.
pub fn settings() -> Settings {
    let cheap = PasswordScheme::Argon2id(Argon2Params::cheap());
    Settings::new("https://bills.example", "bills").passwords(cheap, 2)
}

/// An engine with [`settings`] and a fixed master key, of one process.
///
/// ```
/// use std::sync::Arc;
///
/// use invoice_auth::testing::{MemoryMailer, auth};
/// use invoice_core::memory::MemoryIdentity;
/// use invoice_core::ports::identity::IdentityPorts;
/// use invoice_core::testing::{FixedClock, SequentialIds};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), invoice_auth::AuthError> {
/// let ports = IdentityPorts::from_store(&Arc::new(MemoryIdentity::new()));
/// let (clock, mailer) = (Arc::new(FixedClock::default()), Arc::new(MemoryMailer::new()));
/// let auth = auth(ports, clock, Arc::new(SequentialIds::new()), mailer).await?;
/// # let _ = auth;
/// # Ok(())
/// # }
/// ```
pub async fn auth(
    ports: IdentityPorts,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
    mailer: Arc<dyn Mailer>,
) -> Result<Auth, AuthError> {
    Auth::builder(ports, MasterKey::from_bytes([7; 32]), settings(), mailer).clock(clock, ids).build().await
}

/// Registers somebody and logs them in, with the password `correct horse battery staple`.
///
/// ```
/// use std::sync::Arc;
///
/// use invoice_auth::testing::{logged_in, settings};
/// use invoice_auth::{Auth, MasterKey, NoMailer};
/// use invoice_core::memory::MemoryIdentity;
/// use invoice_core::ports::identity::IdentityPorts;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), invoice_auth::AuthError> {
/// let ports = IdentityPorts::from_store(&Arc::new(MemoryIdentity::new()));
/// let auth = Auth::builder(ports, MasterKey::generate()?, settings(), Arc::new(NoMailer)).build().await?;
/// let tokens = logged_in(&auth, "ada@example.org").await?;
/// # let _ = tokens;
/// # Ok(())
/// # }
/// ```
pub async fn logged_in(auth: &Auth, email: &str) -> Result<Tokens, AuthError> {
    let (client, password) = (ClientInfo::new(), Password::new("correct horse battery staple")?);
    let (name, locale) = (String::new(), None);
    let new = Registration { email: email.to_owned(), password: password.clone(), name, locale };
    auth.register(new, &client).await?;
    auth.log_in(email, &password, &client).await
}

/// What a mail's link carries, if it has one.
pub fn token(mail: &Mail) -> Option<&OpaqueToken> {
    match mail {
        Mail::VerifyEmail { token, .. }
        | Mail::ChangeEmail { token, .. }
        | Mail::ResetPassword { token, .. }
        | Mail::Invitation { token, .. } => Some(token),
        Mail::AlreadyRegistered { .. } | Mail::EmailChanged { .. } | Mail::PasswordChanged { .. } => None,
    }
}

/// Keeps the mails it is given.
#[derive(Debug)]
pub struct MemoryMailer {
    kept: watch::Sender<Vec<Mail>>,
    broken: AtomicBool,
}

impl MemoryMailer {
    /// Without any mail.
    ///
    /// ```
    /// let mailer = invoice_auth::testing::MemoryMailer::new();
    /// assert!(mailer.mails().is_empty());
    /// ```
    pub fn new() -> Self {
        Self { kept: watch::Sender::new(Vec::new()), broken: AtomicBool::new(false) }
    }

    /// Refuses every mail from now on, or takes them again.
    pub fn break_down(&self, broken: bool) {
        self.broken.store(broken, Ordering::SeqCst);
    }

    /// All mails that were not taken out, the oldest first.
    pub fn mails(&self) -> Vec<Mail> {
        self.kept.borrow().clone()
    }

    /// The newest to this address, as it is shown.
    pub fn last_to(&self, address: &str) -> Option<Mail> {
        self.kept.borrow().iter().rev().find(|mail| mail.to().shown() == address).cloned()
    }

    /// Takes out the oldest mail to this address, and waits for it if it has not come yet: many are sent in the
    /// background.
    ///
    /// # Panics
    ///
    /// If none has come after ten seconds.
    pub async fn next_to(&self, address: &str) -> Mail {
        let mut changes = self.kept.subscribe();
        let arrival = async {
            loop {
                let mut found = None;
                self.kept.send_if_modified(|kept| {
                    let place = kept.iter().position(|mail| mail.to().shown() == address);
                    found = place.map(|place| kept.remove(place));
                    found.is_some()
                });
                match found {
                    Some(mail) => return mail,
                    None if changes.changed().await.is_err() => std::future::pending::<()>().await,
                    None => {}
                }
            }
        };
        let Ok(mail) = tokio::time::timeout(PATIENCE, arrival).await else {
            panic!("no mail to {address} within {} s", PATIENCE.as_secs());
        };
        mail
    }
}

impl Default for MemoryMailer {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Mailer for MemoryMailer {
    async fn send(&self, mail: Mail) -> Result<(), MailError> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(MailError::new(std::io::Error::other("the mailer is broken")));
        }
        self.kept.send_modify(|kept| kept.push(mail));
        Ok(())
    }
}

/// Carries notices between engines of one test, as if each were a process of its own, and remembers them.
#[derive(Default)]
pub struct Notices {
    told: Mutex<Vec<Notice>>,
    listeners: Mutex<Vec<(usize, Listener)>>,
}

impl Notices {
    /// With nobody listening yet.
    ///
    /// ```
    /// use invoice_auth::testing::Notices;
    ///
    /// let notices = Notices::new();
    /// let (one, other) = (notices.process(1), notices.process(2));
    /// # let _ = (one, other);
    /// assert!(notices.told().is_empty());
    /// ```
    pub fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }

    /// What the process of this number tells, all others hear.
    pub fn process(self: &Arc<Self>, number: usize) -> Arc<dyn Broadcast> {
        Arc::new(Process { notices: self.clone(), number })
    }

    /// What was told until now.
    pub fn told(&self) -> Vec<Notice> {
        lock(&self.told).clone()
    }
}

struct Process {
    notices: Arc<Notices>,
    number: usize,
}

#[async_trait]
impl Broadcast for Process {
    async fn tell(&self, notice: &Notice) {
        lock(&self.notices.told).push(notice.clone());
        for (number, listener) in lock(&self.notices.listeners).iter() {
            if *number != self.number {
                listener(notice);
            }
        }
    }

    fn subscribe(&self, listener: Listener) {
        lock(&self.notices.listeners).push((self.number, listener));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use crate::email::email_address;

    use super::*;

    fn mail(to: &str) -> Mail {
        Mail::PasswordChanged { to: email_address(to).unwrap(), locale: None }
    }

    #[tokio::test]
    async fn a_mail_that_comes_later_is_waited_for_and_taken_once() {
        let mailer = Arc::new(MemoryMailer::new());
        let sender = mailer.clone();
        let waiting = tokio::spawn(async move { mailer.next_to("b@x.org").await.to().shown().to_owned() });
        for to in ["a@x.org", "b@x.org"] {
            sender.send(mail(to)).await.unwrap();
        }
        assert_eq!(waiting.await.unwrap(), "b@x.org");
        assert!(sender.last_to("b@x.org").is_none() && sender.last_to("a@x.org").is_some());
        sender.break_down(true);
        assert!(sender.send(mail("b@x.org")).await.is_err());
    }

    #[tokio::test]
    async fn others_hear_what_a_process_tells_and_it_does_not_hear_itself() {
        let notices = Notices::new();
        let heard = [(); 2].map(|()| Arc::new(AtomicBool::new(false)));
        let processes = [1, 2].map(|number| notices.process(number));
        for (process, heard) in processes.iter().zip(&heard) {
            let heard = heard.clone();
            process.subscribe(Box::new(move |_| heard.store(true, Ordering::SeqCst)));
        }
        processes[0].tell(&Notice::Keys).await;
        assert_eq!(heard.map(|heard| heard.load(Ordering::SeqCst)), [false, true]);
        assert_eq!(notices.told(), [Notice::Keys]);
    }
}
