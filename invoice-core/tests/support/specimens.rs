//! One team's documents with everything in them that can be, made by the use cases on a clock that stands
//! where it is put: the same in every run.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "shared by several test programs, and a test says it by panicking"
)]

use std::sync::Arc;

use invoice_core::change::IdempotencyRecord;
use invoice_core::memory::MemoryBilling;
use invoice_core::ports::{BillingPorts, IdGenerator as _};
use invoice_core::service::{Billing, Call, PayData, RefundData, WriteOffData};
use invoice_core::testing::{FixedClock, SequentialIds};
use invoice_core::{
    Actor, Allocation, Client, ClientData, Content, CreditLine, CreditNote, CreditNoteData, CreditScope,
    Currency, DocumentType, FiscalYearStart, Hash, IdempotencyKey, Invoice, InvoiceData, InvoiceId,
    InvoiceKind, Item, ItemData, Metadata, Money, Note, Party, Pattern, Payment, PaymentData, PaymentMethod,
    PaymentTerms, Quote, QuoteData, QuoteKind, Reset, Role, Series, SeriesData, SupplierProfile, TeamId,
    TimeZone, Timestamp, UserId, WriteOffReason,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

/// 2026-03-15T12:00:00Z.
const NOON: i64 = 1_773_576_000_000;
const DAY: i64 = 86_400_000;

pub(crate) struct Specimens {
    pub(crate) billing: Billing,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) owner: Call,
    pub(crate) supplier: SupplierProfile,
    pub(crate) client: Client,
    pub(crate) series: Series,
}

fn read<T: DeserializeOwned>(json: Value) -> T {
    serde_json::from_value(json).unwrap()
}

fn party(name: &str, city: &str) -> Party {
    read(json!({
        "name": name,
        "trading_name": "Blau",
        "address": {
            "lines": ["Hauptplatz 1", "2. Stock"],
            "postal_code": "1010",
            "city": city,
            "subdivision": "Wien",
            "country": "AT"
        },
        "vat_id": "ATU98765433",
        "tax_registration": "12 345/6789",
        "legal_id": "FN 123456a",
        "electronic_address": "9915:b",
        "contact_name": "Ada Blau",
        "phone": "+43 1 234",
        "email": "ada@example.org"
    }))
}

fn terms() -> Value {
    json!({
        "due": { "kind": "days_after_month_end", "value": 10 },
        "early_payment": { "days": 10, "percent": "2" },
        "text": "2 % within ten days"
    })
}

fn instructions() -> Value {
    json!([
        {
            "kind": "credit_transfer",
            "iban": "DE44500105175407324931",
            "bic": "INGDDEFFXXX",
            "account_name": "Rösterei Blau",
            "remittance": "Invoice"
        },
        { "kind": "account", "account": "12-345", "bank": "00700" },
        { "kind": "direct_debit", "mandate": "M-7", "iban": "DE44500105175407324931" },
        { "kind": "other", "text": "In cash" }
    ])
}

fn standard() -> Value {
    json!({ "scheme": "VAT", "category": "S", "rate": "20" })
}

fn exempt() -> Value {
    json!({
        "scheme": "VAT",
        "category": "E",
        "rate": "0",
        "exemption_reason": "Teaching",
        "exemption_code": "VATEX-EU-132"
    })
}

