//! A private PostgreSQL: own data folder, free loopback port, not as root, ended by its process id.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::{OpenOptionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::binaries;
use super::folder::{Folder, User, random};
use super::guardian::Guardian;

const USER: &str = "invoice";
/// A start after a crash replays what was not yet in the data files.
const START: Duration = Duration::from_mins(1);
const STOP: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(20);
/// Another program may take the port between our finding it free and the server's binding it.
const PORTS: usize = 5;

/// What differs from the server's own defaults: `name=value`, as its `-c` takes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings(Vec<String>);

impl Settings {
    /// For tests: many connections, nothing waits for the disk. Not even a crash of the machine matters.
    pub(crate) fn fast() -> Self {
        Self::durable().with("fsync", "off").with("synchronous_commit", "off").with("full_page_writes", "off")
    }

    /// As in production: an acknowledged commit is on the disk.
    pub(crate) fn durable() -> Self {
        Self(Vec::new()).with("max_connections", "200").with("unix_socket_directories", "").with("jit", "off")
    }

    /// One more; the later of two for one name counts.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.0.push(format!("{name}={value}"));
        self
    }
}

/// A running server of our own. Dropping it stops the server and removes its data.
pub(crate) struct Postgres {
    child: Option<Child>,
    // Fields are dropped in their order, after the server was stopped: what the guardian would remove is gone by then.
    folder: Folder,
    guardian: Guardian,
    bin: PathBuf,
    user: Option<User>,
    settings: Settings,
    port: u16,
    url: String,
}

impl Postgres {
    /// Makes a cluster and starts it; returns once it answers.
    pub(crate) fn start(settings: &Settings) -> Result<Self> {
        let bin = binaries::postgres()?;
        let user = User::unprivileged()?;
        let folder = Folder::new("postgres")?;
        if let Some(user) = user {
            folder.give_to(user)?;
        }
        let guardian = Guardian::of(folder.path())?;
        let mut server = Self {
            child: None,
            guardian,
            folder,
            bin,
            user,
            settings: settings.clone(),
            port: 0,
            url: String::new(),
        };
        let password = server.init()?;
        let mut attempts = 1;
        while let Err(error) = server.start_on_a_free_port() {
            if attempts == PORTS {
                return Err(error);
            }
            attempts += 1;
        }
        server.url = format!("postgres://{USER}:{password}@127.0.0.1:{}/postgres", server.port);
        Ok(server)
    }

    /// The URL of an empty database, of which the user in it is the superuser.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The folder with `pgbench` and the like.
    pub(crate) fn bin_dir(&self) -> &Path {
        &self.bin
    }

    /// Kills the server as a power cut would, but for what the operating system holds: SIGKILL. Its backends end
    /// when they notice.
    pub(crate) fn kill(&mut self) -> Result<()> {
        self.guardian.kill(self.child.take())
    }

    /// Starts a killed server again, on the same data and port.
    pub(crate) fn restart(&mut self) -> Result<()> {
        let deadline = Instant::now() + START;
        // Backends of the killed server hold its shared memory until the last has noticed; a start before that fails.
        while let Err(error) = self.launch(deadline) {
            if Instant::now() >= deadline {
                return Err(error);
            }
            sleep(POLL);
        }
        Ok(())
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// One of PostgreSQL's programs, as the user that owns the data.
    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.bin.join(name));
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        if let Some(user) = self.user {
            command.uid(user.id).gid(user.group);
        }
        command
    }

    /// Makes the cluster, and answers the superuser's password.
    fn init(&self) -> Result<String> {
        // Loopback is open to every user of the machine, and a superuser can run programs as us.
        let password = format!("{:016x}{:016x}", random(), random());
        let file = self.folder.path().join("password");
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600).open(&file)?.write_all(password.as_bytes())?;
        if let Some(user) = self.user {
            chown(&file, Some(user.id), Some(user.group))?;
        }
        let log = File::create(self.folder.log())?;
        let status = self
            .program("initdb")
            .arg("--pgdata")
            .arg(self.data())
            .arg("--pwfile")
            .arg(&file)
            .args(["--username", USER, "--auth=password", "--encoding=UTF8", "--locale=C", "--no-sync"])
            .stdout(log.try_clone()?)
            .stderr(log)
            .status()
            .context("cannot start `initdb`")?;
        if !status.success() {
            bail!("`initdb` failed: {status}\n{}", self.folder.last_words());
        }
        fs::remove_file(&file)?;
        Ok(password)
    }

    fn start_on_a_free_port(&mut self) -> Result<()> {
        self.port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        self.launch(Instant::now() + START)
    }

    fn launch(&mut self, deadline: Instant) -> Result<()> {
        let log = OpenOptions::new().append(true).create(true).open(self.folder.log())?;
        let mut command = self.program("postgres");
        command.arg("-D").arg(self.data()).args(["-c", "listen_addresses=127.0.0.1"]);
        command.arg("-p").arg(self.port.to_string());
        for setting in &self.settings.0 {
            command.args(["-c", setting]);
        }
        // In a group of its own: Ctrl-C is for us, and then for the guardian, which stops it in good order.
        command.process_group(0).stdout(log.try_clone()?).stderr(log);
        let mut child = command.spawn().context("cannot start `postgres`")?;
        self.guardian.watch(Some(child.id()))?;
        let ready = self.wait_until_ready(&mut child, deadline);
        self.child = Some(child);
        if ready.is_err() {
            self.kill()?;
        }
        ready
    }

    fn wait_until_ready(&self, child: &mut Child, deadline: Instant) -> Result<()> {
        loop {
            if let Some(status) = child.try_wait()? {
                bail!("PostgreSQL did not start: {status}\n{}", self.folder.last_words());
            }
            if accepts(self.port) {
                return Ok(());
            }
            if Instant::now() >= deadline {
                bail!("PostgreSQL did not answer within {} s\n{}", START.as_secs(), self.folder.last_words());
            }
            sleep(POLL);
        }
    }

    /// Fast shutdown, then by force.
    fn stop(&mut self) -> Result<()> {
        let Some(child) = &mut self.child else { return Ok(()) };
        // The standard library sends no signal but SIGKILL; a shell has `kill` built in.
        let pid = child.id().to_string();
        Command::new("sh").args(["-c", "kill -s INT \"$1\"", "sh", &pid]).status()?;
        let deadline = Instant::now() + STOP;
        while child.try_wait()?.is_none() && Instant::now() < deadline {
            sleep(POLL);
        }
        self.kill()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            eprintln!("cannot stop PostgreSQL: {error:#}");
        }
    }
}

