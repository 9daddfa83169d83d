//! Where shots get their pictures: the search, the library, the files.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    time::Duration,
};

use kinora_catalog::Catalog;
use kinora_image::{Budget, Limits, ReadError, decode_within, frame::to_picture, read_file};
use kinora_provenance::{HashError, hash_file};
use kinora_retrieval::{Filter, Query, SearchError, Searcher};
use kinora_types::{
    Asset, AssetId, AssetRow, Cancelled, Candidate, ContentHash, Control, Hit, Picture, Rating,
    RejectReason, SourceRecord, TimeRange, advice,
};
use kinora_video::{FFmpeg, VideoError, VideoFile, VideoLimits};

use crate::SourceVideos;

/// A source could not be found, named or read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// No picture, or several, are meant by a pin: the user's to mend.
    #[error("{0}")]
    Pin(String),
    /// The search failed.
    #[error("{message}")]
    Search {
        /// What went wrong.
        message: String,
        /// What to do.
        hint: Option<String>,
    },
    /// The file is gone from every place it was known at.
    #[error("the picture `{label}` has vanished: {path}")]
    Vanished {
        /// What people call it.
        label: String,
        /// Where it was last.
        path: String,
    },
    /// The file holds other bytes than when it was added.
    #[error("the picture `{label}` has changed since it was added: {path}")]
    Changed {
        /// What people call it.
        label: String,
        /// Where it is.
        path: String,
    },
    /// The user asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// The file cannot be decoded any more.
    #[error("the picture `{label}` cannot be read: {message}: {path}")]
    Unreadable {
        /// What people call it.
        label: String,
        /// Why.
        message: String,
        /// What to do about that, if adding it again does not help.
        hint: Option<&'static str>,
        /// Where it is.
        path: String,
    },
}

impl SourceError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Pin(_) => Some("name it by file name, path or content hash".into()),
            Self::Search { hint, .. } => hint.clone(),
            Self::Cancelled(_) => None,
            Self::Unreadable { hint: Some(hint), .. } => Some((*hint).into()),
            Self::Vanished { .. } | Self::Changed { .. } | Self::Unreadable { .. } => {
                Some(format!("{}, then make the film again", advice::ADD_AGAIN))
            }
        }
    }
}

/// What a search for one shot found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Sources that fit, best first.
    pub fitting: Vec<Hit>,
    /// What was considered and does not fit, with reasons.
    pub rejected: Vec<Candidate>,
    /// Best score of any source, if vectors were searched.
    pub best_score: Option<f32>,
    /// Score below which nothing fits, if there is one.
    pub threshold: Option<f32>,
}

/// Finds sources for shots and opens them. Used by one thread.
///
/// Contract: an answer depends on the question and on what the finder holds, never on earlier questions. A finder that
/// takes long polls a [`Control`] of its own and answers [`SourceError::Cancelled`]. A file is
/// opened at the first of its places that still holds the bytes that were added. Memory: one picture at a time;
/// videos are read by ffmpeg, never held.
pub trait SourceFinder {
    /// At most `limit` fitting sources for what a shot shall show, the best first; none comes twice, or fits and is
    /// rejected. `limit` is at least 1.
    ///
    /// # Errors
    /// [`SourceError::Search`], [`SourceError::Cancelled`].
    fn find(&self, prompt: &str, limit: usize) -> Result<Found, SourceError>;
    /// The one source that a pin means: a file name, path or content hash.
    ///
    /// # Errors
    /// [`SourceError::Pin`] if it means none or several, or one that may not be used.
    fn pinned(&self, reference: &str) -> Result<Asset, SourceError>;
    /// A group number for each asset: the place of the first of its near-duplicates among `assets`.
    ///
    /// # Errors
    /// [`SourceError::Search`].
    fn groups(&self, assets: &[AssetId]) -> Result<Vec<usize>, SourceError>;
    /// The pixels of a source, upright and in its own proportions; its shorter side is at least `side` if the file has
    /// that many.
    ///
    /// # Errors
    /// [`SourceError::Vanished`] if no file is left, [`SourceError::Changed`] if those left hold other bytes,
    /// [`SourceError::Unreadable`].
    fn open(&self, asset: &Asset, side: u32) -> Result<Picture, SourceError>;
    /// The file of a video. A file that was checked once may be trusted until it looks changed.
    ///
    /// # Errors
    /// As [`SourceFinder::open`], [`SourceError::Cancelled`], and [`SourceError::Search`] if there is no ffmpeg.
    fn video(&self, asset: &Asset) -> Result<VideoFile, SourceError>;
}

/// Sources out of a library: its search, its catalogue, its files.
pub struct LibrarySources<'a> {
    searcher: &'a Searcher<'a>,
    catalog: &'a Catalog,
    filter: Filter,
    ffmpeg: Option<FFmpeg>,
    control: Control,
    videos: SourceVideos,
}

