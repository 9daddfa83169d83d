//! From a storyboard to a film and its record.

use std::{collections::BTreeMap, fs, path::Path};

use jiff::Timestamp;
use kinora_image::frame::to_picture;
use kinora_inference::{
    FrameSink, GenerateError, ImageEmbedder, Reference, ReferenceRole, ShotGenerator, ShotRequest,
    SinkError,
};
use kinora_provenance::{RECORD_VERSION, RecordError, beside, write_beside};
use kinora_render::{self, EncodeSpec, FilmEncoder, RenderError, Typesetter};
use kinora_types::{
    Asset, CameraMove, Cancelled, ClipCut, ContentHash, Control, EmbeddingSpace, FilmRecord,
    FilmSpec, GeneratorRecord, Picture, Shot, ShotRecord, ShotSound, Size, SourceRecord,
    Stabilisation, Storyboard, YuvFrame,
};
use kinora_video::{ClipSpec, FFmpeg, VideoError};

use crate::{
    FilmError, SourceFinder,
    camera::mixed,
    compose::{Composer, FilmProgress},
    sound,
    sources::{present_name, still, unreadable},
    timeline::crossfade_frames,
    words::Words,
};

/// What a record says of where the sources were found.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The brief, word for word but for the folders of files that it pins.
    pub brief: String,
    /// Name of the library.
    pub library: String,
    /// Its revision when the film was planned.
    pub library_revision: u64,
    /// Space of the search.
    pub space: EmbeddingSpace,
    /// Score below which nothing was taken.
    pub threshold: Option<f32>,
    /// By prompt, what a model follows besides a shot's own source, the best first; the trail names these after it.
    pub followed: BTreeMap<String, Vec<SourceRecord>>,
}

/// What rendering works with.
pub struct RenderContext<'a> {
    /// The encoder.
    pub ffmpeg: &'a FFmpeg,
    /// Sets title, captions and end card.
    pub typesetter: &'a mut Typesetter,
    /// Makes the shots.
    pub generator: &'a mut dyn ShotGenerator,
    /// Opens the sources.
    pub sources: &'a dyn SourceFinder,
    /// Measures the fidelity of every shot; without it, records have none.
    pub embedder: Option<&'a dyn ImageEmbedder>,
    /// Cancels between frames.
    pub control: &'a Control,
    /// Told after every frame.
    pub progress: &'a mut dyn FnMut(FilmProgress),
    /// For the record.
    pub origin: &'a Origin,
}

/// Makes the film at `out` (`.mp4`) and its record beside it (`.json`).
///
/// The same storyboard, sources and build make the same frames. Cancelled or failed, neither file is
/// there; an older film of that name stays as it was. Memory: one source, two frames a crossfade
/// frame, a few frames in flight; the sound waits on disk, 192 KB a second.
pub fn render(
    storyboard: &Storyboard,
    context: RenderContext<'_>,
    out: &Path,
) -> Result<FilmRecord, FilmError> {
    check_output(out, storyboard)?;
    let words = Words::set(storyboard, context.typesetter)?;
    let spec = EncodeSpec { size: storyboard.spec.size, fps: storyboard.spec.fps };
    let sound = sound::mix(storyboard, context.sources, context.control, out)?;
    let settings = spec.describe(sound.is_some());
    let encoder = FilmEncoder::start(context.ffmpeg, spec, sound, out)?;
    let composer = Composer::new(storyboard, words, encoder, context.progress);
    let mut studio = Studio {
        storyboard,
        generator: context.generator,
        sources: context.sources,
        followed: &context.origin.followed,
        embedder: context.embedder,
        control: context.control,
        composer,
    };
    let shots = studio.shots()?;
    context.control.check()?;
    let frames_hash = studio.composer.finish()?;
    let record = FilmRecord {
        version: RECORD_VERSION,
        made_by: format!("kinora {}", env!("CARGO_PKG_VERSION")),
        made_at: Timestamp::now(),
        brief: context.origin.brief.clone(),
        library: context.origin.library.clone(),
        library_revision: context.origin.library_revision,
        space: context.origin.space.clone(),
        threshold: context.origin.threshold,
        spec: storyboard.spec.clone(),
        title: storyboard.title.clone(),
        credits: storyboard.credits.clone(),
        shots,
        master: hash_file(out).inspect_err(|_| drop(fs::remove_file(out)))?,
        frames_hash,
        encoder: format!("ffmpeg {} {}", context.ffmpeg.version, settings),
    };
    // A film whose trail cannot be kept must not be.
    write_beside(out, &record).inspect_err(|_| drop(fs::remove_file(out)))?;
    Ok(record)
}

