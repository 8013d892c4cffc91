//! Nothing tracked may name one machine's folders, a tracker's numbers or a registry other than crates.io, or be huge.

use std::fs;
use std::io::ErrorKind;

use anyhow::{Context, Result, bail};

use crate::command::{output, program, root};

/// A larger file is data that belongs beside the repository. The lock file alone may grow past it.
const LARGEST: u64 = 1 << 20;
const LOCK_FILE: &str = "Cargo.lock";
const CARGO_CONFIG: &str = ".cargo/config.toml";
const CRATES_IO: &str = "\"registry+https://github.com/rust-lang/crates.io-index\"";

// Split, so that this file passes its own check.
const FOLDERS: [&str; 5] = [
    concat!("/wo", "rk/"),
    concat!("/t", "mp/"),
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("/Us", "ers/"),
];
const ISSUE: &str = concat!("issue", " #");
const SOURCE_REPLACEMENT: &str = concat!("replace", "-with");

/// Checks every file git tracks.
pub(crate) fn run() -> Result<()> {
    let list = output(program("git").args(["ls-files", "-z"]))?;
    let list = String::from_utf8(list).context("a tracked file's name is not UTF-8")?;
    let mut wrong = Vec::new();
    for name in list.split_terminator('\0') {
        let bytes = match fs::read(root().join(name)) {
            Ok(bytes) => bytes,
            // Deleted and not committed yet.
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(error).with_context(|| format!("cannot read {name}")),
        };
        if name != LOCK_FILE && u64::try_from(bytes.len()).unwrap_or(u64::MAX) > LARGEST {
            wrong.push(format!("{name}: {} bytes, at most {LARGEST}", bytes.len()));
        }
        if let Ok(text) = std::str::from_utf8(&bytes) {
            let found = text.lines().zip(1..).filter_map(|(line, number)| {
                fault(name, line).map(|fault| format!("{name}:{number}: {fault}: {}", line.trim()))
            });
            wrong.extend(found);
        }
    }
    if !wrong.is_empty() {
        bail!("{} found\n{}", wrong.len(), wrong.join("\n"));
    }
    Ok(())
}

/// What is wrong with one line of a file.
fn fault(file: &str, line: &str) -> Option<&'static str> {
    if FOLDERS.iter().any(|folder| names_folder(line, folder)) {
        Some("a machine's folder")
    } else if names_issue(line) {
        Some("a tracker's number")
    } else if file == LOCK_FILE && line.starts_with("source = ") && !line.ends_with(CRATES_IO) {
        Some("a source other than crates.io")
    } else if file == CARGO_CONFIG && line.contains(SOURCE_REPLACEMENT) {
        Some("a replaced registry")
    } else {
        None
    }
}

/// The folder as an absolute path with something in it: not the middle of a longer path or an address.
fn names_folder(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        let after = line.get(at + folder.len()..).and_then(|text| text.chars().next());
        before.is_none_or(|c| !c.is_alphanumeric() && !"._-~/*})>".contains(c))
            && after.is_some_and(|c| c.is_alphanumeric() || "._-".contains(c))
    })
}

fn names_issue(line: &str) -> bool {
    let line = line.to_ascii_lowercase();
    line.split(ISSUE).skip(1).any(|after| after.starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machines_folders_are_found() {
        for folder in FOLDERS {
            for line in
                [format!("{folder}data"), format!("see `{folder}x/y`"), format!("path={folder}.cache")]
            {
                assert_eq!(fault("README.md", &line), Some("a machine's folder"), "{line}");
            }
        }
    }

    #[test]
    fn the_middle_of_a_path_or_of_an_address_is_not_a_machines_folder() {
        for folder in FOLDERS {
            for line in
                [format!("src{folder}a.rs"), format!("https://example.org{folder}a"), folder.to_owned()]
            {
                assert_eq!(fault("README.md", &line), None, "{line}");
            }
        }
    }

    #[test]
    fn a_tracker_number_is_found_and_the_verb_is_not() {
        assert_eq!(fault("a.rs", &format!("// see Issue{}12", " #")), Some("a tracker's number"));
        assert_eq!(fault("a.rs", &format!("// {ISSUE}{{number}}")), None);
        assert_eq!(fault("a.rs", "// 32 tasks issue 1 invoice each"), None);
    }

    #[test]
    fn only_crates_io_is_a_source() {
        let lock = |source: &str| fault(LOCK_FILE, &format!("source = {source}"));
        assert_eq!(lock(CRATES_IO), None);
        assert_eq!(lock("\"registry+https://mirror.example/index\""), Some("a source other than crates.io"));
        assert_eq!(lock("\"git+https://example.org/x#abc\""), Some("a source other than crates.io"));
        let replaced = format!("{SOURCE_REPLACEMENT} = \"mirror\"");
        assert_eq!(fault(CARGO_CONFIG, &replaced), Some("a replaced registry"));
    }
}
