//! What an operator has done to all teams.

use invoice_store_sqlite::rusqlite::Connection;
use serde_json::json;

use crate::place::Place;
use crate::support::{printed, said};
use crate::team::{customer, issued, lamps, program_of_a_new_team};

#[test]
fn what_became_overdue_while_nobody_served_is_announced_at_the_start() {
    let place = Place::sqlite();
    let mut server = place.start(&[]);
    let token = program_of_a_new_team(&place, &server);
    let mut shop = server.client().bearing(&token);
    let mut old = lamps(&customer(&mut shop, "Sperl KG"));
    for (name, value) in [("number", "OLD-7"), ("issue_date", "2025-11-30"), ("payable", "119.00")] {
        old[name] = json!(value);
    }
    let id = shop.post("/invoices/import", &old).text("/id");
    assert!(server.stop().success());

    let server = place.start(&["--actor-limit", "1000000/1"]);
    let mut shop = server.client().bearing(&token);
    let audit = format!("/invoices/{id}/audit");
    let start = std::time::Instant::now();
    while shop.get(&audit).text("/items/0/actions/0") != "invoice.overdue" {
        assert!(start.elapsed().as_secs() < 30, "nobody looked");
    }
}

#[test]
fn all_teams_are_verified_and_a_changed_past_is_found() {
    let place = Place::sqlite();
    let mut server = place.start(&[]);
    let token = program_of_a_new_team(&place, &server);
    let mut shop = server.client().bearing(&token);
    let client = customer(&mut shop, "Sperl KG");
    issued(&mut shop, &client);
    assert!(server.stop().success());
    let another = ["user", "create", "--email", "grace@example.org", "--team", "Looms"];
    assert!(place.errand(&another, crate::team::PASSWORD).status.success());

    let whole = place.errand(&["verify"], "");
    assert!(whole.status.success(), "{}", said(&whole));
    assert_eq!(printed(&whole).matches("team_").count(), 2, "{}", said(&whole));
    let file = Connection::open(place.folder.path().join("invoices.db")).unwrap();
    file.execute("UPDATE versions SET data = replace(data, 'Lamp', 'Lump')", []).unwrap();
    drop(file);
    let broken = place.errand(&["verify"], "");
    assert_eq!(broken.status.code(), Some(1), "{}", said(&broken));
    assert!(
        printed(&broken).contains("BROKEN after 1 document(s): INV-00001 is not what was issued"),
        "{}",
        said(&broken)
    );
}
