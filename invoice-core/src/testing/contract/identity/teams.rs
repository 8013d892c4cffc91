//! Teams see their own records only.

use super::world::{World, all, rows};
use crate::identity::{IdentityKey, IdentityWrite, SearchPrefix, Team, User};
use crate::ports::identity::IdentityPorts;
use crate::testing::contract::{must, must_conflict};
use crate::{Role, Version};

fn starting(text: &str) -> SearchPrefix {
    SearchPrefix::new(text).unwrap_or_else(|error| panic!("a sound prefix: {error}"))
}

/// What belongs to another team is answered like what is not there.
pub async fn a_foreign_record_reads_like_an_absent_one(ports: &IdentityPorts) {
    let world = World::new(ports);
    let (mine, owner) = world.new_team("Engines", "Ada").await;
    let (other, stranger) = world.new_team("Looms", "Grace").await;
    let invitation = world.insert(world.invitation(mine.id(), owner.id(), "Guest")).await;
    let key = world.insert(world.api_key(mine.id(), owner.id())).await;
    let found = must(ports.teams.invitation(other.id(), invitation.id()).await, "an invitation is read");
    assert_eq!(found, None, "another team's invitation is absent");
    let found = must(ports.api_keys.api_key(other.id(), key.id()).await, "a key is read");
    assert_eq!(found, None, "another team's API key is absent");
    assert_eq!(world.role(other.id(), owner.id()).await, None, "another team's member is absent");
    assert_eq!(world.role(mine.id(), stranger.id()).await, None, "and the other way round");
    let at = world.now().plus_millis(5_000);
    must(ports.api_keys.touch_api_key(other.id(), key.id(), at).await, "touching a foreign key is no error");
    let found = must(ports.api_keys.api_key(mine.id(), key.id()).await, "a key is read");
    assert_eq!(found, Some(key), "a key is not touched through another team");
}

/// What belongs to another team can't be deleted through one's own.
pub async fn a_foreign_record_is_written_like_an_absent_one(ports: &IdentityPorts) {
    let world = World::new(ports);
    let (mine, owner) = world.new_team("Engines", "Ada").await;
    let (other, _) = world.new_team("Looms", "Grace").await;
    let invitation = world.insert(world.invitation(mine.id(), owner.id(), "Guest")).await;
    let key = world.insert(world.api_key(mine.id(), owner.id())).await;
    let foreign =
        [IdentityKey::Invitation(other.id(), invitation.id()), IdentityKey::ApiKey(other.id(), key.id())];
    for key in foreign {
        let mut change = world.change();
        change.writes.push(IdentityWrite::Delete { key: key.clone(), expected: Version::FIRST });
        let answer = world.try_commit(change).await;
        must_conflict(answer, Version::FIRST, None, "a foreign record is deleted like an absent one");
        let mut change = world.change();
        change.guards.push((key, Version::FIRST));
        let answer = world.try_commit(change).await;
        must_conflict(answer, Version::FIRST, None, "a foreign record is guarded like an absent one");
    }
    assert_eq!(world.stored_invitation(&invitation).await, invitation, "the invitation stays");
    let found = must(ports.api_keys.api_key(mine.id(), key.id()).await, "a key is read");
    assert_eq!(found, Some(key), "the key stays");
}

/// Lists of members, invitations and API keys hold the team's own.
pub async fn lists_hold_the_own_teams_records_only(ports: &IdentityPorts) {
    let world = World::new(ports);
    let (mine, owner) = world.new_team("Engines", "Ada").await;
    let (other, stranger) = world.new_team("Looms", "Grace").await;
    for (team, user) in [(&mine, &owner), (&other, &stranger)] {
        let invitation = world.insert(world.invitation(team.id(), user.id(), "Guest")).await;
        let key = world.insert(world.api_key(team.id(), user.id())).await;
        let members = rows(ports.teams.members(team.id(), None, &all()).await);
        let members: Vec<_> = members.iter().map(|it| (it.membership.user(), it.email.as_str())).collect();
        assert_eq!(members, [(user.id(), user.email().shown())], "members are the team's own");
        let invitations = rows(ports.teams.invitations(team.id(), &all()).await);
        assert_eq!(invitations, [invitation], "invitations are the team's own");
        let keys = rows(ports.api_keys.api_keys(team.id(), &all()).await);
        assert_eq!(keys, [key], "API keys are the team's own");
    }
}

/// A member's name, address, and whether that is verified and the account in use are those of the account as it is now.
pub async fn a_member_is_listed_as_their_account_is_now(ports: &IdentityPorts) {
    let world = World::new(ports);
    let (team, owner) = world.new_team("Engines", "Ada").await;
    let (verified, disabled) = (world.now(), world.now().plus_millis(1));
    for (verified, disabled) in [(Some(verified), Some(disabled)), (None, None), (Some(disabled), None)] {
        let user = world.stored_user(owner.id()).await;
        let user = user.with_email(world.email("Countess"), verified).with_disabled_at(disabled);
        world.update(renamed(user, "Ada L.")).await;
        for prefix in [None, Some(starting("ada"))] {
            let found = rows(ports.teams.members(team.id(), prefix, &all()).await);
            let found: Vec<_> = found.iter().map(|it| (&*it.name, it.verified_at, it.disabled_at)).collect();
            assert_eq!(found, [("Ada L.", verified, disabled)], "a member is as their account is");
        }
    }
}

