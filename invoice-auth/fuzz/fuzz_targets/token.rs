//! Takes random input apart as an access token, up to what needs a key, the clock and the store.
//!
//! In `invoice-auth`, after `cargo install cargo-fuzz` and `mkdir -p fuzz/corpus/token`, which takes what was found:
//! `cargo +nightly fuzz run token fuzz/corpus/token fuzz/seeds/token -- -runs=1000000`. The same parser gets 100,000
//! changed tokens in the crate's own tests, with any compiler.
#![no_main]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use invoice_auth::testing::read_token;
use libfuzzer_sys::fuzz_target;

const HEADER: &str = r#"{"alg":"EdDSA","typ":"at+jwt","kid":"k"}"#;

fuzz_target!(|input: &[u8]| {
    if let Ok(token) = str::from_utf8(input) {
        let _ = read_token(token);
    }
    // As the claims behind a header that is sound, and as both, apart at the first line break.
    let of = |header: &[u8], claims: &[u8]| {
        format!("{}.{}.AAAA", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims))
    };
    let _ = read_token(&of(HEADER.as_bytes(), input));
    let mut lines = input.splitn(2, |byte| *byte == b'\n');
    let (header, claims) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let _ = read_token(&of(header, claims));
});
