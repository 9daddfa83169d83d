//! Exact filters: which assets a search may return.

use jiff::civil::Date;
use kinora_types::{AssetId, GeoPoint, Rights};
use rusqlite::params;

use crate::{Catalog, CatalogError};

/// What an asset is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It stands still.
    Picture,
    /// It has a duration.
    Video,
}

/// Conditions that all must hold; an asset that lacks the field a condition asks about fails it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// Taken on this day or later.
    pub after: Option<Date>,
    /// Taken on this day or earlier.
    pub before: Option<Date>,
    /// Taken within so many kilometres of a place.
    pub near: Option<(GeoPoint, f64)>,
    /// Pictures alone, or videos alone.
    pub kind: Option<Kind>,
    /// Under one of these licences, as [`Rights::licence_is_among`] tells them; empty for any or none.
    pub licences: Vec<String>,
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
    /// Row numbers of the live assets that pass, ascending; `None` if the filter is open.
    pub fn filter(&self, filter: &Filter) -> Result<Option<Vec<u64>>, CatalogError> {
        let passed = self.passing(&Filter { only: None, ..filter.clone() })?;
        let Some(only) = &filter.only else {
            return Ok(passed);
        };
        let mut rows = Vec::new();
        for id in only {
            rows.extend(self.asset_and_row(id)?.map(|(row, _)| row));
        }
        rows.sort_unstable();
        rows.dedup();
        rows.retain(|row| passed.as_ref().is_none_or(|rows| rows.binary_search(row).is_ok()));
        Ok(Some(rows))
    }

    /// As [`Catalog::filter`], whatever `only` says.
    fn passing(&self, filter: &Filter) -> Result<Option<Vec<u64>>, CatalogError> {
        if filter.is_open() {
            return Ok(None);
        }
        let connection = self.connection();
        // Text order is time order: ISO 8601, one length up to the day.
        let mut statement = connection.prepare_cached(
            "SELECT row, latitude, longitude, licence FROM assets WHERE live = 1
                 AND (?1 IS NULL OR substr(taken_at, 1, 10) >= ?1)
                 AND (?2 IS NULL OR substr(taken_at, 1, 10) <= ?2)
                 AND (?3 = 0 OR latitude IS NOT NULL)
                 AND (?4 IS NULL OR ?4 = (duration_ms IS NOT NULL))
             ORDER BY row",
        )?;
        let (after, before) =
            (filter.after.map(|d| d.to_string()), filter.before.map(|d| d.to_string()));
        let video = filter.kind.map(|kind| kind == Kind::Video);
        let parameters = params![after, before, filter.near.is_some(), video];
        let rows = statement.query_map(parameters, |row| {
            Ok((
                row.get::<_, u64>(0)?,
                row.get::<_, Option<f64>>(1)?,
                row.get::<_, Option<f64>>(2)?,
                Rights { licence: row.get(3)?, ..Rights::default() },
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
