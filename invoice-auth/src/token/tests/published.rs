//! The examples that RFCs publish, with their own keys, on the signature check of access tokens.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::token::{read_token, verify_jws};

/// RFC 7515 appendix A.1.1.
const HS_KEY: &str = r#"{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}"#;
const JOE: &str = "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";
const HS_JWS: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// RFC 7515 appendix A.3.1.
const ES_KEY: &str = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}"#;
const ES_JWS: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
/// RFC 7515 appendix A.5.
const NONE_JWS: &str = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.";
/// RFC 8037 appendix A.4.
const ED_KEY: &str = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
const ED_JWS: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
/// RFC 7520 section 3.5 and figure 35.
const COOKBOOK_KEY: &str = r#"{"kty":"oct","kid":"018c0ae5-4d9b-471b-bfd6-eef314bc7037","use":"sig","alg":"HS256","k":"hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg"}"#;
const COOKBOOK_JWS: &str = "eyJhbGciOiJIUzI1NiIsImtpZCI6IjAxOGMwYWU1LTRkOWItNDcxYi1iZmQ2LWVlZjMxNGJjNzAzNyJ9.SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4.s0h6KThzkfBBBkLspW1h84VsJZFTsPPqMDA7g1Md7p0";
const COOKBOOK_TEXT: &str = "It\u{2019}s a dangerous business, Frodo, going out your door. You step onto the road, and if you don't keep your feet, there\u{2019}s no knowing where you might be swept off to.";

fn refused(key: &str, jws: &str) -> &'static str {
    verify_jws(key, jws).unwrap_err().code()
}

