//! What the server holds in memory, on SQLite: at rest, and after many requests.

use std::time::Duration;

use invoice_benches::Wrong;
use invoice_benches::cpu::resident_kilobytes_of;
use invoice_benches::table::{Goal, Report, decimal, thousands};

use crate::Length;
use crate::process::Process;
use crate::team;
use crate::wrk::{CONNECTIONS, Load};

/// Requests that fill caches before growth counts.
const WARM: usize = 50_000;
/// Requests after these.
const REQUESTS: usize = 1_000_000;
/// Of so many requests one creates a draft; the others read one.
const READS: usize = 50;

pub(crate) async fn measure(report: &mut Report, length: Length) -> Result<(), Wrong> {
    report.table("Memory of the server on SQLite", &["", "resident MB", "ratio", "goal"]);
    let server = Process::ours(None)?;
    // It has told where it listens: give what it does at its start a moment to end.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let held = || Ok::<_, Wrong>(u128::from(resident_kilobytes_of(server.id())?) * 1_024 / 1_000);
    let row = |report: &mut Report, what: &str, bytes: u128, ratio: &str, goal: &str| {
        report.cells(&[what, &decimal(bytes), ratio, goal]);
    };
    let rest = held()?;
    row(report, "at rest, before the first request", rest, "", &Goal::AtMost(40_000).text(rest));
    let team = team::found(server.address(), 1)?.pop().ok_or("no team")?;
    let drafts = team.drafts(server.address(), READS)?;
    let mut requests: Vec<String> = drafts.iter().map(|id| team.read(server.address(), id)).collect();
    requests.push(team.create(server.address()));
    row(report, "after a log-in", held()?, "", "");
    let load = Load::of(&requests)?;
    let target = server.target(None);
    let mut warm = 0;
    for (what, most) in [("warm", length.count(WARM)), ("many", length.count(REQUESTS))] {
        let mut answered = 0;
        while answered < u64::try_from(most)? {
            let time = if length == Length::Full && what == "many" { 15 } else { 3 };
            answered += load.run(&target, CONNECTIONS, Duration::from_secs(time)).await?.operations;
        }
        let now = held()?;
        let name = format!("after {} requests more", thousands(answered.into()));
        if what == "warm" {
            warm = now;
            row(report, &name, now, "", "");
        } else {
            let ratio = now * 1_000 / warm.max(1);
            row(report, &name, now, &decimal(ratio), &Goal::AtMost(1_100).text(ratio));
        }
    }
    report.note(&format!(
        "One of {} requests creates a draft, the others read one; the growth is that beside the line before.",
        READS + 1
    ));
    Ok(())
}
