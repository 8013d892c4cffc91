//! Schemas of the texts that stand for numbers, dates, identifiers and names.

use std::borrow::Cow;

use utoipa::openapi::{ObjectBuilder, RefOr, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

macro_rules! text {
    ($name:ident, $doc:literal, $example:literal $(, at most $most:literal)? $(, pattern $pattern:literal)? $(, format $format:literal)? $(, one of [$($value:literal),+])? ) => {
        #[doc = $doc]
        pub(crate) struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let object = ObjectBuilder::new()
                    .schema_type(Type::String)
                    .description(Some($doc))
                    .examples([$example]);
                $(let object = object.pattern(Some($pattern));)?
                $(let object = object.format(Some(SchemaFormat::Custom($format.to_owned())));)?
                $(let object = object.enum_values(Some([$($value),+]));)?
                $(let object = object.max_length(Some($most));)?
                object.into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($name))
            }
        }
    };
}

text!(Amount, "An amount in the currency stated beside it; a JSON number is refused.", "119.00",
    pattern "^-?[0-9]+(\\.[0-9]+)?$");
text!(AmountInput, "An amount in the currency stated beside it, with no more decimals than that has; a JSON number is refused.",
    "119.00", at most 64, pattern "^-?0*[0-9]{1,11}(\\.[0-9]{1,4}0*)?$");
text!(Decimal, "A decimal number of at most 11 digits before and 8 after the point; a JSON number is refused.",
    "19.95", at most 64, pattern "^-?0*[0-9]{1,11}(\\.[0-9]{1,8}0*)?$");
// The characters that change direction, control or show nothing are those of the domain's rules for texts.
text!(ShortText, "A text on one line, of at most 1,000 characters: no control characters, and none that turn directions. Unless it is empty it shows something.",
    "Second floor", at most 1_000, pattern "^([^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069\\s\\u00ad\\u200b-\\u200f\\u2060-\\u206f\\u2800\\u3164\\ufeff][^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*)?$");
text!(ShortLines, "A text of at most 1,000 characters, with line breaks and tabs, and no other control characters.",
    "Within 30 days.", at most 1_000, pattern "^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f\\u202a-\\u202e\\u2066-\\u2069]*$");
text!(LongText, "A text of at most 10,000 characters, with line breaks and tabs, and no other control characters.",
    "Call before you deliver.", at most 10_000, pattern "^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f\\u202a-\\u202e\\u2066-\\u2069]*$");
text!(SubjectCode, "What a note is about, a code of UNTDID 4451 (BT-21).", "AAI", at most 3,
    pattern "^([^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069\\s\\u00ad\\u200b-\\u200f\\u2060-\\u206f\\u2800\\u3164\\ufeff][^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*)?$");
#[cfg(feature = "auth-routes")]
text!(LanguageTag, "A language, a BCP 47 tag.", "en-GB", at most 35,
    pattern "^([^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069\\s\\u00ad\\u200b-\\u200f\\u2060-\\u206f\\u2800\\u3164\\ufeff][^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*)?$");
text!(RequiredLines, "A text of at most 1,000 characters that shows something, with line breaks and tabs, and no other control characters.",
    "Cash on delivery", at most 1_000, pattern "^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f\\u202a-\\u202e\\u2066-\\u2069]*[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f\\u202a-\\u202e\\u2066-\\u2069\\s\\u00ad\\u200b-\\u200f\\u2060-\\u206f\\u2800\\u3164\\ufeff][^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f\\u202a-\\u202e\\u2066-\\u2069]*$");
text!(NoteText, "A text of at most 10,000 characters that shows something, with line breaks and tabs, and no other control characters.",
    "Thank you.", at most 10_000, pattern "^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f\\u202a-\\u202e\\u2066-\\u2069]*[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f\\u202a-\\u202e\\u2066-\\u2069\\s\\u00ad\\u200b-\\u200f\\u2060-\\u206f\\u2800\\u3164\\ufeff][^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f\\u202a-\\u202e\\u2066-\\u2069]*$");
text!(RequiredText, "A text on one line, of at most 1,000 characters, that shows something: no control characters, and none that turn directions.",
    "Goods returned", at most 1_000, pattern "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069\\s\\u00ad\\u200b-\\u200f\\u2060-\\u206f\\u2800\\u3164\\ufeff][^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$");
text!(ContactEmail, "An e-mail address, without white space and characters that are not to be seen.",
    "buchhaltung@example.org", at most 1_000, pattern "^[^\\s\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb]*$");
