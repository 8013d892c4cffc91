//! Attack tokens: each is refused for its cause, and accepted once the one check it is up against is off.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::json;

use super::forge::{CERTIFICATE, Forge, PATH, SQL, URL, encode, signed, text};
use super::world::World;
use crate::client::ClientInfo;
use crate::keys::Signer as _;
use crate::settings::TokenMode;
use crate::token::checklist::Check;
use crate::token::{TokenDesk, TokenError};

/// Its name, the check it is up against, the refusal's code, and how it is made.
pub(super) type Attack = (&'static str, Check, &'static str, fn(&Forge) -> String);

/// What the application reads back.
#[derive(Debug, Deserialize)]
struct App {
    #[expect(dead_code, reason = "only its shape counts")]
    plan: Option<String>,
}

async fn try_on(desk: &TokenDesk, token: &str) -> Result<(), TokenError> {
    desk.authenticate::<App>(token, ClientInfo::new()).await.map(drop)
}

async fn show(world: &World, attacks: &[Attack]) {
    let (forge, mut names) = (Forge::new(world).await, HashSet::new());
    try_on(&world.desk(), &forge.genuine).await.unwrap();
    for (name, off, code, make) in attacks {
        assert!(names.insert(name), "twice: {name}");
        let token = make(&forge);
        let refusal = try_on(&world.desk(), &token).await.expect_err(name);
        assert_eq!(refusal.code(), *code, "{name}");
        let weak = try_on(&world.weak_desk(forge.weakness(*off)), &token).await;
        assert!(weak.is_ok(), "{name}: without {off:?} still {weak:?}");
    }
}

fn all() -> Vec<Attack> {
    [ALGORITHM, HEADER, KEY, TYPE, FORM, JSON, SIGNATURE, INSTANTS, PARTIES, SESSION].concat()
}

#[tokio::test]
async fn every_attack_is_refused_and_gets_through_without_its_check() {
    let world = World::new(TokenMode::EdDsa).await;
    show(&world, &all()).await;
}

#[tokio::test]
async fn the_same_holds_with_derived_keys() {
    show(&World::new(TokenMode::Derived).await, DERIVED).await;
}

#[test]
fn there_are_more_than_a_hundred_attacks_and_none_of_the_checks_is_without() {
    let attacks = [all(), ENDED.to_vec(), DERIVED.to_vec()].concat();
    assert!(attacks.len() > 100, "{}", attacks.len());
    let checks: HashSet<_> = attacks.iter().map(|(_, check, ..)| *check).collect();
    assert_eq!(checks.len(), Check::AppShape as usize + 1);
}

const ALGORITHM: &[Attack] = &[
    ("alg none", Check::Algorithm, "algorithm", |forge| unsecured(forge, "none")),
    ("alg NONE", Check::Algorithm, "algorithm", |forge| unsecured(forge, "NONE")),
    ("alg nOnE", Check::Algorithm, "algorithm", |forge| unsecured(forge, "nOnE")),
    ("HS256 with the raw public key", Check::Algorithm, "algorithm", |forge| forge.hmac(0)),
    ("HS256 with the public key's JWK", Check::Algorithm, "algorithm", |forge| forge.hmac(1)),
    ("HS256 with the public key's PEM", Check::Algorithm, "algorithm", |forge| forge.hmac(2)),
    ("a session's derived key where keys sign", Check::Algorithm, "algorithm", |forge| forge.hmac(3)),
    ("another curve's algorithm", Check::Algorithm, "algorithm", |forge| {
        forge.heading("alg", json!("ES256"))
    }),
    ("a larger curve's algorithm", Check::Algorithm, "algorithm", |forge| {
        forge.heading("alg", json!("ES384"))
    }),
    ("RSA's algorithm", Check::Algorithm, "algorithm", |forge| forge.heading("alg", json!("RS256"))),
    ("RSA-PSS's algorithm", Check::Algorithm, "algorithm", |forge| forge.heading("alg", json!("PS256"))),
    ("a name in another case", Check::Algorithm, "algorithm", |forge| forge.heading("alg", json!("eddsa"))),
    ("a name with a NUL", Check::Algorithm, "algorithm", |forge| forge.heading("alg", json!("EdDSA\0"))),
    ("no algorithm", Check::Algorithm, "algorithm", |forge| forge.heading("alg", json!(null))),
    ("an empty algorithm", Check::Algorithm, "algorithm", |forge| forge.heading("alg", json!(""))),
];

