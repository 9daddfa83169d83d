//! How much is in a catalogue, and what it is called.

use rusqlite::params;
use serde::Serialize;

use crate::{Catalog, CatalogError};

/// How much a library holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Contents {
    /// Pictures that can be found.
    pub pictures: u64,
    /// Videos that can be found.
    pub videos: u64,
    /// Recordings that can be found.
    pub recordings: u64,
    /// Assets whose files are gone; films that show them are still explained.
    pub withdrawn: u64,
    /// Assets that a person took out of the library.
    pub removed: u64,
    /// Passages: what is said, written, shown or described, at a time.
    pub passages: u64,
    /// Assets of which a person said or corrected something.
    pub corrected: u64,
    /// Records of films made from it.
    pub films: u64,
    /// Conversations about it.
    pub conversations: u64,
}

impl Catalog {
    /// Counts what the library holds, all of it in the same state.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn contents(&self) -> Result<Contents, CatalogError> {
        let sql = "SELECT count(*) FILTER (WHERE live = 1 AND duration_ms IS NULL AND width > 0),
                 count(*) FILTER (WHERE live = 1 AND duration_ms IS NOT NULL AND width > 0),
                 count(*) FILTER (WHERE live = 1 AND width = 0),
                 count(*) FILTER (WHERE live = 0 AND removed IS NULL),
                 count(*) FILTER (WHERE removed IS NOT NULL),
                 (SELECT count(*) FROM passages),
                 (SELECT count(*) FROM (SELECT asset FROM edits
                     UNION SELECT asset FROM refusals
                     UNION SELECT asset FROM passages WHERE model IS NULL)),
                 (SELECT count(*) FROM films), (SELECT count(*) FROM conversations)
             FROM assets";
        Ok(self.reader()?.query_row(sql, [], |row| {
            Ok(Contents {
                pictures: row.get(0)?,
                videos: row.get(1)?,
                recordings: row.get(2)?,
                withdrawn: row.get(3)?,
                removed: row.get(4)?,
                passages: row.get(5)?,
                corrected: row.get(6)?,
                films: row.get(7)?,
                conversations: row.get(8)?,
            })
        })?)
    }

    /// Calls the library something else, here and in its file.
    ///
    /// # Errors
    /// If the file cannot be written; what is open has the new name all the same.
    pub fn rename(&mut self, name: &str) -> Result<(), CatalogError> {
        name.clone_into(&mut self.name);
        self.writer()?.execute("UPDATE library SET name = ?1", params![name])?;
        Ok(())
    }
}
