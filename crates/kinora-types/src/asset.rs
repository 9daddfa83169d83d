//! What a library knows of one source.

use jiff::{Timestamp, civil::DateTime};
use serde::{Deserialize, Serialize};

use crate::{AssetId, Rights, Size};

/// A place on Earth, WGS 84 degrees.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct GeoPoint {
    /// Degrees north of the equator, -90 to 90.
    pub latitude: f64,
    /// Degrees east of Greenwich, -180 to 180.
    pub longitude: f64,
}

impl GeoPoint {
    /// Great-circle distance in kilometres (haversine, mean Earth radius 6371.0088 km).
    pub fn distance_km(self, other: Self) -> f64 {
        let (lat_a, lat_b) = (self.latitude.to_radians(), other.latitude.to_radians());
        let d_lat = (lat_b - lat_a) / 2.0;
        let d_lon = (other.longitude - self.longitude).to_radians() / 2.0;
        let h = d_lat.sin().powi(2) + lat_a.cos() * lat_b.cos() * d_lon.sin().powi(2);
        2.0 * 6371.0088 * h.sqrt().min(1.0).asin()
    }
}

/// What an asset is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It stands still.
    Picture,
    /// It moves.
    Video,
    /// It is only heard.
    Audio,
}

/// How the date of a picture or video is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateBasis {
    /// The camera, a sidecar or a person wrote it, as local time.
    Written,
    /// A clock in UTC without the zone of the place: local time may be up to 14 hours away.
    Utc,
    /// Guessed, from the file's name or from when the file was last changed by a program.
    Guessed,
}

/// A picture, video or recording in a library, with what its file said of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Asset {
    /// BLAKE3 of the file's bytes.
    pub id: AssetId,
    /// Upright size in pixels; `None` for a recording without picture.
    pub size: Option<Size>,
    /// File size in bytes.
    pub bytes: u64,
    /// Container format in lower case: `jpeg`, `png`, `webp`, `gif`, `tiff`, `heic`, `avif`; of videos
    /// `mp4`, `mov`, `matroska`, `webm`, `avi`, `mpeg`, …; of recordings `mp3`, `wav`, `flac`, `ogg`, ….
    pub format: String,
    /// How long a video or recording lasts, in milliseconds; `None` for a picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// Every present path that holds these bytes, absolute; empty if all have vanished.
    pub paths: Vec<String>,
    /// When it was taken, local time of the camera.
    pub taken_at: Option<DateTime>,
    /// How `taken_at` is known; `None` where there is no date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_basis: Option<DateBasis>,
    /// Where it was taken.
    pub place: Option<GeoPoint>,
    /// Maker and model of the camera.
    pub camera: Option<String>,
    /// Title given by a person.
    pub title: Option<String>,
    /// Caption or description given by a person.
    pub caption: Option<String>,
    /// Keywords given by a person.
    pub keywords: Vec<String>,
    /// Licence, author, origin.
    pub rights: Rights,
    /// When it entered the library.
    pub added_at: Timestamp,
}

impl Asset {
    /// Whether it is seen, moves, or is only heard.
    pub fn kind(&self) -> Kind {
        match (self.size, self.duration_ms) {
            (Some(_), None) => Kind::Picture,
            (Some(_), Some(_)) => Kind::Video,
            (None, _) => Kind::Audio,
        }
    }

    /// What people call it: the title, else the first file's name, else the short id.
    pub fn label(&self) -> String {
        let name =
            || self.paths.first().map(|p| p.rsplit(['/', '\\']).next().unwrap_or(p).to_owned());
        self.title.clone().or_else(name).unwrap_or_else(|| self.id.short())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_of_rome_and_paris() {
        let rome = GeoPoint { latitude: 41.9028, longitude: 12.4964 };
        let paris = GeoPoint { latitude: 48.8566, longitude: 2.3522 };
        assert!((rome.distance_km(paris) - 1105.0).abs() < 5.0);
    }
}
