//! Questions to a library.

use std::{
    borrow::Cow,
    path::{Path, PathBuf},
};

use kinora_image::{Limits, decode, read_file};
use kinora_inference::InferenceError;
use kinora_models::Space;
use kinora_retrieval::{
    EvaluationReport, Filter, Judgement, Mode, Query, SearchError, SearchOutcome, Searcher,
    Suggestion, evaluate, rank_by_motion,
};
use kinora_types::{AssetId, ContentHash, Control, Embedding, GeoPoint, Hit, MotionDescriptor};
use kinora_video::{VideoFile, VideoLimits, motion::MotionEstimator, shots::ShotDetector};
use serde::Deserialize;

use crate::{EngineError, Job, Library, places, verify};

/// Shorter side of the frames in which motion is measured, as when videos are added.
const MOTION_SIDE: u32 = 224;

/// A picture or video that answers shall be like.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Example {
    /// A file of this machine, in the library or not. Not for requests of others: it is opened.
    Path(PathBuf),
    /// An asset of the library, by content hash, file name or path.
    Asset(String),
    /// The content of a picture's file.
    Bytes(Vec<u8>),
}

/// A place on the map.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Place {
    /// A city of 15 000 people or more, in any language: `Rome`, or with its country `Paris, FR`.
    City(String),
    /// Degrees.
    Point(GeoPoint),
}

impl Place {
    /// `LATITUDE,LONGITUDE` in degrees as a point, anything else as a city.
    pub fn parse(text: &str) -> Self {
        places::coordinates(text).map_or_else(|| Self::City(text.to_owned()), Self::Point)
    }
}

/// What is looked for. The default is that of [`Query`], which the command line takes too; it lacks only what to
/// look for.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SearchRequest {
    /// In words.
    pub text: Option<String>,
    /// Like these.
    pub like: Vec<Example>,
    /// Weight of the words against the examples, 0 to 1.
    pub text_weight: f32,
    /// What it shall not show.
    pub minus: Option<String>,
    /// Taken near a place, within so many kilometres; goes before the filter's own `near`.
    pub near: Option<(Place, f64)>,
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

impl Library {
    /// Answers a question. What any process has added before is found.
    ///
    /// # Errors
    /// If an example or a place cannot be had, the question cannot be asked so, or the work was stopped.
    pub fn search(&self, request: &SearchRequest, job: &Job) -> Result<SearchOutcome, EngineError> {
        let _span = tracing::info_span!("search", library = self.name()).entered();
        job.run(|control| {
            let space = self.embedders()?;
            let (like, seen) = self.pictures(&space, &request.like, control)?;
            let filter = self.placed(request.near.as_ref(), &request.filter, control)?;
            let query = Query {
                text: request.text.clone(),
                like,
                minus: request.minus.clone(),
                text_weight: request.text_weight,
                filter,
                limit: request.limit,
                // Maximal marginal relevance counts relevance, people ask for difference.
                diversity: request.diversity.map(|difference| 1.0 - difference),
                mode: request.mode,
                deduplicate: request.deduplicate,
                exclude: seen,
            };
            let outcome =
                self.searching(&space, control, |searcher| Ok(searcher.search(&query, control)?))?;
            // A misspelled word looks like something too.
            if outcome.hits.iter().any(|hit| hit.fit.by_words()) {
                return Ok(outcome);
            }
            let suggestions = self.suggestions(&space, &query, &outcome, control)?;
            Ok(SearchOutcome { suggestions, ..outcome })
        })
    }

    /// What may have been meant where nothing was found, or nothing by its words: another tag, else other words.
    fn suggestions(
        &self,
        space: &Space,
        query: &Query,
        outcome: &SearchOutcome,
        control: &Control,
    ) -> Result<Vec<Suggestion>, EngineError> {
        self.searching(space, control, |searcher| {
            let count = |filter: &Filter| {
                let query = Query { filter: filter.clone(), ..query.clone() };
                let hits = searcher.search(&query, control)?.hits;
                Ok(hits.iter().filter(|hit| hit.fit.fits()).count())
            };
            let tags = self.similar_tags(&query.filter, &count)?;
            if tags.is_empty() { Ok(searcher.suggest(query, outcome, control)?) } else { Ok(tags) }
        })
    }