fn unsecured(forge: &Forge, algorithm: &str) -> String {
    format!("{}.{}.", encode(forge.header("alg", json!(algorithm))), encode(text(&forge.payload)))
}

const HEADER: &[Attack] = &[
    ("a key in jwk", Check::HeaderMembers, "header_member", |forge| {
        forge.mallorys("jwk", forge.mallory.public_jwk())
    }),
    ("a key of another curve in jwk", Check::HeaderMembers, "header_member", |forge| {
        let mut header = forge.header.clone();
        header.insert("alg".into(), json!("ES256"));
        header.insert("jwk".into(), forge.curve.public_jwk());
        signed(&forge.curve, &encode(text(&header)), &encode(text(&forge.payload)))
    }),
    ("keys at jku", Check::HeaderMembers, "header_member", |forge| forge.mallorys("jku", json!(URL))),
    ("a certificate at x5u", Check::HeaderMembers, "header_member", |forge| {
        forge.mallorys("x5u", json!(URL))
    }),
    ("a certificate in x5c", Check::HeaderMembers, "header_member", |forge| {
        forge.mallorys("x5c", json!([CERTIFICATE]))
    }),
    ("x5t", Check::HeaderMembers, "header_member", |forge| forge.heading("x5t", json!("AAAA"))),
    ("x5t#S256", Check::HeaderMembers, "header_member", |forge| forge.heading("x5t#S256", json!("AAAA"))),
    ("crit with what nobody understands", Check::HeaderMembers, "header_member", |forge| {
        forge.heading("crit", json!(["http://example.invalid/must"]))
    }),
    ("crit with nothing", Check::HeaderMembers, "header_member", |forge| forge.heading("crit", json!([]))),
    ("crit with a name that is known", Check::HeaderMembers, "header_member", |forge| {
        forge.heading("crit", json!(["exp"]))
    }),
    ("b64 false", Check::HeaderMembers, "header_member", |forge| forge.heading("b64", json!(false))),
    ("b64 true", Check::HeaderMembers, "header_member", |forge| forge.heading("b64", json!(true))),
    ("zip", Check::HeaderMembers, "header_member", |forge| forge.heading("zip", json!("DEF"))),
    ("a nested token by cty", Check::HeaderMembers, "header_member", |forge| {
        forge.heading("cty", json!("JWT"))
    }),
    ("enc of an encrypted token", Check::HeaderMembers, "header_member", |forge| {
        forge.heading("enc", json!("A256GCM"))
    }),
    ("epk of an encrypted token", Check::HeaderMembers, "header_member", |forge| {
        forge.heading("epk", forge.mallory.public_jwk())
    }),
    ("a claim in the header", Check::HeaderMembers, "header_member", |forge| forge.heading("exp", json!(1))),
    ("a member nobody registered", Check::HeaderMembers, "header_member", |forge| {
        forge.heading("role", json!("owner"))
    }),
];

