//! Who did what and when, what is told about it, and that a changed past is found.

use std::sync::Arc;

use async_trait::async_trait;
use invoice_core::change::{AggregateId, AuditEntry};
use invoice_core::ports::{BillingPorts, ChainDocument, Page, PageRequest, StoreError, Trail};
use invoice_core::service::{Billing, ImportedInvoice, PayData, RefundData};
use invoice_core::{
    ChainFault, Counter, CounterKey, CreditNoteData, CreditScope, Event, Invoice, QuoteData, Role, TeamId,
    Version,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::story::{Story, date, eur, user};

#[tokio::test]
async fn each_commit_says_who_when_and_what() {
    let story = Story::new().await;
    let accountant = story.as_role(Role::Accountant);
    let draft = story.draft().await;
    story.clock.advance_millis(5_000);
    let issued = story.billing.issue_invoice(&accountant, draft.id()).await.unwrap();
    let trail = story.trail(AggregateId::Invoice(draft.id())).await;
    let [created, published] = &trail[..] else { panic!("{trail:?}") };
    assert_eq!(
        (created.actor, created.version, created.number.as_deref()),
        (Some(user(1)), Version::FIRST, None)
    );
    assert_eq!((published.actor, published.at), (accountant.actor().user_id(), story.now()));
    assert_eq!((published.version, published.number.as_deref()), (issued.version(), issued.number()));
    let said = |entry: &AuditEntry| entry.actions.iter().map(|kind| kind.as_str()).collect::<Vec<_>>();
    assert_eq!((said(created), said(published)), (vec!["invoice.created"], vec!["invoice.issued"]));
    assert_ne!(created.commit, published.commit);
    assert_eq!(issued.updated_at(), story.now());
}

#[tokio::test]
async fn what_one_commit_does_to_several_aggregates_shares_its_id() {
    let story = Story::new().await;
    let invoice = story.issued().await;
    let paid = story.billing.pay_invoice(&story.owner, invoice.id(), PayData::default()).await.unwrap();
    let of_payment = story.trail(AggregateId::Payment(paid.payment.id())).await.pop().unwrap();
    let of_invoice = story.trail(AggregateId::Invoice(invoice.id())).await.pop().unwrap();
    assert_eq!(of_payment.commit, of_invoice.commit);
}

#[tokio::test]
async fn a_refused_step_leaves_no_trace() {
    let story = Story::new().await;
    let invoice = story.sent().await;
    let before = story.whole_trail().await;
    story.told().await;
    assert!(story.billing.void_invoice(&story.owner, invoice.id(), "Typo").await.is_err());
    assert!(story.pay(&invoice, "1000.00").await.is_err());
    assert!(story.issue(story.content_of([])).await.is_err());
    assert_eq!(story.whole_trail().await, before);
    assert!(story.told().await.is_empty());
}

#[tokio::test]
async fn events_of_a_step_come_in_order_with_number_and_amount() {
    let story = Story::new().await;
    story.told().await;
    let invoice = story.issue(story.content()).await.unwrap();
    let told = story.told().await;
    let seen: Vec<_> = told.iter().map(|event| (event.kind.as_str(), event.ordinal)).collect();
    assert_eq!(seen, [("invoice.created", 0), ("invoice.issued", 1)]);
    for event in &told {
        assert_eq!((event.number.as_deref(), event.amount), (invoice.number(), Some(eur("120.00"))));
        assert_eq!((event.schema, event.aggregate_version), (Event::SCHEMA, invoice.version()));
        assert_eq!((event.team, event.at), (story.team, story.now()));
    }
}

#[tokio::test]
async fn a_whole_life_is_told_in_the_order_it_happened() {
    let story = Story::new().await;
    let (billing, owner) = (&story.billing, &story.owner);
    let draft = story.draft().await;
    billing.update_invoice(owner, draft.id(), story.content().into()).await.unwrap();
    let invoice = billing.issue_invoice(owner, draft.id()).await.unwrap();
    billing.send_invoice(owner, invoice.id()).await.unwrap();
    billing.mark_invoice_viewed(owner, invoice.id()).await.unwrap();
    story.pay(&invoice, "20.00").await.unwrap();
    let last = billing.pay_invoice(owner, invoice.id(), PayData::default()).await.unwrap();
    let back = RefundData::new(eur("10.00"));
    billing.refund_payment(owner, last.payment.id(), back).await.unwrap();
    story.credit(&invoice, CreditScope::Amount(eur("30.00"))).await.unwrap();
    let told = story.told().await;
    let about = |id| {
        let of_id = told.iter().filter(move |event| event.aggregate == id);
        of_id.map(|event| event.kind.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(
        about(AggregateId::Invoice(invoice.id())),
        [
            "invoice.created",
            "invoice.updated",
            "invoice.issued",
            "invoice.sent",
            "invoice.viewed",
            "invoice.partially_paid",
            "invoice.paid",
            "invoice.reopened",
            "invoice.credited",
            "invoice.overpaid",
        ]
    );
    assert_eq!(
        about(AggregateId::Payment(last.payment.id())),
        ["payment.recorded", "payment.allocated", "payment.deallocated", "payment.refunded"]
    );
    let versions: Vec<_> = told
        .iter()
        .filter(|event| event.aggregate == AggregateId::Invoice(invoice.id()))
        .map(|event| (event.aggregate_version, event.ordinal))
        .collect();
    assert!(versions.windows(2).all(|pair| pair[0] < pair[1]), "{versions:?}");
}

#[tokio::test]
async fn the_trail_and_the_events_say_the_same() {
    let story = Story::new().await;
    let invoice = story.sent().await;
    story.credit(&invoice, CreditScope::Full).await.unwrap();
    let quote = story.billing.create_quote(&story.owner, QuoteData::new(story.content())).await.unwrap();
    story.billing.issue_quote(&story.owner, quote.id()).await.unwrap();
    let mut from_events: Vec<_> = story
        .told()
        .await
        .into_iter()
        .map(|event| (event.aggregate, event.aggregate_version, event.ordinal, event.kind, event.number))
        .collect();
    let mut from_trail: Vec<_> = story
        .whole_trail()
        .await
        .into_iter()
        .flat_map(|entry| {
            let (subject, version, number) = (entry.subject, entry.version, entry.number);
            let kinds = (0..).zip(entry.actions);
            kinds.map(move |(ordinal, kind)| (subject, version, ordinal, kind, number.clone()))
        })
        .collect();
    from_events.sort();
    from_trail.sort();
    assert_eq!(from_events, from_trail);
}

/// Shows the chains as somebody with access to the database left them.
struct Tampered<F> {
    trail: Arc<dyn Trail>,
    change: F,
}

#[async_trait]
impl<F> Trail for Tampered<F>
where
    F: Fn(Vec<ChainDocument>) -> Vec<ChainDocument> + Send + Sync,
{
    async fn audit(
        &self,
        team: TeamId,
        subject: Option<AggregateId>,
        page: &PageRequest,
    ) -> Result<Page<AuditEntry>, StoreError> {
        self.trail.audit(team, subject, page).await
    }

    async fn counters(&self, team: TeamId) -> Result<Vec<(CounterKey, Counter)>, StoreError> {
        self.trail.counters(team).await
    }

    async fn counter(&self, team: TeamId, key: CounterKey) -> Result<Option<Counter>, StoreError> {
        self.trail.counter(team, key).await
    }

    async fn chain(
        &self,
        team: TeamId,
        key: CounterKey,
        from: u64,
        limit: u16,
    ) -> Result<Vec<ChainDocument>, StoreError> {
        let changed = (self.change)(self.trail.chain(team, key, 0, u16::MAX).await?);
        let asked = changed.into_iter().filter(|document| document.seq().is_none_or(|seq| seq >= from));
        Ok(asked.take(limit.into()).collect())
    }
}

/// The first fault in each counter, as far as there is one.
async fn faults<F>(story: &Story, change: F) -> Vec<ChainFault>
where
    F: Fn(Vec<ChainDocument>) -> Vec<ChainDocument> + Send + Sync + 'static,
{
    let ports = story.billing.ports().clone();
    let trail = Arc::new(Tampered { trail: ports.trail.clone(), change });
    let billing = Billing::new(BillingPorts { trail, ..ports }, story.clock.clone(), story.ids.clone());
    let reports = billing.verify(story.owner.actor()).await.unwrap();
    reports.into_iter().filter_map(|counter| counter.report.fault).collect()
}

fn rewritten<T: Serialize + DeserializeOwned>(document: &T, change: impl Fn(&mut Value)) -> T {
    let mut value = serde_json::to_value(document).unwrap();
    let before = value.clone();
    change(&mut value);
    assert_ne!(value, before, "nothing was changed");
    serde_json::from_value(value).unwrap()
}

/// Changes the second document, an invoice.
fn second(change: impl Fn(&mut Value) + Send + Sync) -> impl Fn(Vec<ChainDocument>) -> Vec<ChainDocument> {
    move |mut chain| {
        if let Some(ChainDocument::Invoice(invoice)) = chain.get_mut(1) {
            **invoice = rewritten(&**invoice, &change);
        }
        chain
    }
}

async fn four_invoices() -> Story {
    let story = Story::new().await;
    for _ in 0..4 {
        story.sent().await;
    }
    story
}

#[tokio::test]
async fn an_untouched_past_verifies_document_by_document() {
    let story = four_invoices().await;
    let invoice: Invoice = story.sent().await;
    story.credit(&invoice, CreditScope::Amount(eur("1.00"))).await.unwrap();
    story.pay(&invoice, "5.00").await.unwrap();
    let quote = story.billing.create_quote(&story.owner, QuoteData::new(story.content())).await.unwrap();
    story.billing.issue_quote(&story.owner, quote.id()).await.unwrap();
    story.billing.void_invoice(&story.owner, story.issued().await.id(), "Typo").await.unwrap();
    let reports = story.billing.verify(story.owner.actor()).await.unwrap();
    let mut counted: Vec<_> = reports.iter().map(|counter| counter.report.documents).collect();
    counted.sort_unstable();
    assert_eq!(counted, [1, 1, 6]);
    assert!(reports.iter().all(|counter| counter.report.fault.is_none()));
}

#[tokio::test]
async fn a_long_chain_is_walked_to_its_end() {
    let story = Story::new().await;
    for _ in 0..403 {
        story.issue(story.content()).await.unwrap();
    }
    let reports = story.billing.verify(story.owner.actor()).await.unwrap();
    assert_eq!((reports[0].report.documents, &reports[0].report.fault), (403, &None));
    let without_last = |mut chain: Vec<ChainDocument>| {
        chain.retain(|document| document.seq() != Some(403));
        chain
    };
    let truncated = ChainFault::Truncated { last: Some(402), next: 404 };
    assert_eq!(faults(&story, without_last).await, [truncated]);
}

#[tokio::test]
async fn a_changed_amount_text_date_or_party_is_found() {
    let story = four_invoices().await;
    let wanted = [ChainFault::Changed { number: "INV-2026-0002".to_owned() }];
    let changes: [(&str, Value); 4] = [
        ("/content/lines/0/price", "10.00".into()),
        ("/content/lines/0/name", "Something else".into()),
        ("/issuance/issued/facts/issue_date", "2026-03-01".into()),
        ("/issuance/issued/facts/customer/name", "Somebody else".into()),
    ];
    for (place, new) in changes {
        let change = second(move |value| *value.pointer_mut(place).expect(place) = new.clone());
        assert_eq!(faults(&story, change).await, wanted, "{place}");
    }
}

#[tokio::test]
async fn what_may_change_after_the_issue_is_no_fault() {
    let story = four_invoices().await;
    let change = second(|value| value["internal_notes"] = "Call before noon".into());
    assert!(faults(&story, change).await.is_empty());
}

#[tokio::test]
async fn a_changed_reason_of_a_credit_note_or_end_of_a_quote_is_found() {
    let story = Story::new().await;
    let invoice = story.issued().await;
    let data = CreditNoteData::new(CreditScope::Full, "Returned");
    story.billing.credit_invoice(&story.owner, invoice.id(), data).await.unwrap();
    let quote = story.billing.create_quote(&story.owner, QuoteData::new(story.content())).await.unwrap();
    story.billing.issue_quote(&story.owner, quote.id()).await.unwrap();
    let change = |mut chain: Vec<ChainDocument>| {
        for document in &mut chain {
            match document {
                ChainDocument::CreditNote(note) => {
                    **note = rewritten(&**note, |value| value["data"]["reason"] = "Gift".into());
                }
                ChainDocument::Quote(quote) => {
                    **quote = rewritten(&**quote, |value| value["valid_until"] = "2030-01-01".into());
                }
                ChainDocument::Invoice(_) => {}
            }
        }
        chain
    };
    let mut found = faults(&story, change).await;
    found.sort_by_key(|fault| format!("{fault:?}"));
    let changed = |number: &str| ChainFault::Changed { number: number.to_owned() };
    assert_eq!(found, [changed("CN-2026-0001"), changed("Q-2026-0001")]);
}

#[tokio::test]
async fn a_removed_document_is_found_wherever_it_stood() {
    let story = four_invoices().await;
    let without = |seq| {
        move |mut chain: Vec<ChainDocument>| {
            chain.retain(|document| document.seq() != Some(seq));
            chain
        }
    };
    let gap = |expected| ChainFault::Gap { expected, found: expected + 1 };
    assert_eq!(faults(&story, without(1)).await, [gap(1)]);
    assert_eq!(faults(&story, without(3)).await, [gap(3)]);
    assert_eq!(faults(&story, without(4)).await, [ChainFault::Truncated { last: Some(3), next: 5 }]);
    let empty = |_| Vec::new();
    assert_eq!(faults(&story, empty).await, [ChainFault::Truncated { last: None, next: 5 }]);
}

#[tokio::test]
async fn swapped_or_relinked_documents_are_found() {
    let story = four_invoices().await;
    let swapped = |mut chain: Vec<ChainDocument>| {
        chain.swap(1, 2);
        chain
    };
    assert_eq!(faults(&story, swapped).await, [ChainFault::Gap { expected: 2, found: 3 }]);
    let relinked = second(|value| {
        value["issuance"]["issued"]["seal"]["previous"] = "00".repeat(32).into();
    });
    assert_eq!(faults(&story, relinked).await, [ChainFault::Unlinked { number: "INV-2026-0002".to_owned() }]);
}

#[tokio::test]
async fn imports_are_chained_beside_the_series() {
    let story = Story::new().await;
    story.issued().await;
    for number in ["R-1", "R-2"] {
        let import = ImportedInvoice {
            number: number.to_owned(),
            issue_date: date("2019-11-30"),
            due_date: None,
            data: story.content().into(),
            supplier: None,
            customer: None,
            payable: eur("120.00"),
            delivered: true,
        };
        story.billing.import_invoice(&story.owner, import).await.unwrap();
    }
    let reports = story.billing.verify(story.owner.actor()).await.unwrap();
    let mut counted: Vec<_> = reports.iter().map(|counter| counter.report.documents).collect();
    counted.sort_unstable();
    assert_eq!(counted, [1, 2]);
    // The only chain with a second document is that of the imports.
    let change = second(|value| value["content"]["lines"][0]["price"] = "10.00".into());
    assert_eq!(faults(&story, change).await, [ChainFault::Changed { number: "R-2".to_owned() }]);
}

#[tokio::test]
async fn a_forged_seal_breaks_the_next_link() {
    let story = four_invoices().await;
    // The forger recomputes the hash of the second document and forgets the third.
    let forged = |mut chain: Vec<ChainDocument>| {
        if let Some(ChainDocument::Invoice(invoice)) = chain.get_mut(1) {
            let changed =
                rewritten(&**invoice, |value| value["content"]["lines"][0]["name"] = "Forged".into());
            let hash = changed.recompute_hash().unwrap().to_string();
            **invoice = rewritten(&changed, |value| {
                value["issuance"]["issued"]["seal"]["hash"] = hash.clone().into();
            });
        }
        chain
    };
    assert_eq!(faults(&story, forged).await, [ChainFault::Unlinked { number: "INV-2026-0003".to_owned() }]);
}
