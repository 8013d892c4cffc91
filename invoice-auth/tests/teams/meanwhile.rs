//! Who is shut out while a request of theirs is under way: by a new password, by logging out everywhere, by the end of
//! the session, or by an operator.

use std::sync::Arc;

use invoice_auth::testing::settings;
use invoice_auth::{ApiKeyData, Auth, AuthError, Caller, OpaqueToken, ProfileChange, Rule};
use invoice_core::identity::{ApiKey, IdentityChange, Invitation, Membership, Team};
use invoice_core::ports::identity::IdentityPorts;
use invoice_core::{ApiKeyId, CommitId, InvitationId, Role, SessionId, TeamId, UserId, Version};
use uuid::Uuid;

use crate::common::stores::on_every_store;
use crate::common::watched::Overtaken;
use crate::common::{PASSWORD, World, address, all, client, is_invalid_mailed_token, is_out, secret};

on_every_store! {
    who_was_shut_out_before_leaves_nothing_behind
    who_is_shut_out_between_reading_and_writing_leaves_nothing_behind
    who_refreshes_or_renames_themselves_at_that_moment_is_not_held_up
    who_was_shut_out_decides_nothing_about_the_account
    somebody_elses_session_or_one_that_is_not_there_counts_for_nothing
    an_application_vouches_for_sessions_but_not_for_disabled_accounts
    nobody_comes_in_by_the_invitation_of_a_disabled_account
    a_team_is_not_handed_to_an_account_that_is_disabled_at_that_moment
}

/// Somebody with a team, who calls from one session and has another one.
struct Stage {
    world: World,
    caller: Caller,
    elsewhere: Caller,
    team: TeamId,
    bob: UserId,
    open: InvitationId,
    key: ApiKeyId,
    /// Into somebody else's team.
    invitation: OpaqueToken,
}

impl Stage {
    async fn on(ports: &IdentityPorts, name: &str) -> Self {
        let world = World::on(ports.clone()).await;
        let (bob, eve) = (format!("bob-{name}"), format!("eve-{name}"));
        let caller = world.caller(&world.person(name).await).await;
        let elsewhere = world.caller(&world.log_in(name, PASSWORD).await.unwrap()).await;
        let auth = &world.auth;
        let team = auth.create_team(&caller, "Engines").await.unwrap().id();
        let caller = caller.in_team(team, None);
        let bob = world.caller(&world.person(&bob).await).await;
        auth.invite(&caller, &address(&format!("bob-{name}")), Role::Member).await.unwrap();
        let token = world.mailed(&format!("bob-{name}")).await;
        auth.accept_invitation(&bob, &token).await.unwrap();
        let open = auth.invite(&caller, "open@example.org", Role::Viewer).await.unwrap().id();
        let key = auth.create_api_key(&caller, ApiKeyData::new("Key", Role::Viewer)).await.unwrap().key.id();
        let eve = world.caller(&world.person(&eve).await).await;
        let theirs = auth.create_team(&eve, "Looms").await.unwrap().id();
        auth.invite(&eve.in_team(theirs, None), &address(name), Role::Admin).await.unwrap();
        let invitation = world.mailed(name).await;
        Self { caller, elsewhere, team, bob: bob.user_id(), open, key, invitation, world }
    }

    /// Another process, of which one commit is overtaken.
    async fn overtaken(&self, by: impl Future<Output = ()> + Send + 'static) -> Auth {
        let ports = &self.world.ports;
        let commits = Arc::new(Overtaken::new(&ports.commits, 0, by));
        self.world.another(IdentityPorts { commits, ..ports.clone() }, settings()).await.auth
    }

