//! The commands that write a change.

use std::collections::{BTreeSet, HashMap, HashSet};

use invoice_core::identity::{IdentityChange, IdentityKey, IdentityRecord, IdentityWrite, User};
use invoice_core::ports::StoreError;
use invoice_core::{UserId, Version};
use invoice_store_common::identity::{Step, steps};
use mongodb::bson::raw::{RawArrayBuf, RawDocumentBuf, cstr};
use mongodb::bson::rawdoc;

use super::keys;
use super::values::{SearchKeys, number, of_commit, of_event, values};
use crate::layout::uuid;

/// What a look at the stored documents told.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// The search keys of those who are to be members and are not written themselves.
    pub(super) search_keys: HashMap<UserId, SearchKeys>,
    /// Whose search keys change.
    pub(super) renamed: HashSet<UserId>,
    /// Sessions and one-time tokens that go to another user.
    pub(super) moved: HashSet<IdentityKey>,
}

/// Statements of one command, each of which must match or write exactly one document.
#[derive(Debug, Default)]
pub(super) struct Statements {
    list: RawArrayBuf,
    count: u64,
}

impl Statements {
    pub(super) const fn count(&self) -> u64 {
        self.count
    }

    fn push(&mut self, statement: RawDocumentBuf) {
        self.list.push(statement);
        self.count += 1;
    }

    /// A document that must not be there.
    fn insert(&mut self, id: RawDocumentBuf, document: RawDocumentBuf) {
        let absent = rawdoc! { "_id": id, "kind": "never" };
        self.push(rawdoc! { "q": absent, "u": document, "upsert": true, "hint": "_id_" });
    }

    /// A document that must be there.
    fn update(&mut self, which: RawDocumentBuf, operators: RawDocumentBuf) {
        self.push(rawdoc! { "q": which, "u": operators, "hint": "_id_" });
    }

    /// The command that runs them: an `update` or a `delete`.
    pub(super) fn command(self, name: CommandName, collection: &str) -> RawDocumentBuf {
        let (name, list) = match name {
            CommandName::Update => (cstr!("update"), cstr!("updates")),
            CommandName::Delete => (cstr!("delete"), cstr!("deletes")),
        };
        let mut command = RawDocumentBuf::new();
        command.append(name, collection);
        command.append(list, self.list);
        command
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) enum CommandName {
    Update,
    Delete,
}

/// All that a change writes.
#[derive(Debug, Default)]
pub(super) struct Commands {
    pub(super) updates: Statements,
    pub(super) deletes: Statements,
    /// Statements that match as many documents as there are: new search keys of memberships.
    pub(super) renames: Statements,
    /// What goes with deleted teams and users; any number.
    pub(super) cascade: Statements,
    /// The deleted users, who must not be members any more.
    pub(super) deleted_users: Vec<UserId>,
}

/// The commands of a change. Without a look at what is stored they match only if nothing is special about it.
pub(super) fn commands(change: &IdentityChange, seen: Option<&Seen>) -> Result<Commands, StoreError> {
    let IdentityChange { id, writes, guards: _, audit } = change;
    let mut commands = Commands::default();
    commands.updates.insert(keys::commit(*id), of_commit(*id));
    let mut own = HashMap::new();
    for write in writes {
        if let IdentityWrite::Insert(IdentityRecord::User(user))
        | IdentityWrite::Update { record: IdentityRecord::User(user), .. } = write
        {
            own.insert(user.id(), user.search_keys());
        }
    }
    let keys_of = |record: &IdentityRecord| match record {
        IdentityRecord::Membership(member) => {
            let user = member.user();
            own.get(&user).or_else(|| seen?.search_keys.get(&user))
        }
        _ => None,
    };
    for step in steps(change) {
        match step {
            Step::Insert(record) => {
                let key = record.key();
                let document = values(record, keys_of(record))?.document(keys::id(&key), keys::kind(&key));
                commands.updates.insert(keys::id(&key), document);
            }
            Step::Update(record, expected) => commands.update(record, expected, seen)?,
            Step::Guard(key, expected) => {
                // A write, because a snapshot alone would let a concurrent one of the same record pass.
                let guarded = rawdoc! { "$set": { "guarded": uuid(id.as_uuid()) } };
                commands.updates.update(at(key, expected), guarded);
            }
            Step::Delete(key, expected) | Step::Claim(key, expected) => {
                let one = rawdoc! { "q": at(key, expected), "limit": 1, "hint": "_id_" };
                commands.deletes.push(one);
            }
            Step::Remove(key) => commands.remove(key),
        }
    }
    for key in referred(change, seen) {
        // Counted, so that a concurrent deletion can't miss it.
        commands.updates.update(rawdoc! { "_id": keys::id(&key) }, rawdoc! { "$inc": { "uses": 1_i64 } });
    }
    for event in audit {
        commands.updates.insert(keys::event(event.id()), of_event(event)?);
    }
    Ok(commands)
}

impl Commands {
    fn update(
        &mut self,
        record: &IdentityRecord,
        expected: Version,
        seen: Option<&Seen>,
    ) -> Result<(), StoreError> {
        let mut which = at(&record.key(), expected);
        match record {
            IdentityRecord::User(user) => {
                let keys = user.search_keys();
                match seen {
                    None => {
                        let [name, email] = &keys;
                        which.append(cstr!("name_search"), name.as_str());
                        which.append(cstr!("email_search"), email.as_str());
                    }
                    Some(seen) if seen.renamed.contains(&user.id()) => self.rename(user, &keys),
                    Some(_) => {}
                }
            }
            IdentityRecord::Session(session) if seen.is_none() => {
                which.append(cstr!("user_id"), uuid(session.user().as_uuid()));
            }
            IdentityRecord::OneTimeToken(token) if seen.is_none() => {
                which.append(cstr!("user_id"), uuid(token.user().as_uuid()));
            }
            _ => {}
        }
        self.updates.update(which, values(record, None)?.operators());
        Ok(())
    }

