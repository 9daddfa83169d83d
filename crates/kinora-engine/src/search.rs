//! Questions to a library.

use std::path::{Path, PathBuf};

use kinora_catalog::Catalog;
use kinora_image::{Limits, decode, read_file};
use kinora_models::Space;
use kinora_retrieval::{
    Filter, Judgement, Mode, Query, Report, SearchOutcome, Searcher, evaluate, rank_by_motion,
};
use kinora_types::{AssetId, Cancelled, Control, Embedding, GeoPoint, Hit, MotionDescriptor};
use kinora_video::{VideoFile, VideoLimits, motion::MotionEstimator, shots::ShotDetector};

use crate::{EngineError, Studio, places, text, verify};

/// Shorter side of the frames in which motion is measured, as when videos are added.
const MOTION_SIDE: u32 = 224;

/// Bytes of a file of judged queries.
const LARGEST_QUERIES: u64 = 64 << 20;

/// What is looked for. The default is that of [`Query`], which the command line takes too; it lacks only what to
/// look for.
#[derive(Clone, Debug)]
pub struct SearchRequest {
    /// In words.
    pub text: Option<String>,
    /// Like these pictures.
    pub like: Vec<PathBuf>,
    /// Weight of the words against the pictures, 0 to 1.
    pub text_weight: f32,
    /// What it shall not show.
    pub minus: Option<String>,
    /// Taken near a place (a name or coordinates), within so many kilometres; goes before the filter's
    /// own `near`.
    pub near: Option<(String, f64)>,
    /// Other conditions.
    pub filter: Filter,
    /// At most so many.
    pub limit: usize,
    /// How much they shall differ, 0 to 1.
    pub diversity: Option<f32>,
    /// Which lists are searched.
    pub mode: Mode,
    /// Whether near-duplicates are dropped.
    pub deduplicate: bool,
}

impl Default for SearchRequest {
    fn default() -> Self {
        let Query { text, minus, text_weight, filter, limit, mode, deduplicate, .. } =
            Query::default();
        let (like, near, diversity) = (Vec::new(), None, None);
        Self { text, like, text_weight, minus, near, filter, limit, diversity, mode, deduplicate }
    }
}

impl Studio {
    /// Answers a question. What any process has added before is found.
    ///
    /// # Errors
    /// If the library, an example or a place cannot be had, or it was cancelled.
    pub fn search(
        &self,
        library: &str,
        request: &SearchRequest,
        control: &Control,
    ) -> Result<SearchOutcome, EngineError> {
        let catalog = self.catalog(library)?;
        let space = self.space_of(&catalog)?;
        let index = self.index(&catalog)?;
        let (like, seen) = self.pictures(&catalog, space, &request.like, control)?;
        let near = match &request.near {
            Some((place, km)) => Some((self.place(place, control)?, *km)),
            None => request.filter.near,
        };
        let query = Query {
            text: request.text.clone(),
            like,
            minus: request.minus.clone(),
            text_weight: request.text_weight,
            filter: Filter { near, ..request.filter.clone() },
            limit: request.limit,
            // Maximal marginal relevance counts relevance, people ask for difference.
            diversity: request.diversity.map(|difference| 1.0 - difference),
            mode: request.mode,
            deduplicate: request.deduplicate,
            exclude: seen,
        };
        control.check()?;
        Ok(Searcher::new(&catalog, &index, space.text())?.search(&query)?)
    }

    /// Videos with shots that move like those of examples, whatever they show. An example that is not in
    /// the library is decoded whole.
    pub fn search_by_motion(
        &self,
        library: &str,
        like: &[PathBuf],
        filter: &Filter,
        limit: usize,
        control: &Control,
    ) -> Result<Vec<Hit>, EngineError> {
        let catalog = self.catalog(library)?;
        let like = &meant(&catalog, like);
        let (mut examples, mut known) = (Vec::new(), Vec::new());
        for path in like {
            let id = verify::hash(path, control)?;
            let row = catalog.asset_and_row(&AssetId(id))?.map(|(row, _)| row);
            let stored = match row {
                Some(row) => catalog.shot_motions(Some(row))?,
                None => Vec::new(),
            };
            if stored.is_empty() {
                examples.extend(self.motions(path, control)?);
            } else {
                examples.extend(stored.into_iter().map(|shot| shot.motion.descriptor));
                known.push(AssetId(id));
            }
        }
        Ok(rank_by_motion(&catalog, &examples, filter, &known, limit)?)
    }

