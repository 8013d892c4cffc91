//! Sums over many documents.

use std::collections::BTreeMap;

use super::world::{Desk, World, only};
use crate::ports::{AgingRow, BillingPorts, MonthRange, RevenueRow, TaxSummaryRow};
use crate::tax::{Tax, TaxScheme};
use crate::testing::contract::must;
use crate::testing::fixtures::{line, sound, vat};
use crate::testing::{day, euros};
use crate::{
    Client, Content, CreditScope, Currency, Due, Invoice, InvoiceData, InvoiceKind, Money, Month,
    PaymentTerms,
};

/// What is due lies in the bucket of its age: 0, 1 to 30, 31 to 60, 61 to 90 and more days past.
pub async fn aging_puts_each_age_into_its_bucket(ports: &BillingPorts) {
    let desk = World::new(ports).desk().await;
    // Each net amount is a power of two, so that a sum tells its terms.
    for (due, net) in [
        (Some("2026-12-31"), "1"),
        (Some("2026-06-30"), "2"),
        (Some("2026-06-29"), "4"),
        (Some("2026-05-31"), "8"),
        (Some("2026-05-30"), "16"),
        (Some("2026-05-01"), "32"),
        (Some("2026-04-30"), "64"),
        (Some("2026-04-01"), "128"),
        (Some("2026-03-31"), "256"),
        (Some("2020-01-01"), "512"),
        (None, "1024"),
    ] {
        desk.issue_of(owing(&desk, &desk.client, net, due), day("2026-01-01")).await;
    }
    let found = must(ports.reports.aging(desk.team(), day("2026-06-30"), None).await, "aging is read");
    let euros = |units: i64| sound(Money::from_minor(units * 120, Currency::EUR));
    let expected = AgingRow {
        current: euros(1 + 2 + 1024),
        days_1_to_30: euros(4 + 8),
        days_31_to_60: euros(16 + 32),
        days_61_to_90: euros(64 + 128),
        over_90_days: euros(256 + 512),
    };
    assert_eq!(found, [expected], "0 | 1 30 | 31 60 | 61 90 | 91 days");
}

/// What is due is summed for each currency, of one client or of all.
pub async fn aging_is_by_currency_and_client(ports: &BillingPorts) {
    let desk = World::new(ports).desk().await;
    let other = desk.insert(desk.client("Gasthaus Ubl")).await;
    for (client, net, currency) in [
        (&desk.client, "1", Currency::EUR),
        (&desk.client, "2", Currency::CHF),
        (&other, "4", Currency::EUR),
        (&other, "8", Currency::JPY),
        (&other, "16", Currency::EUR),
    ] {
        let draft = desk.invoice(desk.content_in(client, net, currency));
        desk.commit(desk.change().issue(draft, &desk.invoices, client, day("2026-01-01"))).await;
    }
    let nobody = desk.client("Nobody");
    for (client, expected) in [
        (None, &[("CHF", "2.40"), ("EUR", "25.20"), ("JPY", "10")][..]),
        (Some(&desk.client), &[("CHF", "2.40"), ("EUR", "1.20")][..]),
        (Some(&other), &[("EUR", "24.00"), ("JPY", "10")][..]),
        (Some(&nobody), &[][..]),
    ] {
        let asked = client.map(Client::id);
        let found = must(ports.reports.aging(desk.team(), day("2026-06-30"), asked).await, "aging is read");
        let mut found: Vec<_> = found.iter().map(|row| row.current).collect();
        found.sort_unstable_by_key(|amount| amount.currency().code());
        let expected: Vec<_> =
            expected.iter().map(|(code, net)| sound(Money::parse(net, sound(Currency::new(code))))).collect();
        assert_eq!(found, expected, "what is due of {:?}", client.map(|it| it.party().name()));
    }
}

/// Drafts, void, paid and credited invoices owe nothing; one paid in part owes the rest.
pub async fn aging_counts_what_is_still_due(ports: &BillingPorts) {
    let desk = World::new(ports).desk().await;
    let owing = || owing(&desk, &desk.client, "100", Some("2026-05-31"));
    desk.insert(owing()).await;
    let date = day("2026-01-01");
    let mut void = desk.issue_of(owing(), date).await;
    sound(void.void(desk.now()));
    desk.update(void).await;
    let mut paid = desk.issue_of(owing(), date).await;
    sound(paid.allocate(euros("120")));
    desk.update(paid).await;
    let credited = desk.issue_of(owing(), date).await;
    desk.credit(&credited, date).await;
    let aging =
        async || must(ports.reports.aging(desk.team(), day("2026-06-30"), None).await, "aging is read");
    assert_eq!(aging().await, [], "nothing is due");
    let mut part = desk.issue_of(owing(), date).await;
    sound(part.allocate(euros("20")));
    desk.update(part).await;
    let zero = Money::zero(Currency::EUR);
    let expected = AgingRow {
        current: zero,
        days_1_to_30: euros("100"),
        days_31_to_60: zero,
        days_61_to_90: zero,
        over_90_days: zero,
    };
    assert_eq!(aging().await, [expected], "the rest is due");
}

