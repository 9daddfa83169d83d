//! Files that could not be taken: known once they were told of, until they change.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use kinora_types::{Asset, AssetRow, PassageKind};
use rusqlite::{OptionalExtension, Row, Transaction, params};

use crate::{Catalog, CatalogError, read};

/// What is wrong with one file or folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file or folder; its name need not be Unicode.
    pub path: PathBuf,
    /// Size in bytes when it was looked at.
    pub bytes: u64,
    /// Modification time then, nanoseconds since 1970.
    pub mtime_ns: i64,
    /// What is wrong, without the path.
    pub message: String,
    /// What a person can do about it.
    pub hint: Option<String>,
    /// When it was seen first.
    pub since: Timestamp,
    /// Whether it stays so until the file changes; else the next run may fare better.
    pub lasting: bool,
    /// Whether what can be read of the file is in the library all the same.
    pub taken: bool,
    /// Version of the program that found it.
    pub version: String,
}

/// A kind of words that a model cannot find in an asset, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct WordFault {
    /// The asset, which is live.
    pub asset: Asset,
    /// Which words.
    pub kind: PassageKind,
    /// Why there are none.
    pub message: String,
}

const COLUMNS: &str = "path, bytes, mtime_ns, message, hint, since, lasting, taken, version";

fn key(path: &Path) -> &[u8] {
    path.as_os_str().as_encoded_bytes()
}

#[cfg(unix)]
fn path_of(key: Vec<u8>) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;
    std::ffi::OsString::from_vec(key).into()
}

#[cfg(not(unix))]
fn path_of(key: Vec<u8>) -> PathBuf {
    String::from_utf8_lossy(&key).into_owned().into()
}

/// Keeps a problem. One that was known keeps the time at which it was seen first.
pub(crate) fn note(transaction: &Transaction<'_>, problem: &Problem) -> Result<(), CatalogError> {
    transaction
        .prepare_cached(
            "INSERT INTO problems (path, bytes, mtime_ns, message, hint, since, lasting, taken, version)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT (path) DO UPDATE SET bytes = ?2, mtime_ns = ?3, message = ?4, hint = ?5,
                 since = CASE WHEN message = ?4 THEN since ELSE ?6 END, lasting = ?7, taken = ?8,
                 version = ?9",
        )?
        .execute(params![
            key(&problem.path),
            problem.bytes,
            problem.mtime_ns,
            problem.message,
            problem.hint,
            problem.since.to_string(),
            problem.lasting,
            problem.taken,
            problem.version,
        ])?;
    Ok(())
}

/// Nothing is wrong with this path any more.
pub(crate) fn solve(transaction: &Transaction<'_>, path: &Path) -> Result<(), CatalogError> {
    let sql = "DELETE FROM problems WHERE path = ?1";
    transaction.prepare_cached(sql)?.execute([key(path)])?;
    Ok(())
}

/// A file was taken. What is damaged in it stays known while it holds the same asset.
pub(crate) fn taken(
    transaction: &Transaction<'_>,
    path: &str,
    is_same: bool,
) -> Result<(), CatalogError> {
    let sql = "DELETE FROM problems WHERE path = ?1 AND NOT (taken AND ?2)";
    transaction.prepare_cached(sql)?.execute(params![path.as_bytes(), is_same])?;
    Ok(())
}

fn raw(row: &Row<'_>) -> rusqlite::Result<(Problem, String)> {
    let problem = Problem {
        path: path_of(row.get(0)?),
        bytes: row.get(1)?,
        mtime_ns: row.get(2)?,
        message: row.get(3)?,
        hint: row.get(4)?,
        since: Timestamp::UNIX_EPOCH,
        lasting: row.get(6)?,
        taken: row.get(7)?,
        version: row.get(8)?,
    };
    Ok((problem, row.get(5)?))
}

fn finish((problem, since): (Problem, String)) -> Result<Problem, CatalogError> {
    let damaged = |error: jiff::Error| CatalogError::Damaged(format!("time of a problem: {error}"));
    Ok(Problem { since: since.parse().map_err(damaged)?, ..problem })
}

impl Catalog {
    /// What is known to be wrong with this path.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn problem(&self, path: &Path) -> Result<Option<Problem>, CatalogError> {
        let connection = self.reader()?;
        let sql = format!("SELECT {COLUMNS} FROM problems WHERE path = ?1");
        let mut statement = connection.prepare_cached(&sql)?;
        statement.query_row([key(path)], raw).optional()?.map(finish).transpose()
    }

    /// Every problem that is known, by path; some of the files may be gone meanwhile.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn problems(&self) -> Result<Vec<Problem>, CatalogError> {
        let connection = self.reader()?;
        let sql = format!("SELECT {COLUMNS} FROM problems ORDER BY path");
        let mut statement = connection.prepare_cached(&sql)?;
        let rows = statement.query_map([], raw)?;
        rows.map(|row| finish(row?)).collect()
    }

    /// Words of live assets that models cannot find because the file is at fault, in order of entry.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn word_faults(&self) -> Result<Vec<WordFault>, CatalogError> {
        let connection = self.view()?;
        let found = {
            let mut statement = connection.prepare_cached(
                "SELECT w.asset, w.kind, w.error FROM work w JOIN assets a ON a.row = w.asset
                 WHERE a.live = 1 AND w.error IS NOT NULL ORDER BY w.asset, w.kind",
            )?;
            let rows = statement.query_map([], |row| {
                Ok((AssetRow(row.get(0)?), row.get::<_, String>(1)?, row.get(2)?))
            })?;
            rows.collect::<Result<Vec<(AssetRow, String, String)>, _>>()?
        };
        let fault = |(row, kind, message): (AssetRow, String, String)| {
            let known = PassageKind::ALL.into_iter().find(|known| known.name() == kind);
            let kind = known.ok_or_else(|| CatalogError::Damaged(format!("kind `{kind}`")))?;
            let (_, asset) = read::asset_of_row(&connection, row)?;
            Ok(WordFault { asset, kind, message })
        };
        found.into_iter().map(fault).collect()
    }

    /// Whether a person took the asset of this path out of the library; `None` for a path never seen.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn is_removed(&self, id: &kinora_types::AssetId) -> Result<Option<bool>, CatalogError> {
        let connection = self.reader()?;
        let sql = "SELECT removed IS NOT NULL FROM assets WHERE id = ?1";
        let mut statement = connection.prepare_cached(sql)?;
        Ok(statement.query_row([id.0.as_bytes()], |row| row.get(0)).optional()?)
    }
}
