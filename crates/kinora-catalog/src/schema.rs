//! Tables, connection settings, migrations.

use std::{path::Path, time::Duration};

use kinora_types::EmbeddingSpace;
use rusqlite::{
    Connection, FileControl, MAIN_DB, OpenFlags, OptionalExtension, TransactionBehavior, params,
};

use crate::{CatalogError, backup, pages};

/// One step a version; `PRAGMA user_version` counts the steps that were taken.
const MIGRATIONS: [&str; 7] = [
    include_str!("schema_1.sql"),
    include_str!("schema_2.sql"),
    include_str!("schema_3.sql"),
    include_str!("schema_4.sql"),
    include_str!("schema_5.sql"),
    include_str!("schema_6.sql"),
    include_str!("schema_7.sql"),
];

/// Pages carry checksums, and the file its maker's mark, from this version on.
pub(crate) const GUARDED: u32 = 5;

/// `PRAGMA application_id` of a catalogue: "KINO".
const MARK: i32 = 0x4b49_4e4f;

/// Prepared statements that a connection keeps: all that this crate has.
const STATEMENTS: usize = 112;

/// Number of steps of the newest format.
pub(crate) fn newest() -> u32 {
    MIGRATIONS.len() as u32
}

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// A database that is not there yet.
    Make,
    /// Reading and writing; damaged pages are errors.
    Use,
    /// Reading alone; damaged pages are errors.
    Look,
    /// Reading alone, damaged pages too.
    Examine,
    /// Reading and writing, damaged pages too.
    Mend,
}

pub(crate) fn connect(path: &Path, access: Access) -> Result<Connection, CatalogError> {
    pages::register()
        .map_err(|code| rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None))?;
    let mut flags = OpenFlags::SQLITE_OPEN_NO_MUTEX;
    flags |= match access {
        Access::Make => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        Access::Use | Access::Mend => OpenFlags::SQLITE_OPEN_READ_WRITE,
        Access::Look | Access::Examine => OpenFlags::SQLITE_OPEN_READ_ONLY,
    };
    let layer = match access {
        Access::Examine | Access::Mend => pages::LENIENT,
        Access::Make | Access::Use | Access::Look => pages::STRICT,
    };
    let connection = Connection::open_with_flags_and_vfs(path, flags, layer)?;
    connection.busy_timeout(Duration::from_secs(30))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    if access == Access::Make {
        reserve(&connection)?;
    }
    // What would be sorted on the disk holds words and places too.
    connection.execute_batch(
        "PRAGMA foreign_keys = ON; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;",
    )?;
    if access == Access::Make {
        make_durable(&connection)?;
    }
    Ok(connection)
}

/// A write-ahead log, and what was acknowledged survives a power cut, not just a killed process (`FULL`). Only of
/// what was found to be a catalogue: the first of these writes to the file.
pub(crate) fn make_durable(connection: &Connection) -> Result<(), CatalogError> {
    Ok(connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")?)
}

/// Asks for room at the end of each page; an existing file gets it by its next `VACUUM`.
fn reserve(connection: &Connection) -> Result<(), CatalogError> {
    let mut bytes = i32::from(pages::RESERVED);
    Ok(connection.file_control(Some(MAIN_DB), FileControl::ReserveBytes(&mut bytes))?)
}

/// Whether the pages have room for checksums.
fn has_room(connection: &Connection) -> Result<bool, CatalogError> {
    let mut bytes = -1;
    connection.file_control(Some(MAIN_DB), FileControl::ReserveBytes(&mut bytes))?;
    Ok(bytes >= i32::from(pages::RESERVED))
}

/// Number of steps that were taken, of a file that is a catalogue.
///
/// # Errors
/// [`CatalogError::Foreign`] for a database of another program, [`CatalogError::TooNew`], and
/// [`CatalogError::Damaged`] if the header forgot that there are checksums.
pub(crate) fn version(connection: &Connection, path: &Path) -> Result<u32, CatalogError> {
    let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let (mark, found) = (number("PRAGMA application_id")?, number("PRAGMA user_version")?);
    let old = 1..i64::from(GUARDED);
    if mark != i64::from(MARK) && !(mark == 0 && old.contains(&found)) {
        return Err(CatalogError::foreign(path, "it is a database of another program"));
    }
    let (found, known) = (u32::try_from(found).unwrap_or(u32::MAX), newest());
    // A number that no Kinora will come to is a flipped bit.
    if found > known + 1000 {
        return Err(CatalogError::Damaged("the header of its file".into()));
    }
    if found > known {
        return Err(CatalogError::TooNew { found, known });
    }
    if found >= GUARDED && !has_room(connection)? {
        return Err(CatalogError::Damaged("the header of its file".into()));
    }
    Ok(found)
}

/// Makes all tables of a new file.
pub(crate) fn make(connection: &mut Connection) -> Result<(), CatalogError> {
    take_steps(connection)
}

/// Brings an older file up, after a backup and one process at a time.
pub(crate) fn migrate(
    connection: &mut Connection,
    folder: &Path,
    path: &Path,
) -> Result<(), CatalogError> {
    let found = version(connection, path)?;
    make_durable(connection)?;
    if found == newest() {
        return Ok(());
    }
    let _turn = backup::turn(folder)?;
    let found = version(connection, path)?;
    if found == newest() {
        return Ok(());
    }
    backup::keep(connection, folder, found + 1)?;
    tracing::info!(from = found, to = newest(), path = %path.display(), "format brought up");
    if !has_room(connection)? {
        // Outside of the steps' transaction. Killed before those, the file is a whole one of its old version.
        reserve(connection)?;
        connection.execute_batch("VACUUM")?;
    }
    take_steps(connection)
}

fn take_steps(connection: &mut Connection) -> Result<(), CatalogError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: u32 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    for step in MIGRATIONS.iter().skip(found as usize) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "application_id", MARK)?;
    transaction.pragma_update(None, "user_version", newest())?;
    transaction.commit()?;
    Ok(())
}

pub(crate) fn write_identity(
    connection: &Connection,
    name: &str,
    space: &EmbeddingSpace,
) -> Result<(), CatalogError> {
    let space = serde_json::to_string(space).map_err(|e| CatalogError::Damaged(e.to_string()))?;
    let written = connection.execute(
        "INSERT OR IGNORE INTO library (only_row, name, space, revision) VALUES (1, ?1, ?2, 0)",
        params![name, space],
    )?;
    if written == 0 {
        return Err(CatalogError::Exists { name: name.to_owned() });
    }
    Ok(())
}

pub(crate) fn read_identity(
    connection: &Connection,
    path: &Path,
) -> Result<(String, EmbeddingSpace), CatalogError> {
    let row: Option<(String, String)> = connection
        .query_row("SELECT name, space FROM library", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (name, space) =
        row.ok_or_else(|| CatalogError::foreign(path, "it is a catalogue without a name"))?;
    let space = serde_json::from_str(&space).map_err(|e| CatalogError::Damaged(e.to_string()))?;
    Ok((name, space))
}
