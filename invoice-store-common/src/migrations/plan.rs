use super::{Applied, Migration, MigrationError};

/// What is still to be applied, in order; empty if the database is at the newest version.
///
/// ```
/// use invoice_store_common::migrations::{Applied, Migration, plan_up};
///
/// let known = [Migration::new(1, "one", "up", "down"), Migration::new(2, "two", "up", "down")];
/// let applied = [Applied::new(1, known[0].checksum())];
/// assert_eq!(plan_up(&applied, &known)?, [&known[1]]);
/// # Ok::<(), invoice_store_common::migrations::MigrationError>(())
/// ```
pub fn plan_up<'a>(
    applied: &[Applied],
    known: &'a [Migration],
) -> Result<Vec<&'a Migration>, MigrationError> {
    let count = check(applied, known)?;
    Ok(known.iter().skip(count).collect())
}

/// The last `count` of those applied, the newest first: the order to take them back in. All of them, if
/// there are fewer.
///
/// ```
/// use invoice_store_common::migrations::{Applied, Migration, plan_down};
///
/// let known = [Migration::new(1, "one", "up", "down"), Migration::new(2, "two", "up", "down")];
/// let applied = [Applied::new(1, known[0].checksum())];
/// assert_eq!(plan_down(&applied, &known, 2)?, [&known[0]]);
/// # Ok::<(), invoice_store_common::migrations::MigrationError>(())
/// ```
pub fn plan_down<'a>(
    applied: &[Applied],
    known: &'a [Migration],
    count: usize,
) -> Result<Vec<&'a Migration>, MigrationError> {
    let there = check(applied, known)?;
    Ok(known.iter().take(there).rev().take(count).collect())
}

/// Refuses what this release can't have made; tells how many are applied.
fn check(applied: &[Applied], known: &[Migration]) -> Result<usize, MigrationError> {
    for (migration, version) in known.iter().zip(1..) {
        if migration.version() != version {
            return Err(MigrationError::OutOfOrder { version: migration.version() });
        }
    }
    let mut applied: Vec<_> = applied.iter().collect();
    applied.sort_by_key(|it| it.version());

    // Told first: a newer release may have reasons of its own for what else looks odd.
    let newest = known.last().map_or(0, Migration::version);
    if let Some(last) = applied.last().filter(|last| last.version() > newest) {
        return Err(MigrationError::Newer { found: last.version(), newest });
    }
    for (index, it) in applied.iter().enumerate() {
        let Some(migration) = known.get(index).filter(|migration| migration.version() <= it.version()) else {
            return Err(MigrationError::Malformed { version: it.version() });
        };
        let (version, name) = (migration.version(), migration.name());
        if version < it.version() {
            return Err(MigrationError::Missing { version, name });
        }
        if migration.checksum() != it.checksum() {
            return Err(MigrationError::Changed { version, name });
        }
    }
    Ok(applied.len())
}
