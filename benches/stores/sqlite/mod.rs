//! SQLite: the store beside the bare driver.

mod bare;
mod statements;

use std::sync::Arc;

use invoice_core::change::{AggregateId, ChangeSet};
use invoice_core::ports::{Commits, Invoices as _};
use invoice_core::{InvoiceId, TeamId};
use invoice_store_sqlite::{Durability, Settings, SqliteStore};
use statements::{Step, Watched};
use tempfile::TempDir;

use crate::measure::{Pairs, Sample};
use crate::table::{Goal, Report, millis};
use crate::world::Teams;
use crate::{Length, Wrong, machine, run};

/// Teams, in each of which one counter is moved in its turn.
const TEAMS: usize = 1_000;

/// The same teams in three files: of the store, of the bare driver, and to learn the statements from.
struct Files {
    _folder: TempDir,
    store: Arc<dyn Commits>,
    reads: SqliteStore,
    bare: rusqlite::Connection,
    watched: Watched,
}

impl Files {
    async fn new(teams: &Teams, durability: Durability) -> Result<Self, Wrong> {
        let folder = tempfile::tempdir()?;
        let settings = Settings::new().durability(durability);
        let file = |name: &str| folder.path().join(name);
        for name in ["store.db", "bare.db", "watched.db"] {
            // The founding is not measured, so it need not be durable.
            let store = SqliteStore::open_with(file(name), Settings::new().durability(Durability::Normal))?;
            teams.settle(&store).await?;
        }
        let synchronous = if durability == Durability::Full { "FULL" } else { "NORMAL" };
        let store = SqliteStore::open_with(file("store.db"), settings)?;
        Ok(Self {
            store: Arc::new(store.clone()),
            reads: store,
            bare: bare::open(&file("bare.db"), synchronous)?,
            watched: Watched::new(bare::open(&file("watched.db"), "OFF")?),
            _folder: folder,
        })
    }

    /// Lands it everywhere, unmeasured.
    async fn land(&mut self, changes: &[Arc<ChangeSet>]) -> Result<(), Wrong> {
        for some in changes.chunks(100) {
            for answer in self.store.commit_all(some.to_vec()).await {
                answer?;
            }
            self.bare.execute_batch("PRAGMA synchronous = OFF")?;
            let mut steps = Vec::new();
            for change in some {
                steps.push(self.watched.commit(change)?);
            }
            bare::replay(&self.bare, &steps)?;
        }
        Ok(())
    }

    /// The store and the bare driver in turns, each with the same commits.
    async fn pairs(&mut self, turns: Vec<Vec<Arc<ChangeSet>>>) -> Result<Pairs, Wrong> {
        let mut steps: Vec<Vec<Vec<Step>>> = Vec::new();
        for changes in &turns {
            let turn: Result<_, Wrong> = changes.iter().map(|change| self.watched.commit(change)).collect();
            steps.push(turn?);
        }
        let count = turns.len().saturating_sub(1);
        let (mut turns, mut steps) = (turns.into_iter(), steps.into_iter());
        let (store, bare) = (&self.store, &self.bare);
        Pairs::take(
            count,
            async || run::commit(store, 1, turns.next().ok_or("no turn left")?, None).await,
            async || bare::replay(bare, &steps.next().ok_or("no turn left")?),
        )
        .await
    }
}

/// All of it.
pub(crate) async fn measure(report: &mut Report, length: Length) -> Result<(), Wrong> {
    report.heading("SQLite beside the same statements on bare rusqlite, one after the other");
    let teams = Teams::new(1, TEAMS).await?;
    for (durability, name, goal) in [
        (Durability::Full, "durable", Goal::AtLeast(850)),
        (Durability::Normal, "synchronous NORMAL", Goal::None),
    ] {
        let count = length.operations(if durability == Durability::Full { 300 } else { 1_000 });
        let mut files = Files::new(&teams, durability).await?;
        let mut turns = Vec::new();
        for _ in 0..=length.turns() {
            turns.push(teams.issues(count).await?);
        }
        let pairs = files.pairs(turns).await?;
        report.speed(&format!("create and issue in one commit, {name}"), &pairs, goal);

        let mut turns = Vec::new();
        for _ in 0..=length.turns() {
            let (drafts, publications) = teams.publications(count).await?;
            files.land(&drafts).await?;
            turns.push(publications);
        }
        let synchronous = if durability == Durability::Full { "FULL" } else { "NORMAL" };
        files.bare.pragma_update(None, "synchronous", synchronous)?;
        let pairs = files.pairs(turns).await?;
        report.speed(&format!("publish a draft, {name}"), &pairs, goal);
    }
    together(report, length, &teams).await?;
    read(report, length, &teams).await
}

/// Many who wait for the disk at the same time, beside one who waits alone.
async fn together(report: &mut Report, length: Length, teams: &Teams) -> Result<(), Wrong> {
    report.heading("SQLite, durable: 16 at once beside one by one");
    let files = Files::new(teams, Durability::Full).await?;
    let count = length.operations(1_600);
    let pairs = Pairs::take(
        length.turns(),
        async || run::commit(&files.store, 16, teams.issues(count).await?, None).await,
        async || run::commit(&files.store, 1, teams.issues(count / 8).await?, None).await,
    )
    .await?;
    report.speed("create and issue, 16 tasks beside 1", &pairs, Goal::AtLeast(6_000));
    report.note(&format!("An fsync of 8 KiB took {} (median).", millis(machine::fsync()?)));
    Ok(())
}

/// Look-ups by id, from one task.
async fn read(report: &mut Report, length: Length, teams: &Teams) -> Result<(), Wrong> {
    report.heading("SQLite: an invoice by id beside the same statement on bare rusqlite");
    let mut files = Files::new(teams, Durability::Normal).await?;
    let issued = teams.issues(TEAMS).await?;
    files.land(&issued).await?;
    let wanted: Vec<_> =
        issued.iter().filter_map(invoice_of).cycle().take(length.operations(20_000)).collect();
    let ours = async || -> Result<Sample, Wrong> {
        let store = files.reads.clone();
        run::each(1, wanted.clone(), None, move |(team, id)| {
            let store = store.clone();
            async move { store.invoice(team, id).await?.map(|_| ()).ok_or_else(|| "no such invoice".into()) }
        })
        .await
    };
    let bare = &files.bare;
    let parsed = Pairs::take(length.turns(), ours, async || bare::read(bare, &wanted, true)).await?;
    report.speed("into an `Invoice`, both", &parsed, Goal::AtLeast(800));
    let raw = Pairs::take(length.turns(), ours, async || bare::read(bare, &wanted, false)).await?;
    report.speed("into an `Invoice`, beside the bare text", &raw, Goal::None);
    Ok(())
}

/// The invoice that a change set writes.
fn invoice_of(change: &Arc<ChangeSet>) -> Option<(TeamId, InvoiceId)> {
    match change.writes.first()?.id() {
        AggregateId::Invoice(id) => Some((change.team, id)),
        _ => None,
    }
}