/// Says what is wrong with the output before any work is done. An existing film is replaced.
pub fn check_output(out: &Path, storyboard: &Storyboard) -> Result<(), FilmError> {
    let problem = |problem: String, hint| FilmError::Output { problem, path: out.to_owned(), hint };
    let extension = out.extension().and_then(|e| e.to_str()).unwrap_or_default();
    if !["mp4", "m4v"].contains(&extension.to_ascii_lowercase().as_str()) {
        return Err(problem("a film is an MP4 file".into(), "let its name end in `.mp4`"));
    }
    if out.is_dir() {
        return Err(problem("this is a folder".into(), "give the film a name in it"));
    }
    let folder = match out.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if !folder.is_dir() {
        return Err(problem("there is no such folder".into(), "make the folder first"));
    }
    let real = |path: &Path| fs::canonicalize(path).ok();
    let shown = storyboard.shots.iter().filter_map(|shot| shot.source.as_ref());
    let mut inputs = shown.flat_map(|asset| &asset.paths).map(Path::new);
    let targets = [out.to_owned(), beside(out)].map(|path| real(&path));
    if inputs.any(|input| real(input).is_some_and(|input| targets.contains(&Some(input)))) {
        return Err(problem(
            "the film would overwrite one of its own sources".into(),
            "choose another name",
        ));
    }
    // An older record gives way with its film, whatever its version; a stranger's file does not.
    match kinora_provenance::read_beside(out) {
        Ok(_) | Err(RecordError::Missing(_) | RecordError::Version { .. }) => Ok(()),
        Err(error) => Err(problem(
            format!("the record would overwrite another file ({error})"),
            "choose another name",
        )),
    }
}

/// To its end: the film stands in the place of an older one by now, so that stopping would leave neither.
fn hash_file(path: &Path) -> Result<ContentHash, FilmError> {
    kinora_provenance::hash_file(path)
        .map_err(|source| FilmError::ReadBack { source, path: path.to_owned() })
}

struct Studio<'a> {
    storyboard: &'a Storyboard,
    generator: &'a mut dyn ShotGenerator,
    sources: &'a dyn SourceFinder,
    followed: &'a BTreeMap<String, Vec<SourceRecord>>,
    embedder: Option<&'a dyn ImageEmbedder>,
    control: &'a Control,
    composer: Composer<'a>,
}

