//! Where the key is that seals other keys.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, ensure};
use invoice_auth::MasterKey;

use crate::private;
use crate::store::StoreUrl;

/// Where to get the master key from.
pub(crate) enum MasterKeySource {
    /// It was given, with the one before.
    Given { present: Box<MasterKey>, previous: Option<PathBuf> },
    /// A file; made if it is not there and `make` says so.
    File { path: PathBuf, make: bool, previous: Option<PathBuf> },
    /// A new one, for a store that is forgotten at the end.
    Fresh,
}

impl MasterKeySource {
    /// Decides from the settings and from where the accounts are. Only beside a SQLite file is there a place to make a
    /// key: several processes share a server, and each would make its own.
    pub(crate) fn new(
        given: Option<String>,
        file: Option<PathBuf>,
        previous: Option<PathBuf>,
        accounts: &StoreUrl,
    ) -> Result<Self, String> {
        match (given, file, accounts) {
            (Some(_), Some(_), _) => Err("given twice, with master_key_file".to_owned()),
            (Some(text), None, _) => {
                let present = MasterKey::from_base64(&text).map_err(|wrong| wrong.detail().to_owned())?;
                Ok(Self::Given { present: Box::new(present), previous })
            }
            (None, Some(path), _) => Ok(Self::File { path, make: false, previous }),
            (None, None, StoreUrl::Sqlite(database)) => {
                let mut path = database.clone().into_os_string();
                path.push(".key");
                Ok(Self::File { path: path.into(), make: true, previous })
            }
            (None, None, StoreUrl::Memory) => Ok(Self::Fresh),
            (None, None, StoreUrl::Postgres(_) | StoreUrl::Mongo { .. }) => {
                Err("needed with a database server: 32 random bytes in base64, the same for every process; \
                     or name a file with master_key_file"
                    .to_owned())
            }
        }
    }

    /// The file that it would make, not being there.
    pub(crate) fn missing(&self) -> Option<&Path> {
        match self {
            Self::File { path, make: true, .. } if !path.exists() => Some(path),
            _ => None,
        }
    }

    /// Reads the key, and makes it if need be.
    pub(crate) fn load(self) -> anyhow::Result<MasterKey> {
        let (present, previous) = match self {
            Self::Fresh => return Ok(MasterKey::generate()?),
            Self::Given { present, previous } => (*present, previous),
            Self::File { path, make, previous } => {
                if make && !path.exists() {
                    create(&path).with_context(|| format!("{} can't be made", path.display()))?;
                }
                (read(&path)?, previous)
            }
        };
        Ok(match previous {
            Some(path) => present.with_previous(read(&path)?),
            None => present,
        })
    }
}

fn read(path: &Path) -> anyhow::Result<MasterKey> {
    let shown = path.display();
    let file = File::open(path).with_context(|| format!("the master key's file {shown} can't be read"))?;
    let metadata = file.metadata().with_context(|| format!("{shown} can't be read"))?;
    ensure!(private::is_private(&metadata), "{shown} can be read by others: chmod 600 {shown}");
    let text = io::read_to_string(file).with_context(|| format!("{shown} can't be read"))?;
    MasterKey::from_base64(&text).map_err(|wrong| anyhow!("{shown}: {}", wrong.detail()))
}

/// Writes a new key, complete or not at all: of several processes that start at once, one makes the file.
fn create(path: &Path) -> anyhow::Result<()> {
    let key = MasterKey::generate()?;
    let mut unfinished = path.to_path_buf().into_os_string();
    unfinished.push(format!(".{}", std::process::id()));
    let unfinished = PathBuf::from(unfinished);
    let mut file = private::create(&unfinished)?;
    let written = writeln!(file, "{}", key.to_base64().expose()).and_then(|()| file.sync_all());
    let linked = written.and_then(|()| match fs::hard_link(&unfinished, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        answer => answer,
    });
    fs::remove_file(&unfinished)?;
    Ok(linked?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beside(folder: &Path) -> MasterKeySource {
        let database = StoreUrl::Sqlite(folder.join("invoices.db"));
        MasterKeySource::new(None, None, None, &database).unwrap()
    }

    #[test]
    fn a_key_is_made_once_beside_the_file_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let made = beside(folder.path()).load().unwrap().to_base64();
        let read = beside(folder.path()).load().unwrap().to_base64();
        assert_eq!(made.expose(), read.expose());
        let names: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
        assert_eq!(names, ["invoices.db.key"]);
    }

    #[cfg(unix)]
    #[test]
    fn its_owner_alone_may_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        beside(folder.path()).load().unwrap();
        let path = folder.path().join("invoices.db.key");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let refused = beside(folder.path()).load().err().unwrap();
        assert!(refused.to_string().contains("chmod 600"), "{refused}");
    }

    #[test]
    fn a_named_file_that_is_not_there_is_an_error_and_not_a_new_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        let source = MasterKeySource::new(None, Some(path.clone()), None, &StoreUrl::Memory).unwrap();
        assert!(source.load().is_err());
        assert!(!path.exists());
    }
}
