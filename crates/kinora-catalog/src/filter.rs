//! Exact filters: which assets a search or a list may return.

use jiff::civil::{Date, DateTime};
use kinora_types::{AssetId, AssetRow, CameraMotion, ContentHash, Days, GeoPoint, Kind, Rights};
use rusqlite::{Connection, ToSql, params_from_iter};
use serde::{Deserialize, Deserializer};

use crate::{Catalog, CatalogError, names, read::row_of};

/// Kilometres of a degree of latitude, rounded down.
const DEGREE_KM: f64 = 110.0;

/// Conditions that all must hold; an asset that lacks the field a condition asks about fails it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    /// Taken on this day or later; read from a day, a month or a year.
    #[serde(deserialize_with = "first_day")]
    pub after: Option<Date>,
    /// Taken on this day or earlier; read from a day, a month or a year, which count to their end.
    #[serde(deserialize_with = "last_day")]
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
    /// In a file below this folder: an absolute path, or the names of one or more folders (`trips/rome`), wherever
    /// those lie. Names are compared whole.
    pub folder: Option<String>,
    /// Called each of these by a tag that is shown or by a keyword; upper and lower case of ASCII are the same.
    pub tags: Vec<String>,
    /// With these words in its title, as they stand; upper and lower case of ASCII are the same.
    pub title: Option<String>,
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

fn first_day<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Date>, D::Error> {
    Ok(Option::<Days>::deserialize(input)?.map(|days| days.first))
}

fn last_day<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Date>, D::Error> {
    Ok(Option::<Days>::deserialize(input)?.map(|days| days.last))
}

impl Catalog {
    /// Rows of the live assets that pass, ascending; `None` if the filter is open.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn filter(&self, filter: &Filter) -> Result<Option<Vec<AssetRow>>, CatalogError> {
        if filter.is_open() {
            return Ok(None);
        }
        passing(&*self.view()?, filter, "row").map(Some)
    }

    /// How many live assets pass: `SELECT count(*)` where SQL can tell all of it.
    ///
    /// # Errors
    /// As [`Catalog::filter`].
    pub fn count_passing(&self, filter: &Filter) -> Result<u64, CatalogError> {
        let connection = self.view()?;
        let told = count(&connection, filter)?;
        let all = told.map_or_else(|| Ok(passing(&connection, filter, "row")?.len()), Ok);
        all.map(|all: usize| all as u64)
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
        let connection = self.view()?;
        let rows = passing(&connection, filter, "taken_at IS NULL, taken_at, row")?;
        let mut statement =
            connection.prepare_cached("SELECT taken_at FROM assets WHERE row = ?1")?;
        let dated = |row: AssetRow| {
            let text: Option<String> = statement.query_row([row.0], |row| row.get(0))?;
            let parse = |text: String| {
                let damaged = |error| CatalogError::Damaged(format!("date of a row: {error}"));
                text.parse::<DateTime>().map_err(damaged)
            };
            Ok((row, text.map(parse).transpose()?))
        };
        rows.into_iter().map(dated).collect()
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

/// Conditions of SQL and their values.
#[derive(Default)]
struct Conditions {
    sql: String,
    values: Vec<Box<dyn ToSql>>,
}

impl Conditions {
    /// Adds a condition, if there is a value for its `?`.
    fn and<T: ToSql + 'static>(&mut self, condition: &str, value: Option<T>) {
        if let Some(value) = value {
            self.values.push(Box::new(value));
            let number = format!("?{}", self.values.len());
            self.sql.push_str(" AND ");
            self.sql.push_str(&condition.replace('?', &number));
        }
    }

    /// What SQL can tell; places and licences by a rough look.
    fn of(filter: &Filter) -> Result<Self, CatalogError> {
        let mut all = Self::default();
        // Text order is time order: ISO 8601, one length up to the day.
        all.and("substr(taken_at, 1, 10) >= ?", filter.after.map(|day| day.to_string()));
        all.and("substr(taken_at, 1, 10) <= ?", filter.before.map(|day| day.to_string()));
        let latitude = |side: f64| {
            filter.near.map(|(centre, km)| centre.latitude + side * (km / DEGREE_KM + 0.01))
        };
        all.and("latitude >= ?", latitude(-1.0));
        all.and("latitude <= ?", latitude(1.0));
        let kind = filter.kind.map(|kind| match kind {
            Kind::Picture => 0,
            Kind::Video => 1,
            Kind::Audio => 2,
        });
        all.and("? = CASE WHEN width = 0 THEN 2 ELSE duration_ms IS NOT NULL END", kind);
        all.and("duration_ms >= ?", filter.at_least_ms);
        all.and("duration_ms <= ?", filter.at_most_ms);
        all.and("licence IS NOT NULL AND ?", (!filter.licences.is_empty()).then_some(true));
        let speech =
            "SELECT 1 FROM passages WHERE asset = assets.row AND kind = 'speech' AND shown = 1";
        all.and(&format!("? = EXISTS ({speech})"), filter.speech);
        let language = format!("EXISTS ({speech} AND language = lower(?))");
        all.and(&language, filter.language.clone());
        all.and(
            "EXISTS (SELECT 1 FROM shots, json_each(motion, '$.camera')
                 WHERE asset = assets.row AND replace(value, '_', '-') = ?)",
            filter.camera.map(CameraMotion::name),
        );
        for tag in &filter.tags {
            all.and(
                "(row IN (SELECT asset FROM passages
                     WHERE kind = 'tag' AND shown = 1 AND lower(text) = lower(?))
                 OR instr(lower(keywords), lower(?)) > 0
                     AND EXISTS (SELECT 1 FROM json_each(keywords) WHERE lower(value) = lower(?)))",
                Some(names::composed(tag.trim()).into_owned()),
            );
        }
        let title = filter.title.as_deref();
        let title = title.map(|part| names::composed(part.trim()).into_owned());
        all.and("instr(lower(title), lower(?)) > 0", title);
        for (column, name) in [("author", &filter.author), ("camera", &filter.camera_model)] {
            let words = format!(
                "instr(' ' || replace(replace(replace(lower({column}), ',', ' '), '.', ' '), '  ', ' ') || ' ', ?) > 0"
            );
            all.and(&words, name.as_deref().map(whole_words));
        }
        all.and("? = (latitude IS NOT NULL)", filter.placed);
        all.and("? = (taken_at IS NOT NULL)", filter.dated);
        Ok(all)
    }
}

