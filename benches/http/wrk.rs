//! The load: `wrk`, which asks as fast as it is answered over connections that stay open.

use std::io::Write as _;
use std::process::Command;
use std::time::Duration;

use invoice_benches::Wrong;
use invoice_benches::cpu::Cpu;
use invoice_benches::measure::Sample;
use tempfile::NamedTempFile;

/// Connections of every row that names no other number.
pub(crate) const CONNECTIONS: usize = 16;

/// Whose answers are measured.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// Address and port.
    pub(crate) address: String,
    /// The process that answers.
    pub(crate) process: u32,
    /// The process of the database behind it, whose children the others are.
    pub(crate) database: Option<u32>,
}

/// What is asked.
pub(crate) struct Load {
    script: NamedTempFile,
    texts: NamedTempFile,
}

impl Load {
    /// These requests in turn, as they go over the wire.
    pub(crate) fn of(requests: &[String]) -> Result<Self, Wrong> {
        Ok(Self { script: file(include_str!("load.lua"))?, texts: file(&requests.join("\0"))? })
    }

    /// Asks for so long. An answer that refuses, or none, fails the run.
    pub(crate) async fn run(
        &self,
        target: &Target,
        connections: usize,
        time: Duration,
    ) -> Result<Sample, Wrong> {
        let mut command = Command::new("wrk");
        command
            .args(["--threads", "1", "--connections", &connections.to_string()])
            .args(["--duration", &format!("{}s", time.as_secs()), "--timeout", "10s", "--script"])
            .arg(self.script.path())
            .arg(format!("http://{}", target.address))
            .arg("--")
            .arg(self.texts.path());
        let before = Cpu::of(target.process, target.database)?;
        let output = tokio::task::spawn_blocking(move || command.output()).await??;
        let cpu = Cpu::of(target.process, target.database)? - before;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let line = said.lines().find_map(|line| line.strip_prefix("measured "));
        let line = line.ok_or_else(|| format!("wrk: {said}{}", String::from_utf8_lossy(&output.stderr)))?;
        let numbers = line.split(' ').map(str::parse).collect::<Result<Vec<u64>, _>>()?;
        let [operations, wall, p99, refused, failed] = numbers[..] else {
            return Err(format!("wrk said `{line}`").into());
        };
        if refused + failed > 0 || operations == 0 {
            return Err(format!(
                "{operations} answers, {refused} that refuse, {failed} that failed at {}",
                target.address
            )
            .into());
        }
        Ok(Sample {
            operations,
            wall: Duration::from_micros(wall),
            cpu,
            p99: Some(Duration::from_micros(p99)),
        })
    }
}

fn file(text: &str) -> Result<NamedTempFile, Wrong> {
    let mut file = NamedTempFile::new()?;
    file.write_all(text.as_bytes())?;
    Ok(file)
}

/// A request as it goes over the wire, with further lines in its head.
pub(crate) fn request(method: &str, path: &str, address: &str, head: &str, body: &str) -> String {
    let length = if body.is_empty() {
        String::new()
    } else {
        format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len())
    };
    format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\n{head}{length}\r\n{body}")
}

/// The line of a head that says who asks.
pub(crate) fn bearer(token: &str) -> String {
    format!("authorization: Bearer {token}\r\n")
}
