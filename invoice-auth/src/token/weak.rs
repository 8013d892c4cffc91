//! What a careless verifier does where a check is switched off. For tests alone.

use std::collections::HashMap;
use std::sync::Arc;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use invoice_core::Timestamp;

use super::checklist::{Check, Checklist};
use super::claims::Claims;
use super::compact::Header;
use super::json::{Value, list};
use super::jwk::{PublicKey, public_key};
use super::signature::is_signed;
use crate::checks::Checked;

/// The check that is off, and what the attacker has prepared for whoever lacks it.
#[derive(Debug)]
pub(super) struct Weakness {
    pub(super) off: Check,
    /// Keys that a careless look-up finds: by a hostile `kid`, by the address in `jku` or `x5u`, by a certificate.
    pub(super) keys: HashMap<String, PublicKey>,
    /// Bytes that a careless verifier takes for an HMAC secret, such as its own public key.
    pub(super) secrets: Vec<Vec<u8>>,
}

impl Checklist {
    /// The key that the header itself brings or points to, or that a careless look-up finds.
    pub(super) fn planted(&self, header: &Header<'_>, key_id: &str) -> Option<PublicKey> {
        let weakness = self.weakness.as_ref()?;
        match weakness.off {
            Check::KeyKnown | Check::KeyIdForm => weakness.keys.get(key_id).cloned(),
            Check::HeaderMembers => match header.foreign.as_ref()? {
                (name, Value::Object(jwk)) if name == "jwk" => public_key(jwk).ok(),
                (name, Value::Text(address)) if name == "jku" || name == "x5u" => {
                    weakness.keys.get(address.as_ref()).cloned()
                }
                (name, Value::List(chain)) if name == "x5c" => match list(chain).ok()?.first()? {
                    Value::Text(certificate) => weakness.keys.get(certificate.as_ref()).cloned(),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        }
    }

    /// Without the algorithm pinned: as the header tells.
    pub(super) fn signed_as_told(&self, told: &str, signed: &str, signature: &[u8]) -> bool {
        let Some(weakness) = self.weakness.as_ref().filter(|weakness| weakness.off == Check::Algorithm)
        else {
            return false;
        };
        match told.to_ascii_lowercase().as_str() {
            "none" => signature.is_empty(),
            "hs256" => weakness.secrets.iter().any(|secret| {
                hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, secret), signed.as_bytes(), signature).is_ok()
            }),
            _ => false,
        }
    }

    pub(super) fn signed_by_planted(&self, header: &Header<'_>, signed: &str, signature: &Vec<u8>) -> bool {
        self.weakness.as_ref().is_some_and(|weakness| {
            weakness.off == Check::Algorithm
                && (header.algorithm.eq_ignore_ascii_case("none") && signature.is_empty()
                    || weakness
                        .keys
                        .values()
                        .any(|(algorithm, key)| is_signed(*algorithm, key, signed, signature)))
        })
    }
}

/// Either alphabet, padded or not, with white space and stray bits.
pub(super) fn lenient_base64(part: &str) -> Option<Vec<u8>> {
    let standard: String = part
        .chars()
        .filter(|character| !character.is_whitespace())
        .map(|character| match character {
            '-' => '+',
            '_' => '/',
            other => other,
        })
        .collect();
    let config = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(&STANDARD, config).decode(standard).ok()
}

/// Whatever looks like a number.
pub(super) fn lenient_integer(value: &Value<'_>) -> Option<u64> {
    let text = match value {
        Value::Text(text) => text.trim(),
        Value::Number(raw) => raw,
        Value::Literal => return Some(u64::MAX),
        _ => return None,
    };
    if let Some(negative) = text.strip_prefix('-') {
        return negative.parse::<u64>().ok().map(u64::wrapping_neg);
    }
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let whole: u64 = mantissa.split('.').next()?.parse().unwrap_or(u64::MAX);
    Some(whole.saturating_mul(10_u64.saturating_pow(exponent.parse().ok()?)))
}

/// What is missing limits nothing.
pub(super) fn unlimited(claim: &str) -> Timestamp {
    Timestamp::from_millis(if claim == "exp" { i64::MAX } else { 0 })
}

/// Who doesn't look believes the token.
pub(super) fn as_claimed(claims: &Claims) -> Arc<Checked> {
    Arc::new(Checked {
        user: claims.user,
        sv: claims.sv,
        uv: claims.uv,
        role: None,
        revoked: false,
        disabled: false,
        idle_expires_at: Timestamp::from_millis(i64::MAX),
        keys: None,
    })
}