/// How many live assets pass, if SQL alone can tell.
pub(crate) fn count(
    connection: &Connection,
    filter: &Filter,
) -> Result<Option<usize>, CatalogError> {
    let Filter { near, licences, folder, only, .. } = filter;
    if near.is_some() || !licences.is_empty() || folder.is_some() || only.is_some() {
        return Ok(None);
    }
    let conditions = Conditions::of(filter)?;
    let sql = format!("SELECT count(*) FROM assets WHERE live = 1{}", conditions.sql);
    let mut statement = connection.prepare_cached(&sql)?;
    Ok(Some(statement.query_row(params_from_iter(conditions.values), |row| row.get(0))?))
}

/// Rows of the live assets that pass, in an order of SQL, which may end in a `LIMIT` where [`count`] tells how many
/// there are.
pub(crate) fn passing(
    connection: &Connection,
    filter: &Filter,
    order: &str,
) -> Result<Vec<AssetRow>, CatalogError> {
    let conditions = Conditions::of(filter)?;
    // As few columns as are needed, so that an index may hold them all.
    let place = if filter.near.is_some() { "latitude, longitude" } else { "NULL, NULL" };
    let licence = if filter.licences.is_empty() { "NULL" } else { "licence" };
    let sql = format!(
        "SELECT row, {place}, {licence} FROM assets WHERE live = 1{} ORDER BY {order}",
        conditions.sql
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params_from_iter(conditions.values), |row| {
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
    if let Some(folder) = &filter.folder {
        keep(&mut passed, &names::rows_below(connection, folder)?);
    }
    if let Some(only) = &filter.only {
        let mut rows = Vec::new();
        for id in only {
            rows.extend(row_of(connection, id)?);
        }
        rows.sort_unstable();
        keep(&mut passed, &rows);
    }
    Ok(passed)
}

/// Drops the rows that are not among others, which ascend.
fn keep(rows: &mut Vec<AssetRow>, others: &[AssetRow]) {
    rows.retain(|row| others.binary_search(row).is_ok());
}

/// The words of a name as [`Conditions`] look for them, with a space on either side.
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
