//! Training of a video model's added modules on a library's own videos.
//!
//! Every shot of every video that is long enough gives stretches of the model's length; each is decoded and encoded
//! once and kept. Its neighbours are those that RAGME retrieves for its video, the video itself and its copies left out.
//!
//! Memory: the model with the graph of one clip, one decoded clip, and the mean embeddings of all clips.

use std::path::PathBuf;

use kinora_catalog::Catalog;
use kinora_film::{FilmError, open_video};
use kinora_models::Space;
use kinora_ragme::{
    CONTROLLER_FOLDER, Entry, GenerationConfig, Metrics, TrainConfig, TrainingSession,
    video_embedding,
};
use kinora_retrieval::{ClipQuery, Filter, Kind, retrieve_clips};
use kinora_types::{Asset, AssetId, AssetRow, Control, Passage, PassageKind, Size, TimeRange};
use kinora_video::FFmpeg;

use serde::Deserialize;

use crate::{
    EngineError, Event, Job, Library,
    ragme_generator::{Stretch, length_ms},
};

/// What shall be trained on what.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainRequest {
    /// Folder of the base as diffusers saves it.
    pub model: PathBuf,
    /// Folder of the run and of the controller that comes of it; unset: `ragme` in the base's folder.
    pub out: Option<PathBuf>,
    /// Size of the clips; unset, as the two that follow: what the run has, or ZeroScope's.
    pub size: Option<Size>,
    /// Frames of a clip.
    pub frames: Option<u32>,
    /// Frames a second.
    pub fps: Option<u32>,
    /// Options of a new run; unset: the defaults for the library's space.
    pub options: Option<TrainConfig>,
    /// Optimiser steps in all.
    pub steps: u64,
    /// Clips of one video at most.
    pub per_video: usize,
    /// Which videos.
    pub filter: Filter,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Trained {
    /// The run's folder.
    pub folder: PathBuf,
    /// Clips that were trained on.
    pub clips: usize,
    /// Steps done in all runs.
    pub steps: u64,
}

impl TrainRequest {
    /// The clips' size, length and rate as asked for, else as they are.
    fn shaped(&self, own: GenerationConfig) -> GenerationConfig {
        let size = self.size.unwrap_or(Size { width: own.width, height: own.height });
        GenerationConfig {
            width: size.width,
            height: size.height,
            frames: self.frames.unwrap_or(own.frames),
            fps: self.fps.unwrap_or(own.fps),
            ..own
        }
    }
}

impl Library {
    /// Makes clips of a library's videos and trains a model's added modules on them, from where an earlier run
    /// stopped. Cancelled, it keeps what is done.
    ///
    /// # Errors
    /// No model, no two videos that can be learnt from, or what [`TrainingSession`] says.
    pub fn train(&self, request: &TrainRequest, job: &Job) -> Result<Trained, EngineError> {
        let _span = tracing::info_span!("train", library = self.name()).entered();
        job.run(|control| self.train_until(request, control, job))
    }

    fn train_until(
        &self,
        request: &TrainRequest,
        control: &Control,
        job: &Job,
    ) -> Result<Trained, EngineError> {
        let catalog = &self.catalog;
        let (space, ffmpeg) = (self.embedders()?, self.shared.ffmpeg()?);
        let own = catalog.space().dimension;
        let options = request.options.clone().unwrap_or_else(|| {
            let mut options = TrainConfig::default();
            options.ragme.embed_dim = own;
            options
        });
        let wanted = options.ragme.embed_dim;
        if wanted != own {
            let space = catalog.space().id();
            return Err(EngineError::VideoModelSpace { wanted, own, space });
        }
        let out = request.out.clone().unwrap_or_else(|| request.model.join(CONTROLLER_FOLDER));
        let generation = request.shaped(GenerationConfig::beside(&out)?);
        let space_id = catalog.space().id();
        let session = TrainingSession::open(&request.model, &out, generation, &space_id, control)?;
        let library = Clips { catalog, space: &space, ffmpeg: &ffmpeg, session: &session };
        let made = library.make(request, control, job)?;
        let entries = library.neighbours(&made, options.videos, control)?;
        let step = &mut |metrics: &Metrics| job.tell(Event::Step(*metrics));
        let steps = session.run(&entries, &options, request.steps, control, step)?;
        Ok(Trained { folder: session.folder().to_owned(), clips: entries.len(), steps })
    }
}

