//! Live Photos: a still picture and a few seconds around it, in two files of one name.
//!
//! The pair is found by what anyone can see (folder, name, length, time), not by a stored relation, so that it
//! ends and begins with the files.

use std::path::Path;

use jiff::civil::DateTime;
use kinora_types::{Asset, AssetRow, DateBasis, Kind};
use rusqlite::Connection;

use crate::{Catalog, CatalogError, read};

/// Apple takes one and a half seconds before and after the picture; longer videos are videos of their own.
const LONGEST_MS: u64 = 6_000;

/// Seconds that may lie between the clocks of the two files.
const MOST_SECONDS: i64 = 60;

/// Local time is off UTC by whole quarters of an hour, 14 hours at most.
const QUARTER: i64 = 900;
const MOST_OFFSET: i64 = 14 * 3600;

impl Catalog {
    /// The live asset that is the other half of a Live Photo: a HEIC or JPEG picture and a MOV or MP4 video of at
    /// most six seconds, in one folder, of one name but for the ending, taken at the same time where both tell it.
    ///
    /// # Errors
    /// [`CatalogError::Sqlite`] and [`CatalogError::Moved`] if the file cannot be read; [`CatalogError::Damaged`].
    pub fn live_partner(&self, asset: &Asset) -> Result<Option<Asset>, CatalogError> {
        let connection = self.view()?;
        for path in &asset.paths {
            for row in rows_beside(&connection, path)? {
                let other = read::assets(&connection, &[row])?.pop().map(|(_, other)| other);
                if let Some(other) = other.filter(|other| is_pair(asset, other)) {
                    return Ok(Some(other));
                }
            }
        }
        Ok(None)
    }
}

/// Assets in present files that differ from the path in their ending alone.
fn rows_beside(connection: &Connection, path: &str) -> Result<Vec<AssetRow>, CatalogError> {
    let ending = Path::new(path).extension().and_then(|ending| ending.to_str());
    let Some(stem) = ending.and_then(|ending| path.strip_suffix(ending)) else {
        return Ok(Vec::new());
    };
    // In order of bytes `/` is what comes behind `.`; so the primary key finds them.
    let mut statement = connection.prepare_cached(
        "SELECT path, asset FROM files
         WHERE path > ?1 AND path < substr(?1, 1, length(?1) - 1) || '/' AND present = 1
             AND asset IN (SELECT row FROM assets WHERE live = 1)
         ORDER BY path",
    )?;
    let rows =
        statement.query_map([stem], |row| Ok((row.get::<_, String>(0)?, AssetRow(row.get(1)?))))?;
    let mut found = Vec::new();
    for row in rows {
        let (other, asset) = row?;
        let ending = other.strip_prefix(stem).unwrap_or(".");
        if other != path && !ending.contains('.') {
            found.push(asset);
        }
    }
    Ok(found)
}

fn is_pair(one: &Asset, other: &Asset) -> bool {
    let (picture, video) = match (one.kind(), other.kind()) {
        (Kind::Picture, Kind::Video) => (one, other),
        (Kind::Video, Kind::Picture) => (other, one),
        _ => return false,
    };
    ["heic", "jpeg"].contains(&picture.format.as_str())
        && ["mov", "mp4"].contains(&video.format.as_str())
        && video.duration_ms.is_some_and(|ms| ms <= LONGEST_MS)
        && at_one_time(picture, video)
}

/// What does not tell its time, or only guesses it, contradicts nothing.
fn at_one_time(picture: &Asset, video: &Asset) -> bool {
    let sure = |asset: &Asset| asset.date_basis != Some(DateBasis::Guessed);
    let (Some(one), Some(other)) =
        (picture.taken_at.filter(|_| sure(picture)), video.taken_at.filter(|_| sure(video)))
    else {
        return true;
    };
    let apart = seconds(other) - seconds(one);
    let universal = [picture, video].iter().any(|asset| asset.date_basis == Some(DateBasis::Utc));
    let rest = (apart + QUARTER / 2).rem_euclid(QUARTER) - QUARTER / 2;
    apart.abs() <= MOST_SECONDS
        || (universal && apart.abs() <= MOST_OFFSET + MOST_SECONDS && rest.abs() <= MOST_SECONDS)
}

/// On a scale of its own, good for differences.
fn seconds(time: DateTime) -> i64 {
    time.to_zoned(jiff::tz::TimeZone::UTC).map_or(0, |zoned| zoned.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use kinora_types::{AssetId, ContentHash, Rights, Size};

    use super::*;

    fn asset(format: &str, duration_ms: Option<u64>, taken: Option<(&str, DateBasis)>) -> Asset {
        Asset {
            id: AssetId(ContentHash::of(format.as_bytes())),
            size: Some(Size { width: 4, height: 3 }),
            bytes: 1,
            format: format.into(),
            duration_ms,
            paths: Vec::new(),
            taken_at: taken.map(|(time, _)| time.parse().unwrap()),
            date_basis: taken.map(|(_, basis)| basis),
            place: None,
            camera: None,
            title: None,
            caption: None,
            keywords: Vec::new(),
            rights: Rights::default(),
            added_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_pair_is_short_and_taken_at_one_time() {
        use DateBasis::{Guessed, Utc, Written};
        let noon = Some(("2024-05-06T12:00:00", Written));
        for (format, length, taken, is) in [
            ("mov", Some(2_900), Some(("2024-05-06T12:00:01", Written)), true),
            ("mov", Some(2_900), None, true),
            ("mov", Some(2_900), Some(("2019-01-01T00:00:00", Guessed)), true),
            ("mov", Some(2_900), Some(("2024-05-06T10:00:02", Utc)), true),
            ("mov", Some(2_900), Some(("2024-05-06T06:30:02", Utc)), true),
            ("mov", Some(2_900), Some(("2024-05-06T10:00:02", Written)), false),
            ("mov", Some(2_900), Some(("2024-05-06T10:07:02", Utc)), false),
            ("mov", Some(2_900), Some(("2024-05-09T12:00:00", Utc)), false),
            ("mov", Some(60_000), None, false),
            ("webm", Some(2_900), None, false),
            ("jpeg", None, None, false),
        ] {
            let (picture, other) = (asset("heic", None, noon), asset(format, length, taken));
            assert_eq!(is_pair(&picture, &other), is, "{format} {length:?} {taken:?}");
            assert_eq!(is_pair(&other, &picture), is, "{format} {length:?} {taken:?}");
        }
    }
}