/// Net prices, and every optional field.
fn full(client: &Client, series: &Series, advances: &[InvoiceId]) -> Content {
    read(json!({
        "client": client.id(),
        "currency": "EUR",
        "lines": [
            {
                "quantity": "250",
                "price": "1.95",
                "base_quantity": "2",
                "taxes": [standard(), { "scheme": "IRPF", "rate": "15", "withheld": true }],
                "allowances": [
                    {
                        "percent": "2.5",
                        "base": { "amount": "200.00", "currency": "EUR" },
                        "reason": "Loyalty",
                        "reason_code": "95"
                    },
                    { "percent": "1" }
                ],
                "charges": [
                    { "amount": { "amount": "3.10", "currency": "EUR" }, "reason": "Sacks", "reason_code": "PC" }
                ],
                "id": "1",
                "name": "Coffee",
                "unit": "KGM",
                "gross_price": "2.05",
                "price_discount": "0.10",
                "details": {
                    "description": "Washed",
                    "note": "Roasted on Monday",
                    "period": { "start": "2026-03-01", "end": "2026-03-12" },
                    "order_line": "7",
                    "accounting_reference": "4711",
                    "seller_item_id": "C-1",
                    "buyer_item_id": "B-1",
                    "standard_item_id": "4012345678901"
                }
            },
            { "quantity": "1", "price": "80", "taxes": [exempt()], "id": "2", "name": "Course", "unit": "HUR" }
        ],
        "allowances": [
            {
                "percent": "5",
                "base": { "amount": "40.00", "currency": "EUR" },
                "reason": "Spring",
                "reason_code": "64",
                "taxes": [standard()]
            }
        ],
        "charges": [
            { "amount": { "amount": "12.40", "currency": "EUR" }, "reason": "Freight", "reason_code": "FC" }
        ],
        "prepaid": { "amount": "10.00", "currency": "EUR" },
        "payable_rounding": { "increment": { "amount": "0.05", "currency": "EUR" } },
        "advances": advances,
        "series": series.id(),
        "issue_date": "2026-03-14",
        "supply_date": "2026-03-12",
        "tax_point": "2026-03-13",
        "period": { "start": "2026-03-01", "end": "2026-03-12" },
        "delivery": {
            "name": "Café",
            "address": { "lines": ["Quai 3"], "postal_code": "75001", "city": "Paris", "country": "FR" }
        },
        "terms": terms(),
        "instructions": instructions(),
        "notes": [{ "text": "Thank you.", "subject": "AAI" }],
        "references": {
            "buyer_reference": "KST 12",
            "project": "Spring",
            "contract": "V-1",
            "purchase_order": "PO-1",
            "sales_order": "SO-1",
            "despatch_advice": "LS-1",
            "preceding": [{ "number": "R-1", "issue_date": "2025-12-31" }]
        },
        "accounting_rate": { "currency": "CZK", "rate": "24.315", "date": "2026-03-13", "source": "ECB" },
        "simplified": true,
        "language": "de-AT"
    }))
}

/// Prices with tax, and the other choice wherever there are two.
fn inclusive(client: &Client, rounding: &Value) -> Content {
    read(json!({
        "client": client.id(),
        "currency": "EUR",
        "prices": "tax_inclusive",
        "rounding": "currency",
        "tax_rounding": "down",
        "lines": [
            {
                "quantity": "3",
                "price": "9.99",
                "taxes": [standard()],
                "allowances": [{ "amount": { "amount": "0.50", "currency": "EUR" } }],
                "id": "1",
                "name": "Mug",
                "unit": "C62"
            },
            { "quantity": "2", "price": "5", "taxes": [exempt()], "id": "2", "name": "Talk", "unit": "HUR" }
        ],
        "allowances": [{ "amount": { "amount": "1.00", "currency": "EUR" } }],
        "payable_rounding": rounding,
        "terms": { "due": { "kind": "days", "value": 14 } },
        "accounting_rate": { "currency": "CZK", "rate": "24.315", "date": "2026-03-13", "source": "ECB" }
    }))
}

fn metadata() -> Metadata {
    Metadata::new().with("order", "A-17").with("$where", "a.b")
}

pub(crate) fn eur(amount: &str) -> Money {
    Money::parse(amount, Currency::EUR).unwrap()
}

impl Specimens {
    pub(crate) async fn new() -> Self {
        let (start, ids) = (Timestamp::from_millis(NOON), Arc::new(SequentialIds::new()));
        let clock = Arc::new(FixedClock::new(start));
        let team = TeamId::from_uuid(ids.uuid(start));
        let owner = Call::new(Actor::user(team, UserId::from_uuid(Uuid::from_u128(1)), Role::Owner));
        let ports = BillingPorts::from_store(&Arc::new(MemoryBilling::default()));
        let billing = Billing::new(ports, clock.clone(), ids);
        let profile = SupplierProfile::new(
            team,
            party("Rösterei Blau GmbH", "Wien"),
            TimeZone::new("Europe/Vienna").unwrap(),
        );
        let profile = profile
            .with_fiscal_year_start(FiscalYearStart::new(4, 1).unwrap())
            .with_tax_currency(Currency::CZK)
            .with_default_terms(read(terms()))
            .with_default_instruction(read(instructions()[0].clone()));
        let supplier = billing.set_supplier(&owner, profile).await.unwrap();
        let mut all_series = Vec::new();
        for (document_type, prefix) in [
            (DocumentType::Invoice, "INV"),
            (DocumentType::CreditNote, "CN"),
            (DocumentType::Quote, "Q"),
            (DocumentType::ProForma, "PF"),
        ] {
            let data = SeriesData {
                document_type,
                name: Series::DEFAULT_NAME.to_owned(),
                pattern: Pattern::new(&format!("{prefix}-{{fiscal_year}}-{{seq:04}}")).unwrap(),
                reset: Reset::FiscalYear,
                start: 7,
                from: "2025-06-01".parse().unwrap(),
            };
            all_series.push(billing.create_series(&owner, data).await.unwrap());
        }
        let data = ClientData {
            currency: Some(Currency::EUR),
            terms: Some(read::<PaymentTerms>(terms())),
            language: Some("de-AT".to_owned()),
            internal_notes: Some("Pays late".to_owned()),
            metadata: metadata(),
            ..ClientData::new(party("Kaffeehaus Sperl KG", "Graz"))
        };
        let client = billing.create_client(&owner, data).await.unwrap();
        Self { billing, clock, owner, supplier, client, series: all_series.remove(0) }
    }

