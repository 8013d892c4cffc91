//! JSON documents of the right shape with values at and beyond the edges.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Mostly one of `usual`, else one of `odd`.
fn mostly(usual: &'static [&'static str], odd: &'static [&'static str]) -> BoxedStrategy<String> {
    let one = |list: &'static [&'static str]| prop::sample::select(list).prop_map(str::to_owned);
    prop_oneof![100 => one(usual), 1 => one(odd)].boxed()
}

fn decimal() -> BoxedStrategy<String> {
    let usual = mostly(
        &[
            "1",
            "-1",
            "0",
            "3",
            "19.95",
            "0.00000001",
            "99999999999.99999999",
            "-99999999999.99999999",
            "12345.678",
        ],
        &[
            "-0",
            "000001.50",
            "100000000000",
            "1e5",
            "",
            " 1",
            "+1",
            "1_000",
            "٣",
            ".5",
            "5.",
            "1.123456789",
            "NaN",
        ],
    );
    let random = (-99_999_999_999_i64..100_000_000_000, 0_u32..9)
        .prop_map(|(digits, scale)| rust_decimal::Decimal::new(digits, scale).to_string());
    let long = (1_usize..3_000).prop_map(|count| "7".repeat(count));
    let tame = (1_i64..100_000, 0_u32..4)
        .prop_map(|(digits, scale)| rust_decimal::Decimal::new(digits, scale).to_string());
    prop_oneof![60 => tame, 20 => usual, 10 => random, 1 => long].boxed()
}

fn units() -> BoxedStrategy<String> {
    let usual = mostly(
        &["1.00", "-1.00", "0.00", "0.05", "99999999999.99", "-99999999999.99", "12.50"],
        &["0.001", "-0.00", "100000000000.00", "1e2", "", "12,50"],
    );
    let random =
        (-9_999_999_i64..10_000_000).prop_map(|cents| rust_decimal::Decimal::new(cents, 2).to_string());
    prop_oneof![1 => usual, 2 => random].boxed()
}

fn money() -> BoxedStrategy<Value> {
    (units(), mostly(&["EUR"], &["USD", "JPY", "XAU", "eur", ""]))
        .prop_map(|(amount, currency)| json!({ "amount": amount, "currency": currency }))
        .boxed()
}

fn text() -> BoxedStrategy<String> {
    let long = prop::sample::select(&[999_usize, 1_000, 1_001, 10_000, 10_001][..]);
    let long = (long, prop::sample::select(&["a", "ß", "🧾"][..])).prop_map(|(count, of)| of.repeat(count));
    let odd = mostly(
        &["Coffee", "Reverse charge", "Self-billing", "קפה", "e\u{301}", "a/b~c", "$where", "👩\u{200d}👧"],
        &["", " ", "\0", "a\0b", "\u{feff}", "\u{202e}x", "a\tb\n"],
    );
    prop_oneof![100 => odd, 1 => long].boxed()
}

fn date() -> BoxedStrategy<String> {
    mostly(
        &["2026-03-15", "1970-01-01", "2024-02-29", "2026-03-14", "2026-03-01", "9998-12-31"],
        &[
            "0000-01-01",
            "1969-12-31",
            "9999-12-31",
            "+262142-12-31",
            "-262143-01-01",
            "+10000-01-01",
            "2023-02-29",
            "2026-3-1",
            "",
        ],
    )
}

