use icu_casemap::CaseMapper;
use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use invoice_core::Violation;
use invoice_core::identity::{EmailAddress, EmailKey};

/// Takes an e-mail address as it was typed, without the white space around it. Its key, which is unique, is the
/// address after case folding and NFC.
///
/// Folding is canonical caseless matching (Unicode, D145): the full foldings of any script, none that depends on a
/// language. It reaches the part before the `@` too, where the letter of RFC 5321 lets a server tell `Ada` from `ada`:
/// none that people use does, and whoever could register both spellings could take the other's mail for theirs. Dots
/// and `+tags` stay: what they mean is each provider's own affair. So is the domain as typed: `bücher.example` and
/// `xn--bcher-kva.example` are two addresses.
///
/// What is not an address, or is longer than 320 characters, is a violation at the root.
///
/// ```
/// let address = invoice_auth::email_address(" Ada@Example.org ")?;
/// assert_eq!(address.shown(), "Ada@Example.org");
/// assert_eq!(address.key().as_str(), "ada@example.org");
/// assert!(invoice_auth::email_address("ada").is_err());
/// # Ok::<(), invoice_core::Violation>(())
/// ```
pub fn email_address(text: &str) -> Result<EmailAddress, Violation> {
    let shown = text.trim();
    // Before anything is folded, so that what is far too long costs nothing.
    EmailKey::new(shown)?;
    EmailAddress::new(shown, EmailKey::new(key(shown))?)
}

/// Decomposed first, as D145 has it: a folded letter must not take the marks of the one before it.
fn key(text: &str) -> String {
    let apart = DecomposingNormalizerBorrowed::new_nfd().normalize(text);
    let folded = CaseMapper::new().fold_string(&apart);
    ComposingNormalizerBorrowed::new_nfc().normalize(&folded).into_owned()
}

#[cfg(test)]
mod tests {
    use invoice_core::Code;
    use proptest::prelude::*;

    use super::*;

    fn key_of(text: &str) -> String {
        email_address(text).unwrap().key().as_str().to_owned()
    }

    #[test]
    fn spellings_of_one_address_have_one_key() {
        for (one, other) in [
            ("ADA@EXAMPLE.ORG", "ada@example.org"),
            ("Jos\u{e9}@example.org", "JOSE\u{301}@example.org"),
            ("stra\u{df}e@example.org", "STRASSE@example.org"),
            (
                "\u{3a3}\u{3af}\u{3c3}\u{3c5}\u{3c6}\u{3bf}\u{3c2}@example.org",
                "\u{3c3}\u{3af}\u{3c3}\u{3c5}\u{3c6}\u{3bf}\u{3c3}@example.org",
            ),
            // A subscript iota folds to a letter, which a mark of the letter before it must not end up on.
            ("\u{1fb3}\u{322}@example.org", "\u{391}\u{322}\u{399}@example.org"),
        ] {
            assert_eq!(key_of(one), key_of(other), "{one} {other}");
        }
    }

    #[test]
    fn different_addresses_have_different_keys() {
        // A dotless i is another letter in every language that has it, and full-width letters are others.
        for (one, other) in [
            ("i@b.org", "\u{131}@b.org"),
            ("a.b@c.org", "ab@c.org"),
            ("a+b@c.org", "a@c.org"),
            ("\u{ff41}@b.org", "a@b.org"),
        ] {
            assert_ne!(key_of(one), key_of(other), "{one} {other}");
        }
    }

    #[test]
    fn an_address_is_shown_as_it_was_typed_without_the_space_around_it() {
        assert_eq!(email_address("\t Ada@B.org\n").unwrap().shown(), "Ada@B.org");
    }

    #[test]
    fn what_is_no_address_is_refused_at_the_root() {
        for text in ["", "  ", "ada", "@b", "a@", "a b@c", "a@b\0", "a@b\r\nBcc: c@d"] {
            let violation = email_address(text).unwrap_err();
            assert_eq!((violation.pointer(), violation.code()), ("", Code::Malformed), "{text:?}");
        }
        // The Greek question mark is a semicolon once it is normalised.
        assert_eq!(email_address("a@b.org\u{37e}c").unwrap_err().code(), Code::Malformed);
        let long = |n| format!("{}@b", "a".repeat(n));
        assert!(email_address(&long(318)).is_ok());
        assert_eq!(email_address(&long(319)).unwrap_err().code(), Code::TooLong);
        // Short as typed, too long once folded.
        assert_eq!(email_address(&format!("{}@b", "\u{df}".repeat(318))).unwrap_err().code(), Code::TooLong);
    }

    proptest! {
        #[test]
        fn a_key_is_its_own_key(text in "\\PC{1,20}@\\PC{1,20}") {
            if let Ok(address) = email_address(&text) {
                let again = key(address.key().as_str());
                prop_assert_eq!(address.key().as_str(), again);
            }
        }
    }
}
