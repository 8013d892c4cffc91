//! Headers: the algorithm, members that are not ours, the key's name, the type.

use serde_json::json;

use super::super::forge::{CERTIFICATE, Forge, PATH, SQL, URL, encode, signed, text};
use super::Attack;
use crate::keys::Signer as _;
use crate::token::checklist::Check;

pub(super) const ALGORITHM: &[Attack] = &[
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

pub(super) fn unsecured(forge: &Forge, algorithm: &str) -> String {
    format!("{}.{}.", encode(forge.header("alg", json!(algorithm))), encode(text(&forge.payload)))
}

pub(super) const HEADER: &[Attack] = &[
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

pub(super) const KEY: &[Attack] = &[
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

pub(super) const TYPE: &[Attack] = &[
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
