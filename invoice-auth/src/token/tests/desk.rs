use std::sync::Arc;
use std::time::Duration;

use invoice_core::Role;
use invoice_core::identity::{IdentityWrite, Membership, Team};
use invoice_core::ports::Clock as _;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::forge::{Forge, text};
use super::world::{Always, World};
use crate::caller::Authenticated;
use crate::client::ClientInfo;
use crate::error::AuthError;
use crate::settings::{Settings, TokenMode};
use crate::token::{NoClaims, TokenDesk, TokenError};

const MODES: [TokenMode; 3] = [TokenMode::EdDsa, TokenMode::Es256, TokenMode::Derived];

async fn who(desk: &TokenDesk, token: &str) -> Result<Authenticated<NoClaims>, TokenError> {
    desk.authenticate(token, ClientInfo::new()).await
}

async fn refused(desk: &TokenDesk, token: &str) -> &'static str {
    who(desk, token).await.unwrap_err().code()
}

fn settings() -> Settings {
    Settings::new("https://bills.example", "bills")
}

#[tokio::test]
async fn a_token_tells_who_holds_it_in_every_mode() {
    for mode in MODES {
        let world = World::new(mode).await;
        let desk = world.desk();
        let issued = desk.issue(&world.ada, 1).await.unwrap();
        let client = ClientInfo::new().with_user_agent("curl/8");
        let found: Authenticated<NoClaims> =
            desk.authenticate(issued.expose(), client.clone()).await.unwrap();
        let caller = found.caller();
        assert_eq!((caller.user_id(), caller.session_id()), (world.ada.user(), Some(world.ada.id())));
        assert_eq!((caller.team(), caller.role()), (Some(world.team), Some(Role::Accountant)));
        assert_eq!((caller.client(), found.expires_at()), (&client, Some(issued.expires_at())));
        assert_eq!(issued.expires_at(), world.clock.now().plus_millis(15 * 60 * 1_000));
        assert!(!format!("{issued:?}").contains(issued.expose()));
    }
}

#[tokio::test]
async fn a_token_says_what_it_is_to_say_and_nothing_of_the_person() {
    let world = World::new(TokenMode::EdDsa).await;
    let forge = Forge::new(&world).await;
    assert_eq!(forge.header["typ"], "at+jwt");
    assert_eq!(forge.header["alg"], "EdDSA");
    assert_eq!(forge.header["kid"], forge.signer.kid().as_str());
    let mut names: Vec<_> = forge.payload.keys().map(String::as_str).collect();
    names.sort_unstable();
    let known = ["aud", "client_id", "exp", "iat", "iss", "jti", "sid", "sub", "sv", "team", "uv"];
    assert_eq!(names, known);
    assert_eq!(forge.payload["exp"], json!(forge.now + 900));
}

#[tokio::test]
async fn what_the_rfcs_leave_open_is_taken() {
    let world = World::new(TokenMode::EdDsa).await;
    let (forge, desk) = (Forge::new(&world).await, world.desk());
    for token in [
        forge.heading("typ", json!("application/at+jwt")),
        forge.heading("typ", json!("AT+JWT")),
        forge.claiming("aud", json!(["payroll", "bills"])),
        forge.claiming("nbf", json!(forge.now + 30)),
        forge.claiming("iat", json!(forge.now + 30)),
        forge.claiming("exp", json!(forge.now - 29)),
        forge.claiming("team", json!(null)),
        forge.claiming("scope", json!({"of": ["later", 1.5e3, null]})),
        forge.claiming("app", json!({})),
        forge.sign(&text(&forge.header), &format!("\r\n {}\t", text(&forge.payload))),
        forge.heading("kid", json!(forge.signer.kid().as_str())),
    ] {
        who(&desk, &token).await.unwrap();
    }
}

