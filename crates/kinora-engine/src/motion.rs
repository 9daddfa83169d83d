//! The `ragme` generator of a film: model, library and embedder brought together.
//!
//! For every prompt of a storyboard the nearest videos are found and the stretch of each around its best moment is
//! decoded at the model's rate; every third frame is embedded. Stored frames are a second apart, too sparse for that.
//!
//! Memory: the model, one decoded frame, and the embeddings (some KB a clip); all frames of the clips if the model
//! starts from them.

use std::{
    collections::{BTreeMap, HashSet},
    path::PathBuf,
};

use kinora_catalog::{Catalog, CatalogError};
use kinora_film::{FilmError, SourceError, open_video, present_name};
use kinora_image::frame::to_picture;
use kinora_inference::{ImageEmbedder, TextEmbedder};
use kinora_models::Space;
use kinora_ragme::{GenerationConfig, MotionClip, RagmeGenerator};
use kinora_retrieval::{ClipQuery, Filter, RetrievedClip, retrieve_clips};
use kinora_types::{
    Asset, Control, Framing, Picture, Scores, Size, SourceRecord, Storyboard, TimeRange,
};
use kinora_video::{ClipSpec, FFmpeg, VideoError, VideoFile};

use crate::EngineError;

/// What makes the shots.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Generator {
    /// Pictures are moved over, videos shown as they are.
    #[default]
    CameraMove,
    /// A text-to-video model that follows the motion of retrieved videos.
    Ragme {
        /// Folder of the base with the controller in it.
        model: Option<PathBuf>,
    },
}

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
pub(crate) struct Motion<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) space: &'a Space,
    pub(crate) ffmpeg: &'a FFmpeg,
    pub(crate) found: &'a FoundClips,
    pub(crate) control: &'a Control,
}

impl Motion<'_> {
    /// The generator of a model's folder, with clips for every shot that has a source.
    pub(crate) fn generator(
        &self,
        model: Option<&PathBuf>,
        storyboard: &Storyboard,
    ) -> Result<RagmeGenerator, EngineError> {
        let model = model.ok_or(EngineError::NoVideoModel)?;
        let mut generator = RagmeGenerator::open(model)?;
        let (wanted, own) = (generator.embed_dim(), self.catalog.space().dimension);
        if wanted != own {
            let space = self.catalog.space().id();
            return Err(EngineError::VideoModelSpace { wanted, own, space });
        }
        let shown = storyboard.shots.iter().filter(|shot| shot.source.is_some());
        let mut seen = HashSet::new();
        // Shots may share a prompt; decoding its clips is the dear part.
        for prompt in shown.map(|shot| &shot.brief.prompt).filter(|prompt| seen.insert(*prompt)) {
            self.control.check().map_err(FilmError::from)?;
            let clips = self.clips(prompt, generator.config())?;
            generator.set_clips(prompt, clips)?;
        }
        Ok(generator)
    }

    fn clips(
        &self,
        prompt: &str,
        config: &GenerationConfig,
    ) -> Result<Vec<MotionClip>, EngineError> {
        let found = self.found.get(prompt).into_iter().flatten().enumerate();
        found.map(|(at, clip)| self.clip(at + 1, clip, config)).collect()
    }

    fn clip(
        &self,
        rank: usize,
        found: &FoundClip,
        config: &GenerationConfig,
    ) -> Result<MotionClip, EngineError> {
        let range = stretch(found, config)?;
        let read = Stretch { range, config, keep: config.rag_init };
        let file = open_video(self.ffmpeg, &found.asset, self.control).map_err(FilmError::from)?;
        let (embeddings, pictures) =
            read.frames(&file, &found.asset, self.space.image(), self.control)?;
        Ok(MotionClip { source: source(rank, found, range), embeddings, pictures })
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
    ) -> Result<(Vec<Vec<f32>>, Vec<Picture>), EngineError> {
        let unreadable = |error: VideoError| match error {
            VideoError::Cancelled => FilmError::Cancelled(kinora_types::Cancelled),
            error => FilmError::from(SourceError::Unreadable {
                label: asset.label(),
                message: error.to_string(),
                hint: error.hint(),
                path: asset.paths.first().cloned().unwrap_or_default(),
            }),
        };
        let spec = ClipSpec {
            range: self.range,
            size: decoded(embedder, self.config),
            fps: self.config.fps,
            focus: (0.5, 0.5),
            framing: Framing::Crop,
        };
        let cancelled = || control.is_cancelled();
        let (mut prepared, mut pictures) = (Vec::new(), Vec::new());
        for (at, frame) in file.clip(&spec, &cancelled).map_err(unreadable)?.enumerate() {
            let picture = to_picture(&frame.map_err(unreadable)?);
            if at % EMBEDDED == 0 {
                prepared.push(embedder.prepare(&picture)?);
            }
            if self.keep {
                pictures.push(picture);
            }
        }
        let embeddings = embedder.embed(&prepared)?;
        Ok((embeddings.iter().map(|e| e.values().to_vec()).collect(), pictures))
    }
}

/// A clip as the trail names it.
fn source(rank: usize, found: &FoundClip, range: TimeRange) -> SourceRecord {
    let asset = &found.asset;
    SourceRecord {
        asset: asset.id,
        label: asset.label(),
        path: present_name(asset),
        bytes: Some(asset.bytes),
        rights: asset.rights.clone(),
        range: Some(range),
        rank: Some(rank),
        scores: Some(Scores { dense: Some(found.similarity), ..Scores::default() }),
    }
}

/// Of the model's video.
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
