//! The frames of every shot: from the generator, or from the video that is shown.

use std::collections::BTreeMap;

use kinora_image::frame::{to_frame, to_picture};
use kinora_inference::{
    FrameSink, GenerateError, ImageEmbedder, Reference, ReferenceContent, ReferenceRole,
    ShotGenerator, ShotRequest, SinkError,
};
use kinora_render::RenderError;
use kinora_types::{
    Asset, CameraMove, ClipCut, ContentHash, Control, FilmSpec, GeneratorRecord, Picture, Shot,
    ShotRecord, ShotSound, ShotSource, Shown, Size, Stabilisation, Storyboard, TimeRange, YuvFrame,
};
use kinora_video::{ClipSpec, VideoError};

use crate::{
    FilmError, SourceFinder,
    camera::mixed,
    compose::Composer,
    sources::{source_record, still, unreadable},
    timeline::crossfade_frames,
};

/// Makes one shot after the other and hands the frames on to the composer.
pub(crate) struct ShotRenderer<'a> {
    pub storyboard: &'a Storyboard,
    pub generator: &'a mut dyn ShotGenerator,
    pub sources: &'a dyn SourceFinder,
    /// By prompt, the clips that generated shots follow.
    pub clips: &'a BTreeMap<String, Vec<Reference>>,
    /// Measures fidelity, if it is to be measured.
    pub embedder: Option<&'a dyn ImageEmbedder>,
    pub control: &'a Control,
    pub composer: Composer<'a>,
}

