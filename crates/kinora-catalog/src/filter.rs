//! Exact filters: which assets a search may return.

use jiff::civil::{Date, DateTime};
use kinora_types::{AssetId, AssetRow, CameraMotion, ContentHash, GeoPoint, Kind, Rights};
use rusqlite::{Connection, ToSql, params};
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
    /// By this author: whole words of the name, in any case of ASCII letters (`Ann` is not `Joanna`).
    pub author: Option<String>,
    /// Taken with this camera: whole words of maker and model, in any case of ASCII letters.
    pub camera_model: Option<String>,
    /// Whether it is known where it was taken.
    pub placed: Option<bool>,
    /// Whether it is known when it was taken.
    pub dated: Option<bool>,
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

    /// How many live assets pass: `SELECT count(*)` where SQL can tell all of it.
    ///
    /// # Errors
    /// As [`Catalog::filter`].
    pub fn count_passing(&self, filter: &Filter) -> Result<u64, CatalogError> {
        if filter.near.is_some() || !filter.licences.is_empty() || filter.only.is_some() {
            return Ok(self.filter(filter)?.map_or(0, |rows| rows.len() as u64));
        }
        let connection = self.view()?;
        let sql = format!("SELECT count(*) FROM assets WHERE {CONDITIONS}");
        let mut statement = connection.prepare_cached(&sql)?;
        with_parameters(filter, |parameters| statement.query_row(parameters, |row| row.get(0)))
    }

    /// Rows of the live assets that pass with the time at which each was taken, the oldest first, those without a
    /// date last. No asset is read.
    ///
    /// # Errors
    /// As [`Catalog::filter`].
    pub fn by_date(
        &self,
        filter: &Filter,
    ) -> Result<Vec<(AssetRow, Option<DateTime>)>, CatalogError> {
        let open = Filter { only: None, ..filter.clone() };
        let order = "taken_at IS NULL, taken_at, row";
        let mut found = passing_in_order(&*self.view()?, &open, order)?;
        if filter.only.is_some() {
            let rows = self.filter(filter)?.unwrap_or_default();
            found.retain(|passing| rows.binary_search(&passing.row).is_ok());
        }
        let dated = |passing: Passing| {
            let parse = |text: String| {
                let damaged = |error| CatalogError::Damaged(format!("date of a row: {error}"));
                text.parse::<DateTime>().map_err(damaged)
            };
            Ok((passing.row, passing.taken_at.map(parse).transpose()?))
        };
        found.into_iter().map(dated).collect()
    }

    /// Where live assets were taken that pass, those of which it is known, by row.
    ///
    /// # Errors
    /// As [`Catalog::filter`].
    pub fn places(&self, filter: &Filter) -> Result<Vec<(AssetId, GeoPoint)>, CatalogError> {
        let rows = self.filter(&Filter { placed: Some(true), ..filter.clone() })?;
        let connection = self.view()?;
        let mut statement = connection
            .prepare_cached("SELECT id, latitude, longitude FROM assets WHERE row = ?1")?;
        let mut places = Vec::new();
        for row in rows.unwrap_or_default() {
            places.push(statement.query_row([row.0], |row| {
                let point = GeoPoint { latitude: row.get(1)?, longitude: row.get(2)? };
                Ok((AssetId(ContentHash::from_bytes(row.get(0)?)), point))
            })?);
        }
        Ok(places)
    }

    /// Names of the authors of live assets, each once, in order.
    ///
    /// # Errors
    /// As [`Catalog::count`].
    pub fn authors(&self) -> Result<Vec<String>, CatalogError> {
        let named = |name| Rights { author: Some(name), ..Rights::default() }.meant().author;
        Ok(self.distinct("author")?.into_iter().filter_map(named).collect())
    }

    /// Makers and models of the cameras of live assets, each once, in order.
    ///
    /// # Errors
    /// As [`Catalog::count`].
    pub fn camera_models(&self) -> Result<Vec<String>, CatalogError> {
        self.distinct("camera")
    }

    fn distinct(&self, column: &str) -> Result<Vec<String>, CatalogError> {
        let connection = self.reader()?;
        let mut statement = connection.prepare_cached(&format!(
            "SELECT DISTINCT {column} FROM assets WHERE live = 1 AND {column} IS NOT NULL ORDER BY 1"
        ))?;
        let rows = statement.query_map([], |row| row.get(0))?;
        rows.map(|row| row.map_err(Into::into)).collect()
    }
}

