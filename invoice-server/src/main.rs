//! The invoicing engine as one program: `invoice-server` serves the REST API over SQLite, PostgreSQL or MongoDB, and
//! does an operator's errands.

mod cli;
mod commands;
mod config;
mod connections;
mod engine;
mod health;
mod mail;
mod master_key;
mod metrics;
mod outlet;
mod private;
mod seldom;
mod serve;
mod store;
mod tasks;
mod teams;

use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::Cli;
use crate::config::Config;

fn main() -> ExitCode {
    // Before the arguments, which read the environment, and before there are other threads.
    let dotenv = dotenvy::from_path(".env");
    let cli = Cli::parse();
    let variables: Vec<_> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())))
        .collect();
    let command = cli.command.unwrap_or_default();
    let read = match dotenv {
        Err(error) if !error.not_found() => Err(vec![format!(".env: {error}")]),
        _ => {
            let variables = variables.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            Config::read(cli.settings, variables, command.needs_master_key())
        }
    };
    let config = match read {
        Ok(config) => config,
        Err(problems) => {
            eprintln!("the configuration can't be used:");
            for problem in problems {
                eprintln!("  - {problem}");
            }
            return ExitCode::from(2);
        }
    };
    config.start_logging();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(commands::run(command, config)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
