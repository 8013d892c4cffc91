//! Numbers: taken at the commit, gapless within a counter, chained.

use super::commits::commit_at_once;
use super::world::{World, all, numbers, only, rows, stored};
use crate::document::Origin;
use crate::ports::{BillingPorts, ChainDocument, StoreError, Unique};
use crate::series::{Counter, CounterKey};
use crate::testing::contract::{must, must_duplicate, must_refuse, race};
use crate::testing::day;
use crate::testing::fixtures::sound;
use crate::{
    ChainVerifier, Code, CreditNote, DocumentType, Invoice, InvoiceId, Quote, QuoteData, QuoteKind, Reset,
    Series, SeriesData, Version,
};

/// 40 issuers of one series at once: the numbers 1 to 40, each once, in a chain that verifies.
pub async fn concurrent_issuers_get_exactly_one_to_n(ports: &BillingPorts) {
    let world = World::new(ports);
    let desk = world.desk().await;
    let changes: Vec<_> = (0..40).map(|_| desk.issuing("10", day("2026-03-02"))).collect();
    let answers = commit_at_once(ports, &changes).await;
    let mut seqs = Vec::new();
    for answer in answers {
        let invoice: Invoice = only(must(answer, "each issuer gets a number"));
        let found = stored(ports.invoices.invoice(world.team(), invoice.id()).await, "the invoice");
        assert_eq!(found, invoice, "the answer is what is stored");
        seqs.push(seq_of(&invoice));
    }
    seqs.sort_unstable();
    assert_eq!(seqs, (1..=40).collect::<Vec<_>>(), "40 issuers get the numbers 1 to 40");
    verifies(&world, desk.invoices.counter(day("2026-03-02")), 1, 40).await;
}

/// Drafts that are stored already, issued at once: the same.
pub async fn drafts_issued_at_once_get_exactly_one_to_n(ports: &BillingPorts) {
    let world = World::new(ports);
    let desk = world.desk().await;
    let (date, mut changes) = (day("2026-03-02"), Vec::new());
    for _ in 0..32 {
        let draft = world.insert(world.draft(&desk.client, "10")).await;
        changes.push(world.change().issue_stored(draft, &desk.invoices, &desk.client, date));
    }
    let answers = commit_at_once(ports, &changes).await;
    let issued = |answer| only::<Invoice>(must(answer, "each draft gets a number"));
    let mut issued: Vec<_> = answers.into_iter().map(issued).collect();
    assert!(issued.iter().all(|it| it.version() == Version::new(2)), "an issue is one version");
    issued.sort_unstable_by_key(seq_of);
    assert_eq!(issued.iter().map(seq_of).collect::<Vec<_>>(), (1..=32).collect::<Vec<_>>(), "1 to 32");
    verifies(&world, desk.invoices.counter(date), 1, 32).await;
}

/// One commit issues an invoice, a credit note, a quote and a pro-forma: each gets its own counter's number.
pub async fn documents_of_several_counters_are_numbered_in_one_commit(ports: &BillingPorts) {
    let world = World::new(ports);
    let desk = world.desk().await;
    let (client, date) = (&desk.client, day("2026-03-02"));
    let credited = desk.issue("10", date).await;
    let (note, credited) = world.full_credit(&credited);
    let mut offer = QuoteData::new(world.content(client, "1"));
    offer.kind = QuoteKind::ProForma;
    let change = desk
        .issuing("20", date)
        .issue(note, &desk.credit_notes, client, date)
        .issue(world.quote(client, "30"), &desk.quotes, client, date)
        .issue(world.quote_of(offer), &desk.pro_formas, client, date)
        .update(credited);
    let receipt = world.commit(change).await;
    assert_eq!(numbers(&receipt), ["INV-2", "CN-1", "QUO-1", "PRO-1", "INV-1"], "each in its own series");
    let nexts: Vec<_> = counters(&world).await.iter().map(|(_, counter)| counter.next).collect();
    assert_eq!(nexts, [3, 2, 2, 2], "each counter moved by its own documents");
}

