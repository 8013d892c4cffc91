//! A private MongoDB: a replica set of one node or more, each with its own data folder on a free loopback port, not as
//! root where that is possible, ended by its process id.
//!
//! It asks for no password, unlike our PostgreSQL: whoever else works on this machine sees the data of tests, but no
//! command of MongoDB's runs a program or reads a file, and scripts are off.

mod program;
mod wire;

pub(crate) use program::mongod;

use std::fs::OpenOptions;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::folder::{Folder, User};
use super::guardian::Guardian;
use wire::ask;

/// The name of the replica set.
const SET: &str = "rs0";
const START: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(20);
/// Another program may take the port between our finding it free and the server's binding it.
const PORTS: usize = 5;
/// Every collection and index is an open file, and the soft limit of many systems is 1,024. `exec` keeps the process id.
const IDLE_FILES: &str = "file_manager=(close_idle_time=3,close_scan_interval=2,close_handle_minimum=500)";
const LAUNCH: &str = r#"ulimit -n "$(ulimit -H -n)"; exec "$@""#;

/// What differs between replica sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Settings {
    /// How many servers.
    nodes: usize,
    /// Gigabytes for the cache of each.
    cache: &'static str,
    /// Megabytes for the changes that a node or a change stream that fell behind can still read.
    oplog: u32,
    /// Megabytes that the data may come to, if they are to be in memory; else they are on the disk.
    memory: Option<u64>,
    /// Seconds after which the server ends a transaction. Until then what a client wrote before it was killed is in
    /// everybody else's way: MongoDB ends no transaction because its client's connection is gone.
    transaction: u32,
    /// Fails on demand: takes the commands that set fail points.
    fails: bool,
}

impl Settings {
    /// For tests: one node that hundreds of them use at once, in memory where there is room. MongoDB syncs each file it
    /// makes, and a test's database has a file for each index: half a second on a disk.
    pub(crate) fn single() -> Self {
        Self { nodes: 1, cache: "0.5", oplog: 256, memory: Some(6 << 10), transaction: 60, fails: true }
    }

    /// For benchmarks: one node on the disk, with memory for what is measured.
    pub(crate) fn durable() -> Self {
        Self { nodes: 1, cache: "2", oplog: 1_024, memory: None, transaction: 60, fails: false }
    }

    /// For crash runs: three nodes, of which one can die, and transactions of killed workers that end soon.
    pub(crate) fn replicated() -> Self {
        Self { nodes: 3, cache: "0.25", oplog: 256, memory: None, transaction: 3, fails: false }
    }
}

/// A running replica set of our own. Dropping it ends the servers and removes their data.
pub(crate) struct Mongo {
    nodes: Vec<Node>,
    url: String,
}

impl Mongo {
    /// Starts the servers and makes a replica set of them; returns once there is a primary that takes writes and the
    /// others follow it.
    pub(crate) fn start(settings: &Settings) -> Result<Self> {
        let program = mongod()?;
        let user = unprivileged(&program)?;
        let mut nodes = Vec::new();
        for _ in 0..settings.nodes {
            nodes.push(Node::new(&program, user, settings)?);
        }
        for node in &mut nodes {
            node.wait(Instant::now() + START)?;
        }
        let addresses: Vec<_> = nodes.iter().map(Node::address).collect();
        let members: Vec<_> =
            addresses.iter().enumerate().map(|(id, host)| json!({"_id": id, "host": host})).collect();
        // A second without a primary instead of ten.
        let config = json!({"_id": SET, "members": members, "settings": {"electionTimeoutMillis": 1000}});
        let first = nodes.first().context("a replica set has at least one node")?;
        ask(first.port, "replSetInitiate", &config)?;
        let url = format!("mongodb://{}/?replicaSet={SET}", addresses.join(","));
        let mut mongo = Self { nodes, url };
        let deadline = Instant::now() + START;
        mongo.primary(deadline)?;
        for node in &mut mongo.nodes {
            node.wait_until(deadline, |hello| hello.is_primary || hello.is_secondary)?;
        }
        Ok(mongo)
    }

    /// The URI of the replica set, without a database.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Kills the primary with SIGKILL, and answers which node that was.
    pub(crate) fn kill_primary(&mut self) -> Result<usize> {
        let primary = self.primary(Instant::now() + START)?;
        self.node(primary)?.kill()?;
        Ok(primary)
    }