impl ShotRenderer<'_> {
    /// Makes all shots and the end card; gives their records.
    pub(crate) fn shots(&mut self) -> Result<Vec<ShotRecord>, FilmError> {
        let storyboard = self.storyboard;
        let crossfade = crossfade_frames(&storyboard.spec);
        let last = storyboard.shots.iter().rposition(|shot| shot.frames > 0);
        let mut at = storyboard.title_frames.saturating_sub(crossfade);
        let mut records = Vec::with_capacity(storyboard.shots.len());
        for (i, shot) in storyboard.shots.iter().enumerate() {
            self.control.check()?;
            let followed = Some(i) != last || storyboard.credits_frames > 0;
            let turn = Turn { number: i, at, followed };
            records.push(match &shot.shown {
                Shown::Picture { source, camera } => {
                    let picture = self.picture(source, *camera)?;
                    self.made(shot, vec![picture], Some(*camera), turn)?
                }
                Shown::Generated { source, cut } => {
                    let mut references = vec![self.model(source, *cut)?];
                    references
                        .extend(self.clips.get(&shot.brief.prompt).into_iter().flatten().cloned());
                    self.made(shot, references, None, turn)?
                }
                Shown::Clip { source, cut } => self.clip(shot, source, *cut, turn)?,
                Shown::Gap { .. } => record(shot, at),
            });
            at += shot.frames.saturating_sub(crossfade);
        }
        self.composer.credits(storyboard.credits_frames)?;
        Ok(records)
    }

    /// A picture that a camera moves over.
    fn picture(&self, source: &ShotSource, camera: CameraMove) -> Result<Reference, FilmError> {
        let side = needed_side(&source.asset, camera, self.storyboard.spec.size);
        let picture = self.sources.open(&source.asset, side)?;
        Ok(reference(source, None, ReferenceRole::Subject, picture))
    }

    /// What a model makes frames after: a picture, or the middle of a stretch of a video.
    fn model(&self, source: &ShotSource, cut: Option<ClipCut>) -> Result<Reference, FilmError> {
        let (asset, side) = (&source.asset, self.storyboard.spec.size.height);
        let Some(ClipCut { range, .. }) = cut else {
            let picture = self.sources.open(asset, side)?;
            return Ok(reference(source, None, ReferenceRole::Subject, picture));
        };
        let middle = u64::midpoint(range.start_ms(), range.end_ms());
        let file = self.sources.video(asset)?;
        let picture = still(&file, asset, middle, side, self.control)?;
        Ok(reference(source, Some(range), ReferenceRole::Motion, picture))
    }

    /// A shot that the generator makes; its record names all references.
    fn made(
        &mut self,
        shot: &Shot,
        references: Vec<Reference>,
        camera: Option<CameraMove>,
        turn: Turn,
    ) -> Result<ShotRecord, FilmError> {
        let spec = &self.storyboard.spec;
        let request = ShotRequest {
            prompt: shot.brief.prompt.clone(),
            references,
            camera,
            size: spec.size,
            fps: spec.fps,
            frames: shot.frames,
            seed: mixed(spec.seed).wrapping_add(turn.number as u64),
        };
        self.composer.begin(shot.frames, turn.followed);
        let mut sink = Sink {
            composer: &mut self.composer,
            hasher: blake3::Hasher::new(),
            taken: 0,
            keep: self.embedder.map(|_| shot.frames / 2),
            kept: None,
            fault: None,
        };
        let made = self.generator.generate(&request, &mut sink, self.control);
        let Sink { hasher, kept, fault, .. } = sink;
        let generator = made.map_err(|error| blame(shot, error, fault))?;
        let subject = request.references.first().and_then(Reference::picture);
        Ok(ShotRecord {
            fidelity: self.fidelity(subject, kept)?,
            sources: request.references.into_iter().map(|reference| reference.source).collect(),
            ..made_record(shot, turn.at, generator, &hasher)
        })
    }

    /// A stretch of a video: the frames are its own, so there is no fidelity to be measured.
    fn clip(
        &mut self,
        shot: &Shot,
        source: &ShotSource,
        cut: ClipCut,
        turn: Turn,
    ) -> Result<ShotRecord, FilmError> {
        let FilmSpec { size, fps, .. } = self.storyboard.spec;
        let asset = &source.asset;
        let file = self.sources.video(asset)?;
        let cancelled = || self.control.is_cancelled();
        let ClipCut { range, focus, framing, .. } = cut;
        let spec = ClipSpec { range, size, fps, focus, framing };
        let failed = |error: VideoError| FilmError::from(unreadable(asset, &error));
        let survey = match cut.stabilisation {
            Stabilisation::Auto => Some(file.survey(&spec, &cancelled).map_err(failed)?),
            Stabilisation::Off => None,
        };
        let clip = match &survey {
            Some(survey) => file.stabilised(&spec, survey, &cancelled),
            None => file.clip(&spec, &cancelled),
        };
        let mut clip = clip.map_err(failed)?;
        self.composer.begin(shot.frames, turn.followed);
        let mut hasher = blake3::Hasher::new();
        for _ in 0..shot.frames {
            let frame = clip.next().unwrap_or(Err(VideoError::NoVideo)).map_err(failed)?;
            take(&mut self.composer, &mut hasher, &frame)?;
        }
        let generator = GeneratorRecord {
            name: "clip".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            model: None,
            deterministic: true,
            synthetic: false,
            parameters: serde_json::json!({ "clip": cut, "held_frames": clip.held() }),
        };
        Ok(ShotRecord {
            sources: vec![source_record(asset, Some(range), source.rating)],
            stabilisation: survey.as_ref().map(|survey| survey.outcome.clone()),
            ..made_record(shot, turn.at, generator, &hasher)
        })
    }

    /// Cosine between the frame in the middle of a shot and its source.
    fn fidelity(
        &self,
        source: Option<&Picture>,
        frame: Option<YuvFrame>,
    ) -> Result<Option<f32>, FilmError> {
        let (Some(embedder), Some(source), Some(frame)) = (self.embedder, source, frame) else {
            return Ok(None);
        };
        let pictures = [embedder.prepare(source)?, embedder.prepare(&to_picture(&frame))?];
        let vectors = embedder.embed(&pictures)?;
        Ok(match vectors.as_slice() {
            [a, b] => a.dot(b).ok(),
            _ => None,
        })
    }
}