text!(Date, "A day of the years 1970 to 9998.", "2026-03-02", format "date");
text!(Instant, "An instant in UTC, to the millisecond.", "2026-03-02T09:00:00.000Z", format "date-time");
text!(Month, "A month.", "2026-03", pattern "^[0-9]{4}-(0[1-9]|1[0-2])$");
text!(CurrencyCode, "A currency of ISO 4217.", "EUR", pattern "^[A-Z]{3}$");
text!(CountryCode, "A country of ISO 3166-1.", "AT", pattern "^[A-Z]{2}$");
text!(Unit, "A unit of UN/ECE Recommendation 20 or 21 (BT-130).", "C62", pattern "^[A-Z0-9]{1,3}$");
text!(TaxSchemeName, "The name of a tax.", "VAT", pattern "^[A-Z0-9]{1,12}$");
text!(HashText, "A SHA-256 hash.", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    pattern "^[0-9a-f]{64}$");

text!(ClientId, "The identifier of a client.", "cli_0192d3f0c1a47b3e8f7a5d6c4b3a2910", pattern "^cli_[0-9a-f]{32}$");
text!(ItemId, "The identifier of an item.", "itm_0192d3f0c1a47b3e8f7a5d6c4b3a2910", pattern "^itm_[0-9a-f]{32}$");
text!(InvoiceId, "The identifier of an invoice.", "inv_0192d3f0c1a47b3e8f7a5d6c4b3a2910",
    pattern "^inv_[0-9a-f]{32}$");
text!(CreditNoteId, "The identifier of a credit note.", "crn_0192d3f0c1a47b3e8f7a5d6c4b3a2910",
    pattern "^crn_[0-9a-f]{32}$");
text!(QuoteId, "The identifier of a quote.", "quo_0192d3f0c1a47b3e8f7a5d6c4b3a2910", pattern "^quo_[0-9a-f]{32}$");
text!(PaymentId, "The identifier of a payment.", "pay_0192d3f0c1a47b3e8f7a5d6c4b3a2910",
    pattern "^pay_[0-9a-f]{32}$");
text!(SeriesId, "The identifier of a number series.", "ser_0192d3f0c1a47b3e8f7a5d6c4b3a2910",
    pattern "^ser_[0-9a-f]{32}$");
text!(UserId, "The identifier of a user.", "usr_0192d3f0c1a47b3e8f7a5d6c4b3a2910", pattern "^usr_[0-9a-f]{32}$");
text!(AuditId, "The identifier of an entry of the audit trail.", "aud_0192d3f0c1a47b3e8f7a5d6c4b3a2910",
    pattern "^aud_[0-9a-f]{32}$");
text!(CommitId, "The identifier of a commit.", "cmt_0192d3f0c1a47b3e8f7a5d6c4b3a2910",
    pattern "^cmt_[0-9a-f]{32}$");

text!(InvoiceKindName, "What an invoice is for (BT-3): 380, 386 or 389.", "standard",
    one of ["standard", "advance", "self_billed"]);
text!(PriceModeName, "Whether prices are without or with tax.", "net", one of ["net", "tax_inclusive"]);
text!(RoundingName, "Each line is rounded to the currency, or only the sums are.", "currency",
    one of ["currency", "precise"]);
text!(TaxRoundingName, "How tax amounts are rounded.", "half_away_from_zero", one of ["half_away_from_zero", "down"]);
text!(StatusName, "What to show for an invoice: the first that fits.", "sent",
    one of ["draft", "void", "credited", "overpaid", "paid", "uncollectible", "overdue", "partially_paid", "sent",
        "issued"]);
text!(PaymentStateName, "What is paid of an invoice.", "unpaid",
    one of ["nothing_due", "unpaid", "partially_paid", "paid", "overpaid"]);
text!(CategoryCode, "The category of a tax, a code of UNTDID 5305 (BT-151).", "S",
    one of ["S", "Z", "E", "AE", "K", "G", "O", "L", "M", "B"]);
text!(DocumentTypeName, "What a series numbers.", "invoice", one of ["invoice", "credit_note", "quote", "pro_forma"]);
text!(ResetName, "When counting starts again at 1.", "yearly", one of ["never", "yearly", "monthly", "fiscal_year"]);
text!(DueKind, "From when a document is overdue.", "days",
    one of ["on_receipt", "days", "days_after_month_end", "on"]);
text!(InstructionKind, "How to pay.", "credit_transfer",
    one of ["credit_transfer", "account", "direct_debit", "other"]);
text!(PayableRoundingKind, "How the payable amount is rounded (BT-114).", "none",
    one of ["none", "amount", "increment"]);
