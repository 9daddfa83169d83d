//! Films and their records; which film used which asset.

use kinora_types::{AssetId, ContentHash, FilmRecord};
use rusqlite::{OptionalExtension, TransactionBehavior, params};

use crate::{Catalog, CatalogError};

/// One line of a list of films.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilmSummary {
    /// Hash of the master file.
    pub master: ContentHash,
    /// Where it was written.
    pub path: String,
    /// When it was made, ISO 8601.
    pub made_at: String,
}

impl Catalog {
    /// Keeps a film's record; the same master made again replaces its record.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] if the file cannot be written or others write for over 30 s; [`CatalogError::Moved`].
    pub fn put_film(&self, path: &str, record: &FilmRecord) -> Result<(), CatalogError> {
        let json =
            serde_json::to_string(record).map_err(|e| CatalogError::Damaged(e.to_string()))?;
        let master = record.master.as_bytes();
        let mut connection = self.writer()?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute("DELETE FROM films WHERE master = ?1", [master])?;
        transaction.execute(
            "INSERT INTO films (master, path, made_at, record) VALUES (?1, ?2, ?3, ?4)",
            params![master, path, record.made_at.to_string(), json],
        )?;
        for shot in &record.shots {
            for source in &shot.sources {
                transaction.execute(
                    "INSERT INTO film_sources (master, shot, asset) VALUES (?1, ?2, ?3)",
                    params![master, shot.name, source.asset.0.as_bytes()],
                )?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// The record of the film whose master file has this hash.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn film(&self, master: &ContentHash) -> Result<Option<FilmRecord>, CatalogError> {
        let json: Option<String> = self
            .reader()?
            .query_row("SELECT record FROM films WHERE master = ?1", [master.as_bytes()], |r| {
                r.get(0)
            })
            .optional()?;
        let parse = |json: String| serde_json::from_str(&json);
        json.map(parse).transpose().map_err(|e| CatalogError::Damaged(e.to_string()))
    }

    /// Films made from this library, newest first; with an asset, only those that show it.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn films(&self, using: Option<&AssetId>) -> Result<Vec<FilmSummary>, CatalogError> {
        let connection = self.reader()?;
        let mut statement = connection.prepare_cached(
            "SELECT master, path, made_at FROM films WHERE ?1 IS NULL
                 OR master IN (SELECT master FROM film_sources WHERE asset = ?1)
             ORDER BY made_at DESC",
        )?;
        let rows = statement.query_map(params![using.map(|id| id.0.as_bytes())], |row| {
            Ok(FilmSummary {
                master: ContentHash::from_bytes(row.get(0)?),
                path: row.get(1)?,
                made_at: row.get(2)?,
            })
        })?;
        rows.map(|row| row.map_err(Into::into)).collect()
    }
}
