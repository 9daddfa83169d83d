//! Taking assets out of the library: they are no longer live, and stay so when their files are seen again.

use std::path::Path;

use jiff::Timestamp;
use kinora_types::{Asset, AssetRow};
use rusqlite::{Transaction, params};

use crate::{Catalog, CatalogError, composed, names, read, write::settle};

/// What a reference means in a library.
#[derive(Clone, Debug, PartialEq)]
pub enum Meant {
    /// No live asset.
    Nothing,
    /// The assets of files below this folder; or none, if it holds nothing of the library.
    Folder(Vec<Asset>),
    /// One asset.
    One(Box<Asset>),
    /// Several assets that a name or the begin of a hash may stand for.
    Many(Vec<Asset>),
    /// An asset that was taken out before.
    Removed,
}

pub(crate) fn remove(
    transaction: &Transaction<'_>,
    row: AssetRow,
    revision: u64,
) -> Result<(), CatalogError> {
    let sql = "UPDATE assets SET removed = coalesce(removed, ?2) WHERE row = ?1";
    let now = Timestamp::now().to_string();
    transaction.prepare_cached(sql)?.execute(params![row.0, now])?;
    settle(transaction, row, revision)
}

pub(crate) fn restore(
    transaction: &Transaction<'_>,
    row: AssetRow,
    revision: u64,
) -> Result<(), CatalogError> {
    let sql = "UPDATE assets SET removed = NULL WHERE row = ?1";
    transaction.prepare_cached(sql)?.execute([row.0])?;
    settle(transaction, row, revision)
}

impl Catalog {
    /// What is meant by a path of a file or folder, a file name, a content hash or at least six digits of one. A path
    /// goes before a name; letters may be composed either way.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn meant(&self, reference: &str, path: &Path) -> Result<Meant, CatalogError> {
        if let Some(state) = self.file_state(path)? {
            if state.removed {
                return Ok(Meant::Removed);
            }
            if let Some(asset) = self.asset(&state.asset)?.filter(|_| state.present) {
                return Ok(Meant::One(Box::new(asset)));
            }
        }
        let below = self.assets_below(path)?;
        if !below.is_empty() {
            return Ok(Meant::Folder(below));
        }
        let mut found = self.called(reference)?;
        Ok(match found.len() {
            0 if self.was_removed(reference)? => Meant::Removed,
            0 => Meant::Nothing,
            1 => Meant::One(Box::new(found.remove(0))),
            _ => Meant::Many(found),
        })
    }

    /// Live assets with a present file below a folder, in order of entry.
    fn assets_below(&self, folder: &Path) -> Result<Vec<Asset>, CatalogError> {
        let folder = composed(&folder.to_string_lossy()).into_owned();
        let folder = Path::new(&folder);
        let connection = self.view()?;
        let rows = names::rows_where(&connection, &|path| {
            let path = composed(path);
            let path = Path::new(&*path);
            path != folder && path.starts_with(folder)
        })?;
        Ok(read::assets(&connection, &rows)?.into_iter().map(|(_, asset)| asset).collect())
    }

    fn called(&self, reference: &str) -> Result<Vec<Asset>, CatalogError> {
        let connection = self.view()?;
        let mut rows = names::rows_called(&connection, reference)?;
        rows.extend(read::rows_hashed(&connection, reference)?);
        rows.sort_unstable();
        rows.dedup();
        Ok(read::assets(&connection, &rows)?.into_iter().map(|(_, asset)| asset).collect())
    }

    /// Whether a name, or the begin of a hash, is that of something that was taken out.
    fn was_removed(&self, reference: &str) -> Result<bool, CatalogError> {
        let connection = self.reader()?;
        let wanted = composed(reference);
        let mut statement = connection.prepare_cached(
            "SELECT f.path, lower(hex(a.id)) FROM files f JOIN assets a ON a.row = f.asset
             WHERE a.removed IS NOT NULL",
        )?;
        let mut rows = statement.query([])?;
        let hash = reference.to_ascii_lowercase();
        while let Some(row) = rows.next()? {
            let (path, id): (String, String) = (row.get(0)?, row.get(1)?);
            let hashed = read::is_hash(reference) && id.starts_with(&hash);
            if hashed || (!wanted.is_empty() && names::is_called(&path, &wanted)) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