/// Several documents of one counter in one commit get consecutive numbers in the order of the issues.
pub async fn documents_of_one_counter_in_one_commit_are_consecutive(ports: &BillingPorts) {
    let world = World::new(ports);
    let desk = world.desk().await;
    desk.issue("1", day("2026-03-01")).await;
    let draft = || world.draft(&desk.client, "10");
    let change = desk.issuing("10", day("2026-03-02"));
    let change = change.issue(draft(), &desk.invoices, &desk.client, day("2026-03-02"));
    let change = change.issue(draft(), &desk.invoices, &desk.client, day("2026-03-03"));
    let receipt = world.commit(change).await;
    assert_eq!(numbers(&receipt), ["INV-2", "INV-3", "INV-4"], "in the order of the issues");
    verifies(&world, desk.invoices.counter(day("2026-03-02")), 1, 4).await;
}

/// Commits that take two series, half of them in the opposite order, all end.
pub async fn series_taken_in_opposite_order_do_not_deadlock(ports: &BillingPorts) {
    let world = World::new(ports);
    let desk = world.desk().await;
    let date = day("2026-03-02");
    let answers = race(8, |index| {
        let change = |_| {
            let (invoice, quote) = (world.draft(&desk.client, "1"), world.quote(&desk.client, "1"));
            let (client, change) = (&desk.client, world.change());
            if index % 2 == 0 {
                change.issue(invoice, &desk.invoices, client, date).issue(quote, &desk.quotes, client, date)
            } else {
                change.issue(quote, &desk.quotes, client, date).issue(invoice, &desk.invoices, client, date)
            }
        };
        let changes: Vec<_> = (0..8).map(change).collect();
        let ports = ports.clone();
        async move {
            let mut answers = Vec::new();
            for change in changes {
                answers.extend(commit_at_once(&ports, &[change]).await);
            }
            answers
        }
    })
    .await;
    for answer in answers.into_iter().flatten() {
        must(answer, "a commit of two series ends");
    }
    verifies(&world, desk.invoices.counter(date), 1, 64).await;
    verifies(&world, desk.quotes.counter(date), 1, 64).await;
}

/// A date before the counter's last one is refused and takes no number; the same date is fine.
pub async fn an_issue_date_does_not_go_back(ports: &BillingPorts) {
    let world = World::new(ports);
    let desk = world.desk().await;
    desk.issue("10", day("2026-03-02")).await;
    let before = world.snapshot().await;
    world.drain().await;
    let back = world.try_commit(desk.issuing("10", day("2026-03-01"))).await;
    must_refuse(back, Code::DateBeforeLastIssue, "a day back is refused");
    let within = desk.issuing("10", day("2026-03-05"));
    let within =
        within.issue(world.draft(&desk.client, "1"), &desk.invoices, &desk.client, day("2026-03-04"));
    must_refuse(world.try_commit(within).await, Code::DateBeforeLastIssue, "a day back within a commit too");
    assert_eq!(world.snapshot().await, before, "what is refused writes nothing");
    assert_eq!(world.drain().await, [], "what is refused tells nothing");
    let same = desk.issue("10", day("2026-03-02")).await;
    assert_eq!(same.number(), Some("INV-2"), "the same day is fine, and nothing was burnt");
    let other =
        world.change().issue(world.quote(&desk.client, "1"), &desk.quotes, &desk.client, day("2025-01-01"));
    assert_eq!(numbers(&world.commit(other).await), ["QUO-1"], "another counter has its own dates");
}