/// A video's clips.
struct Made {
    asset: AssetId,
    /// Name and mean embedding.
    clips: Vec<(String, Vec<f32>)>,
}

struct Clips<'a> {
    catalog: &'a Catalog,
    space: &'a Space,
    ffmpeg: &'a FFmpeg,
    session: &'a TrainingSession,
}

impl Clips<'_> {
    fn make(
        &self,
        request: &TrainRequest,
        control: &Control,
        job: &Job,
    ) -> Result<Vec<Made>, EngineError> {
        let filter = Filter { kind: Some(Kind::Video), ..request.filter.clone() };
        let rows = self.catalog.filter(&filter)?.unwrap_or_default();
        let mut made = Vec::new();
        for (done, (row, asset)) in self.catalog.assets(&rows)?.into_iter().enumerate() {
            control.check().map_err(FilmError::from)?;
            job.tell(Event::Videos { done: done as u64, total: rows.len() as u64 });
            let label = asset.label();
            match self.of_video(row, &asset, request.per_video, control) {
                Ok(clips) if clips.is_empty() => job.tell(Event::VideoSkipped {
                    video: label,
                    why: "no shot is long enough".into(),
                }),
                Ok(clips) => made.push(Made { asset: asset.id, clips }),
                Err(EngineError::Film(FilmError::Source(error))) => {
                    job.tell(Event::VideoSkipped { video: label, why: error.to_string() });
                }
                Err(error) => return Err(error),
            }
        }
        if made.len() < 2 {
            return Err(EngineError::NothingToLearn { videos: made.len() });
        }
        Ok(made)
    }

    fn of_video(
        &self,
        row: AssetRow,
        asset: &Asset,
        most: usize,
        control: &Control,
    ) -> Result<Vec<(String, Vec<f32>)>, EngineError> {
        let config = self.session.generation();
        let mut shots = self.catalog.shots(row)?;
        if shots.is_empty() {
            shots.extend(asset.duration_ms.and_then(|end| TimeRange::new(0, end).ok()));
        }
        let (mut clips, mut source) = (Vec::new(), None);
        for range in stretches(&shots, length_ms(config), most) {
            let name = format!("{}-{}.safetensors", asset.id.0, range.start_ms());
            let frames = if self.session.has_clip(&name) {
                self.session.frames(&name)?
            } else {
                // Opening hashes the whole file: once, and only if a clip of it is still to be made.
                let (file, passages) = match source.take() {
                    Some(open) => open,
                    None => (
                        open_video(self.ffmpeg, asset, control).map_err(FilmError::from)?,
                        self.catalog.passages(row)?,
                    ),
                };
                let read = Stretch { range, config, keep: true };
                let (embeddings, pictures) =
                    read.frames(&file, asset, self.space.image(), control)?;
                let embeddings: Vec<Vec<f32>> =
                    embeddings.iter().map(|embedding| embedding.values().to_vec()).collect();
                let words = words(&passages, asset, range);
                self.session.write_clip(&name, &pictures, &words, &embeddings, control)?;
                source = Some((file, passages));
                embeddings
            };
            let mean = video_embedding(&frames, self.catalog.space().dimension)?;
            clips.push((name, mean));
        }
        Ok(clips)
    }

    /// Of every retrieved video the clip that is most like it.
    fn neighbours(
        &self,
        made: &[Made],
        most: usize,
        control: &Control,
    ) -> Result<Vec<Entry>, EngineError> {
        let mut entries = Vec::new();
        for video in made {
            let query = ClipQuery { k: most.max(1), ..ClipQuery::video(video.asset) };
            let found = retrieve_clips(self.catalog, self.space.text(), &query, control)?;
            let near: Vec<&Made> = found
                .iter()
                .filter_map(|clip| made.iter().find(|other| other.asset == clip.asset.id))
                .collect();
            for (file, mean) in &video.clips {
                let neighbours = near.iter().filter_map(|other| nearest(mean, &other.clips));
                let neighbours = neighbours.map(str::to_owned).collect();
                entries.push(Entry { file: file.clone(), neighbours });
            }
        }
        Ok(entries)
    }
}

