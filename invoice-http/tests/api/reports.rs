//! Reports, the trail, and what goes out in bulk.

use axum::body::Body;
use serde_json::json;

use crate::support::{App, invoice};

#[tokio::test]
async fn the_reports_add_up() {
    let app = App::ready().await;
    let owner = app.owner();
    let id = owner.issued().await;
    let client = owner.get(&format!("/invoices/{id}")).await.text("/client");
    owner
        .post(&format!("/invoices/{id}/pay"), json!({"amount": "19.00", "currency": "EUR"}))
        .await
        .expect(201);

    let aging = owner.get("/reports/aging?as_of=2026-04-20").await.expect(200);
    assert_eq!(aging.text("/rows/0/days_31_to_60"), "100.00");
    assert_eq!(owner.get("/reports/aging").await.text("/as_of"), "2026-03-02");
    let taxes = owner.get("/reports/tax-summary?from=2026-03").await.expect(200);
    assert_eq!((taxes.text("/rows/0/taxable"), taxes.text("/rows/0/tax")), ("100.00".into(), "19.00".into()));
    let revenue = owner.get("/reports/revenue?from=2026-01&to=2026-12").await.expect(200);
    assert_eq!(revenue.text("/rows/0/invoiced"), "100.00");
    let statement = owner.get(&format!("/clients/{client}/statement?currency=EUR")).await.expect(200);
    assert_eq!(statement.text("/closing"), "100.00");
    assert_eq!(statement.text("/items/0/reference"), "INV-2026-00001");

    for (path, at) in [
        ("/reports/tax-summary", "/from"),
        ("/reports/tax-summary?from=March", "/from"),
        ("/reports/revenue?from=2026-03&to=2026-01", "/to"),
        ("/reports/aging?client=x", "/client"),
    ] {
        assert_eq!(owner.get(path).await.refused(400, "invalid_query").field().1, at, "{path}");
    }
    app.user("2-owner").get(&format!("/clients/{client}/statement?currency=EUR")).await.expect(404);
}

#[tokio::test]
async fn the_trail_tells_who_did_what_and_the_chains_are_whole() {
    let app = App::ready().await;
    let owner = app.owner();
    let id = owner.issued().await;
    owner.post(&format!("/invoices/{id}/void"), json!({"reason": "Wrong client"})).await.expect(200);
    let trail = owner.get(&format!("/invoices/{id}/audit?limit=2")).await.expect(200);
    assert_eq!(trail.at("/items/0/actions"), json!(["invoice.voided"]));
    assert_eq!(trail.text("/items/0/reason"), "Wrong client");
    assert_eq!(trail.text("/items/1/number"), "INV-2026-00001");
    let cursor = trail.text("/next_cursor");
    let rest = owner.get(&format!("/invoices/{id}/audit?limit=2&cursor={cursor}")).await.expect(200);
    assert_eq!(rest.at("/items/0/actions"), json!(["invoice.created"]));
    assert!(owner.get("/audit").await.at("/items").as_array().unwrap().len() > 5);
    app.user("2-owner").get(&format!("/invoices/{id}/audit")).await.refused(404, "not_found");

    let found = owner.get("/verify").await.expect(200);
    assert_eq!((found.at("/whole"), found.at("/counters/0/documents")), (json!(true), json!(1)));
}

#[tokio::test]
async fn what_is_done_in_bulk_has_a_result_for_each_and_is_done_once() {
    let app = App::ready().await;
    let owner = app.owner();
    let (first, second) = (owner.draft().await, owner.draft().await);
    let body = json!({"ids": [first, "inv_7", second, "inv_0000000000000000000000000000ffff"]});
    let keyed = owner.with("idempotency-key", "month-end");
    let done = keyed.post("/invoices/bulk/publish", body.clone()).await.expect(200);
    assert_eq!(done.text("/items/0/invoice/number"), "INV-2026-00001");
    assert_eq!(done.text("/items/1/problem/code"), "not_found");
    assert_eq!(done.text("/items/2/invoice/number"), "INV-2026-00002");
    assert_eq!(done.at("/items/3/problem"), done.at("/items/1/problem"));
    let again = keyed.post("/invoices/bulk/publish", body).await.expect(200);
    assert_eq!((again.bytes, again.headers), (done.bytes, done.headers));

    let sent = owner.post("/invoices/bulk/send", json!({"ids": [first]})).await.expect(200);
    assert_eq!(sent.text("/items/0/invoice/status"), "sent");
    let body = json!({"ids": [first, second], "reason": "Mistake"});
    let void = owner.post("/invoices/bulk/void", body).await.expect(200);
    assert_eq!(void.text("/items/0/problem/code"), "illegal_transition");
    assert_eq!(void.text("/items/1/invoice/status"), "void");

    for (body, at) in [
        (json!({"ids": []}), "/ids"),
        (json!({"ids": [first, first]}), "/ids/1"),
        (json!({"ids": vec!["x"; 101]}), "/ids"),
    ] {
        let refused = owner.post("/invoices/bulk/send", body).await.refused(422, "invalid");
        assert_eq!(refused.problem().1[0].0, at);
    }
    let refused = owner.post("/invoices/bulk/void", json!({"ids": [first]})).await.refused(422, "invalid");
    assert_eq!(refused.field().1, "/reason");
    let viewer = app.user("1-viewer").post("/invoices/bulk/send", json!({"ids": [first]})).await.expect(200);
    assert_eq!(viewer.text("/items/0/problem/code"), "forbidden");
}

