//! No input, however extreme, panics: every step of a document's life answers with a document or an error.

#![allow(clippy::unwrap_used, reason = "a test says it by panicking")]

#[path = "../support/json.rs"]
mod json;
mod odd;
#[path = "../support/specimens.rs"]
mod specimens;

use chrono::{Datelike as _, NaiveDate};
use invoice_core::ports::{DateRange, MonthRange, PageRequest, StatementQuery};
use invoice_core::service::{Error, ImportedInvoice, PayData, RefundData, WriteOffData};
use invoice_core::{
    Content, CreditLine, CreditNoteData, CreditScope, Currency, Invoice, InvoiceData, Metadata, Money, Month,
    PaymentData, QuoteData, Timestamp, WriteOffReason,
};
use proptest::prelude::*;
use serde_json::Value;
use specimens::Specimens;

/// What is done with a document that was taken.
#[derive(Debug, Clone)]
struct Life {
    content: Value,
    amounts: [String; 3],
    words: [String; 3],
    days: [String; 2],
    now: i64,
}

fn lives(client: String) -> impl Strategy<Value = Life> {
    let now = prop::sample::select(
        &[1_773_576_000_000_i64, 1_773_576_000_000, 253_370_764_800_000, 0, i64::MAX][..],
    );
    let amounts = [odd::amount(), odd::amount(), odd::amount()];
    let words = [odd::word(), odd::word(), odd::word()];
    (odd::content(client), amounts, words, [odd::day(), odd::day()], now)
        .prop_map(|(content, amounts, words, days, now)| Life { content, amounts, words, days, now })
}

fn outcome<T>(result: Result<T, Error>) -> Result<Option<T>, TestCaseError> {
    match result {
        Ok(done) => Ok(Some(done)),
        Err(Error::Store(error)) => Err(TestCaseError::fail(format!("blamed on the store: {error:?}"))),
        Err(_) => Ok(None),
    }
}

impl Life {
    fn money(&self, place: usize) -> Option<Money> {
        Money::parse(&self.amounts[place], Currency::EUR).ok()
    }

    fn data(&self, content: &Content) -> InvoiceData {
        let mut data = InvoiceData::new(content.clone());
        data.internal_notes = Some(self.words[0].clone());
        data.metadata = Metadata::new().with(self.words[1].clone(), self.words[2].clone());
        data
    }

    /// Every step that a document can be taken through; returns how far it came.
    async fn live(&self, made: &Specimens) -> Result<usize, TestCaseError> {
        let Ok(content) = serde_json::from_value::<Content>(self.content.clone()) else { return Ok(0) };
        let _ = (content.validate(), content.preview());
        made.clock.set(Timestamp::from_millis(self.now));
        let (billing, owner) = (&made.billing, &made.owner);
        outcome(billing.create_quote(owner, QuoteData::new(content.clone())).await)?;
        self.import(made, &content).await?;
        let data = self.data(&content);
        let plain = InvoiceData { internal_notes: None, metadata: Metadata::new(), ..data.clone() };
        let draft = match outcome(billing.create_invoice(owner, data).await)? {
            Some(draft) => Some(draft),
            None => outcome(billing.create_invoice(owner, plain).await)?,
        };
        let Some(draft) = draft else { return Ok(1) };
        reads_back(&draft)?;
        let Some(invoice) = outcome(billing.issue_invoice(owner, draft.id()).await)? else { return Ok(2) };
        reads_back(&invoice)?;
        let today = billing.team_today(owner.actor()).await.unwrap();
        let _ = (invoice.early_payment_discount(today), invoice.status(NaiveDate::MAX));
        self.settle(made, &invoice).await?;
        self.report(made).await?;
        Ok(3)
    }

    async fn import(&self, made: &Specimens, content: &Content) -> Result<(), TestCaseError> {
        let Ok(issue_date) = self.days[0].parse() else { return Ok(()) };
        let import = ImportedInvoice {
            number: self.words[0].clone(),
            issue_date,
            due_date: self.days[1].parse().ok(),
            data: InvoiceData::new(content.clone()),
            supplier: None,
            customer: None,
            payable: content.preview().map_or(Money::zero(content.currency()), |totals| totals.payable()),
            delivered: true,
        };
        if let Some(invoice) = outcome(made.billing.import_invoice(&made.owner, import).await)? {
            reads_back(&invoice)?;
        }
        Ok(())
    }

