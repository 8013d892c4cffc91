//! Texts: base64url, JSON and the signature.

use serde_json::json;

use super::super::forge::{encode, signed, text};
use super::Attack;
use crate::token::checklist::Check;

pub(super) const FORM: &[Attack] = &[
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

pub(super) const JSON: &[Attack] = &[
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

pub(super) const SIGNATURE: &[Attack] = &[
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
