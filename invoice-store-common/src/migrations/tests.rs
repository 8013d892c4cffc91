use super::*;

const KNOWN: [Migration; 3] = [
    Migration::new(1, "first", "CREATE TABLE a (x integer)", "DROP TABLE a"),
    Migration::new(2, "second", "ALTER TABLE a ADD y integer", "ALTER TABLE a DROP y"),
    Migration::new(3, "third", "CREATE INDEX a_x ON a (x)", "DROP INDEX a_x"),
];

fn applied(versions: &[u32]) -> Vec<Applied> {
    let checksum = |version| {
        KNOWN.iter().find(|it| it.version() == version).map_or(Checksum::of(""), Migration::checksum)
    };
    versions.iter().map(|&version| Applied::new(version, checksum(version))).collect()
}

fn versions(plan: &[&Migration]) -> Vec<u32> {
    plan.iter().map(|migration| migration.version()).collect()
}

#[test]
fn what_is_not_applied_yet_follows_in_order() {
    assert_eq!(versions(&plan_up(&[], &KNOWN).unwrap()), [1, 2, 3]);
    assert_eq!(versions(&plan_up(&applied(&[2, 1]), &KNOWN).unwrap()), [3]);
    assert_eq!(versions(&plan_up(&applied(&[1, 2, 3]), &KNOWN).unwrap()), [0; 0]);
}

#[test]
fn the_newest_are_taken_back_first() {
    assert_eq!(versions(&plan_down(&applied(&[1, 2, 3]), &KNOWN, 2).unwrap()), [3, 2]);
    assert_eq!(versions(&plan_down(&applied(&[1, 2]), &KNOWN, 9).unwrap()), [2, 1]);
    assert_eq!(versions(&plan_down(&applied(&[1, 2]), &KNOWN, 0).unwrap()), [0; 0]);
}

#[test]
fn a_database_of_a_newer_release_is_refused() {
    let refused = MigrationError::Newer { found: 4, newest: 3 };
    assert_eq!(plan_up(&applied(&[1, 2, 3, 4]), &KNOWN), Err(refused));
    assert_eq!(plan_down(&applied(&[1, 2, 3, 4]), &KNOWN, 1), Err(refused));
    assert_eq!(plan_up(&applied(&[1]), &[]), Err(MigrationError::Newer { found: 1, newest: 0 }));
}

#[test]
fn a_migration_changed_since_it_was_applied_is_refused() {
    let mut edited = KNOWN;
    edited[0] = Migration::new(1, "first", "CREATE TABLE a (x bigint)", "DROP TABLE a");
    let refused = MigrationError::Changed { version: 1, name: "first" };
    assert_eq!(plan_up(&applied(&[1, 2]), &edited), Err(refused));
    assert_eq!(plan_down(&applied(&[1, 2]), &edited, 1), Err(refused));
}

#[test]
fn the_way_back_may_be_mended() {
    let mut mended = KNOWN;
    mended[1] = Migration::new(2, "second", KNOWN[1].up(), "ALTER TABLE a DROP COLUMN y");
    assert_eq!(versions(&plan_up(&applied(&[1, 2]), &mended).unwrap()), [3]);
}

#[test]
fn a_gap_among_those_applied_is_refused() {
    let refused = MigrationError::Missing { version: 2, name: "second" };
    assert_eq!(plan_up(&applied(&[1, 3]), &KNOWN), Err(refused));
    let refused = MigrationError::Missing { version: 1, name: "first" };
    assert_eq!(plan_up(&applied(&[2]), &KNOWN), Err(refused));
}

#[test]
fn a_version_applied_twice_or_before_the_first_is_refused() {
    assert_eq!(plan_up(&applied(&[1, 1]), &KNOWN), Err(MigrationError::Malformed { version: 1 }));
    assert_eq!(plan_up(&applied(&[0]), &KNOWN), Err(MigrationError::Malformed { version: 0 }));
}

#[test]
fn a_list_that_is_not_only_appended_to_is_refused() {
    let inserted = [KNOWN[0], Migration::new(3, "between", "SELECT 1", "SELECT 1"), KNOWN[1]];
    assert_eq!(plan_up(&[], &inserted), Err(MigrationError::OutOfOrder { version: 3 }));
    assert_eq!(plan_up(&[], &KNOWN[1..]), Err(MigrationError::OutOfOrder { version: 2 }));
}

#[test]
fn a_status_tells_where_a_database_is() {
    let status = |versions: &[u32]| Status::new(&applied(versions), &KNOWN).unwrap();
    assert_eq!((status(&[]).current(), status(&[]).newest()), (0, 3));
    assert_eq!((status(&[1, 2]).current(), status(&[1, 2]).is_current()), (2, false));
    assert!(status(&[1, 2, 3]).is_current());
    assert!(Status::new(&applied(&[2]), &KNOWN).is_err());
}
