//! Whether a catalogue is whole: pages, structure, references, words.

use std::{collections::BTreeMap, path::Path};

use rusqlite::Connection;

use crate::{
    CatalogError, FILE_NAME, pages, place,
    schema::{self, Access},
};

/// Lines of SQLite's own check that are kept.
const LINES: usize = 20;

/// What [`examine`] found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Format of the catalogue, counted in schema steps.
    pub version: u32,
    /// Whether its pages carry checksums; a catalogue of an older format gets them when it is next used.
    pub guarded: bool,
    /// Damaged pages by the table or index they belong to.
    pub damaged: BTreeMap<String, u64>,
    /// What SQLite's own check complains of: its structure, its indexes, its words.
    pub structure: Vec<String>,
    /// Rows that belong to a row that is not there.
    pub orphans: u64,
}

impl Health {
    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.damaged.is_empty() && self.structure.is_empty() && self.orphans == 0
    }

    /// What is wrong, a line each.
    pub fn faults(&self) -> Vec<String> {
        let pages = self.damaged.iter().map(|(of, pages)| match pages {
            1 => format!("1 page of `{of}` does not match its checksum"),
            _ => format!("{pages} pages of `{of}` do not match their checksums"),
        });
        let structure = self.structure.iter().map(|line| format!("structure: {line}"));
        let orphans = (self.orphans > 0)
            .then(|| format!("{} rows belong to rows that are not there", self.orphans));
        pages.chain(structure).chain(orphans).collect()
    }
}

/// Reads every page of the catalogue in a library's folder; nothing is written, and a damaged page does not
/// end it. Takes as long as reading the file.
///
/// # Errors
/// As [`crate::Catalog::open`] where there is no catalogue; what is damaged is no error.
pub fn examine(folder: &Path) -> Result<Health, CatalogError> {
    place::look(folder)?;
    let path = folder.join(FILE_NAME);
    let connection = schema::connect(&path, Access::Examine)?;
    drop(pages::tolerated());
    let version = match schema::version(&connection, &path) {
        Err(CatalogError::Damaged(why)) => {
            return Ok(Health { structure: vec![why], ..Health::default() });
        }
        other => other?,
    };
    let structure = complaints(&connection);
    let bad = pages::tolerated();
    let mut damaged = BTreeMap::new();
    if !bad.is_empty() {
        let owners = owners(&connection).unwrap_or_default();
        for page in bad {
            let owner = owners.get(&page).map_or("an unknown table", String::as_str);
            *damaged.entry(owner.to_owned()).or_default() += 1;
        }
    }
    let orphans = connection
        .query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0))
        .unwrap_or(0);
    Ok(Health { version, guarded: version >= schema::GUARDED, damaged, structure, orphans })
}

/// SQLite's integrity check of tables, indexes and full-text indexes.
pub(crate) fn complaints(connection: &Connection) -> Vec<String> {
    let read = || {
        let mut statement = connection.prepare(&format!("PRAGMA integrity_check({LINES})"))?;
        let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
        rows.collect::<Result<Vec<_>, _>>()
    };
    match read() {
        Ok(lines) => lines.into_iter().filter(|line| line != "ok").collect(),
        Err(error) => vec![error.to_string()],
    }
}

/// Which table or index each page belongs to.
fn owners(connection: &Connection) -> Result<BTreeMap<u64, String>, CatalogError> {
    let mut statement = connection.prepare("SELECT pageno, name FROM dbstat")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
