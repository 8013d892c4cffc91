//! A long list is read page by page, and never held. Alone in its process, whose memory it measures.
//!
//! `INVOICE_TEST_INVOICES` says how long the list is.

#![cfg(target_os = "linux")]
#![expect(clippy::expect_used, reason = "a test says what it expects by panicking")]

mod fill;
#[path = "../../invoice-store-common/tests/support/list_cases.rs"]
mod list_cases;

use invoice_core::Timestamp;
use invoice_core::ports::{InvoiceQuery, Invoices as _, PageRequest};
use invoice_core::testing::run;
use invoice_store_sqlite::SqliteStore;

use fill::a_filled_file;
use list_cases::team;

#[test]
fn a_long_list_is_read_page_by_page_in_little_memory() {
    let file = a_filled_file();
    run(async {
        let store = SqliteStore::open(&file.path).expect("the file opens");
        let mut request = PageRequest::first(200).expect("a limit");
        let mut before = Timestamp::from_millis(i64::MAX);
        let (mut seen, mut first, mut most) = (0, 0, 0);
        loop {
            let page = store.invoices(team(0), &InvoiceQuery::new(), &request).await.expect("a page");
            for row in &page.items {
                assert!(row.created_at < before, "the newest first, each once");
                before = row.created_at;
                seen += 1;
            }
            let memory = resident_kilobytes();
            // The first page has what every page needs.
            first = if first == 0 { memory } else { first };
            most = memory.max(most);
            let Some(next) = page.next else { break };
            request = request.after(next);
        }
        println!("{seen} invoices listed, {} kB more in memory than after the first page", most - first);
        assert_eq!(seen, file.invoices);
        assert!(most - first < 64 * 1_024, "{} kB more", most - first);
    });
}

/// What this process holds of the machine's memory.
fn resident_kilobytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line of it");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}