/// A counter starts at the number its series says, and is not there before the first issue.
pub async fn a_counter_starts_where_its_series_says(ports: &BillingPorts) {
    let world = World::new(ports);
    let desk = world.desk().await;
    let starting_at = |start| SeriesData {
        document_type: DocumentType::Invoice,
        name: format!("from {start}"),
        pattern: sound(format!("S{start}-{{seq:03}}").parse()),
        reset: Reset::Never,
        start,
        from: day("2026-01-01"),
    };
    let (moved, last) = (world.series_of(starting_at(121)), world.series_of(starting_at(Series::MAX_SEQ)));
    world.commit(world.change().insert(moved.clone()).insert(last.clone())).await;
    let date = day("2026-03-02");
    let key = moved.counter(date);
    assert_eq!(counter(&world, key).await, None, "a counter that has counted nothing is not there");
    let issue = |series: &Series| {
        let draft = world.draft(&desk.client, "1");
        world.try_commit(world.change().issue(draft, series, &desk.client, date))
    };
    let first: Invoice = only(must(issue(&moved).await, "the first of a series"));
    assert_eq!(first.number(), Some("S121-121"), "the first number is the start");
    let second: Invoice = only(must(issue(&moved).await, "the second of a series"));
    let expected = Counter {
        next: 123,
        head: second.issued().map_or(crate::Hash::NOTHING, |issued| issued.seal().hash()),
        last_issue_date: Some(date),
    };
    assert_eq!(counter(&world, key).await, Some(expected), "a counter tells its next number, head and day");
    must(issue(&last).await, "the last number there is");
    must_refuse(issue(&last).await, Code::OutOfRange, "a series has an end");
}

/// Periods of one series have counters of their own.
pub async fn periods_count_independently(ports: &BillingPorts) {
    let world = World::new(ports);
    let desk = world.desk().await;
    let monthly = world.series_of(SeriesData {
        document_type: DocumentType::Invoice,
        name: "monthly".to_owned(),
        pattern: sound("{year}-{month}-{seq:02}".parse()),
        reset: Reset::Monthly,
        start: 5,
        from: day("2026-02-10"),
    });
    world.insert(monthly.clone()).await;
    for (date, number) in [
        ("2026-02-27", "2026-02-05"),
        ("2026-03-01", "2026-03-01"),
        ("2026-02-28", "2026-02-06"),
        ("2026-03-31", "2026-03-02"),
        ("2027-02-01", "2027-02-01"),
    ] {
        let draft = world.draft(&desk.client, "1");
        let receipt = world.commit(world.change().issue(draft, &monthly, &desk.client, day(date))).await;
        assert_eq!(numbers(&receipt), [number], "{date}");
    }
    let found: Vec<_> =
        counters(&world).await.into_iter().map(|(key, counter)| (key, counter.next)).collect();
    let key = |date| monthly.counter(day(date));
    let expected = [(key("2026-02-01"), 7), (key("2026-03-01"), 3), (key("2027-02-01"), 2)];
    assert_eq!(found, expected, "one counter for each period, in the order of their keys");
}

/// A draft that was stored keeps its identity when it is issued; trail and events carry the new number.
pub async fn an_issue_tells_its_number_everywhere(ports: &BillingPorts) {
    let world = World::new(ports);
    let desk = world.desk().await;
    let draft = world.insert(world.draft(&desk.client, "10")).await;
    world.drain().await;
    let change = world.change().issue_stored(draft.clone(), &desk.invoices, &desk.client, day("2026-03-02"));
    let invoice: Invoice = only(world.commit(change.idempotent("publish", 1)).await);
    assert_eq!((invoice.id(), invoice.number()), (draft.id(), Some("INV-1")), "the draft has its number");
    let found = stored(ports.invoices.invoice_by_number(world.team(), "INV-1").await, "the invoice");
    assert_eq!(found, invoice, "it is found by its number");
    let subject = crate::change::AggregateId::Invoice(draft.id());
    let trail = rows(ports.trail.audit(world.team(), Some(subject), &all()).await);
    let told: Vec<_> = trail.iter().map(|entry| entry.number.as_deref()).collect();
    assert_eq!(told, [Some("INV-1"), None], "the trail tells the number from the issue on");
    let events = world.drain().await;
    assert!(!events.is_empty(), "an issue is told");
    assert!(events.iter().all(|it| it.number.as_deref() == Some("INV-1")), "events tell the number");
}

