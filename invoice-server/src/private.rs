//! Files that are nobody else's business.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::Path;

/// Makes a file that its owner alone may read; there must be none.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The same, and nothing if there is one.
pub(crate) fn create_if_missing(path: &Path) -> io::Result<()> {
    match create(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        answer => answer.map(drop),
    }
}

/// Whether others can't read it. A group may, as container platforms mount secrets.
#[cfg(unix)]
pub(crate) fn is_private(metadata: &Metadata) -> bool {
    const OTHERS: u32 = 0o007;
    std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & OTHERS == 0
}

#[cfg(not(unix))]
pub(crate) fn is_private(_: &Metadata) -> bool {
    true
}