impl Studio<'_> {
    fn shots(&mut self) -> Result<Vec<ShotRecord>, FilmError> {
        let shots = &self.storyboard.shots;
        let crossfade = crossfade_frames(&self.storyboard.spec);
        let credits = self.storyboard.credits_frames;
        let last = shots.iter().rposition(|shot| shot.frames > 0);
        let mut at = self.storyboard.title_frames.saturating_sub(crossfade);
        let mut records = Vec::with_capacity(shots.len());
        for (i, shot) in shots.iter().enumerate() {
            let followed = Some(i) != last || credits > 0;
            records.push(match (&shot.source, shot.camera, shot.clip) {
                (Some(asset), Some(camera), _) => {
                    let side = needed_side(asset, camera, self.storyboard.spec.size);
                    let picture = self.sources.open(asset, side)?;
                    self.shot(i, shot, (asset, ReferenceRole::Subject, picture), at, followed)?
                }
                (Some(asset), None, Some(clip)) if self.generator.follows_motion() => {
                    let middle = u64::midpoint(clip.range.start_ms(), clip.range.end_ms());
                    let side = self.storyboard.spec.size.height;
                    let picture = still(&self.sources.video(asset)?, asset, middle, side)?;
                    self.shot(i, shot, (asset, ReferenceRole::Motion, picture), at, followed)?
                }
                (Some(asset), None, Some(clip)) => self.clip(shot, asset, clip, at, followed)?,
                _ => record(shot, at, 0),
            });
            at += shot.frames.saturating_sub(crossfade);
        }
        self.composer.credits(credits)?;
        Ok(records)
    }

    fn shot(
        &mut self,
        i: usize,
        shot: &Shot,
        (asset, role, picture): (&Asset, ReferenceRole, Picture),
        at: u32,
        followed: bool,
    ) -> Result<ShotRecord, FilmError> {
        let request = ShotRequest {
            prompt: shot.brief.prompt.clone(),
            references: vec![Reference { asset: asset.id, role, picture }],
            camera: shot.camera,
            size: self.storyboard.spec.size,
            fps: self.storyboard.spec.fps,
            frames: shot.frames,
            seed: mixed(self.storyboard.spec.seed).wrapping_add(i as u64),
        };
        self.composer.begin(shot.frames, followed);
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
        let fidelity = self.fidelity(&request.references[0].picture, kept)?;
        let hash = ContentHash::from_bytes(*hasher.finalize().as_bytes());
        let mut record = made_record(shot, asset, at, generator, hash, fidelity);
        record.sources.extend(self.followed.get(&request.prompt).into_iter().flatten().cloned());
        Ok(record)
    }

    /// A stretch of a video: its own frames, so there is nothing whose fidelity could be measured.
    fn clip(
        &mut self,
        shot: &Shot,
        asset: &Asset,
        cut: ClipCut,
        at: u32,
        followed: bool,
    ) -> Result<ShotRecord, FilmError> {
        let FilmSpec { size, fps, .. } = self.storyboard.spec;
        let file = self.sources.video(asset)?;
        let cancelled = || self.control.is_cancelled();
        let ClipCut { range, focus, framing, .. } = cut;
        let spec = ClipSpec { range, size, fps, focus, framing };
        let failed = |error: VideoError| match error {
            VideoError::Cancelled => FilmError::Cancelled(Cancelled),
            error => unreadable(asset, &error).into(),
        };
        let survey = match cut.stabilisation {
            Stabilisation::Auto => Some(file.survey(&spec, &cancelled).map_err(failed)?),
            Stabilisation::Off => None,
        };
        let clip = match &survey {
            Some(survey) => file.stabilised(&spec, survey, &cancelled),
            None => file.clip(&spec, &cancelled),
        };
        let mut clip = clip.map_err(failed)?;
        self.composer.begin(shot.frames, followed);
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
        let hash = ContentHash::from_bytes(*hasher.finalize().as_bytes());
        let stabilisation = survey.as_ref().map(|survey| survey.outcome.clone());
        let record = made_record(shot, asset, at, generator, hash, None);
        Ok(ShotRecord { stabilisation, ..record })
    }

    /// Cosine between the frame in the middle of a shot and its source.
    fn fidelity(
        &self,
        source: &Picture,
        frame: Option<YuvFrame>,
    ) -> Result<Option<f32>, FilmError> {
        let (Some(embedder), Some(frame)) = (self.embedder, frame) else {
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
        let frame = kinora_image::frame::to_frame(frame).map_err(|e| {
            let fault = FilmError::Render(RenderError::OddSize(e));
            let told = SinkError(fault.to_string());
            self.fault = Some(fault);
            told
        })?;
        self.frame(&frame)
    }
}

fn record(shot: &Shot, at: u32, frames: u32) -> ShotRecord {
    ShotRecord {
        name: shot.brief.name.clone(),
        prompt: shot.brief.prompt.clone(),
        caption: shot.brief.caption.clone(),
        first_frame: at.into(),
        frames: frames.into(),
        sources: Vec::new(),
        pinned: shot.pinned,
        gap: shot.gap.clone(),
        rejected: shot.rejected.clone(),
        generator: None,
        frames_hash: None,
        fidelity: None,
        sound: ShotSound::None,
        stabilisation: None,
    }
}

fn made_record(
    shot: &Shot,
    asset: &Asset,
    at: u32,
    generator: GeneratorRecord,
    frames_hash: ContentHash,
    fidelity: Option<f32>,
) -> ShotRecord {
    let source = SourceRecord {
        asset: asset.id,
        label: asset.label(),
        path: present_name(asset),
        bytes: Some(asset.bytes),
        rights: asset.rights.clone(),
        range: shot.clip.map(|clip| clip.range),
        rank: shot.rank,
        scores: shot.scores,
    };
    ShotRecord {
        sources: vec![source],
        generator: Some(generator),
        frames_hash: Some(frames_hash),
        fidelity,
        sound: shot.clip.map(|clip| clip.sound).unwrap_or_default(),
        ..record(shot, at, shot.frames)
    }
}