const KEY: &[Attack] = &[
    ("kid as a path", Check::KeyKnown, "unknown_key", |forge| forge.mallorys("kid", json!(PATH))),
    ("kid as an address", Check::KeyKnown, "unknown_key", |forge| forge.mallorys("kid", json!(URL))),
    ("kid of a stranger", Check::KeyKnown, "unknown_key", |forge| {
        forge.mallorys("kid", json!(forge.mallory.kid().as_str()))
    }),
    ("kid of a stranger's other curve", Check::KeyKnown, "unknown_key", |forge| {
        let mut header = forge.header.clone();
        header.insert("alg".into(), json!("ES256"));
        header.insert("kid".into(), json!(forge.curve.kid().as_str()));
        signed(&forge.curve, &encode(text(&header)), &encode(text(&forge.payload)))
    }),
    ("a key that was revoked", Check::KeyKnown, "unknown_key", |forge| {
        let header = forge.header("kid", json!(forge.revoked.kid().as_str()));
        signed(&*forge.revoked, &encode(header), &encode(text(&forge.payload)))
    }),
    ("kid as a query", Check::KeyIdForm, "key_id", |forge| forge.mallorys("kid", json!(SQL))),
    ("kid empty", Check::KeyIdForm, "key_id", |forge| forge.mallorys("kid", json!(""))),
    ("kid missing", Check::KeyIdForm, "key_id", |forge| forge.mallorys("kid", json!(null))),
    ("kid too long", Check::KeyIdForm, "key_id", |forge| forge.mallorys("kid", json!("k".repeat(129)))),
    ("kid in two lines", Check::KeyIdForm, "key_id", |forge| forge.mallorys("kid", json!("a\nb"))),
];

const TYPE: &[Attack] = &[
    ("no type", Check::Type, "type", |forge| forge.heading("typ", json!(null))),
    ("typ JWT", Check::Type, "type", |forge| forge.heading("typ", json!("JWT"))),
    ("typ empty", Check::Type, "type", |forge| forge.heading("typ", json!(""))),
    ("typ with a parameter", Check::Type, "type", |forge| forge.heading("typ", json!("at+jwt; v=1"))),
    ("typ that begins alike", Check::Type, "type", |forge| forge.heading("typ", json!("at+jwt+x"))),
    ("a log-out token", Check::Type, "type", |forge| forge.heading("typ", json!("logout+jwt"))),
    ("a refresh token of the same key", Check::Type, "type", |forge| forge.heading("typ", json!("rt+jwt"))),
    ("an ID token as access token", Check::Type, "type", |forge| {
        let mut claims = forge.payload.clone();
        claims.insert("nonce".into(), json!("n-0S6_WzA2Mj"));
        claims.insert("auth_time".into(), json!(forge.now));
        forge.sign(&forge.header("typ", json!("JWT")), &text(&claims))
    }),
];

const FORM: &[Attack] = &[
    ("too long", Check::Size, "too_long", |forge| forge.claiming("x", json!("x".repeat(7_000)))),
    ("a fourth part", Check::ThreeParts, "parts", |forge| format!("{}.x", forge.genuine)),
    ("a fifth part", Check::ThreeParts, "parts", |forge| format!("{}..x", forge.genuine)),
    ("a dot at the end", Check::ThreeParts, "parts", |forge| format!("{}.", forge.genuine)),
    ("a second token behind", Check::ThreeParts, "parts", |forge| format!("{0}.{0}", forge.genuine)),
    ("padding", Check::StrictBase64, "encoding", |forge| format!("{}==", forge.genuine)),
    ("a line break at the end", Check::StrictBase64, "encoding", |forge| format!("{}\n", forge.genuine)),
    ("a space before", Check::StrictBase64, "encoding", |forge| {
        forge.sign_encoded(&format!(" {}", encode(text(&forge.header))), &encode(text(&forge.payload)))
    }),
    ("a padded payload", Check::StrictBase64, "encoding", |forge| {
        let mut payload = encode(text(&forge.payload) + " ");
        while payload.len().is_multiple_of(4) {
            payload = encode(text(&forge.payload) + "  ");
        }
        forge.sign_encoded(&encode(text(&forge.header)), &format!("{payload}="))
    }),
    ("line breaks in the payload", Check::StrictBase64, "encoding", |forge| {
        let mut payload = encode(text(&forge.payload));
        payload.insert_str(76, "\r\n");
        forge.sign_encoded(&encode(text(&forge.header)), &payload)
    }),
    ("stray bits at the end", Check::StrictBase64, "encoding", |forge| {
        // Of 64 bytes the last character carries two bits.
        let (most, last) = forge.genuine.split_at(forge.genuine.len() - 1);
        let next = char::from(last.as_bytes()[0] + 1);
        format!("{most}{next}")
    }),
    ("the other alphabet", Check::StrictBase64, "encoding", |forge| {
        let header = forge.header("kid", json!(forge.kid().as_str())).replace("at+jwt", "at\\u002bjwt");
        let other = |text: String| encode(text).replace('-', "+").replace('_', "/");
        let payload = other(forge.claims("x", json!("\u{3ff}\u{3bf}?>\u{3ff}\u{3bf}?>\u{3ff}\u{3bf}?>")));
        assert!(payload.contains(['+', '/']));
        forge.sign_encoded(&encode(header), &payload)
    }),
];