    /// Starts a killed node again, on the same data and port, after another one has become primary if there is one that
    /// can; returns once it follows.
    pub(crate) fn restart(&mut self, node: usize) -> Result<()> {
        let deadline = Instant::now() + START;
        let alive = self.nodes.iter().filter(|node| node.child.is_some()).count();
        if alive > self.nodes.len() / 2 {
            self.primary(deadline)?;
        }
        let node = self.node(node)?;
        // Somebody's connection may have the port for a moment.
        while let Err(error) = node.launch().and_then(|()| node.wait(deadline)) {
            node.kill()?;
            if Instant::now() >= deadline {
                return Err(error);
            }
            sleep(POLL);
        }
        node.wait_until(deadline, |hello| hello.is_primary || hello.is_secondary)
    }

    fn node(&mut self, node: usize) -> Result<&mut Node> {
        self.nodes.get_mut(node).context("no such node")
    }

    /// The node that takes writes, as soon as one does.
    fn primary(&mut self, deadline: Instant) -> Result<usize> {
        loop {
            for (index, node) in self.nodes.iter_mut().enumerate() {
                if node.child.is_some() && node.hello()?.is_some_and(|hello| hello.is_primary) {
                    return Ok(index);
                }
            }
            if Instant::now() >= deadline {
                let words: Vec<_> = self.nodes.iter().map(|node| node.folder.last_words()).collect();
                bail!("no primary after {} s\n{}", START.as_secs(), words.join("\n\n"));
            }
            sleep(POLL);
        }
    }
}

/// What a server says of itself.
#[derive(Debug, Clone, Copy)]
struct Hello {
    is_primary: bool,
    is_secondary: bool,
}

/// One server of a set.
struct Node {
    child: Option<Child>,
    // Fields are dropped in their order, after the server was stopped: what the guardian would remove is gone by then.
    folder: Folder,
    guardian: Guardian,
    program: PathBuf,
    user: Option<User>,
    settings: Settings,
    port: u16,
}

impl Node {
    /// Starts a server that belongs to no set yet.
    fn new(program: &Path, user: Option<User>, settings: &Settings) -> Result<Self> {
        let folder = match settings.memory {
            Some(megabytes) => Folder::new_in_memory("mongo", megabytes)?,
            None => Folder::new("mongo")?,
        };
        if let Some(user) = user {
            folder.give_to(user)?;
        }
        let guardian = Guardian::of(folder.path())?;
        let (program, settings) = (program.to_owned(), *settings);
        let mut node = Self { child: None, folder, guardian, program, user, settings, port: 0 };
        let mut attempts = 1;
        while let Err(error) = node.start_on_a_free_port() {
            if attempts == PORTS {
                return Err(error);
            }
            attempts += 1;
        }
        Ok(node)
    }

    fn start_on_a_free_port(&mut self) -> Result<()> {
        self.port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        self.launch()?;
        let answer = self.wait(Instant::now() + START);
        if answer.is_err() {
            self.kill()?;
        }
        answer
    }

    fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    fn launch(&mut self) -> Result<()> {
        let log = OpenOptions::new().append(true).create(true).open(self.folder.log())?;
        let mut command = Command::new("sh");
        command.args(["-c", LAUNCH, "sh"]).arg(&self.program).arg("--dbpath").arg(self.folder.path());
        command.args(["--bind_ip", "127.0.0.1", "--nounixsocket", "--noscripting", "--replSet", SET]);
        command.args(["--port", &self.port.to_string(), "--oplogSize", &self.settings.oplog.to_string()]);
        command.args(["--wiredTigerCacheSizeGB", self.settings.cache]);
        command.args(["--setParameter", "diagnosticDataCollectionEnabled=false"]);
        // Hundreds of tests have a database each, of a hundred files: those at rest, and those that were dropped, are let go.
        command.args(["--wiredTigerEngineConfigString", IDLE_FILES]);
        command.args(["--setParameter", "minSnapshotHistoryWindowInSeconds=5"]);
        let lifetime = format!("transactionLifetimeLimitSeconds={}", self.settings.transaction);
        command.args(["--setParameter", &lifetime]);
        if self.settings.fails {
            command.args(["--setParameter", "enableTestCommands=1"]);
        }
        // Told to stop, it does not wait for its clients to find another server first.
        command.args(["--setParameter", "shutdownTimeoutMillisForSignaledShutdown=0"]);
        if let Some(user) = self.user {
            command.uid(user.id).gid(user.group);
        }
        // In a group of its own: Ctrl-C is for us, and then for the guardian, which stops it in good order.
        command.process_group(0).current_dir(self.folder.path());
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let child = command.spawn().context("cannot start `mongod`")?;
        self.guardian.watch(Some(child.id()))?;
        self.child = Some(child);
        Ok(())
    }

