//! Briefs to films, films to their trail.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use kinora_film::{
    BriefFormat, CameraMoveGenerator, LibrarySources, Origin, PlanOptions, RenderContext,
    SourceFinder, check_output, parse, plan, render, still, storyboard_html,
};
use kinora_inference::ShotGenerator;
use kinora_models::Space;
use kinora_ragme::GenerationConfig;
use kinora_retrieval::{Filter, Kind};
use kinora_types::{
    Asset, Brief, Control, FilmRecord, FilmSpec, Picture, Shot, Sound, SourceRecord, Storyboard,
};

use crate::{
    EngineError, Event, Job, Library,
    motion::{FoundClip, FoundClips, Generator, Motion, find_clips},
    text,
};

/// Bytes of a brief's file.
const LARGEST_BRIEF: u64 = 4 << 20;

/// What film shall be made.
#[derive(Clone, Debug)]
pub struct FilmRequest {
    /// The brief itself, or the path of a file that holds it.
    pub brief: String,
    /// How the brief itself is written; `None` for plain text or a path.
    pub format: Option<BriefFormat>,
    /// Form of the film.
    pub spec: FilmSpec,
    /// Whether the length was chosen, or shots that state their own may decide.
    pub length_given: bool,
    /// Shot (name or number) and the asset it must show.
    pub pins: Vec<(String, String)>,
    /// Use pictures alone, or videos alone.
    pub kind: Option<Kind>,
    /// Use only sources under one of these licences; empty for any or none.
    pub licences: Vec<String>,
    /// Leave out shots that nothing fits.
    pub allow_gaps: bool,
    /// Font of titles and captions.
    pub font: Option<PathBuf>,
    /// Replace an existing film.
    pub overwrite: bool,
    /// What makes the shots.
    pub generator: Generator,
}

/// Clips that a model follows, by prompt.
type Followed = BTreeMap<String, Vec<SourceRecord>>;

/// A storyboard and the page that shows it.
pub struct Plan {
    /// The plan.
    pub storyboard: Storyboard,
    /// It as HTML, pictures inside.
    pub html: String,
}

impl Library {
    /// Plans a film without making it.
    ///
    /// # Errors
    /// What is wrong with the brief, that nothing fits a shot, or that the work was stopped.
    pub fn plan(&self, request: &FilmRequest, job: &Job) -> Result<Plan, EngineError> {
        job.run(|control| {
            let space = self.embedders()?;
            self.with_sources(&space, request, control, |sources, _| {
                let (brief, _) = briefed(request)?;
                let found = self.found_clips(&space, request, &brief, control)?;
                let storyboard = planned(request, &brief, sources, &found, control)?;
                let open = |shot: &Shot, asset: &Asset, side| shown(sources, shot, asset, side);
                Ok(Plan { html: storyboard_html(&storyboard, &open), storyboard })
            })
        })
    }

    /// Makes a film and keeps its record in the library and beside the film.
    ///
    /// # Errors
    /// As [`Library::plan`], and if the film or its record cannot be written.
    pub fn make(
        &self,
        request: &FilmRequest,
        out: &Path,
        job: &Job,
    ) -> Result<FilmRecord, EngineError> {
        job.run(|control| self.make_until(request, out, control, job))
    }

    fn make_until(
        &self,
        request: &FilmRequest,
        out: &Path,
        control: &Control,
        job: &Job,
    ) -> Result<FilmRecord, EngineError> {
        if out.exists() && !request.overwrite {
            return Err(EngineError::Exists(out.to_owned()));
        }
        if request.generator == (Generator::Ragme { model: None }) {
            return Err(EngineError::NoVideoModel);
        }
        let ffmpeg = self.shared.ffmpeg()?;
        let mut typesetter = self.shared.typesetter(request.font.as_ref())?;
        let (space, catalog) = (self.embedders()?, &self.catalog);
        let record = self.with_sources(&space, request, control, |sources, threshold| {
            let library_revision = catalog.revision()?;
            let (brief, text) = briefed(request)?;
            let found = self.found_clips(&space, request, &brief, control)?;
            let storyboard = planned(request, &brief, sources, &found, control)?;
            check_output(out, &storyboard)?;
            let motion = Motion { catalog, space: &space, ffmpeg: &ffmpeg, found: &found, control };
            let (mut generator, followed) = generator(request, &storyboard, &motion)?;
            let origin = Origin {
                brief: without_folders(text, &brief),
                library: catalog.name().to_owned(),
                library_revision,
                space: catalog.space().clone(),
                threshold,
                followed,
            };
            let context = RenderContext {
                ffmpeg: &ffmpeg,
                typesetter: &mut typesetter,
                generator: &mut *generator,
                sources,
                embedder: Some(space.image()),
                control,
                progress: &mut |at| job.tell(Event::Frames { done: at.done, total: at.total }),
                origin: &origin,
            };
            Ok(render(&storyboard, context, out)?)
        })?;
        let path = std::path::absolute(out).unwrap_or_else(|_| out.to_owned());
        catalog.put_film(&path.to_string_lossy(), &record)?;
        Ok(record)
    }

