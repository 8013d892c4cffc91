use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::openapi::schema::{AdditionalProperties, Object, SchemaType};
use utoipa::openapi::{ObjectBuilder, OneOfBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// The schema of a JSON merge patch of `T`: any of its fields, and `null` for those that can be taken away.
pub(crate) fn of<T: ToSchema>() -> RefOr<Schema> {
    let mut schemas = Vec::new();
    T::schemas(&mut schemas);
    let known = Known(schemas.into_iter().collect());
    let RefOr::T(Schema::Object(whole)) = T::schema() else { return ObjectBuilder::new().into() };
    // One of the fields of the whole is a patch.
    let field = match &whole.example {
        Some(Value::Object(example)) => example.iter().next(),
        _ => None,
    };
    let field =
        field.map(|(name, value)| Value::Object([(name.clone(), value.clone())].into_iter().collect()));
    known
        .patch(&whole)
        .description(Some("A JSON merge patch (RFC 7396): the fields to change, `null` to take one away."))
        .examples(field)
        .into()
}

/// The schemas that others refer to, by name.
struct Known(BTreeMap<String, RefOr<Schema>>);

impl Known {
    fn patch(&self, whole: &Object) -> ObjectBuilder {
        let mut object = ObjectBuilder::new().schema_type(Type::Object);
        for (name, field) in &whole.properties {
            let field = self.part(field);
            let field = if whole.required.contains(name) { field } else { or_null(field) };
            object = object.property(name, field);
        }
        object.additional_properties(Some(AdditionalProperties::FreeForm(false)))
    }

    /// What a patch says of a field that stays: of an object, a patch of its own; of all else, the new value.
    fn part(&self, field: &RefOr<Schema>) -> RefOr<Schema> {
        let field = match field {
            RefOr::T(Schema::OneOf(optional)) => optional.items.first().unwrap_or(field),
            _ => field,
        };
        let (whole, description) = match field {
            RefOr::T(schema) => (schema, ""),
            RefOr::Ref(named) => match self.named(&named.ref_location) {
                Some(schema) => (schema, named.description.as_str()),
                None => return field.clone(),
            },
        };
        match whole {
            Schema::Object(whole) if whole.schema_type == SchemaType::Type(Type::Object) => {
                let mut patch =
                    if whole.properties.is_empty() { entries(whole) } else { self.patch(whole).build() };
                patch.description = Some(description.to_owned()).filter(|text| !text.is_empty());
                RefOr::T(Schema::Object(patch))
            }
            _ => field.clone(),
        }
    }

    fn named(&self, location: &str) -> Option<&Schema> {
        match self.0.get(location.rsplit('/').next()?)? {
            RefOr::T(schema) => Some(schema),
            RefOr::Ref(_) => None,
        }
    }
}

/// Of a map, the entries to set or to take away.
fn entries(map: &Object) -> Object {
    let mut patch = map.clone();
    patch.examples.clear();
    if let Some(AdditionalProperties::RefOr(values)) = patch.additional_properties.as_deref_mut() {
        *values = or_null(values.clone());
    }
    patch
}

fn or_null(schema: RefOr<Schema>) -> RefOr<Schema> {
    if let RefOr::T(Schema::Object(Object { schema_type: SchemaType::Array(types), .. })) = &schema
        && types.contains(&Type::Null)
    {
        return schema;
    }
    OneOfBuilder::new().item(schema).item(ObjectBuilder::new().schema_type(Type::Null)).into()
}

macro_rules! patches {
    ($($(#[$doc:meta])* $name:ident of $input:path;)+) => {$(
        $(#[$doc])*
        pub(crate) struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                of::<$input>()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($name))
            }

            fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
                <$input as ToSchema>::schemas(schemas);
            }
        }
    )+};
}

patches! {
    /// A patch of a client.
    ClientPatch of crate::wire::client::ClientInput;
    /// A patch of a credit note.
    CreditNotePatch of crate::wire::credit_note::CreditNoteInput;
    /// A patch of an invoice.
    InvoicePatch of crate::wire::invoice::InvoiceInput;
    /// A patch of an item.
    ItemPatch of crate::wire::item::ItemInput;
    /// A patch of a quote.
    QuotePatch of crate::wire::quote::QuoteInput;
    /// A patch of the team's profile.
    SupplierPatch of crate::wire::supplier::SupplierInput;
}

#[cfg(feature = "auth-routes")]
patches! {
    /// A patch of a member.
    MemberPatch of crate::wire::auth::member::MemberInput;
    /// A patch of the caller's account.
    ProfilePatch of crate::wire::auth::profile::ProfileInput;
    /// A patch of a team.
    TeamPatch of crate::wire::auth::team::TeamInput;
}
