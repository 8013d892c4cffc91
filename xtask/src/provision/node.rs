//! What npm brings.

use std::fs;
use std::path::Path;

use anyhow::{Result, bail};

use super::binaries::{apt_install, on_path};
use crate::command::{program, run};

/// Installs what a folder's `package-lock.json` names, unless it is there.
pub(crate) fn npm_install(folder: &Path) -> Result<()> {
    let wanted = fs::read_to_string(folder.join("package-lock.json"))?;
    let mark = folder.join("node_modules").join("installed.json");
    if fs::read_to_string(&mark).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    if on_path("npm").is_none() && !(apt_install(&["nodejs", "npm"])? && on_path("npm").is_some()) {
        bail!(
            "npm is not installed: install Node.js 20 or later with it (Debian: `apt-get install nodejs npm`)"
        );
    }
    run(program("npm").current_dir(folder).args(["ci", "--no-audit", "--no-fund", "--silent"]))?;
    fs::write(mark, wanted)?;
    Ok(())
}

/// The path of Chromium, which is installed where that is one command.
pub(crate) fn chromium() -> Result<std::path::PathBuf> {
    let find = || ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(on_path);
    if let Some(found) = find() {
        return Ok(found);
    }
    if apt_install(&["chromium"])?
        && let Some(found) = find()
    {
        return Ok(found);
    }
    bail!(
        "Chromium is not installed: install it (Debian: `apt-get install chromium`) so that it is on the path"
    )
}
