//! The teams that the workers invoice for.

use std::sync::Arc;

use anyhow::{Context, Result};
use invoice_core::ports::{BillingPorts, ClientQuery, PageRequest};
use invoice_core::service::{Billing, Call};
use invoice_core::{
    Actor, Address, ClientData, ClientId, Country, DocumentType, Party, Pattern, Reset, SeriesData, SeriesId,
    SupplierProfile, TeamId, TimeZone, Timestamp,
};

use crate::random::{DerivedIds, Random, Stopped};

/// How many teams there are. The first has a series that everybody wants to use.
pub const TEAMS: u64 = 8;
/// How many series each has.
pub const SERIES: u64 = 3;
/// How many clients each has.
pub const CLIENTS: u64 = 2;

/// 2026-01-10T12:00:00Z.
const START: i64 = 1_768_046_400_000;
const DAY: i64 = 86_400_000;
const RESETS: [Reset; 3] = [Reset::Never, Reset::Yearly, Reset::Monthly];

/// A team, its series and its clients.
#[derive(Debug, Clone)]
pub struct Team {
    /// Its identifier.
    pub id: TeamId,
    /// The instant its clock shows: each team lives in another month.
    pub now: Timestamp,
    /// Its series, the oldest first.
    pub series: Vec<SeriesId>,
    /// Its clients, the newest first.
    pub clients: Vec<ClientId>,
}

impl Team {
    /// The application itself, acting in the team.
    pub fn actor(&self) -> Actor {
        Actor::system(self.id)
    }
}

/// The team at a place, and what its clock shows.
fn place(seed: u64, place: u64) -> (TeamId, Timestamp) {
    let bytes = Random::of(&[seed, place]).bytes();
    let id = uuid::Builder::from_random_bytes(std::array::from_fn(|at| bytes.get(at).copied().unwrap_or(0)));
    let days = i64::try_from(place).unwrap_or(0) * 23;
    (TeamId::from_uuid(id.into_uuid()), Timestamp::from_millis(START + days * DAY))
}

/// Creates the teams.
pub async fn prepare(ports: &BillingPorts, seed: u64) -> Result<()> {
    for at in 0..TEAMS {
        let (id, now) = place(seed, at);
        let ids = DerivedIds::new(Random::of(&[seed, at, TEAMS]));
        let billing = Billing::new(ports.clone(), Arc::new(Stopped(now)), Arc::new(ids));
        let call = Call::new(Actor::system(id));
        let supplier = SupplierProfile::new(id, party("Rösterei Blau GmbH")?, TimeZone::UTC);
        billing.set_supplier(&call, supplier).await?;
        for (place, reset) in (0..SERIES).zip(RESETS) {
            let pattern = match reset {
                Reset::Monthly => format!("S{place}-{{year}}-{{month}}-{{seq:05}}"),
                Reset::Yearly => format!("S{place}-{{year}}-{{seq:05}}"),
                _ => format!("S{place}-{{seq:05}}"),
            };
            let data = SeriesData {
                document_type: DocumentType::Invoice,
                name: format!("series {place}"),
                pattern: Pattern::new(&pattern)?,
                reset,
                start: 1 + place * 100,
                from: TimeZone::UTC.date_at(now),
            };
            billing.create_series(&call, data).await?;
        }
        for place in 0..CLIENTS {
            billing.create_client(&call, ClientData::new(party(&format!("Café {place}"))?)).await?;
        }
    }
    Ok(())
}

/// Finds the teams that were created.
pub async fn teams(ports: &BillingPorts, seed: u64) -> Result<Vec<Team>> {
    let mut teams = Vec::new();
    for at in 0..TEAMS {
        let (id, now) = place(seed, at);
        let series = ports.catalog.all_series(id).await?;
        let page = PageRequest::first(PageRequest::MAX_LIMIT)?;
        let clients = ports.catalog.clients(id, &ClientQuery::default(), &page).await?;
        teams.push(Team {
            id,
            now,
            series: series.iter().map(invoice_core::Series::id).collect(),
            clients: clients.items.iter().map(invoice_core::Client::id).collect(),
        });
    }
    Ok(teams)
}

fn party(name: &str) -> Result<Party> {
    let country = Country::new("AT").context("no such country")?;
    Ok(Party::new(name)
        .with_address(Address::new(country).with_line("Neubaugasse 7").with_city("Wien"))
        .with_vat_id("ATU12345675"))
}
