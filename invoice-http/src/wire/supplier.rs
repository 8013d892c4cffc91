use invoice_core::{
    Code, Currency, FiscalYearStart, Regime, SupplierProfile, TeamId, TimeZone, Timestamp, Version,
    Violations,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::party::PartyBody;
use super::read::{At, Reader};
use super::terms::{InstructionBody, TermsBody};
use super::{schema, whole};

/// How the team is taxed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Regime, example = json!({"kind": "small_business", "reason": "Kein Ausweis von Umsatzsteuer, § 19 UStG"}))]
pub(crate) struct RegimeBody {
    #[schema(value_type = schema::RegimeKind)]
    kind: String,
    /// The text the law asks for (BT-120), of a small business.
    #[schema(value_type = Option<schema::RequiredText>)]
    reason: Option<String>,
}

impl From<&Regime> for RegimeBody {
    fn from(regime: &Regime) -> Self {
        let (kind, reason) = match regime {
            Regime::Standard => ("standard", None),
            Regime::SmallBusiness { reason } => ("small_business", Some(reason.clone())),
        };
        Self { kind: kind.to_owned(), reason }
    }
}

impl RegimeBody {
    fn read(self, reader: &mut Reader, at: &At<'_>) -> Option<Regime> {
        match (self.kind.as_str(), self.reason) {
            ("standard", None) => Some(Regime::Standard),
            ("standard", Some(_)) => {
                reader.add(&at.field("reason"), Code::Inconsistent, "this kind takes no reason");
                None
            }
            ("small_business", reason) => Some(Regime::SmallBusiness { reason: reason.unwrap_or_default() }),
            _ => {
                reader.add(&at.field("kind"), Code::Unknown, "not one of standard, small_business");
                None
            }
        }
    }
}

/// The day a fiscal year starts on.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FiscalYearStart, example = json!({"month": 4, "day": 6}))]
pub(crate) struct FiscalYearBody {
    /// 1 to 12.
    #[schema(minimum = 1, maximum = 12)]
    #[serde(deserialize_with = "whole::number")]
    month: u32,
    /// A day that every year has.
    #[schema(minimum = 1, maximum = 31)]
    #[serde(deserialize_with = "whole::number")]
    day: u32,
}

/// What a team says of itself.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SupplierInput, example = json!({
    "party": {
        "name": "Muster GmbH",
        "address": {"lines": ["Hauptstraße 1"], "postal_code": "10115", "city": "Berlin", "country": "DE"},
        "vat_id": "DE123456789"
    },
    "time_zone": "Europe/Berlin"
}))]
pub(crate) struct SupplierInput {
    /// The party as it stands on documents (BG-4).
    party: PartyBody,
    /// The IANA time zone whose calendar the team lives by.
    time_zone: String,
    /// The fiscal year's first day; 1 January if not said.
    fiscal_year_start: Option<FiscalYearBody>,
    /// How the team is taxed; `standard` if not said.
    regime: Option<RegimeBody>,
    /// The currency VAT is accounted in (BT-6).
    #[schema(value_type = Option<schema::CurrencyCode>)]
    tax_currency: Option<String>,
    /// Payment terms for documents and clients that name none.
    default_terms: Option<TermsBody>,
    /// Payment instructions for documents that name none.
    #[serde(default)]
    default_instructions: Vec<InstructionBody>,
}

impl From<&SupplierProfile> for SupplierInput {
    fn from(profile: &SupplierProfile) -> Self {
        let year = profile.fiscal_year_start();
        Self {
            party: profile.party().into(),
            time_zone: profile.time_zone().name().to_owned(),
            fiscal_year_start: Some(FiscalYearBody { month: year.month(), day: year.day() }),
            regime: Some(profile.regime().into()),
            tax_currency: profile.tax_currency().map(|currency| currency.code().to_owned()),
            default_terms: profile.default_terms().map(TermsBody::from),
            default_instructions: profile.default_instructions().iter().map(InstructionBody::from).collect(),
        }
    }
}

impl SupplierInput {
    pub(crate) fn read(self, team: TeamId) -> Result<SupplierProfile, Violations> {
        let mut reader = Reader::default();
        let profile = self.profile(&mut reader, &At::Body, team);
        reader.finish(profile)
    }

    fn profile(self, reader: &mut Reader, at: &At<'_>, team: TeamId) -> Option<SupplierProfile> {
        let party = self.party.read(reader, &at.field("party"));
        let zone = reader.check(&at.field("time_zone"), TimeZone::new(&self.time_zone));
        let year = match self.fiscal_year_start {
            Some(FiscalYearBody { month, day }) => {
                reader.check(&at.field("fiscal_year_start"), FiscalYearStart::new(month, day))
            }
            None => Some(FiscalYearStart::CALENDAR_YEAR),
        };
        let regime = match self.regime {
            Some(regime) => regime.read(reader, &at.field("regime")),
            None => Some(Regime::Standard),
        };
        let currency = reader.optional::<Currency>(&at.field("tax_currency"), self.tax_currency.as_deref());
        let terms = match self.default_terms {
            Some(terms) => terms.read(reader, &at.field("default_terms")).map(Some),
            None => Some(None),
        };
        let instructions =
            reader.each(&at.field("default_instructions"), self.default_instructions, |reader, at, body| {
                body.read(reader, at)
            });
        let mut profile =
            SupplierProfile::new(team, party?, zone?).with_fiscal_year_start(year?).with_regime(regime?);
        if let Some(currency) = currency? {
            profile = profile.with_tax_currency(currency);
        }
        if let Some(terms) = terms? {
            profile = profile.with_default_terms(terms);
        }
        Some(instructions?.into_iter().fold(profile, SupplierProfile::with_default_instruction))
    }
}

/// What a team says of itself.
#[derive(Serialize, ToSchema)]
#[schema(as = Supplier)]
pub(crate) struct SupplierView {
    /// How often it was written; also its entity tag.
    #[schema(value_type = u64)]
    version: Version,
    /// The party as it stands on documents (BG-4).
    party: PartyBody,
    /// The IANA time zone whose calendar the team lives by.
    time_zone: &'static str,
    /// The fiscal year's first day.
    fiscal_year_start: FiscalYearBody,
    /// How the team is taxed.
    regime: RegimeBody,
    /// The currency VAT is accounted in (BT-6).
    #[schema(value_type = Option<schema::CurrencyCode>)]
    tax_currency: Option<Currency>,
    /// Payment terms for documents and clients that name none.
    default_terms: Option<TermsBody>,
    /// Payment instructions for documents that name none.
    default_instructions: Vec<InstructionBody>,
    #[schema(value_type = schema::Instant)]
    updated_at: Timestamp,
}

impl From<&SupplierProfile> for SupplierView {
    fn from(profile: &SupplierProfile) -> Self {
        let year = profile.fiscal_year_start();
        Self {
            version: profile.version(),
            party: profile.party().into(),
            time_zone: profile.time_zone().name(),
            fiscal_year_start: FiscalYearBody { month: year.month(), day: year.day() },
            regime: profile.regime().into(),
            tax_currency: profile.tax_currency(),
            default_terms: profile.default_terms().map(TermsBody::from),
            default_instructions: profile.default_instructions().iter().map(InstructionBody::from).collect(),
            updated_at: profile.updated_at(),
        }
    }
}
