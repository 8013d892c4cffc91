//! Payments, credit notes and what is given up.

use serde_json::json;

use crate::support::App;

#[tokio::test]
async fn an_invoice_is_paid_in_parts_and_never_above_what_is_due() {
    let app = App::ready().await;
    let owner = app.owner();
    let path = format!("/invoices/{}", owner.issued().await);
    let pay = format!("{path}/pay");
    let body = json!({"amount": "19.00", "currency": "EUR", "external_reference": "tx-1", "method": "card"});
    let paid = owner.post(&pay, body.clone()).await.expect(201);
    assert_eq!(paid.text("/invoice/status"), "partially_paid");
    assert_eq!(paid.text("/invoice/due"), "100.00");
    assert_eq!(paid.text("/payment/allocated"), "19.00");
    assert_eq!(paid.header("location"), format!("../../payments/{}", paid.text("/payment/id")));

    owner.post(&pay, body).await.refused(409, "duplicate");
    let above =
        owner.post(&pay, json!({"amount": "100.01", "currency": "EUR"})).await.refused(422, "invalid");
    assert_eq!(above.field().2, "exceeds_due");
    let body = json!({"amount": "150.00", "currency": "EUR", "allow_overpayment": true});
    let rest = owner.post(&pay, body).await.expect(201);
    assert_eq!(rest.text("/invoice/status"), "paid");
    assert_eq!(rest.text("/payment/unallocated"), "50.00");
    owner.post(&pay, json!({})).await.refused(409, "illegal_transition");
}

#[tokio::test]
async fn an_amount_comes_with_its_currency() {
    let app = App::ready().await;
    let owner = app.owner();
    let path = format!("/invoices/{}", owner.issued().await);
    let refused =
        owner.post(&format!("{path}/pay"), json!({"amount": "19.00"})).await.refused(422, "invalid");
    assert_eq!(refused.field().1, "/currency");
    let body = json!({"amount": "19.00", "currency": "USD"});
    let refused = owner.post(&format!("{path}/pay"), body).await.refused(422, "invalid");
    assert_eq!(refused.field().2, "mixed_currencies");
}

#[tokio::test]
async fn a_payment_is_recorded_allocated_refunded_and_reversed() {
    let app = App::ready().await;
    let owner = app.owner();
    let id = owner.issued().await;
    let client = owner.get(&format!("/invoices/{id}")).await.text("/client");
    let body = json!({"client": client, "amount": "200.00", "currency": "EUR", "date": "2026-03-01"});
    let payment = owner.post("/payments", body).await.expect(201);
    let path = format!("/payments/{}", payment.text("/id"));
    let part = json!({"currency": "EUR", "allocations": [{"invoice": id, "amount": "119.00"}]});
    let allocated = owner.post(&format!("{path}/allocations"), part.clone()).await.expect(200);
    assert_eq!(allocated.text("/unallocated"), "81.00");
    assert_eq!(owner.get(&format!("/invoices/{id}")).await.text("/status"), "paid");
    let found = owner.get(&format!("/payments?invoice={id}&unallocated=true")).await.expect(200);
    assert_eq!(found.at("/items").as_array().unwrap().len(), 1);

    owner.post(&format!("{path}/deallocations"), part.clone()).await.expect(200);
    owner.post(&format!("{path}/allocations"), part).await.expect(200);
    let reversed = owner.post(&format!("{path}/reverse"), json!({"reason": "Bounced"})).await.expect(200);
    assert_eq!(reversed.text("/reversal/reason"), "Bounced");
    assert_eq!(owner.get(&format!("/invoices/{id}")).await.text("/due"), "119.00");

    let body = json!({"client": client, "amount": "50.00", "currency": "EUR", "date": "2026-03-01"});
    let path = format!("/payments/{}/refunds", owner.post("/payments", body).await.text("/id"));
    let refund = json!({"amount": "20.00", "currency": "EUR", "reason": "Too much"});
    assert_eq!(owner.post(&path, refund).await.expect(200).text("/refunded"), "20.00");
    let wrong =
        json!({"amount": "5", "currency": "EUR", "deallocate": [{"invoice": "inv_1", "amount": "x"}]});
    let refused = owner.post(&path, wrong).await.refused(422, "invalid");
    assert_eq!(refused.problem().1.len(), 2);
}