    fn data(content: Content) -> InvoiceData {
        InvoiceData {
            internal_notes: Some("Call first".to_owned()),
            metadata: metadata(),
            ..InvoiceData::new(content)
        }
    }

    async fn issue(&self, data: InvoiceData) -> Invoice {
        self.billing.create_and_issue_invoice(&self.owner, data).await.unwrap()
    }

    async fn advance(&self) -> Invoice {
        let mut data = Self::data(inclusive(&self.client, &json!("none")));
        data.content = data.content.with_issue_date("2026-03-10".parse().unwrap());
        self.issue(InvoiceData { kind: InvoiceKind::Advance, ..data }).await
    }

    /// A draft with everything in it, an advance to deduct included.
    pub(crate) async fn draft(&self) -> Invoice {
        let advance = self.advance().await;
        let data = Self::data(full(&self.client, &self.series, &[advance.id()]));
        self.billing.create_invoice(&self.owner, data).await.unwrap()
    }

    pub(crate) async fn issued(&self) -> Invoice {
        let draft = self.draft().await;
        self.billing.issue_invoice(&self.owner, draft.id()).await.unwrap()
    }

    /// Prices with tax; sent, viewed, delivered, partly credited, paid and written off, then marked.
    pub(crate) async fn settled(&self) -> Invoice {
        let rounding = json!({ "amount": { "amount": "0.03", "currency": "EUR" } });
        let invoice = self.issue(Self::data(inclusive(&self.client, &rounding))).await;
        let (billing, owner, id) = (&self.billing, &self.owner, invoice.id());
        billing.send_invoice(owner, id).await.unwrap();
        self.clock.advance_millis(1);
        billing.send_invoice(owner, id).await.unwrap();
        billing.mark_invoice_viewed(owner, id).await.unwrap();
        billing.mark_invoice_delivered(owner, id).await.unwrap();
        let data = CreditNoteData::new(CreditScope::Amount(eur("5.55")), "Chipped");
        billing.credit_invoice(owner, id, data).await.unwrap();
        let pay = PayData { amount: Some(eur("20.00")), ..PayData::default() };
        billing.pay_invoice(owner, id, pay).await.unwrap();
        let write_off = WriteOffData {
            amount: Some(eur("1.00")),
            reason: WriteOffReason::Other,
            note: Some("The bank's fee".to_owned()),
            date: None,
        };
        billing.write_off(owner, id, write_off).await.unwrap();
        self.clock.advance_millis(40 * DAY);
        billing.sweep(owner, "2026-04-20".parse().unwrap()).await.unwrap();
        billing.mark_invoice_uncollectible(owner, id).await.unwrap()
    }

    /// An invoice and the one that replaces it, which voided it.
    pub(crate) async fn replaced(&self) -> (Invoice, Invoice) {
        let original = self.issue(Self::data(inclusive(&self.client, &json!("none")))).await;
        let replacement = self.billing.revise_invoice(&self.owner, original.id()).await.unwrap();
        let replacement = self.billing.issue_invoice(&self.owner, replacement.id()).await.unwrap();
        (self.billing.invoice(self.owner.actor(), original.id()).await.unwrap(), replacement)
    }

    async fn note_data(&self, scope: CreditScope) -> CreditNoteData {
        let series = self.billing.all_series(self.owner.actor()).await.unwrap();
        CreditNoteData {
            series: Some(series[1].id()),
            issue_date: Some("2026-03-15".parse().unwrap()),
            notes: vec![Note::new("Sorry.").with_subject("AAI")],
            internal_notes: Some("Twice this month".to_owned()),
            metadata: metadata(),
            ..CreditNoteData::new(scope, "Returned")
        }
    }

    fn some_lines() -> CreditScope {
        CreditScope::Lines(vec![
            CreditLine::quantity("1", "12.5".parse().unwrap()),
            CreditLine::net("2", eur("30.00")),
        ])
    }

    pub(crate) async fn drafted_note(&self) -> CreditNote {
        let invoice = self.issued().await;
        let data = self.note_data(Self::some_lines()).await;
        self.billing.create_credit_note(&self.owner, invoice.id(), data).await.unwrap()
    }

