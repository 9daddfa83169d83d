//! Exact filters: which assets a search may return.

use jiff::civil::Date;
use kinora_types::{AssetId, AssetRow, CameraMotion, GeoPoint, Kind, Rights};
use rusqlite::{Connection, params};
use serde::Deserialize;

use crate::{Catalog, CatalogError, read::row_of};

/// Conditions that all must hold; an asset that lacks the field a condition asks about fails it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    /// Taken on this day or later.
    pub after: Option<Date>,
    /// Taken on this day or earlier.
    pub before: Option<Date>,
    /// Taken within so many kilometres of a place.
    pub near: Option<(GeoPoint, f64)>,
    /// Pictures alone, videos alone, or recordings alone.
    pub kind: Option<Kind>,
    /// Lasts at least so many milliseconds; a picture lasts none.
    pub at_least_ms: Option<u64>,
    /// Lasts at most so many milliseconds; a picture fails this too.
    pub at_most_ms: Option<u64>,
    /// Whether somebody is heard to speak in it.
    pub speech: Option<bool>,
    /// The language that is spoken in it, ISO 639-1.
    pub language: Option<String>,
    /// Under one of these licences, as [`Rights::licence_is_among`] tells them; empty for any or none.
    pub licences: Vec<String>,
    /// With a shot in which the camera does this.
    pub camera: Option<CameraMotion>,
    /// One of these assets.
    pub only: Option<Vec<AssetId>>,
}

impl Filter {
    /// Whether it lets everything through.
    pub fn is_open(&self) -> bool {
        *self == Self::default()
    }
}

impl Catalog {
    /// Rows of the live assets that pass, ascending; `None` if the filter is open.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn filter(&self, filter: &Filter) -> Result<Option<Vec<AssetRow>>, CatalogError> {
        let connection = self.view()?;
        let passed = passing(&connection, &Filter { only: None, ..filter.clone() })?;
        let Some(only) = &filter.only else {
            return Ok(passed);
        };
        let mut rows = Vec::new();
        for id in only {
            rows.extend(row_of(&connection, id)?);
        }
        rows.sort_unstable();
        rows.dedup();
        rows.retain(|row| passed.as_ref().is_none_or(|rows| rows.binary_search(row).is_ok()));
        Ok(Some(rows))
    }
}

/// As [`Catalog::filter`], whatever `only` says.
fn passing(
    connection: &Connection,
    filter: &Filter,
) -> Result<Option<Vec<AssetRow>>, CatalogError> {
    if filter.is_open() {
        return Ok(None);
    }
    // Text order is time order: ISO 8601, one length up to the day.
    let mut statement = connection.prepare_cached(
        "SELECT row, latitude, longitude, licence FROM assets WHERE live = 1
             AND (?1 IS NULL OR substr(taken_at, 1, 10) >= ?1)
             AND (?2 IS NULL OR substr(taken_at, 1, 10) <= ?2)
             AND (?3 = 0 OR latitude IS NOT NULL)
             AND (?4 IS NULL OR ?4 = CASE WHEN width = 0 THEN 2 ELSE duration_ms IS NOT NULL END)
             AND (?5 IS NULL OR duration_ms >= ?5)
             AND (?6 IS NULL OR duration_ms <= ?6)
             AND (?7 IS NULL OR ?7 = EXISTS (SELECT 1 FROM passages
                 WHERE asset = assets.row AND kind = 'speech' AND shown = 1))
             AND (?8 IS NULL OR EXISTS (SELECT 1 FROM passages
                 WHERE asset = assets.row AND kind = 'speech' AND shown = 1
                     AND language = lower(?8)))
             AND (?9 IS NULL OR EXISTS (SELECT 1 FROM shots, json_each(motion, '$.camera')
                 WHERE asset = assets.row AND replace(value, '_', '-') = ?9))
         ORDER BY row",
    )?;
    let (after, before) =
        (filter.after.map(|d| d.to_string()), filter.before.map(|d| d.to_string()));
    let kind = filter.kind.map(|kind| match kind {
        Kind::Picture => 0,
        Kind::Video => 1,
        Kind::Audio => 2,
    });
    let parameters = params![
        after,
        before,
        filter.near.is_some(),
        kind,
        filter.at_least_ms,
        filter.at_most_ms,
        filter.speech,
        filter.language,
        filter.camera.map(CameraMotion::name),
    ];
    let rows = statement.query_map(parameters, |row| {
        Ok((
            AssetRow(row.get(0)?),
            row.get::<_, Option<f64>>(1)?,
            row.get::<_, Option<f64>>(2)?,
            Rights { licence: row.get(3)?, ..Rights::default() }.meant(),
        ))
    })?;
    let mut passed = Vec::new();
    for row in rows {
        let (row, latitude, longitude, rights) = row?;
        let licensed = rights.licence_is_among(&filter.licences);
        if licensed && is_near(filter.near, latitude.zip(longitude)) {
            passed.push(row);
        }
    }
    Ok(Some(passed))
}

fn is_near(near: Option<(GeoPoint, f64)>, place: Option<(f64, f64)>) -> bool {
    match (near, place) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some((centre, km)), Some((latitude, longitude))) => {
            centre.distance_km(GeoPoint { latitude, longitude }) <= km
        }
    }
}
