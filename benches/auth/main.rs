//! `cargo xtask bench auth`: who holds an access token, beside the bare check of its signature.
#![expect(clippy::expect_used, reason = "a benchmark whose input is wrong says so and ends")]

mod world;

use std::hint::black_box;

use criterion::{BatchSize, Criterion};
use invoice_auth::TokenMode;
use invoice_benches::paired::permille;
use jsonwebtoken::crypto::{sign, verify};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};

use world::World;

const MODES: [(&str, TokenMode); 3] =
    [("EdDSA", TokenMode::EdDsa), ("ES256", TokenMode::Es256), ("derived", TokenMode::Derived)];

/// Room for verified tokens: none, or enough.
const OFF: u64 = 0;
const ON: u64 = 1_000;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    for (name, mode) in MODES {
        times(&mut criterion, name, mode);
    }
    criterion.final_summary();
    // Without the first, cargo only checks that everything runs; with the second, somebody profiles one of the above.
    let asked = |flag| std::env::args().any(|arg| arg == flag);
    if asked("--bench") && !asked("--profile-time") {
        ratios();
    }
}

fn world(mode: TokenMode, cached_tokens: u64) -> World {
    World::new(mode, cached_tokens).expect("a deployment can be made")
}

/// The check of the signature alone, with a key that was read before: no claims, no session.
struct Bare {
    key: DecodingKey,
    algorithm: Algorithm,
    signed: String,
    signature: String,
}

impl Bare {
    fn new(world: &World, mode: TokenMode) -> Self {
        let token = world.tokens.access.expose();
        let (signed, signature) = token.rsplit_once('.').expect("a token has parts");
        let (algorithm, secret) = (Algorithm::HS256, [7; 32]);
        if mode == TokenMode::Derived {
            // Nobody but the deployment has the session's key: the same text under another one.
            let signature = sign(signed.as_bytes(), &EncodingKey::from_secret(&secret), algorithm);
            let signature = signature.expect("a secret signs");
            return Self {
                key: DecodingKey::from_secret(&secret),
                algorithm,
                signed: signed.to_owned(),
                signature,
            };
        }
        let algorithm = if mode == TokenMode::EdDsa { Algorithm::EdDSA } else { Algorithm::ES256 };
        let key =
            DecodingKey::from_jwk(&world.public_key().expect("a key is published")).expect("it can be read");
        Self { key, algorithm, signed: signed.to_owned(), signature: signature.to_owned() }
    }

    fn check(&self) -> bool {
        let valid = verify(&self.signature, black_box(self.signed.as_bytes()), &self.key, self.algorithm);
        assert_eq!(valid.ok(), Some(true));
        true
    }
}

fn times(criterion: &mut Criterion, name: &str, mode: TokenMode) {
    let mut group = criterion.benchmark_group(name);
    let (without, with) = (world(mode, OFF), world(mode, ON));
    let bare = Bare::new(&without, mode);
    group.bench_function("bare signature", |b| b.iter(|| bare.check()));
    group.bench_function("authenticate", |b| b.iter(|| without.authenticate().expect("the token is valid")));
    group.bench_function("authenticate, token remembered", |b| {
        b.iter(|| with.authenticate().expect("the token is valid"));
    });
    group.bench_function("issue", |b| b.iter(|| without.issue().expect("a token is issued")));
    group.bench_function("refresh", |b| {
        let mut world = world(mode, OFF);
        b.iter_batched(|| (), |()| world.refresh().expect("the token is exchanged"), BatchSize::SmallInput);
    });
    group.finish();
}

/// Measured turn by turn, as rows of a table.
fn ratios() {
    println!("\n| keys | authenticate ÷ bare signature | bare signature ÷ authenticate, token remembered |");
    println!("| --- | ---: | ---: |");
    for (name, mode) in MODES {
        let (without, with) = (world(mode, OFF), world(mode, ON));
        let bare = Bare::new(&without, mode);
        let slower = permille(|| without.authenticate().expect("the token is valid"), || bare.check());
        let faster = permille(|| bare.check(), || with.authenticate().expect("the token is valid"));
        let ratio = |permille: u128| format!("{}.{:02}", permille / 1_000, permille % 1_000 / 10);
        println!("| {name} | {} | {} |", ratio(slower), ratio(faster));
    }
}
