//! Our own server, built and started on a new SQLite file in a folder of its own, on a free loopback port.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::folder::Folder;
use super::guardian::Guardian;
use crate::command::{cargo, run};
use crate::features::target;

/// What it says before its address once it listens.
const LISTENING: &str = "Listening on http://";

/// A running server. Dropping it ends the server and removes its folder.
pub(crate) struct Engine {
    child: Option<Child>,
    /// Held open: what it says after its address is read by nobody, and must not fail.
    output: Option<BufReader<ChildStdout>>,
    // Dropped after the server was ended, before its guardian, which would remove it otherwise.
    folder: Folder,
    guardian: Guardian,
    program: PathBuf,
    address: String,
}

impl Engine {
    /// Builds it as `cargo run` does.
    pub(crate) fn build() -> Result<PathBuf> {
        run(cargo().args(["build", "-p", "invoice-server"]))?;
        Ok(target()?.join("debug").join("invoice-server"))
    }

    /// Builds it as it is meant to be used.
    pub(crate) fn build_for_use() -> Result<PathBuf> {
        run(cargo().args(["build", "--release", "-p", "invoice-server"]))?;
        Ok(target()?.join("release").join("invoice-server"))
    }

    /// Starts it with further settings; returns once it listens.
    pub(crate) fn start(program: &Path, settings: &[&str]) -> Result<Self> {
        let folder = Folder::new("engine")?;
        let guardian = Guardian::of(folder.path())?;
        let mut engine = Self {
            child: None,
            output: None,
            folder,
            guardian,
            program: program.to_owned(),
            address: String::new(),
        };
        let log = File::create(engine.log())?;
        // In a group of its own: Ctrl-C is for us, and then for the guardian.
        let mut child = engine
            .program()
            .args(["--listen", "127.0.0.1:0", "--log-level", "warn"])
            .args(settings)
            .process_group(0)
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .context("cannot start invoice-server")?;
        engine.guardian.watch(Some(child.id()))?;
        let output = child.stdout.take().context("no pipe from the server")?;
        engine.child = Some(child);
        let mut output = BufReader::new(output);
        let lines = output.by_ref().lines().map_while(Result::ok);
        let address = lines.into_iter().find_map(|line| Some(line.strip_prefix(LISTENING)?.to_owned()));
        engine.output = Some(output);
        let Some(address) = address else { bail!("invoice-server did not start\n{}", engine.last_words()) };
        engine.address = address;
        Ok(engine)
    }

    /// The program, in the server's folder and without anything from our environment that it would heed.
    pub(crate) fn program(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.env_clear().current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }

    /// Makes an account whose address counts as verified, and a team of its own.
    pub(crate) fn create_user(&self, email: &str, password: &str, team: &str) -> Result<()> {
        let mut command = self.program();
        command.args(["user", "create", "--email", email, "--team", team]).stdin(Stdio::piped());
        let mut child = command.stdout(Stdio::null()).spawn()?;
        writeln!(child.stdin.take().context("no pipe to the program")?, "{password}")?;
        let status = child.wait()?;
        if !status.success() {
            bail!("the account of {email} could not be made: {status}");
        }
        Ok(())
    }

    pub(crate) fn executable(&self) -> &Path {
        &self.program
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its address without a path.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many requests it answered, by status.
    pub(crate) fn answered(&self) -> Result<BTreeMap<String, u64>> {
        Ok(by_status(&self.get("/metrics")?))
    }

    fn get(&self, path: &str) -> Result<String> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        write!(stream, "GET {path} HTTP/1.0\r\nhost: {}\r\n\r\n", self.address)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        match answer.split_once("\r\n\r\n") {
            Some((head, body)) if head.contains(" 200 ") => Ok(body.to_owned()),
            _ => bail!("GET {path} was answered {}", answer.lines().next().unwrap_or_default()),
        }
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// The end of the server's log.
    pub(crate) fn last_words(&self) -> String {
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines.get(lines.len().saturating_sub(20)..).unwrap_or_default().join("\n")
    }

    fn kill(&mut self) -> Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill().context("cannot kill the server")?;
            child.wait().context("cannot wait for the server")?;
            self.guardian.watch(None)?;
        }
        Ok(())
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // Nobody reads the file again, so there is nothing to be put in order first.
        if let Err(error) = self.kill() {
            eprintln!("cannot stop invoice-server: {error:#}");
        }
    }
}

/// Adds up what Prometheus is told of requests.
fn by_status(metrics: &str) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for line in metrics.lines().filter(|line| line.starts_with("http_requests_total{")) {
        let status = line.split("status=\"").nth(1).and_then(|rest| rest.split('"').next());
        let count = line.rsplit(' ').next().and_then(|count| count.parse::<u64>().ok());
        if let (Some(status), Some(count)) = (status, count) {
            *counts.entry(status.to_owned()).or_insert(0) += count;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_added_up_over_routes_and_methods() {
        let metrics = "# TYPE http_requests_total counter\n\
                       http_requests_total{method=\"GET\",route=\"/a\",status=\"200\"} 3\n\
                       http_requests_total{method=\"PUT\",route=\"/b\",status=\"200\"} 4\n\
                       http_requests_total{method=\"GET\",route=\"/a\",status=\"404\"} 1\n\
                       http_requests_in_flight 9\n";
        let expected = BTreeMap::from([("200".to_owned(), 7), ("404".to_owned(), 1)]);
        assert_eq!(by_status(metrics), expected);
    }
}
