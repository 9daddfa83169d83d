//! Reading assets, files and the feed of changes.

use std::path::Path;

use jiff::{Timestamp, civil::DateTime};
use kinora_types::{
    Asset, AssetId, AssetRow, ContentHash, Embedding, FrameRow, GeoPoint, Kind, Point, Rights, Size,
};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::{Catalog, CatalogError, FileState, IndexChange, layers, names};

const COLUMNS: &str =
    "row, id, width, height, bytes, format, taken_at, latitude, longitude, camera,
    title, caption, keywords, licence, author, source, added_at, duration_ms, date_basis";

impl Catalog {
    /// Raised by every change, of this process or another; what a film's record calls the library's revision. Cheap
    /// enough to be asked at every search: some microseconds.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn revision(&self) -> Result<u64, CatalogError> {
        let connection = self.reader()?;
        let mut statement = connection.prepare_cached("SELECT revision FROM library")?;
        Ok(statement.query_row([], |row| row.get(0))?)
    }

    /// Number of live assets.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn count(&self) -> Result<u64, CatalogError> {
        let sql = "SELECT count(*) FROM assets WHERE live = 1";
        Ok(self.reader()?.query_row(sql, [], |row| row.get(0))?)
    }

    /// Numbers of live pictures, videos and recordings.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn count_by_kind(&self) -> Result<[(Kind, u64); 3], CatalogError> {
        let sql = "SELECT count(*) FILTER (WHERE duration_ms IS NULL AND width > 0),
                 count(*) FILTER (WHERE duration_ms IS NOT NULL AND width > 0),
                 count(*) FILTER (WHERE width = 0)
             FROM assets WHERE live = 1";
        Ok(self.reader()?.query_row(sql, [], |row| {
            Ok([
                (Kind::Picture, row.get(0)?),
                (Kind::Video, row.get(1)?),
                (Kind::Audio, row.get(2)?),
            ])
        })?)
    }

    /// What is known of a file; `None` for a path never seen.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn file_state(&self, path: &Path) -> Result<Option<FileState>, CatalogError> {
        let Some(path) = path.to_str() else {
            return Ok(None);
        };
        let connection = self.reader()?;
        let mut statement = connection.prepare_cached(
            "SELECT a.id, f.bytes, f.mtime_ns, f.present, f.beside, a.removed IS NOT NULL
             FROM files f JOIN assets a ON a.row = f.asset WHERE f.path = ?1",
        )?;
        let read = |row: &Row<'_>| {
            Ok(FileState {
                asset: AssetId(ContentHash::from_bytes(row.get(0)?)),
                bytes: row.get(1)?,
                mtime_ns: row.get(2)?,
                present: row.get(3)?,
                beside: row.get(4)?,
                removed: row.get(5)?,
            })
        };
        Ok(statement.query_row([path], read).optional()?)
    }

    /// Every present path under a folder (or the file itself), to find what has vanished.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn paths_under(&self, folder: &Path) -> Result<Vec<String>, CatalogError> {
        let connection = self.reader()?;
        let mut statement =
            connection.prepare_cached("SELECT path FROM files WHERE present = 1 ORDER BY path")?;
        let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
        let under = |path: &String| Path::new(path).starts_with(folder);
        rows.filter(|path| path.as_ref().map_or(true, under))
            .map(|p| p.map_err(Into::into))
            .collect()
    }

    /// The asset, live or not.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn asset(&self, id: &AssetId) -> Result<Option<Asset>, CatalogError> {
        let connection = self.view()?;
        let sql = format!("SELECT {COLUMNS} FROM assets WHERE id = ?1");
        let raw =
            connection.prepare_cached(&sql)?.query_row([id.0.as_bytes()], raw_asset).optional()?;
        raw.map(|raw| Ok(raw.finish(&connection)?.1)).transpose()
    }

    /// The row of an asset, live or not; `None` if the library never held it.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn find_row(&self, id: &AssetId) -> Result<Option<AssetRow>, CatalogError> {
        row_of(&*self.reader()?, id)
    }

    /// The row of an asset that the library must hold, live or not.
    ///
    /// # Errors
    /// [`CatalogError::Reference`] if it does not; [`CatalogError::Damaged`], [`CatalogError::Moved`] and
    /// [`CatalogError::Sqlite`] if the file cannot be read.
    pub fn row(&self, id: &AssetId) -> Result<AssetRow, CatalogError> {
        known_row(&*self.reader()?, id)
    }

    /// The assets of these rows, in the order asked for; rows that do not exist are left out.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn assets(&self, rows: &[AssetRow]) -> Result<Vec<(AssetRow, Asset)>, CatalogError> {
        assets(&*self.view()?, rows)
    }

    /// All live assets in order of entry.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn live_rows(&self) -> Result<Vec<AssetRow>, CatalogError> {
        let connection = self.reader()?;
        let mut statement =
            connection.prepare_cached("SELECT row FROM assets WHERE live = 1 ORDER BY row")?;
        let rows = statement.query_map([], |row| Ok(AssetRow(row.get(0)?)))?;
        rows.map(|row| row.map_err(Into::into)).collect()
    }

    /// Whether the asset is known and nothing of it was lost to damage: a file that holds it need not be read.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn is_whole(&self, id: &AssetId) -> Result<bool, CatalogError> {
        let connection = self.reader()?;
        let mut statement = connection.prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM assets WHERE id = ?1
                 AND row NOT IN (SELECT asset FROM lost))",
        )?;
        Ok(statement.query_row([id.0.as_bytes()], |row| row.get(0))?)
    }

    /// The stored vector of an asset; a recording has none, nor has what lost it to damage.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn embedding(&self, id: &AssetId) -> Result<Option<Embedding>, CatalogError> {
        let connection = self.reader()?;
        let mut statement = connection.prepare_cached("SELECT vector FROM assets WHERE id = ?1")?;
        let blob: Option<Vec<u8>> =
            statement.query_row([id.0.as_bytes()], |row| row.get(0)).optional()?;
        let blob = blob.filter(|blob| !blob.is_empty());
        blob.map(|blob| Ok(self.space().embedding(self.vector(&blob)?))).transpose()
    }

    /// The live assets that lie in files of this name, whatever their folder and however its letters are
    /// composed.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn assets_named(&self, name: &str) -> Result<Vec<Asset>, CatalogError> {
        let connection = self.view()?;
        let rows = names::rows_called(&connection, name)?;
        Ok(assets(&connection, &rows)?.into_iter().map(|(_, asset)| asset).collect())
    }

    /// Perceptual hashes of the live assets in order of entry, for near-duplicates.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn perceptual_hashes(&self) -> Result<Vec<(AssetId, u64)>, CatalogError> {
        let connection = self.reader()?;
        let mut statement = connection.prepare_cached(
            "SELECT id, phash FROM assets WHERE live = 1 AND width > 0 ORDER BY row",
        )?;
        let rows = statement.query_map([], |row| {
            let id = AssetId(ContentHash::from_bytes(row.get(0)?));
            Ok((id, row.get::<_, i64>(1)? as u64))
        })?;
        rows.map(|row| row.map_err(Into::into)).collect()
    }

    /// Points that entered, left or came back after `revision`, oldest first, at most `limit` of
    /// them plus the rest of the last revision, so that the caller can go on from the last one.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn changes_since(
        &self,
        revision: u64,
        limit: usize,
    ) -> Result<Vec<IndexChange>, CatalogError> {
        let connection = self.view()?;
        // By itself, so that the vectors of what is left over are not read for every batch.
        let last: Option<u64> = connection
            .prepare_cached(
                "SELECT changed FROM assets WHERE changed > ?1
                 UNION ALL SELECT changed FROM frames WHERE changed > ?1
                 ORDER BY changed LIMIT 1 OFFSET ?2",
            )?
            .query_row(params![revision, limit.saturating_sub(1) as i64], |row| row.get(0))
            .optional()?;
        let mut statement = connection.prepare_cached(
            "SELECT row, changed, live AND row NOT IN (SELECT asset FROM lost), vector, 0 AS frame
                 FROM assets WHERE changed > ?1 AND changed <= ?2 AND duration_ms IS NULL AND width > 0
             UNION ALL
             SELECT f.row, f.changed, a.live, f.vector, 1 FROM frames f
                 JOIN assets a ON a.row = f.asset WHERE f.changed > ?1 AND f.changed <= ?2
             ORDER BY 2, 5, 1",
        )?;
        let rows =
            statement.query_map(params![revision, last.unwrap_or(i64::MAX as u64)], |row| {
                let live: bool = row.get(2)?;
                let blob = if live { Some(row.get::<_, Vec<u8>>(3)?) } else { None };
                let (number, is_frame) = (row.get(0)?, row.get(4)?);
                let point = if is_frame {
                    Point::of_frame(FrameRow(number))
                } else {
                    Point::of_picture(AssetRow(number))
                };
                Ok((point, row.get(1)?, blob))
            })?;
        rows.map(|row| {
            let (point, revision, blob): (Point, u64, Option<Vec<u8>>) = row?;
            let vector = blob.map(|blob| self.vector(&blob)).transpose()?;
            Ok(IndexChange { point, revision, vector })
        })
        .collect()
    }

    /// Finds the one live asset meant by a content hash (or a prefix of at least 6 digits), a file
    /// name or a path, however the letters of those are composed.
    ///
    /// # Errors
    /// [`CatalogError::Reference`] if no asset is meant, or more than one.
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn resolve(&self, reference: &str) -> Result<Asset, CatalogError> {
        let connection = self.view()?;
        let mut rows = names::rows_called(&connection, reference)?;
        rows.extend(rows_hashed(&connection, reference)?);
        rows.sort_unstable();
        rows.dedup();
        match rows.as_slice() {
            [row] => Ok(asset_of_row(&connection, *row)?.1),
            [] => Err(CatalogError::Reference(format!(
                "no such picture in this library: `{reference}`"
            ))),
            many => {
                Err(CatalogError::Reference(format!("`{reference}` means {} pictures", many.len())))
            }
        }
    }

    pub(crate) fn vector(&self, blob: &[u8]) -> Result<Vec<f32>, CatalogError> {
        if blob.len() != self.space().dimension * 4 {
            return Err(CatalogError::Damaged(format!("a vector of {} bytes", blob.len())));
        }
        let value = |bytes: &[u8]| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        Ok(blob.chunks_exact(4).map(value).collect())
    }
}