const JSON: &[Attack] = &[
    ("data behind the header", Check::HeaderWhole, "header_syntax", |forge| {
        forge.sign(&(text(&forge.header) + "{\"alg\":\"none\"}"), &text(&forge.payload))
    }),
    ("a NUL behind the header", Check::HeaderWhole, "header_syntax", |forge| {
        forge.sign(&(text(&forge.header) + "\0"), &text(&forge.payload))
    }),
    ("data behind the claims", Check::PayloadWhole, "payload_syntax", |forge| {
        forge.sign(&text(&forge.header), &(text(&forge.payload) + "{\"sub\":\"mallory\"}"))
    }),
    ("a NUL behind the claims", Check::PayloadWhole, "payload_syntax", |forge| {
        forge.sign(&text(&forge.header), &(text(&forge.payload) + "\0"))
    }),
    ("alg twice", Check::HeaderUnique, "header_duplicate", |forge| {
        forge.sign(&text(&forge.header).replacen('{', "{\"alg\":\"none\",", 1), &text(&forge.payload))
    }),
    ("typ twice, once escaped", Check::HeaderUnique, "header_duplicate", |forge| {
        forge.sign(&text(&forge.header).replacen('{', "{\"t\\u0079p\":\"JWT\",", 1), &text(&forge.payload))
    }),
    ("kid twice", Check::HeaderUnique, "header_duplicate", |forge| {
        forge.sign(&text(&forge.header).replacen('{', "{\"kid\":\"other\",", 1), &text(&forge.payload))
    }),
    ("exp twice", Check::PayloadUnique, "payload_duplicate", |forge| forge.rewritten("{", "{\"exp\":1,")),
    ("sub twice, once escaped", Check::PayloadUnique, "payload_duplicate", |forge| {
        forge.rewritten("{", "{\"s\\u0075b\":\"usr_00000000000000000000000000000001\",")
    }),
    ("a claim of the application twice", Check::PayloadUnique, "payload_duplicate", |forge| {
        forge.rewritten("{", "{\"app\":{\"tier\":1,\"tier\":2},")
    }),
    ("twice deep in a claim nobody knows", Check::PayloadUnique, "payload_duplicate", |forge| {
        forge.rewritten("{", "{\"x\":[0,{\"y\":{\"z\":1,\"z\":2}}],")
    }),
    ("claims of the application that are a text", Check::AppObject, "malformed_claim", |forge| {
        forge.claiming("app", json!("{}"))
    }),
    ("claims of the application that are a list", Check::AppObject, "malformed_claim", |forge| {
        forge.claiming("app", json!([]))
    }),
    ("claims of the application of another shape", Check::AppShape, "app_claims", |forge| {
        forge.claiming("app", json!({"plan": 5}))
    }),
];