#[tokio::test]
async fn documents_of_another_system_keep_their_numbers() {
    let app = App::ready().await;
    let owner = app.owner();
    let mut body = invoice(&owner.client().await);
    for (name, value) in
        [("number", "OLD-7"), ("issue_date", "2025-11-30"), ("payable", "119.00"), ("due_date", "2025-12-14")]
    {
        body[name] = json!(value);
    }
    let imported = owner.post("/invoices/import", body.clone()).await.expect(201);
    assert_eq!(imported.text("/number"), "OLD-7");
    assert_eq!(imported.header("location"), imported.text("/id"));
    let mut wrong = body.clone();
    wrong["payable"] = json!("118.00");
    wrong["number"] = json!("OLD-8");
    assert_eq!(owner.post("/invoices/import", wrong).await.refused(422, "invalid").field().1, "/payable");
    body["issue_date"] = json!(null);
    assert_eq!(owner.post("/invoices/import", body).await.refused(422, "invalid").field().1, "/issue_date");

    let note = json!({
        "number": "OLD-CN-1", "invoice": imported.text("/id"), "issue_date": "2025-12-30", "payable": "119.00",
        "currency": "EUR", "scope": {"kind": "full"}, "reason": "Returned"
    });
    assert_eq!(owner.post("/credit-notes/import", note).await.expect(201).text("/number"), "OLD-CN-1");
}

#[tokio::test]
async fn a_list_is_exported_as_a_table_without_formulas() {
    let app = App::ready().await;
    let owner = app.owner();
    let party =
        json!({"name": "=HYPERLINK(\"x\")", "address": {"lines": ["A 1"], "city": "Wien", "country": "AT"}});
    let client = owner.post("/clients", json!({"party": party})).await.expect(201).text("/id");
    for _ in 0..3 {
        let draft = owner.post("/invoices", invoice(&client)).await.expect(201).text("/id");
        owner.post(&format!("/invoices/{draft}/publish"), json!({})).await.expect(200);
    }
    let table = owner.get("/invoices/export?limit=1&direction=asc").await.expect(200);
    assert_eq!(table.header("content-type"), "text/csv; charset=utf-8; header=present");
    let text = String::from_utf8(table.bytes).unwrap();
    let rows: Vec<_> = text.split_terminator("\r\n").collect();
    assert_eq!(rows.len(), 4);
    assert!(rows[1].contains(",INV-2026-00001,") && rows[3].contains(",INV-2026-00003,"));
    assert!(rows[1].contains(",\"'=HYPERLINK(\"\"x\"\")\","), "{}", rows[1]);
    app.user("1-member").get("/invoices/export").await.refused(403, "forbidden");
    owner.get("/invoices/export?colour=red").await.refused(400, "invalid_query");
}

#[tokio::test]
async fn an_invoice_is_shown_as_a_page_that_needs_nothing_and_escapes_everything() {
    let app = App::ready().await;
    let owner = app.owner();
    let mut body = invoice(&owner.client().await);
    body["lines"][0]["name"] = json!("<script>alert(1)</script>");
    body["notes"] = json!([{"text": "\"Thanks\" & <b>bye</b>"}]);
    let draft = owner.post("/invoices", body).await.expect(201).text("/id");
    let page = owner.get(&format!("/invoices/{draft}/html?locale=de")).await.expect(200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
    let text = String::from_utf8(page.bytes).unwrap();
    assert!(text.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(text.contains("&quot;Thanks&quot; &amp; &lt;b&gt;bye&lt;/b&gt;"));
    assert!(!text.contains("<script") && !text.contains("<b>") && !text.contains("http"));
    assert!(text.contains("Entwurf") && text.contains("Kaffeehaus Sperl KG") && text.contains("119,00 EUR"));
    let page = owner.send("GET", &format!("/api/v1/invoices/{draft}/html"), Body::empty()).await.expect(200);
    assert!(String::from_utf8(page.bytes).unwrap().contains("Draft"));
    app.user("2-owner").get(&format!("/invoices/{draft}/html")).await.refused(404, "not_found");
}
