//! PostgreSQL: the store beside pgbench and beside bare statements.

mod fill;
mod issue;
mod pgbench;
mod reads;
mod script;
mod server;
mod told;
mod wal;

use fill::Filled;
use server::{Server, Sync};

use crate::table::Report;
use crate::{Length, Wrong};

/// The parts of it that can be asked for.
pub(crate) const PARTS: [&str; 7] = ["issue", "hot", "wal", "get", "list", "reports", "memory"];

/// What was asked for.
pub(crate) async fn measure(report: &mut Report, parts: &[&str], length: Length) -> Result<(), Wrong> {
    let server = Server::new().await?;
    report.note(&format!(
        "PostgreSQL {}; `synchronous_commit` as the rows say, all else durable.",
        server.version
    ));
    server.store(Sync::Off).await?.migrate().await?;
    let done = all(&server, report, parts, length).await;
    server.run(&format!("DROP SCHEMA {} CASCADE", server.schema)).await?;
    done
}

async fn all(server: &Server, report: &mut Report, parts: &[&str], length: Length) -> Result<(), Wrong> {
    let asked = |part: &str| parts.is_empty() || parts.contains(&part);
    if asked("issue") {
        issue::issue(server, report, length).await?;
    }
    if asked("hot") {
        issue::hot(server, report, length).await?;
    }
    if asked("wal") {
        wal::wal(server, report, length).await?;
    }
    if asked("get") {
        reads::get(server, report, length).await?;
    }
    if ["list", "reports", "memory"].into_iter().any(asked) {
        let filled = Filled::new(server, if length == Length::Full { 1 } else { 50 }).await?;
        if asked("list") {
            reads::list(server, report, length, &filled).await?;
        }
        if asked("reports") {
            reads::reports(server, report, length, &filled).await?;
        }
        if asked("memory") {
            reads::memory(server, report, &filled).await?;
        }
    }
    Ok(())
}
