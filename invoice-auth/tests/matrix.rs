//! The permission matrix, cell by cell, on the use cases themselves: of teams and keys here, of billing in core.
//!
//! Every cell is tried as a person who was invited with that role, and where a program may act at all, with an API
//! key of that role as well.

#![expect(clippy::unwrap_used, reason = "a story that can't go on fails")]

mod common;
mod desk;

use std::sync::Arc;

use invoice_auth::extract::{AuthRejection, Need, permission};
use invoice_auth::{ApiKeyData, AuthError, Caller, ClientInfo};
use invoice_core::identity::{ApiKey, Invitation};
use invoice_core::line::Line;
use invoice_core::memory::MemoryBilling;
use invoice_core::ports::{BillingPorts, ClientQuery, InvoiceQuery};
use invoice_core::service::{Billing, Call, Error, PayData};
use invoice_core::system::RandomIds;
use invoice_core::tax::{Tax, TaxCategory};
use invoice_core::testing::day;
use invoice_core::{
    Address, Client, ClientData, Content, Country, Currency, DocumentType, Invoice, InvoiceData, Party,
    Pattern, Permission, Reset, Role, Series, SeriesData, SupplierProfile, TimeZone,
};

use desk::stores::in_memory;
use desk::{Desk, all, team};

/// What a use case answered: done, or the permission that lacked.
type Answer = Result<(), Permission>;

trait IntoAnswer {
    fn answer(self) -> Answer;
}

impl<T> IntoAnswer for Result<T, AuthError> {
    fn answer(self) -> Answer {
        match self {
            Ok(_) => Ok(()),
            Err(AuthError::Forbidden(permission)) => Err(permission),
            Err(other) => panic!("neither done nor forbidden: {other:?}"),
        }
    }
}

impl<T> IntoAnswer for Result<T, Error> {
    fn answer(self) -> Answer {
        match self {
            Ok(_) => Ok(()),
            Err(Error::Forbidden { permission }) => Err(permission),
            Err(other) => panic!("neither done nor forbidden: {other:?}"),
        }
    }
}

impl IntoAnswer for Result<(), AuthRejection> {
    fn answer(self) -> Answer {
        match self {
            Ok(()) => Ok(()),
            Err(AuthRejection::NotPermitted(permission)) => Err(permission),
            Err(other) => panic!("neither done nor forbidden: {other:?}"),
        }
    }
}

/// A team at work: its owner set it up, and somebody with the role that is tried came in.
struct Office {
    desk: Desk,
    billing: Billing,
    owner: Caller,
    who: Caller,
    /// A viewer, to be decided about.
    viewer: Caller,
    invitation: Invitation,
    key: ApiKey,
    client: Client,
    draft: Invoice,
    issued: Invoice,
}

impl Office {
    async fn open(role: Role) -> Self {
        let desk = Desk::on(in_memory()).await;
        let owner = desk.owner("ada").await;
        let who = desk.member(&owner, "bob", role).await;
        let viewer = desk.member(&owner, "vic", Role::Viewer).await;
        let invitation = desk.auth.invite(&owner, "eve@example.org", Role::Viewer).await.unwrap();
        let key = desk.auth.create_api_key(&owner, ApiKeyData::new("Key", Role::Viewer)).await.unwrap().key;

        let ports = BillingPorts::from_store(Arc::new(MemoryBilling::default()));
        let billing = Billing::new(ports, desk.clock.clone(), Arc::new(RandomIds::new()));
        let call = Call::new(owner.actor().unwrap());
        billing.set_supplier(&call, profile(&owner)).await.unwrap();
        billing.create_series(&call, series("INV-{seq}", Series::DEFAULT_NAME)).await.unwrap();
        let client = billing.create_client(&call, customer("Café")).await.unwrap();
        let draft = billing.create_invoice(&call, invoice(&client)).await.unwrap();
        let issued = billing.create_and_issue_invoice(&call, invoice(&client)).await.unwrap();
        Self { desk, billing, owner, who, viewer, invitation, key, client, draft, issued }
    }

    /// The same role once more, held by a program. Who made it made nothing else: what they made is the key's own.
    async fn into_program(mut self) -> Self {
        let data = ApiKeyData::new("Program", self.who.role().unwrap());
        let maker = self.desk.member(&self.owner, "kim", Role::Owner).await;
        let made = self.desk.auth.create_api_key(&maker, data).await.unwrap();
        let found = self.desk.auth.authenticate(made.secret.expose(), ClientInfo::new()).await.unwrap();
        let (caller, invoice_auth::NoClaims {}) = found.into_parts();
        self.who = caller;
        self
    }