#[tokio::test]
async fn an_invoice_is_credited_by_line_by_amount_and_in_full() {
    let app = App::ready().await;
    let owner = app.owner();
    let id = owner.issued().await;
    let path = format!("/invoices/{id}/credit-notes");
    let scope = json!({"kind": "lines", "lines": [{"line": "1", "quantity": "1"}]});
    let body = json!({"credit_note": {"scope": scope, "reason": "One was broken"}});
    let note = owner.post(&path, body).await.expect(201);
    assert_eq!(
        (note.text("/number"), note.text("/totals/payable")),
        ("CN-2026-00001".into(), "29.75".into())
    );
    assert_eq!(note.header("location"), format!("../../credit-notes/{}", note.text("/id")));

    let scope = json!({"kind": "amount", "amount": "11.90", "currency": "EUR"});
    let body = json!({"credit_note": {"scope": scope, "reason": "Goodwill"}, "draft": true});
    let draft = owner.post(&path, body).await.expect(201);
    assert_eq!(draft.text("/status"), "draft");
    let at = format!("/credit-notes/{}", draft.text("/id"));
    let patch = json!({"scope": {"amount": "23.80"}, "internal_notes": "Agreed by phone"});
    let changed = owner.patch(&at, &draft.etag(), patch).await.expect(200);
    assert_eq!(changed.text("/totals/payable"), "23.80");
    let issued = owner.post(&format!("{at}/publish"), json!({})).await.expect(200);
    assert_eq!(issued.text("/status"), "issued");
    assert_eq!(owner.post(&format!("{at}/send"), json!({})).await.expect(200).text("/status"), "sent");
    owner.delete(&at, "\"4\"").await.refused(409, "illegal_transition");

    let body = json!({"credit_note": {"scope": {"kind": "full"}, "reason": "All returned"}});
    owner.post(&path, body).await.expect(201);
    assert_eq!(owner.get(&format!("/invoices/{id}")).await.text("/status"), "credited");
    let found = owner.get(&format!("/credit-notes?invoice={id}&issued=true")).await.expect(200);
    assert_eq!(found.at("/items").as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_rest_is_given_up_and_taken_back() {
    let app = App::ready().await;
    let owner = app.owner();
    let path = format!("/invoices/{}", owner.issued().await);
    owner.post(&format!("{path}/pay"), json!({"amount": "118.00", "currency": "EUR"})).await.expect(201);
    let closed =
        owner.post(&format!("{path}/write-off"), json!({"reason": "small_difference"})).await.expect(200);
    assert_eq!((closed.text("/status"), closed.text("/written_off")), ("paid".into(), "1.00".into()));
    let open = owner.post(&format!("{path}/take-back-write-off"), json!({"reason": "They paid"})).await;
    assert_eq!(open.expect(200).text("/due"), "1.00");
}

#[tokio::test]
async fn a_quote_is_issued_accepted_and_converted_once() {
    let app = App::ready().await;
    let owner = app.owner();
    let mut body = crate::support::invoice(&owner.client().await);
    body["valid_until"] = json!("2026-03-31");
    let quote = owner.post("/quotes", body).await.expect(201);
    let path = format!("/quotes/{}", quote.text("/id"));
    let patch = json!({"valid_until": "2026-04-30", "kind": "quote"});
    let changed = owner.patch(&path, &quote.etag(), patch).await.expect(200);
    assert_eq!(changed.text("/valid_until"), "2026-04-30");
    let issued = owner.post(&format!("{path}/publish"), json!({})).await.expect(200);
    assert_eq!(issued.text("/number"), "QUO-2026-00001");
    owner.post(&format!("{path}/send"), json!({})).await.expect(200);
    assert_eq!(owner.post(&format!("{path}/accept"), json!({})).await.text("/status"), "accepted");
    owner.post(&format!("{path}/decline"), json!({"reason": "No"})).await.refused(409, "illegal_transition");
    let draft = owner.post(&format!("{path}/convert"), json!({})).await.expect(201);
    assert_eq!((draft.text("/status"), draft.text("/totals/payable")), ("draft".into(), "119.00".into()));
    owner.post(&format!("{path}/convert"), json!({})).await.refused(409, "illegal_transition");
    let found = owner.get("/quotes?status=converted&kind=quote").await.expect(200);
    assert_eq!(found.at("/items").as_array().unwrap().len(), 1);
    owner.get("/quotes?status=lost").await.refused(400, "invalid_query");
}

#[tokio::test]
async fn items_are_kept_with_their_price_and_taxes() {
    let app = App::ready().await;
    let owner = app.owner();
    let taxes = json!([{"category": "S", "rate": "19.00"}]);
    let body = json!({"code": "L-40", "name": "Lamp", "currency": "EUR", "price": "19.9500", "taxes": taxes});
    let item = owner.post("/items", body.clone()).await.expect(201);
    assert_eq!((item.text("/price"), item.text("/taxes/0/rate")), ("19.95".into(), "19".into()));
    let twice = owner.post("/items", body).await.refused(409, "duplicate");
    assert_eq!(twice.field().1, "/code");
    let path = format!("/items/{}", item.text("/id"));
    let changed = owner.patch(&path, &item.etag(), json!({"unit": "HUR", "taxes": []})).await.expect(200);
    assert_eq!((changed.text("/unit"), changed.at("/taxes")), ("HUR".into(), json!([])));
    owner.post(&format!("{path}/archive"), json!({})).await.expect(200);
    assert_eq!(owner.get("/items?archived=false").await.at("/items"), json!([]));
    owner.post(&format!("{path}/restore"), json!({})).await.expect(200);
    owner.delete(&path, "\"4\"").await.expect(204);
}

#[tokio::test]
async fn what_is_wrong_with_a_credit_note_is_told_at_its_place_in_the_body() {
    let app = App::ready().await;
    let owner = app.owner();
    let path = format!("/invoices/{}/credit-notes", owner.issued().await);
    let scope = json!({"kind": "full"});
    for (note, at) in [
        (
            json!({"scope": {"kind": "amount", "amount": "9999", "currency": "EUR"}, "reason": "b"}),
            "scope/amount",
        ),
        (
            json!({"scope": {"kind": "amount", "amount": "x", "currency": "EUR"}, "reason": "b"}),
            "scope/amount",
        ),
        (json!({"scope": {"kind": "lines", "lines": [{"line": "7"}]}, "reason": "b"}), "scope/lines/0/line"),
        (json!({"scope": scope, "reason": ""}), "reason"),
        (json!({"scope": scope, "reason": "b", "issue_date": "2026-02-01"}), "issue_date"),
        (json!({"scope": scope, "reason": "b", "issue_date": "today"}), "issue_date"),
        (json!({"scope": scope, "reason": "b", "series": "ser_7"}), "series"),
        (json!({"scope": scope, "reason": "b", "series": "ser_0000000000000000000000000000ffff"}), "series"),
    ] {
        for is_draft in [false, true] {
            // A draft is held against its invoice's dates when it is issued.
            if is_draft && note["issue_date"] == "2026-02-01" {
                continue;
            }
            let refused = owner.post(&path, json!({"credit_note": note, "draft": is_draft})).await;
            let (_, pointer, _) = refused.refused(422, "invalid").field();
            assert_eq!(pointer, format!("/credit_note/{at}"), "{note} as a draft: {is_draft}");
        }
    }
}