const SIGNATURE: &[Attack] = &[
    ("no signature", Check::Signature, "signature", |forge| forge.with_signature(|_| vec![])),
    ("a truncated signature", Check::Signature, "signature", |forge| {
        forge.with_signature(|signature| signature[..63].to_vec())
    }),
    ("half a signature", Check::Signature, "signature", |forge| {
        forge.with_signature(|signature| signature[..32].to_vec())
    }),
    ("an extended signature", Check::Signature, "signature", |forge| {
        forge.with_signature(|signature| [signature, vec![0]].concat())
    }),
    ("a signature of zeros", Check::Signature, "signature", |forge| forge.with_signature(|_| vec![0; 64])),
    ("the neutral point as signature", Check::Signature, "signature", |forge| {
        forge.with_signature(|_| [vec![1], vec![0; 63]].concat())
    }),
    ("a flipped bit", Check::Signature, "signature", |forge| {
        forge.with_signature(|mut signature| {
            signature[0] ^= 1;
            signature
        })
    }),
    ("another user's claims under a valid signature", Check::Signature, "signature", |forge| {
        let (_, signature) = forge.genuine.rsplit_once('.').unwrap();
        let (signed, _) = forge.bobs.rsplit_once('.').unwrap();
        format!("{signed}.{signature}")
    }),
    ("a longer life under a valid signature", Check::Signature, "signature", |forge| {
        let (_, signature) = forge.genuine.rsplit_once('.').unwrap();
        let payload = forge.claims("exp", json!(forge.now + 1_000_000));
        format!("{}.{}.{signature}", encode(text(&forge.header)), encode(payload))
    }),
    ("a stranger's signature under our kid", Check::Signature, "signature", |forge| {
        forge.mallorys("kid", json!(forge.kid().as_str()))
    }),
    ("a retired key's signature under the active one's kid", Check::Signature, "signature", |forge| {
        signed(&*forge.retired, &encode(text(&forge.header)), &encode(text(&forge.payload)))
    }),
    ("the active key's signature under a retired one's kid", Check::Signature, "signature", |forge| {
        forge.heading("kid", json!(forge.retired.kid().as_str()))
    }),
];

const INSTANTS: &[Attack] = &[
    ("exp missing", Check::Required, "missing_claim", |forge| forge.claiming("exp", json!(null))),
    ("iat missing", Check::Required, "missing_claim", |forge| forge.claiming("iat", json!(null))),
    ("exp as a text", Check::Integers, "malformed_claim", |forge| {
        forge.claiming("exp", json!((forge.now + 900).to_string()))
    }),
    ("exp as null", Check::Integers, "malformed_claim", |forge| exp(forge, "null")),
    ("exp with a fraction", Check::Integers, "malformed_claim", |forge| exp(forge, "9999999999.5")),
    ("exp with an empty fraction", Check::Integers, "malformed_claim", |forge| exp(forge, "9999999999.0")),
    ("exp with an exponent", Check::Integers, "malformed_claim", |forge| exp(forge, "1e11")),
    ("exp negative", Check::Integers, "malformed_claim", |forge| exp(forge, "-1")),
    ("exp beyond the calendar", Check::Integers, "malformed_claim", |forge| exp(forge, "253402300800")),
    ("exp huge", Check::Integers, "malformed_claim", |forge| exp(forge, "99999999999999999999")),
    ("exp astronomic", Check::Integers, "malformed_claim", |forge| exp(forge, &"9".repeat(400))),
    ("iat as a text", Check::Integers, "malformed_claim", |forge| forge.claiming("iat", json!("1"))),
    ("nbf as a text", Check::Integers, "malformed_claim", |forge| forge.claiming("nbf", json!("1"))),
    ("sv as a text", Check::Integers, "malformed_claim", |forge| forge.claiming("sv", json!("1"))),
    ("expired", Check::Expiry, "expired", |forge| forge.claiming("exp", json!(forge.now - 3_600))),
    ("expired when the leeway is over", Check::Expiry, "expired", |forge| {
        forge.claiming("exp", json!(forge.now - 30))
    }),
    ("exp 0", Check::Expiry, "expired", |forge| forge.claiming("exp", json!(0))),
    ("nbf in the future", Check::NotBefore, "not_yet_valid", |forge| {
        forge.claiming("nbf", json!(forge.now + 31))
    }),
    ("iat in the future", Check::IssuedAt, "issued_in_future", |forge| {
        forge.claiming("iat", json!(forge.now + 31))
    }),
];

