//! Outside a runtime of tokio: an answer that says so, and no panic.

#![allow(clippy::unwrap_used, reason = "a test says it by panicking")]

mod common;

use std::sync::Arc;

use futures::FutureExt as _;
use invoice_auth::redis::{RedisBroadcast, RedisThrottle};
use invoice_auth::testing::settings;
use invoice_auth::{
    Auth, AuthError, Broadcast as _, MasterKey, NoClaims, NoMailer, Notice, Registration, Throttle as _,
    ThrottleKey,
};
use invoice_core::identity::Fingerprint;
use invoice_core::system::SystemClock;
use tokio::runtime::Runtime;

use common::{PASSWORD, World, address, client, secret};

/// What comes of it outside a runtime, where a store in memory keeps nobody waiting.
fn block_on<F: Future>(work: F) -> F::Output {
    work.now_or_never().unwrap()
}

fn needs_one<T>(answer: &Result<T, AuthError>) -> bool {
    matches!(answer, Err(AuthError::NoRuntime))
}

#[test]
fn an_engine_is_not_built_where_it_could_not_work() {
    let builder = Auth::builder(
        common::stores::in_memory(),
        MasterKey::from_bytes([7; 32]),
        settings(),
        Arc::new(NoMailer),
    );
    assert!(needs_one(&block_on(builder.build())));
}

#[test]
fn what_takes_a_runtime_says_so_and_writes_nothing() {
    let runtime = Runtime::new().unwrap();
    let (world, tokens, caller) = runtime.block_on(async {
        let world = World::on(common::stores::in_memory()).await;
        let tokens = world.person("ada").await;
        let caller = world.caller(&tokens).await;
        (world, tokens, caller)
    });
    block_on(async {
        let auth = &world.auth;
        let new = Registration {
            email: address("bob"),
            password: secret(PASSWORD),
            name: String::new(),
            locale: None,
        };
        assert!(needs_one(&auth.register(new, &client()).await));
        assert!(needs_one(&world.log_in("ada", PASSWORD).await));
        assert!(needs_one(&auth.request_password_reset(&address("ada"), &client()).await));
        assert!(needs_one(&auth.log_out(&caller).await));
        assert!(needs_one(&auth.log_out_everywhere(&caller).await));
        // Nothing is written but that the session was seen, which is left; who calls is known all the same.
        world.clock.advance_millis(common::MINUTE);
        assert!(auth.authenticate::<NoClaims>(tokens.access.expose(), client()).await.is_ok());
    });
    assert!(runtime.block_on(world.is_in(&tokens)), "the session goes on");
}

#[test]
fn redis_is_not_opened_and_one_that_was_is_done_without() {
    let (url, master) = ("redis://127.0.0.1:1", MasterKey::from_bytes([7; 32]));
    assert!(needs_one(&block_on(RedisBroadcast::open(url, &master))));
    assert!(needs_one(&block_on(RedisThrottle::open(url, &master, Arc::new(SystemClock)))));

    let runtime = Runtime::new().unwrap();
    let broadcast = runtime.block_on(RedisBroadcast::open(url, &master)).unwrap();
    let throttle = runtime.block_on(RedisThrottle::open(url, &master, Arc::new(SystemClock))).unwrap();
    block_on(broadcast.tell(&Notice::Keys));
    let keys = ThrottleKey::of_mail(Fingerprint::new([7; 32]));
    let answers: Vec<_> = (0..6).map(|_| block_on(throttle.attempt(&keys)).is_ok()).collect();
    assert_eq!(answers, [true, true, true, true, true, false], "counted in this process");
}
