//! Where and with what it was measured.

use std::fs;
use std::io::Write as _;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::Wrong;
use crate::measure::median;

/// How many writes an fsync probe waits for.
const PROBES: usize = 100;

/// Processor, cores and commit, in one line.
pub fn describe() -> String {
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processors
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map_or("unknown processor", |(_, name)| name.trim());
    format!("{cores} cores, {model}; commit {}; rustc {}", commit(), said("rustc", &["--version"]))
}

fn commit() -> String {
    let commit = said("git", &["rev-parse", "--short", "HEAD"]);
    let changed = !said("git", &["status", "--porcelain", "--untracked-files=no"]).is_empty();
    if changed { format!("{commit} with changes") } else { commit }
}

fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let text = text.unwrap_or_default();
    text.strip_prefix("rustc ").unwrap_or(&text).to_owned()
}

/// What it takes to append 8 KiB to a file where temporary ones are, as the databases are, and to wait until the disk has it: the median.
pub fn fsync() -> Result<Duration, Wrong> {
    let mut file = tempfile::tempfile()?;
    let page = [0x5a; 8_192];
    let mut times = Vec::with_capacity(PROBES);
    for _ in 0..PROBES {
        file.write_all(&page)?;
        let start = Instant::now();
        file.sync_data()?;
        times.push(start.elapsed());
    }
    Ok(median(times).unwrap_or_default())
}