/// A number is in the team once, whatever carries it: of another kind, of another series, or imported.
pub async fn a_number_is_in_the_team_once(ports: &BillingPorts) {
    let world = World::new(ports);
    let desk = world.desk().await;
    let (client, date) = (&desk.client, day("2026-03-02"));
    let twin = world.series_named(DocumentType::Quote, "twin", "INV-{seq}");
    let notes = world.series_named(DocumentType::CreditNote, "twin", "INV-{seq}");
    world.commit(world.change().insert(twin.clone()).insert(notes.clone())).await;
    let invoice = desk.issue("10", date).await;
    let import = world.change().import(world.draft(client, "5"), "OLD-9", client, date);
    let imported: Invoice = only(world.commit(import).await);
    let origin = Origin::Imported { counter: CounterKey::imports(world.team()), seq: 1 };
    assert_eq!(imported.issued().map(crate::Issued::origin), Some(origin), "it came along");
    let before = world.snapshot().await;
    let (note, credited) = world.full_credit(&invoice);
    for change in [
        world.change().issue(world.quote(client, "1"), &twin, client, date),
        world.change().issue(note.clone(), &notes, client, date).update(credited),
        world.change().import(world.draft(client, "5"), "INV-1", client, date),
        world.change().import(world.quote(client, "5"), "OLD-9", client, date),
        world.change().import(world.draft(client, "5"), "OLD-9", client, date),
    ] {
        must_duplicate(world.try_commit(change).await, Unique::Number, "a number is taken");
        assert_eq!(world.snapshot().await, before, "a taken number writes nothing and burns none");
    }
    let lower = world.change().import(world.draft(client, "5"), "inv-1", client, date);
    must(world.try_commit(lower).await, "numbers differ by their case");
}

/// 16 imports of one number at once: one is written.
pub async fn of_many_imports_of_one_number_one_wins(ports: &BillingPorts) {
    let world = World::new(ports);
    let desk = world.desk().await;
    let date = day("2026-03-02");
    let import = |_| world.change().import(world.draft(&desk.client, "5"), "OLD-9", &desk.client, date);
    let changes: Vec<_> = (0..16).map(import).collect();
    let answers = commit_at_once(ports, &changes).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!(won.len(), 1, "one of 16 wins");
    for answer in lost {
        must_duplicate(answer, Unique::Number, "the others are told that the number is taken");
    }
}

/// Imported documents keep their numbers and are chained in a counter of their own, whatever their dates;
/// series count on as if they were not there.
pub async fn imported_documents_have_a_chain_of_their_own(ports: &BillingPorts) {
    let world = World::new(ports);
    let desk = world.desk().await;
    let (client, imports) = (&desk.client, CounterKey::imports(world.team()));
    assert_eq!(counter(&world, imports).await, None, "nothing was imported yet");
    desk.issue("1", day("2026-03-02")).await;
    for (number, date) in [("OLD-9", "2025-12-31"), ("OLD-7", "2024-01-01"), ("2025/1", "2026-03-02")] {
        let import = world.change().import(world.draft(client, "5"), number, client, day(date));
        assert_eq!(numbers(&world.commit(import).await), [number], "an import keeps its number");
    }
    let import = world.change().import(world.quote(client, "5"), "Q-1", client, day("2025-01-01"));
    world.commit(import.import(world.draft(client, "5"), "OLD-1", client, day("2023-01-01"))).await;
    let chain = verifies(&world, imports, 1, 5).await;
    let found: Vec<_> = chain.iter().filter_map(ChainDocument::number).collect();
    assert_eq!(found, ["OLD-9", "OLD-7", "2025/1", "Q-1", "OLD-1"], "in the order of the commits");
    let old = stored(ports.invoices.invoice_by_number(world.team(), "OLD-7").await, "the import");
    assert_eq!(old.issued().map(crate::Issued::issue_date), Some(day("2024-01-01")), "with its date");
    assert_eq!(desk.issue("1", day("2026-03-02")).await.number(), Some("INV-2"), "the series counts on");
    verifies(&world, desk.invoices.counter(day("2026-03-02")), 1, 2).await;
    assert_eq!(counter(&world.beside(), imports).await, None, "they are this team's");
}