/// Tax is summed by group in the month of its tax point, whatever the month of issue.
pub async fn taxes_are_summed_by_group_and_tax_point(ports: &BillingPorts) {
    let desk = World::new(ports).desk().await;
    let issue = async |content: Content| {
        desk.issue_of(desk.invoice(content), day("2026-03-02")).await;
    };
    let withheld = Tax::withheld(TaxScheme::IRPF, sound("15".parse()));
    let lamp = line("1", "Lamp", "100").with_tax(withheld);
    let book = line("2", "Book", "50");
    let content = || Content::new(desk.client.id(), Currency::EUR);
    issue(content().with_line(lamp).with_supply_date(day("2026-02-28"))).await;
    issue(content().with_line(book.clone()).with_tax_point(day("2026-02-01"))).await;
    issue(content().with_line(book)).await;
    let reduced = crate::line::Line::new("1", "Bread", sound("3".parse()), sound("1.11".parse()));
    issue(content().with_line(sound(reduced).with_tax(vat("10")))).await;
    issue(desk.content_in(&desk.client, "7", Currency::CHF)).await;
    desk.insert(desk.draft(&desk.client, "1000")).await;
    for (first, last, expected) in [
        (2, 2, &["EUR VAT 20 150.00 30.00", "EUR withheld IRPF 15 100.00 15.00"][..]),
        (3, 3, &["CHF VAT 20 7.00 1.40", "EUR VAT 10 3.33 0.33", "EUR VAT 20 50.00 10.00"][..]),
        (
            1,
            12,
            &[
                "CHF VAT 20 7.00 1.40",
                "EUR VAT 10 3.33 0.33",
                "EUR VAT 20 200.00 40.00",
                "EUR withheld IRPF 15 100.00 15.00",
            ][..],
        ),
        (1, 1, &[][..]),
        (4, 12, &[][..]),
    ] {
        assert_eq!(taxes(&desk, first, last).await, expected, "the taxes of the months {first} to {last}");
    }
}

/// Void invoices owe no tax.
pub async fn void_invoices_are_in_no_tax_or_revenue(ports: &BillingPorts) {
    let desk = World::new(ports).desk().await;
    desk.issue("10", day("2026-03-02")).await;
    let mut void = desk.issue("100", day("2026-03-02")).await;
    sound(void.void(desk.now()));
    desk.update(void).await;
    assert_eq!(taxes(&desk, 3, 3).await, ["EUR VAT 20 10.00 2.00"], "the void invoice is not taxed");
    let revenue = revenue(&desk, 3, 3).await;
    let [row] = revenue.as_slice() else { panic!("one month, one currency: {revenue:?}") };
    assert_eq!((row.invoiced, row.invoices), (euros("10"), 1), "the void invoice is no revenue");
}

/// Credit notes lower the taxes of their own month; drafts of them do not.
pub async fn credit_notes_lower_the_taxes(ports: &BillingPorts) {
    let desk = World::new(ports).desk().await;
    let invoice = desk.issue("100", day("2026-03-02")).await;
    desk.issue("10", day("2026-03-02")).await;
    desk.insert(desk.credit_note(&invoice, CreditScope::Full)).await;
    desk.credit(&invoice, day("2026-04-01")).await;
    assert_eq!(
        taxes(&desk, 3, 3).await,
        ["EUR VAT 20 110.00 22.00"],
        "the month of the invoices is as it was"
    );
    assert_eq!(taxes(&desk, 4, 4).await, ["EUR VAT 20 -100.00 -20.00"], "the month of the credit note");
    assert_eq!(taxes(&desk, 3, 4).await, ["EUR VAT 20 10.00 2.00"], "both months");
}

