use std::borrow::Cow;

use serde_json::Value;
use utoipa::openapi::schema::{AdditionalProperties, SchemaType};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// The schema of a JSON merge patch of `T`: any of its fields, each of them may be `null` to take it away.
pub(crate) fn of<T: PartialSchema>() -> RefOr<Schema> {
    let object = ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some("A JSON merge patch (RFC 7396): the fields to change, `null` to take one away."));
    let RefOr::T(Schema::Object(fields)) = T::schema() else { return object.into() };
    // One of the fields of the whole is a patch.
    let field = match fields.example {
        Some(Value::Object(example)) => example.into_iter().next(),
        _ => None,
    };
    let object = object.examples(field.map(|field| Value::Object([field].into_iter().collect())));
    let object = fields.properties.into_iter().fold(object, |object, (name, _)| object.property(name, any()));
    object.additional_properties(Some(AdditionalProperties::FreeForm(false))).into()
}

fn any() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::AnyValue)
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
