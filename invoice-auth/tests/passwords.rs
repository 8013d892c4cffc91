//! Passwords as an application sees them.

#![expect(clippy::unwrap_used, reason = "what can't be done fails its test")]

use futures::future::join_all;
use invoice_auth::{Argon2Params, AuthError, Password, PasswordScheme, Passwords};

const ARGON2: PasswordScheme = PasswordScheme::Argon2id(Argon2Params::cheap());
const BCRYPT: PasswordScheme = PasswordScheme::Bcrypt(4);

fn password(text: &str) -> Password {
    Password::new(text).unwrap()
}

#[tokio::test]
async fn the_password_that_was_hashed_is_right_and_no_other_is() {
    let long = "x".repeat(1_024);
    for scheme in [ARGON2, BCRYPT] {
        let passwords = Passwords::new(scheme, 2).unwrap();
        for right in ["correct horse battery staple", " ", "p\u{e4}ssw\u{f6}rt \u{1f511}", &long] {
            let kept = passwords.hash(&password(right)).await.unwrap();
            let verdict = passwords.verify(Some(&kept), &password(right)).await.unwrap();
            assert!(verdict.matches && verdict.rehash.is_none(), "{scheme:?} {right}");
            for wrong in ["Correct horse battery staple", "  ", &long[1..], &right.to_uppercase()] {
                if wrong != right {
                    assert!(
                        !passwords.verify(Some(&kept), &password(wrong)).await.unwrap().matches,
                        "{wrong}"
                    );
                }
            }
        }
    }
}

#[tokio::test]
async fn a_password_is_right_however_the_keyboard_composes_it() {
    let passwords = Passwords::new(ARGON2, 2).unwrap();
    let kept = passwords.hash(&password("caf\u{e9} cr\u{e8}me")).await.unwrap();
    let verdict = passwords.verify(Some(&kept), &password("cafe\u{301}\u{a0}cre\u{300}me")).await.unwrap();
    assert!(verdict.matches);
}

#[tokio::test]
async fn a_hash_of_another_scheme_or_cost_is_replaced_and_then_kept() {
    let schemes =
        [ARGON2, PasswordScheme::Argon2id(Argon2Params::default()), BCRYPT, PasswordScheme::Bcrypt(5)];
    let secret = password("correct horse battery staple");
    for old in schemes {
        let kept = Passwords::new(old, 1).unwrap().hash(&secret).await.unwrap();
        for new in [ARGON2, BCRYPT] {
            let passwords = Passwords::new(new, 1).unwrap();
            let verdict = passwords.verify(Some(&kept), &secret).await.unwrap();
            assert!(verdict.matches);
            assert_eq!(verdict.rehash.is_some(), old != new, "{old:?} to {new:?}");
            let verdict = passwords.verify(verdict.rehash.as_ref().or(Some(&kept)), &secret).await.unwrap();
            assert!(verdict.matches && verdict.rehash.is_none());
            assert!(passwords.verify(Some(&kept), &password("wrong")).await.unwrap().rehash.is_none());
        }
    }
}

#[tokio::test]
async fn nothing_kept_matches_no_password() {
    let passwords = Passwords::new(ARGON2, 1).unwrap();
    let verdict = passwords.verify(None, &password("anything")).await.unwrap();
    assert!(!verdict.matches && verdict.rehash.is_none());
}

#[tokio::test]
async fn a_flood_is_refused_beyond_what_may_wait_and_all_others_are_served() {
    let passwords = Passwords::new(ARGON2, 1).unwrap();
    let secret = password("correct horse battery staple");
    let done = join_all((0..200).map(|_| passwords.hash(&secret))).await;
    let busy = done.iter().filter(|done| matches!(done, Err(AuthError::Busy))).count();
    let hashed = done.iter().filter(|done| done.is_ok()).count();
    assert!(hashed >= 65 && hashed + busy == 200, "{hashed} hashed, {busy} refused");
    assert!(passwords.hash(&secret).await.is_ok());
}

#[test]
fn what_hashes_and_what_is_hashed_is_never_shown() {
    let secret = password("hunter2 hunter2");
    let passwords = Passwords::new(ARGON2, 1).unwrap();
    assert!(!format!("{secret:?} {passwords:?}").contains("hunter2"));
}
