use super::*;

fn line(text: &str) -> Option<Code> {
    check_line(text, SHORT).err().map(|wrong| wrong.code())
}

fn lines(text: &str) -> Option<Code> {
    check_lines(text, LONG).err().map(|wrong| wrong.code())
}

#[test]
fn a_text_on_one_line_has_no_controls_and_turns_no_direction() {
    for c in ('\u{1}'..='\u{1f}').chain('\u{7f}'..='\u{9f}').chain('\u{202a}'..='\u{202e}') {
        assert_eq!(line(&format!("A{c}B")), Some(Code::Malformed), "{c:?}");
    }
    for c in ('\u{2066}'..='\u{2069}').chain('\u{2028}'..='\u{2029}') {
        assert_eq!(line(&format!("A{c}B")), Some(Code::Malformed), "{c:?}");
    }
    assert_eq!(line("A\0B"), Some(Code::NulCharacter));
}

#[test]
fn a_note_has_line_breaks_and_tabs_and_no_other_controls() {
    assert_eq!((lines("one\n\ttwo\n"), lines("one\r\ntwo")), (None, None));
    for text in ["\u{202e}eno", "one\u{85}two", "\u{1b}[2J"] {
        assert_eq!(lines(text), Some(Code::Malformed), "{text:?}");
    }
}

#[test]
fn what_real_scripts_and_emoji_need_stays() {
    for text in [
        "👩\u{200d}👩\u{200d}👧",
        "می\u{200c}خواهم",
        "ක්\u{200d}ර",
        "מרחבא\u{200f} 12",
        "1\u{a0}000",
        "🏳\u{fe0f}",
    ] {
        assert_eq!((line(text), lines(text)), (None, None), "{text:?}");
    }
}

#[test]
fn a_text_of_nothing_that_can_be_seen_is_no_text() {
    for text in [" ", "\u{200b}", "\u{feff}\u{2060}", "\u{3164}", "\u{2800}", "\u{200d}", "\u{e0020}"] {
        assert_eq!(line(text), Some(Code::Malformed), "{text:?}");
        let mut found = Violations::new();
        collect_required(&mut found, "/name", text, SHORT);
        let found: Vec<_> = found.iter().map(|it| (it.pointer().to_owned(), it.code())).collect();
        assert_eq!(found, [("/name".to_owned(), Code::Required)], "{text:?}");
    }
    assert_eq!(line(""), None, "what may be absent may be empty");
}

#[test]
fn what_a_store_kept_from_before_is_still_read() {
    assert!(check("tab\t\u{202e}\u{200b}\r\n", SHORT).is_ok());
}
