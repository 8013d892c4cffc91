//! Starts the program in a place of the test's own.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use crate::http::Client;
use crate::place::Place;

impl Place {
    /// The program with these arguments, and nothing in its environment but the place's settings.
    pub(crate) fn program(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_invoice-server"));
        command.args(arguments).current_dir(self.folder.path()).env_clear();
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// What an errand said, with this on its standard input.
    pub(crate) fn errand(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = self.program(arguments).stdin(Stdio::piped()).spawn().unwrap();
        // A program that refuses its arguments has gone before it reads.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap()
    }

    /// Starts a server on a free port, and returns when it listens.
    pub(crate) fn start(&self, arguments: &[&str]) -> Server {
        let mut command = self.program(&["--listen", "127.0.0.1:0", "--log-level", "warn"]);
        Server::listening(command.args(arguments).stderr(Stdio::inherit()))
    }

    /// The same with a file to log to.
    pub(crate) fn start_logging(&self, arguments: &[&str], log: File) -> Server {
        let mut command = self.program(&["--listen", "127.0.0.1:0", "--log-level", "warn"]);
        Server::listening(command.args(arguments).stderr(log))
    }

    /// The same with so many open files at most, and a file to log to.
    #[cfg(unix)]
    pub(crate) fn start_with_few_files(&self, files: u32, log: File) -> Server {
        let program = self.program(&["--listen", "127.0.0.1:0", "--log-level", "warn"]);
        let mut command = Command::new("/bin/sh");
        command.env_clear();
        command.arg("-c").arg(format!("ulimit -n {files} && exec \"$0\" \"$@\""));
        command.arg(program.get_program()).args(program.get_args()).current_dir(self.folder.path());
        Server::listening(command.stdout(Stdio::piped()).stderr(log))
    }
}

/// Its answer.
pub(crate) fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Its answer, and what it complained of.
pub(crate) fn said(output: &Output) -> String {
    let streams = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    streams.concat()
}

/// A server that listens.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
    pub(crate) welcome: String,
}

impl Server {
    /// Starts it, and waits until it listens.
    fn listening(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (mut welcome, mut address) = (String::new(), None);
        for line in lines.by_ref().map_while(Result::ok) {
            if let Some((_, found)) = line.split_once("Listening on http://") {
                address = Some(found.to_owned());
            }
            welcome.push_str(&line);
            welcome.push('\n');
            if line.contains("First user") {
                break;
            }
        }
        let address = address.expect("the program ended before it listened");
        Self { child, address, welcome }
    }

    pub(crate) fn connect(&self) -> io::Result<TcpStream> {
        TcpStream::connect(&self.address)
    }

    /// Somebody whom it does not know.
    pub(crate) fn client(&self) -> Client {
        Client::new(&self.address)
    }

    pub(crate) fn tell_to_stop(&self) {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
    }

    /// Tells it to stop, and how it ended.
    pub(crate) fn stop(&mut self) -> ExitStatus {
        self.tell_to_stop();
        self.ended()
    }

    /// How it ended, told to before.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Server {
    /// Ends it at once, whatever it is at.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}