    fn call(&self) -> Call {
        Call::new(self.who.actor().unwrap())
    }

    fn role(&self) -> Role {
        self.who.role().unwrap()
    }
}

fn profile(owner: &Caller) -> SupplierProfile {
    SupplierProfile::new(team(owner), party("Rösterei").with_vat_id("ATU98765433"), TimeZone::UTC)
}

fn party(name: &str) -> Party {
    Party::new(name)
        .with_address(Address::new(Country::new("AT").unwrap()).with_line("Neubaugasse 7").with_city("Wien"))
}

fn customer(name: &str) -> ClientData {
    ClientData::new(party(name))
}

fn series(pattern: &str, name: &str) -> SeriesData {
    SeriesData {
        document_type: DocumentType::Invoice,
        name: name.to_owned(),
        pattern: Pattern::new(pattern).unwrap(),
        reset: Reset::Never,
        start: 1,
        from: day("2026-03-02"),
    }
}

fn invoice(client: &Client) -> InvoiceData {
    let line = Line::new("1", "Beans", "1".parse().unwrap(), "10".parse().unwrap()).unwrap();
    let line = line.with_tax(Tax::vat(TaxCategory::Standard, "20".parse().unwrap()));
    InvoiceData::new(Content::new(client.id(), Currency::EUR).with_line(line))
}

async fn read(office: &Office) -> Vec<Answer> {
    let (auth, who, billing, actor) =
        (&office.desk.auth, &office.who, &office.billing, office.who.actor().unwrap());
    vec![
        auth.team(who).await.answer(),
        auth.members(who, None, &all()).await.answer(),
        auth.members(who, Some("vic"), &all()).await.answer(),
        billing.client(&actor, office.client.id()).await.answer(),
        billing.clients(&actor, &ClientQuery::default(), &all()).await.answer(),
        billing.invoices(&actor, &InvoiceQuery::new(), &all()).await.answer(),
    ]
}

async fn write_own(office: &Office) -> Vec<Answer> {
    let (billing, call) = (&office.billing, office.call());
    let mut answers = vec![billing.create_invoice(&call, invoice(&office.client)).await.answer()];
    let own = billing.create_client(&call, customer("Own")).await;
    answers.push(own.as_ref().map(drop).map_err(Clone::clone).answer());
    if let Ok(own) = own {
        answers.push(billing.update_client(&call, own.id(), customer("Changed")).await.answer());
    }
    answers
}

async fn write_all(office: &Office) -> Vec<Answer> {
    let (billing, call) = (&office.billing, office.call());
    vec![
        billing.update_client(&call, office.client.id(), customer("Changed")).await.answer(),
        billing.delete_invoice(&call, office.draft.id()).await.answer(),
    ]
}

async fn issue_documents(office: &Office) -> Vec<Answer> {
    let (billing, call) = (&office.billing, office.call());
    vec![
        billing.issue_invoice(&call, office.draft.id()).await.answer(),
        billing.send_invoice(&call, office.issued.id()).await.answer(),
    ]
}

async fn handle_payments(office: &Office) -> Vec<Answer> {
    vec![office.billing.pay_invoice(&office.call(), office.issued.id(), PayData::default()).await.answer()]
}

/// Nothing is exported in bulk yet but by an application's own handlers.
async fn export(office: &Office) -> Vec<Answer> {
    vec![permission::Export::check(office.role()).answer()]
}

async fn manage_supplier(office: &Office) -> Vec<Answer> {
    vec![office.billing.set_supplier(&office.call(), profile(&office.owner)).await.answer()]
}

async fn manage_series(office: &Office) -> Vec<Answer> {
    vec![office.billing.create_series(&office.call(), series("X-{seq}", "Second")).await.answer()]
}

async fn rename(office: &Office) -> Vec<Answer> {
    let version = office.desk.team_version(&office.owner).await;
    vec![office.desk.auth.rename_team(&office.who, "Other", version).await.answer()]
}

async fn manage_members(office: &Office) -> Vec<Answer> {
    let (auth, who, viewer) = (&office.desk.auth, &office.who, office.viewer.user_id());
    let place = office.desk.ports.teams.membership(team(who), viewer).await.unwrap().unwrap();
    vec![
        auth.invite(who, "new@example.org", Role::Viewer).await.answer(),
        auth.invitations(who, &all()).await.answer(),
        auth.revoke_invitation(who, office.invitation.id()).await.answer(),
        auth.change_role(who, viewer, Role::Member, place.version()).await.answer(),
        auth.remove_member(who, viewer, office.desk.version_of(&office.viewer).await).await.answer(),
    ]
}

