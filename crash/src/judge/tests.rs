use std::path::Path;

use invoice_core::ports::BillingPorts;

use super::*;
use crate::journal::Journal;
use crate::store;
use crate::worker::{Broken, Settings, work};
use crate::world::prepare;

const SEED: u64 = 7;

async fn store() -> BillingPorts {
    let ports = store::open("memory", "").await.unwrap();
    prepare(&ports, SEED).await.unwrap();
    ports
}

async fn issue(ports: &BillingPorts, journals: &Path, limit: u64, broken: Option<Broken>) {
    let settings =
        Settings { seed: SEED, worker: 1, journals: journals.to_owned(), limit: Some(limit), broken };
    work(ports, &settings).await.unwrap();
}

async fn wrong(ports: &BillingPorts, journals: &Path) -> Vec<&'static str> {
    let history = History::read(&Journal::path(journals, 1)).unwrap();
    let verdict = judge(ports, SEED, &[history]).await.unwrap();
    assert!(verdict.0.iter().all(|finding| finding.checked > 0), "{verdict}");
    verdict.0.iter().filter(|finding| !finding.wrong.is_empty()).map(|finding| finding.what).collect()
}

/// Takes the acknowledgements of the last orders back, as if the worker had been killed before it wrote them.
fn forget_the_last(journals: &Path, lines: usize) {
    let path = Journal::path(journals, 1);
    let text = std::fs::read_to_string(&path).unwrap();
    let from = text.lines().count() - lines;
    let kept = |(at, line): &(usize, &str)| *at < from || line.starts_with("begin");
    let text: String = text.split_inclusive('\n').enumerate().filter(kept).map(|(_, line)| line).collect();
    std::fs::write(path, text).unwrap();
}

#[tokio::test]
async fn what_was_done_without_trouble_is_in_order() {
    let (ports, folder) = (store().await, tempfile::tempdir().unwrap());
    issue(&ports, folder.path(), 60, None).await;
    assert_eq!(wrong(&ports, folder.path()).await, Vec::<&str>::new());
}

#[tokio::test]
async fn a_worker_that_comes_back_finds_out_what_it_did() {
    let (ports, folder) = (store().await, tempfile::tempdir().unwrap());
    issue(&ports, folder.path(), 60, None).await;
    forget_the_last(folder.path(), 20);
    issue(&ports, folder.path(), 5, None).await;
    assert_eq!(wrong(&ports, folder.path()).await, Vec::<&str>::new());
}

#[tokio::test]
async fn a_worker_that_forgets_its_keys_is_found_out() {
    let (ports, folder) = (store().await, tempfile::tempdir().unwrap());
    issue(&ports, folder.path(), 60, Some(Broken::Forgetful)).await;
    forget_the_last(folder.path(), 20);
    issue(&ports, folder.path(), 5, Some(Broken::Forgetful)).await;
    let wrong = wrong(&ports, folder.path()).await;
    assert!(wrong.iter().any(|what| what.contains("exactly one invoice")), "{wrong:?}");
}

#[tokio::test]
async fn a_store_that_loses_what_it_acknowledged_is_found_out() {
    let (ports, folder) = (store().await, tempfile::tempdir().unwrap());
    issue(&ports, folder.path(), 60, None).await;
    let loses_all = store().await;
    issue(&loses_all, tempfile::tempdir().unwrap().path(), 30, None).await;
    let wrong = wrong(&loses_all, folder.path()).await;
    assert!(wrong.iter().any(|what| what.contains("acknowledged")), "{wrong:?}");
}
