//! Starts the program in a folder of its own, and talks to it.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// The program with these arguments, and nothing in its environment.
pub(crate) fn program(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_invoice-server"));
    command.args(arguments).current_dir(folder).env_clear().stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What an errand said, with this on its standard input.
pub(crate) fn errand(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = program(folder, arguments).stdin(Stdio::piped()).spawn().unwrap();
    // A program that refuses its arguments has gone before it reads.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
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
    address: String,
    pub(crate) welcome: String,
    pub(crate) folder: TempDir,
}

impl Server {
    /// Starts it on a free port, and returns when it listens.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = program(folder.path(), &["--listen", "127.0.0.1:0", "--log-level", "warn"]);
        let mut child = command.args(arguments).stderr(Stdio::inherit()).spawn().unwrap();
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
        Self { child, address, welcome, folder }
    }

    pub(crate) fn connect(&self) -> io::Result<TcpStream> {
        TcpStream::connect(&self.address)
    }

    /// The status, the head and the body of an answer.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: &str,
    ) -> (u16, String, String) {
        let login = token.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n{login}\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.address,
            body.len(),
        );
        let mut stream = self.connect().unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, head.to_lowercase(), body.to_owned())
    }

    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        let (status, _, body) = self.send("GET", path, None, "");
        (status, body)
    }

    /// The body of an answer that says that it was done.
    #[track_caller]
    pub(crate) fn done(&self, method: &str, path: &str, token: Option<&str>, body: &Value) -> Value {
        let (status, _, answer) = self.send(method, &format!("/api/v1{path}"), token, &body.to_string());
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        serde_json::from_str(&answer).unwrap_or_default()
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

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
