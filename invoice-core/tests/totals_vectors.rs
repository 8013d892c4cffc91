//! Real invoices with the totals their publishers printed, and the repository's own cases.

mod support;

use std::path::Path;

use support::{files, own, published, read};

fn assert_reproduces(folder: &Path) {
    let wrong: Vec<_> = files(folder)
        .iter()
        .flat_map(|path| {
            read(path).differences().into_iter().map(move |difference| (path.clone(), difference))
        })
        .map(|(path, difference)| format!("{}: {difference}", path.display()))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_own_case_reproduces() {
    let folder = own();
    assert!(files(&folder).len() >= 25, "the own cases are in {}", folder.display());
    assert_reproduces(&folder);
}

#[test]
fn every_published_document_reproduces() {
    // A lone clone has the own cases only.
    if let Some(folder) = published() {
        assert!(!files(&folder).is_empty(), "no vectors in {}", folder.display());
        assert_reproduces(&folder);
    }
}

#[test]
fn documents_that_contradict_themselves_are_told_apart() {
    let Some(folder) = published().map(|folder| folder.join("deviating")).filter(|folder| folder.is_dir())
    else {
        return;
    };
    for path in files(&folder) {
        assert!(!read(&path).differences().is_empty(), "{} reproduces", path.display());
    }
}
