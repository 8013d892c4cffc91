use serde_json::json;

use crate::support::{App, client, invoice};

#[tokio::test]
async fn a_draft_is_previewed_created_changed_and_deleted() {
    let app = App::ready().await;
    let owner = app.owner();
    let client = owner.client().await;
    let preview = owner.post("/invoices/preview", invoice(&client)).await.expect(200);
    assert_eq!(preview.text("/payable"), "119.00");
    assert_eq!(owner.get("/invoices").await.expect(200).at("/items"), json!([]));

    let draft = owner.post("/invoices", invoice(&client)).await.expect(201);
    assert_eq!(draft.text("/status"), "draft");
    assert_eq!(draft.text("/totals/lines/0/net"), "100.00");
    let path = format!("/invoices/{}", draft.text("/id"));
    let patch = json!({"allowances": [{"percent": "10", "reason": "Loyalty"}], "metadata": {"order": "A-1"}});
    let changed = owner.patch(&path, &draft.etag(), patch).await.expect(200);
    assert_eq!(changed.text("/totals/payable"), "107.10");
    assert_eq!(changed.text("/metadata/order"), "A-1");
    owner.delete(&path, &changed.etag()).await.expect(204);
    owner.get(&path).await.refused(404, "not_found");
}

#[tokio::test]
async fn an_invoice_is_created_and_published_in_one_step_or_not_at_all() {
    let app = App::ready().await;
    let owner = app.owner();
    let client = owner.client().await;
    let issued = owner.post("/invoices/publish", invoice(&client)).await.expect(201);
    assert_eq!(
        (issued.text("/number"), issued.text("/status")),
        ("INV-2026-00001".to_owned(), "issued".to_owned())
    );
    assert_eq!(issued.header("location"), issued.text("/id"));

    // What only an issue asks for.
    let mut late = invoice(&client);
    late["issue_date"] = json!("2027-01-01");
    owner.post("/invoices/publish", late).await.refused(422, "invalid");
    assert_eq!(owner.get("/invoices").await.expect(200).at("/items").as_array().map(Vec::len), Some(1));
    let next = owner.post("/invoices/publish", invoice(&client)).await.expect(201);
    assert_eq!(next.text("/number"), "INV-2026-00002");
}

#[tokio::test]
async fn an_invoice_is_published_sent_and_shown_as_overdue_by_the_teams_calendar() {
    let app = App::ready().await;
    let owner = app.owner();
    let id = owner.draft().await;
    let path = format!("/invoices/{id}");
    let issued = owner.post(&format!("{path}/publish"), json!({})).await.expect(200);
    assert_eq!(issued.text("/number"), "INV-2026-00001");
    assert_eq!(issued.text("/due_date"), "2026-03-16");
    assert_eq!(issued.text("/issued/supplier/name"), "Muster GmbH");
    let sent = owner.post(&format!("{path}/send"), json!({})).await.expect(200);
    assert_eq!((sent.text("/status"), sent.at("/sent/count")), ("sent".to_owned(), json!(1)));

    // 2026-03-16T22:30Z is still the 16th in Berlin, 2026-03-16T23:30Z is the 17th.
    let at = |text: &str| serde_json::from_value(json!(text)).unwrap();
    app.clock.set(at("2026-03-16T22:30:00Z"));
    assert_eq!(owner.get(&path).await.text("/status"), "sent");
    assert_eq!(owner.get("/invoices").await.text("/items/0/status"), "sent");
    app.clock.set(at("2026-03-16T23:30:00Z"));
    assert_eq!(owner.get(&path).await.text("/status"), "overdue");
    assert_eq!(owner.get("/invoices").await.text("/items/0/status"), "overdue");
    assert_eq!(owner.get(&format!("{path}?as_of=2026-03-16")).await.text("/status"), "sent");
}

#[tokio::test]
async fn an_issued_invoice_keeps_all_but_its_notes_and_metadata() {
    let app = App::ready().await;
    let owner = app.owner();
    let path = format!("/invoices/{}", owner.issued().await);
    let patch = json!({"internal_notes": "Call them", "metadata": {"crm": "7"}});
    let changed = owner.patch(&path, "\"2\"", patch).await.expect(200);
    assert_eq!(changed.text("/internal_notes"), "Call them");
    owner.patch(&path, "\"3\"", json!({"currency": "USD"})).await.refused(409, "illegal_transition");
    owner.delete(&path, "\"3\"").await.refused(409, "illegal_transition");
}

