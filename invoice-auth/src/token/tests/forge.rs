use std::collections::HashMap;
use std::sync::Arc;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use invoice_core::identity::KeyId;
use serde_json::{Map, Value, json};

use super::world::World;
use crate::keys::{EdDsaSigner, Es256Signer, Signer};
use crate::settings::TokenMode;
use crate::token::checklist::Check;
use crate::token::jwk::{PublicKey, public_key};
use crate::token::weak::Weakness;

pub(super) const PATH: &str = "../../../../uploads/mallory.pem";
pub(super) const URL: &str = "https://mallory.example/jwks.json";
pub(super) const SQL: &str = "x' UNION SELECT 'mallorys key' --";
pub(super) const CERTIFICATE: &str = "TWFsbG9yeSdzIGNlcnRpZmljYXRl";

/// What attackers have at hand: the deployment's public key, a key and a certificate of their own, and, where a
/// check stands behind the signature, whoever signs what they like.
pub(super) struct Forge {
    pub(super) header: Map<String, Value>,
    pub(super) payload: Map<String, Value>,
    /// A token that is valid.
    pub(super) genuine: String,
    /// The key that signs.
    pub(super) signer: Arc<dyn Signer>,
    /// A key that still verifies, but signs no more.
    pub(super) retired: Arc<dyn Signer>,
    /// A key that was taken out of the ring.
    pub(super) revoked: Arc<dyn Signer>,
    pub(super) mallory: EdDsaSigner,
    pub(super) curve: Es256Signer,
    secrets: Vec<Vec<u8>>,
    /// The identifier of Bob's session.
    pub(super) bobs_session: String,
    pub(super) bobs_user: String,
    /// Bob's own token.
    pub(super) bobs: String,
    pub(super) now: i64,
}

pub(super) fn text(value: &Map<String, Value>) -> String {
    serde_json::to_string(value).unwrap()
}

pub(super) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn decoded(part: &str) -> Map<String, Value> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

impl Forge {
    pub(super) async fn new(world: &World) -> Self {
        let mut signers = Vec::new();
        for _ in 0..3 {
            signers.push(world.ring.signer_of(&world.ada).await.unwrap());
            if world.settings.mode != TokenMode::Derived {
                world.ring.rotate_now(None).await.unwrap();
                // The new key signs once every process has had the time to hear of it.
                world.clock.advance_millis(20_000);
            }
        }
        let revoked = signers.remove(0);
        if world.settings.mode != TokenMode::Derived {
            world.ring.revoke(revoked.kid(), None).await.unwrap();
        }
        let signer = world.ring.signer_of(&world.ada).await.unwrap();
        let genuine = world.token().await;
        let bobs = world.desk().issue(&world.bob, 1).await.unwrap().expose().to_owned();
        let mut parts = genuine.split('.');
        Self {
            header: decoded(parts.next().unwrap()),
            payload: decoded(parts.next().unwrap()),
            secrets: vec![
                raw(&signer.public_jwk()),
                signer.public_jwk().to_string().into_bytes(),
                pem(&signer.public_jwk()).into_bytes(),
                b"the key of a session".to_vec(),
            ],
            retired: signers.remove(0),
            revoked,
            signer,
            genuine,
            bobs_session: world.bob.id().to_string(),
            bobs_user: world.bob.user().to_string(),
            bobs,
            mallory: EdDsaSigner::generate().unwrap(),
            curve: Es256Signer::generate().unwrap(),
            now: invoice_core::ports::Clock::now(&*world.clock).as_millis() / 1_000,
        }
    }

