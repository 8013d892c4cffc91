//! Objects that come in several forms, each with its own fields: one schema for each form instead of one in which all
//! fields are optional.

use serde_json::Value;
use utoipa::openapi::schema::SchemaType;
use utoipa::openapi::{Components, Object, ObjectBuilder, OneOf, RefOr, Schema, Type};

/// What is true of an object in one of its forms.
struct Form {
    /// A field that tells the form by its values, as JSON.
    told_by: Option<(&'static str, &'static str)>,
    /// Fields that are there, and not `null`.
    needed: &'static [&'static str],
    /// Fields that are not there, or `null`.
    without: &'static [&'static str],
}

const fn form(
    told_by: Option<(&'static str, &'static str)>,
    needed: &'static [&'static str],
    without: &'static [&'static str],
) -> Form {
    Form { told_by, needed, without }
}

const fn kind(
    values: &'static str,
    needed: &'static [&'static str],
    without: &'static [&'static str],
) -> Form {
    form(Some(("kind", values)), needed, without)
}

const PRICED: [Form; 2] =
    [form(None, &["amount"], &["percent", "base"]), form(None, &["percent"], &["amount"])];

const SOME_OR_ALL: [Form; 2] = [form(None, &["amount", "currency"], &[]), form(None, &[], &["amount"])];

/// The schemas by name, each with its forms, of which exactly one fits.
const FORMS: &[(&str, &[Form])] = &[
    ("Adjustment", &PRICED),
    ("DocumentAdjustment", &PRICED),
    ("InvoiceImport", &[form(None, &["issue_date"], &[])]),
    ("Period", &[form(None, &["start"], &[]), form(None, &["end"], &["start"])]),
    (
        "Tax",
        &[
            form(Some(("withheld", "[false]")), &["category"], &[]),
            form(Some(("withheld", "[true]")), &["withheld", "rate"], &[]),
        ],
    ),
    (
        "Due",
        &[
            kind(r#"["on_receipt"]"#, &[], &["days", "date"]),
            kind(r#"["days", "days_after_month_end"]"#, &["days"], &["date"]),
            kind(r#"["on"]"#, &["date"], &["days"]),
        ],
    ),
    (
        "PayableRounding",
        &[kind(r#"["none"]"#, &[], &["amount"]), kind(r#"["amount", "increment"]"#, &["amount"], &[])],
    ),
    (
        "PaymentInstruction",
        &[
            kind(r#"["credit_transfer"]"#, &["iban"], &["account", "bank", "mandate", "text"]),
            kind(
                r#"["account"]"#,
                &["account"],
                &["iban", "bic", "account_name", "remittance", "mandate", "text"],
            ),
            kind(
                r#"["direct_debit"]"#,
                &["mandate"],
                &["bic", "account_name", "remittance", "account", "bank", "text"],
            ),
            kind(
                r#"["other"]"#,
                &["text"],
                &["iban", "bic", "account_name", "remittance", "account", "bank", "mandate"],
            ),
        ],
    ),
    ("PayInput", &SOME_OR_ALL),
    ("WriteOffInput", &SOME_OR_ALL),
    ("Regime", &[kind(r#"["standard"]"#, &[], &["reason"]), kind(r#"["small_business"]"#, &["reason"], &[])]),
    (
        "CreditScope",
        &[
            kind(r#"["full"]"#, &[], &["lines", "amount"]),
            kind(r#"["lines"]"#, &["lines"], &["amount"]),
            kind(r#"["amount"]"#, &["amount", "currency"], &["lines"]),
        ],
    ),
    (
        "CreditLine",
        &[
            form(None, &[], &["net", "quantity"]),
            form(None, &["net"], &["quantity"]),
            form(None, &["quantity"], &["net"]),
        ],
    ),
];

/// Takes the schemas that come in forms apart.
pub(super) fn tell_apart(components: &mut Components) {
    for (name, forms) in FORMS {
        let Some(schema) = components.schemas.get_mut(*name) else { continue };
        let RefOr::T(Schema::Object(whole)) = schema else { continue };
        let mut shaped = forms.iter().map(|form| form.of(whole));
        let first = shaped.next();
        let others: Vec<_> = shaped.collect();
        *schema = match first {
            Some(only) if others.is_empty() => Schema::Object(only).into(),
            first => {
                let items = first.into_iter().chain(others).map(|one| without_words(one).into()).collect();
                let mut any = OneOf::new();
                any.items = items;
                any.description.clone_from(&whole.description);
                any.example.clone_from(&whole.example);
                Schema::OneOf(any).into()
            }
        };
    }
}

/// What is said of all forms is not repeated at each.
fn without_words(mut form: Object) -> Schema {
    form.description = None;
    form.example = None;
    Schema::Object(form)
}

impl Form {
    fn of(&self, whole: &Object) -> Object {
        let mut shaped = whole.clone();
        if let Some((field, values)) = self.told_by {
            let values: Vec<Value> = serde_json::from_str(values).unwrap_or_default();
            let kind = if values.iter().all(Value::is_boolean) { Type::Boolean } else { Type::String };
            let told = ObjectBuilder::new().schema_type(kind).enum_values(Some(values)).build();
            shaped.properties.insert(field.to_owned(), RefOr::T(Schema::Object(told)));
        }
        for field in self.needed {
            if let Some(schema) = shaped.properties.get_mut(*field) {
                never_null(schema);
            }
            if !shaped.required.iter().any(|required| required == field) {
                shaped.required.push((*field).to_owned());
            }
        }
        for field in self.without {
            let nothing = ObjectBuilder::new().schema_type(Type::Null).build();
            shaped.properties.insert((*field).to_owned(), RefOr::T(Schema::Object(nothing)));
        }
        shaped
    }
}

fn never_null(schema: &mut RefOr<Schema>) {
    match schema {
        RefOr::T(Schema::OneOf(either)) => {
            let is_null = |item: &RefOr<Schema>| matches!(item, RefOr::T(Schema::Object(object)) if object.schema_type == SchemaType::Type(Type::Null));
            if let Some(value) = either.items.iter().find(|item| !is_null(item)).cloned() {
                *schema = value;
            }
        }
        RefOr::T(Schema::Object(object)) => not_null(&mut object.schema_type),
        RefOr::T(Schema::Array(array)) => not_null(&mut array.schema_type),
        _ => {}
    }
}

fn not_null(kind: &mut SchemaType) {
    if let SchemaType::Array(kinds) = kind
        && let Some(value) = kinds.iter().find(|kind| **kind != Type::Null).cloned()
    {
        *kind = SchemaType::Type(value);
    }
}
