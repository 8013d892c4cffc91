use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Result<Members<'_>, Flaw> {
    object(text, Strictness::FULL)
}

fn one(value: &str) -> Result<(), Flaw> {
    read(&format!(r#"{{"a":{value}}}"#)).map(drop)
}

#[test]
fn members_come_in_their_order_with_numbers_as_written() {
    let members =
        read(" {\"a\" : \"x\\u0041\" ,\n\"b\":-1.50e+3,\"c\":[1, {}],\"d\":{\"e\":null},\"f\":true}\r\n");
    let text = |text| Value::Text(Cow::Borrowed(text));
    let expected = [
        ("a", text("xA")),
        ("b", Value::Number("-1.50e+3")),
        ("c", Value::List("[1, {}]")),
        ("d", Value::Object("{\"e\":null}")),
        ("f", Value::Literal),
    ];
    assert_eq!(members.unwrap(), expected.map(|(name, value)| (Cow::Borrowed(name), value)));
}

#[test]
fn a_member_twice_is_told_at_any_depth_and_however_it_is_written() {
    for text in [
        r#"{"a":1,"a":1}"#,
        r#"{"a":1,"\u0061":2}"#,
        r#"{"a":{"b":1,"b":2}}"#,
        r#"{"a":[[{"b":1,"c":3,"b":2}]]}"#,
        r#"{"":1,"":2}"#,
    ] {
        assert_eq!(read(text), Err(Flaw::Duplicate), "{text}");
    }
}

#[test]
fn what_is_not_json_is_refused() {
    for text in [
        "",
        " ",
        "{",
        "}",
        "[]",
        "1",
        "null",
        "\"a\"",
        "{}{}",
        "{} x",
        "{},",
        "{a:1}",
        "{'a':1}",
        r#"{"a"}"#,
        r#"{"a":}"#,
        r#"{"a":1,}"#,
        r#"{,"a":1}"#,
        r#"{"a":1 "b":2}"#,
        "{\"a\":\"\n\"}",
        "\u{feff}{}",
    ] {
        assert_eq!(read(text), Err(Flaw::Syntax), "{text}");
    }
    for value in [
        "01",
        "-",
        "+1",
        ".5",
        "1.",
        "1e",
        "1e+",
        "0x1",
        "NaN",
        "Infinity",
        "-Infinity",
        "tru",
        "nul",
        "True",
        "[1,]",
        "[",
        "[1 2]",
        r#""\x""#,
        r#""\u12""#,
        r#""\ud800""#,
        r#""\ud800\u0041""#,
        r#""\udc00""#,
        "\"",
        "\"\u{7}\"",
    ] {
        assert_eq!(one(value), Err(Flaw::Syntax), "{value}");
    }
}

#[test]
fn depth_and_members_are_bounded() {
    let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(one(&nested(MAX_DEPTH - 1)), Ok(()));
    assert_eq!(one(&nested(MAX_DEPTH)), Err(Flaw::TooComplex));
    assert_eq!(one(&"[".repeat(8_000)), Err(Flaw::TooComplex));
    let members = |count| (0..count).map(|n| format!("\"{n}\":0")).collect::<Vec<_>>().join(",");
    assert_eq!(one(&format!("{{{}}}", members(MAX_MEMBERS))), Ok(()));
    assert_eq!(one(&format!("{{{}}}", members(MAX_MEMBERS + 1))), Err(Flaw::TooComplex));
    let elements = |count| format!("[{}0]", "0,".repeat(count - 1));
    assert_eq!(one(&elements(MAX_MEMBERS)), Ok(()));
    assert_eq!(one(&elements(MAX_MEMBERS + 1)), Err(Flaw::TooComplex));
}

/// The members as another reader sees them.
fn judged(text: &str) -> Option<serde_json::Map<String, serde_json::Value>> {
    serde_json::from_str(text).ok()
}

fn same(ours: &Members<'_>, theirs: &serde_json::Map<String, serde_json::Value>) {
    assert_eq!(ours.len(), theirs.len());
    for (name, value) in ours {
        let other = theirs.get(name.as_ref()).unwrap();
        match value {
            Value::Text(text) => assert_eq!(other.as_str(), Some(text.as_ref())),
            Value::Number(raw) | Value::List(raw) | Value::Object(raw) => {
                assert_eq!(&serde_json::from_str::<serde_json::Value>(raw).unwrap(), other);
            }
            Value::Literal => assert!(other.is_null() || other.is_boolean()),
        }
    }
}

fn any_value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|map| map.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

proptest! {
    #[test]
    fn what_another_writer_wrote_is_read_alike(
        map in prop::collection::btree_map(any::<String>(), any_value(), 0..8),
        pretty in any::<bool>(),
    ) {
        let theirs: serde_json::Map<_, _> = map.into_iter().collect();
        let text = if pretty { serde_json::to_string_pretty(&theirs) } else { serde_json::to_string(&theirs) }.unwrap();
        same(&read(&text).unwrap(), &theirs);
    }

    #[test]
    fn what_is_taken_is_json_for_another_reader_too(text in r#"\{("[ab\\u0d8"]{0,4}"[:, ]{0,2}[-0-9.eE+"a\[\]{}tfn]{0,6}[,}]{0,2}){0,4}\}?"#) {
        if let Ok(ours) = read(&text) {
            // Numbers beyond its range are its only reason to refuse what is JSON.
            if let Some(theirs) = judged(&text) {
                same(&ours, &theirs);
            } else {
                prop_assert!(text.contains(['e', 'E']), "{text}");
            }
        }
    }
}
