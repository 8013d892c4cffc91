//! How the server finds what is asked for.

use std::env;

use invoice_core::identity::{EmailKey, Fingerprint, IdentityKey, TokenPurpose};
use invoice_core::ports::identity::IdentityCommits as _;
use invoice_core::testing::IdentityFixtures;
use invoice_core::{Role, SessionId, Timestamp};
use mongodb::bson::{Bson, Document, doc};
use uuid::Uuid;

use super::queries::Query;
use super::{keys, purge, sessions, teams};
use crate::MongoStore;

async fn a_store() -> MongoStore {
    let uri = env::var("INVOICE_TEST_MONGO_URI")
        .unwrap_or_else(|_| panic!("INVOICE_TEST_MONGO_URI is not set: run `cargo xtask test`"));
    let store = MongoStore::connect(&uri, &format!("t_{}", Uuid::new_v4().simple())).await.unwrap();
    store.migrate().await.unwrap();
    store
}

async fn explain(store: &MongoStore, command: Document) -> String {
    let explained = store.database().run_command(doc! { "explain": command, "verbosity": "queryPlanner" });
    let explained = explained.await.unwrap();
    explained.to_string()
}

async fn plan(store: &MongoStore, query: Query) -> String {
    let Query { filter, index, sort, limit, .. } = query;
    let mut find = doc! { "find": "identity", "filter": filter, "sort": sort, "limit": limit };
    if let Some(index) = index {
        find.insert("hint", Bson::from(index));
    }
    explain(store, find).await
}

fn goes_by_index(plan: &str) -> bool {
    (plan.contains("IXSCAN") || plan.contains("IDHACK")) && !plan.contains("COLLSCAN")
}

#[tokio::test]
async fn nothing_is_found_by_reading_all_documents_and_lists_come_in_the_order_of_an_index() {
    let store = a_store().await;
    let (id, print) = (Uuid::from_u128(1), Fingerprint::new([1; 32]));
    let key = IdentityKey::Session(SessionId::from_uuid(id));
    let list = |kind, index, of| Query::newest(kind, index, (of, id), Uuid::max(), 51);
    let (of_team, of_user) = ("team_id", "user_id");
    let in_order = [
        Query::by_key(&key).unwrap(),
        Query::by_keys([key].into_iter()).unwrap(),
        Query::by_email(&EmailKey::new("a@b").unwrap()),
        Query::by_fingerprint(keys::INVITATION, "invitation_fingerprint", print),
        Query::by_fingerprint(keys::ONE_TIME_TOKEN, "one_time_token_fingerprint", print),
        Query::by_fingerprint(keys::API_KEY, "api_key_fingerprint", print),
        list(keys::API_KEY, "api_key_team", of_team),
        list(keys::INVITATION, "invitation_team", of_team),
        list(keys::SESSION, "session_user", of_user),
        list(keys::SECURITY_EVENT, "security_event_team", of_team),
        list(keys::SECURITY_EVENT, "security_event_user", of_user),
        Query::unused_tokens(id, TokenPurpose::ALL[0], Uuid::max(), 51),
        Query::all_teams(Uuid::nil(), 51),
        Query::teams_of(id, Uuid::nil(), 51),
        Query::members(id, Uuid::nil(), 51),
        Query::signing_keys(),
        Query::before(keys::SESSION, purge::SESSIONS, Timestamp::from_millis(1)),
        Query::before(keys::ONE_TIME_TOKEN, purge::TOKENS, Timestamp::from_millis(1)),
        Query::before(keys::COMMIT, purge::COMMITS, Timestamp::from_millis(1)),
    ];
    for query in in_order {
        let plan = plan(&store, query.clone()).await;
        assert!(goes_by_index(&plan) && !plan.contains("\"SORT\""), "{query:?}\n{plan}");
    }
    for by in [teams::BY_NAME, teams::BY_EMAIL] {
        let plan = plan(&store, Query::found(by, id, "ad", Uuid::nil(), 51)).await;
        assert!(goes_by_index(&plan), "{by:?}: only the few that are found are sorted\n{plan}");
    }
    let plan = plan(&store, Query::by_refresh(print)).await;
    let both = ["session_refresh", "session_previous_refresh"];
    assert!(goes_by_index(&plan) && both.into_iter().all(|index| plan.contains(index)), "{plan}");
}

#[tokio::test]
async fn a_check_of_a_session_finds_each_document_by_its_identifier() {
    let (store, make) = (a_store().await, IdentityFixtures::new());
    let (user, team) = (make.user("Ada"), make.team("Engines"));
    let (session, id) = (make.session(user.id()), team.id());
    let place = make.membership(id, user.id(), Role::Owner);
    let change = make.change().insert(user.clone()).insert(team).insert(place).insert(session.clone());
    store.commit_identity(change).await.unwrap();
    for n in 0..50 {
        store.commit_identity(make.change().insert(make.user(&format!("u{n}")))).await.unwrap();
    }
    let of_session = plan(&store, sessions::of_session(session.id()).unwrap()).await;
    assert!(of_session.contains("IDHACK"), "{of_session}");
    let Query { filter, index, .. } = sessions::of_user(user.id(), Some(id)).unwrap();
    let command = doc! { "find": "identity", "filter": filter, "hint": index.unwrap() };
    let explained = doc! { "explain": command, "verbosity": "executionStats" };
    let plan = store.database().run_command(explained).await.unwrap();
    assert!(goes_by_index(&plan.to_string()), "{plan}");
    let examined = plan.get_document("executionStats").unwrap().get_i32("totalDocsExamined").unwrap();
    assert_eq!(examined, 2, "{plan}");
}