    /// Runs `work` with a searcher over everything that was committed until now.
    pub(crate) fn searching<T>(
        &self,
        space: &Space,
        control: &Control,
        work: impl FnOnce(&Searcher<'_>) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        self.index.read(&self.catalog, control, |index| {
            work(&Searcher::new(&self.catalog, index, space.text(), &self.cache)?)
        })
    }

    /// Videos with shots that move like those of examples, whatever they show. An example that is not in
    /// the library is decoded whole. `near` is a place and kilometres around it; it goes before that of the filter.
    ///
    /// # Errors
    /// If an example cannot be had or nothing in it moves, or the work was stopped.
    pub fn search_by_motion(
        &self,
        like: &[Example],
        near: Option<&(Place, f64)>,
        filter: &Filter,
        limit: usize,
        job: &Job,
    ) -> Result<Vec<Hit>, EngineError> {
        job.run(|control| {
            let catalog = &self.catalog;
            let filter = self.placed(near, filter, control)?;
            let (mut examples, mut known) = (Vec::new(), Vec::new());
            for example in like {
                if matches!(example, Example::Bytes(_)) {
                    let what = "an example of motion is a video in a file or in the library";
                    return Err(SearchError::Query(what.into()).into());
                }
                let (id, path) = self.named(example, control)?;
                let row = catalog.find_row(&id)?;
                let stored = match row {
                    Some(row) => catalog.shot_motions(Some(row))?,
                    None => Vec::new(),
                };
                if stored.is_empty() {
                    examples.extend(self.motions(&path, control)?);
                } else {
                    examples.extend(stored.into_iter().map(|shot| shot.motion.descriptor));
                    known.push(id);
                }
            }
            Ok(rank_by_motion(catalog, &examples, &filter, &known, limit, control)?)
        })
    }

    /// The asset that an example is or would be, and where its file is; no file belongs to bytes.
    fn named(
        &self,
        example: &Example,
        control: &Control,
    ) -> Result<(AssetId, PathBuf), EngineError> {
        Ok(match example {
            // As a stream, so that a video may be an example.
            Example::Path(path) => (AssetId(verify::hash(path, control)?), path.clone()),
            Example::Asset(reference) => {
                let asset = self.catalog.resolve(reference)?;
                (asset.id, asset.paths.first().map(PathBuf::from).unwrap_or_default())
            }
            Example::Bytes(bytes) => (AssetId(ContentHash::of(bytes)), PathBuf::new()),
        })
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
        let file =
            VideoFile::open(&self.shared.ffmpeg()?, path, &VideoLimits::default(), &cancelled);
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

    /// Measures the search with judged queries, a list of them as JSON.
    ///
    /// # Errors
    /// If the queries cannot be understood, the library cannot be had, or the work was stopped.
    pub fn evaluate(
        &self,
        queries: &str,
        mode: Mode,
        job: &Job,
    ) -> Result<EvaluationReport, EngineError> {
        let judgements = Judgement::parse(queries)?;
        job.run(|control| {
            let space = self.embedders()?;
            self.searching(&space, control, |searcher| {
                Ok(evaluate(searcher, &judgements, mode, control)?)
            })
        })
    }

    /// Vectors of the examples, and which of them are in the library (they are not answers). One that the library
    /// holds needs no network: its vector is stored.
    fn pictures(
        &self,
        space: &Space,
        examples: &[Example],
        control: &Control,
    ) -> Result<(Vec<Embedding>, Vec<AssetId>), EngineError> {
        let (mut vectors, mut known) = (Vec::new(), Vec::new());
        for example in examples {
            control.check()?;
            let (id, path) = self.named(example, control)?;
            match self.catalog.embedding(&id)? {
                Some(vector) => {
                    vectors.push(vector);
                    known.push(id);
                }
                None => vectors.push(embedded(space, example, &path)?),
            }
        }
        Ok((vectors, known))
    }

    pub(crate) fn place(&self, place: &Place, control: &Control) -> Result<GeoPoint, EngineError> {
        match place {
            Place::Point(point) => Ok(*point),
            Place::City(name) => {
                let gazetteer = self.shared.gazetteer(control)?;
                let unknown = || EngineError::UnknownCity {
                    name: name.clone(),
                    near: gazetteer.similar(name),
                };
                Ok(gazetteer.city(name).ok_or_else(unknown)?.point())
            }
        }
    }
}

/// The vector of an example that is not in the library, or has none there.
fn embedded(space: &Space, example: &Example, path: &Path) -> Result<Embedding, EngineError> {
    let failed = |source| EngineError::Picture { path: path.to_owned(), source };
    let bytes = match example {
        Example::Bytes(bytes) => Cow::from(bytes),
        _ => read_file(path, &Limits::default()).map_err(failed)?.into(),
    };
    let image = space.image();
    let decoded = decode(&bytes, image.input_side(), &Limits::default()).map_err(failed)?;
    let vectors = image.embed(&[image.prepare(&decoded.picture)?])?;
    let none = || EngineError::Inference(InferenceError::Runtime("no vector came".into()));
    vectors.into_iter().next().ok_or_else(none)
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