fn exp(forge: &Forge, written: &str) -> String {
    let sound = format!("\"exp\":{}", forge.payload["exp"]);
    forge.rewritten(&sound, &format!("\"exp\":{written}"))
}

const PARTIES: &[Attack] = &[
    ("another issuer", Check::Issuer, "issuer", |forge| {
        forge.claiming("iss", json!("https://mallory.example"))
    }),
    ("an issuer with a slash more", Check::Issuer, "issuer", |forge| {
        forge.claiming("iss", json!("https://bills.example/"))
    }),
    ("an issuer in another case", Check::Issuer, "issuer", |forge| {
        forge.claiming("iss", json!("https://Bills.example"))
    }),
    ("an empty issuer", Check::Issuer, "issuer", |forge| forge.claiming("iss", json!(""))),
    ("a list of issuers with ours", Check::IssuerText, "malformed_claim", |forge| {
        forge.claiming("iss", json!(["https://mallory.example", "https://bills.example"]))
    }),
    ("another audience", Check::Audience, "audience", |forge| forge.claiming("aud", json!("payroll"))),
    ("an audience that begins alike", Check::Audience, "audience", |forge| {
        forge.claiming("aud", json!("bills-staging"))
    }),
    ("a list of audiences without ours", Check::Audience, "audience", |forge| {
        forge.claiming("aud", json!(["payroll", "bill"]))
    }),
    ("an empty list of audiences", Check::Audience, "audience", |forge| forge.claiming("aud", json!([]))),
    ("a list of audiences with a number", Check::AudienceText, "malformed_claim", |forge| {
        forge.claiming("aud", json!(["bills", 5]))
    }),
    ("another client", Check::Client, "client", |forge| forge.claiming("client_id", json!("payroll"))),
];

const SESSION: &[Attack] = &[
    ("a session nobody knows", Check::SessionKnown, "unknown_session", |forge| {
        let mut claims = forge.payload.clone();
        claims.insert("sid".into(), json!("ses_00000000000000000000000000000001"));
        claims.remove("team");
        forge.sign(&text(&forge.header), &text(&claims))
    }),
    ("another user's session", Check::SessionUser, "other_user", |forge| {
        forge.claiming("sid", json!(forge.bobs_session))
    }),
    ("another user in one's own session", Check::SessionUser, "other_user", |forge| {
        forge.claiming("sub", json!("usr_00000000000000000000000000000001"))
    }),
    ("a session version behind", Check::SessionVersion, "session_version", |forge| {
        forge.claiming("sv", json!(0))
    }),
    ("a session version ahead", Check::SessionVersion, "session_version", |forge| {
        forge.claiming("sv", json!(2))
    }),
    ("a user epoch behind", Check::UserEpoch, "user_epoch", |forge| forge.claiming("uv", json!(0))),
    ("a user epoch ahead", Check::UserEpoch, "user_epoch", |forge| forge.claiming("uv", json!(2))),
    ("a team one is not in", Check::TeamMember, "not_in_team", |forge| {
        forge.claiming("team", json!("team_00000000000000000000000000000001"))
    }),
];

/// For Ada's session and account once they have ended.
const ENDED: &[Attack] = &[
    ("a revoked session, at its present version", Check::SessionRevoked, "revoked", |forge| {
        forge.claiming("sv", json!(2))
    }),
    ("a disabled account", Check::UserDisabled, "disabled", |forge| forge.genuine.clone()),
    ("a session that ended by itself", Check::SessionIdle, "session_ended", |forge| {
        forge.claiming("exp", json!(forge.now + 8 * 86_400))
    }),
];