/// The fields that are there, by chance.
fn object(fields: Vec<(&'static str, BoxedStrategy<Value>, bool)>) -> BoxedStrategy<Value> {
    let fields: Vec<_> = fields
        .into_iter()
        .map(|(name, value, needed)| {
            let there = if needed { 0.998 } else { 0.2 };
            prop::option::weighted(there, value).prop_map(move |value| (name, value))
        })
        .collect();
    fields
        .prop_map(|fields| {
            let there = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
            Value::Object(there.collect::<Map<_, _>>())
        })
        .boxed()
}

fn string(text: BoxedStrategy<String>) -> BoxedStrategy<Value> {
    text.prop_map(Value::String).boxed()
}

fn list(item: BoxedStrategy<Value>, most: usize) -> BoxedStrategy<Value> {
    prop::collection::vec(item, 0..=most).prop_map(Value::Array).boxed()
}

fn tax() -> BoxedStrategy<Value> {
    let rate = mostly(&["20", "0", "7.7", "100", "99999999999.99999999"], &["-1", "0.000000001", ""]);
    let free = object(vec![
        ("scheme", string(mostly(&["VAT", "GST", "IRPF"], &["", "a b"])), true),
        ("category", string(mostly(&["S", "Z", "E", "AE", "K", "G", "O", "L", "M", "B"], &["s", "X"])), true),
        ("rate", string(rate), true),
        ("withheld", any::<bool>().prop_map(Value::Bool).boxed(), false),
        ("exemption_reason", string(text()), false),
        ("exemption_code", string(mostly(&["VATEX-EU-AE"], &["", "x"])), false),
    ]);
    let plain = Just(json!({ "scheme": "VAT", "category": "S", "rate": "20" }));
    let exempt =
        Just(json!({ "scheme": "VAT", "category": "E", "rate": "0", "exemption_reason": "Teaching" }));
    prop_oneof![24 => plain, 4 => exempt, 2 => free].boxed()
}

fn taxes() -> BoxedStrategy<Value> {
    let one = prop::collection::vec(tax(), 1).prop_map(Value::Array);
    prop_oneof![60 => one, 3 => list(tax(), 2), 1 => list(tax(), 18)].boxed()
}

fn adjustment(with_taxes: bool) -> BoxedStrategy<Value> {
    let percent = mostly(&["5", "100", "-100", "0.00000001", "99999999999"], &["", "1e2"]);
    let value = prop_oneof![
        money().prop_map(|amount| json!({ "amount": amount })),
        percent.prop_map(|percent| json!({ "percent": percent })),
        (units(), money()).prop_map(|(percent, base)| json!({ "percent": percent, "base": base })),
    ];
    let more = object(vec![
        ("reason", string(text()), false),
        ("reason_code", string(mostly(&["95", "ABC"], &["", "ABCD"])), false),
        ("taxes", taxes(), false),
    ]);
    (value, more)
        .prop_map(move |(mut value, more)| {
            let taxed = |field: &str| field != "taxes" || with_taxes;
            if let (Value::Object(value), Value::Object(more)) = (&mut value, more) {
                value.extend(more.into_iter().filter(|(field, _)| taxed(field)));
            }
            value
        })
        .boxed()
}

fn line() -> BoxedStrategy<Value> {
    let period = object(vec![("start", string(date()), false), ("end", string(date()), true)]);
    let details = object(vec![
        ("description", string(text()), false),
        ("period", period, false),
        ("order_line", string(text()), false),
    ]);
    object(vec![
        ("quantity", string(decimal()), true),
        ("price", string(decimal()), true),
        ("base_quantity", string(mostly(&["1", "100", "0.00000001"], &["0", "-1"])), false),
        ("taxes", taxes(), true),
        ("allowances", list(adjustment(false), 2), false),
        ("charges", list(adjustment(false), 2), false),
        ("name", string(text()), true),
        ("unit", string(mostly(&["C62", "HUR"], &["", "piece"])), true),
        ("gross_price", string(decimal()), false),
        ("details", details, false),
    ])
}

fn due() -> BoxedStrategy<Value> {
    let days = prop::sample::select(&[0_u64, 14, 14, 14, 65_535, 65_535, 65_535, 65_536][..]);
    prop_oneof![
        Just(json!({ "kind": "on_receipt" })),
        days.clone().prop_map(|days| json!({ "kind": "days", "value": days })),
        days.prop_map(|days| json!({ "kind": "days_after_month_end", "value": days })),
        date().prop_map(|date| json!({ "kind": "on", "value": date })),
    ]
    .boxed()
}

fn terms() -> BoxedStrategy<Value> {
    let early = (0_u64..65_600, mostly(&["2", "100"], &["0", "-1", "101"]))
        .prop_map(|(days, percent)| json!({ "days": days, "percent": percent }))
        .boxed();
    object(vec![("due", due(), true), ("early_payment", early, false), ("text", string(text()), false)])
}

fn instruction() -> BoxedStrategy<Value> {
    let iban = mostly(&["DE44500105175407324931"], &["DE45500105175407324931", ""]);
    prop_oneof![
        iban.prop_map(|iban| json!({ "kind": "credit_transfer", "iban": iban })),
        text().prop_map(|text| json!({ "kind": "other", "text": text })),
    ]
    .boxed()
}

/// Something like the content of an invoice.
pub(crate) fn content(client: String) -> BoxedStrategy<Value> {
    let period = object(vec![("start", string(date()), false), ("end", string(date()), true)]);
    let rounding = prop_oneof![
        money().prop_map(|amount| json!({ "amount": amount })),
        mostly(&["0.05", "1.00", "99999999999.99"], &["0.00", "-1.00"])
            .prop_map(|step| json!({ "increment": { "amount": step, "currency": "EUR" } })),
    ];
    let note =
        (text(), prop::option::of(mostly(&["AAI"], &["AAAI", "\0"]))).prop_map(
            |(text, subject)| match subject {
                Some(subject) => json!({ "text": text, "subject": subject }),
                None => json!({ "text": text }),
            },
        );
    let preceding =
        (text(), date()).prop_map(|(number, date)| json!({ "number": number, "issue_date": date }));
    let references = object(vec![
        ("buyer_reference", string(text()), false),
        ("preceding", list(preceding.boxed(), 2), false),
    ]);
    let rate = (mostly(&["24.5", "0.00000001", "99999999999.99999999"], &["0", "-1"]), date(), text())
        .prop_map(
            |(rate, date, source)| json!({ "currency": "CZK", "rate": rate, "date": date, "source": source }),
        );
    let lines = prop_oneof![
        20 => prop::collection::vec(line(), 1..4).prop_map(Value::Array),
        1 => list(line(), 40),
    ];
    object(vec![
        ("client", Just(Value::String(client)).boxed(), true),
        ("currency", string(mostly(&["EUR"], &["JPY", "KWD", "CLF", "XXX", "€"])), true),
        ("prices", string(mostly(&["net", "tax_inclusive"], &["gross"])), false),
        ("rounding", string(mostly(&["currency", "precise"], &["up"])), false),
        ("tax_rounding", string(mostly(&["down", "half_away_from_zero"], &["up"])), false),
        ("lines", lines.boxed(), true),
        ("allowances", list(adjustment(true), 3), false),
        ("charges", list(adjustment(true), 3), false),
        ("prepaid", money(), false),
        ("payable_rounding", rounding.boxed(), false),
        ("issue_date", string(date()), false),
        ("supply_date", string(date()), false),
        ("tax_point", string(date()), false),
        ("period", period, false),
        ("terms", terms(), false),
        ("instructions", list(instruction(), 2), false),
        ("notes", list(note.boxed(), 3), false),
        ("references", references, false),
        ("accounting_rate", rate.boxed(), true),
        ("simplified", any::<bool>().prop_map(Value::Bool).boxed(), false),
        ("language", string(text()), false),
    ])
    .prop_map(numbered)
    .boxed()
}

/// Gives the lines their identifiers, which would hardly differ by chance.
fn numbered(mut content: Value) -> Value {
    let lines = content.pointer_mut("/lines").and_then(Value::as_array_mut);
    for (place, line) in lines.into_iter().flatten().enumerate() {
        if let Value::Object(line) = line {
            line.insert("id".to_owned(), Value::String((place + 1).to_string()));
        }
    }
    content
}

/// An amount of euros, as text.
pub(crate) fn amount() -> BoxedStrategy<String> {
    units()
}

pub(crate) fn word() -> BoxedStrategy<String> {
    text()
}

pub(crate) fn day() -> BoxedStrategy<String> {
    date()
}
