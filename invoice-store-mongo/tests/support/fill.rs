//! A database with a large team and many small ones, written directly.

#![allow(dead_code, reason = "each test file takes what it needs")]

use std::env;

use chrono::{Days, NaiveDate};
use invoice_core::TeamId;
use invoice_store_common::lists::metadata_pair;
use invoice_store_mongo::MongoStore;
use invoice_store_mongo::mongodb::Collection;
use invoice_store_mongo::mongodb::bson::raw::{RawArrayBuf, RawDocumentBuf};
use invoice_store_mongo::mongodb::bson::{Binary, DateTime, raw::cstr, rawdoc, spec::BinarySubtype};
use uuid::Uuid;

use crate::list_cases::{DAYS, FIRST_ISSUE, id, team};

/// How much there is: the large team's invoices, and how many small teams, of ten invoices each.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) invoices: u32,
    pub(crate) teams: u32,
}

impl Size {
    /// As the environment says, or as much as is soon written.
    pub(crate) fn from_env() -> Self {
        let number = |name: &str, otherwise: u32| match env::var(name) {
            Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} is a number")),
            Err(_) => otherwise,
        };
        Self { invoices: number("INVOICE_TEST_INVOICES", 20_000), teams: number("INVOICE_TEST_TEAMS", 200) }
    }
}

/// Writes as much, and migrates.
pub(crate) async fn fill(store: &MongoStore, size: Size) {
    let billing = store.database().collection("billing");
    // The large team is there before its indexes are, which takes a fraction of the time; the small ones come
    // after the validators, and so show that what is written here is let in.
    insert(&billing, of_team(0, size.invoices)).await;
    store.migrate().await.expect("what is there is adopted");
    insert(&billing, (1..=size.teams).flat_map(|number| of_team(number, 10))).await;
}

async fn insert(
    collection: &Collection<RawDocumentBuf>,
    documents: impl Iterator<Item = RawDocumentBuf> + Send,
) {
    let mut documents = documents.peekable();
    while documents.peek().is_some() {
        let batch: Vec<_> = documents.by_ref().take(2_000).collect();
        collection.insert_many(batch).ordered(false).await.expect("the documents are sound");
    }
}

/// All documents of a team with as many invoices.
fn of_team(number: u32, invoices: u32) -> impl Iterator<Item = RawDocumentBuf> + Send {
    let this = Team { number, id: team(number), invoices };
    let clients = (1..=(invoices / 100).max(10)).map(move |i| this.client(i));
    let items = (1..=(invoices / 200).max(5)).map(move |i| this.item(i));
    clients.chain(items).chain((1..=invoices).flat_map(move |i| this.documents(i)))
}

#[derive(Clone, Copy)]
struct Team {
    number: u32,
    id: TeamId,
    invoices: u32,
}

/// One in a hundred is one of these; the rest are paid.
const STATUSES: [(u32, &str); 8] = [
    (40, "sent"),
    (60, "issued"),
    (75, "partially_paid"),
    (85, "draft"),
    (90, "void"),
    (95, "credited"),
    (98, "uncollectible"),
    (100, "overpaid"),
];
const QUOTE_STATUSES: [&str; 6] = ["sent", "issued", "accepted", "declined", "expired", "converted"];

impl Team {
    fn uuid(self) -> Binary {
        uuid(self.id.as_uuid())
    }

    fn id(self, i: u32) -> Binary {
        uuid(id(self.id, i))
    }

    /// What all have.
    fn aggregate(self, kind: &str, i: u32) -> RawDocumentBuf {
        let (team, id) = (self.uuid(), self.id(i));
        rawdoc! {
            "_id": { "team": team.clone(), "kind": kind, "id": id.clone() },
            "team": team, "kind": kind, "id": id.clone(), "version": 1_i64, "commit": id, "record": {},
            "created_at": made(i),
        }
    }