/// Whether a server lets a client in as far as its password. One that is starting or recovering does not.
fn accepts(port: u16) -> bool {
    let ask = || -> std::io::Result<u8> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(&hello(USER))?;
        let mut answer = [0];
        stream.read_exact(&mut answer)?;
        let [kind] = answer;
        Ok(kind)
    };
    matches!(ask(), Ok(b'R'))
}

/// The first message of a client, protocol 3.0: its length, the version, and pairs of texts ended by zeros.
fn hello(user: &str) -> Vec<u8> {
    let mut body = vec![0, 3, 0, 0];
    for text in ["user", user, "database", "postgres"] {
        body.extend(text.bytes());
        body.push(0);
    }
    body.push(0);
    let length = u32::try_from(body.len() + 4).unwrap_or(u32::MAX);
    let mut message = length.to_be_bytes().to_vec();
    message.append(&mut body);
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_message_counts_itself() {
        let message = hello("ada");
        assert_eq!(message.get(..8), Some(&[0, 0, 0, 36, 0, 3, 0, 0][..]));
        assert_eq!(message.len(), 36);
        assert!(message.ends_with(b"user\0ada\0database\0postgres\0\0"));
    }

    fn sql(server: &Postgres, statement: &str) -> String {
        let mut psql = Command::new(server.bin_dir().join("psql"));
        let output = psql.args([server.url(), "-qtAc", statement]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    #[test]
    fn a_killed_server_comes_back_with_its_data_and_a_dropped_one_leaves_nothing() {
        let mut server = Postgres::start(&Settings::durable().with("work_mem", "5MB")).unwrap();
        assert_eq!(sql(&server, "SHOW work_mem"), "5MB");
        sql(&server, "CREATE TABLE kept AS SELECT 7 AS seven");
        server.kill().unwrap();
        assert!(!accepts(server.port));
        server.restart().unwrap();
        assert_eq!(sql(&server, "SELECT seven FROM kept"), "7");

        let (folder, port) = (server.folder.path().to_owned(), server.port);
        drop(server);
        assert!(!accepts(port) && !folder.exists());
    }

    #[test]
    fn nobody_gets_in_without_the_password() {
        let server = Postgres::start(&Settings::fast()).unwrap();
        let (start, end) = server.url().split_once('@').unwrap();
        let (start, _) = start.rsplit_once(':').unwrap();
        let mut psql = Command::new(server.bin_dir().join("psql"));
        let url = format!("{start}:guessed@{end}");
        assert!(!psql.args([&url, "-c", "SELECT 1"]).output().unwrap().status.success());
    }

    #[test]
    fn a_port_on_which_nobody_listens_is_no_server() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        assert!(!accepts(port));
    }

    #[test]
    fn of_two_settings_for_one_name_the_later_stands_last() {
        let settings = Settings::durable().with("max_connections", "20");
        assert_eq!(settings.0.first().map(String::as_str), Some("max_connections=200"));
        assert_eq!(settings.0.last().map(String::as_str), Some("max_connections=20"));
    }
}
