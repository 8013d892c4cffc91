//! Mails for which nobody waits.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;

use async_trait::async_trait;
use invoice_auth::testing::settings;
use invoice_auth::{Auth, AuthError, Mail, MailError, Mailer, MasterKey, NoClaims};
use tokio::sync::Semaphore;

use crate::common::stores::in_memory;
use crate::common::{PASSWORD, address, client, registration, secret};
use crate::logs::Log;

/// Takes no mail before it is opened.
struct Slow {
    gate: Semaphore,
    now: AtomicUsize,
    most: AtomicUsize,
    taken: Semaphore,
}

impl Slow {
    fn new() -> Arc<Self> {
        let (gate, taken) = (Semaphore::new(0), Semaphore::new(0));
        Arc::new(Self { gate, now: AtomicUsize::new(0), most: AtomicUsize::new(0), taken })
    }

    /// Takes so many mails from now on; they have come when this is over.
    async fn take(&self, mails: u32) {
        self.gate.add_permits(mails as usize);
        let all = self.taken.acquire_many(mails);
        let all = tokio::time::timeout(std::time::Duration::from_secs(10), all).await;
        all.unwrap().unwrap().forget();
    }
}

#[async_trait]
impl Mailer for Slow {
    async fn send(&self, _mail: Mail) -> Result<(), MailError> {
        self.most.fetch_max(self.now.fetch_add(1, SeqCst) + 1, SeqCst);
        self.gate.acquire().await.unwrap().forget();
        self.now.fetch_sub(1, SeqCst);
        self.taken.add_permits(1);
        Ok(())
    }
}

async fn deployed(mailer: &Arc<Slow>, at_once: usize, waiting: usize) -> Auth {
    let settings = settings().background_mails(at_once, waiting);
    let master = MasterKey::from_bytes([7; 32]);
    Auth::builder(in_memory(), master, settings, mailer.clone()).build().await.unwrap()
}

async fn register(auth: &Auth, name: &str) {
    auth.register(registration(&address(name)), &client()).await.unwrap();
}

#[tokio::test]
async fn a_slow_mailer_is_given_a_few_mails_at_once_and_the_others_wait() {
    let mailer = Slow::new();
    let auth = deployed(&mailer, 2, 4).await;
    for name in ["a", "b", "c", "d", "e", "f"] {
        register(&auth, name).await;
    }
    mailer.take(6).await;
    assert_eq!(mailer.most.load(SeqCst), 2);
}

#[tokio::test]
async fn mails_beyond_those_that_may_wait_are_dropped_and_logged_without_their_address() {
    let log = Log::default();
    let _here = tracing::subscriber::set_default(log.clone());
    let mailer = Slow::new();
    let auth = deployed(&mailer, 1, 1).await;
    register(&auth, "ada").await;
    register(&auth, "bob").await;
    assert!(!log.text().contains("dropped"), "{}", log.text());
    register(&auth, "eve").await;
    let text = log.text();
    assert!(text.contains("dropped") && text.contains("verify_email") && text.contains("usr_"), "{text}");
    assert!(!text.contains("example.org"), "{text}");
    mailer.take(2).await;
    // There is room again, and nothing is left of what was dropped.
    while auth.request_password_reset(&address("eve"), &client()).await.is_err() {
        tokio::task::yield_now().await;
    }
    mailer.take(1).await;
}

#[tokio::test]
async fn a_password_reset_for_which_there_is_no_room_is_refused_and_not_counted() {
    let mailer = Slow::new();
    let auth = deployed(&mailer, 1, 0).await;
    register(&auth, "ada").await;
    for name in ["ada", "nobody"] {
        for _ in 0..10 {
            let answer = auth.request_password_reset(&address(name), &client()).await;
            assert!(matches!(answer, Err(AuthError::Busy)), "{answer:?}");
        }
    }
}

#[tokio::test]
async fn what_strangers_ask_for_does_not_crowd_out_a_warning() {
    let mailer = Slow::new();
    let auth = deployed(&mailer, 1, 0).await;
    register(&auth, "ada").await;
    assert!(matches!(auth.request_password_reset(&address("ada"), &client()).await, Err(AuthError::Busy)));
    let tokens = auth.log_in(&address("ada"), &secret(PASSWORD), &client()).await.unwrap();
    let found = auth.authenticate::<NoClaims>(tokens.access.expose(), client()).await.unwrap();
    let changed = auth.change_password(found.caller(), &secret(PASSWORD), &secret("another one")).await;
    assert!(changed.unwrap().is_some());
    mailer.take(2).await;
}

#[tokio::test(start_paused = true)]
async fn a_mailer_that_never_answers_keeps_its_place_for_a_minute() {
    let mailer = Slow::new();
    let auth = deployed(&mailer, 1, 0).await;
    register(&auth, "ada").await;
    while mailer.now.load(SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    assert!(matches!(auth.request_password_reset(&address("ada"), &client()).await, Err(AuthError::Busy)));
    tokio::time::sleep(std::time::Duration::from_secs(61)).await;
    auth.request_password_reset(&address("ada"), &client()).await.unwrap();
}
