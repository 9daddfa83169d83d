//! Frames and shots of videos, and what the points of a vector index belong to.

use std::collections::BTreeSet;

use kinora_types::{Asset, AssetRow, Embedding, FrameRow, Indexed, Point, ShotMotion, TimeRange};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::{Catalog, CatalogError, NewFrame, NewShot, read};

/// Videos and recordings, live or not: from the index `assets_live` alone, as the rows of assets hold vectors.
const TIMED: &str = "SELECT row FROM assets WHERE live IN (0, 1) AND duration_ms IS NOT NULL";
/// The frames of an asset: from the index of `UNIQUE (asset, at_ms)` alone.
const FRAMES_OF: &str = "SELECT row FROM frames WHERE asset = ?1";

/// What a point of the vector index belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Owner {
    /// The asset.
    pub asset: AssetRow,
    /// Of a video's frame: when it is shown, in milliseconds.
    pub at_ms: Option<u64>,
}

/// A frame of a video.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Its row; [`Point::of_frame`] gives its point in the vector index.
    pub row: FrameRow,
    /// When it is shown, in milliseconds.
    pub at_ms: u64,
}

/// A shot and how it moves.
#[derive(Clone, Debug, PartialEq)]
pub struct MovingShot {
    /// Its asset.
    pub asset: AssetRow,
    /// From cut to cut.
    pub range: TimeRange,
    /// How it moves.
    pub motion: ShotMotion,
}

pub(crate) fn blob(embedding: &Embedding) -> Vec<u8> {
    embedding.values().iter().flat_map(|value| value.to_le_bytes()).collect()
}

pub(crate) fn insert(
    transaction: &Transaction<'_>,
    asset: AssetRow,
    frames: &[NewFrame],
    revision: u64,
) -> Result<(), CatalogError> {
    let mut statement = transaction.prepare_cached(
        "INSERT OR IGNORE INTO frames (asset, at_ms, vector, changed) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for frame in frames {
        statement.execute(params![asset.0, frame.at_ms, blob(&frame.embedding), revision])?;
    }
    Ok(())
}

pub(crate) fn analysed(
    transaction: &Transaction<'_>,
    asset: AssetRow,
    shots: &[NewShot],
    embedding: &Embedding,
) -> Result<(), CatalogError> {
    transaction.prepare_cached("DELETE FROM shots WHERE asset = ?1")?.execute([asset.0])?;
    let mut statement = transaction.prepare_cached(
        "INSERT OR IGNORE INTO shots (asset, start_ms, end_ms, motion) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for NewShot { range, motion } in shots {
        let motion = motion.as_ref().map(serde_json::to_string).transpose();
        let motion = motion.map_err(|e| CatalogError::Damaged(e.to_string()))?;
        statement.execute(params![asset.0, range.start_ms(), range.end_ms(), motion])?;
    }
    transaction
        .prepare_cached("UPDATE assets SET analysed = 1, vector = ?2 WHERE row = ?1")?
        .execute(params![asset.0, blob(embedding)])?;
    // What was lost to damage is there again.
    transaction.prepare_cached("DELETE FROM lost WHERE asset = ?1")?.execute([asset.0])?;
    Ok(())
}

/// How long a video is.
pub(crate) fn lasts(
    transaction: &Transaction<'_>,
    asset: AssetRow,
    duration_ms: u64,
) -> Result<(), CatalogError> {
    transaction
        .prepare_cached("UPDATE assets SET duration_ms = ?2 WHERE row = ?1")?
        .execute(params![asset.0, duration_ms])?;
    Ok(())
}

/// The frames enter or leave the index with their asset.
pub(crate) fn stamp(
    transaction: &Transaction<'_>,
    asset: AssetRow,
    revision: u64,
) -> Result<(), CatalogError> {
    transaction
        .prepare_cached("UPDATE frames SET changed = ?2 WHERE asset = ?1")?
        .execute(params![asset.0, revision])?;
    Ok(())
}

