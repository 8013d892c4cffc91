//! Programs that serve, each a process of its own.

use std::env;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};

use invoice_benches::Wrong;
use tempfile::TempDir;

use crate::team::{EMAIL, PASSWORD};
use crate::wrk::Target;

/// Limits on requests, as an operator raises them: they are not what is measured, and would end it.
const NO_LIMITS: [&str; 4] = ["--anonymous-limit", "1000000000/1", "--actor-limit", "1000000000/1"];
/// Seals the signing keys of a server that has no file of its own; of benchmarks alone.
const MASTER_KEY: &str = "YmVuY2htYXJrcyBvbmx5LCAzMiBieXRlcyBvZiBpdCE=";

/// A program that listens; ended when dropped.
pub(crate) struct Process {
    child: Child,
    /// Held open: what it says later is read by nobody, and must not fail.
    _output: BufReader<ChildStdout>,
    _folder: TempDir,
    address: String,
}

impl Process {
    /// Starts a program, and reads its address from the line that begins like this.
    fn start(mut command: Command, folder: TempDir, line: &str) -> Result<Self, Wrong> {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let mut output = BufReader::new(child.stdout.take().ok_or("no pipe from the program")?);
        let mut lines = output.by_ref().lines().map_while(Result::ok);
        let Some(address) = lines.find_map(|said| Some(said.strip_prefix(line)?.to_owned())) else {
            let _ = child.kill();
            return Err(format!("{command:?} ended before it listened: {}", child.wait()?).into());
        };
        Ok(Self { child, _output: output, _folder: folder, address })
    }

    /// Our server with an account in it, on the database of this address or else on SQLite.
    pub(crate) fn ours(database: Option<&str>) -> Result<Self, Wrong> {
        let program = PathBuf::from(
            env::var_os("INVOICE_SERVER").ok_or("INVOICE_SERVER is not set: run `cargo xtask bench http`")?,
        );
        let folder = tempfile::tempdir()?;
        let prepared = || {
            let mut command = Command::new(&program);
            command.env_clear().current_dir(folder.path());
            if let Some(url) = database {
                command.env("INVOICE_DATABASE_URL", url).env("INVOICE_MASTER_KEY", MASTER_KEY);
            }
            command
        };
        let mut serve = prepared();
        // The peer logs nothing either.
        serve.args(["--listen", "127.0.0.1:0", "--log-level", "warn"]).args(NO_LIMITS);
        let mut register = prepared();
        register.args(["user", "create", "--email", EMAIL, "--team", "Kontor Nord GmbH"]);
        let server = Self::start(serve, folder, "Listening on http://")?;
        let mut child = register.stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
        writeln!(child.stdin.take().ok_or("no pipe to the program")?, "{PASSWORD}")?;
        let ended = child.wait()?;
        if ended.success() { Ok(server) } else { Err(format!("the account was not made: {ended}").into()) }
    }

    /// The peer, whose folder `cargo xtask bench` prepared, on a replica set of MongoDB.
    pub(crate) fn peer(uri: &str) -> Result<Self, Wrong> {
        let folder = env::var_os("INVOICE_BENCH_PEER")
            .ok_or("no peer: name its folder by `cargo xtask bench http -- --peer FOLDER`")?;
        let mut command = Command::new("node");
        command.arg("index.js").current_dir(folder);
        command.env("NODE_ENV", "production").env("MONGO_URI", uri).env("PORT", "0");
        let mut peer = Self::start(command, tempfile::tempdir()?, "listening ")?;
        peer.address = format!("127.0.0.1:{}", peer.address);
        Ok(peer)
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// As what is measured, with the database behind it.
    pub(crate) fn target(&self, database: Option<u32>) -> Target {
        Target { address: self.address.clone(), process: self.id(), database }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
