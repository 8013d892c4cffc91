//! Identity: in which order a change is written, and where what is searched for lies.

use invoice_core::identity::{IdentityChange, IdentityKey, IdentityRecord, IdentityWrite};
use invoice_core::ports::Unique;
use invoice_core::{Timestamp, Version};
use uuid::Uuid;

/// One thing to do in the transaction of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// Writes a record that is not there.
    Insert(&'a IdentityRecord),
    /// Writes a record that is there at the expected version.
    Update(&'a IdentityRecord, Version),
    /// Deletes a record that is there at the expected version.
    Delete(&'a IdentityKey, Version),
    /// Makes sure that a record is and stays at the expected version.
    Guard(&'a IdentityKey, Version),
    /// Makes sure that a team or user is at the expected version and keeps everybody else away, until
    /// [`Step::Remove`].
    Claim(&'a IdentityKey, Version),
    /// Deletes a claimed team or user.
    Remove(&'a IdentityKey),
}

/// The steps of a change.
///
/// Records are taken in one order, by kind and key, whatever the order of the writes. So two changes that
/// share records don't wait for each other in a circle, and what is referred to is written first. Teams
/// and users, who are referred to, are claimed in that order too, but removed last: what still refers to
/// them then is not part of the change.
pub fn steps(change: &IdentityChange) -> Vec<Step<'_>> {
    let IdentityChange { id: _, writes, guards, audit: _ } = change;
    let mut steps: Vec<(IdentityKey, Step<'_>)> = Vec::with_capacity(writes.len() + guards.len());
    let mut removed = Vec::new();
    for write in writes {
        let step = match write {
            IdentityWrite::Insert(record) => Step::Insert(record),
            IdentityWrite::Update { expected, record } => Step::Update(record, *expected),
            IdentityWrite::Delete { key: key @ (IdentityKey::Team(_) | IdentityKey::User(_)), expected } => {
                removed.push(key);
                Step::Claim(key, *expected)
            }
            IdentityWrite::Delete { key, expected } => Step::Delete(key, *expected),
        };
        steps.push((write.key(), step));
    }
    steps.extend(guards.iter().map(|(key, expected)| (key.clone(), Step::Guard(key, *expected))));
    steps.sort_by(|(one, _), (other, _)| one.cmp(other));
    // Teams before users: the members of a team go with it, and then don't hold a user back.
    removed.sort_by(|one, other| other.cmp(one));
    steps.into_iter().map(|(_, step)| step).chain(removed.into_iter().map(Step::Remove)).collect()
}

/// What a record's key is called when it is taken already.
pub const fn unique_key(key: &IdentityKey) -> Unique {
    match key {
        IdentityKey::Membership(..) => Unique::Membership,
        IdentityKey::SigningKey(_) => Unique::KeyId,
        _ => Unique::Id,
    }
}

/// The least identifier of version 7 made at an instant or later.
pub fn first_made_at(instant: Timestamp) -> Uuid {
    Uuid::from_u128(u128::from(instant.as_millis().unsigned_abs()) << 80)
}

/// Where the texts end that begin with `prefix`, byte by byte: the least text after all of them.
///
/// No text comes after those that begin with the last of all characters; the answer is then one that comes
/// after all search keys.
pub fn prefix_end(prefix: &str) -> String {
    let mut characters: Vec<char> = prefix.chars().collect();
    while let Some(last) = characters.pop() {
        if let Some(next) = next_char(last) {
            characters.push(next);
            return characters.into_iter().collect();
        }
    }
    char::MAX.to_string().repeat(LONGER_THAN_A_KEY)
}

/// A name has 500 characters at most, and folding makes three of one at most.
const LONGER_THAN_A_KEY: usize = 1_501;

fn next_char(character: char) -> Option<char> {
    let next = u32::from(character) + 1;
    // Surrogates lie between U+D7FF and U+E000.
    char::from_u32(next).or_else(|| (next == 0xD800).then_some('\u{E000}'))
}

#[cfg(test)]
mod tests {
    use invoice_core::testing::IdentityFixtures;
    use invoice_core::{CommitId, Role};

    use super::*;

    #[test]
    fn records_are_taken_by_kind_and_key_and_owners_removed_last() {
        let make = IdentityFixtures::new();
        let (ada, grace, team) = (make.user("Ada"), make.user("Grace"), make.team("Engines"));
        let place = make.membership(team.id(), ada.id(), Role::Owner);
        let session = make.session(grace.id());
        let change = IdentityChange::new(CommitId::from_uuid(make.uuid()))
            .insert(session.clone())
            .delete(ada.clone())
            .delete(place.clone())
            .update(team.clone())
            .guard(grace.clone());
        let (ada, grace, place) = (
            IdentityRecord::from(ada).key(),
            IdentityRecord::from(grace).key(),
            IdentityRecord::from(place).key(),
        );
        let IdentityWrite::Update { record, expected } = IdentityWrite::update(team) else { unreachable!() };
        assert_eq!(
            steps(&change),
            [
                Step::Claim(&ada, Version::FIRST),
                Step::Guard(&grace, Version::FIRST),
                Step::Update(&record, expected),
                Step::Delete(&place, Version::FIRST),
                Step::Insert(&session.into()),
                Step::Remove(&ada),
            ]
        );
    }

    #[test]
    fn a_team_is_removed_before_its_members() {
        let make = IdentityFixtures::new();
        let (user, team) = (make.user("Ada"), make.team("Engines"));
        let change = make.change().delete(user.clone()).delete(team.clone());
        let removed: Vec<_> =
            steps(&change).into_iter().filter(|step| matches!(step, Step::Remove(_))).collect();
        let (user, team) = (IdentityKey::User(user.id()), IdentityKey::Team(team.id()));
        assert_eq!(removed, [Step::Remove(&team), Step::Remove(&user)]);
    }

    #[test]
    fn identifiers_made_before_an_instant_lie_before_its_first() {
        let make = IdentityFixtures::new();
        let (first, made) = (first_made_at(make.now()), make.uuid());
        assert!(first <= made && made < first_made_at(make.now().plus_millis(1)));
    }

    #[test]
    fn a_prefix_ends_where_the_next_text_begins() {
        assert_eq!(prefix_end("ad"), "ae");
        assert_eq!(prefix_end("a\u{10FFFF}"), "b");
        assert_eq!(prefix_end("\u{D7FF}"), "\u{E000}");
        assert_eq!(prefix_end("\u{7F}"), "\u{80}");
        assert!(prefix_end("\u{10FFFF}") > "\u{10FFFF}".repeat(1_500));
        for (inside, outside) in [("ad\u{10FFFF}z", "ae"), ("ad", "ac\u{10FFFF}")] {
            let end = prefix_end("ad");
            assert!(("ad"..end.as_str()).contains(&inside), "{inside} begins so");
            assert!(!("ad"..end.as_str()).contains(&outside), "{outside} does not");
        }
    }
}
