//! PostgreSQL's own load generator, with the store's own statements.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use super::server::{Server, Sync};
use crate::Wrong;
use crate::cpu::Cpu;
use crate::measure::Sample;

/// A script, and the values that are the same in each of its transactions.
pub(super) struct Script {
    _folder: TempDir,
    file: PathBuf,
    statement: String,
    constants: Vec<(String, String)>,
}

impl Script {
    /// From commands and one statement, with what `:name` stands for where nothing sets it.
    pub(super) fn new(
        commands: &str,
        statement: &str,
        constants: Vec<(String, String)>,
    ) -> Result<Self, Wrong> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("script.sql");
        std::fs::write(&file, format!("{commands}{statement};\n"))?;
        Ok(Self { _folder: folder, file, statement: statement.to_owned(), constants })
    }

    /// Its statement.
    pub(super) fn statement(&self) -> &str {
        &self.statement
    }

    /// Runs it so many times in all, from so many connections; `run` tells this run from all others.
    pub(super) fn run(
        &self,
        server: &Server,
        sync: Sync,
        clients: usize,
        transactions: usize,
        run: usize,
    ) -> Result<Sample, Wrong> {
        let options = &server.options;
        let mut command = Command::new(server.program("pgbench"));
        command
            .args(["-n", "-M", "prepared", "-h", options.get_host()])
            .args(["-p", &options.get_port().to_string(), "-U", options.get_username()])
            .args(["-c", &clients.to_string(), "-j", &clients.min(2).to_string()])
            .args(["-t", &transactions.div_ceil(clients.max(1)).to_string()])
            .args(["-D", "n=0", "-D", &format!("run={run}")])
            .arg("-f")
            .arg(&self.file)
            .env("PGPASSWORD", &server.password)
            .env("PGOPTIONS", format!("-c synchronous_commit={}", sync.value()));
        for (name, value) in &self.constants {
            command.arg("-D").arg(format!("{name}={value}"));
        }
        command.arg(options.get_database().unwrap_or("postgres"));
        let cpu = Cpu::now(Some(server.process))?;
        let output = command.output()?;
        let cpu = Cpu::now(Some(server.process))? - cpu;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() {
            let mut error = String::from_utf8_lossy(&output.stderr).into_owned();
            let _ = write!(error, "{said}");
            return Err(format!("pgbench: {error}").into());
        }
        let operations = said
            .lines()
            .find_map(|line| line.strip_prefix("number of transactions actually processed: "))
            .and_then(|counts| counts.split('/').next())
            .ok_or("pgbench counted nothing")?;
        let operations: u64 = operations.trim().parse()?;
        let tps = said
            .lines()
            .find_map(|line| line.strip_prefix("tps = "))
            .and_then(|line| line.split_whitespace().next())
            .ok_or("pgbench measured nothing")?;
        let digits: u64 = tps.replace('.', "").parse()?;
        let decimals = tps.split_once('.').map_or(0, |(_, decimals)| decimals.len());
        let scale = 10_u128.pow(u32::try_from(decimals)?);
        let nanos = u128::from(operations) * 1_000_000_000 * scale / u128::from(digits.max(1));
        let wall = Duration::from_nanos(u64::try_from(nanos)?);
        Ok(Sample { operations, wall, cpu, p99: None })
    }
}