#[tokio::test]
async fn every_claim_that_is_required_is_missed_and_every_other_type_refused() {
    let world = World::new(TokenMode::EdDsa).await;
    let (forge, desk) = (Forge::new(&world).await, world.desk());
    for claim in ["iss", "aud", "sub", "client_id", "iat", "exp", "jti", "sid", "sv", "uv"] {
        assert_eq!(refused(&desk, &forge.claiming(claim, json!(null))).await, "missing_claim", "{claim}");
    }
    for claim in
        ["iss", "aud", "sub", "client_id", "iat", "exp", "nbf", "jti", "sid", "sv", "uv", "team", "app"]
    {
        for other in [json!(true), json!(-1), json!(1.5), json!({"a": {"b": 1}}), json!("")] {
            if claim == "app" && other.is_object() {
                continue;
            }
            let refusal = who(&desk, &forge.claiming(claim, other.clone())).await.unwrap_err();
            let soundly = matches!(
                refusal,
                TokenError::MalformedClaim(_)
                    | TokenError::Issuer
                    | TokenError::Audience
                    | TokenError::Client
            );
            assert!(soundly, "{claim}: {other}: {refusal:?}");
        }
    }
    for (claim, huge) in [("sv", json!(u64::from(u32::MAX) + 1)), ("jti", json!("j".repeat(129)))] {
        assert_eq!(refused(&desk, &forge.claiming(claim, huge)).await, "malformed_claim");
    }
}

#[tokio::test]
async fn what_is_no_token_at_all_is_refused() {
    let world = World::new(TokenMode::EdDsa).await;
    let desk = world.desk();
    let refresh = format!("ivr_{}", "A".repeat(86));
    for (text, code) in [
        ("", "parts"),
        (".", "parts"),
        ("..", "header_syntax"),
        ("a.b", "parts"),
        ("a.b.c", "encoding"),
        (refresh.as_str(), "parts"),
        ("Bearer a.b.c", "encoding"),
        ("\u{1f511}.\u{1f511}.\u{1f511}", "encoding"),
        ("e30.e30.", "type"),
        ("bnVsbA.e30.", "header_syntax"),
        ("_w.e30.", "header_syntax"),
    ] {
        assert_eq!(refused(&desk, text).await, code, "{text}");
    }
}

#[tokio::test]
async fn a_token_of_another_mode_is_refused() {
    for mode in MODES {
        let world = World::new(mode).await;
        for other in MODES.into_iter().filter(|other| *other != mode) {
            let token = World::new(other).await.token().await;
            assert_eq!(refused(&world.desk(), &token).await, "unknown_key", "{other:?} in {mode:?}");
        }
    }
}

#[tokio::test]
async fn a_token_is_good_until_its_time_and_the_leeway_are_over_remembered_or_not() {
    for tokens in [0, 100] {
        for mode in MODES {
            let world = World::with(settings().mode(mode).cached(100, tokens)).await;
            let (desk, token) = (world.desk(), world.token().await);
            for millis in [0, 899_999, 1, 29_999] {
                world.clock.advance_millis(millis);
                who(&desk, &token).await.unwrap();
            }
            world.clock.advance_millis(1);
            assert_eq!(refused(&desk, &token).await, "expired");
        }
    }
}

/// Ada's team and her place in it.
async fn place(world: &World) -> (Team, Membership) {
    let teams = world.ports().teams;
    let membership = teams.membership(world.team, world.ada.user()).await.unwrap().unwrap();
    (teams.team(world.team).await.unwrap().unwrap(), membership)
}

#[tokio::test]
async fn a_remembered_token_is_held_against_its_session_every_time() {
    for mode in MODES {
        let world = World::new(mode).await;
        let (desk, token) = (world.desk(), world.token().await);
        who(&desk, &token).await.unwrap();

        let (team, membership) = place(&world).await;
        world.commit(world.make.change().update(team).update(membership.with_role(Role::Owner))).await;
        assert_eq!(who(&desk, &token).await.unwrap().caller().role(), Some(Role::Owner));

        let (team, membership) = place(&world).await;
        world.commit(world.make.change().update(team).delete(membership)).await;
        assert_eq!(refused(&desk, &token).await, "not_in_team");
        let found = desk.identify(&token, ClientInfo::new()).await.unwrap();
        assert_eq!((found.user_id(), found.team(), found.role()), (world.ada.user(), None, None));

        let user = world.ports().users.user(world.ada.user()).await.unwrap().unwrap();
        world.commit(world.make.change().update(user.with_next_uv())).await;
        assert_eq!(refused(&desk, &token).await, "user_epoch");
        assert!(desk.identify(&token, ClientInfo::new()).await.is_err());

        let next = world.ada.clone().with_next_sv();
        world.commit(world.make.change().update(next)).await;
        assert_eq!(refused(&desk, &token).await, "session_version");
    }
}

#[tokio::test]
async fn logging_out_ends_a_token_at_once_and_destroys_a_derived_key() {
    for (mode, code) in [(TokenMode::EdDsa, "revoked"), (TokenMode::Derived, "signature")] {
        let world = World::new(mode).await;
        let (desk, token) = (world.desk(), world.token().await);
        who(&desk, &token).await.unwrap();
        let ended = world.ada.clone().revoked(world.clock.now());
        world.commit(world.make.change().update(ended)).await;
        assert_eq!(refused(&desk, &token).await, code);
    }
}

