//! From a storyboard to a film and its record.

use std::{collections::BTreeMap, fs, path::Path};

use jiff::Timestamp;
use kinora_inference::{ImageEmbedder, Reference, ShotGenerator};
use kinora_provenance::{HashError, RECORD_VERSION, RecordError, beside, hash_file, write_beside};
use kinora_render::{EncodeSpec, FilmEncoder, Typesetter};
use kinora_types::{ContentHash, Control, EmbeddingSpace, FilmRecord, Storyboard};
use kinora_video::FFmpeg;

use crate::{
    FilmError, SourceFinder,
    compose::{Composer, FilmProgress},
    overlays::Overlays,
    shots::ShotRenderer,
    sound,
};

/// What a record says of where the sources were found.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The brief, word for word but for the folders of files that it pins.
    pub brief: String,
    /// Name of the library.
    pub library: String,
    /// Revision of the library when the film was planned.
    pub library_revision: u64,
    /// Space of the search.
    pub space: EmbeddingSpace,
    /// Score below which nothing was taken.
    pub threshold: Option<f32>,
}

/// What rendering works with.
pub struct RenderContext<'a> {
    /// The encoder.
    pub ffmpeg: &'a FFmpeg,
    /// Sets title, captions and end card.
    pub typesetter: &'a mut Typesetter,
    /// Makes the shots.
    pub generator: &'a mut dyn ShotGenerator,
    /// By prompt, the clips that a generated shot follows besides its source, nearest first; its record names them
    /// after the source.
    pub clips: &'a BTreeMap<String, Vec<Reference>>,
    /// Opens the sources.
    pub sources: &'a dyn SourceFinder,
    /// Measures the fidelity of every shot; without it, records have none.
    pub embedder: Option<&'a dyn ImageEmbedder>,
    /// Cancels between frames, and while the encoder or a source is waited for.
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
///
/// # Errors
/// An output that cannot be written, words that the font lacks, a source that is gone, a generator, ffmpeg or disk that
/// fails, or cancellation.
pub fn render(
    storyboard: &Storyboard,
    context: RenderContext<'_>,
    out: &Path,
) -> Result<FilmRecord, FilmError> {
    check_output(out, storyboard)?;
    let (control, origin) = (context.control, context.origin);
    let overlays = Overlays::set(storyboard, context.typesetter)?;
    let spec = EncodeSpec { size: storyboard.spec.size, fps: storyboard.spec.fps };
    let sound = sound::mix(storyboard, context.sources, control, out)?;
    let settings = spec.describe(sound.is_some());
    let encoder = FilmEncoder::start(context.ffmpeg, spec, sound, out)?;
    let mut renderer = ShotRenderer {
        storyboard,
        generator: context.generator,
        sources: context.sources,
        clips: context.clips,
        embedder: context.embedder,
        control,
        composer: Composer::new(storyboard, overlays, encoder, control, context.progress),
    };
    let shots = renderer.shots()?;
    let (film, frames_hash) = renderer.composer.finish()?;
    let record = FilmRecord {
        version: RECORD_VERSION,
        made_by: format!("kinora {}", env!("CARGO_PKG_VERSION")),
        made_at: Timestamp::now(),
        brief: origin.brief.clone(),
        library: origin.library.clone(),
        library_revision: origin.library_revision,
        space: origin.space.clone(),
        threshold: origin.threshold,
        spec: storyboard.spec.clone(),
        title: storyboard.title.clone(),
        credits: storyboard.credits.clone(),
        shots,
        master: hash(film.path(), out, control)?,
        frames_hash,
        encoder: format!("ffmpeg {} {}", context.ffmpeg.version, settings),
    };
    film.keep()?;
    // A film whose trail cannot be kept must not be.
    write_beside(out, &record).inspect_err(|_| drop(fs::remove_file(out)))?;
    Ok(record)
}

/// Checks the output before any work is done. An existing film may be replaced.
///
/// # Errors
/// [`FilmError::Output`]: no MP4 file, no folder, one of the film's own sources, or a stranger's file where the record
/// would be.
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
    let shown = storyboard.shots.iter().filter_map(|shot| shot.asset());
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

/// BLAKE3 of a film that is still under a temporary name; errors name the film.
fn hash(part: &Path, film: &Path, control: &Control) -> Result<ContentHash, FilmError> {
    hash_file(part, control).map_err(|error| match error {
        HashError::Cancelled(cancelled) => cancelled.into(),
        HashError::Io(source) => FilmError::ReadBack { source, path: film.to_owned() },
    })
}
