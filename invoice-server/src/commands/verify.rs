//! Whether the past is as it was.

use std::process::ExitCode;

use anyhow::{Context as _, anyhow, ensure};
use invoice_auth::email_address;
use invoice_core::ports::PageRequest;
use invoice_core::{Actor, ChainFault, TeamId};

use crate::cli::Verify;
use crate::config::Config;
use crate::engine;
use crate::store::Stores;
use crate::teams;

pub(super) async fn run(which: Verify, config: &Config) -> anyhow::Result<ExitCode> {
    let Verify { teams, user } = which;
    let read = |text: String| text.parse().map_err(|_| anyhow!("{text} is not a team's identifier"));
    let mut teams: Vec<TeamId> = teams.into_iter().map(read).collect::<Result<_, _>>()?;
    let stores = Stores::open_current(&config.billing, config.identity.as_ref()).await?;
    let ports = stores.identity().identity();
    match &user {
        Some(email) => {
            let theirs = teams_of(&stores, email).await?;
            ensure!(!theirs.is_empty(), "{email} is in no team");
            teams.extend(theirs);
        }
        None if teams.is_empty() => {
            teams = teams::all(&ports).await?;
            ensure!(!teams.is_empty(), "there is no team to verify");
        }
        None => {}
    }
    let billing = engine::billing(&stores);
    let mut is_whole = true;
    for team in teams {
        let counters = billing.verify(&Actor::system(team)).await?;
        // What a team that was deleted has issued is verified all the same.
        if counters.is_empty() && ports.teams.team(team).await?.is_none() {
            is_whole = false;
            println!("there is no team {team}");
            continue;
        }
        println!("{team}: {} counter(s)", counters.len());
        for found in counters {
            let (series, documents) = (found.counter.series, found.report.documents);
            match found.report.fault {
                None => println!("  {series}: whole, {documents} document(s)"),
                Some(fault) => {
                    is_whole = false;
                    println!("  {series}: BROKEN after {documents} document(s): {}", words(&fault));
                }
            }
        }
    }
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn teams_of(stores: &Stores, email: &str) -> anyhow::Result<Vec<TeamId>> {
    let ports = stores.identity().identity();
    let address = email_address(email).map_err(|wrong| anyhow!("{email}: {wrong}"))?;
    let user = ports.users.user_by_email(address.key()).await?;
    let user = user.with_context(|| format!("{email} has no account"))?;
    let mut page = PageRequest::first(PageRequest::MAX_LIMIT)?;
    let mut teams = Vec::new();
    loop {
        let found = ports.teams.teams_of(user.id(), &page).await?;
        teams.extend(found.items.iter().map(|team| team.team.id()));
        let Some(next) = found.next else { return Ok(teams) };
        page = page.after(next);
    }
}

/// What was found, for whoever looks into it.
fn words(fault: &ChainFault) -> String {
    match fault {
        ChainFault::Gap { expected, found } => format!("number {expected} is missing, {found} comes next"),
        ChainFault::Unlinked { number } => format!("{number} does not continue the document before it"),
        ChainFault::Changed { number } => format!("{number} is not what was issued"),
        ChainFault::Truncated { last, next } => {
            let last = last.map_or_else(|| "nothing".to_owned(), |last| last.to_string());
            format!("it ends with {last}, and number {next} would be the next")
        }
    }
}