    pub(crate) async fn sent_note(&self) -> CreditNote {
        let draft = self.drafted_note().await;
        self.billing.issue_credit_note(&self.owner, draft.id()).await.unwrap();
        self.billing.send_credit_note(&self.owner, draft.id()).await.unwrap()
    }

    /// Against one invoice: an amount, a line, and the rest.
    pub(crate) async fn other_notes(&self) -> Vec<CreditNote> {
        let invoice = self.issue(Self::data(inclusive(&self.client, &json!("none")))).await;
        let mut notes = Vec::new();
        for scope in [
            CreditScope::Amount(eur("4.00")),
            CreditScope::Lines(vec![CreditLine::left("2")]),
            CreditScope::Full,
        ] {
            let data = CreditNoteData { series: None, ..self.note_data(scope).await };
            notes.push(self.billing.credit_invoice(&self.owner, invoice.id(), data).await.unwrap());
        }
        notes
    }

    fn quote_data(&self, kind: QuoteKind) -> QuoteData {
        let mut content = full(&self.client, &self.series, &[]);
        content = serde_json::from_value({
            let mut json = serde_json::to_value(&content).unwrap();
            json.as_object_mut().unwrap().remove("series");
            json
        })
        .unwrap();
        QuoteData {
            kind,
            valid_until: Some("2026-04-15".parse().unwrap()),
            internal_notes: Some("Wants it soon".to_owned()),
            metadata: metadata(),
            ..QuoteData::new(content)
        }
    }

    pub(crate) async fn drafted_quote(&self) -> Quote {
        self.billing.create_quote(&self.owner, self.quote_data(QuoteKind::ProForma)).await.unwrap()
    }

    /// Issued, sent, accepted, made into an invoice.
    pub(crate) async fn converted_quote(&self) -> Quote {
        let (billing, owner) = (&self.billing, &self.owner);
        let quote = billing.create_quote(owner, self.quote_data(QuoteKind::Quote)).await.unwrap();
        billing.issue_quote(owner, quote.id()).await.unwrap();
        billing.send_quote(owner, quote.id()).await.unwrap();
        billing.accept_quote(owner, quote.id()).await.unwrap();
        billing.convert_quote(owner, quote.id()).await.unwrap();
        billing.quote(owner.actor(), quote.id()).await.unwrap()
    }

    /// Settles an invoice in part, and was given back in part.
    pub(crate) async fn refunded_payment(&self) -> Payment {
        let invoice = self.issue(Self::data(inclusive(&self.client, &json!("none")))).await;
        let data = PaymentData {
            method: PaymentMethod::DirectDebit,
            external_reference: Some("bank 17".to_owned()),
            note: Some("Rounded up".to_owned()),
            ..PaymentData::new(self.client.id(), eur("30.00"), "2026-03-15".parse().unwrap())
        };
        let parts = vec![Allocation::new(invoice.id(), eur("20.00"))];
        let payment = self.billing.record_payment(&self.owner, data, parts).await.unwrap();
        let refund = RefundData { reason: Some("Too much".to_owned()), ..RefundData::new(eur("4.00")) };
        self.billing.refund_payment(&self.owner, payment.id(), refund).await.unwrap()
    }

    pub(crate) async fn reversed_payment(&self) -> Payment {
        let data = PaymentData::new(self.client.id(), eur("30.00"), "2026-03-15".parse().unwrap());
        let payment = self.billing.record_payment(&self.owner, data, Vec::new()).await.unwrap();
        let reason = Some("Returned by the bank".to_owned());
        self.billing.reverse_payment(&self.owner, payment.id(), reason).await.unwrap()
    }

    pub(crate) async fn item(&self) -> Item {
        let data = ItemData {
            code: Some("C-1".to_owned()),
            description: Some("Washed".to_owned()),
            unit: Some(read(json!("KGM"))),
            taxes: vec![read(standard()), read(exempt())],
            metadata: metadata(),
            ..ItemData::new("Coffee", Currency::EUR, "19.955".parse().unwrap())
        };
        let item = self.billing.create_item(&self.owner, data).await.unwrap();
        self.billing.archive_item(&self.owner, item.id()).await.unwrap()
    }

    /// What is kept of a repeatable request: that of a payment.
    pub(crate) async fn idempotency(&self) -> IdempotencyRecord {
        let key = IdempotencyKey::new("pay-1").unwrap();
        let call = self.owner.clone().with_idempotency(key.clone(), Hash::from_bytes([7; 32]));
        let data = PaymentData::new(self.client.id(), eur("30.00"), "2026-03-15".parse().unwrap());
        self.billing.record_payment(&call, data, Vec::new()).await.unwrap();
        let team = self.owner.actor().team();
        self.billing.ports().commits.idempotency(team, &key).await.unwrap().unwrap()
    }
}
