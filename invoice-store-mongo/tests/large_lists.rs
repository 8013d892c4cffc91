//! Lists of a team with many invoices beside many small teams: each comes from an index, in its order, and
//! none sorts or reads all there is.
//!
//! `INVOICE_TEST_INVOICES` and `INVOICE_TEST_TEAMS` say how much there is. What was found is printed, too.

#![expect(clippy::expect_used, reason = "a test without its server fails")]

mod support;

#[path = "support/fill.rs"]
mod fill;
#[path = "../../invoice-store-common/tests/support/list_cases.rs"]
mod list_cases;
#[path = "support/overheard.rs"]
mod overheard;

use invoice_core::TeamId;
use invoice_core::ports::{Catalog as _, Documents as _, Invoices as _, PageRequest, Payments as _};
use invoice_core::testing::run;
use invoice_store_mongo::MongoStore;

use fill::{Size, fill};
use list_cases::{List, Question, every_question, team};
use overheard::{Overheard, Plan};

/// Reads one page. What is listed has no records, so that only the invoices' rows can be read back.
async fn ask(store: &MongoStore, team: TeamId, list: &List, page: &PageRequest) {
    match list {
        List::Invoices(query) => drop(store.invoices(team, query, page).await.expect("a page")),
        List::CreditNotes(query) => drop(store.credit_notes(team, query, page).await),
        List::Quotes(query) => drop(store.quotes(team, query, page).await),
        List::Payments(query) => drop(store.payments(team, query, page).await),
        List::Clients(query) => drop(store.clients(team, query, page).await),
        List::Items(query) => drop(store.items(team, query, page).await),
    }
}

#[test]
fn every_list_comes_from_an_index_in_its_order() {
    run(async {
        let size = Size::from_env();
        let overheard = Overheard::default();
        let store = overheard.store(&support::a_database()).await;
        fill(&store, size).await;
        let mut wrong = Vec::new();
        // The large team, and one of the small ones.
        for (number, invoices) in [(0, size.invoices), (1, 10)] {
            println!("| team of {invoices}: list | plan | keys | documents | ms |");
            println!("| --- | --- | --- | --- | --- |");
            for Question { name, list, page, exact } in every_question(team(number), invoices) {
                overheard.take();
                ask(&store, team(number), &list, &page).await;
                let mut heard = overheard.take();
                let Some(command) = heard.pop() else {
                    // Nothing can be found by it.
                    println!("| {name} | nothing is asked | 0 | 0 | 0 |");
                    continue;
                };
                assert!(heard.is_empty(), "{name}: one question is enough");
                assert!(command.contains_key("hint"), "{name}: the index is named");
                let plan = Plan::of(&store, command).await;
                let steps = plan.steps.join(", ");
                println!("| {name} | {steps} | {} | {} | {} |", plan.keys, plan.documents, plan.millis);
                if plan.reads_all() || plan.sorts() {
                    wrong.push(format!("{name} of {invoices}: {steps}"));
                }
                // What no index can tell is looked for along it.
                let filter = name.split("; ").last().unwrap_or_default();
                let has_index = exact
                    || filter.starts_with("metadata")
                    || matches!(filter, "client" | "client of a tenth");
                let most = if has_index || invoices == 10 { 60 } else { i64::from(invoices) + 1 };
                if plan.keys > most {
                    wrong.push(format!("{name} of {invoices}: {} keys by {steps}", plan.keys));
                }
            }
        }
        store.database().drop().await.expect("the database goes");
        assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    });
}
