//! What the processor was busy with, as the operating system counts it.

use std::fs;
use std::ops::Sub;
use std::time::Duration;

use crate::Wrong;

/// The unit of `/proc/*/stat`: `USER_HZ`, which is 100 on every Linux that programs see.
const TICK: Duration = Duration::from_millis(10);

/// Processor time of the two sides.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cpu {
    /// Who asks: this process and the programs it ran, or another one.
    pub client: Duration,
    /// The database server with all its processes.
    pub server: Duration,
}

impl Cpu {
    /// Until now; `server` is the process that others of the server are children of.
    pub fn now(server: Option<u32>) -> Result<Self, Wrong> {
        let own = Times::of("self")?;
        Self::beside(own.own + own.children, server)
    }

    /// Until now, of another process and none that it ran, in the place of this one.
    pub fn of(process: u32, server: Option<u32>) -> Result<Self, Wrong> {
        Self::beside(Times::of(&process.to_string())?.own, server)
    }

    fn beside(client: Duration, server: Option<u32>) -> Result<Self, Wrong> {
        let Some(server) = server else { return Ok(Self { client, server: Duration::ZERO }) };
        // Of one that ends while they are read, the time moves to its parent: read again until none did.
        loop {
            let parent = Times::of(&server.to_string())?;
            let spent = parent.own + Times::of_children(server)?;
            if Times::of(&server.to_string())?.children == parent.children {
                return Ok(Self { client, server: spent + parent.children });
            }
        }
    }
}

impl Sub for Cpu {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self {
            client: self.client.saturating_sub(earlier.client),
            server: self.server.saturating_sub(earlier.server),
        }
    }
}

/// Of one process.
struct Times {
    parent: u32,
    own: Duration,
    /// Of children that have ended and been waited for.
    children: Duration,
}

impl Times {
    /// Of the children that are there.
    fn of_children(parent: u32) -> Result<Duration, Wrong> {
        let mut spent = Duration::ZERO;
        for entry in fs::read_dir("/proc")? {
            let name = entry?.file_name();
            let Some(name) = name.to_str().filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
            else {
                continue;
            };
            // A process may end between being listed and being read; its parent counts it then.
            if let Ok(times) = Self::of(name)
                && times.parent == parent
            {
                spent += times.own;
            }
        }
        Ok(spent)
    }

    fn of(process: &str) -> Result<Self, Wrong> {
        let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
        // The second field is the program's name in parentheses, which may hold anything.
        let (_, fields) = stat.rsplit_once(')').ok_or("a process without a name")?;
        let fields: Vec<&str> = fields.split_ascii_whitespace().collect();
        let number = |place: usize| -> Result<u32, Wrong> {
            Ok(fields.get(place).ok_or("a process without times")?.parse()?)
        };
        // Counted from the third field of proc(5): ppid is the fourth, utime the fourteenth.
        let time = |places: [usize; 2]| -> Result<Duration, Wrong> {
            Ok(TICK * (number(places[0])? + number(places[1])?))
        };
        Ok(Self { parent: number(1)?, own: time([11, 12])?, children: time([13, 14])? })
    }
}

/// What this process holds in memory, in kilobytes.
pub fn resident_kilobytes() -> Result<u64, Wrong> {
    resident_kilobytes_of(std::process::id())
}

/// What a process holds in memory, in kilobytes.
pub fn resident_kilobytes_of(process: u32) -> Result<u64, Wrong> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").trim().parse()?)
}
