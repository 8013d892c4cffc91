//! What can be typed.

use clap::{Args, Parser, Subcommand};

use crate::config::Given;

/// Serves the invoicing API, and does an operator's errands.
///
/// Without any argument it serves on a SQLite file in the present folder. Each setting is a flag, a variable of the
/// environment or of `.env`, or a line of the TOML file, in this order of precedence.
#[derive(Debug, Parser)]
#[command(name = "invoice-server", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) settings: Given,
}

#[derive(Debug, Default, Subcommand)]
pub(crate) enum Command {
    /// Serve the API until told to stop.
    #[default]
    Serve,
    /// Bring the databases' schema up to this release, take steps back, or tell how far it is. Opening a SQLite file
    /// brings it up anyway.
    #[command(subcommand)]
    Migrate(Migrate),
    /// Manage accounts.
    #[command(subcommand)]
    User(User),
    /// Manage teams.
    #[command(subcommand)]
    Team(Team),
    /// Manage the keys that sign access tokens.
    #[command(subcommand)]
    Keys(Keys),
    /// Print the OpenAPI document of all routes.
    Openapi,
    /// Verify the hash chains of issued documents, of all teams or of some; fails if one is broken.
    Verify(Verify),
}

impl Command {
    /// Whether keys are opened or sealed for it.
    pub(crate) fn needs_master_key(&self) -> bool {
        match self {
            Self::Openapi | Self::Verify(_) | Self::Migrate(_) | Self::Keys(Keys::List) => false,
            Self::Serve | Self::User(_) | Self::Team(_) | Self::Keys(Keys::Rotate | Keys::Revoke(_)) => true,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Migrate {
    /// Apply what is missing.
    Up,
    /// Take the last steps back.
    Down(Down),
    /// Tell which version each database is at.
    Status,
}

#[derive(Debug, Args)]
pub(crate) struct Down {
    /// How many steps.
    #[arg(default_value_t = 1)]
    pub(crate) steps: usize,
    /// Also when that loses rows.
    #[arg(long)]
    pub(crate) force: bool,
    /// In the identity database instead of the one of invoices, if they are two.
    #[arg(long)]
    pub(crate) identity: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// Make an account whose address counts as verified. The password is read from the first line of standard input.
    Create(NewUser),
}

#[derive(Debug, Args)]
pub(crate) struct NewUser {
    /// The e-mail address to log in with.
    #[arg(long)]
    pub(crate) email: String,
    /// The person's name.
    #[arg(long, default_value = "")]
    pub(crate) name: String,
    /// Also make a team of this name, which the user owns.
    #[arg(long)]
    pub(crate) team: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Team {
    /// Make a team for an account that is there. Its password is read from the first line of standard input.
    Create(NewTeam),
}

#[derive(Debug, Args)]
pub(crate) struct NewTeam {
    /// The e-mail address of whoever will own it.
    #[arg(long)]
    pub(crate) email: String,
    /// The team's name.
    #[arg(long)]
    pub(crate) name: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// List all keys, oldest first.
    List,
    /// Let the next key sign in a few seconds; tokens stay good.
    Rotate,
    /// Destroy a key at once, with every token it signed.
    Revoke(Revoke),
}

#[derive(Debug, Args)]
pub(crate) struct Revoke {
    /// The key's identifier, as listed.
    pub(crate) kid: String,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The teams' identifiers, such as `team_…`; all teams if nothing is said.
    pub(crate) teams: Vec<String>,
    /// All teams of the user with this e-mail address.
    #[arg(long, value_name = "EMAIL")]
    pub(crate) user: Option<String>,
}