impl<'a> LibrarySources<'a> {
    /// Only what passes the filter is used. Videos need an ffmpeg.
    pub fn new(
        searcher: &'a Searcher<'a>,
        catalog: &'a Catalog,
        filter: Filter,
        ffmpeg: Option<FFmpeg>,
    ) -> Self {
        let (control, videos) = (Control::default(), SourceVideos::default());
        Self { searcher, catalog, filter, ffmpeg, control, videos }
    }

    /// The same sources under a control that stops hashing, decoding and grouping.
    pub fn until(self, control: Control) -> Self {
        Self { control, ..self }
    }
}

impl SourceFinder for LibrarySources<'_> {
    fn find(&self, prompt: &str, limit: usize) -> Result<Found, SourceError> {
        let filter = self.filter.clone();
        let query = Query { limit, filter, ..Query::text(prompt) };
        let outcome = self.searcher.search(&query, &self.control).map_err(search_error)?;
        let (fitting, under): (Vec<Hit>, Vec<Hit>) =
            outcome.hits.into_iter().partition(|hit| hit.fit.fits());
        let rejected = under
            .into_iter()
            .map(|hit| Candidate { hit, rejected: RejectReason::UnderThreshold })
            .chain(outcome.rejected);
        Ok(Found {
            fitting,
            rejected: rejected.collect(),
            best_score: outcome.best_score,
            threshold: outcome.threshold,
        })
    }

    fn pinned(&self, reference: &str) -> Result<Asset, SourceError> {
        let asset = self.catalog.resolve(reference).map_err(|e| SourceError::Pin(e.to_string()))?;
        if !asset.rights.licence_is_among(&self.filter.licences) {
            let own = asset.rights.licence.as_deref().unwrap_or("none that is known");
            return Err(SourceError::Pin(format!(
                "the pinned picture `{}` is under another licence: {own}",
                asset.label()
            )));
        }
        Ok(asset)
    }

    fn groups(&self, assets: &[AssetId]) -> Result<Vec<usize>, SourceError> {
        let failed = |e: kinora_catalog::CatalogError| SourceError::Search {
            hint: e.hint().map(str::to_owned),
            message: e.to_string(),
        };
        let row = |id: &AssetId| {
            self.control.check()?;
            self.catalog.find_row(id).map_err(failed)
        };
        let rows = assets.iter().map(row).collect::<Result<Vec<_>, _>>()?;
        let known: Vec<AssetRow> = rows.iter().copied().flatten().collect();
        let pairs: HashSet<_> =
            self.catalog.near_duplicates(&known).map_err(failed)?.into_iter().collect();
        let alike =
            |a: usize, b: usize| rows[a].zip(rows[b]).is_some_and(|pair| pairs.contains(&pair));
        Ok(grouped(assets.len(), alike, &self.control)?)
    }

    fn open(&self, asset: &Asset, side: u32) -> Result<Picture, SourceError> {
        open_source(asset, side, &self.control)
    }

    fn video(&self, asset: &Asset) -> Result<VideoFile, SourceError> {
        let Some(ffmpeg) = &self.ffmpeg else {
            return Err(SourceError::Search {
                message: format!("the video `{}` needs ffmpeg to be read", asset.label()),
                hint: Some(advice::fetch("ffmpeg")),
            });
        };
        self.videos.open(ffmpeg, asset, &self.control)
    }
}

fn search_error(error: SearchError) -> SourceError {
    match error {
        SearchError::Cancelled(cancelled) => SourceError::Cancelled(cancelled),
        error => SourceError::Search {
            hint: error.hint().map(str::to_owned),
            message: error.to_string(),
        },
    }
}

/// Connected components of the relation, numbered by their first member.
///
/// # Errors
/// Cancellation, which is polled before each member is held against those before it.
pub fn grouped(
    count: usize,
    alike: impl Fn(usize, usize) -> bool,
    control: &Control,
) -> Result<Vec<usize>, Cancelled> {
    let mut group: Vec<usize> = (0..count).collect();
    for b in 0..count {
        control.check()?;
        for a in 0..b {
            if group[a] != group[b] && alike(a, b) {
                let (keep, drop) = (group[a].min(group[b]), group[a].max(group[b]));
                group.iter_mut().filter(|g| **g == drop).for_each(|g| *g = keep);
            }
        }
    }
    Ok(group)
}