text!(RegimeKind, "How the team is taxed.", "standard", one of ["standard", "small_business"]);
text!(PaymentMethodName, "How money came.", "credit_transfer",
    one of ["credit_transfer", "direct_debit", "card", "cash", "other"]);
text!(WriteOffReasonName, "Why a rest is given up.", "small_difference",
    one of ["early_payment", "bank_charges", "small_difference", "bad_debt", "other", "taken_back"]);
text!(CreditKind, "How much of an invoice is credited.", "full", one of ["full", "lines", "amount"]);
text!(CreditNoteStatusName, "Where a credit note stands.", "issued", one of ["draft", "issued", "sent"]);
text!(QuoteKindName, "What an offer is.", "quote", one of ["quote", "pro_forma"]);
text!(QuoteStatusName, "Where an offer stands.", "sent",
    one of ["draft", "issued", "sent", "accepted", "declined", "expired", "converted"]);
text!(RecordKind, "A kind of record.", "invoice",
    one of ["client", "item", "supplier", "series", "invoice", "credit_note", "quote", "payment"]);
text!(StatementKind, "What an entry of a statement is.", "invoice",
    one of ["invoice", "credit_note", "write_off", "payment", "refund", "reversal"]);
text!(FaultKind, "What is wrong with a chain.", "changed", one of ["gap", "unlinked", "changed", "truncated"]);

/// Data of the embedding application: texts by their names.
pub(crate) struct MetadataMap;

impl PartialSchema for MetadataMap {
    fn schema() -> RefOr<Schema> {
        let text = |least, most| {
            ObjectBuilder::new()
                .schema_type(Type::String)
                .min_length(Some(least))
                .max_length(Some(most))
                .build()
        };
        ObjectBuilder::new()
            .description(Some("Up to 50 texts of at most 500 characters, by names of at most 100."))
            .max_properties(Some(50))
            .property_names(Some(text(1, 100)))
            .additional_properties(Some(Schema::Object(text(0, 500))))
            .examples([serde_json::json!({"order": "A-17"})])
            .into()
    }
}

impl ToSchema for MetadataMap {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Metadata")
    }
}

#[cfg(feature = "auth-routes")]
mod identity {
    use super::{Cow, ObjectBuilder, PartialSchema, RefOr, Schema, SchemaFormat, ToSchema, Type};

    text!(TeamId, "The identifier of a team.", "team_0192d3f0c1a47b3e8f7a5d6c4b3a2910", pattern "^team_[0-9a-f]{32}$");
    text!(SessionId, "The identifier of a session.", "ses_0192d3f0c1a47b3e8f7a5d6c4b3a2910",
        pattern "^ses_[0-9a-f]{32}$");
    text!(InvitationId, "The identifier of an invitation.", "ivt_0192d3f0c1a47b3e8f7a5d6c4b3a2910",
        pattern "^ivt_[0-9a-f]{32}$");
    text!(ApiKeyId, "The identifier of an API key.", "key_0192d3f0c1a47b3e8f7a5d6c4b3a2910",
        pattern "^key_[0-9a-f]{32}$");
    text!(RoleName, "What a member may do, the weakest first.", "accountant",
        one of ["viewer", "member", "accountant", "admin", "owner"]);
    text!(
        SecretToken,
        "A secret. Keep it out of logs and addresses.",
        "ivr_3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    );
    text!(Name, "A name on one line, of at most 500 characters, that shows something.", "Engines Ltd",
        at most 500, pattern "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069\\s\\u00ad\\u200b-\\u200f\\u2060-\\u206f\\u2800\\u3164\\ufeff][^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$");
    text!(OptionalName, "A name on one line, of at most 500 characters; it may be empty.", "Ada Lovelace",
        at most 500, pattern "^([^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069\\s\\u00ad\\u200b-\\u200f\\u2060-\\u206f\\u2800\\u3164\\ufeff][^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*)?$");
    text!(EmailText, "An e-mail address.", "ada@example.org", format "email");
    text!(PasswordText, "A password, of at most 1,024 bytes.", "correct horse battery staple",
        pattern "^[^\\u0000-\\u001f\\u007f-\\u009f]+$", format "password");
    text!(NewPasswordText, "A password of at least 8 characters and at most 1,024 bytes.",
        "correct horse battery staple", pattern "^[^\\u0000-\\u001f\\u007f-\\u009f]{8,}$", format "password");
}

#[cfg(feature = "auth-routes")]
pub(crate) use identity::{
    ApiKeyId, EmailText, InvitationId, Name, NewPasswordText, OptionalName, PasswordText, RoleName,
    SecretToken, SessionId, TeamId,
};
