//! MongoDB: the store beside bare calls of the driver.

mod bare;
mod fill;
mod hot;
mod issue;
mod naive;
mod reads;
mod server;
mod told;

use server::Server;

use crate::table::Report;
use crate::{Length, Wrong};

/// What was asked for: all of it, or the parts `issue`, `hot`, `get` and `list`.
pub(crate) async fn measure(report: &mut Report, parts: &[&str], length: Length) -> Result<(), Wrong> {
    let server = Server::new().await?;
    report.note(&format!(
        "MongoDB {}, a replica set of one node; every write acknowledged by a majority and journalled.",
        server.version
    ));
    let done = all(&server, report, parts, length).await;
    server.clean().await?;
    done
}

async fn all(server: &Server, report: &mut Report, parts: &[&str], length: Length) -> Result<(), Wrong> {
    let asked = |part: &str| parts.is_empty() || parts.contains(&part);
    if asked("issue") {
        issue::issue(server, report, length).await?;
    }
    if asked("hot") {
        hot::hot(server, report, length).await?;
    }
    if asked("get") {
        reads::get(server, report, length).await?;
    }
    if asked("list") {
        reads::list(server, report, length).await?;
    }
    Ok(())
}
