//! Cleans up after us if we can't: Ctrl-C and SIGKILL run no destructors.
//!
//! A shell reads from a pipe that only we hold. It is told the server's process id as that changes. When the pipe
//! closes, for whatever reason, it ends the process it was told of last and removes the folder. It sits in a process
//! group of its own, where the terminal's Ctrl-C does not reach it.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

/// `0` stands for no process. Fast shutdown first; what is left after ten seconds is killed.
const SCRIPT: &str = r#"
trap '' INT TERM HUP
pid=0
while read -r line; do pid=$line; done
if [ "$pid" -gt 0 ]; then
    kill -s INT "$pid"
    n=0
    while kill -s 0 "$pid" && [ "$n" -lt 100 ]; do sleep 0.1; n=$((n + 1)); done
    kill -s KILL "$pid"
fi 2>/dev/null
rm -rf -- "$1"
"#;

/// Watches over one process and one folder.
pub(super) struct Guardian(Child);

impl Guardian {
    pub(super) fn of(folder: &Path) -> Result<Self> {
        let child = Command::new("sh")
            .args(["-c", SCRIPT, "sh"])
            .arg(folder)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .process_group(0)
            .spawn()
            .context("cannot start `sh`")?;
        Ok(Self(child))
    }

    /// Ends the server with SIGKILL, if there is one, which then need not be watched over any more.
    pub(super) fn kill(&mut self, server: Option<Child>) -> Result<()> {
        let Some(mut server) = server else { return Ok(()) };
        server.kill().context("cannot kill the server")?;
        server.wait().context("cannot wait for the server")?;
        self.watch(None)
    }

    /// Tells it which process to end; `None` once it is gone.
    pub(super) fn watch(&mut self, pid: Option<u32>) -> Result<()> {
        let pipe = self.0.stdin.as_mut().context("the guardian has no pipe")?;
        writeln!(pipe, "{}", pid.unwrap_or(0)).context("the guardian of the server is gone")
    }
}

impl Drop for Guardian {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        if let Err(error) = self.0.wait() {
            eprintln!("cannot wait for the guardian of the server: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::super::folder::random;
    use super::*;

    fn folder() -> std::path::PathBuf {
        let path = std::env::temp_dir().join(format!("invoice-guarded-{:016x}", random()));
        std::fs::create_dir(&path).unwrap();
        path
    }

    #[test]
    fn once_the_pipe_closes_the_process_is_ended_and_the_folder_removed() {
        let folder = folder();
        let mut sleeper = Command::new("sleep").arg("60").spawn().unwrap();
        let mut guardian = Guardian::of(&folder).unwrap();
        guardian.watch(Some(sleeper.id())).unwrap();
        // Reaped beside, as init would: a zombie still answers signals.
        let reaper = std::thread::spawn(move || sleeper.wait().unwrap());
        drop(guardian);
        assert_eq!(reaper.join().unwrap().signal(), Some(2));
        assert!(!folder.exists());
    }

    #[test]
    fn a_process_that_is_gone_is_not_ended_again() {
        let folder = folder();
        let mut sleeper = Command::new("sleep").arg("60").spawn().unwrap();
        let mut guardian = Guardian::of(&folder).unwrap();
        guardian.watch(Some(sleeper.id())).unwrap();
        guardian.watch(None).unwrap();
        drop(guardian);
        assert!(sleeper.try_wait().unwrap().is_none());
        assert!(!folder.exists());
        sleeper.kill().unwrap();
        sleeper.wait().unwrap();
    }
}
