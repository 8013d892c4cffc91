use std::fmt;

use icu_normalizer::ComposingNormalizerBorrowed;
use invoice_core::{Code, Violation};
use zeroize::Zeroizing;

/// Most bytes of a password as it is typed.
const MAX_LEN: usize = 1_024;

/// A password: at most 1 KiB as typed, wiped when dropped, never shown.
///
/// It is prepared by the `OpaqueString` profile of RFC 8265, so that every keyboard gives the same bytes: any space
/// becomes U+0020, and the whole NFC. Nothing is folded, trimmed or cut. Control characters are refused. Characters
/// that Unicode has not assigned yet are let through, because what is assigned depends on the release.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// Takes a password. An empty one, one of more than 1,024 bytes and control characters are violations at the root.
    ///
    /// ```
    /// use invoice_auth::Password;
    ///
    /// let password = Password::new("correct horse battery staple")?;
    /// assert_eq!(format!("{password:?}"), "Password(…)");
    /// assert!(Password::new("x".repeat(1_025)).is_err());
    /// # Ok::<(), invoice_core::Violation>(())
    /// ```
    pub fn new(text: impl Into<String>) -> Result<Self, Violation> {
        let typed = Zeroizing::new(text.into());
        let wrong = |code, detail: &str| Err(Violation::new("", code, detail));
        if typed.is_empty() {
            return wrong(Code::Required, "a password is needed");
        }
        if typed.len() > MAX_LEN {
            return wrong(Code::TooLong, "longer than 1,024 bytes");
        }
        if typed.contains('\0') {
            return wrong(Code::NulCharacter, "a NUL character");
        }
        if typed.contains(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
            return wrong(Code::Malformed, "a control character");
        }
        // Room for the most that NFC makes of a text (Unicode's FAQ: three times as much in UTF-8), so that no copy is
        // left behind by growing.
        let mut prepared = Zeroizing::new(String::with_capacity(3 * typed.len()));
        let spaces = typed.chars().map(|c| if c.is_whitespace() { ' ' } else { c });
        prepared.extend(ComposingNormalizerBorrowed::new_nfc().normalize_iter(spaces));
        Ok(Self(prepared))
    }

    /// Refuses what is too short to be chosen; it may still be tried at a log-in.
    pub(crate) fn check_new(&self, min_chars: usize) -> Result<(), Violation> {
        if self.0.chars().count() < min_chars {
            return Err(Violation::new("", Code::OutOfRange, format!("shorter than {min_chars} characters")));
        }
        Ok(())
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bytes(text: &str) -> Vec<u8> {
        Password::new(text).unwrap().bytes().to_vec()
    }

    fn code(text: &str) -> Code {
        let violation = Password::new(text).unwrap_err();
        assert_eq!(violation.pointer(), "");
        violation.code()
    }

    #[test]
    fn one_password_of_two_keyboards_is_one() {
        assert_eq!(bytes("caf\u{e9}"), bytes("cafe\u{301}"));
        assert_eq!(bytes("a\u{a0}b\u{3000}c\u{2003}d"), b"a b c d");
    }

    #[test]
    fn nothing_is_folded_trimmed_or_cut() {
        assert_eq!(bytes(" Ada\u{ff21}\u{fb01} "), " Ada\u{ff21}\u{fb01} ".as_bytes());
        assert_eq!(bytes(&"x".repeat(1_024)).len(), 1_024);
    }

    #[test]
    fn what_no_keyboard_types_and_what_is_too_long_is_refused() {
        assert_eq!(code(""), Code::Required);
        assert_eq!(code(&"x".repeat(1_025)), Code::TooLong);
        assert_eq!(code(&"\u{e9}".repeat(513)), Code::TooLong);
        assert_eq!(code("secret\0"), Code::NulCharacter);
        for text in ["a\nb", "a\tb", "a\u{7f}b", "a\u{85}b", "a\u{2028}b"] {
            assert_eq!(code(text), Code::Malformed, "{text:?}");
        }
    }

    #[test]
    fn a_password_is_counted_in_characters() {
        let password = Password::new("p\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}d").unwrap();
        assert!(password.check_new(8).is_ok());
        assert_eq!(password.check_new(9).unwrap_err().code(), Code::OutOfRange);
        // As many code points as typed, one character less once composed.
        assert!(Password::new("e\u{301}").unwrap().check_new(2).is_err());
    }

    #[test]
    fn a_violation_says_nothing_of_the_password() {
        let violation = Password::new("hunter2\0").unwrap_err();
        assert!(!format!("{violation:?} {violation}").contains("hunter2"));
    }

    proptest! {
        #[test]
        fn preparing_grows_into_the_room_made_for_it(text in "\\PC{1,200}") {
            if let Ok(password) = Password::new(text.clone()) {
                prop_assert!(password.bytes().len() <= 3 * text.len());
                let again = Password::new(String::from_utf8(password.bytes().to_vec()).unwrap()).unwrap();
                prop_assert_eq!(again.bytes(), password.bytes());
            }
        }
    }
}
