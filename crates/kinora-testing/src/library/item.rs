//! What a library of tests is made of.

use std::{fs, path::Path, time::UNIX_EPOCH};

use jiff::{Timestamp, civil::DateTime};
use kinora_catalog::FileEntry;
use kinora_types::{Asset, AssetId, ContentHash, GeoPoint, Picture, Rights, Size};

/// Pixels of a picture.
const SIZE: Size = Size { width: 64, height: 48 };

/// An asset to be: a picture, a video or a recording.
#[derive(Clone, Debug)]
pub struct Item {
    pub(super) name: String,
    pub(super) content: Content,
    title: Option<String>,
    taken_at: Option<DateTime>,
    place: Option<GeoPoint>,
}

#[derive(Clone, Debug)]
pub(super) enum Content {
    /// Of one colour.
    Picture([u8; 3]),
    /// A frame of each colour a second, in shots of so many seconds, if it was looked through.
    Video { colours: Vec<[u8; 3]>, shots: Option<u64> },
    /// Of so many seconds.
    Recording(u64),
}

impl Item {
    /// A picture of one colour.
    pub fn picture(name: &str, colour: [u8; 3]) -> Self {
        Self::new(name, Content::Picture(colour))
    }

    /// A video with a frame of each colour a second, not looked through for shots.
    pub fn video(name: &str, colours: &[[u8; 3]]) -> Self {
        Self::new(name, Content::Video { colours: colours.to_vec(), shots: None })
    }

    /// A recording of so many seconds.
    pub fn recording(name: &str, seconds: u64) -> Self {
        Self::new(name, Content::Recording(seconds))
    }

    /// The same with a title.
    #[must_use]
    pub fn titled(self, title: &str) -> Self {
        Self { title: Some(title.to_owned()), ..self }
    }

    /// The same, taken at a time of the form `2024-05-01T12:30:00`.
    ///
    /// # Panics
    /// If it is no time.
    #[must_use]
    pub fn taken(self, at: &str) -> Self {
        Self { taken_at: Some(at.parse().unwrap()), ..self }
    }

    /// The same, taken at a place; degrees north and east.
    #[must_use]
    pub fn at(self, latitude: f64, longitude: f64) -> Self {
        Self { place: Some(GeoPoint { latitude, longitude }), ..self }
    }

    /// The same video, looked through and in shots of so many seconds.
    ///
    /// # Panics
    /// If it is no video.
    #[must_use]
    pub fn in_shots_of(mut self, seconds: u64) -> Self {
        let Content::Video { shots, .. } = &mut self.content else {
            panic!("`{}` is no video", self.name);
        };
        *shots = Some(seconds);
        self
    }

    fn new(name: &str, content: Content) -> Self {
        Self { name: name.to_owned(), content, title: None, taken_at: None, place: None }
    }

    /// What the catalogue is told of it, and its file: a real one in `files`, or one that is only named.
    pub(super) fn asset(&self, files: Option<&Path>) -> (Asset, FileEntry) {
        let (format, duration_ms) = match &self.content {
            Content::Picture(_) => ("png", None),
            Content::Video { colours, .. } => ("mp4", Some(colours.len() as u64 * 1000)),
            Content::Recording(seconds) => ("mp3", Some(seconds * 1000)),
        };
        let (id, file) = match (&self.content, files) {
            (Content::Picture(colour), Some(folder)) => written(folder, &self.name, *colour),
            _ => named(&self.name),
        };
        let seen = !matches!(self.content, Content::Recording(_));
        let asset = Asset {
            id,
            size: seen.then_some(SIZE),
            bytes: file.bytes,
            format: format.into(),
            paths: vec![file.path.clone()],
            taken_at: self.taken_at,
            date_basis: None,
            place: self.place,
            camera: None,
            title: self.title.clone(),
            caption: None,
            keywords: Vec::new(),
            rights: Rights::default(),
            duration_ms,
            added_at: Timestamp::UNIX_EPOCH,
        };
        (asset, file)
    }
}

/// The picture of a colour.
pub(super) fn plain(colour: [u8; 3]) -> Picture {
    Picture::filled(SIZE.width, SIZE.height, colour)
}

/// A file that is not there, and the asset it would hold.
pub(super) fn named(name: &str) -> (AssetId, FileEntry) {
    let file = FileEntry { path: format!("/pictures/{name}"), bytes: 1, mtime_ns: 0 };
    (AssetId(ContentHash::of(name.as_bytes())), file)
}

/// Writes a PNG file. One pixel tells its name, so that pictures of one colour are different files.
fn written(folder: &Path, name: &str, colour: [u8; 3]) -> (AssetId, FileEntry) {
    let mut picture = plain(colour);
    let digest = ContentHash::of(name.as_bytes()).to_string();
    picture.rgb_mut()[..3].copy_from_slice(&digest.as_bytes()[..3]);
    picture.rgb_mut()[3..6].copy_from_slice(&digest.as_bytes()[3..6]);
    let path = folder.join(name);
    let pixels = image::RgbImage::from_raw(SIZE.width, SIZE.height, picture.into_rgb()).unwrap();
    pixels.save_with_format(&path, image::ImageFormat::Png).unwrap();
    let path = fs::canonicalize(path).unwrap();
    let bytes = fs::read(&path).unwrap();
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    let mtime_ns = modified.duration_since(UNIX_EPOCH).unwrap().as_nanos() as i64;
    let (path, length) = (path.to_string_lossy().into_owned(), bytes.len() as u64);
    (AssetId(ContentHash::of(&bytes)), FileEntry { path, bytes: length, mtime_ns })
}
