//! Clients, items, series and the supplier profile.

use super::changes::{About, Changes};
use super::{Billing, Call, Error, first};
use crate::change::{AggregateId, AggregateKind};
use crate::ports::{InvoiceQuery, InvoiceSort, PageRequest};
use crate::transition::Action;
use crate::{
    Client, ClientData, ClientId, Code, EventKind, FiscalYearStart, IllegalTransition, Item, ItemData,
    ItemId, Permission, Series, SeriesData, SeriesId, SupplierProfile, Timestamp, Violation,
};

/// A client's or item's step between in use and archived.
fn archive(archived_at: &mut Option<Timestamp>, at: Option<Timestamp>) -> Result<(), IllegalTransition> {
    let (state, action) = match (&archived_at, at) {
        (Some(_), Some(_)) => ("archived", Action::Archive),
        (None, None) => ("active", Action::Restore),
        _ => {
            *archived_at = at;
            return Ok(());
        }
    };
    Err(IllegalTransition::new(state, action))
}

impl Billing {
    pub(super) fn changes(&self, call: &Call, at: Timestamp) -> Changes {
        Changes::new(*call.actor(), self.ids.clone(), at, self.tells)
    }

    pub(super) async fn load_client(&self, call: &Call, id: ClientId) -> Result<Client, Error> {
        let client = self.ports.catalog.client(call.team(), id).await?;
        client.ok_or(Error::NotFound { what: AggregateKind::Client })
    }

    /// Creates a client.
    pub async fn create_client(&self, call: &Call, data: ClientData) -> Result<Client, Error> {
        call.permit(Permission::WriteOwn)?;
        let records = self.run(call, || async {
            let now = self.now();
            let id = ClientId::from_uuid(self.ids.uuid(now));
            let client = Client::new(id, call.team(), data.clone(), call.actor().user_id(), now)?;
            let mut changes = self.changes(call, now);
            changes.insert(client, &[EventKind::ClientCreated], About::default());
            Ok(changes)
        });
        first(call, records.await?)
    }

    /// Replaces a client's data. Issued documents keep what they froze.
    pub async fn update_client(&self, call: &Call, id: ClientId, data: ClientData) -> Result<Client, Error> {
        self.change_client(call, id, EventKind::ClientUpdated, |client, _| Ok(client.replace(data.clone())?))
            .await
    }

    /// Archives a client: it takes no new documents.
    pub async fn archive_client(&self, call: &Call, id: ClientId) -> Result<Client, Error> {
        let step = |client: &mut Client, now| Ok(archive(&mut client.archived_at, Some(now))?);
        self.change_client(call, id, EventKind::ClientArchived, step).await
    }

    /// Takes a client back into use.
    pub async fn restore_client(&self, call: &Call, id: ClientId) -> Result<Client, Error> {
        let step = |client: &mut Client, _| Ok(archive(&mut client.archived_at, None)?);
        self.change_client(call, id, EventKind::ClientRestored, step).await
    }

    async fn change_client(
        &self,
        call: &Call,
        id: ClientId,
        event: EventKind,
        step: impl Fn(&mut Client, Timestamp) -> Result<(), Error> + Send + Sync,
    ) -> Result<Client, Error> {
        let step = &step;
        let records = self.run(call, || async move {
            let mut client = self.load_client(call, id).await?;
            call.permit_write(client.created_by())?;
            call.check_version(client.version())?;
            let now = self.now();
            step(&mut client, now)?;
            let mut changes = self.changes(call, now);
            changes.update(client, &[event], About::default());
            Ok(changes)
        });
        first(call, records.await?)
    }

    /// Deletes a client; [`Error::InUse`] once a document or payment refers to it.
    pub async fn delete_client(&self, call: &Call, id: ClientId) -> Result<(), Error> {
        let records = self.run(call, || async {
            let client = self.load_client(call, id).await?;
            call.permit_write(client.created_by())?;
            call.check_version(client.version())?;
            let mut changes = self.changes(call, self.now());
            changes.delete(AggregateId::Client(id), client.version(), EventKind::ClientDeleted);
            Ok(changes)
        });
        records.await.map(drop)
    }

    async fn load_item(&self, call: &Call, id: ItemId) -> Result<Item, Error> {
        let item = self.ports.catalog.item(call.team(), id).await?;
        item.ok_or(Error::NotFound { what: AggregateKind::Item })
    }

    /// Creates an item.
    pub async fn create_item(&self, call: &Call, data: ItemData) -> Result<Item, Error> {
        call.permit(Permission::WriteOwn)?;
        let records = self.run(call, || async {
            let now = self.now();
            let id = ItemId::from_uuid(self.ids.uuid(now));
            let item = Item::new(id, call.team(), data.clone(), call.actor().user_id(), now)?;
            let mut changes = self.changes(call, now);
            changes.insert(item, &[EventKind::ItemCreated], About::default());
            Ok(changes)
        });
        first(call, records.await?)
    }

    /// Replaces an item's data. Lines made from it before keep what they say.
    pub async fn update_item(&self, call: &Call, id: ItemId, data: ItemData) -> Result<Item, Error> {
        self.change_item(call, id, EventKind::ItemUpdated, |item, _| Ok(item.replace(data.clone())?)).await
    }

    /// Archives an item.
    pub async fn archive_item(&self, call: &Call, id: ItemId) -> Result<Item, Error> {
        let step = |item: &mut Item, now| Ok(archive(&mut item.archived_at, Some(now))?);
        self.change_item(call, id, EventKind::ItemArchived, step).await
    }

