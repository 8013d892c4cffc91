//! Random input.

use invoice_core::line::Line;
use invoice_core::tax::{Tax, TaxCategory, TaxScheme};
use invoice_core::{
    Address, ClientData, ClientId, Content, Country, CreditLine, CreditScope, Currency, DocumentType, Due,
    InvoiceData, InvoiceKind, ItemData, Metadata, Money, Party, Pattern, PaymentTerms, Reset, SeriesData,
    SupplierProfile, TimeZone,
};

use crate::trace::{Trace, Wrong};

/// Names that sort differently by code points, by bytes and by alphabet, and some that are long.
const NAMES: [&str; 10] =
    ["Anna", "anna", "Änne", "Zoe", "zoë", "Ólafur", "Ωmega", "Émile & Fils", "日本商事", "\u{1F600} Ltd"];

pub(crate) const CURRENCIES: [Currency; 3] = [Currency::EUR, Currency::CHF, Currency::JPY];

impl Trace {
    pub(crate) fn name(&mut self) -> String {
        let name = NAMES[usize::try_from(self.random.below(10)).unwrap()];
        match self.random.below(8) {
            0 => format!("{}{name}", "x".repeat(usize::try_from(97 + self.random.below(5)).unwrap())),
            1 => name.to_owned(),
            _ => format!("{name} {}", self.random.below(40)),
        }
    }

    pub(crate) fn metadata(&mut self) -> Metadata {
        let mut metadata = Metadata::new();
        for _ in 0..self.random.below(3) {
            let (key, value) = self.pair();
            metadata = metadata.with(key, value);
        }
        metadata
    }

    pub(crate) fn pair(&mut self) -> (String, String) {
        (
            ["color", "$where", "a.b"][usize::try_from(self.random.below(3)).unwrap()].to_owned(),
            format!("v{}", self.random.below(4)),
        )
    }

    pub(crate) fn party(&mut self) -> Party {
        let address = Address::new(Country::new("AT").unwrap()).with_line("Neubaugasse 7").with_city("Wien");
        let party = Party::new(self.name()).with_vat_id("ATU12345675");
        // Without an address nothing can be issued to it.
        if self.random.chance(1, 25) { party } else { party.with_address(address) }
    }

    pub(crate) fn client(&mut self) -> ClientData {
        let mut data = ClientData::new(self.party());
        data.metadata = self.metadata();
        if self.random.chance(1, 3) {
            data.terms = Some(PaymentTerms::new(Due::Days(u16::try_from(self.random.below(60)).unwrap())));
        }
        data
    }

    pub(crate) fn item(&mut self) -> ItemData {
        let price = self.random.below(500).to_string().parse().unwrap();
        let mut data = ItemData::new(self.name(), Currency::EUR, price);
        data.code = self.random.chance(1, 2).then(|| format!("C{}", self.random.below(30)));
        data.metadata = self.metadata();
        data
    }

    pub(crate) fn supplier(&mut self) -> SupplierProfile {
        let address = Address::new(Country::new("AT").unwrap()).with_line("Neubaugasse 7").with_city("Wien");
        let party = Party::new(self.name()).with_vat_id("ATU98765433").with_address(address);
        SupplierProfile::new(self.team_id(), party, TimeZone::new("Europe/Vienna").unwrap())
    }

    pub(crate) fn series(&mut self, document_type: DocumentType, name: &str) -> SeriesData {
        let reset =
            [Reset::Never, Reset::Yearly, Reset::Monthly][usize::try_from(self.random.below(3)).unwrap()];
        let prefix = format!("{}{}", document_type.as_str().to_uppercase(), self.count());
        let pattern = match reset {
            Reset::Never => format!("{prefix}-{{seq}}"),
            Reset::Yearly => format!("{prefix}-{{year}}-{{seq:04}}"),
            _ => format!("{prefix}-{{year}}{{month}}-{{seq:04}}"),
        };
        SeriesData {
            document_type,
            name: name.to_owned(),
            pattern: Pattern::new(&pattern).unwrap(),
            reset,
            start: 1 + self.random.below(3) * 99,
            from: self.today,
        }
    }

    pub(crate) fn currency(&mut self) -> Currency {
        let other = self.random.chance(1, 6);
        CURRENCIES[if other { usize::try_from(self.random.below(3)).unwrap() } else { 0 }]
    }