    /// The videos whose motion the shots of a brief will follow; none if pictures are moved over.
    fn found_clips(
        &self,
        space: &Space,
        request: &FilmRequest,
        brief: &Brief,
        control: &Control,
    ) -> Result<FoundClips, EngineError> {
        let Generator::Ragme { model: Some(model) } = &request.generator else {
            return Ok(FoundClips::new());
        };
        let k = GenerationConfig::of(model)?.clips;
        let prompts = brief.shots.iter().map(|shot| shot.prompt.as_str());
        let filter = filter(request, true);
        find_clips(&self.catalog, space.text(), prompts, k, &filter, control)
    }

    /// Runs `work` with the sources of a library and the threshold of its space.
    fn with_sources<T>(
        &self,
        space: &Space,
        request: &FilmRequest,
        control: &Control,
        work: impl FnOnce(&LibrarySources<'_>, Option<f32>) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        let scores = space.text().score_model();
        let ffmpeg = self.shared.ffmpeg().ok();
        let filter = filter(request, ffmpeg.is_some());
        let duplicates = scores.duplicate_threshold;
        self.searching(space, control, |searcher| {
            let sources = LibrarySources::new(searcher, &self.catalog, duplicates, filter, ffmpeg);
            work(&sources.until(control.clone()), scores.abstain_below)
        })
    }
}

/// What a film's sources must be. Without ffmpeg there is no film either; the storyboard shows what pictures would give.
fn filter(request: &FilmRequest, ffmpeg: bool) -> Filter {
    let kind = match &request.generator {
        _ if !ffmpeg => Some(Kind::Picture),
        // Only what moves has a motion to follow.
        Generator::Ragme { .. } => Some(Kind::Video),
        Generator::CameraMove => request.kind,
    };
    Filter { licences: request.licences.clone(), kind, ..Filter::default() }
}

/// What the storyboard's page shows of a shot's source; `None` if it cannot be read.
fn shown(sources: &LibrarySources<'_>, shot: &Shot, asset: &Asset, side: u32) -> Option<Picture> {
    let Some(clip) = shot.clip else {
        return sources.open(asset, side).ok();
    };
    let middle = u64::midpoint(clip.range.start_ms(), clip.range.end_ms());
    still(&sources.video(asset).ok()?, asset, middle, side).ok()
}

/// What makes a storyboard's shots, and the clips that it will follow.
fn generator(
    request: &FilmRequest,
    storyboard: &Storyboard,
    motion: &Motion<'_>,
) -> Result<(Box<dyn ShotGenerator>, Followed), EngineError> {
    let Generator::Ragme { model } = &request.generator else {
        return Ok((Box::new(CameraMoveGenerator), Followed::new()));
    };
    let generator = motion.generator(model.as_ref(), storyboard)?;
    let followed = generator.followed();
    Ok((Box::new(generator), followed))
}

/// The text of a brief without the folders of the files that it pins: what goes where the film goes.
fn without_folders(text: String, brief: &Brief) -> String {
    let pins = brief.shots.iter().filter_map(|shot| shot.pin.as_deref());
    pins.fold(text, |text, pin| match pin.rsplit(['/', '\\']).next() {
        Some(name) if name.len() < pin.len() => text.replace(pin, name),
        _ => text,
    })
}

/// The brief, and its text word for word.
fn briefed(request: &FilmRequest) -> Result<(Brief, String), EngineError> {
    let (text, format) = match request.format {
        Some(format) => (request.brief.clone(), format),
        None => brief_text(&request.brief)?,
    };
    Ok((parse(&text, format, request.spec.seconds)?, text))
}

fn planned(
    request: &FilmRequest,
    brief: &Brief,
    sources: &LibrarySources<'_>,
    found: &FoundClips,
    control: &Control,
) -> Result<Storyboard, EngineError> {
    let assets = |clips: &Vec<FoundClip>| clips.iter().map(|clip| clip.asset.clone()).collect();
    let options = PlanOptions {
        followed: found.iter().map(|(prompt, clips)| (prompt.clone(), assets(clips))).collect(),
        pins: request.pins.clone(),
        allow_gaps: request.allow_gaps,
        length_from_shots: !request.length_given,
        control: control.clone(),
    };
    // What a model shows is not what its clips sound like.
    let sound = match &request.generator {
        Generator::Ragme { .. } => Some(Sound::Mute),
        Generator::CameraMove => request.spec.sound,
    };
    let spec = FilmSpec { sound, ..request.spec.clone() };
    Ok(plan(brief, &spec, &options, sources)?)
}

/// A brief is a file if it names one, or looks like the name of one; else it is the text itself.
fn brief_text(brief: &str) -> Result<(String, BriefFormat), EngineError> {
    let path = Path::new(brief);
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
    let named =
        ["md", "markdown", "toml", "txt"].contains(&extension) && !brief.contains(['\n', ' ']);
    // A pipe or a device too, to be refused as such.
    let is_file = named || (brief.len() < 1024 && path.exists() && !path.is_dir());
    if !is_file {
        return Ok((brief.to_owned(), BriefFormat::Text));
    }
    Ok((text::read(path, LARGEST_BRIEF)?, BriefFormat::of_path(path)))
}