#[tokio::test]
async fn an_empty_patch_is_only_for_who_may_change_the_notes() {
    let app = App::ready().await;
    let (owner, member) = (app.owner(), app.user("1-member"));
    let path = format!("/invoices/{}", member.draft().await);
    let draft = member.patch(&path, "\"1\"", json!({})).await.expect(200);
    assert_eq!((draft.etag(), draft.text("/status")), ("\"1\"".into(), "draft".into()));
    owner.post(&format!("{path}/publish"), json!({})).await.expect(200);
    for patch in [json!({}), json!({"internal_notes": "Call them"})] {
        member.patch(&path, "\"2\"", patch).await.refused(403, "forbidden");
    }
    assert_eq!(owner.patch(&path, "\"2\"", json!({})).await.expect(200).etag(), "\"2\"");
}

#[tokio::test]
async fn an_undelivered_invoice_is_voided_and_a_delivered_one_is_not() {
    let app = App::ready().await;
    let owner = app.owner();
    let path = format!("/invoices/{}", owner.issued().await);
    let void = owner.post(&format!("{path}/void"), json!({"reason": "Wrong client"})).await.expect(200);
    assert_eq!(void.text("/status"), "void");
    let path = format!("/invoices/{}", owner.issued().await);
    owner.post(&format!("{path}/send"), json!({})).await.expect(200);
    let refused = owner.post(&format!("{path}/void"), json!({"reason": "Wrong client"})).await;
    let refused = refused.refused(409, "illegal_transition");
    assert_eq!(refused.text("/detail"), "can't void while sent: it was delivered");
}

#[tokio::test]
async fn marks_come_and_go_and_a_revision_starts_as_a_draft() {
    let app = App::ready().await;
    let owner = app.owner();
    let path = format!("/invoices/{}", owner.issued().await);
    let mark = format!("{path}/uncollectible");
    owner.put(&mark, json!({})).await.refused(428, "precondition_required");
    let marked = owner.with("if-match", "\"2\"").put(&mark, json!({})).await.expect(200);
    assert_eq!(marked.text("/status"), "uncollectible");
    let unmarked = owner.delete(&mark, &marked.etag()).await.expect(200);
    assert_eq!(unmarked.at("/uncollectible"), json!(false));
    let draft = owner.post(&format!("{path}/revise"), json!({})).await.expect(201);
    assert_eq!(draft.header("location"), format!("../{}", draft.text("/id")));
    assert_eq!(path, format!("/invoices/{}", draft.text("/replaces")));
}

#[tokio::test]
async fn publishing_names_every_field_the_law_asks_for() {
    let app = App::ready().await;
    let owner = app.owner();
    let client = owner.post("/clients", json!({"party": {"name": "Nowhere"}})).await.expect(201).text("/id");
    let draft = owner.post("/invoices", invoice(&client)).await.expect(201).text("/id");
    let refused = owner.post(&format!("/invoices/{draft}/publish"), json!({})).await.refused(422, "invalid");
    assert_eq!(refused.field().2, "required");
}

#[tokio::test]
async fn the_client_can_be_expanded_and_nothing_else() {
    let app = App::ready().await;
    let owner = app.owner();
    let path = format!("/invoices/{}", owner.draft().await);
    let expanded = owner.get(&format!("{path}?expand=client")).await.expect(200);
    assert_eq!(expanded.at("/client_record/party/name"), client()["party"]["name"]);
    assert!(owner.get(&path).await.body().get("client_record").is_none());
    let refused = owner.get(&format!("{path}?expand=payments")).await.refused(400, "invalid_query");
    assert_eq!(refused.field().1, "/expand");
}

