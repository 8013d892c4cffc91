use crate::documents::{Document, LENGTHS};

#[test]
fn the_loop_beside_the_plain_document_pays_the_same() {
    for length in LENGTHS {
        let document = Document::plain(length).unwrap();
        assert_eq!(document.payable().unwrap(), document.sheet().plain(), "{length} lines");
    }
}

#[test]
fn the_loop_beside_the_full_document_pays_the_same() {
    for length in (1..50).chain(LENGTHS) {
        let document = Document::full(length).unwrap();
        assert_eq!(document.payable().unwrap(), document.sheet().full(), "{length} lines");
    }
}
