//! Temporary folders, and who may write to them.

use std::fs::{self, DirBuilder};
use std::hash::{BuildHasher, RandomState};
use std::os::unix::fs::{DirBuilderExt, chown};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::command::{output, program};

/// Where Linux keeps a file system in memory that all users may write to.
const MEMORY: &str = "/dev/shm";

/// A folder of our own below the system's temporary one, removed with its contents when dropped.
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// Only its owner can look into it.
    pub(crate) fn new(name: &str) -> Result<Self> {
        Self::below(&std::env::temp_dir(), name)
    }

    /// In memory where there is so much to spare, else as the others.
    pub(super) fn new_in_memory(name: &str, megabytes: u64) -> Result<Self> {
        let room = memory_to_spare().unwrap_or(0);
        if room >= megabytes { Self::below(Path::new(MEMORY), name) } else { Self::new(name) }
    }

    fn below(parent: &Path, name: &str) -> Result<Self> {
        let path = parent.join(format!("invoice-{name}-{:016x}", random()));
        DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .with_context(|| format!("cannot make the folder {}", path.display()))?;
        Ok(Self(path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Where its server writes what it has to say.
    pub(super) fn log(&self) -> PathBuf {
        self.0.join("log")
    }

    /// The end of the log.
    pub(super) fn last_words(&self) -> String {
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines.get(lines.len().saturating_sub(20)..).unwrap_or_default().join("\n")
    }

    pub(super) fn give_to(&self, user: User) -> Result<()> {
        chown(&self.0, Some(user.id), Some(user.group))
            .with_context(|| format!("cannot give {} to another user", self.0.display()))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!("cannot remove {}: {error}", self.0.display());
        }
    }
}

/// How many megabytes can be written to memory. Containers often give it much less room than the machine has.
fn memory_to_spare() -> Option<u64> {
    let free = fs::read_to_string("/proc/meminfo").ok()?;
    let free = free.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let free: u64 = free.trim().strip_suffix("kB")?.trim().parse().ok()?;
    let room = program("df").args(["-Pk", MEMORY]).output().ok()?;
    // A line of titles, and then: name, size, used, available.
    let room = String::from_utf8(room.stdout).ok()?;
    let room: u64 = room.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()?;
    // What is for others too is not all ours to take.
    Some((free / 2).min(room) / 1024)
}

/// A number nobody can foresee: the standard library seeds its hash maps with the system's randomness.
pub(crate) fn random() -> u64 {
    RandomState::new().hash_one(0_u8)
}

/// Numbers that follow from a seed (`SplitMix64`).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number below `end`; 0 if that is 0.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)).checked_rem(end).unwrap_or(0)
    }
}

/// Whom a program runs as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct User {
    pub(super) id: u32,
    pub(super) group: u32,
}

impl User {
    /// The user without rights, for a program that refuses to run as root; `None` if we are not root.
    pub(super) fn unprivileged() -> Result<Option<Self>> {
        if !is_root()? {
            return Ok(None);
        }
        Ok(Some(Self { id: id(&["-u", "nobody"])?, group: id(&["-g", "nobody"])? }))
    }
}

pub(super) fn is_root() -> Result<bool> {
    Ok(id(&["-u"])? == 0)
}

fn id(args: &[&str]) -> Result<u32> {
    let bytes = output(program("id").args(args))?;
    let text = String::from_utf8_lossy(&bytes);
    text.trim().parse().with_context(|| format!("`id {}` answered {text:?}", args.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_private_and_gone_with_all_that_is_in_it() {
        use std::os::unix::fs::PermissionsExt;

        let folder = Folder::new("folder").unwrap();
        let path = folder.path().to_owned();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        fs::create_dir(path.join("a")).unwrap();
        fs::write(path.join("a").join("b"), "c").unwrap();
        drop(folder);
        assert!(!path.exists());
    }

    #[test]
    fn a_folder_is_in_memory_only_where_there_is_enough_of_it() {
        let large = Folder::new_in_memory("folder", u64::MAX).unwrap();
        assert!(large.path().starts_with(std::env::temp_dir()));
        let small = Folder::new_in_memory("folder", 1).unwrap();
        assert_eq!(small.path().starts_with(MEMORY), memory_to_spare() >= Some(1));
    }

    #[test]
    fn the_last_words_of_a_server_are_the_end_of_its_log() {
        let folder = Folder::new("words").unwrap();
        assert_eq!(folder.last_words(), "", "it said nothing");
        fs::write(folder.log(), "one\ntwo\n").unwrap();
        assert_eq!(folder.last_words(), "one\ntwo");
        let lines: Vec<_> = (1..=30).map(|line| line.to_string()).collect();
        fs::write(folder.log(), lines.join("\n")).unwrap();
        assert_eq!(folder.last_words(), lines[10..].join("\n"));
    }

    #[test]
    fn two_folders_of_one_name_are_not_the_same() {
        let folders = [Folder::new("same").unwrap(), Folder::new("same").unwrap()];
        assert_ne!(folders[0].path(), folders[1].path());
    }
}
