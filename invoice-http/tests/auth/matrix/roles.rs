//! Each role may what the matrix of the core says, and nothing else.

use invoice_core::{Permission, Role};

use super::operation::Operation;
use super::rows::May;
use super::side::{Person, Side};
use crate::support::App;

/// Whether a role may do it with something that the caller made, or that somebody else made.
fn allowed(may: May, role: Role, own: bool) -> bool {
    match may {
        May::Anybody | May::Anyone => true,
        May::Team(permission) => role.may(permission),
        May::Maker => role.may(if own { Permission::WriteOwn } else { Permission::WriteAll }),
    }
}

/// Tries an operation once, on something new that `maker` made.
async fn attempt(operation: &Operation, side: &Side<'_>, caller: &Person<'_>, maker: &Person<'_>) {
    let row = operation.row;
    let thing = match row.about {
        Some(kind) => Some(side.make(kind, maker).await),
        None => None,
    };
    let path = operation.at(thing.as_ref().map_or(&[], |thing| &thing.ids));
    let etag = operation.etag(side, caller, thing.as_ref()).await;
    let body = operation.filled(side, caller, thing.as_ref(), "").await;
    let told = format!("{} by {} of {}'s", operation.name(), caller.role, maker.role);

    let anonymous = operation.ask(&side.app.anyone(), &path, &etag, body.as_deref()).await;
    if row.may != May::Anybody {
        anonymous.refused(401, "unauthenticated");
    }
    let allowed = allowed(row.may, caller.role, maker.user == caller.user);
    if operation.method == "PATCH" {
        let nothing = operation.ask(&caller.client, &path, &etag, Some("{}")).await;
        if allowed {
            assert_eq!(nothing.expect(200).etag(), etag, "{told}: a version for nothing");
        } else {
            nothing.refused(403, "forbidden");
        }
        let stale = operation.ask(&caller.client, &path, "\"4711\"", Some("{}")).await;
        stale.refused(412, "precondition_failed");
        assert_eq!(operation.etag(side, caller, thing.as_ref()).await, etag, "{told}");
    }
    let answer = operation.ask(&caller.client, &path, &etag, body.as_deref()).await;
    let text = answer.text_of_body().into_owned();
    let bulk = operation.path.contains("/bulk/");
    match (allowed, row.refused) {
        (true, Some(code)) => assert_eq!(answer.problem().0, code, "{told}: {text}"),
        (true, None) if bulk => assert!(answer.at("/items/0/problem").is_null(), "{told}: {text}"),
        (true, None) => assert!(answer.status.is_success(), "{told}: {text}"),
        (false, _) if bulk => assert_eq!(answer.text("/items/0/problem/code"), "forbidden", "{told}: {text}"),
        (false, _) => {
            assert_eq!(answer.status, 403, "{told}: {text}");
            assert_eq!(answer.problem().0, "forbidden", "{told}: {text}");
        }
    }
}

#[tokio::test]
async fn each_role_may_what_the_matrix_says_and_anonymous_callers_nothing() {
    everybody(&App::new().await).await;
    everybody(&App::on_sqlite().await).await;
}

async fn everybody(app: &App) {
    let shared = Side::new(app, "ours").await;
    for operation in Operation::all() {
        for place in 0..Role::ALL.len() {
            let own = if operation.row.lasting {
                Some(Side::new(app, &format!("other{}", app.number())).await)
            } else {
                None
            };
            let side = own.as_ref().unwrap_or(&shared);
            let caller = &side.people[place];
            let personal = operation.row.may == May::Anyone && operation.row.about.is_some();
            if !personal {
                attempt(&operation, side, caller, &side.founder).await;
            }
            let makes = operation.row.may == May::Maker && caller.role.may(Permission::WriteOwn);
            if personal || makes {
                attempt(&operation, side, caller, caller).await;
            }
        }
    }
}
