//! Who may do what: the roles, the permissions and the one table that joins them.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{TeamId, UserId};

/// A member's role in a team, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads everything, changes nothing.
    Viewer,
    /// Prepares drafts, clients and items of their own.
    Member,
    /// Issues documents and handles money.
    Accountant,
    /// Runs the team: its profile, series, members and keys.
    Admin,
    /// Holds the team; there is always at least one.
    Owner,
}

impl Role {
    /// All roles, weakest first.
    pub const ALL: [Self; 5] = [Self::Viewer, Self::Member, Self::Accountant, Self::Admin, Self::Owner];

    /// Whether this role has a permission: the matrix.
    ///
    /// ```
    /// use invoice_core::{Permission, Role};
    ///
    /// assert!(Role::Accountant.may(Permission::IssueDocuments));
    /// assert!(!Role::Member.may(Permission::IssueDocuments));
    /// ```
    pub fn may(self, permission: Permission) -> bool {
        self >= permission.least_role()
    }

    /// The role's name as stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Member => "member",
            Self::Accountant => "accountant",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Something a role may or may not do. Each stronger role may do all that a weaker one may.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// See the team's documents, clients, payments and reports.
    Read,
    /// Create drafts, clients and items, and change those one created.
    WriteOwn,
    /// Change drafts, clients and items that others created.
    WriteAll,
    /// Issue, send, void, credit, revise and import documents.
    IssueDocuments,
    /// Record, allocate, refund and reverse payments; write off.
    HandlePayments,
    /// Take the team's data out in bulk.
    Export,
    /// Change the supplier profile.
    ManageSupplier,
    /// Create and archive number series.
    ManageSeries,
    /// Invite, change and remove members, up to one's own role.
    ManageMembers,
    /// Create and revoke API keys.
    ManageApiKeys,
    /// Manage webhooks.
    ManageWebhooks,
    /// Transfer the team to another owner.
    TransferTeam,
    /// Delete the team.
    DeleteTeam,
}

impl Permission {
    /// All permissions.
    pub const ALL: [Self; 13] = [
        Self::Read,
        Self::WriteOwn,
        Self::WriteAll,
        Self::IssueDocuments,
        Self::HandlePayments,
        Self::Export,
        Self::ManageSupplier,
        Self::ManageSeries,
        Self::ManageMembers,
        Self::ManageApiKeys,
        Self::ManageWebhooks,
        Self::TransferTeam,
        Self::DeleteTeam,
    ];

    /// The weakest role that has this permission.
    ///
    /// ```
    /// use invoice_core::{Permission, Role};
    ///
    /// assert_eq!(Permission::ManageSeries.least_role(), Role::Admin);
    /// ```
    pub const fn least_role(self) -> Role {
        match self {
            Self::Read => Role::Viewer,
            Self::WriteOwn => Role::Member,
            Self::WriteAll | Self::IssueDocuments | Self::HandlePayments | Self::Export => Role::Accountant,
            Self::ManageSupplier
            | Self::ManageSeries
            | Self::ManageMembers
            | Self::ManageApiKeys
            | Self::ManageWebhooks => Role::Admin,
            Self::TransferTeam | Self::DeleteTeam => Role::Owner,
        }
    }

    /// The permission's name in errors.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::WriteOwn => "write_own",
            Self::WriteAll => "write_all",
            Self::IssueDocuments => "issue_documents",
            Self::HandlePayments => "handle_payments",
            Self::Export => "export",
            Self::ManageSupplier => "manage_supplier",
            Self::ManageSeries => "manage_series",
            Self::ManageMembers => "manage_members",
            Self::ManageApiKeys => "manage_api_keys",
            Self::ManageWebhooks => "manage_webhooks",
            Self::TransferTeam => "transfer_team",
            Self::DeleteTeam => "delete_team",
        }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// On whose behalf a use case runs: a team, a user (or the application itself) and the role held there.
///
/// Whoever builds an `Actor` vouches for it; the use cases enforce the matrix on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Actor {
    team: TeamId,
    user: Option<UserId>,
    role: Role,
}

impl Actor {
    /// A user acting in a team.
    ///
    /// ```
    /// use invoice_core::{Actor, Role, TeamId, UserId};
    /// use uuid::Uuid;
    ///
    /// let team = TeamId::from_uuid(Uuid::from_u128(1));
    /// let actor = Actor::user(team, UserId::from_uuid(Uuid::from_u128(2)), Role::Accountant);
    /// assert_eq!(actor.role(), Role::Accountant);
    /// ```
    pub const fn user(team: TeamId, user: UserId, role: Role) -> Self {
        Self { team, user: Some(user), role }
    }

    /// The embedding application acting by itself, with every permission inside one team.
    ///
    /// ```
    /// use invoice_core::{Actor, TeamId};
    ///
    /// let actor = Actor::system(TeamId::from_uuid(uuid::Uuid::from_u128(1)));
    /// assert_eq!(actor.user_id(), None);
    /// ```
    pub const fn system(team: TeamId) -> Self {
        Self { team, user: None, role: Role::Owner }
    }

    /// The team acted in.
    pub const fn team(&self) -> TeamId {
        self.team
    }

    /// The user, or `None` for the application itself.
    pub const fn user_id(&self) -> Option<UserId> {
        self.user
    }

    /// The role held in the team.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Whether the matrix gives this actor a permission.
    ///
    /// ```
    /// use invoice_core::{Actor, Permission, TeamId};
    ///
    /// let actor = Actor::system(TeamId::from_uuid(uuid::Uuid::from_u128(1)));
    /// assert!(actor.may(Permission::DeleteTeam));
    /// ```
    pub fn may(&self, permission: Permission) -> bool {
        self.role.may(permission)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table as the product promises it: viewer, member, accountant, admin, owner.
    const MATRIX: [(&[Permission], [bool; 5]); 5] = [
        (&[Permission::Read], [true; 5]),
        (&[Permission::WriteOwn], [false, true, true, true, true]),
        (
            &[
                Permission::WriteAll,
                Permission::IssueDocuments,
                Permission::HandlePayments,
                Permission::Export,
            ],
            [false, false, true, true, true],
        ),
        (
            &[
                Permission::ManageSupplier,
                Permission::ManageSeries,
                Permission::ManageMembers,
                Permission::ManageApiKeys,
                Permission::ManageWebhooks,
            ],
            [false, false, false, true, true],
        ),
        (&[Permission::TransferTeam, Permission::DeleteTeam], [false, false, false, false, true]),
    ];

    #[test]
    fn every_cell_of_the_matrix_holds() {
        let mut cells = 0;
        for (permissions, expected) in MATRIX {
            for permission in permissions {
                for (role, expected) in Role::ALL.into_iter().zip(expected) {
                    assert_eq!(role.may(*permission), expected, "{role} {permission}");
                    cells += 1;
                }
            }
        }
        assert_eq!(cells, Permission::ALL.len() * Role::ALL.len());
    }
}