    async fn settle(&self, made: &Specimens, invoice: &Invoice) -> Result<(), TestCaseError> {
        let (billing, owner, id) = (&made.billing, &made.owner, invoice.id());
        let line = |share: fn(String, Money) -> CreditLine| {
            self.money(0).map(|amount| CreditScope::Lines(vec![share("1".to_owned(), amount)]))
        };
        let scopes = [
            self.money(0).map(CreditScope::Amount),
            line(CreditLine::net),
            Some(CreditScope::Lines(vec![CreditLine::quantity("1", "0.00000001".parse().unwrap())])),
        ];
        for scope in scopes.into_iter().flatten() {
            let data = CreditNoteData::new(scope, self.words[0].clone());
            outcome(billing.credit_invoice(owner, id, data).await)?;
        }
        let pay = PayData {
            amount: self.money(1),
            date: self.days[0].parse().ok(),
            external_reference: Some(self.words[1].clone()),
            note: Some(self.words[2].clone()),
            allow_overpayment: true,
            ..PayData::default()
        };
        if let Some(paid) = outcome(billing.pay_invoice(owner, id, pay).await)? {
            if let Some(amount) = self.money(2) {
                outcome(billing.refund_payment(owner, paid.payment.id(), RefundData::new(amount)).await)?;
            }
            outcome(billing.reverse_payment(owner, paid.payment.id(), Some(self.words[0].clone())).await)?;
        }
        for amount in [self.money(2), None] {
            let reason = WriteOffReason::EarlyPayment;
            let write_off = WriteOffData {
                amount,
                reason,
                date: self.days[0].parse().ok(),
                note: Some(self.words[1].clone()),
            };
            outcome(billing.write_off(owner, id, write_off).await)?;
        }
        if let (Some(amount), Ok(date)) = (self.money(1), self.days[1].parse()) {
            let data = PaymentData::new(invoice.content().client(), amount, date);
            outcome(billing.record_payment(owner, data, Vec::new()).await)?;
        }
        outcome(billing.pay_invoice(owner, id, PayData::default()).await)?;
        let full = CreditNoteData::new(CreditScope::Full, "All of it");
        outcome(billing.credit_invoice(owner, id, full).await)?;
        outcome(billing.revise_invoice(owner, id).await)?;
        reads_back(&billing.invoice(owner.actor(), id).await.unwrap())
    }

    async fn report(&self, made: &Specimens) -> Result<(), TestCaseError> {
        let (billing, actor) = (&made.billing, made.owner.actor());
        let ever = MonthRange::new(Month::new(1, 1).unwrap(), Month::new(9999, 12).unwrap()).unwrap();
        let query =
            StatementQuery { client: made.client.id(), currency: Currency::EUR, range: DateRange::default() };
        // Two of the largest documents have no sum that is an amount: then a report is an error as well.
        for as_of in [NaiveDate::MIN, NaiveDate::MAX] {
            let _ = billing.aging(actor, as_of, None).await;
            outcome(billing.sweep(&made.owner, as_of).await)?;
        }
        let _ = billing.tax_summary(actor, ever).await;
        let _ = billing.revenue_by_month(actor, ever).await;
        let _ = billing.statement(actor, &query, &PageRequest::first(50).unwrap()).await;
        for counter in billing.verify(actor).await.unwrap() {
            prop_assert_eq!(counter.report.fault, None);
        }
        Ok(())
    }
}

fn reads_back(invoice: &Invoice) -> Result<(), TestCaseError> {
    let json = serde_json::to_string(invoice).unwrap();
    let read = serde_json::from_str::<Invoice>(&json);
    let read = read.map_err(|error| TestCaseError::fail(format!("can't be read again: {error}")))?;
    prop_assert_eq!(&read, invoice);
    let json = serde_json::to_value(invoice).unwrap();
    for leaf in json::pointers(&json, &Value::is_string) {
        // Dates of four digits sort as text and fit every store.
        let date =
            json.pointer(&leaf).and_then(Value::as_str).and_then(|text| text.parse::<NaiveDate>().ok());
        prop_assert!(date.is_none_or(|date| (1970..=9998).contains(&date.year())), "{leaf}: {date:?}");
    }
    Ok(())
}

/// How many documents came how far: a property over refusals alone would say nothing.
static REACHED: [std::sync::atomic::AtomicU32; 4] = [const { std::sync::atomic::AtomicU32::new(0) }; 4];

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

#[test]
fn no_document_panics_at_any_step() {
    use std::sync::atomic::Ordering::Relaxed;

    let client = runtime().block_on(Specimens::new()).client.id();
    proptest!(ProptestConfig::with_cases(2_000), |(life in lives(client.to_string()))| {
        let reached = runtime().block_on(async {
            let made = Specimens::new().await;
            Box::pin(life.live(&made)).await
        })?;
        REACHED[reached].fetch_add(1, Relaxed);
    });
    let reached = REACHED.each_ref().map(|count| count.load(Relaxed));
    assert!(reached.iter().all(|count| *count >= 100), "so many documents came so far: {reached:?}");
}