async fn manage_api_keys(office: &Office) -> Vec<Answer> {
    let (auth, who) = (&office.desk.auth, &office.who);
    vec![
        auth.create_api_key(who, ApiKeyData::new("New", Role::Viewer)).await.answer(),
        auth.api_keys(who, &all()).await.answer(),
        auth.revoke_api_key(who, office.key.id()).await.answer(),
    ]
}

/// There are no webhooks yet but an application's own.
async fn manage_webhooks(office: &Office) -> Vec<Answer> {
    vec![permission::ManageWebhooks::check(office.role()).answer()]
}

async fn transfer_team(office: &Office) -> Vec<Answer> {
    vec![office.desk.auth.transfer_ownership(&office.who, office.viewer.user_id()).await.answer()]
}

async fn delete_team(office: &Office) -> Vec<Answer> {
    let version = office.desk.team_version(&office.owner).await;
    vec![office.desk.auth.delete_team(&office.who, version).await.answer()]
}

fn judge(permission: Permission, may: bool, answers: &[Answer]) {
    let expected = if may { Ok(()) } else { Err(permission) };
    assert!(!answers.is_empty() && answers.iter().all(|answer| *answer == expected), "{answers:?}");
}

macro_rules! cell {
    (person $permission:ident $expected:literal $role:ident $($attempt:ident)+) => {
        let office = super::Office::open(invoice_core::Role::$role).await;
        $(super::judge(invoice_core::Permission::$permission, $expected, &super::$attempt(&office).await);)+
    };
    (program $permission:ident $expected:literal $role:ident $($attempt:ident)+) => {
        cell!(person $permission $expected $role $($attempt)+);
        let office = super::Office::open(invoice_core::Role::$role).await.into_program().await;
        $(super::judge(invoice_core::Permission::$permission, $expected, &super::$attempt(&office).await);)+
    };
}

/// One test for each cell: the permission, who tries, and what the roles from viewer to owner may.
macro_rules! matrix {
    ($($name:ident: $permission:ident by $kind:ident, $($attempt:ident)+
        => $viewer:literal $member:literal $accountant:literal $admin:literal $owner:literal;)+) => {
        $(
            mod $name {
                #[tokio::test]
                async fn viewer() {
                    cell!($kind $permission $viewer Viewer $($attempt)+);
                }

                #[tokio::test]
                async fn member() {
                    cell!($kind $permission $member Member $($attempt)+);
                }

                #[tokio::test]
                async fn accountant() {
                    cell!($kind $permission $accountant Accountant $($attempt)+);
                }

                #[tokio::test]
                async fn admin() {
                    cell!($kind $permission $admin Admin $($attempt)+);
                }

                #[tokio::test]
                async fn owner() {
                    cell!($kind $permission $owner Owner $($attempt)+);
                }
            }
        )+

        const TRIED: &[Permission] = &[$(Permission::$permission),+];
    };
}

matrix! {
    who_may_read: Read by program, read => true true true true true;
    who_may_write_their_own: WriteOwn by program, write_own => false true true true true;
    who_may_write_all: WriteAll by program, write_all => false false true true true;
    who_may_issue_documents: IssueDocuments by program, issue_documents => false false true true true;
    who_may_handle_payments: HandlePayments by program, handle_payments => false false true true true;
    who_may_export: Export by program, export => false false true true true;
    who_may_manage_the_supplier: ManageSupplier by program, manage_supplier => false false false true true;
    who_may_rename_the_team: ManageSupplier by person, rename => false false false true true;
    who_may_manage_series: ManageSeries by program, manage_series => false false false true true;
    who_may_manage_members: ManageMembers by person, manage_members => false false false true true;
    who_may_manage_api_keys: ManageApiKeys by person, manage_api_keys => false false false true true;
    who_may_manage_webhooks: ManageWebhooks by program, manage_webhooks => false false false true true;
    who_may_transfer_the_team: TransferTeam by person, transfer_team => false false false false true;
    who_may_delete_the_team: DeleteTeam by person, delete_team => false false false false true;
}

#[test]
fn every_permission_has_its_row() {
    for permission in Permission::ALL {
        assert!(TRIED.contains(&permission), "{permission}");
    }
}