    /// Gives a user's search keys to the user's memberships.
    fn rename(&mut self, user: &User, [name, email]: &SearchKeys) {
        self.renames.push(rawdoc! {
            "q": { "kind": keys::MEMBERSHIP, "user_id": uuid(user.id().as_uuid()) },
            "u": { "$set": { "name_search": name.as_str(), "email_search": email.as_str() } },
            "multi": true,
            "hint": "membership_user",
        });
    }

    fn remove(&mut self, key: &IdentityKey) {
        let (of, owner, owned): (_, _, &[_]) = match key {
            IdentityKey::Team(team) => (
                cstr!("team_id"),
                team.as_uuid(),
                &[
                    (keys::MEMBERSHIP, "membership_team"),
                    (keys::INVITATION, "invitation_team"),
                    (keys::API_KEY, "api_key_team"),
                ],
            ),
            IdentityKey::User(user) => {
                self.deleted_users.push(*user);
                (
                    cstr!("user_id"),
                    user.as_uuid(),
                    &[(keys::SESSION, "session_user"), (keys::ONE_TIME_TOKEN, "one_time_token_user")],
                )
            }
            _ => return,
        };
        for (kind, index) in owned {
            let mut all = rawdoc! { "kind": *kind };
            all.append(of, uuid(owner));
            self.cascade.push(rawdoc! { "q": all, "limit": 0, "hint": *index });
        }
    }
}

/// A record at a version.
fn at(key: &IdentityKey, version: Version) -> RawDocumentBuf {
    rawdoc! { "_id": keys::id(key), "version": number(version) }
}

/// What the written records refer to and the change itself does not write.
pub(super) fn referred(change: &IdentityChange, seen: Option<&Seen>) -> BTreeSet<IdentityKey> {
    let mut referred = BTreeSet::new();
    for write in &change.writes {
        match write {
            IdentityWrite::Insert(record) => referred.extend(references(record)),
            IdentityWrite::Update { record, .. } => {
                if seen.is_some_and(|seen| seen.moved.contains(&record.key())) {
                    referred.extend(references(record));
                }
            }
            IdentityWrite::Delete { .. } => {}
        }
    }
    for write in &change.writes {
        referred.remove(&write.key());
    }
    for (key, _) in &change.guards {
        referred.remove(key);
    }
    referred
}

fn references(record: &IdentityRecord) -> Vec<IdentityKey> {
    match record {
        IdentityRecord::Membership(member) => {
            vec![IdentityKey::Team(member.team()), IdentityKey::User(member.user())]
        }
        IdentityRecord::Invitation(invitation) => vec![IdentityKey::Team(invitation.team())],
        IdentityRecord::ApiKey(key) => vec![IdentityKey::Team(key.team())],
        IdentityRecord::Session(session) => vec![IdentityKey::User(session.user())],
        IdentityRecord::OneTimeToken(token) => vec![IdentityKey::User(token.user())],
        IdentityRecord::User(_) | IdentityRecord::Team(_) | IdentityRecord::SigningKey(_) => Vec::new(),
    }
}

/// Whether a change can't be written without a look at what is stored.
pub(super) fn needs_a_look(change: &IdentityChange) -> bool {
    let writes_user = |id: UserId| {
        change.writes.iter().any(|write| match write {
            IdentityWrite::Insert(record) | IdentityWrite::Update { record, .. } => {
                record.key() == IdentityKey::User(id)
            }
            IdentityWrite::Delete { .. } => false,
        })
    };
    change.writes.iter().any(|write| match write {
        IdentityWrite::Insert(IdentityRecord::Membership(member)) => !writes_user(member.user()),
        IdentityWrite::Insert(_) | IdentityWrite::Update { .. } => false,
        IdentityWrite::Delete { key, .. } => matches!(key, IdentityKey::Team(_) | IdentityKey::User(_)),
    })
}