    fn client(self, i: u32) -> RawDocumentBuf {
        let mut client = self.aggregate("client", i);
        client.append(cstr!("archived"), i.is_multiple_of(20));
        client.append(cstr!("name_key"), name(i));
        client.append(cstr!("name_sort"), name(i));
        client.append(cstr!("pairs"), pairs(&[("source", "web")]));
        client
    }

    fn item(self, i: u32) -> RawDocumentBuf {
        let mut item = self.aggregate("item", i);
        item.append(cstr!("archived"), i.is_multiple_of(20));
        item.append(cstr!("name_key"), name(i));
        item.append(cstr!("name_sort"), name(i));
        item.append(cstr!("code"), format!("A-{i}"));
        item
    }

    /// An invoice, and what there is beside it.
    fn documents(self, i: u32) -> Vec<RawDocumentBuf> {
        let row = Row::of(self, i);
        let mut documents = vec![row.invoice()];
        if row.status != "draft" && i.is_multiple_of(50) {
            documents.push(row.credit_note());
        }
        if row.status != "draft" && i.is_multiple_of(20) {
            documents.push(row.quote());
        }
        if row.status != "draft" && i.is_multiple_of(2) {
            documents.push(row.payment());
        }
        documents
    }
}

/// What an invoice's number decides.
struct Row {
    team: Team,
    i: u32,
    hash: u32,
    status: &'static str,
    client: u32,
    amount: i64,
    currency: &'static str,
    day: NaiveDate,
}

impl Row {
    fn of(team: Team, i: u32) -> Self {
        let hash = hash(i, 5);
        let part = self::hash(i, 4) % 1_000;
        let status = STATUSES.iter().find(|(below, _)| part < *below).map_or("paid", |(_, status)| status);
        let clients = (team.invoices / 100).max(10);
        let client = if self::hash(i, 1).is_multiple_of(10) { 1 } else { 1 + self::hash(i, 2) % clients };
        let (year, month, day) = FIRST_ISSUE;
        let first = NaiveDate::from_ymd_opt(year, month, day).expect("a day");
        let after = u64::from(i) * u64::from(DAYS) / u64::from(team.invoices);
        let currency = match hash % 100 {
            0..80 => "EUR",
            80..95 => "CHF",
            _ => "USD",
        };
        let amount = i64::from(self::hash(i, 3) % 1_000_000);
        Self { team, i, hash, status, client, amount, currency, day: first + Days::new(after) }
    }

    fn is_open(&self) -> bool {
        matches!(self.status, "sent" | "issued" | "partially_paid" | "uncollectible")
    }

    fn document(&self, kind: &str, status: &str, number: Option<String>, series: u32) -> RawDocumentBuf {
        let mut document = self.team.aggregate(kind, self.i);
        document.append(cstr!("status"), status);
        document.append(cstr!("client"), self.team.id(self.client));
        document.append(cstr!("currency"), self.currency);
        document.append(cstr!("payable"), self.amount);
        document.append(cstr!("live"), number.is_some() && status != "void");
        document.append(cstr!("written_off"), self.hash % 100 == 3);
        document.append(cstr!("overdue_noted"), self.hash.is_multiple_of(2));
        document.append(cstr!("updated_at"), made(self.i));
        document.append(cstr!("customer_name"), name(self.client).replace('c', "C"));
        document.append(cstr!("customer_key"), name(self.client));
        document.append(cstr!("customer_sort"), name(self.client));
        if let Some(number) = number {
            document.append(cstr!("number_sort"), number.as_str());
            document.append(cstr!("number"), number);
            document.append(cstr!("series"), self.team.id(series));
            document.append(cstr!("period"), "all");
            document.append(cstr!("seq"), i64::from(self.i));
            document.append(cstr!("issue_date"), midnight(self.day));
        }
        document
    }

    fn number(&self) -> String {
        format!("INV-{:08}", self.i)
    }