/// Whether a reference may be a content hash or the begin of one.
pub(crate) fn is_hash(reference: &str) -> bool {
    reference.len() >= 6 && reference.chars().all(|c| c.is_ascii_hexdigit())
}

/// Rows of the live assets whose content hash begins so.
pub(crate) fn rows_hashed(
    connection: &Connection,
    reference: &str,
) -> Result<Vec<AssetRow>, CatalogError> {
    if !is_hash(reference) {
        return Ok(Vec::new());
    }
    let mut statement = connection.prepare_cached(
        "SELECT row FROM assets WHERE live = 1 AND lower(hex(id)) LIKE lower(?1) || '%'",
    )?;
    let rows = statement.query_map([reference], |row| Ok(AssetRow(row.get(0)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The row of an asset, if there is one.
pub(crate) fn row_of(
    connection: &Connection,
    id: &AssetId,
) -> Result<Option<AssetRow>, CatalogError> {
    let mut statement = connection.prepare_cached("SELECT row FROM assets WHERE id = ?1")?;
    let read = |row: &Row<'_>| Ok(AssetRow(row.get(0)?));
    Ok(statement.query_row([id.0.as_bytes()], read).optional()?)
}

/// The row of an asset that must be there.
pub(crate) fn known_row(connection: &Connection, id: &AssetId) -> Result<AssetRow, CatalogError> {
    let missing = || CatalogError::Reference(format!("no such asset: `{}`", id.short()));
    row_of(connection, id)?.ok_or_else(missing)
}

/// The assets of these rows, in the order asked for; rows that do not exist are left out.
pub(crate) fn assets(
    connection: &Connection,
    rows: &[AssetRow],
) -> Result<Vec<(AssetRow, Asset)>, CatalogError> {
    let sql = format!("SELECT {COLUMNS} FROM assets WHERE row = ?1");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        if let Some(raw) = statement.query_row([row.0], raw_asset).optional()? {
            found.push(raw.finish(connection)?);
        }
    }
    Ok(found)
}

/// The asset of a row that must be there.
pub(crate) fn asset_of_row(
    connection: &Connection,
    row: AssetRow,
) -> Result<(AssetRow, Asset), CatalogError> {
    let sql = format!("SELECT {COLUMNS} FROM assets WHERE row = ?1");
    let raw = connection.prepare_cached(&sql)?.query_row([row.0], raw_asset).optional()?;
    let missing = || CatalogError::Damaged(format!("row {row} is missing"));
    raw.ok_or_else(missing)?.finish(connection)
}

/// A row as SQLite gives it; text is parsed in `finish`, where errors can be told apart.
struct RawAsset {
    row: AssetRow,
    asset: Asset,
    taken_at: Option<String>,
    date_basis: Option<String>,
    keywords: String,
    added_at: String,
}

fn raw_asset(row: &Row<'_>) -> rusqlite::Result<RawAsset> {
    let place = match (row.get(7)?, row.get(8)?) {
        (Some(latitude), Some(longitude)) => Some(GeoPoint { latitude, longitude }),
        _ => None,
    };
    let asset = Asset {
        id: AssetId(ContentHash::from_bytes(row.get(1)?)),
        size: Some(Size { width: row.get(2)?, height: row.get(3)? }).filter(|size| size.width > 0),
        bytes: row.get(4)?,
        format: row.get(5)?,
        duration_ms: row.get(17)?,
        paths: Vec::new(),
        taken_at: None,
        date_basis: None,
        place,
        camera: row.get(9)?,
        title: row.get(10)?,
        caption: row.get(11)?,
        keywords: Vec::new(),
        // What older versions took for a statement.
        rights: Rights { licence: row.get(13)?, author: row.get(14)?, source: row.get(15)? }
            .meant(),
        added_at: Timestamp::UNIX_EPOCH,
    };
    let (taken_at, date_basis) = (row.get(6)?, row.get(18)?);
    let (keywords, added_at) = (row.get(12)?, row.get(16)?);
    Ok(RawAsset { row: AssetRow(row.get(0)?), asset, taken_at, date_basis, keywords, added_at })
}

impl RawAsset {
    fn finish(mut self, connection: &Connection) -> Result<(AssetRow, Asset), CatalogError> {
        let damaged = |what: &str, error: &dyn std::fmt::Display| {
            CatalogError::Damaged(format!("{what} of row {}: {error}", self.row))
        };
        let parse = |text: &String| text.parse::<DateTime>().map_err(|e| damaged("date", &e));
        self.asset.taken_at = self.taken_at.as_ref().map(parse).transpose()?;
        let basis = |name: &String| {
            layers::basis_named(name).ok_or_else(|| damaged("basis of the date", name))
        };
        self.asset.date_basis = self.date_basis.as_ref().map(basis).transpose()?;
        self.asset.keywords =
            serde_json::from_str(&self.keywords).map_err(|e| damaged("keywords", &e))?;
        self.asset.added_at = self.added_at.parse().map_err(|e| damaged("time of entry", &e))?;
        let mut statement = connection.prepare_cached(
            "SELECT path FROM files WHERE asset = ?1 AND present = 1 ORDER BY path",
        )?;
        let paths = statement.query_map([self.row.0], |row| row.get(0))?;
        self.asset.paths = paths.collect::<Result<_, _>>()?;
        Ok((self.row, self.asset))
    }
}