    /// All that a use case could leave behind.
    async fn kept(&self) -> Kept {
        let ports = &self.world.ports;
        let members = ports.teams.members(self.team, None, &all()).await.unwrap().items;
        let mine = ports.teams.teams_of(self.caller.user_id(), &all()).await.unwrap().items;
        Kept {
            team: ports.teams.team(self.team).await.unwrap(),
            members: members.into_iter().map(|member| member.membership).collect(),
            invitations: ports.teams.invitations(self.team, &all()).await.unwrap().items,
            keys: ports.api_keys.api_keys(self.team, &all()).await.unwrap().items,
            mine: mine.into_iter().map(|mine| mine.membership).collect(),
        }
    }
}

#[derive(Debug, PartialEq)]
struct Kept {
    team: Option<Team>,
    members: Vec<Membership>,
    invitations: Vec<Invitation>,
    keys: Vec<ApiKey>,
    mine: Vec<Membership>,
}

#[derive(Debug, Clone, Copy)]
enum Way {
    NewPassword,
    OutEverywhere,
    /// As when the sessions are too many to end together.
    EpochAlone,
    SessionEnded,
    Disabled,
}

const WAYS: [Way; 5] =
    [Way::NewPassword, Way::OutEverywhere, Way::EpochAlone, Way::SessionEnded, Way::Disabled];

