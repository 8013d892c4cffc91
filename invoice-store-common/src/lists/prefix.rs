/// The first text after all that begin with `prefix`, by code points; `None` if there is no such text,
/// because the prefix is empty or of nothing but the last code point.
///
/// ```
/// use invoice_store_common::lists::end_of_prefix;
///
/// assert_eq!(end_of_prefix("INV-2026").as_deref(), Some("INV-2027"));
/// assert_eq!(end_of_prefix(""), None);
/// ```
pub fn end_of_prefix(prefix: &str) -> Option<String> {
    let mut end = prefix.to_owned();
    while let Some(last) = end.pop() {
        // Surrogates are no characters: the range steps over them.
        if let Some(next) = (last..=char::MAX).nth(1) {
            end.push(next);
            return Some(end);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_with_a_prefix_lies_before_its_end_and_nothing_else() {
        for prefix in ["a", "a~", "é", "\u{d7ff}", "a\u{10ffff}", "漢字"] {
            let end = end_of_prefix(prefix).unwrap();
            for tail in ["", "a", "\u{10ffff}", "\u{10ffff}\u{10ffff}"] {
                assert!(format!("{prefix}{tail}") < end, "{prefix:?} {tail:?} {end:?}");
            }
            assert!(!end.starts_with(prefix), "{prefix:?}");
        }
        assert_eq!(end_of_prefix("a\u{10ffff}").unwrap(), "b");
        assert_eq!(end_of_prefix("\u{d7ff}").unwrap(), "\u{e000}");
    }

    #[test]
    fn a_prefix_of_the_last_code_points_has_no_end() {
        assert_eq!(end_of_prefix("\u{10ffff}\u{10ffff}"), None);
    }
}
