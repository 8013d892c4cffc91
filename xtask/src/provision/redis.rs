//! A private Redis: nothing on the disk, free loopback port, not as root, ended by its process id.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::binaries::{apt_install, on_path};
use super::folder::{Folder, User, random};
use super::guardian::Guardian;

const PROGRAM: &str = "redis-server";
const START: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(10);
/// Another program may take the port between our finding it free and the server's binding it.
const PORTS: usize = 5;

/// The path of the server's program, which is installed where that is one command.
pub(crate) fn redis_server() -> Result<PathBuf> {
    if let Some(found) = on_path(PROGRAM) {
        return Ok(found);
    }
    if apt_install(&[PROGRAM])?
        && let Some(found) = on_path(PROGRAM)
    {
        return Ok(found);
    }
    bail!(
        "Redis is not installed: install it (Debian, Ubuntu: `apt-get install redis-server`; Fedora: `dnf install redis`; \
         macOS: `brew install redis`) so that `{PROGRAM}` is on the path"
    )
}

/// A running server of our own. Dropping it ends the server and removes its folder.
pub(crate) struct Redis {
    child: Option<Child>,
    // Dropped after the server was ended, before its guardian, which would remove it otherwise.
    folder: Folder,
    guardian: Guardian,
    url: String,
}

impl Redis {
    /// Starts a server; returns once it answers.
    pub(crate) fn start() -> Result<Self> {
        let program = redis_server()?;
        let user = User::unprivileged()?;
        let folder = Folder::new("redis")?;
        if let Some(user) = user {
            folder.give_to(user)?;
        }
        let guardian = Guardian::of(folder.path())?;
        let mut server = Self { child: None, folder, guardian, url: String::new() };
        let mut attempts = 1;
        while let Err(error) = server.launch(&program, user) {
            if attempts == PORTS {
                return Err(error);
            }
            attempts += 1;
        }
        Ok(server)
    }

    /// The URL, with the password that is needed.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    fn launch(&mut self, program: &Path, user: Option<User>) -> Result<()> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        // Loopback is open to every user of the machine, and Redis writes files where its clients tell it to.
        let password = format!("{:016x}{:016x}", random(), random());
        let log = OpenOptions::new().append(true).create(true).open(self.folder.log())?;
        let mut command = Command::new(program);
        // Settings by its standard input: its arguments would show the password to everybody.
        command.arg("-").current_dir(self.folder.path()).stdin(Stdio::piped());
        if let Some(user) = user {
            command.uid(user.id).gid(user.group);
        }
        // In a group of its own: Ctrl-C is for us, and then for the guardian.
        let mut child = command
            .process_group(0)
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        self.guardian.watch(Some(child.id()))?;
        let settings = settings(port, &password);
        let told = child.stdin.take().context("no pipe to the server")?.write_all(settings.as_bytes());
        let ready =
            told.map_err(Into::into).and_then(|()| self.wait_until_ready(&mut child, port, &password));
        self.child = Some(child);
        if ready.is_err() {
            self.kill()?;
        }
        self.url = format!("redis://:{password}@127.0.0.1:{port}");
        ready
    }

    fn wait_until_ready(&self, child: &mut Child, port: u16, password: &str) -> Result<()> {
        let deadline = Instant::now() + START;
        loop {
            if let Some(status) = child.try_wait()? {
                bail!("Redis did not start: {status}\n{}", self.folder.last_words());
            }
            if answers(port, password) {
                return Ok(());
            }
            if Instant::now() >= deadline {
                bail!("Redis did not answer within {} s\n{}", START.as_secs(), self.folder.last_words());
            }
            sleep(POLL);
        }
    }

    fn kill(&mut self) -> Result<()> {
        self.guardian.kill(self.child.take())
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        // It keeps nothing, so there is nothing to be put in order first.
        if let Err(error) = self.kill() {
            eprintln!("cannot stop Redis: {error:#}");
        }
    }
}

/// Loopback, the password, and nothing written.
fn settings(port: u16, password: &str) -> String {
    format!("bind 127.0.0.1\nport {port}\nrequirepass {password}\nsave \"\"\nappendonly no\ndatabases 64\n")
}

/// Whether a server lets us in and answers. Requests and answers are lines (Redis' inline commands).
fn answers(port: u16, password: &str) -> bool {
    let ask = || -> std::io::Result<Vec<u8>> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(format!("AUTH {password}\r\nPING\r\nQUIT\r\n").as_bytes())?;
        let mut answer = Vec::new();
        stream.take(1_000).read_to_end(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.starts_with(b"+OK\r\n+PONG\r\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_answers_to_its_password_alone_and_leaves_nothing() {
        let server = Redis::start().unwrap();
        let (password, address) = server.url().strip_prefix("redis://:").unwrap().split_once('@').unwrap();
        let port: u16 = address.rsplit_once(':').unwrap().1.parse().unwrap();
        assert!(answers(port, password) && !answers(port, "guessed"));
        let (folder, password) = (server.folder.path().to_owned(), password.to_owned());
        drop(server);
        assert!(!answers(port, &password) && !folder.exists());
    }

    #[test]
    fn the_password_is_not_among_the_arguments() {
        let server = Redis::start().unwrap();
        let pid = server.child.as_ref().unwrap().id();
        let output = Command::new("ps").args(["-o", "args=", "-p", &pid.to_string()]).output().unwrap();
        let shown = String::from_utf8(output.stdout).unwrap();
        let password = server.url().strip_prefix("redis://:").unwrap().split_once('@').unwrap().0;
        assert!(shown.contains("redis") && !shown.contains(password), "{shown}");
    }
}