    fn invoice(&self) -> RawDocumentBuf {
        let is_draft = self.status == "draft";
        let mut invoice = self.document("invoice", self.status, (!is_draft).then(|| self.number()), 1);
        let state = match self.status {
            "draft" | "void" | "credited" => "nothing_due",
            "issued" | "sent" | "uncollectible" => "unpaid",
            other => other,
        };
        invoice.append(cstr!("subtype"), if self.hash.is_multiple_of(50) { "advance" } else { "standard" });
        invoice.append(cstr!("payment_state"), state);
        if !is_draft && self.hash % 20 != 1 {
            invoice.append(cstr!("due_date"), midnight(self.day + Days::new(30)));
        }
        invoice.append(cstr!("due"), if self.is_open() { self.amount + 1 } else { 0 });
        if self.is_open() {
            invoice.append(cstr!("open"), true);
        }
        let order = self.i.to_string();
        let mut metadata = Vec::new();
        if !is_draft {
            metadata.push(("order", order.as_str()));
            if self.i.is_multiple_of(2) {
                metadata.push(("source", "web"));
            }
        }
        invoice.append(cstr!("pairs"), pairs(&metadata));
        invoice
    }

    fn credit_note(&self) -> RawDocumentBuf {
        let is_draft = self.i.is_multiple_of(100);
        let status = if is_draft { "draft" } else { "issued" };
        let number = (!is_draft).then(|| format!("CN{}", self.number()));
        let mut note = self.document("credit_note", status, number, 2);
        note.append(cstr!("due"), 0_i64);
        note.append(cstr!("invoice"), self.team.id(self.i));
        note
    }

    fn quote(&self) -> RawDocumentBuf {
        let status = QUOTE_STATUSES[usize::try_from(self.i / 20 % 6).expect("a small number")];
        let mut quote = self.document("quote", status, Some(format!("Q{}", self.number())), 3);
        quote.append(cstr!("due"), 0_i64);
        quote.append(cstr!("subtype"), if self.i.is_multiple_of(200) { "pro_forma" } else { "quote" });
        quote.append(cstr!("last_day"), midnight(self.day + Days::new(14)));
        quote
    }

    fn payment(&self) -> RawDocumentBuf {
        let mut payment = self.team.aggregate("payment", self.i);
        let left = self.i.is_multiple_of(40);
        payment.append(cstr!("client"), self.team.id(self.client));
        payment.append(cstr!("date"), midnight(self.day));
        payment.append(cstr!("currency"), self.currency);
        payment.append(cstr!("amount"), self.amount);
        payment.append(cstr!("unallocated"), i64::from(left));
        if left {
            payment.append(cstr!("has_unallocated"), true);
        }
        let mut invoices = RawArrayBuf::new();
        invoices.push(self.team.id(self.i));
        payment.append(cstr!("invoices"), invoices);
        payment.append(cstr!("refunded"), false);
        if self.i.is_multiple_of(4) {
            payment.append(cstr!("external_reference"), format!("ref {}", self.i));
        }
        payment
    }
}

fn uuid(id: Uuid) -> Binary {
    Binary { subtype: BinarySubtype::Uuid, bytes: id.as_bytes().to_vec() }
}

fn pairs(metadata: &[(&str, &str)]) -> RawArrayBuf {
    let mut array = RawArrayBuf::new();
    for (key, value) in metadata {
        array.push(Binary { subtype: BinarySubtype::Generic, bytes: metadata_pair(key, value).to_vec() });
    }
    array
}

fn made(i: u32) -> DateTime {
    DateTime::from_millis(1_577_836_800_000 + i64::from(i) * 1_000)
}

fn midnight(day: NaiveDate) -> DateTime {
    DateTime::from_millis(day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis())
}

fn name(i: u32) -> String {
    format!("customer {i:06}")
}

/// Spreads numbers, each salt another way.
fn hash(i: u32, salt: u32) -> u32 {
    let mut hash = (i ^ salt.wrapping_mul(0x9e37_79b9)).wrapping_mul(0x85eb_ca6b);
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(0xc2b2_ae35);
    (hash ^ (hash >> 16)) >> 1
}