/// The same three parts with another signature.
fn with_signature(jws: &str, signature: &[u8]) -> String {
    let (signed, _) = jws.rsplit_once('.').unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn signature(jws: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(jws.rsplit_once('.').unwrap().1).unwrap()
}

#[test]
fn the_signed_examples_are_valid_with_their_keys() {
    for (key, jws, payload) in [
        (HS_KEY, HS_JWS, JOE),
        (ES_KEY, ES_JWS, JOE),
        (ED_KEY, ED_JWS, "Example of Ed25519 signing"),
        (COOKBOOK_KEY, COOKBOOK_JWS, COOKBOOK_TEXT),
    ] {
        assert_eq!(String::from_utf8(verify_jws(key, jws).unwrap()).unwrap(), payload);
    }
}

#[test]
fn the_unsecured_example_is_refused_with_every_key() {
    // RFC 7519 section 6.1 has the same token.
    for key in [HS_KEY, ES_KEY, ED_KEY, COOKBOOK_KEY] {
        assert_eq!(refused(key, NONE_JWS), "algorithm");
    }
}

#[test]
fn an_example_is_refused_with_another_examples_key() {
    for (key, jws) in
        [(ES_KEY, HS_JWS), (HS_KEY, ES_JWS), (ED_KEY, ES_JWS), (ES_KEY, ED_JWS), (HS_KEY, ED_JWS)]
    {
        assert_eq!(refused(key, jws), "algorithm");
    }
    assert_eq!(refused(COOKBOOK_KEY, HS_JWS), "signature");
}

#[test]
fn every_example_is_refused_once_any_bit_of_its_signature_or_text_is_another() {
    for (key, jws) in [(HS_KEY, HS_JWS), (ES_KEY, ES_JWS), (ED_KEY, ED_JWS)] {
        let sound = signature(jws);
        for bit in 0..sound.len() * 8 {
            let mut other = sound.clone();
            other[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(refused(key, &with_signature(jws, &other)), "signature", "bit {bit}");
        }
        let [header, payload, signature]: [&str; 3] = jws.split('.').collect::<Vec<_>>().try_into().unwrap();
        let payload = URL_SAFE_NO_PAD.decode(payload).unwrap();
        let longer = URL_SAFE_NO_PAD.encode([payload.as_slice(), b" "].concat());
        assert_eq!(refused(key, &format!("{header}.{longer}.{signature}")), "signature");
    }
}

#[test]
fn no_example_is_an_access_token() {
    assert_eq!(read_token(HS_JWS).unwrap_err().code(), "type");
    for jws in [ES_JWS, ED_JWS, NONE_JWS, COOKBOOK_JWS] {
        assert_eq!(read_token(jws).unwrap_err().code(), "type");
    }
}

#[test]
fn what_the_other_examples_use_is_not_taken() {
    // RFC 7515 appendix A.4: ES512; A.2: RS256; appendix F: a detached payload; RFC 7797: an unencoded one.
    let p521 = r#"{"kty":"EC","crv":"P-521","x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4XUox0cwLH9hZ","y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"}"#;
    let rsa =
        r#"{"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp","e":"AQAB"}"#;
    for key in [p521, rsa] {
        assert_eq!(refused(key, ES_JWS), "algorithm");
    }
    let detached = "eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19..A5dxf2s96_n5FLueVuW1Z_vh161FwXZC4YLPff6dmDY";
    assert_eq!(refused(HS_KEY, detached), "header_member");
    let [header, _, signature]: [&str; 3] = HS_JWS.split('.').collect::<Vec<_>>().try_into().unwrap();
    assert_eq!(refused(HS_KEY, &format!("{header}..{signature}")), "signature");
    // RFC 7515 appendix E: a critical member that nobody here understands.
    let critical = URL_SAFE_NO_PAD.encode("{\"alg\":\"none\",\r\n \"crit\":[\"http://example.invalid/UNDEFINED\"],\r\n \"http://example.invalid/UNDEFINED\":true\r\n}");
    assert_eq!(refused(HS_KEY, &format!("{critical}.RkFJTA.")), "header_member");
}

#[test]
fn a_malleable_ed25519_signature_is_refused() {
    // S + L, the order of the group, satisfies the equation as well (RFC 8032 section 8.4).
    const L: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut other = signature(ED_JWS);
    let mut carry = 0;
    for (byte, add) in other[32..].iter_mut().zip(L) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = u8::try_from(sum & 0xff).unwrap();
        carry = sum >> 8;
    }
    assert_eq!(carry, 0);
    assert_eq!(refused(ED_KEY, &with_signature(ED_JWS, &other)), "signature");
}

#[test]
fn degenerate_signatures_are_refused() {
    // n, the order of P-256.
    const N: [u8; 32] = [
        0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
        0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];
    let sound = signature(ES_JWS);
    let (r, s) = sound.split_at(32);
    let (zero, one) = ([0; 32], {
        let mut one = [0; 32];
        one[31] = 1;
        one
    });
    for pair in
        [[zero, zero], [zero, one], [one, zero], [one, one], [N, N], [N, zero], [zero, N], [one, N], [N, one]]
    {
        assert_eq!(refused(ES_KEY, &with_signature(ES_JWS, &pair.concat())), "signature");
    }
    for signature in [[r, &zero].concat(), [&zero, s].concat(), [s, r].concat()] {
        assert_eq!(refused(ES_KEY, &with_signature(ES_JWS, &signature)), "signature");
    }
    for (key, jws) in [(HS_KEY, HS_JWS), (ES_KEY, ES_JWS), (ED_KEY, ED_JWS)] {
        for length in [0, 1, 31, 32, 63, 64, 65, 96, 128] {
            assert_eq!(refused(key, &with_signature(jws, &vec![0; length])), "signature");
        }
        let sound = signature(jws);
        for length in 0..sound.len() {
            assert_eq!(refused(key, &with_signature(jws, &sound[..length])), "signature");
        }
        assert_eq!(refused(key, &with_signature(jws, &[sound, vec![0]].concat())), "signature");
    }
}

#[test]
fn an_es256_signature_in_der_is_refused() {
    let raw = signature(ES_JWS);
    let integer = |number: &[u8]| {
        let sign = if number[0] >= 0x80 { vec![0] } else { vec![] };
        let body = [sign, number.to_vec()].concat();
        [vec![2, u8::try_from(body.len()).unwrap()], body].concat()
    };
    let body = [integer(&raw[..32]), integer(&raw[32..])].concat();
    let der = [vec![0x30, u8::try_from(body.len()).unwrap()], body].concat();
    assert_eq!(refused(ES_KEY, &with_signature(ES_JWS, &der)), "signature");
}

#[test]
fn keys_of_the_wrong_kind_curve_use_or_size_are_refused() {
    let swap = |key: &str, from: &str, to: &str| {
        let other = key.replace(from, to);
        assert_ne!(other, key);
        other
    };
    for (key, code) in [
        (swap(ES_KEY, "P-256", "P-384"), "algorithm"),
        (swap(ES_KEY, "P-256", "secp256k1"), "algorithm"),
        (swap(ES_KEY, "\"EC\"", "\"OKP\""), "algorithm"),
        (swap(ES_KEY, "f83O", "f84O"), "signature"),
        (swap(ES_KEY, "f83O", ""), "crypto"),
        (swap(ES_KEY, "\"kty\"", "\"use\":\"enc\",\"kty\""), "algorithm"),
        (swap(ES_KEY, "\"kty\"", "\"alg\":\"ES384\",\"kty\""), "algorithm"),
        (swap(ES_KEY, "\"kty\"", "\"key_ops\":[\"sign\"],\"kty\""), "algorithm"),
        (swap(ES_KEY, "\"kty\"", "\"kty\":\"oct\",\"kty\""), "crypto"),
        ("{}".to_owned(), "algorithm"),
        ("[]".to_owned(), "crypto"),
    ] {
        assert_eq!(refused(&key, ES_JWS), code, "{key}");
    }
    assert_eq!(refused(&swap(ED_KEY, "Ed25519", "X25519"), ED_JWS), "algorithm");
    assert_eq!(refused(&swap(ED_KEY, "Ed25519", "Ed448"), ED_JWS), "algorithm");
    assert_eq!(refused(r#"{"kty":"oct","k":"c2VjcmV0"}"#, HS_JWS), "crypto");
    let verifying =
        swap(ES_KEY, "\"kty\"", "\"use\":\"sig\",\"key_ops\":[\"verify\"],\"alg\":\"ES256\",\"kty\"");
    assert!(verify_jws(&verifying, ES_JWS).is_ok());
}