/// A final invoice counts for what its advances have not been counted for.
pub async fn advances_are_counted_once(ports: &BillingPorts) {
    let desk = World::new(ports).desk().await;
    let mut advance = InvoiceData::new(desk.content(&desk.client, "30"));
    advance.kind = InvoiceKind::Advance;
    let advance: Invoice = desk.issue_of(desk.invoice(advance), day("2026-03-02")).await;
    let draft = desk.invoice(desk.content(&desk.client, "100").with_advance(advance.id()));
    let date = day("2026-04-01");
    let last = desk.frozen_final(draft, &[&advance], &desk.client, date);
    let last: Invoice = only(desk.commit(desk.change().issue_frozen(last, &desk.invoices, date)).await);
    assert_eq!(last.totals().payable(), euros("84"), "the final invoice asks for the rest");
    assert_eq!(taxes(&desk, 3, 3).await, ["EUR VAT 20 30.00 6.00"], "the advance is taxed in its month");
    assert_eq!(taxes(&desk, 4, 4).await, ["EUR VAT 20 70.00 14.00"], "the rest is taxed in its own");
    let invoiced: Vec<_> = revenue(&desk, 1, 12).await.iter().map(|row| row.invoiced).collect();
    assert_eq!(invoiced, [euros("30"), euros("70")], "so is the revenue");
}

/// Revenue is without tax, by month of issue and currency, invoices and credit notes apart.
pub async fn revenue_is_by_month_of_issue_and_currency(ports: &BillingPorts) {
    let desk = World::new(ports).desk().await;
    let early = desk.content(&desk.client, "5").with_supply_date(day("2025-12-31"));
    desk.issue_of(desk.invoice(early), day("2026-01-31")).await;
    desk.issue("10", day("2026-02-01")).await;
    let credited = desk.issue("20", day("2026-02-28")).await;
    desk.issue_of(desk.invoice(desk.content_in(&desk.client, "7", Currency::CHF)), day("2026-02-28")).await;
    desk.insert(desk.draft(&desk.client, "1000")).await;
    desk.insert(desk.quote(&desk.client, "1000")).await;
    desk.insert(desk.credit_note(&credited, CreditScope::Full)).await;
    desk.credit(&credited, day("2026-03-01")).await;
    let row = |month, invoiced: &str, credited: &str, currency, invoices, credit_notes| RevenueRow {
        month: sound(Month::new(2026, month)),
        invoiced: sound(Money::parse(invoiced, currency)),
        credited: sound(Money::parse(credited, currency)),
        invoices,
        credit_notes,
    };
    let (eur, chf) = (Currency::EUR, Currency::CHF);
    let january = row(1, "5", "0", eur, 1, 0);
    let february = [row(2, "7", "0", chf, 1, 0), row(2, "30", "0", eur, 2, 0)];
    let march = row(3, "0", "20", eur, 0, 1);
    assert_eq!(revenue(&desk, 1, 12).await, [january, february[0], february[1], march], "the year");
    assert_eq!(revenue(&desk, 2, 2).await, february, "one month");
    assert_eq!(revenue(&desk, 4, 12).await, [], "months without documents have no rows");
}

/// An invoice over so much, due on a day.
fn owing(desk: &Desk<'_>, client: &Client, net: &str, due: Option<&str>) -> Invoice {
    let content = desk.content(client, net);
    desk.invoice(match due {
        Some(due) => content.with_terms(PaymentTerms::new(Due::On(day(due)))),
        None => content,
    })
}

fn months(first: u32, last: u32) -> MonthRange {
    sound(MonthRange::new(sound(Month::new(2026, first)), sound(Month::new(2026, last))))
}

/// The tax summary as sorted texts, without groups that sum to nothing.
async fn taxes(desk: &Desk<'_>, first: u32, last: u32) -> Vec<String> {
    let rows = must(desk.ports.reports.tax_summary(desk.team(), months(first, last)).await, "taxes are read");
    let mut sums: BTreeMap<String, (Money, Money)> = BTreeMap::new();
    for TaxSummaryRow { scheme, category: _, rate, withheld, taxable, tax } in rows {
        let (currency, kept) = (taxable.currency(), if withheld { "withheld " } else { "" });
        let group = format!("{currency} {kept}{} {}", scheme.as_str(), rate.get().normalize());
        let twice = sums.insert(group.clone(), (taxable, tax));
        assert!(twice.is_none(), "a group has one row, but {group} has two");
    }
    let sums = sums.into_iter().filter(|(_, (taxable, tax))| !taxable.is_zero() || !tax.is_zero());
    sums.map(|(group, (taxable, tax))| format!("{group} {} {}", taxable.amount(), tax.amount())).collect()
}

/// The revenue, sorted by month and currency.
async fn revenue(desk: &Desk<'_>, first: u32, last: u32) -> Vec<RevenueRow> {
    let range = months(first, last);
    let mut rows = must(desk.ports.reports.revenue_by_month(desk.team(), range).await, "the revenue is read");
    rows.sort_unstable_by_key(|row| (row.month, row.invoiced.currency().code()));
    rows
}
