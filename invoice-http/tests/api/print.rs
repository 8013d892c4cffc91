//! The printed page, as a customer reads it.

use serde_json::{Value, json};

use crate::support::{App, invoice};

/// What stands on a page: each row, paragraph and fact on a line of its own, with its cells set apart.
fn read(page: &str) -> Vec<String> {
    let mut text = String::new();
    for part in page.split('<').skip(1) {
        let (tag, words) = part.split_once('>').unwrap();
        match tag.split(' ').next().unwrap() {
            "/tr" | "/p" | "/dd" | "/h1" | "/h2" | "/title" | "/style" => text.push('\n'),
            "/td" | "/th" | "/dt" => text.push_str(" | "),
            "div" | "br" => text.push_str(" / "),
            _ => {}
        }
        text.push_str(words);
    }
    let text = text.replace("&#39;", "'");
    text.lines().map(|line| line.trim_matches([' ', '|', '/']).to_owned()).collect()
}

/// An invoice as it is read in a language, once issued.
async fn issued(app: &App, language: &str, change: impl FnOnce(&mut Value)) -> Vec<String> {
    let owner = app.owner();
    let mut body = invoice(&owner.client().await);
    change(&mut body);
    let id = owner.post("/invoices", body).await.expect(201).text("/id");
    owner.post(&format!("/invoices/{id}/publish"), json!({})).await.expect(200);
    let page = owner.get(&format!("/invoices/{id}/html?locale={language}")).await.expect(200);
    read(&page.text_of_body())
}

#[track_caller]
fn says(page: &[String], line: &str) {
    assert!(page.iter().any(|one| one == line), "no {line:?} in {page:#?}");
}

fn line(quantity: &str, unit: &str, price: &str, tax: &Value) -> Value {
    json!({"name": "Lamp", "quantity": quantity, "unit": unit, "price": price, "taxes": [tax]})
}

fn standard() -> Value {
    json!({"category": "S", "rate": "19"})
}

#[tokio::test]
async fn what_is_taken_off_a_line_stands_with_its_name_and_the_amounts_add_up() {
    let app = App::ready().await;
    let page = issued(&app, "de", |body| {
        body["lines"] = json!([line("4", "C62", "30.00", &standard()), line("1", "C62", "5", &standard())]);
        body["lines"][0]["allowances"] = json!([{"amount": "10.00", "reason": "Rabatt"}]);
        body["lines"][0]["charges"] = json!([{"amount": "2.50", "reason": "Verpackung"}]);
    });
    let page = page.await;
    let text = "Lamp / Rabatt: \u{2212}10,00 / Verpackung: 2,50 | 4 Stück | 30,00 | USt. 19\u{a0}% | 112,50";
    says(&page, text);
    says(&page, "Lamp | 1 Stück | 5,00 | USt. 19\u{a0}% | 5,00");
    says(&page, "Summe ohne Steuer | 117,50 EUR");
}

#[tokio::test]
async fn prices_keep_their_decimals_and_units_are_words() {
    let app = App::ready().await;
    let page = issued(&app, "de", |body| {
        body["lines"] = json!([
            line("1", "HUR", "1999.90", &standard()),
            line("3", "MON", "80.00", &standard()),
            line("1000", "KGM", "0.0125", &standard()),
            line("2", "BX", "7", &standard()),
        ]);
    });
    let page = page.await;
    says(&page, "Lamp | 1 Stunde | 1.999,90 | USt. 19\u{a0}% | 1.999,90");
    says(&page, "Lamp | 3 Monate | 80,00 | USt. 19\u{a0}% | 240,00");
    says(&page, "Lamp | 1.000 kg | 0,0125 | USt. 19\u{a0}% | 12,50");
    says(&page, "Lamp | 2 BX | 7,00 | USt. 19\u{a0}% | 14,00");
    let page =
        issued(&app, "fr", |body| body["lines"] = json!([line("1.5", "DAY", "80", &standard())])).await;
    says(&page, "Lamp | 1,5 jour | 80,00 | TVA 19\u{a0}% | 120,00");
    says(&page, "TVA 19\u{a0}% sur 120,00 | 22,80 EUR");
}

#[tokio::test]
async fn where_no_tax_is_charged_the_page_says_why_in_words() {
    let app = App::ready().await;
    let reverse = json!({"category": "AE", "rate": "0", "exemption_code": "VATEX-EU-AE"});
    let client = json!({"party": {
        "name": "Sperl", "vat_id": "ATU12345678",
        "address": {"lines": ["Gumpendorfer Straße 11"], "city": "Wien", "country": "AT"}
    }});
    let client = app.owner().post("/clients", client).await.expect(201).text("/id");
    let page = issued(&app, "de", |body| {
        body["client"] = json!(client);
        body["lines"] = json!([line("1", "HUR", "100", &reverse)]);
    });
    let page = page.await;
    let tax = "USt. 0\u{a0}% (Steuerschuldnerschaft des Leistungsempfängers)";
    says(&page, &format!("Lamp | 1 Stunde | 100,00 | {tax} | 100,00"));
    says(&page, &format!("{tax} auf 100,00 | 0,00 EUR"));
}

#[tokio::test]
async fn a_tax_the_buyer_keeps_back_is_taken_off_once_and_after_the_total() {
    let app = App::ready().await;
    let withheld = json!({"scheme": "IRPF", "rate": "15", "withheld": true});
    let page = issued(&app, "en", |body| body["lines"][0]["taxes"] = json!([standard(), withheld])).await;
    let start = page.iter().position(|line| line.starts_with("Total without tax")).unwrap();
    let sums = [
        "Total without tax | 100.00 EUR",
        "VAT 19% on 100.00 | 19.00 EUR",
        "Total with tax | 119.00 EUR",
        "Withheld: IRPF 15% on 100.00 | \u{2212}15.00 EUR",
        "To be paid | 104.00 EUR",
    ];
    assert_eq!(page[start..start + sums.len()], sums);
}

#[tokio::test]
async fn days_are_written_as_the_reader_writes_them() {
    let app = App::ready().await;
    for (language, label, day) in [
        ("en", "Due date", "16 Mar 2026"),
        ("de", "Fällig am", "16.03.2026"),
        ("fr", "Date d'échéance", "16/03/2026"),
    ] {
        says(&issued(&app, language, |_| {}).await, &format!("{label} | {day}"));
    }
    let page = issued(&app, "de", |body| {
        body["period"] = json!({"start": "2026-02-01", "end": "2026-02-28"});
    });
    says(&page.await, "Zeitraum | 01.02.2026 – 28.02.2026");
}

#[tokio::test]
async fn ways_to_pay_name_the_holder_of_the_account_and_without_any_there_is_no_heading() {
    let app = App::ready().await;
    for (language, heading, holder) in [
        ("en", "Payment", "Account holder"),
        ("de", "Zahlung", "Kontoinhaber"),
        ("fr", "Paiement", "Titulaire"),
    ] {
        let page = issued(&app, language, |_| {}).await;
        assert!(!page.iter().any(|line| line == heading), "{page:#?}");
        let page = issued(&app, language, |body| {
            body["instructions"] = json!([{
                "kind": "credit_transfer", "iban": "DE44500105175407324931", "account_name": "Muster GmbH"
            }]);
        });
        let page = page.await;
        says(&page, heading);
        says(&page, &format!("{holder} | Muster GmbH"));
    }
}