    /// Until it answers.
    fn wait(&mut self, deadline: Instant) -> Result<()> {
        self.wait_until(deadline, |_| true)
    }

    fn wait_until(&mut self, deadline: Instant, is_reached: impl Fn(Hello) -> bool) -> Result<()> {
        while !self.hello()?.is_some_and(&is_reached) {
            if Instant::now() >= deadline {
                bail!("MongoDB was not ready within {} s\n{}", START.as_secs(), self.folder.last_words());
            }
            sleep(POLL);
        }
        Ok(())
    }

    /// What it says of itself; nothing if it does not answer. One that has ended is an error.
    fn hello(&mut self) -> Result<Option<Hello>> {
        let child = self.child.as_mut().context("the server was not started")?;
        if let Some(status) = child.try_wait()? {
            bail!("MongoDB ended by itself: {status}\n{}", self.folder.last_words());
        }
        let Ok(hello) = ask(self.port, "hello", &json!(1)) else { return Ok(None) };
        let is = |name| hello.get(name) == Some(&Value::Bool(true));
        Ok(Some(Hello { is_primary: is("isWritablePrimary"), is_secondary: is("secondary") }))
    }

    /// With SIGKILL.
    fn kill(&mut self) -> Result<()> {
        self.guardian.kill(self.child.take())
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // Nobody reads the data again, so there is nothing to be put in order first.
        if let Err(error) = self.kill() {
            eprintln!("cannot stop MongoDB: {error:#}");
        }
    }
}

/// Whom the servers run as: not root, unless nobody else may run the program where it is kept.
fn unprivileged(program: &Path) -> Result<Option<User>> {
    let Some(user) = User::unprivileged()? else { return Ok(None) };
    let mut version = Command::new(program);
    version.arg("--version").current_dir("/").uid(user.id).gid(user.group).stdin(Stdio::null());
    Ok(version.output().is_ok().then_some(user))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(mongo: &mut Mongo, node: usize) -> Option<Hello> {
        mongo.node(node).unwrap().hello().unwrap()
    }

    #[test]
    fn a_single_server_takes_writes_and_leaves_nothing() {
        let mut mongo = Mongo::start(&Settings::single()).unwrap();
        assert!(hello(&mut mongo, 0).is_some_and(|hello| hello.is_primary));
        let (folder, port) = (mongo.nodes[0].folder.path().to_owned(), mongo.nodes[0].port);
        assert_eq!(mongo.url(), format!("mongodb://127.0.0.1:{port}/?replicaSet=rs0"));
        assert_eq!(mongo.kill_primary().unwrap(), 0);
        mongo.restart(0).unwrap();
        assert_eq!(mongo.primary(Instant::now() + START).unwrap(), 0);
        drop(mongo);
        assert!(ask(port, "hello", &json!(1)).is_err() && !folder.exists());
    }

    #[test]
    fn of_three_servers_another_takes_over_when_the_primary_is_killed() {
        let mut mongo = Mongo::start(&Settings::replicated()).unwrap();
        assert_eq!(mongo.url().matches("127.0.0.1:").count(), 3);
        let killed = mongo.kill_primary().unwrap();
        assert!(ask(mongo.nodes[killed].port, "hello", &json!(1)).is_err());
        mongo.restart(killed).unwrap();
        assert!(hello(&mut mongo, killed).is_some_and(|hello| hello.is_secondary));
        assert_ne!(mongo.primary(Instant::now() + START).unwrap(), killed);
        // The next one can die too.
        let killed = mongo.kill_primary().unwrap();
        mongo.restart(killed).unwrap();
    }
}
