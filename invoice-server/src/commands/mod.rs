//! What the program can be asked to do.

mod keys;
mod migrate;
mod user;
mod verify;

use std::process::ExitCode;

use crate::cli::{Command, Team, User};
use crate::config::Config;
use crate::serve;

pub(crate) async fn run(command: Command, config: Config) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve => return serve::run(config).await,
        Command::Migrate(what) => migrate::run(what, &config).await?,
        Command::User(User::Create(new)) => user::create(new, config).await?,
        Command::Team(Team::Create(new)) => user::create_team(new, config).await?,
        Command::Keys(what) => keys::run(what, config).await?,
        Command::Openapi => println!("{}", serde_json::to_string_pretty(&invoice_http::openapi_with_auth())?),
        Command::Verify(which) => return verify::run(which, &config).await,
    }
    Ok(ExitCode::SUCCESS)
}