/// A pending issue of something the change does not write is refused.
pub async fn an_issue_of_nothing_is_refused(ports: &BillingPorts) {
    let world = World::new(ports);
    let desk = world.desk().await;
    let before = world.snapshot().await;
    let change = desk.issuing("10", day("2026-03-02")).with(|change| {
        for issue in &mut change.issues {
            issue.document = crate::change::AggregateId::Invoice(InvoiceId::from_uuid(world.uuid()));
        }
    });
    let answer = world.try_commit(change).await;
    assert!(matches!(answer, Err(StoreError::Refused(_))), "an issue is of a write, but: {answer:?}");
    assert_eq!(world.snapshot().await, before, "what is refused writes nothing");
}

/// A document is found by its number in its own kind only, and a draft by none.
pub async fn a_document_is_found_by_its_number(ports: &BillingPorts) {
    let world = World::new(ports);
    let desk = world.desk().await;
    let (client, date, team) = (&desk.client, day("2026-03-02"), world.team());
    world.insert(world.draft(client, "1")).await;
    let invoice = desk.issue("10", date).await;
    desk.issue("20", date).await;
    let quote = world.change().issue(world.quote(client, "1"), &desk.quotes, client, date);
    let quote: Quote = only(world.commit(quote).await);
    let note: CreditNote = desk.credit(&invoice, date).await;
    let invoice = stored(ports.invoices.invoice(team, invoice.id()).await, "the invoice");
    let (invoices, documents) = (&ports.invoices, &ports.documents);
    let found = invoices.invoice_by_number(team, "INV-1").await;
    assert_eq!(stored(found, "the invoice"), invoice, "an invoice is found by its number");
    let found = documents.credit_note_by_number(team, "CN-1").await;
    assert_eq!(stored(found, "the credit note"), note, "a credit note is found by its number");
    let found = documents.quote_by_number(team, "QUO-1").await;
    assert_eq!(stored(found, "the quote"), quote, "a quote is found by its number");
    for number in ["INV-3", "INV-", "inv-1", "INV-1 ", "", "CN-1", "QUO-1", "%"] {
        let sentence = format!("no invoice is {number:?}");
        super::world::absent(invoices.invoice_by_number(team, number).await, &sentence);
    }
    super::world::absent(documents.credit_note_by_number(team, "INV-1").await, "no credit note is INV-1");
    super::world::absent(documents.quote_by_number(team, "CN-1").await, "no quote is CN-1");
}

fn seq_of(invoice: &Invoice) -> u64 {
    match invoice.issued().map(crate::Issued::origin) {
        Some(Origin::Counter { seq, .. }) => seq,
        _ => panic!("an issued invoice comes from a counter"),
    }
}

async fn counters(world: &World<'_>) -> Vec<(CounterKey, Counter)> {
    must(world.ports.trail.counters(world.team()).await, "the counters are read")
}

async fn counter(world: &World<'_>, key: CounterKey) -> Option<Counter> {
    must(world.ports.trail.counter(world.team(), key).await, "a counter is read")
}

/// The whole chain of a counter, which must hold `count` documents and verify.
pub(super) async fn verifies(
    world: &World<'_>,
    key: CounterKey,
    first: u64,
    count: u64,
) -> Vec<ChainDocument> {
    let chain = must(world.ports.trail.chain(world.team(), key, first, 200).await, "the chain is read");
    let counter = counter(world, key).await.unwrap_or_else(|| panic!("the counter has counted"));
    let mut verifier = ChainVerifier::new(first);
    for document in &chain {
        verifier.feed(document);
    }
    let report = verifier.finish(&counter);
    assert_eq!((report.fault, report.documents), (None, count), "the chain of {count} documents is whole");
    chain
}