/// A shot's place in the film.
#[derive(Clone, Copy)]
struct Turn {
    /// 0-based, among all shots.
    number: usize,
    /// First frame in the film.
    at: u32,
    /// Whether another part follows.
    followed: bool,
}

/// What went wrong with a shot: the fault that made the sink refuse, if it did.
fn blame(shot: &Shot, error: GenerateError, fault: Option<FilmError>) -> FilmError {
    match (fault, error) {
        (Some(fault), _) => fault,
        (None, GenerateError::Cancelled(cancelled)) => cancelled.into(),
        (None, source) => FilmError::Generate { shot: shot.brief.name.clone(), source },
    }
}

/// Pixels along the source's shorter side that the closest view needs.
fn needed_side(asset: &Asset, camera: CameraMove, size: Size) -> u32 {
    let closest = camera.from.width.min(camera.to.width);
    let own = asset.size.unwrap_or(size);
    let scale = f64::from(size.width) / closest / f64::from(own.width.max(1));
    let shorter = own.width.min(own.height);
    (f64::from(shorter) * scale).ceil() as u32
}

/// Adds a frame to the hash of its shot and to the film.
fn take(
    composer: &mut Composer<'_>,
    hasher: &mut blake3::Hasher,
    frame: &YuvFrame,
) -> Result<(), FilmError> {
    let hash = blake3::hash(frame.bytes());
    hasher.update(hash.as_bytes());
    composer.push(frame, hash)
}

/// Takes a shot's frames: hashes them and passes them on.
struct Sink<'s, 'a> {
    composer: &'s mut Composer<'a>,
    hasher: blake3::Hasher,
    taken: u32,
    /// Which frame to keep for the fidelity.
    keep: Option<u32>,
    kept: Option<YuvFrame>,
    fault: Option<FilmError>,
}

impl FrameSink for Sink<'_, '_> {
    fn frame(&mut self, frame: &YuvFrame) -> Result<(), SinkError> {
        if self.keep == Some(self.taken) {
            self.kept = Some(frame.clone());
        }
        self.taken += 1;
        take(self.composer, &mut self.hasher, frame).map_err(|fault| {
            let told = SinkError(fault.to_string());
            self.fault = Some(fault);
            told
        })
    }

    fn picture(&mut self, frame: &Picture) -> Result<(), SinkError> {
        let frame = to_frame(frame).map_err(|e| {
            let fault = FilmError::Render(RenderError::OddSize(e));
            let told = SinkError(fault.to_string());
            self.fault = Some(fault);
            told
        })?;
        self.frame(&frame)
    }
}

/// The record of a gap, or what all records of shots have in common.
fn record(shot: &Shot, at: u32) -> ShotRecord {
    ShotRecord {
        name: shot.brief.name.clone(),
        prompt: shot.brief.prompt.clone(),
        caption: shot.brief.caption.clone(),
        first_frame: at.into(),
        frames: shot.frames.into(),
        sources: Vec::new(),
        pinned: shot.is_pinned(),
        gap: shot.gap().map(str::to_owned),
        rejected: shot.rejected.clone(),
        generator: None,
        frames_hash: None,
        fidelity: None,
        sound: ShotSound::None,
        stabilisation: None,
    }
}

/// The record of a shot with frames, its sources still missing.
fn made_record(
    shot: &Shot,
    at: u32,
    generator: GeneratorRecord,
    frames: &blake3::Hasher,
) -> ShotRecord {
    ShotRecord {
        generator: Some(generator),
        frames_hash: Some(ContentHash::from_bytes(*frames.finalize().as_bytes())),
        sound: shot.cut().map(|cut| cut.sound).unwrap_or_default(),
        ..record(shot, at)
    }
}

fn reference(
    source: &ShotSource,
    range: Option<TimeRange>,
    role: ReferenceRole,
    picture: Picture,
) -> Reference {
    let content = ReferenceContent::Picture(picture);
    Reference { source: source_record(&source.asset, range, source.rating), role, content }
}