/// What is asked of `assets`. Text order is time order: ISO 8601, one length up to the day.
const CONDITIONS: &str = "live = 1
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
    AND (?10 IS NULL OR instr(' ' || replace(replace(replace(lower(author), ',', ' '), '.', ' '), '  ', ' ')
        || ' ', ?10))
    AND (?11 IS NULL OR instr(' ' || replace(lower(camera), ',', ' ') || ' ', ?11))
    AND (?12 IS NULL OR ?12 = (latitude IS NOT NULL))
    AND (?13 IS NULL OR ?13 = (taken_at IS NOT NULL))";

/// An asset that passes what SQL can tell.
struct Passing {
    row: AssetRow,
    place: Option<(f64, f64)>,
    rights: Rights,
    taken_at: Option<String>,
}

/// As [`Catalog::filter`], whatever `only` says.
fn passing(
    connection: &Connection,
    filter: &Filter,
) -> Result<Option<Vec<AssetRow>>, CatalogError> {
    if filter.is_open() {
        return Ok(None);
    }
    let found = passing_in_order(connection, filter, "row")?;
    Ok(Some(found.into_iter().map(|passing| passing.row).collect()))
}

fn passing_in_order(
    connection: &Connection,
    filter: &Filter,
    order: &str,
) -> Result<Vec<Passing>, CatalogError> {
    let columns = "row, latitude, longitude, licence, taken_at";
    let sql = format!("SELECT {columns} FROM assets WHERE {CONDITIONS} ORDER BY {order}");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = with_parameters(filter, |parameters| {
        let rows = statement.query_map(parameters, |row| {
            Ok(Passing {
                row: AssetRow(row.get(0)?),
                place: row.get::<_, Option<f64>>(1)?.zip(row.get::<_, Option<f64>>(2)?),
                rights: Rights { licence: row.get(3)?, ..Rights::default() }.meant(),
                taken_at: row.get(4)?,
            })
        })?;
        rows.collect::<Result<Vec<_>, _>>()
    })?;
    let passes = |passing: &Passing| {
        passing.rights.licence_is_among(&filter.licences) && is_near(filter.near, passing.place)
    };
    Ok(rows.into_iter().filter(passes).collect())
}

/// Calls with the parameters of [`CONDITIONS`].
fn with_parameters<T>(
    filter: &Filter,
    call: impl FnOnce(&[&dyn ToSql]) -> rusqlite::Result<T>,
) -> Result<T, CatalogError> {
    let (after, before) =
        (filter.after.map(|d| d.to_string()), filter.before.map(|d| d.to_string()));
    let kind = filter.kind.map(|kind| match kind {
        Kind::Picture => 0,
        Kind::Video => 1,
        Kind::Audio => 2,
    });
    Ok(call(params![
        after,
        before,
        filter.near.is_some(),
        kind,
        filter.at_least_ms,
        filter.at_most_ms,
        filter.speech,
        filter.language,
        filter.camera.map(CameraMotion::name),
        filter.author.as_deref().map(whole_words),
        filter.camera_model.as_deref().map(whole_words),
        filter.placed,
        filter.dated,
    ])?)
}

/// The words of a name as [`CONDITIONS`] look for them, with a space on either side.
fn whole_words(name: &str) -> String {
    let parted = name.to_ascii_lowercase().replace([',', '.'], " ");
    format!(" {} ", parted.split_whitespace().collect::<Vec<_>>().join(" "))
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
