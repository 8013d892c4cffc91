use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

use invoice_core::{SessionId, TeamId, UserId};

use super::Notice;

/// How many changes are remembered before everything is forgotten instead.
const MOST: usize = 32_768;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Subject {
    Session(SessionId),
    User(UserId),
    Team(TeamId),
    Member(TeamId, UserId),
}

/// What was told to have changed, each with a number that grows; and what was read is older or newer than that.
///
/// So a read that began before a change was told is known for one whenever it ends, and what a change concerns
/// is found without going through all that is remembered.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    count: AtomicU64,
    kept: RwLock<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    /// Nothing read before this is known to be good.
    floor: u64,
    last: HashMap<Subject, u64>,
}

impl Changes {
    /// How many changes there were: to be asked before reading.
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::SeqCst)
    }

    pub(crate) fn note(&self, notice: &Notice) {
        let subject = match *notice {
            Notice::Session(session) => Some(Subject::Session(session)),
            Notice::User(user) => Some(Subject::User(user)),
            Notice::Member(team, user) => Some(Subject::Member(team, user)),
            Notice::Team(team) => Some(Subject::Team(team)),
            Notice::Everything => None,
            // The ring looks after itself, and API keys are remembered elsewhere.
            Notice::ApiKey(..) | Notice::Keys => return,
        };
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        // Counted while nobody compares, so that who sees the count sees what it counts.
        let number = self.count.fetch_add(1, Ordering::SeqCst).saturating_add(1);
        match subject {
            Some(subject) if kept.last.len() < MOST => drop(kept.last.insert(subject, number)),
            _ => *kept = Kept { floor: number, last: HashMap::new() },
        }
    }

    /// Whether nothing changed about a session or a key, as far as it has these, since the count was `since`.
    pub(crate) fn none_since(
        &self,
        since: u64,
        session: Option<SessionId>,
        user: Option<UserId>,
        team: Option<TeamId>,
    ) -> bool {
        if since == self.count() {
            return true;
        }
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        let member = user.zip(team).map(|(user, team)| Subject::Member(team, user));
        let subjects =
            [session.map(Subject::Session), user.map(Subject::User), team.map(Subject::Team), member];
        let is_older = |subject: &Subject| kept.last.get(subject).is_none_or(|last| *last <= since);
        kept.floor <= since && subjects.iter().flatten().all(is_older)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn session(number: u128) -> SessionId {
        SessionId::from_uuid(Uuid::from_u128(number))
    }

    fn user(number: u128) -> UserId {
        UserId::from_uuid(Uuid::from_u128(number))
    }

    fn team(number: u128) -> TeamId {
        TeamId::from_uuid(Uuid::from_u128(number))
    }

    fn is_good(changes: &Changes, since: u64) -> bool {
        changes.none_since(since, Some(session(1)), Some(user(1)), Some(team(1)))
    }

    #[test]
    fn a_change_concerns_what_was_read_before_it_only() {
        for notice in [
            Notice::Session(session(1)),
            Notice::User(user(1)),
            Notice::Team(team(1)),
            Notice::Member(team(1), user(1)),
            Notice::Everything,
        ] {
            let changes = Changes::default();
            let before = changes.count();
            changes.note(&notice);
            assert!(!is_good(&changes, before), "{notice:?}");
            assert!(is_good(&changes, changes.count()), "{notice:?}");
        }
    }

    #[test]
    fn a_change_of_somebody_else_concerns_nobody() {
        let changes = Changes::default();
        let before = changes.count();
        changes.note(&Notice::Session(session(2)));
        changes.note(&Notice::User(user(2)));
        changes.note(&Notice::Team(team(2)));
        changes.note(&Notice::Member(team(1), user(2)));
        changes.note(&Notice::Member(team(2), user(1)));
        changes.note(&Notice::Keys);
        assert!(is_good(&changes, before));
    }

    #[test]
    fn with_too_many_changes_everything_is_forgotten() {
        let changes = Changes::default();
        let before = changes.count();
        for number in 0..MOST as u128 {
            changes.note(&Notice::User(user(100 + number)));
        }
        assert!(is_good(&changes, before));
        changes.note(&Notice::User(user(7)));
        assert!(!is_good(&changes, before));
        assert!(changes.kept.read().unwrap().last.is_empty());
    }
}
