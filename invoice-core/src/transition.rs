//! Refused steps of a document's life.

use std::fmt;

/// Something done to a document or payment.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the verb it says")]
pub enum Action {
    Edit,
    Delete,
    Issue,
    Send,
    MarkViewed,
    MarkDelivered,
    Void,
    Revise,
    Credit,
    MarkUncollectible,
    UnmarkUncollectible,
    Pay,
    WriteOff,
    TakeBackWriteOff,
    Allocate,
    Deallocate,
    Refund,
    Reverse,
    Accept,
    Decline,
    Expire,
    Convert,
    Archive,
    Restore,
    Deduct,
}

impl Action {
    /// The action's name, in snake case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Edit => "edit",
            Self::Delete => "delete",
            Self::Issue => "issue",
            Self::Send => "send",
            Self::MarkViewed => "mark_viewed",
            Self::MarkDelivered => "mark_delivered",
            Self::Void => "void",
            Self::Revise => "revise",
            Self::Credit => "credit",
            Self::MarkUncollectible => "mark_uncollectible",
            Self::UnmarkUncollectible => "unmark_uncollectible",
            Self::Pay => "pay",
            Self::WriteOff => "write_off",
            Self::TakeBackWriteOff => "take_back_write_off",
            Self::Allocate => "allocate",
            Self::Deallocate => "deallocate",
            Self::Refund => "refund",
            Self::Reverse => "reverse",
            Self::Accept => "accept",
            Self::Decline => "decline",
            Self::Expire => "expire",
            Self::Convert => "convert",
            Self::Archive => "archive",
            Self::Restore => "restore",
            Self::Deduct => "deduct",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What stands in the way of an action that the state alone would allow.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Obstacle {
    /// The customer has it: cancel it by a credit note.
    Delivered,
    /// Payments are allocated to it.
    Allocated,
    /// Credit notes stand against it.
    Credited,
    /// Part of it was written off.
    WrittenOff,
    /// A final invoice deducts it.
    Deducted,
    /// A replacement exists already.
    Replaced,
    /// Nothing is due.
    NothingDue,
    /// Its time is over.
    Expired,
    /// Part of it was given back.
    Refunded,
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Delivered => "it was delivered",
            Self::Allocated => "payments are allocated to it",
            Self::Credited => "credit notes stand against it",
            Self::WrittenOff => "part of it was written off",
            Self::Deducted => "a final invoice deducts it",
            Self::Replaced => "a replacement exists already",
            Self::NothingDue => "nothing is due",
            Self::Expired => "its time is over",
            Self::Refunded => "part of it was given back",
        })
    }
}

/// An action that a document's or payment's state does not allow. Nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("can't {action} while {state}{}", obstacle.map_or_else(String::new, |o| format!(": {o}")))]
pub struct IllegalTransition {
    state: &'static str,
    action: Action,
    obstacle: Option<Obstacle>,
}

impl IllegalTransition {
    pub(crate) const fn new(state: &'static str, action: Action) -> Self {
        Self { state, action, obstacle: None }
    }

    pub(crate) const fn because(mut self, obstacle: Obstacle) -> Self {
        self.obstacle = Some(obstacle);
        self
    }

    /// The state it was in, such as `draft`.
    pub const fn state(&self) -> &'static str {
        self.state
    }

    /// What was to be done.
    pub const fn action(&self) -> Action {
        self.action
    }

    /// What stands in the way, if not the state itself.
    pub const fn obstacle(&self) -> Option<Obstacle> {
        self.obstacle
    }
}