#[tokio::test]
async fn a_remembered_token_is_refused_once_its_key_is_revoked() {
    for mode in MODES {
        let world = World::new(mode).await;
        let (desk, forge) = (world.desk(), Forge::new(&world).await);
        who(&desk, &forge.genuine).await.unwrap();
        world.ring.revoke(forge.signer.kid(), None).await.unwrap();
        assert_eq!(refused(&desk, &forge.genuine).await, "unknown_key", "{mode:?}");
        who(&desk, &world.token().await).await.unwrap();
    }
}

#[tokio::test]
async fn a_token_ends_with_its_session_at_the_latest() {
    let world = World::new(TokenMode::EdDsa).await;
    world.clock.set(world.ada.idle_expires_at().plus_millis(-5_000));
    let issued = world.desk().issue(&world.ada, 1).await.unwrap();
    assert_eq!(issued.expires_at(), world.ada.idle_expires_at());
}

#[derive(Debug, PartialEq, Deserialize)]
struct Plan {
    plan: String,
    seats: u32,
}

fn app(value: Value) -> Map<String, Value> {
    serde_json::from_value(value).unwrap()
}

#[tokio::test]
async fn the_applications_claims_come_back_as_its_own_type() {
    for mode in MODES {
        let mut world = World::new(mode).await;
        world.claims =
            Some(Arc::new(Always(app(json!({"plan": "gr\u{fc}n", "seats": 7, "sub": "nobody", "exp": 0})))));
        let (desk, token) = (world.desk(), world.token().await);
        for _ in 0..2 {
            let found: Authenticated<Plan> = desk.authenticate(&token, ClientInfo::new()).await.unwrap();
            assert_eq!(found.claims(), &Plan { plan: "gr\u{fc}n".to_owned(), seats: 7 });
            assert_eq!(found.caller().user_id(), world.ada.user());
        }
        who(&desk, &token).await.unwrap();
    }
}

#[tokio::test]
async fn without_claims_of_the_applications_an_empty_object_is_read() {
    let mut world = World::new(TokenMode::EdDsa).await;
    world.claims = Some(Arc::new(Always(Map::new())));
    let (desk, token) = (world.desk(), world.token().await);
    who(&desk, &token).await.unwrap();
    let refusal = desk.authenticate::<Plan>(&token, ClientInfo::new()).await.unwrap_err();
    assert_eq!(refusal.code(), "app_claims");
}

#[tokio::test]
async fn claims_that_would_never_be_taken_are_not_issued() {
    let mut deep = json!({});
    for _ in 0..15 {
        deep = json!({ "a": deep });
    }
    let many: Map<String, Value> = (0..129).map(|n| (n.to_string(), json!(0))).collect();
    for refused in [json!({"a": "x".repeat(2_041)}), deep, json!(many)] {
        let mut world = World::new(TokenMode::EdDsa).await;
        world.claims = Some(Arc::new(Always(app(refused))));
        let refusal = world.desk().issue(&world.ada, 1).await.unwrap_err();
        let AuthError::Invalid(violations) = refusal else { panic!("{refusal:?}") };
        assert_eq!(violations.iter().next().unwrap().pointer(), "/app");
    }
}

#[tokio::test]
async fn the_largest_token_there_can_be_is_taken() {
    let (issuer, audience) = ("\"".repeat(500), "\\".repeat(500));
    let mut world = World::with(Settings::new(issuer, audience)).await;
    world.claims = Some(Arc::new(Always(app(json!({"a": "x".repeat(2_040)})))));
    let token = world.token().await;
    assert!((6_000..=8_192).contains(&token.len()), "{}", token.len());
    who(&world.desk(), &token).await.unwrap();
}

#[tokio::test]
async fn no_two_tokens_are_alike() {
    let world = World::with(settings().access_ttl(Duration::from_mins(1))).await;
    assert_ne!(world.token().await, world.token().await);
}

#[tokio::test]
async fn a_session_that_was_deleted_is_unknown() {
    let world = World::new(TokenMode::EdDsa).await;
    let (desk, token) = (world.desk(), world.token().await);
    let mut change = world.make.change();
    change.writes.push(IdentityWrite::delete(world.ada.clone()));
    world.commit(change).await;
    assert_eq!(refused(&desk, &token).await, "unknown_session");
}