#[tokio::test]
async fn a_list_answers_filters_by_its_own_key_and_refuses_other_combinations() {
    let app = App::ready().await;
    let owner = app.owner();
    owner.issued().await;
    owner.draft().await;
    for (query, count) in [
        ("status=draft", 1),
        ("status=issued&currency=EUR", 1),
        ("number_prefix=INV-2026", 1),
        ("issued_from=2026-03-02&issued_to=2026-03-02", 1),
        ("issued_from=2026-03-03", 0),
        ("amount_from=119.00&amount_to=119.00&currency=EUR", 2),
        ("customer_prefix=kaffee&direction=asc", 2),
        ("overdue_as_of=2026-04-01", 1),
        ("sort=due_date", 1),
    ] {
        let found = owner.get(&format!("/invoices?{query}")).await.expect(200);
        assert_eq!(found.at("/items").as_array().unwrap().len(), count, "{query}");
    }
    for (query, at) in [
        ("status=overdue", "/status"),
        ("status=nonsense", "/status"),
        ("sort=created&number_prefix=INV", "/number_prefix"),
        ("amount_from=1", "/currency"),
        ("issued_from=yesterday", "/issued_from"),
        ("client=cli_7", "/client"),
        ("cursor=nonsense", "/cursor"),
        ("limit=0", "/limit"),
        ("limit=101", "/limit"),
        ("limit=ten", "/limit"),
        ("sort=sideways", "/sort"),
        ("colour=red", "/colour"),
        ("limit=1&limit=2", "/limit"),
    ] {
        let refused = owner.get(&format!("/invoices?{query}")).await.refused(400, "invalid_query");
        assert_eq!(refused.field().1, at, "{query}");
    }
}

/// Takes nothing for clients it has no address of; keeps what it delivered.
#[derive(Default)]
struct Letters(std::sync::Mutex<Vec<String>>);

#[async_trait::async_trait]
impl invoice_http::Delivery for Letters {
    fn check(&self, invoice: &invoice_core::Invoice) -> Result<(), invoice_core::Violations> {
        if invoice.content().language().is_some() {
            return Ok(());
        }
        let detail = "letters need a language";
        Err(invoice_core::Violation::new("/language", invoice_core::Code::Required, detail).into())
    }

    async fn deliver(
        &self,
        _event: &invoice_core::Event,
        parcel: &invoice_http::Parcel,
    ) -> Result<(), invoice_core::service::NotReceived> {
        assert!(parcel.page().contains("Rechnung INV-2026-00001"));
        self.0.lock().unwrap().push(parcel.invoice().id().to_string());
        Ok(())
    }
}

#[tokio::test]
async fn a_send_is_checked_recorded_and_delivered_once_from_the_outbox() {
    use std::sync::Arc;

    use invoice_core::service::{Patience, Relay};

    let letters = Arc::new(Letters::default());
    let mut billing = None;
    let app = App::with(|state| {
        billing = Some(state.billing().clone());
        state.with_delivery(letters.clone())
    });
    let owner = app.owner();
    owner.set_up().await;
    let refused = owner.post(&format!("/invoices/{}/send", owner.draft().await), json!({})).await;
    refused.refused(409, "illegal_transition");
    let mut body = invoice(&owner.client().await);
    body["language"] = json!("de-AT");
    let id = owner.post("/invoices", body).await.expect(201).text("/id");
    owner.post(&format!("/invoices/{id}/publish"), json!({})).await.expect(200);
    let keyed = owner.with("idempotency-key", "send-1");
    keyed.post(&format!("/invoices/{id}/send"), json!({})).await.expect(200);
    keyed.post(&format!("/invoices/{id}/send"), json!({})).await.expect(200);

    let billing = billing.unwrap();
    let deliveries = invoice_http::Deliveries::new(billing.clone(), letters.clone());
    let relay = Relay::new(billing.ports().outbox.clone(), app.clock.clone(), Patience::default());
    while !relay.pass(&deliveries).await.unwrap().is_idle() {}
    assert_eq!(*letters.0.lock().unwrap(), [id]);

    let other = owner.issued().await;
    let refused = owner.post(&format!("/invoices/{other}/send"), json!({})).await.refused(422, "invalid");
    assert_eq!(refused.field().1, "/language");
    assert!(owner.get(&format!("/invoices/{other}")).await.at("/sent").is_null());
}
