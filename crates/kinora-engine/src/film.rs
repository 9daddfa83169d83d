//! Briefs to films, films to their trail.

use std::path::{Path, PathBuf};

use kinora_film::{
    BriefFormat, LibrarySources, Origin, PlanOptions, RenderContext, SourceFinder, check_output,
    parse, plan, render, still, storyboard_html,
};
use kinora_models::Space;
use kinora_retrieval::{Filter, Kind};
use kinora_types::{Asset, Brief, Control, FilmRecord, FilmSpec, Picture, Shot, Storyboard};
use serde::Deserialize;

use crate::{
    EngineError, Event, Job, Library,
    generator::{Generator, Implied, open_generator},
    ragme_generator::{ClipReader, FoundClip, FoundClips, find_clips},
    text,
};

/// Bytes of a brief's file.
const LARGEST_BRIEF: u64 = 4 << 20;

/// Where a brief is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BriefSource {
    /// Here. No file is read, whatever the text says.
    Text {
        /// The brief, word for word.
        text: String,
        /// How it is written.
        format: BriefFormat,
    },
    /// In a file of at most 4 MB on the engine's machine, whose name tells how it is written. A server takes this from
    /// nobody but the owner of the machine.
    File {
        /// The file.
        path: PathBuf,
    },
}

impl BriefSource {
    /// The text and how it is written.
    fn read(&self) -> Result<(String, BriefFormat), EngineError> {
        match self {
            Self::Text { text, format } => Ok((text.clone(), *format)),
            Self::File { path } => {
                Ok((text::read(path, LARGEST_BRIEF)?, BriefFormat::of_path(path)))
            }
        }
    }
}

/// What film shall be made.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilmRequest {
    /// The brief.
    pub brief: BriefSource,
    /// Form of the film.
    pub spec: FilmSpec,
    /// Whether the length was chosen, or shots that state their own may decide.
    #[serde(default)]
    pub length_given: bool,
    /// Shot (name or number) and the asset it must show.
    #[serde(default)]
    pub pins: Vec<(String, String)>,
    /// Use pictures alone, or videos alone.
    #[serde(default)]
    pub kind: Option<Kind>,
    /// Use only sources under one of these licences; empty for any or none.
    #[serde(default)]
    pub licences: Vec<String>,
    /// Leave out shots that nothing fits.
    #[serde(default)]
    pub allow_gaps: bool,
    /// Font of titles and captions.
    #[serde(default)]
    pub font: Option<PathBuf>,
    /// Replace an existing film.
    #[serde(default)]
    pub overwrite: bool,
    /// What makes the shots.
    #[serde(default)]
    pub generator: Generator,
}

impl FilmRequest {
    /// The film of a brief in this form, with nothing else chosen.
    pub fn new(brief: BriefSource, spec: FilmSpec) -> Self {
        Self {
            brief,
            spec,
            length_given: false,
            pins: Vec::new(),
            kind: None,
            licences: Vec::new(),
            allow_gaps: false,
            font: None,
            overwrite: false,
            generator: Generator::default(),
        }
    }
}

/// A storyboard and the page that shows it.
pub struct Plan {
    /// The storyboard.
    pub storyboard: Storyboard,
    /// The storyboard as an HTML page with the pictures inside.
    pub html: String,
}

impl Library {
    /// Plans a film without making it.
    ///
    /// # Errors
    /// A brief that cannot be read, shots without a source, a library that cannot be used, or cancellation.
    pub fn plan(&self, request: &FilmRequest, job: &Job) -> Result<Plan, EngineError> {
        let _span = tracing::info_span!("plan", library = self.name()).entered();
        job.run(|control| {
            let (space, implied) = (self.embedders()?, request.generator.implies()?);
            let asked = (request, &implied);
            self.with_sources(&space, asked, control, |sources, _| {
                let (brief, _) = briefed(request)?;
                let found = self.found_clips(&space, asked, &brief, control)?;
                let storyboard = planned(asked, &brief, sources, &found, control)?;
                let open =
                    |shot: &Shot, asset: &Asset, side| shown(sources, shot, asset, side, control);
                Ok(Plan { html: storyboard_html(&storyboard, &open), storyboard })
            })
        })
    }