/// Opens a video at the first of its places that still holds its bytes. `control` is polled at every megabyte hashed,
/// and while ffmpeg probes the file.
///
/// # Errors
/// No place holds those bytes any more, ffmpeg cannot read them, or cancellation.
pub fn open_video(
    ffmpeg: &FFmpeg,
    asset: &Asset,
    control: &Control,
) -> Result<VideoFile, SourceError> {
    let label = asset.label();
    let mut changed = None;
    for path in &asset.paths {
        match hash_file(Path::new(path), control) {
            Err(HashError::Cancelled(cancelled)) => return Err(cancelled.into()),
            Err(HashError::Io(_)) => {}
            Ok(hash) if hash != asset.id.0 => changed = Some(path.clone()),
            Ok(_) => {
                let (path, limits) = (Path::new(path), VideoLimits::default());
                let file = VideoFile::open(ffmpeg, path, &limits, &|| control.is_cancelled());
                return file.map_err(|error| unreadable(asset, &error));
            }
        }
    }
    Err(absent(asset, label, changed))
}

/// The frame of a video at a moment, its shorter side `side` pixels if the video has that many.
///
/// # Errors
/// A video that cannot be decoded, or cancellation, which is polled while ffmpeg decodes.
pub fn still(
    file: &VideoFile,
    asset: &Asset,
    at_ms: u64,
    side: u32,
    control: &Control,
) -> Result<Picture, SourceError> {
    let frame = file.still(Duration::from_millis(at_ms), side, &|| control.is_cancelled());
    frame.map(|frame| to_picture(&frame.image)).map_err(|error| unreadable(asset, &error))
}

/// What is wrong with a source that ffmpeg cannot read.
pub fn unreadable(asset: &Asset, error: &VideoError) -> SourceError {
    if matches!(error, VideoError::Cancelled) {
        return SourceError::Cancelled(Cancelled);
    }
    let path = asset.paths.first().cloned().unwrap_or_default();
    let (label, message, hint) = (asset.label(), error.to_string(), error.hint());
    SourceError::Unreadable { label, message, hint, path }
}

fn absent(asset: &Asset, label: String, changed: Option<String>) -> SourceError {
    match changed {
        Some(path) => SourceError::Changed { label, path },
        None => {
            SourceError::Vanished { label, path: asset.paths.first().cloned().unwrap_or_default() }
        }
    }
}

/// Reads a picture from the first of its places that still holds its bytes. `control` is polled while it is decoded.
///
/// # Errors
/// No place holds those bytes any more, they cannot be decoded, or cancellation.
pub fn open_source(asset: &Asset, side: u32, control: &Control) -> Result<Picture, SourceError> {
    let (label, limits) = (asset.label(), Limits::default());
    let cancelled = || control.is_cancelled();
    let mut changed = None;
    for path in &asset.paths {
        control.check()?;
        let Ok(bytes) = read_file(Path::new(path), &limits) else {
            continue;
        };
        if ContentHash::of(&bytes) != asset.id.0 {
            changed = Some(path.clone());
            continue;
        }
        // The decoder keeps twice its target.
        let decoded = decode_within(&bytes, side.div_ceil(2), &Budget::new(&limits, &cancelled));
        return decoded.map(|decoded| decoded.picture).map_err(|error| match error {
            ReadError::Cancelled => SourceError::Cancelled(Cancelled),
            error => SourceError::Unreadable {
                label,
                message: error.to_string(),
                hint: None,
                path: path.clone(),
            },
        });
    }
    Err(absent(asset, label, changed))
}

/// The place of a source that is still there.
pub(crate) fn present_path(asset: &Asset) -> Option<PathBuf> {
    asset.paths.iter().map(PathBuf::from).find(|path| path.is_file())
}

/// A source as the record of a film names it: the name of its file without the folder, and no more than credits and
/// checks need.
pub fn source_record(
    asset: &Asset,
    range: Option<TimeRange>,
    rating: Option<Rating>,
) -> SourceRecord {
    let path = present_path(asset).unwrap_or_default();
    SourceRecord {
        asset: asset.id,
        label: asset.label(),
        path: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        bytes: Some(asset.bytes),
        rights: asset.rights.clone(),
        range,
        rank: rating.map(|rating| rating.rank),
        scores: rating.map(|rating| rating.scores),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_connected_components() {
        let pairs = [(0, 3), (3, 4), (1, 5)];
        let alike = |a: usize, b: usize| pairs.contains(&(a, b));
        let control = Control::default();
        assert_eq!(grouped(6, alike, &control).unwrap(), [0, 1, 2, 0, 0, 1]);
    }

    #[test]
    fn grouping_ends_at_the_next_member_once_it_is_cancelled() {
        let (control, compared) = (Control::default(), std::cell::Cell::new(0));
        let alike = |_, b| {
            compared.set(compared.get() + 1);
            if b == 100 {
                control.cancel();
            }
            false
        };
        assert_eq!(grouped(100_000, alike, &control), Err(Cancelled));
        assert_eq!(compared.get(), 101 * 100 / 2, "all pairs up to that member, and no more");
    }
}