#[tokio::test]
async fn what_was_ended_is_refused_and_gets_through_without_its_check() {
    let [revoked, disabled, idle] = ENDED else { panic!("three") };

    let world = World::new(TokenMode::EdDsa).await;
    let forge = Forge::new(&world).await;
    let token = (revoked.3)(&forge);
    let ended = world.ada.clone().revoked(world.make.now());
    world.commit(world.make.change().update(ended)).await;
    ended_is_refused(&world, &forge, revoked, &token).await;

    let world = World::new(TokenMode::EdDsa).await;
    let forge = Forge::new(&world).await;
    let token = (disabled.3)(&forge);
    let user = world.ports().users.user(world.ada.user()).await.unwrap().unwrap();
    let off = user.with_disabled_at(Some(world.make.now()));
    world.commit(world.make.change().update(off)).await;
    ended_is_refused(&world, &forge, disabled, &token).await;

    let world = World::new(TokenMode::EdDsa).await;
    let forge = Forge::new(&world).await;
    let token = (idle.3)(&forge);
    world.clock.set(world.ada.idle_expires_at());
    ended_is_refused(&world, &forge, idle, &token).await;
}

async fn ended_is_refused(world: &World, forge: &Forge, (name, off, code, _): &Attack, token: &str) {
    assert_eq!(try_on(&world.desk(), token).await.expect_err(name).code(), *code, "{name}");
    let weak = try_on(&world.weak_desk(forge.weakness(*off)), token).await;
    assert!(weak.is_ok(), "{name}: without {off:?} still {weak:?}");
}

const DERIVED: &[Attack] = &[
    ("derived: alg none", Check::Algorithm, "algorithm", |forge| unsecured(forge, "none")),
    ("derived: a token that a key signed", Check::Algorithm, "algorithm", |forge| {
        forge.mallorys("alg", json!("EdDSA"))
    }),
    ("derived: a key of nobody's", Check::Signature, "signature", |forge| forge.hmac(3)),
    ("derived: a signature of zeros", Check::Signature, "signature", |forge| {
        forge.with_signature(|_| vec![0; 32])
    }),
    ("derived: a truncated signature", Check::Signature, "signature", |forge| {
        forge.with_signature(|signature| signature[..16].to_vec())
    }),
    ("derived: an empty signature", Check::Signature, "signature", |forge| forge.with_signature(|_| vec![])),
    ("derived: another session's key", Check::Signature, "signature", |forge| {
        let (signed, _) = forge.genuine.rsplit_once('.').unwrap();
        let (_, signature) = forge.bobs.rsplit_once('.').unwrap();
        format!("{signed}.{signature}")
    }),
    ("derived: another session's identifier", Check::Signature, "signature", |forge| {
        let mut claims = forge.payload.clone();
        claims.insert("sid".into(), json!(forge.bobs_session));
        claims.insert("sub".into(), serde_json::Value::Null);
        let bobs: serde_json::Value = {
            let payload = forge.bobs.split('.').nth(1).unwrap();
            serde_json::from_slice(
                &base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, payload).unwrap(),
            )
            .unwrap()
        };
        claims.insert("sub".into(), bobs["sub"].clone());
        forge.sign(&text(&forge.header), &text(&claims))
    }),
    ("derived: expired", Check::Expiry, "expired", |forge| forge.claiming("exp", json!(forge.now - 31))),
    ("derived: a session version behind", Check::SessionVersion, "session_version", |forge| {
        forge.claiming("sv", json!(0))
    }),
    ("derived: typ JWT", Check::Type, "type", |forge| forge.heading("typ", json!("JWT"))),
    ("derived: another audience", Check::Audience, "audience", |forge| {
        forge.claiming("aud", json!("payroll"))
    }),
];
