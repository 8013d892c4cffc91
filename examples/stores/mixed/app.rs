//! An application whose accounts are on PostgreSQL and whose invoices are on MongoDB.

use std::error::Error;
use std::sync::Arc;

use invoice_core::identity::{EmailAddress, EmailKey, IdentityChange, Membership, Team, User};
use invoice_core::line::Line;
use invoice_core::ports::identity::IdentityPorts;
use invoice_core::ports::{BillingPorts, Clock as _, IdGenerator as _};
use invoice_core::service::{Billing, Call};
use invoice_core::system::{RandomIds, SystemClock};
use invoice_core::tax::{Tax, TaxCategory};
use invoice_core::{
    Actor, Address, ClientData, ClientId, CommitId, Content, Country, Currency, DocumentType, Invoice,
    InvoiceData, Party, Pattern, Reset, Role, Series, SeriesData, SupplierProfile, TeamId, TimeZone, UserId,
};
use invoice_store_mongo::MongoStore;
use invoice_store_postgres::PostgresStore;

/// Two ports, two engines. All that they have in common are the identifiers of teams and users.
pub(crate) struct App {
    pub(crate) identity: IdentityPorts,
    pub(crate) billing: Billing,
    ids: Arc<RandomIds>,
}

impl App {
    /// Over stores that are migrated.
    pub(crate) fn new(accounts: PostgresStore, invoices: MongoStore) -> Self {
        let ids = Arc::new(RandomIds::new());
        let ports = BillingPorts::from_store(&Arc::new(invoices));
        Self {
            identity: IdentityPorts::from_store(&Arc::new(accounts)),
            billing: Billing::new(ports, Arc::new(SystemClock), ids.clone()),
            ids,
        }
    }

    fn commit_id(&self) -> CommitId {
        CommitId::from_uuid(self.ids.uuid(SystemClock.now()))
    }

    /// A new account and its team, in one commit on PostgreSQL.
    pub(crate) async fn register(&self, email: &str, team: &str) -> Result<(UserId, TeamId), Box<dyn Error>> {
        let now = SystemClock.now();
        let address = EmailAddress::new(email, EmailKey::new(email.to_lowercase())?)?;
        let user = User::new(UserId::from_uuid(self.ids.uuid(now)), address, "", now)?;
        let team = Team::new(TeamId::from_uuid(self.ids.uuid(now)), team, now)?;
        let (user_id, team_id) = (user.id(), team.id());
        let owner = Membership::new(team_id, user_id, Role::Owner, now);
        let change = IdentityChange::new(self.commit_id()).insert(user).insert(team).insert(owner);
        self.identity.commits.commit_identity(change).await?;
        Ok((user_id, team_id))
    }

    /// Another account in a team that is there.
    pub(crate) async fn join(&self, email: &str, team: TeamId, role: Role) -> Result<UserId, Box<dyn Error>> {
        let now = SystemClock.now();
        let team = self.identity.teams.team(team).await?.ok_or("there is no such team")?;
        let address = EmailAddress::new(email, EmailKey::new(email.to_lowercase())?)?;
        let user = User::new(UserId::from_uuid(self.ids.uuid(now)), address, "", now)?;
        let id = user.id();
        let member = Membership::new(team.id(), id, role, now);
        // Whoever writes a membership writes its team.
        let change = IdentityChange::new(self.commit_id()).insert(user).insert(member).update(team);
        self.identity.commits.commit_identity(change).await?;
        Ok(id)
    }

    /// Takes somebody out of a team.
    pub(crate) async fn leave(&self, team: TeamId, user: UserId) -> Result<(), Box<dyn Error>> {
        let place = self.identity.teams.membership(team, user).await?.ok_or("not a member")?;
        let team = self.identity.teams.team(team).await?.ok_or("there is no such team")?;
        let change = IdentityChange::new(self.commit_id()).delete(place).update(team);
        self.identity.commits.commit_identity(change).await?;
        Ok(())
    }

    /// What somebody may do in a team, as PostgreSQL has it now; with it billing on MongoDB is called.
    pub(crate) async fn call(&self, user: UserId, team: TeamId) -> Result<Call, Box<dyn Error>> {
        let place = self.identity.teams.membership(team, user).await?.ok_or("not a member of the team")?;
        Ok(Call::new(Actor::user(place.team(), place.user(), place.role())))
    }

    /// What a team does once on MongoDB: its profile, its numbers, a client.
    pub(crate) async fn open_books(&self, call: &Call, name: &str) -> Result<ClientId, Box<dyn Error>> {
        let party = Party::new(name)
            .with_address(Address::new(Country::new("AT")?).with_line("Landstraße 20").with_city("Linz"))
            .with_vat_id("ATU98765433");
        let profile = SupplierProfile::new(call.actor().team(), party, TimeZone::new("Europe/Vienna")?);
        self.billing.set_supplier(call, profile).await?;
        let series = SeriesData {
            document_type: DocumentType::Invoice,
            name: Series::DEFAULT_NAME.to_owned(),
            pattern: Pattern::new("{year}-{seq:04}")?,
            reset: Reset::Yearly,
            start: 1,
            from: self.billing.team_today(call.actor()).await?,
        };
        self.billing.create_series(call, series).await?;
        let customer = Party::new("Ordination Dr. Weiss")
            .with_address(Address::new(Country::new("AT")?).with_line("Hauptplatz 4").with_city("Linz"));
        Ok(self.billing.create_client(call, ClientData::new(customer)).await?.id())
    }

    /// Issues an invoice over one thing.
    pub(crate) async fn sell(
        &self,
        call: &Call,
        client: ClientId,
        what: &str,
        price: &str,
    ) -> Result<Invoice, Box<dyn Error>> {
        let line = Line::new("1", what, "1".parse()?, price.parse()?)?
            .with_tax(Tax::vat(TaxCategory::Standard, "20".parse()?));
        let content = Content::new(client, Currency::EUR).with_line(line);
        Ok(self.billing.create_and_issue_invoice(call, InvoiceData::new(content)).await?)
    }
}
