//! Every operation of the OpenAPI document, tried by everybody on what is theirs and what is not.

mod documented;
mod faults;
mod fields;
mod operation;
mod roles;
mod rows;
mod side;
mod strangers;
mod versions;

use crate::answer::Answer;
use crate::document;

#[test]
fn every_operation_has_one_row_and_every_row_an_operation() {
    let documented: Vec<_> = document::operations()
        .into_iter()
        .map(|(_, _, operation)| operation["operationId"].as_str().unwrap().to_owned())
        .collect();
    for name in &documented {
        rows::of(name);
    }
    let mut rows: Vec<_> = rows::ROWS.iter().map(|row| row.operation).collect();
    rows.sort_unstable();
    let all = rows.len();
    rows.dedup();
    assert_eq!(rows.len(), all, "a row is there twice");
    assert_eq!(rows.len(), documented.len(), "a row has no operation any more");
}

/// Fails if an answer tells anything of the team with this word in all its texts.
#[track_caller]
fn tells_nothing_of(word: &str, answer: &Answer) {
    let text = format!("{:?} {}", answer.headers, answer.text_of_body()).to_lowercase();
    assert!(!text.contains(word), "{text}");
}