    fn line(&mut self, place: u64, currency: Currency) -> Line {
        let quantity =
            if self.random.chance(1, 40) { "-1".to_owned() } else { (1 + self.random.below(9)).to_string() };
        let price = match currency {
            Currency::JPY => self.random.below(90_000).to_string(),
            _ => format!("{}.{:02}", self.random.below(900), self.random.below(100)),
        };
        let line = Line::new(place.to_string(), "Coffee", quantity.parse().unwrap(), price.parse().unwrap())
            .unwrap();
        let line = match self.random.below(6) {
            0 => line.with_tax(Tax::vat(TaxCategory::ZeroRated, "0".parse().unwrap())),
            1 => line.with_tax(Tax::vat(TaxCategory::Standard, "10.0".parse().unwrap())),
            2 => {
                let exempt = Tax::vat(TaxCategory::Exempt, "0".parse().unwrap());
                line.with_tax(exempt.with_exemption_reason("Teaching").unwrap())
            }
            _ => line.with_tax(Tax::vat(TaxCategory::Standard, "20".parse().unwrap())),
        };
        if self.random.chance(1, 8) {
            line.with_tax(Tax::withheld(TaxScheme::IRPF, "15".parse().unwrap()))
        } else {
            line
        }
    }

    pub(crate) fn content(&mut self) -> Option<Content> {
        let (client, currency) = (self.pick(|known| &known.clients, 6)?, self.currency());
        Some(self.content_for(client, currency))
    }

    fn content_for(&mut self, client: ClientId, currency: Currency) -> Content {
        let mut content = Content::new(client, currency);
        for place in 0..=self.random.below(3) {
            content = content.with_line(self.line(place + 1, currency));
        }
        if self.random.chance(2, 3) {
            content = content
                .with_terms(PaymentTerms::new(Due::Days(u16::try_from(self.random.below(40)).unwrap())));
        }
        if self.random.chance(1, 12) {
            content = content.with_issue_date(self.day(4, 1));
        }
        if self.random.chance(1, 8) {
            content = content.with_tax_point(self.day(50, 0));
        }
        if self.random.chance(1, 6)
            && let Some(series) = self.pick(|known| &known.series, 6)
        {
            content = content.with_series(series);
        }
        content
    }

    pub(crate) async fn invoice(&mut self) -> Result<Option<InvoiceData>, Wrong> {
        let Some(content) = self.content() else { return Ok(None) };
        let mut data = InvoiceData::new(content);
        data.metadata = self.metadata();
        match self.random.below(12) {
            0..3 => data.kind = InvoiceKind::Advance,
            3..5 => {
                // Mostly over more than the advances it deducts, for the same client.
                for _ in 0..8 {
                    let Some(id) = self.pick(|known| &known.invoices, 12) else { break };
                    let actor = self.owner();
                    let Ok(advance) = self.peek(async |p| p.billing.invoice(&actor, id).await).await else {
                        continue;
                    };
                    if advance.kind() == InvoiceKind::Advance || self.random.chance(1, 20) {
                        let (client, currency) = (advance.content().client(), advance.content().currency());
                        data.content = Content::new(client, currency)
                            .with_lines(advance.content().lines().to_vec())
                            .with_line(self.line(9, currency))
                            .with_advance(id);
                        break;
                    }
                }
            }
            _ => {}
        }
        Ok(Some(data))
    }

    pub(crate) fn money(&mut self, most: u64) -> Money {
        let currency = self.currency();
        self.money_in(currency, most)
    }

    pub(crate) fn money_in(&mut self, currency: Currency, most: u64) -> Money {
        Money::from_minor(i64::try_from(self.random.below(most)).unwrap(), currency).unwrap()
    }

    pub(crate) fn scope(&mut self) -> CreditScope {
        match self.random.below(4) {
            0 | 1 => CreditScope::Full,
            2 => CreditScope::Amount(self.money(20_000)),
            _ => CreditScope::Lines(vec![match self.random.below(3) {
                0 => CreditLine::left("1"),
                1 => CreditLine::net("1", self.money(5_000)),
                _ => CreditLine::quantity("2", "1".parse().unwrap()),
            }]),
        }
    }
}