impl Way {
    /// Shuts the caller out.
    fn shut(self, stage: &Stage) -> impl Future<Output = ()> + Send + 'static {
        let (auth, caller, other) = (stage.world.auth.clone(), stage.caller.clone(), stage.elsewhere.clone());
        let ports = stage.world.ports.clone();
        async move {
            let done = match self {
                Self::NewPassword => {
                    let changed =
                        auth.change_password(&other, &secret(PASSWORD), &secret("hers alone")).await;
                    changed.map(drop)
                }
                Self::OutEverywhere => auth.log_out_everywhere(&other).await,
                Self::EpochAlone => {
                    let user = ports.users.user(caller.user_id()).await.unwrap().unwrap();
                    let change = IdentityChange::new(CommitId::from_uuid(Uuid::now_v7()));
                    let change = change.update(user.with_next_uv());
                    ports.commits.commit_identity(change).await.map(drop).map_err(AuthError::from)
                }
                Self::SessionEnded => auth.revoke_session(&other, caller.session_id().unwrap()).await,
                Self::Disabled => auth.disable_user(caller.user_id(), &client()).await,
            };
            done.unwrap();
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Deed {
    CreateApiKey,
    Invite,
    Accept,
    CreateTeam,
    Transfer,
    Rename,
    ChangeRole,
    Remove,
    RevokeInvitation,
    RevokeApiKey,
    Leave,
    Delete,
}

const DEEDS: [Deed; 12] = [
    Deed::CreateApiKey,
    Deed::Invite,
    Deed::Accept,
    Deed::CreateTeam,
    Deed::Transfer,
    Deed::Rename,
    Deed::ChangeRole,
    Deed::Remove,
    Deed::RevokeInvitation,
    Deed::RevokeApiKey,
    Deed::Leave,
    Deed::Delete,
];

impl Deed {
    async fn by(self, auth: &Auth, caller: &Caller, stage: &Stage) -> Result<(), AuthError> {
        let (bob, new) = (stage.bob, ApiKeyData::new("New", Role::Owner));
        let version = async || stage.kept().await.team.unwrap().version();
        match self {
            Self::CreateApiKey => auth.create_api_key(caller, new).await.map(drop),
            Self::Invite => auth.invite(caller, "accomplice@example.org", Role::Owner).await.map(drop),
            Self::Accept => auth.accept_invitation(caller, &stage.invitation).await.map(drop),
            Self::CreateTeam => auth.create_team(caller, "Mine").await.map(drop),
            Self::Transfer => auth.transfer_ownership(caller, bob).await,
            Self::Rename => auth.rename_team(caller, "Mine", version().await).await.map(drop),
            Self::ChangeRole => auth.change_role(caller, bob, Role::Owner, Version::FIRST).await.map(drop),
            Self::Remove => auth.remove_member(caller, bob, Version::FIRST).await,
            Self::RevokeInvitation => auth.revoke_invitation(caller, stage.open).await,
            Self::RevokeApiKey => auth.revoke_api_key(caller, stage.key).await,
            Self::Leave => auth.leave_team(caller).await,
            Self::Delete => auth.delete_team(caller, version().await).await,
        }
    }
}

async fn who_was_shut_out_before_leaves_nothing_behind(ports: IdentityPorts) {
    for way in WAYS {
        let stage = Stage::on(&ports, &format!("{way:?}")).await;
        let before = stage.kept().await;
        way.shut(&stage).await;
        for deed in DEEDS {
            let answer = deed.by(&stage.world.auth, &stage.caller, &stage).await;
            assert!(is_out(&answer), "{way:?}, {deed:?}: {answer:?}");
        }
        assert_eq!(stage.kept().await, before, "{way:?}");
    }
}

async fn who_is_shut_out_between_reading_and_writing_leaves_nothing_behind(ports: IdentityPorts) {
    for way in WAYS {
        for deed in DEEDS {
            let stage = Stage::on(&ports, &format!("{way:?}-{deed:?}")).await;
            if matches!(deed, Deed::Leave) {
                // So that somebody may.
                let auth = &stage.world.auth;
                auth.change_role(&stage.caller, stage.bob, Role::Owner, Version::FIRST).await.unwrap();
            }
            let before = stage.kept().await;
            let auth = stage.overtaken(way.shut(&stage)).await;
            let answer = deed.by(&auth, &stage.caller, &stage).await;
            assert!(is_out(&answer), "{way:?}, {deed:?}: {answer:?}");
            assert_eq!(stage.kept().await, before, "{way:?}, {deed:?}");
        }
    }
}

async fn who_refreshes_or_renames_themselves_at_that_moment_is_not_held_up(ports: IdentityPorts) {
    let stage = Stage::on(&ports, "ada").await;
    let tokens = stage.world.log_in("ada", PASSWORD).await.unwrap();
    let caller = stage.world.caller(&tokens).await.in_team(stage.team, None);
    let auth = stage.world.auth.clone();
    let refresh = async move { drop(auth.refresh(&tokens.refresh, &client()).await.unwrap()) };
    let late = stage.overtaken(refresh).await;
    late.create_api_key(&caller, ApiKeyData::new("One", Role::Viewer)).await.unwrap();

    let (auth, ada) = (stage.world.auth.clone(), caller.clone());
    let version = auth.profile(&ada).await.unwrap().version;
    let rename = async move {
        let change = ProfileChange { name: Some("Countess".to_owned()), ..ProfileChange::default() };
        auth.update_profile(&ada, change, version).await.unwrap();
    };
    let late = stage.overtaken(rename).await;
    late.create_api_key(&caller, ApiKeyData::new("Other", Role::Viewer)).await.unwrap();
    assert_eq!(stage.kept().await.keys.len(), 3);
}

async fn who_was_shut_out_decides_nothing_about_the_account(ports: IdentityPorts) {
    // With the password it began with, which is still the account's.
    for way in [Way::OutEverywhere, Way::EpochAlone, Way::SessionEnded, Way::Disabled] {
        let name = format!("{way:?}").to_lowercase();
        let stage = Stage::on(&ports, &name).await;
        way.shut(&stage).await;
        let (auth, caller, world) = (&stage.world.auth, &stage.caller, &stage.world);
        let before = world.user(caller.user_id()).await;
        let other = stage.elsewhere.session_id().unwrap();
        let was = world.session(other).await;
        let password = secret(PASSWORD);
        let answers = [
            auth.change_password(caller, &password, &secret("another one")).await.map(drop),
            auth.request_email_change(caller, &format!("new-{name}@example.org"), &password).await,
            auth.delete_account(caller, &password).await,
            auth.revoke_session(caller, other).await,
            auth.switch_team(caller, stage.team).await.map(drop),
            auth.log_out_everywhere(caller).await,
            auth.update_profile(caller, renamed(), before.version()).await.map(drop),
            auth.resend_verification(caller).await,
        ];
        assert!(answers.iter().all(is_out), "{way:?}: {answers:?}");
        assert_eq!(world.user(caller.user_id()).await, before, "{way:?}");
        assert_eq!(world.session(other).await, was, "{way:?}");
        assert!(world.mailer.last_to(&format!("new-{name}@example.org")).is_none());
    }
}

fn renamed() -> ProfileChange {
    ProfileChange { name: Some("Somebody else".to_owned()), locale: None }
}

async fn somebody_elses_session_or_one_that_is_not_there_counts_for_nothing(ports: IdentityPorts) {
    let stage = Stage::on(&ports, "ada").await;
    let before = stage.kept().await;
    let zoe = stage.world.person("zoe").await.session;
    for session in [zoe, SessionId::from_uuid(Uuid::from_u128(9))] {
        let caller = Caller::user(stage.caller.user_id()).in_team(stage.team, None).in_session(session);
        let answer = Deed::CreateApiKey.by(&stage.world.auth, &caller, &stage).await;
        assert!(is_out(&answer), "{answer:?}");
    }
    assert_eq!(stage.kept().await, before);
}

async fn an_application_vouches_for_sessions_but_not_for_disabled_accounts(ports: IdentityPorts) {
    let stage = Stage::on(&ports, "ada").await;
    let vouched = Caller::user(stage.caller.user_id()).in_team(stage.team, None);
    Way::NewPassword.shut(&stage).await;
    Deed::CreateApiKey.by(&stage.world.auth, &vouched, &stage).await.unwrap();
    let before = stage.kept().await;
    let late = stage.overtaken(Way::Disabled.shut(&stage)).await;
    let answer = Deed::CreateApiKey.by(&late, &vouched, &stage).await;
    assert!(is_out(&answer), "{answer:?}");
    for deed in DEEDS {
        let answer = deed.by(&stage.world.auth, &vouched, &stage).await;
        assert!(is_out(&answer), "{deed:?}: {answer:?}");
    }
    assert_eq!(stage.kept().await, before);
}

async fn nobody_comes_in_by_the_invitation_of_a_disabled_account(ports: IdentityPorts) {
    let stage = Stage::on(&ports, "ada").await;
    let (auth, world) = (&stage.world.auth, &stage.world);
    let zoe = world.caller(&world.person("zoe").await).await;
    auth.invite(&stage.caller, &address("zoe"), Role::Admin).await.unwrap();
    let token = world.mailed("zoe").await;
    let before = stage.kept().await;
    let late = stage.overtaken(Way::Disabled.shut(&stage)).await;
    assert!(is_invalid_mailed_token(&late.accept_invitation(&zoe, &token).await));
    assert!(is_invalid_mailed_token(&auth.accept_invitation(&zoe, &token).await));
    assert_eq!(stage.kept().await, before);
    // Nothing else was wrong with it.
    auth.enable_user(stage.caller.user_id(), &client()).await.unwrap();
    assert_eq!(auth.accept_invitation(&zoe, &token).await.unwrap().role(), Role::Admin);
}

async fn a_team_is_not_handed_to_an_account_that_is_disabled_at_that_moment(ports: IdentityPorts) {
    let stage = Stage::on(&ports, "ada").await;
    let (auth, bob) = (stage.world.auth.clone(), stage.bob);
    let disable = async move { auth.disable_user(bob, &client()).await.unwrap() };
    let before = stage.kept().await;
    let late = stage.overtaken(disable).await;
    let answer = late.transfer_ownership(&stage.caller, bob).await;
    assert!(matches!(answer, Err(AuthError::Rule(Rule::LastOwner))), "{answer:?}");
    assert_eq!(stage.kept().await, before);
}