    /// Takes an item back into use.
    pub async fn restore_item(&self, call: &Call, id: ItemId) -> Result<Item, Error> {
        let step = |item: &mut Item, _| Ok(archive(&mut item.archived_at, None)?);
        self.change_item(call, id, EventKind::ItemRestored, step).await
    }

    async fn change_item(
        &self,
        call: &Call,
        id: ItemId,
        event: EventKind,
        step: impl Fn(&mut Item, Timestamp) -> Result<(), Error> + Send + Sync,
    ) -> Result<Item, Error> {
        let step = &step;
        let records = self.run(call, || async move {
            let mut item = self.load_item(call, id).await?;
            call.permit_write(item.created_by())?;
            call.check_version(item.version())?;
            let now = self.now();
            step(&mut item, now)?;
            let mut changes = self.changes(call, now);
            changes.update(item, &[event], About::default());
            Ok(changes)
        });
        first(call, records.await?)
    }

    /// Deletes an item. Lines made from it keep what they say.
    pub async fn delete_item(&self, call: &Call, id: ItemId) -> Result<(), Error> {
        let records = self.run(call, || async {
            let item = self.load_item(call, id).await?;
            call.permit_write(item.created_by())?;
            call.check_version(item.version())?;
            let mut changes = self.changes(call, self.now());
            changes.delete(AggregateId::Item(id), item.version(), EventKind::ItemDeleted);
            Ok(changes)
        });
        records.await.map(drop)
    }

    /// Creates a series. Refused if a number of it could also come from another series of the team.
    pub async fn create_series(&self, call: &Call, data: SeriesData) -> Result<Series, Error> {
        call.permit(Permission::ManageSeries)?;
        let records = self.run(call, || async {
            let now = self.now();
            let others = self.ports.catalog.all_series(call.team()).await?;
            if let Some(other) = others.iter().find(|other| other.pattern().overlaps(&data.pattern)) {
                let detail = format!(
                    "the series `{}` (`{}`) could give the same number",
                    other.name(),
                    other.pattern()
                );
                return Err(Violation::new("/pattern", Code::PatternOverlaps, detail).into());
            }
            let supplier = self.supplier_of(call).await?;
            let year = supplier.map_or(FiscalYearStart::CALENDAR_YEAR, |profile| profile.fiscal_year_start());
            let id = SeriesId::from_uuid(self.ids.uuid(now));
            let series = Series::new(id, call.team(), data.clone(), year, call.actor().user_id(), now)?;
            self.check_free(call, &series).await?;
            let mut changes = self.changes(call, now);
            changes.insert(series, &[EventKind::SeriesCreated], About::default());
            Ok(changes)
        });
        first(call, records.await?)
    }

    /// Refuses a series that would once give a number which an imported invoice carries: it would stick there.
    async fn check_free(&self, call: &Call, series: &Series) -> Result<(), Error> {
        let query = InvoiceQuery {
            sort: InvoiceSort::Number,
            number_prefix: Some(series.pattern().literal_prefix().to_owned()),
            ..InvoiceQuery::new()
        };
        let mut page = PageRequest::first(PageRequest::MAX_LIMIT)?;
        loop {
            let rows = self.ports.invoices.invoices(call.team(), &query, &page).await?;
            let numbers = rows.items.iter().filter_map(|row| row.number.as_deref());
            if let Some(taken) = numbers.into_iter().find(|number| series.reserves(number)) {
                let detail =
                    format!("the imported invoice `{taken}` has a number of this series: start after it");
                return Err(Violation::new("/start", Code::NumberReserved, detail).into());
            }
            let Some(next) = rows.next else { return Ok(()) };
            page = page.after(next);
        }
    }

    /// Archives a series: it numbers nothing any more, and another may take its name.
    pub async fn archive_series(&self, call: &Call, id: SeriesId) -> Result<Series, Error> {
        call.permit(Permission::ManageSeries)?;
        let records = self.run(call, || async {
            let series = self.ports.catalog.series(call.team(), id).await?;
            let mut series = series.ok_or(Error::NotFound { what: AggregateKind::Series })?;
            call.check_version(series.version())?;
            let now = self.now();
            archive(&mut series.archived_at, Some(now))?;
            let mut changes = self.changes(call, now);
            changes.update(series, &[EventKind::SeriesArchived], About::default());
            Ok(changes)
        });
        first(call, records.await?)
    }

    /// Writes the team's profile, the first one or a new version of it. Series keep the fiscal year they
    /// were created with, and issued documents what they froze.
    pub async fn set_supplier(
        &self,
        call: &Call,
        profile: SupplierProfile,
    ) -> Result<SupplierProfile, Error> {
        call.permit(Permission::ManageSupplier)?;
        if profile.team() != call.team() {
            return Err(Error::NotFound { what: AggregateKind::Supplier });
        }
        profile.validate()?;
        let records = self.run(call, || async {
            let mut profile = profile.clone();
            let now = self.now();
            profile.updated_at = now;
            let mut changes = self.changes(call, now);
            let kinds = [EventKind::SupplierUpdated];
            if let Some(stored) = self.supplier_of(call).await? {
                call.check_version(stored.version())?;
                profile.version = stored.version();
                changes.update(profile, &kinds, About::default());
            } else if let Some(expected) = call.expected {
                return Err(Error::Conflict { expected, found: None });
            } else {
                profile.version = crate::Version::FIRST;
                changes.insert(profile, &kinds, About::default());
            }
            Ok(changes)
        });
        first(call, records.await?)
    }
}
