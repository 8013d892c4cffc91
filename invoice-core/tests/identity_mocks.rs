//! The identity port's mocks: a test can assert on the very change that would be written.

use std::sync::Arc;

use invoice_core::identity::{IdentityReceipt, IdentityRecord, IdentityWrite};
use invoice_core::ports::StoreError;
use invoice_core::ports::identity::{IdentityCommits, MockIdentityCommits, MockUsers, Users};
use invoice_core::testing::{IdentityFixtures, run};

/// What a use case does, in short: load, decide, commit.
async fn log_out_everywhere(
    users: &dyn Users,
    commits: &dyn IdentityCommits,
    make: &IdentityFixtures,
    email: &str,
) -> Result<(), StoreError> {
    let found = users.user_by_email(make.email(email).key()).await?;
    let user = found.ok_or(StoreError::NotFound)?;
    commits.commit_identity(make.change().update(user.with_next_uv())).await?;
    Ok(())
}

#[test]
fn a_mocked_store_shows_the_change_it_was_given() {
    let make = IdentityFixtures::new();
    let ada = make.user("Ada");
    let (mut users, mut commits) = (MockUsers::new(), MockIdentityCommits::new());
    users.expect_user_by_email().return_once(move |_| Ok(Some(ada)));
    commits.expect_commit_identity().times(1).returning(|change| {
        match change.writes.as_slice() {
            [IdentityWrite::Update { record: IdentityRecord::User(user), .. }] => assert_eq!(user.uv(), 2),
            other => panic!("one update of the user, not {other:?}"),
        }
        Ok(IdentityReceipt { id: change.id, replayed: false })
    });
    let (users, commits): (Arc<dyn Users>, Arc<dyn IdentityCommits>) = (Arc::new(users), Arc::new(commits));
    assert!(run(log_out_everywhere(&*users, &*commits, &make, "Ada")).is_ok());
}

#[test]
fn a_mocked_store_can_fail_on_purpose() {
    let make = IdentityFixtures::new();
    let (mut users, mut commits) = (MockUsers::new(), MockIdentityCommits::new());
    users.expect_user_by_email().returning(|_| Err(StoreError::Unavailable));
    commits.expect_commit_identity().never();
    let answer = run(log_out_everywhere(&users, &commits, &make, "Ada"));
    assert!(answer.is_err_and(|error| error.is_transient()));
}