    /// What an attacker has prepared for a verifier without this check.
    pub(super) fn weakness(&self, off: Check) -> Weakness {
        let mallory = key(&self.mallory);
        let named = [PATH, URL, SQL, CERTIFICATE, "", "a\nb", self.mallory.kid().as_str()];
        let long = "k".repeat(129);
        let mut keys: HashMap<String, PublicKey> =
            named.into_iter().chain([long.as_str()]).map(|name| (name.to_owned(), mallory.clone())).collect();
        if self.revoked.algorithm() == self.mallory.algorithm() {
            keys.insert(self.revoked.kid().to_string(), key(&*self.revoked));
        }
        keys.insert(self.curve.kid().to_string(), key(&self.curve));
        Weakness { off, keys, secrets: self.secrets.clone() }
    }

    pub(super) fn kid(&self) -> &KeyId {
        self.signer.kid()
    }

    /// The header with a member set, or taken out if it is null.
    pub(super) fn header(&self, member: &str, value: Value) -> String {
        text(&with(&self.header, member, value))
    }

    /// The payload with a claim set, or taken out if it is null.
    pub(super) fn claims(&self, claim: &str, value: Value) -> String {
        text(&with(&self.payload, claim, value))
    }

    /// Signed by the deployment's own key.
    pub(super) fn sign(&self, header: &str, payload: &str) -> String {
        self.sign_encoded(&encode(header), &encode(payload))
    }

    pub(super) fn sign_encoded(&self, header: &str, payload: &str) -> String {
        signed(&*self.signer, header, payload)
    }

    /// With one claim set, or taken out if it is null.
    pub(super) fn claiming(&self, claim: &str, value: Value) -> String {
        self.sign(&text(&self.header), &self.claims(claim, value))
    }

    /// With the payload's text changed.
    pub(super) fn rewritten(&self, from: &str, to: &str) -> String {
        let payload = text(&self.payload);
        let other = payload.replacen(from, to, 1);
        assert_ne!(payload, other, "{from}");
        self.sign(&text(&self.header), &other)
    }

    /// With one header member set, or taken out if it is null.
    pub(super) fn heading(&self, member: &str, value: Value) -> String {
        self.sign(&self.header(member, value), &text(&self.payload))
    }

    /// Signed by Mallory, with one header member set.
    pub(super) fn mallorys(&self, member: &str, value: Value) -> String {
        signed(&self.mallory, &encode(self.header(member, value)), &encode(text(&self.payload)))
    }

    /// Signed with an HMAC of whatever.
    pub(super) fn hmac(&self, secret: usize) -> String {
        let signed =
            format!("{}.{}", encode(self.header("alg", json!("HS256"))), encode(text(&self.payload)));
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.secrets[secret]);
        format!("{signed}.{}", encode(hmac::sign(&key, signed.as_bytes())))
    }

    /// The valid token with another signature.
    pub(super) fn with_signature(&self, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> String {
        let (signed, signature) = self.genuine.rsplit_once('.').unwrap();
        format!("{signed}.{}", encode(change(URL_SAFE_NO_PAD.decode(signature).unwrap())))
    }
}

pub(super) fn signed(signer: &dyn Signer, header: &str, payload: &str) -> String {
    let signed = format!("{header}.{payload}");
    let signature = signer.sign(signed.as_bytes()).unwrap();
    format!("{signed}.{}", encode(signature))
}

fn with(object: &Map<String, Value>, member: &str, value: Value) -> Map<String, Value> {
    let mut object = object.clone();
    if value.is_null() {
        object.remove(member);
    } else {
        object.insert(member.to_owned(), value);
    }
    object
}

fn key(signer: &dyn Signer) -> PublicKey {
    public_key(&signer.public_jwk().to_string()).unwrap()
}

fn raw(jwk: &Value) -> Vec<u8> {
    let member =
        |name| jwk.get(name).and_then(Value::as_str).map(|part| URL_SAFE_NO_PAD.decode(part).unwrap());
    [member("x"), member("y")].into_iter().flatten().flatten().collect()
}

/// Ed25519's `SubjectPublicKeyInfo` (RFC 8410 section 4).
fn pem(jwk: &Value) -> String {
    let prefix = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
    let der = [prefix.as_slice(), &raw(jwk)].concat();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der))
}