/// A user's teams are the ones they are in, with their own role in each.
pub async fn a_user_sees_their_own_teams_only(ports: &IdentityPorts) {
    let world = World::new(ports);
    let (engines, ada) = world.new_team("Engines", "Ada").await;
    let (looms, grace) = world.new_team("Looms", "Grace").await;
    world.join(looms.id(), ada.id(), Role::Viewer).await;
    let seen = |teams: Vec<crate::identity::UserTeam>| -> Vec<_> {
        teams.into_iter().map(|it| (it.team.id(), it.membership.user(), it.membership.role())).collect()
    };
    let teams = seen(rows(ports.teams.teams_of(ada.id(), &all()).await));
    let expected = [(engines.id(), ada.id(), Role::Owner), (looms.id(), ada.id(), Role::Viewer)];
    assert_eq!(teams, expected, "a user's teams come with the user's roles");
    let teams = seen(rows(ports.teams.teams_of(grace.id(), &all()).await));
    assert_eq!(teams, [(looms.id(), grace.id(), Role::Owner)], "others' teams are not listed");
}

/// The list of all teams has those of everybody, and of nobody, until they are deleted.
pub async fn all_teams_are_listed_whoever_is_in_them(ports: &IdentityPorts) {
    let world = World::new(ports);
    let listed = rows(ports.teams.all_teams(&all()).await);
    assert!(listed.is_empty(), "without a team there is none to list");
    let (engines, _) = world.new_team("Engines", "Ada").await;
    let (looms, _) = world.new_team("Looms", "Grace").await;
    let lonely = world.insert(world.team("Lonely")).await;
    let listed = rows(ports.teams.all_teams(&all()).await);
    assert_eq!(listed, [engines.clone(), looms.clone(), lonely.clone()], "all teams are listed");
    world.commit(world.change().delete(looms)).await;
    let listed: Vec<_> = rows(ports.teams.all_teams(&all()).await).iter().map(Team::id).collect();
    assert_eq!(listed, [engines.id(), lonely.id()], "a deleted team is not listed");
}

async fn found(world: &World<'_>, team: crate::TeamId, text: &str) -> Vec<String> {
    let found = rows(world.ports.teams.members(team, Some(starting(text)), &all()).await);
    found.into_iter().map(|member| member.name).collect()
}

fn renamed(user: User, name: &str) -> User {
    user.with_name(name).unwrap_or_else(|error| panic!("a sound name: {error}"))
}

/// A search matches the beginning of a name or an address, folded, and no pattern characters.
pub async fn a_search_finds_beginnings_whatever_their_case(ports: &IdentityPorts) {
    let world = World::new(ports);
    let (team, _) = world.new_team("Engines", "Ada").await;
    for (address, name) in [("countess", "Ádám Éva"), ("b.x", "Adele"), ("under_score", "100% Real")] {
        let user = world.insert(renamed(world.user(address), name)).await;
        world.join(team.id(), user.id(), Role::Member).await;
    }
    assert_eq!(found(&world, team.id(), "ad").await, ["Ada", "Adele"], "beginnings are found in any case");
    assert_eq!(found(&world, team.id(), "ÁDÁM é").await, ["Ádám Éva"], "letters beyond ASCII fold too");
    assert_eq!(found(&world, team.id(), "Countess@").await, ["Ádám Éva"], "addresses are found");
    assert_eq!(found(&world, team.id(), "under_").await, ["100% Real"], "an underscore is itself");
    assert_eq!(found(&world, team.id(), "100%").await, ["100% Real"], "a percent sign is itself");
    for nothing in ["a_a", "%", "_", "dele", "real", "example.org", "ada\\", "ad*", "^ad", "'"] {
        let names = found(&world, team.id(), nothing).await;
        assert!(names.is_empty(), "`{nothing}` begins no name, but found {names:?}");
    }
    let mut limited = must(
        ports.teams.members(team.id(), Some(starting("ad")), &super::world::first(1)).await,
        "a search is paged",
    );
    assert_eq!(limited.items.len(), 1, "a search keeps to its page");
    let next = limited.next.take().unwrap_or_else(|| panic!("a search has a next page"));
    let rest = rows(ports.teams.members(team.id(), Some(starting("ad")), &all().after(next)).await);
    assert_eq!(rest.len(), 1, "the next page of a search is still searched");
}

/// A search finds nobody who is not in the team.
pub async fn a_search_stays_in_its_team(ports: &IdentityPorts) {
    let world = World::new(ports);
    let (mine, owner) = world.new_team("Engines", "Ada").await;
    let (other, _) = world.new_team("Looms", "Adele").await;
    world.new_user("Adam").await;
    assert_eq!(found(&world, mine.id(), "ad").await, ["Ada"], "only the own team is searched");
    world.join(other.id(), owner.id(), Role::Viewer).await;
    assert_eq!(found(&world, mine.id(), "ad").await, ["Ada"], "whatever other teams a member is in");
    assert_eq!(found(&world, other.id(), "ada").await, ["Ada"], "members of several teams are in each");
}
