//! Finds PostgreSQL's programs and others, or installs them where that is one command.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::folder::is_root;
use crate::command::{program, run};
use crate::features::target;

/// Where Debian and its relatives put each version, none of it on the path.
const VERSIONS: &str = "/usr/lib/postgresql";
/// What a private cluster is made and run with.
const NEEDED: [&str; 2] = ["initdb", "postgres"];

/// The folder with PostgreSQL's programs.
pub(super) fn postgres() -> Result<PathBuf> {
    if let Some(found) = find() {
        return Ok(found);
    }
    if apt_install(&["postgresql"])?
        && let Some(found) = find()
    {
        return Ok(found);
    }
    bail!(
        "PostgreSQL is not installed: install it (Debian, Ubuntu: `apt-get install postgresql`; Fedora: \
         `dnf install postgresql-server`; macOS: `brew install postgresql`) so that `initdb` is on the path, or \
         set {} to the URL of a server to use",
        super::POSTGRES_URL
    )
}

/// Sees to it that the load generator is on the path.
pub(crate) fn wrk() -> Result<()> {
    if on_path("wrk").is_some() || apt_install(&["wrk"])? && on_path("wrk").is_some() {
        return Ok(());
    }
    bail!(
        "wrk is not installed: install it (Debian, macOS: a package of that name) so that it is on the path"
    )
}

/// Installs packages where we may and know how to; whether that is so.
pub(super) fn apt_install(packages: &[&str]) -> Result<bool> {
    if !is_root()? || on_path("apt-get").is_none() {
        return Ok(false);
    }
    eprintln!("installing {}", packages.join(" "));
    // Let go by the system when we end. Whoever else installs waits for us here, and apt-get for nobody.
    let folder = target()?.join("tools");
    fs::create_dir_all(&folder)?;
    let lock = File::create(folder.join("apt.lock"))?;
    lock.lock()?;
    let apt = || {
        let mut command = program("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    run(apt().args(["update", "-q"]))?;
    run(apt().args(["install", "-q", "-y", "--no-install-recommends"]).args(packages))?;
    Ok(true)
}

fn find() -> Option<PathBuf> {
    newest(Path::new(VERSIONS)).or_else(|| {
        // A link on the path leads to the folder where the other programs are.
        let initdb = on_path("initdb")?.canonicalize().ok()?;
        initdb.parent().filter(|folder| is_complete(folder)).map(Path::to_owned)
    })
}

/// The `bin` folder of the highest version below `versions` that has all that is needed.
fn newest(versions: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(versions).ok()?.filter_map(Result::ok);
    let bins = entries.filter_map(|entry| {
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        Some((version, entry.path().join("bin")))
    });
    bins.filter(|(_, bin)| is_complete(bin)).max().map(|(_, bin)| bin)
}

fn is_complete(folder: &Path) -> bool {
    NEEDED.iter().all(|name| folder.join(name).is_file())
}

/// A program by its name.
pub(super) fn on_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::super::folder::Folder;
    use super::*;

    fn install(versions: &Path, version: &str, names: &[&str]) {
        let bin = versions.join(version).join("bin");
        fs::create_dir_all(&bin).unwrap();
        for name in names {
            fs::write(bin.join(name), "").unwrap();
        }
    }

    #[test]
    fn the_newest_version_is_the_highest_number_not_the_last_word() {
        let folder = Folder::new("binaries").unwrap();
        for version in ["9", "15", "notes"] {
            install(folder.path(), version, &NEEDED);
        }
        assert_eq!(newest(folder.path()), Some(folder.path().join("15").join("bin")));
    }

    #[test]
    fn a_version_of_which_only_the_client_is_there_is_passed_over() {
        let folder = Folder::new("binaries").unwrap();
        install(folder.path(), "15", &NEEDED);
        install(folder.path(), "17", &["psql"]);
        assert_eq!(newest(folder.path()), Some(folder.path().join("15").join("bin")));
        assert_eq!(newest(&folder.path().join("17")), None);
    }
}
