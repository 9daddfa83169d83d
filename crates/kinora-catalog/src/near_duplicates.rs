//! Near-duplicates: what pictures are compared by, and which pairs were found to be nearly the same.
//!
//! The catalogue keeps pairs, not groups: that two pictures are both like a third does not make them alike.

use kinora_types::{Asset, AssetId, AssetRow};
use rusqlite::{OptionalExtension, Transaction, params};

use crate::{
    Catalog, CatalogError, read,
    read::{known_row, row_of},
};

/// Rows that are asked for in one statement.
const AT_ONCE: usize = 500;

/// Remembers what an asset is compared by and the older ones that it nearly equals; those that are not known are
/// passed over.
pub(crate) fn compared(
    transaction: &Transaction<'_>,
    row: AssetRow,
    signature: &[u8],
    near: &[AssetId],
) -> Result<(), CatalogError> {
    transaction
        .prepare_cached("INSERT OR REPLACE INTO signatures (asset, signature) VALUES (?1, ?2)")?
        .execute(params![row.0, signature])?;
    let sql = "INSERT OR IGNORE INTO near_duplicates (asset, other) VALUES (?1, ?2)";
    let mut pair = transaction.prepare_cached(sql)?;
    for other in near {
        if let Some(other) = row_of(transaction, other)?.filter(|other| *other != row) {
            pair.execute([row.0, other.0])?;
            pair.execute([other.0, row.0])?;
        }
    }
    Ok(())
}

impl Catalog {
    /// Pairs of live near-duplicates of which one is among these rows, that one first; in no order.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn near_duplicates(
        &self,
        rows: &[AssetRow],
    ) -> Result<Vec<(AssetRow, AssetRow)>, CatalogError> {
        let connection = self.view()?;
        let mut found = Vec::new();
        for rows in rows.chunks(AT_ONCE) {
            let list: Vec<String> = rows.iter().map(|row| row.0.to_string()).collect();
            let mut statement = connection.prepare(&format!(
                "SELECT asset, other FROM near_duplicates JOIN assets ON assets.row = other AND live = 1
                 WHERE asset IN ({})",
                list.join(", ")
            ))?;
            let pairs =
                statement.query_map([], |r| Ok((AssetRow(r.get(0)?), AssetRow(r.get(1)?))))?;
            for pair in pairs {
                found.push(pair?);
            }
        }
        Ok(found)
    }

    /// All pairs of live near-duplicates, each both ways, by row.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn all_near_duplicates(&self) -> Result<Vec<(AssetRow, AssetRow)>, CatalogError> {
        let connection = self.reader()?;
        let mut statement = connection.prepare_cached(
            "SELECT n.asset, n.other FROM near_duplicates n
                 JOIN assets a ON a.row = n.asset AND a.live = 1
                 JOIN assets b ON b.row = n.other AND b.live = 1
             ORDER BY n.asset, n.other",
        )?;
        let pairs = statement.query_map([], |r| Ok((AssetRow(r.get(0)?), AssetRow(r.get(1)?))))?;
        pairs.map(|pair| pair.map_err(Into::into)).collect()
    }

    /// Live assets that lie in several files, byte for byte the same.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn in_several_files(&self) -> Result<Vec<AssetRow>, CatalogError> {
        let connection = self.reader()?;
        let mut statement = connection.prepare_cached(
            "SELECT asset FROM files WHERE present = 1 GROUP BY asset HAVING count(*) > 1
             ORDER BY asset",
        )?;
        let rows = statement.query_map([], |row| Ok(AssetRow(row.get(0)?)))?;
        rows.map(|row| row.map_err(Into::into)).collect()
    }

    /// What an asset is compared by; `None` if that was not computed yet.
    ///
    /// # Errors
    /// [`CatalogError::Reference`] for an asset that is not known.
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn signature(&self, asset: &AssetId) -> Result<Option<Vec<u8>>, CatalogError> {
        let connection = self.view()?;
        let row = known_row(&connection, asset)?;
        let mut statement =
            connection.prepare_cached("SELECT signature FROM signatures WHERE asset = ?1")?;
        Ok(statement.query_row([row.0], |r| r.get(0)).optional()?)
    }

    /// Live pictures and videos that were not compared with the others, oldest first.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn uncompared(&self) -> Result<Vec<Asset>, CatalogError> {
        let connection = self.view()?;
        let rows = {
            let mut statement = connection.prepare_cached(
                "SELECT row FROM assets WHERE live = 1 AND width > 0
                     AND row NOT IN (SELECT asset FROM signatures) ORDER BY row",
            )?;
            let rows = statement.query_map([], |row| Ok(AssetRow(row.get(0)?)))?;
            rows.collect::<Result<Vec<_>, _>>()?
        };
        Ok(read::assets(&connection, &rows)?.into_iter().map(|(_, asset)| asset).collect())
    }
}