impl Catalog {
    /// Number of points that a vector index of this library has: live pictures, and frames of live
    /// videos.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn point_count(&self) -> Result<u64, CatalogError> {
        let sql = "SELECT (SELECT count(*) FROM assets WHERE live = 1 AND duration_ms IS NULL)
                 - (SELECT count(*) FROM lost JOIN assets ON assets.row = lost.asset
                        WHERE live = 1 AND duration_ms IS NULL)
                 + (SELECT count(*) FROM frames JOIN assets ON assets.row = frames.asset
                        WHERE assets.live = 1)";
        Ok(self.reader()?.query_row(sql, [], |row| row.get(0))?)
    }

    /// Whether the library has any video.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn has_frames(&self) -> Result<bool, CatalogError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM frames)";
        Ok(self.reader()?.query_row(sql, [], |row| row.get(0))?)
    }

    /// The points of these assets, ascending; `rows` must be ascending too.
    ///
    /// Costs a look at every video of the library and at the frames of those asked for.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn points_of(&self, rows: &[AssetRow]) -> Result<Vec<Point>, CatalogError> {
        let connection = self.view()?;
        let wanted = |row: &AssetRow| rows.binary_search(row).is_ok();
        let mut statement = connection.prepare_cached(TIMED)?;
        let timed = statement.query_map([], |row| Ok(AssetRow(row.get(0)?)))?;
        let timed = timed.collect::<Result<BTreeSet<_>, _>>()?;
        let pictures = rows.iter().filter(|row| !timed.contains(row));
        let mut points: Vec<Point> = pictures.copied().map(Point::of_picture).collect();
        let mut statement = connection.prepare_cached(FRAMES_OF)?;
        for asset in timed.into_iter().filter(wanted) {
            let frames = statement.query_map([asset.0], |row| Ok(FrameRow(row.get(0)?)))?;
            for frame in frames {
                points.push(Point::of_frame(frame?));
            }
        }
        points.sort_unstable();
        Ok(points)
    }

    /// What points belong to, in the order asked for; `None` for a point that there is not.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn owners(&self, points: &[Point]) -> Result<Vec<Option<Owner>>, CatalogError> {
        let connection = self.view()?;
        points.iter().map(|point| owner(&connection, *point)).collect()
    }

    /// The frames of an asset in order of time; none for a picture.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn frames(&self, asset: AssetRow) -> Result<Vec<Frame>, CatalogError> {
        let connection = self.reader()?;
        let mut statement = connection
            .prepare_cached("SELECT row, at_ms FROM frames WHERE asset = ?1 ORDER BY at_ms")?;
        let rows = statement.query_map([asset.0], |row| {
            Ok(Frame { row: FrameRow(row.get(0)?), at_ms: row.get(1)? })
        })?;
        rows.map(|row| row.map_err(Into::into)).collect()
    }

    /// The vectors of a video's frames in order of time (what a motion model reads).
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn frame_embeddings(&self, asset: AssetRow) -> Result<Vec<(u64, Embedding)>, CatalogError> {
        let connection = self.reader()?;
        let mut statement = connection
            .prepare_cached("SELECT at_ms, vector FROM frames WHERE asset = ?1 ORDER BY at_ms")?;
        let rows =
            statement.query_map([asset.0], |row| Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?)))?;
        rows.map(|row| {
            let (at_ms, blob) = row?;
            Ok((at_ms, self.space().embedding(self.vector(&blob)?)))
        })
        .collect()
    }

    /// The shots of an asset in order of time; none before it was looked through.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn shots(&self, asset: AssetRow) -> Result<Vec<TimeRange>, CatalogError> {
        let connection = self.reader()?;
        let mut statement = connection.prepare_cached(
            "SELECT start_ms, end_ms FROM shots WHERE asset = ?1 ORDER BY start_ms",
        )?;
        let rows = statement.query_map([asset.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.map(|row| {
            let (start, end) = row?;
            TimeRange::new(start, end).map_err(|error| CatalogError::Damaged(error.to_string()))
        })
        .collect()
    }

    /// How shots move, of one asset or of all live ones, those of which it could be measured, by row of
    /// the asset and time.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn shot_motions(&self, asset: Option<AssetRow>) -> Result<Vec<MovingShot>, CatalogError> {
        let connection = self.reader()?;
        let mut statement = connection.prepare_cached(
            "SELECT s.asset, s.start_ms, s.end_ms, s.motion FROM shots s
                 JOIN assets a ON a.row = s.asset
             WHERE s.motion IS NOT NULL AND (s.asset = ?1 OR (?1 IS NULL AND a.live = 1))
             ORDER BY s.asset, s.start_ms",
        )?;
        let rows = statement.query_map([asset.map(|row| row.0)], |row| {
            Ok((AssetRow(row.get(0)?), row.get(1)?, row.get(2)?, row.get::<_, String>(3)?))
        })?;
        let damaged = |error: &dyn std::fmt::Display| CatalogError::Damaged(error.to_string());
        rows.map(|row| {
            let (asset, start, end, motion) = row?;
            Ok(MovingShot {
                asset,
                range: TimeRange::new(start, end).map_err(|e| damaged(&e))?,
                motion: serde_json::from_str(&motion).map_err(|e| damaged(&e))?,
            })
        })
        .collect()
    }

    /// Live videos of which only keyframes are known, oldest first.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn unanalysed(&self) -> Result<Vec<Asset>, CatalogError> {
        let connection = self.view()?;
        let rows = {
            let mut statement = connection.prepare_cached(
                "SELECT row FROM assets WHERE live = 1 AND analysed = 0 ORDER BY row",
            )?;
            let rows = statement.query_map([], |row| Ok(AssetRow(row.get(0)?)))?;
            rows.collect::<Result<Vec<_>, _>>()?
        };
        Ok(read::assets(&connection, &rows)?.into_iter().map(|(_, asset)| asset).collect())
    }
}

fn owner(connection: &Connection, point: Point) -> Result<Option<Owner>, CatalogError> {
    let frame = match point.indexed() {
        Indexed::Picture(asset) => return Ok(Some(Owner { asset, at_ms: None })),
        Indexed::Frame(frame) => frame,
    };
    let mut statement =
        connection.prepare_cached("SELECT asset, at_ms FROM frames WHERE row = ?1")?;
    let read = |row: &rusqlite::Row<'_>| {
        Ok(Owner { asset: AssetRow(row.get(0)?), at_ms: Some(row.get(1)?) })
    };
    Ok(statement.query_row([frame.0], read).optional()?)
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;
    use crate::schema;

    #[test]
    fn the_points_of_a_filter_are_read_from_indexes_alone() {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::make(&mut connection).unwrap();
        for (sql, index) in [(TIMED, "assets_live"), (FRAMES_OF, "sqlite_autoindex_frames_1")] {
            let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let parameters = vec![1; statement.parameter_count()];
            let steps = statement.query_map(rusqlite::params_from_iter(parameters), |row| {
                row.get::<_, String>("detail")
            });
            let steps: Vec<String> = steps.unwrap().map(Result::unwrap).collect();
            let by_index = |step: &String| {
                step.starts_with("SEARCH") && step.contains(&format!("COVERING INDEX {index}"))
            };
            assert!(steps.iter().all(by_index) && steps.len() == 1, "{steps:?}");
        }
    }
}