/// What is shown there: a caption of this stretch or of the whole, else what a person wrote, else tags.
fn words(passages: &[Passage], asset: &Asset, range: TimeRange) -> String {
    let here = |kind: PassageKind| {
        let of_kind = passages.iter().filter(move |passage| passage.kind == kind);
        let overlap =
            |passage: &&Passage| passage.range.is_none_or(|own| own.overlap(range).is_some());
        of_kind.filter(overlap).map(|passage| passage.text.as_str()).collect::<Vec<_>>()
    };
    let written = [&asset.caption, &asset.title].into_iter().flatten().next();
    match (here(PassageKind::Caption).first(), written) {
        (Some(caption), _) => (*caption).to_owned(),
        (None, Some(written)) => written.clone(),
        (None, None) => here(PassageKind::Tag).join(", "),
    }
}

fn nearest<'a>(mean: &[f32], clips: &'a [(String, Vec<f32>)]) -> Option<&'a str> {
    let cosine = |other: &[f32]| mean.iter().zip(other).map(|(a, b)| a * b).sum::<f32>();
    let best = clips.iter().max_by(|a, b| cosine(&a.1).total_cmp(&cosine(&b.1)));
    best.map(|(name, _)| name.as_str())
}

/// At most so many stretches of a length, no cut inside, spread over the shots: one in the middle of each, the
/// longest shots first, then more of what is left beside it.
fn stretches(shots: &[TimeRange], length: u64, most: usize) -> Vec<TimeRange> {
    let mut longest: Vec<&TimeRange> = shots.iter().filter(|shot| span(shot) >= length).collect();
    longest.sort_by_key(|shot| (u64::MAX - span(shot), shot.start_ms()));
    let room = |shot: &TimeRange| (span(shot) / length.max(1)) as usize;
    let mut counts = vec![0; longest.len()];
    for _ in 0..most {
        // Where the most time for one stretch is.
        let free = (0..longest.len()).filter(|&at| counts[at] < room(longest[at]));
        let share = |at: &usize| span(longest[*at]) / (counts[*at] as u64 + 1);
        let Some(at) = free.max_by_key(|at| (share(at), usize::MAX - at)) else {
            break;
        };
        counts[at] += 1;
    }
    let mut found = Vec::new();
    for (shot, count) in longest.iter().zip(counts) {
        for part in 0..count as u64 {
            let each = span(shot) / count as u64;
            let start = shot.start_ms() + part * each + (each - length) / 2;
            found.extend(TimeRange::new(start, start + length).ok());
        }
    }
    found.sort_by_key(|range| range.start_ms());
    found
}

/// Milliseconds.
fn span(range: &TimeRange) -> u64 {
    range.end_ms() - range.start_ms()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_keep_inside_shots_and_do_not_overlap() {
        let shots = [(0, 900), (900, 8_000), (8_000, 10_100)]
            .map(|(start, end)| TimeRange::new(start, end).unwrap());
        let starts = |most| -> Vec<u64> {
            stretches(&shots, 1_500, most).iter().map(|range| range.start_ms()).collect()
        };
        assert_eq!(starts(0), Vec::<u64>::new());
        assert_eq!(starts(1), [3_700]);
        assert_eq!(starts(9), [1_037, 2_812, 4_587, 6_362, 8_300], "all that there is room for");
        let all = stretches(&shots, 1_500, 9);
        assert!(all.windows(2).all(|pair| pair[0].end_ms() <= pair[1].start_ms()));
        assert!(all.iter().all(|s| {
            shots.iter().any(|shot| shot.start_ms() <= s.start_ms() && s.end_ms() <= shot.end_ms())
        }));
    }
}
