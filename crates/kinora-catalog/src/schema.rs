//! Tables, connection settings, migrations.

use std::{path::Path, time::Duration};

use kinora_types::EmbeddingSpace;
use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior, params};

use crate::{CatalogError, FILE_NAME};

/// One step a version; `PRAGMA user_version` counts the steps that were taken.
const MIGRATIONS: [&str; 5] = [
    include_str!("schema_1.sql"),
    include_str!("schema_2.sql"),
    include_str!("schema_3.sql"),
    include_str!("schema_4.sql"),
    include_str!("schema_6.sql"),
];

pub(crate) fn connect(folder: &Path, create: bool) -> Result<Connection, CatalogError> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if create {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
    }
    let connection = Connection::open_with_flags(folder.join(FILE_NAME), flags)?;
    connection.busy_timeout(Duration::from_secs(30))?;
    // FULL: what was acknowledged survives a power cut, not just a killed process.
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;",
    )?;
    Ok(connection)
}

pub(crate) fn migrate(connection: &mut Connection) -> Result<(), CatalogError> {
    let known = MIGRATIONS.len() as u32;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Deferred)?;
    let found: u32 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found > known {
        return Err(CatalogError::TooNew { found, known });
    }
    if found == known {
        return Ok(());
    }
    drop(transaction);
    // Read again under the write lock: another process may have migrated meanwhile.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: u32 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    for step in MIGRATIONS.iter().skip(found as usize) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", known)?;
    transaction.commit()?;
    Ok(())
}

pub(crate) fn write_identity(
    connection: &mut Connection,
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
    folder: &Path,
) -> Result<(String, EmbeddingSpace), CatalogError> {
    let row: Option<(String, String)> = connection
        .query_row("SELECT name, space FROM library", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    // Killed between making the tables and writing the row: nothing was acknowledged yet.
    let (name, space) = row.ok_or_else(|| CatalogError::NoLibrary { path: folder.to_owned() })?;
    let space = serde_json::from_str(&space).map_err(|e| CatalogError::Damaged(e.to_string()))?;
    Ok((name, space))
}