    /// Makes a film and keeps its record in the library and beside the film.
    ///
    /// # Errors
    /// As for [`Library::plan`]; an output that exists or cannot be written; a generator or ffmpeg that is missing or
    /// fails.
    pub fn make(
        &self,
        request: &FilmRequest,
        out: &Path,
        job: &Job,
    ) -> Result<FilmRecord, EngineError> {
        let _span =
            tracing::info_span!("make", library = self.name(), film = %out.display()).entered();
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
        request.generator.check()?;
        let implied = request.generator.implies()?;
        let ffmpeg = self.shared.ffmpeg()?;
        let mut typesetter = self.shared.typesetter(request.font.as_ref())?;
        let (space, catalog, asked) = (self.embedders()?, &self.catalog, (request, &implied));
        let record = self.with_sources(&space, asked, control, |sources, threshold| {
            let library_revision = catalog.revision()?;
            let (brief, text) = briefed(request)?;
            let found = self.found_clips(&space, asked, &brief, control)?;
            let storyboard = planned(asked, &brief, sources, &found, control)?;
            check_output(out, &storyboard)?;
            let embedder = space.image();
            let mut generator = open_generator(&request.generator, catalog.space(), control)?;
            let clips = implied.clips.as_ref().map(|config| {
                let found = &found;
                ClipReader { embedder, sources, found, config, control }.references(&storyboard)
            });
            let origin = Origin {
                brief: without_folders(text, &brief),
                library: catalog.name().to_owned(),
                library_revision,
                space: catalog.space().clone(),
                threshold,
            };
            let context = RenderContext {
                ffmpeg: &ffmpeg,
                typesetter: &mut typesetter,
                generator: &mut *generator,
                clips: &clips.transpose()?.unwrap_or_default(),
                sources,
                embedder: Some(embedder),
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

    /// The videos whose motion the shots of a brief will follow; none if the generator follows none.
    fn found_clips(
        &self,
        space: &Space,
        (request, implied): (&FilmRequest, &Implied),
        brief: &Brief,
        control: &Control,
    ) -> Result<FoundClips, EngineError> {
        let Some(config) = &implied.clips else {
            return Ok(FoundClips::new());
        };
        let prompts = brief.shots.iter().map(|shot| shot.prompt.as_str());
        let filter = filter(request, implied, true);
        find_clips(&self.catalog, space.text(), prompts, config.clips, &filter, control)
    }

    /// Runs `work` with the sources of a library and the threshold of its space.
    fn with_sources<T>(
        &self,
        space: &Space,
        (request, implied): (&FilmRequest, &Implied),
        control: &Control,
        work: impl FnOnce(&LibrarySources<'_>, Option<f32>) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        let scores = space.text().score_model();
        let ffmpeg = self.shared.ffmpeg().ok();
        let filter = filter(request, implied, ffmpeg.is_some());
        let duplicates = scores.duplicate_threshold;
        self.searching(space, control, |searcher| {
            let sources = LibrarySources::new(searcher, &self.catalog, duplicates, filter, ffmpeg);
            work(&sources.until(control.clone()), scores.abstain_below)
        })
    }
}

/// What a film's sources must be. Without ffmpeg there is no film either; the storyboard shows what pictures would give.
fn filter(request: &FilmRequest, implied: &Implied, ffmpeg: bool) -> Filter {
    let kind = if ffmpeg { implied.sources.or(request.kind) } else { Some(Kind::Picture) };
    Filter { licences: request.licences.clone(), kind, ..Filter::default() }
}

/// What the storyboard's page shows of a shot's source; `None` if it cannot be read.
fn shown(
    sources: &LibrarySources<'_>,
    shot: &Shot,
    asset: &Asset,
    side: u32,
    control: &Control,
) -> Option<Picture> {
    let Some(cut) = shot.cut() else {
        return sources.open(asset, side).ok();
    };
    let middle = u64::midpoint(cut.range.start_ms(), cut.range.end_ms());
    still(&sources.video(asset).ok()?, asset, middle, side, control).ok()
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
    let (text, format) = request.brief.read()?;
    Ok((parse(&text, format, request.spec.seconds)?, text))
}

fn planned(
    (request, implied): (&FilmRequest, &Implied),
    brief: &Brief,
    sources: &LibrarySources<'_>,
    found: &FoundClips,
    control: &Control,
) -> Result<Storyboard, EngineError> {
    let assets = |clips: &Vec<FoundClip>| clips.iter().map(|clip| clip.asset.clone()).collect();
    let options = PlanOptions {
        generated: implied.generated,
        followed: found.iter().map(|(prompt, clips)| (prompt.clone(), assets(clips))).collect(),
        pins: request.pins.clone(),
        allow_gaps: request.allow_gaps,
        length_from_shots: !request.length_given,
        control: control.clone(),
    };
    let spec = FilmSpec { sound: implied.sound.or(request.spec.sound), ..request.spec.clone() };
    Ok(plan(brief, &spec, &options, sources)?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn text_that_names_a_file_is_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("brief.md");
        std::fs::write(&path, "- secret").unwrap();
        let name = path.to_string_lossy().into_owned();
        let text: BriefSource =
            serde_json::from_value(json!({ "text": { "text": name, "format": "text" } })).unwrap();
        assert_eq!(text.read().unwrap(), (name.clone(), BriefFormat::Text));
        let file: BriefSource =
            serde_json::from_value(json!({ "file": { "path": name } })).unwrap();
        assert_eq!(file.read().unwrap(), ("- secret".to_owned(), BriefFormat::Markdown));
        // A bare string could mean either.
        assert!(serde_json::from_value::<BriefSource>(json!(name)).is_err());
    }

    #[test]
    fn a_request_needs_a_brief_and_a_form_and_takes_no_unknown_option() {
        let mut request = json!({
            "brief": { "text": { "text": "- a dog", "format": "markdown" } },
            "spec": {
                "size": { "width": 320, "height": 180 }, "fps": 24, "seconds": 6.0,
                "transition": { "crossfade": 0.5 }, "captions": "from_brief", "seed": 1
            },
        });
        let read: FilmRequest = serde_json::from_value(request.clone()).unwrap();
        assert_eq!((read.generator, read.overwrite), (Generator::CameraMove, false));
        request["generator"] = json!({ "ragme": { "model": "folder" } });
        let read: FilmRequest = serde_json::from_value(request.clone()).unwrap();
        assert!(matches!(read.generator, Generator::Ragme { model: Some(_) }));
        request["allow_gasp"] = json!(true);
        assert!(serde_json::from_value::<FilmRequest>(request).is_err());
    }
}
