//! The time zone of a place, good enough for the day and hour of a picture.
//!
//! Source: the cities of GeoNames (CC-BY 4.0), thinned out by `zones.py` to those that decide; the nearest of
//! them gives the zone, so that near a border it may be the neighbour's. The rules of the zones are the
//! system's; without them nothing is known here. Memory: 2000 points, kept once they were asked for.

use std::sync::LazyLock;

use jiff::{civil::DateTime, tz::TimeZone};
use kinora_types::GeoPoint;

/// Cosine of the angle between a place and its nearest city, beyond which it lies at sea: 2000 km, as the table
/// has but few cities in the middle of a zone.
const NEAR: f64 = 0.951_1;

static CITIES: LazyLock<Vec<([f64; 3], &str)>> = LazyLock::new(|| {
    let lines = include_str!("zones.txt").lines();
    lines.flat_map(cities).collect()
});

/// A zone and its cities in tenths of a degree: `Asia/Tokyo 357,1397 …`.
fn cities(line: &'static str) -> impl Iterator<Item = ([f64; 3], &'static str)> {
    let (zone, cities) = line.split_once(' ').unwrap_or_default();
    cities.split(' ').filter_map(move |city| {
        let (latitude, longitude) = city.split_once(',')?;
        let degrees = |tenths: &str| Some(tenths.parse::<f64>().ok()? / 10.0);
        Some((unit(degrees(latitude)?, degrees(longitude)?), zone))
    })
}

fn unit(latitude: f64, longitude: f64) -> [f64; 3] {
    let ((up, flat), (east, ahead)) =
        (latitude.to_radians().sin_cos(), longitude.to_radians().sin_cos());
    [flat * ahead, flat * east, up]
}

fn zone(place: GeoPoint) -> Option<&'static str> {
    let at = unit(place.latitude, place.longitude);
    let near = |city: &[f64; 3]| city.iter().zip(at).map(|(a, b)| a * b).sum::<f64>();
    let all = CITIES.iter().map(|(city, zone)| (near(city), *zone));
    let (nearness, zone) = all.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (nearness >= NEAR).then_some(zone)
}

/// Local time at a place; `None` at sea and where the system knows no time zones.
pub fn at_place(utc: DateTime, place: GeoPoint) -> Option<DateTime> {
    let rules = TimeZone::get(zone(place)?).ok()?;
    let moment = TimeZone::UTC.to_timestamp(utc).ok()?;
    Some(rules.to_datetime(moment))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Needs the time zone database of the system.
    #[test]
    fn clocks_on_the_wall() {
        for (place, latitude, longitude, summer, winter) in [
            ("Tokyo", 35.68, 139.69, 9.0, 9.0),
            ("Chengdu", 30.6578, 104.0739, 8.0, 8.0),
            ("Kathmandu", 27.7, 85.3, 5.75, 5.75),
            ("Delhi", 28.6, 77.2, 5.5, 5.5),
            ("Munich", 48.14, 11.58, 2.0, 1.0),
            ("Barcelona", 41.39, 2.17, 2.0, 1.0),
            ("Lisbon", 38.72, -9.14, 1.0, 0.0),
            ("the Yellowstone", 44.6, -110.5, -6.0, -7.0),
            ("Orlando", 28.5383, -81.3792, -4.0, -5.0),
            ("Phoenix", 33.45, -112.07, -7.0, -7.0),
            ("Santiago", -33.4489, -70.6693, -4.0, -3.0),
            ("Auckland", -36.85, 174.76, 12.0, 13.0),
            ("Apia", -13.83, -171.76, 13.0, 13.0),
        ] {
            for (utc, hours) in [("2024-07-01T14:30:00", summer), ("2024-01-15T14:30:00", winter)] {
                let utc: DateTime = utc.parse().unwrap();
                let local = at_place(utc, GeoPoint { latitude, longitude }).unwrap();
                assert_eq!(local.duration_since(utc).as_secs_f64() / 3600.0, hours, "{place}");
            }
        }
    }

    #[test]
    fn at_sea_there_is_no_clock_on_a_wall() {
        for (latitude, longitude) in [(-45.0, -130.0), (-89.0, 0.0)] {
            assert_eq!(zone(GeoPoint { latitude, longitude }), None);
        }
    }

    #[test]
    fn every_zone_is_known_to_the_system() {
        assert!(CITIES.len() > 1000);
        for line in include_str!("zones.txt").lines() {
            let name = line.split(' ').next().unwrap();
            assert!(TimeZone::get(name).is_ok(), "{name}");
        }
    }
}
