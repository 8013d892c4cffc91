//! `cargo xtask bench enumeration`: whether the time of an answer tells if an address has an account.
//!
//! Of each kind 2,000 requests, known and unknown addresses in random turns, each from a client address of its own.
//! Printed is the AUC: how often a known address takes longer than an unknown one, in percent. 50 tells nothing; 45 to
//! 55 is what we promise of a log-in, hashing as it does by default. The other rows look at the same through a magnifying
//! glass: hashing is cheap there, so that a difference has nothing to hide behind.
//!
//! Before that the same of passwords alone, without a store. Names choose: `cargo xtask bench enumeration -- sqlite`, or
//! `passwords`; beside a store, `default` leaves the magnifying glass out, and `mixed` adds rows of bcrypt to those at full
//! cost, which takes half an hour. `--short` only tries whether everything runs.

#![expect(clippy::expect_used, reason = "a measurement that can't begin says so and ends")]

mod passwords;
mod times;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use invoice_auth::testing::{MemoryMailer, settings};
use invoice_auth::{
    Argon2Params, Auth, AuthError, ClientInfo, MasterKey, Password, PasswordScheme, Registration,
};
use invoice_core::memory::MemoryIdentity;
use invoice_core::ports::identity::IdentityPorts;
use invoice_store_sqlite::SqliteStore;

use crate::times::Times;

/// How kept hashes are made.
#[derive(Clone, Copy)]
enum Rows {
    Argon2,
    Bcrypt,
    /// Half of them each.
    Mixed,
    /// At the cost of a deployment that was told nothing else.
    Default,
    /// Half of them at that cost, half by bcrypt at its own.
    DefaultMixed,
}

/// What is asked of an address.
#[derive(Clone, Copy)]
enum Ask {
    LogIn,
    Register,
    Reset,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let each = if arguments.iter().any(|it| it == "--short") { 50 } else { 2_000 };
    let chosen: Vec<_> = arguments.iter().filter(|it| !it.starts_with('-')).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("there are threads");
    let mut fair = true;
    let is_named = |name: &str| chosen.iter().any(|it| *it == name);
    let is_chosen = |name: &str| chosen.is_empty() || is_named(name);
    let is_promise_alone = is_named("default");
    println!("store   rows      request       AUC %   median known / unknown, µs");
    if is_chosen("passwords") {
        fair &= runtime.block_on(passwords::are_fair(each));
    }
    for store in ["memory", "sqlite"] {
        if !is_chosen(store) {
            continue;
        }
        let cheap = [("argon2", Rows::Argon2), ("bcrypt", Rows::Bcrypt), ("mixed", Rows::Mixed)];
        for (name, rows) in cheap.into_iter().filter(|_| !is_promise_alone) {
            for (what, ask) in [("log in", Ask::LogIn), ("register", Ask::Register), ("reset", Ask::Reset)] {
                let times = runtime.block_on(measured(store, rows, ask, each));
                times.print(&format!("{store:7} {name:9} {what:9}"));
            }
        }
        let mixed = is_named("mixed").then_some(("+ bcrypt", Rows::DefaultMixed));
        for (name, rows) in [("default", Rows::Default)].into_iter().chain(mixed) {
            let times = runtime.block_on(measured(store, rows, Ask::LogIn, each));
            fair &= times.print(&format!("{store:7} {name:9} {:9}", "log in"));
        }
    }
    if fair || each < 2_000 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn measured(store: &str, rows: Rows, ask: Ask, each: usize) -> Times {
    let folder = tempfile::tempdir().expect("a folder");
    let ports = match store {
        "sqlite" => {
            let store = SqliteStore::open(folder.path().join("identities.db")).expect("a new database");
            IdentityPorts::from_store(&Arc::new(store))
        }
        _ => IdentityPorts::from_store(&Arc::new(MemoryIdentity::new())),
    };
    let (argon2, bcrypt) = (PasswordScheme::Argon2id(Argon2Params::cheap()), PasswordScheme::Bcrypt(4));
    let (first, second) = match rows {
        Rows::Argon2 => (argon2, argon2),
        Rows::Bcrypt => (bcrypt, bcrypt),
        Rows::Mixed => (argon2, bcrypt),
        Rows::Default => (PasswordScheme::default(), PasswordScheme::default()),
        Rows::DefaultMixed => (PasswordScheme::default(), PasswordScheme::Bcrypt(12)),
    };
    for (scheme, odd) in [(first, 0), (second, 1)] {
        let auth = deployment(&ports, scheme, scheme).await;
        for n in (0..each).filter(|n| n % 2 == odd) {
            register(&auth, &known(n)).await.expect("a new account");
        }
    }
    let auth = deployment(&ports, first, second).await;
    // Both kinds of rows are met once before it counts, as they would be in any process that is not new.
    for n in 0..each.min(40) {
        asked(&auth, Ask::LogIn, &format!("warm.{}", known(n))).await;
    }
    let mut turns: Vec<(usize, bool)> = (0..each).flat_map(|n| [(n, true), (n, false)]).collect();
    shuffle(&mut turns);
    let mut times = Times::default();
    for (n, is_known) in turns {
        let address = if is_known { known(n) } else { unknown(n) };
        let began = Instant::now();
        asked(&auth, ask, &address).await;
        let took = began.elapsed();
        times.add(is_known, took);
        // What goes on in the background is not to be met by the next request.
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    times
}

async fn deployment(ports: &IdentityPorts, scheme: PasswordScheme, other: PasswordScheme) -> Auth {
    let settings = settings().passwords(scheme, 2).expected_passwords([other]);
    let mailer = Arc::new(MemoryMailer::new());
    let builder = Auth::builder(ports.clone(), MasterKey::from_bytes([7; 32]), settings, mailer);
    builder.build().await.expect("all parts are there")
}

async fn asked(auth: &Auth, ask: Ask, address: &str) {
    match ask {
        Ask::LogIn => {
            let password = Password::new("a wrong password").expect("a password");
            let answer = auth.log_in(address, &password, &a_client()).await;
            assert!(matches!(answer, Err(AuthError::InvalidCredentials)), "{answer:?}");
        }
        Ask::Register => register(auth, address).await.expect("the same answer"),
        Ask::Reset => {
            auth.request_password_reset(address, &a_client()).await.expect("the same answer");
        }
    }
}

async fn register(auth: &Auth, address: &str) -> Result<(), AuthError> {
    let password = Password::new("correct horse battery staple").expect("a password");
    let new = Registration { email: address.to_owned(), password, name: String::new(), locale: None };
    auth.register(new, &a_client()).await
}

/// Somebody who never asked before.
fn a_client() -> ClientInfo {
    let address = std::net::Ipv6Addr::from_bits(uuid::Uuid::new_v4().as_u128());
    ClientInfo::new().with_address(Some(address.into()))
}

/// Addresses of the same length, so that nothing but the account differs.
fn known(n: usize) -> String {
    format!("known{n:06}@example.org")
}

fn unknown(n: usize) -> String {
    format!("other{n:06}@example.org")
}

fn shuffle<T>(items: &mut [T]) {
    for n in (1..items.len()).rev() {
        let random = usize::try_from(uuid::Uuid::new_v4().as_u128() % (n as u128 + 1));
        items.swap(n, random.expect("less than their number"));
    }
}
