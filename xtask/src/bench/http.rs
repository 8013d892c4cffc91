//! What the benchmark of the API needs beside databases: `wrk`, our server, and the peer it is compared with.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command::{program, run};
use crate::features::target;
use crate::provision::{Engine, wrk};

/// Where the benchmark finds our server, and the folder of the peer.
const SERVER: &str = "INVOICE_SERVER";
const PEER: &str = "INVOICE_BENCH_PEER";

/// What was asked for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Http {
    /// The folder of the peer's program, as its author left it.
    peer: Option<PathBuf>,
    /// For the benchmark itself.
    pub(super) rest: Vec<String>,
}

impl Http {
    pub(super) fn read(args: &[String]) -> Result<Self> {
        let mut http = Self::default();
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--" => {}
                "--peer" => http.peer = Some(args.next().context("--peer needs a folder")?.into()),
                _ => http.rest.push(arg.clone()),
            }
        }
        if http.peer.is_none() && http.needs("peer") {
            bail!(
                "name the folder of the peer's program by `cargo xtask bench http -- --peer FOLDER`, or the parts \
                 that do without: handlers, tokens, memory"
            );
        }
        Ok(http)
    }

    /// Whether a part is asked for.
    pub(super) fn needs(&self, part: &str) -> bool {
        let mut parts = self.rest.iter().filter(|arg| !arg.starts_with('-')).peekable();
        parts.peek().is_none() || parts.any(|asked| asked == part)
    }

    /// Builds and installs what is needed, and tells the benchmark where it is.
    pub(super) fn prepare(&self, benches: &mut Command) -> Result<()> {
        wrk()?;
        if self.needs("memory") || self.needs("peer") {
            benches.env(SERVER, Engine::build_for_use()?);
        }
        if let Some(peer) = self.peer.as_deref().filter(|_| self.needs("peer")) {
            benches.env(PEER, copied(peer)?);
        }
        Ok(())
    }
}

/// A copy of the peer's folder with the packages that it names: the folder itself stays as it is.
fn copied(peer: &Path) -> Result<PathBuf> {
    let copy = target()?.join("tools").join("peer");
    fs::create_dir_all(&copy)?;
    for entry in fs::read_dir(peer).with_context(|| format!("no folder {}", peer.display()))? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fs::copy(entry.path(), copy.join(entry.file_name()))?;
        }
    }
    run(program("npm").current_dir(&copy).args(["install", "--no-audit", "--no-fund", "--silent"]))?;
    Ok(copy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Http> {
        Http::read(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn the_peer_must_be_named_unless_it_is_not_asked_for() {
        assert!(read("").is_err() && read("-- --short").is_err() && read("peer").is_err());
        assert!(read("-- handlers tokens --short").is_ok());
    }

    #[test]
    fn the_peers_folder_is_no_business_of_the_benchmark() {
        let http = read("-- --peer yardstick memory --short").unwrap();
        assert_eq!(http.peer, Some(PathBuf::from("yardstick")));
        assert_eq!(http.rest, ["memory", "--short"]);
        assert!(http.needs("memory") && !http.needs("peer"));
    }
}