    /// How the shots of a video file move.
    fn motions(
        &self,
        path: &Path,
        control: &Control,
    ) -> Result<Vec<MotionDescriptor>, EngineError> {
        let failed = |source| {
            let stopped = control.check().err().map(EngineError::Cancelled);
            stopped.unwrap_or_else(|| EngineError::Video { path: path.to_owned(), source })
        };
        let cancelled = || control.is_cancelled();
        let file = VideoFile::open(&self.ffmpeg()?, path, &VideoLimits::default(), &cancelled);
        let file = file.map_err(failed)?;
        let (mut shots, mut motion) = (ShotDetector::new(), MotionEstimator::new());
        let mut frames = file.frames(MOTION_SIDE, &cancelled).map_err(failed)?;
        for frame in frames.by_ref() {
            let frame = frame.map_err(failed)?;
            shots.push(&frame);
            motion.push(&frame);
        }
        let shots = shots.finish(frames.outcome().end);
        let found = shots.iter().filter_map(|shot| motion.over(shot.range));
        let found: Vec<_> = found.map(|motion| motion.descriptor).collect();
        if found.is_empty() {
            return Err(EngineError::NoMotion(path.to_owned()));
        }
        Ok(found)
    }

    /// Measures the search of a library with judged queries.
    ///
    /// # Errors
    /// If the queries or the library cannot be had, or it was cancelled.
    pub fn evaluate(
        &self,
        library: &str,
        queries: &Path,
        mode: Mode,
        control: &Control,
    ) -> Result<Report, EngineError> {
        let text = text::read(queries, LARGEST_QUERIES)?;
        let judgements = Judgement::parse(&text)?;
        let catalog = self.catalog(library)?;
        let space = self.space_of(&catalog)?;
        let index = self.index(&catalog)?;
        let searcher = Searcher::new(&catalog, &index, space.text())?;
        let go_on = || control.check().is_ok();
        Ok(evaluate(&searcher, &judgements, mode, &go_on)?.ok_or(Cancelled)?)
    }

    /// Vectors of the example pictures, and which of them are in the library (they are not answers).
    /// A picture that the library holds needs no network: its vector is stored.
    fn pictures(
        &self,
        catalog: &Catalog,
        space: &Space,
        paths: &[PathBuf],
        control: &Control,
    ) -> Result<(Vec<Embedding>, Vec<AssetId>), EngineError> {
        let paths = &meant(catalog, paths);
        let (mut vectors, mut known) = (Vec::new(), Vec::new());
        for path in paths {
            let failed = |source| EngineError::Picture { path: path.clone(), source };
            // As a stream, so that a video may be an example.
            let id = AssetId(verify::hash(path, control)?);
            if let Some(vector) = catalog.embedding(&id)? {
                vectors.push(vector);
                known.push(id);
                continue;
            }
            let bytes = read_file(path, &Limits::default()).map_err(failed)?;
            let image = space.image();
            let decoded = decode(&bytes, image.input_side(), &Limits::default()).map_err(failed)?;
            vectors.extend(image.embed(&[image.prepare(&decoded.picture)?])?);
        }
        Ok((vectors, known))
    }

    fn place(&self, text: &str, control: &Control) -> Result<GeoPoint, EngineError> {
        if let Some(point) = places::coordinates(text) {
            return Ok(point);
        }
        let unknown =
            || EngineError::Place(format!("no city of 15 000 people or more is called `{text}`"));
        Ok(self.gazetteer(control)?.city(text).ok_or_else(unknown)?.point())
    }
}

/// Files that are meant by paths: those that are there, else the library's files of that name, however its
/// letters are composed; what neither has stays, to be told.
fn meant(catalog: &Catalog, paths: &[PathBuf]) -> Vec<PathBuf> {
    let file = |path: &PathBuf| {
        let asset = if path.exists() { None } else { catalog.resolve(path.to_str()?).ok() };
        asset?.paths.first().map(PathBuf::from)
    };
    paths.iter().map(|path| file(path).unwrap_or_else(|| path.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a caller leaves out is what the search itself takes by default, and nothing that it refuses.
    #[test]
    fn a_request_by_default_is_the_query_by_default() {
        let (request, query) = (SearchRequest::default(), Query::default());
        assert!(request.limit > 0, "a limit of 0 is refused");
        assert_eq!(
            (request.limit, request.text_weight, request.mode, request.deduplicate),
            (query.limit, query.text_weight, query.mode, query.deduplicate)
        );
        assert_eq!((request.diversity, request.filter), (query.diversity, query.filter));
        assert!(request.text.is_none() && request.like.is_empty() && request.near.is_none());
    }
}
