//! Clips for the RAGME generator: the videos whose motion the shots of a film follow, as references of its requests.
//!
//! For every prompt of a storyboard the nearest videos are found and the stretch of each around its best moment is
//! decoded at the model's rate; every third frame is embedded. Stored frames are a second apart, too sparse for that.
//!
//! Memory: one decoded frame, and the embeddings (some KB a clip); all frames of the clips if the model starts from
//! them.

use std::collections::BTreeMap;

use kinora_catalog::{Catalog, CatalogError};
use kinora_film::{FilmError, SourceFinder, source_record, unreadable};
use kinora_image::frame::to_picture;
use kinora_inference::{
    ImageEmbedder, Reference, ReferenceClip, ReferenceContent, ReferenceRole, TextEmbedder,
};
use kinora_ragme::GenerationConfig;
use kinora_retrieval::{ClipQuery, Filter, RetrievedClip, retrieve_clips};
use kinora_types::{
    Asset, Control, Embedding, Framing, Picture, Rating, Scores, Shown, Size, Storyboard, TimeRange,
};
use kinora_video::{ClipSpec, VideoError, VideoFile};

use crate::EngineError;

/// Every third frame of a retrieved clip is embedded (RAGME, as released).
const EMBEDDED: usize = 3;

/// A video whose motion is followed.
pub(crate) struct FoundClip {
    pub(crate) asset: Asset,
    /// Cosine with the prompt.
    similarity: f32,
    /// Where it is nearest.
    moment_ms: u64,
}

/// By prompt, the nearest first.
pub(crate) type FoundClips = BTreeMap<String, Vec<FoundClip>>;

/// The `k` videos nearest to each prompt; shots may share one.
pub(crate) fn find_clips<'p>(
    catalog: &Catalog,
    embedder: &dyn TextEmbedder,
    prompts: impl Iterator<Item = &'p str>,
    k: usize,
    filter: &Filter,
    control: &Control,
) -> Result<FoundClips, EngineError> {
    let mut found = FoundClips::new();
    for prompt in prompts {
        control.check()?;
        if !found.contains_key(prompt) {
            let query = ClipQuery { k, filter: filter.clone(), ..ClipQuery::text(prompt) };
            let clips = retrieve_clips(catalog, embedder, &query, control)?;
            let clips =
                clips.into_iter().map(|RetrievedClip { asset, similarity, moment_ms, .. }| {
                    FoundClip { asset, similarity, moment_ms }
                });
            found.insert(prompt.to_owned(), clips.collect());
        }
    }
    Ok(found)
}

/// Reads the clips of a storyboard's prompts.
pub(crate) struct ClipReader<'a> {
    pub(crate) embedder: &'a dyn ImageEmbedder,
    pub(crate) sources: &'a dyn SourceFinder,
    pub(crate) found: &'a FoundClips,
    /// How the model reads them.
    pub(crate) config: &'a GenerationConfig,
    pub(crate) control: &'a Control,
}

impl ClipReader<'_> {
    /// By prompt, the clips of every shot that is generated, nearest first.
    pub(crate) fn references(
        &self,
        storyboard: &Storyboard,
    ) -> Result<BTreeMap<String, Vec<Reference>>, EngineError> {
        let generated = |shown: &Shown| matches!(shown, Shown::Generated { .. });
        let shots = storyboard.shots.iter().filter(|shot| generated(&shot.shown));
        let mut references = BTreeMap::new();
        for prompt in shots.map(|shot| &shot.brief.prompt) {
            // Shots may share a prompt; decoding its clips is the dear part.
            if !references.contains_key(prompt) {
                references.insert(prompt.clone(), self.clips(prompt)?);
            }
        }
        Ok(references)
    }

    fn clips(&self, prompt: &str) -> Result<Vec<Reference>, EngineError> {
        let found = self.found.get(prompt).into_iter().flatten().enumerate();
        found.map(|(at, clip)| self.clip(at + 1, clip)).collect()
    }

    fn clip(&self, rank: usize, found: &FoundClip) -> Result<Reference, EngineError> {
        let range = stretch(found, self.config)?;
        let read = Stretch { range, config: self.config, keep: self.config.rag_init };
        let file = self.sources.video(&found.asset).map_err(FilmError::from)?;
        let (embeddings, pictures) =
            read.frames(&file, &found.asset, self.embedder, self.control)?;
        let scores = Scores { dense: Some(found.similarity), ..Scores::default() };
        let clip = ReferenceClip { embeddings, frames: pictures.into() };
        Ok(Reference {
            source: source_record(&found.asset, Some(range), Some(Rating { scores, rank })),
            role: ReferenceRole::Motion,
            content: ReferenceContent::Clip(clip),
        })
    }
}

/// A stretch of a video as the model reads it.
pub(crate) struct Stretch<'a> {
    pub(crate) range: TimeRange,
    pub(crate) config: &'a GenerationConfig,
    /// Whether the pictures are wanted too.
    pub(crate) keep: bool,
}

impl Stretch<'_> {
    /// Embeddings of every third frame, and all frames if they are wanted.
    pub(crate) fn frames(
        &self,
        file: &VideoFile,
        asset: &Asset,
        embedder: &dyn ImageEmbedder,
        control: &Control,
    ) -> Result<(Vec<Embedding>, Vec<Picture>), EngineError> {
        let failed = |error: VideoError| FilmError::from(unreadable(asset, &error));
        let spec = ClipSpec {
            range: self.range,
            size: decoded(embedder, self.config),
            fps: self.config.fps,
            focus: (0.5, 0.5),
            framing: Framing::Crop,
        };
        let cancelled = || control.is_cancelled();
        let (mut prepared, mut pictures) = (Vec::new(), Vec::new());
        for (at, frame) in file.clip(&spec, &cancelled).map_err(failed)?.enumerate() {
            let picture = to_picture(&frame.map_err(failed)?);
            if at % EMBEDDED == 0 {
                prepared.push(embedder.prepare(&picture)?);
            }
            if self.keep {
                pictures.push(picture);
            }
        }
        control.check()?;
        Ok((embedder.embed(&prepared)?, pictures))
    }
}

/// Length of the model's video in milliseconds.
pub(crate) fn length_ms(config: &GenerationConfig) -> u64 {
    1000 * u64::from(config.frames) / u64::from(config.fps.max(1))
}

/// As long as the model's video, around the best moment, inside the found video.
fn stretch(found: &FoundClip, config: &GenerationConfig) -> Result<TimeRange, EngineError> {
    let length = length_ms(config);
    let end = found.asset.duration_ms.unwrap_or(length);
    let start = found.moment_ms.saturating_sub(length / 2).min(end.saturating_sub(length));
    TimeRange::new(start, (start + length).min(end))
        .map_err(|error| CatalogError::Damaged(error.to_string()).into())
}

/// The model's shape, the shorter side twice the embedder's input, as decoders keep it.
fn decoded(embedder: &dyn ImageEmbedder, config: &GenerationConfig) -> Size {
    let (width, height) = (u64::from(config.width.max(1)), u64::from(config.height.max(1)));
    let short = 2 * u64::from(embedder.input_side());
    let even = |side: u64| ((short * side / width.min(height)).next_multiple_of(2)) as u32;
    Size { width: even(width), height: even(height) }
}
