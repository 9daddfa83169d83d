//! Words: BM25 over titles, captions, keywords and names (SQLite FTS5).

use kinora_types::AssetRow;
use rusqlite::{Transaction, params};

use crate::{Catalog, CatalogError, NewAsset, composed};

/// BM25 weights of title, caption, keywords, names: what a person wrote about one picture says more
/// than the name of the folder it lies in.
const WEIGHTS: &str = "3.0, 2.0, 2.5, 1.0";

/// A match of words.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LexicalHit {
    /// The asset.
    pub row: AssetRow,
    /// BM25, higher is better, always positive.
    pub score: f32,
}

/// The indexed words of one asset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// Title, caption and keywords, as a person wrote them.
    pub written: String,
    /// Folder and file names as words.
    pub names: String,
}

pub(crate) fn insert(
    transaction: &Transaction<'_>,
    row: AssetRow,
    new: &NewAsset,
) -> Result<(), CatalogError> {
    let shown =
        |text: &Option<String>| text.clone().filter(|_| new.index_words).unwrap_or_default();
    let keywords = if new.index_words { new.asset.keywords.join("; ") } else { String::new() };
    transaction
        .prepare_cached(
            "INSERT INTO words (rowid, title, caption, keywords, names) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            row.0,
            shown(&new.asset.title),
            shown(&new.asset.caption),
            keywords,
            composed(&new.names.join(" ")),
        ])?;
    Ok(())
}

/// Brings the words of a row up to its title, caption and keywords; names stay.
pub(crate) fn describe(transaction: &Transaction<'_>, row: AssetRow) -> Result<(), CatalogError> {
    transaction
        .prepare_cached(
            "UPDATE words SET (title, caption, keywords) = (
                 SELECT coalesce(title, ''), coalesce(caption, ''),
                     coalesce((SELECT group_concat(value, '; ') FROM json_each(assets.keywords)), '')
                 FROM assets WHERE row = ?1)
             WHERE rowid = ?1",
        )?
        .execute([row.0])?;
    Ok(())
}

/// An expression of FTS5 that matches any of the words and nothing else; `None` if there are none.
pub(crate) fn any_of(words: &[String]) -> Option<String> {
    let quoted: Vec<String> = words
        .iter()
        .filter(|word| word.chars().any(char::is_alphanumeric))
        .map(|word| format!("\"{}\"", composed(word).replace(['"', '\0'], " ")))
        .collect();
    (!quoted.is_empty()).then(|| quoted.join(" OR "))
}

impl Catalog {
    /// Live assets that contain any of the words, best first; ties by row. Words are matched as they
    /// are (case, accents and English endings aside); no operator of FTS5 is reachable from them.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn lexical(&self, words: &[String], limit: usize) -> Result<Vec<LexicalHit>, CatalogError> {
        let Some(expression) = any_of(words).filter(|_| limit > 0) else {
            return Ok(Vec::new());
        };
        let connection = self.reader()?;
        let sql = format!(
            "SELECT words.rowid, -bm25(words, {WEIGHTS}) AS score FROM words
             JOIN assets ON assets.row = words.rowid AND assets.live = 1
             WHERE words MATCH ?1 ORDER BY score DESC, words.rowid LIMIT ?2"
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![expression, limit as i64], |row| {
            Ok(LexicalHit { row: AssetRow(row.get(0)?), score: row.get::<_, f64>(1)? as f32 })
        })?;
        rows.map(|row| row.map_err(Into::into)).collect()
    }

    /// The indexed words of an asset, to show which of them matched.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] if there is no such row.
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn words(&self, row: AssetRow) -> Result<Words, CatalogError> {
        let connection = self.reader()?;
        let mut statement = connection
            .prepare_cached("SELECT title, caption, keywords, names FROM words WHERE rowid = ?1")?;
        let read = |r: &rusqlite::Row<'_>| {
            let part = |i| r.get::<_, String>(i);
            Ok(Words { written: [part(0)?, part(1)?, part(2)?].join(" "), names: part(3)? })
        };
        Ok(statement.query_row([row.0], read)?)
    }
}
