//! Where each session has a key of its own.

use serde_json::json;

use super::super::forge::text;
use super::Attack;
use super::headers::unsecured;
use crate::token::checklist::Check;

pub(super) const DERIVED: &[Attack] = &[
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
        claims.insert("sub".into(), json!(forge.bobs_user));
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
