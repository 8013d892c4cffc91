//! Random input for the parser: nothing panics, and nothing but the valid token is taken.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::forge::{encode, text};
use super::world::World;
use crate::client::ClientInfo;
use crate::settings::TokenMode;
use crate::token::{NoClaims, read_token};

const RUNS: u32 = 100_000;

/// The same input in every run.
fn runner(cases: u32) -> TestRunner {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[42; 32]);
    TestRunner::new_with_rng(Config { cases, failure_persistence: None, ..Config::default() }, rng)
}

/// A change to a text: some of it cut out, something put in its place.
fn change() -> impl Strategy<Value = (prop::sample::Index, usize, String)> {
    let piece = prop_oneof![
        Just(String::new()),
        "[A-Za-z0-9_.=+/ -]{1,4}",
        r#"[\[\]{}",:\\eE0-9.u+-]{1,6}"#,
        Just("\\ud800".to_owned()),
        Just("[[[[[[[[[[[[[[[[[[[[".to_owned()),
        Just("{\"exp\":1,\"exp\":2}".to_owned()),
        any::<char>().prop_map(String::from),
    ];
    (any::<prop::sample::Index>(), 0..4_usize, piece)
}

fn changed(text: &str, changes: &[(prop::sample::Index, usize, String)]) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for (at, cut, put) in changes {
        let at = at.index(characters.len() + 1);
        let end = (at + cut).min(characters.len());
        characters.splice(at..end, put.chars());
    }
    characters.into_iter().collect()
}

/// A token of the deployment that the parser is asked for, as header, claims and text.
async fn genuine() -> (String, String, String) {
    let world = World::new(TokenMode::EdDsa).await;
    let forge = super::forge::Forge::new(&world).await;
    read_token(&forge.genuine).unwrap();
    (text(&forge.header), text(&forge.payload), forge.genuine)
}

#[tokio::test]
async fn a_hundred_thousand_changed_tokens_are_read_or_refused() {
    let (header, payload, token) = genuine().await;
    let changes = || prop::collection::vec(change(), 0..4);
    let tokens = prop_oneof![
        changes().prop_map(move |changes| changed(&token, &changes)),
        (changes(), changes()).prop_map(move |(of_header, of_payload)| {
            let (header, payload) = (changed(&header, &of_header), changed(&payload, &of_payload));
            format!("{}.{}.AAAA", encode(header), encode(payload))
        }),
        "[A-Za-z0-9_=.-]{0,200}",
        any::<String>(),
        (any::<Vec<u8>>(), any::<Vec<u8>>()).prop_map(|(header, payload)| format!(
            "{}.{}.",
            encode(header),
            encode(payload)
        )),
    ];
    let (mut read, mut refused) = (0, 0);
    let counts = std::cell::RefCell::new((&mut read, &mut refused));
    runner(RUNS)
        .run(&tokens, |token| {
            let (read, refused) = &mut *counts.borrow_mut();
            **(if read_token(&token).is_ok() { read } else { refused }) += 1;
            Ok(())
        })
        .unwrap();
    // Both happen often, or the input is of no use.
    assert!(read > 5_000 && refused > 50_000, "{read} read, {refused} refused");
}

#[test]
fn no_changed_token_is_taken() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let world = runtime.block_on(World::new(TokenMode::EdDsa));
    let (desk, token) = (world.desk(), runtime.block_on(world.token()));
    let changes = prop::collection::vec(change(), 1..4).prop_map(|changes| changed(&token, &changes));
    runner(5_000)
        .run(&changes, |other| {
            let found = desk.authenticate::<NoClaims>(&other, ClientInfo::new());
            prop_assert_eq!(runtime.block_on(found).is_ok(), other == token);
            Ok(())
        })
        .unwrap();
}
