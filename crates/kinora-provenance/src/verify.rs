//! Whether a film and its sources still are what the record says.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use kinora_types::{AssetId, ContentHash, FilmRecord, ShotSound, SourceRecord};
use serde::Serialize;

/// What a library knows of a source today.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceState {
    /// Where the library has it now.
    pub paths: Vec<PathBuf>,
    /// Whether it was taken out of the library.
    pub withdrawn: bool,
}

/// Asks a library for a source; `None` if it never had it, or no library is at hand.
pub type Lookup<'a> = dyn Fn(&AssetId) -> Option<SourceState> + 'a;

/// State of the film's file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum MasterState {
    /// Byte for byte what was made.
    Intact,
    /// Something else stands there now.
    Changed {
        /// Hash of what stands there.
        found: ContentHash,
    },
    /// It cannot be read.
    Unreadable {
        /// Why.
        why: String,
    },
}

/// State of one source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum SourceFate {
    /// It lies where it was, unchanged.
    Present,
    /// Unchanged, but elsewhere.
    Moved {
        /// Where.
        to: PathBuf,
    },
    /// The file holds something else, and the original is nowhere.
    Changed,
    /// Its file is nowhere.
    Vanished,
    /// Taken out of the library on purpose.
    Withdrawn,
}

/// One source of one shot, checked.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SourceReport {
    /// As the record has it.
    pub source: SourceRecord,
    /// As it is now.
    #[serde(flatten)]
    pub fate: SourceFate,
}

/// One shot, checked.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ShotReport {
    /// Name of the shot.
    pub name: String,
    /// What it was asked to show.
    pub prompt: String,
    /// First frame in the film.
    pub first_frame: u64,
    /// Number of frames; 0 for a gap.
    pub frames: u64,
    /// Why there is no source, if the user allowed a gap.
    pub gap: Option<String>,
    /// Generator and its version.
    pub generator: Option<String>,
    /// Whether a model made the pixels.
    pub synthetic: bool,
    /// Cosine between what was made and what was found.
    pub fidelity: Option<f32>,
    /// What is heard.
    #[serde(skip_serializing_if = "ShotSound::is_none")]
    pub sound: ShotSound,
    /// Its sources.
    pub sources: Vec<SourceReport>,
}

/// What [`verify`] found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The film's file.
    pub film: PathBuf,
    /// Its title.
    pub title: Option<String>,
    /// Frames a second, for timecodes.
    pub fps: u32,
    /// Library that it was made from.
    pub library: String,
    /// Version of Kinora that made it.
    pub made_by: String,
    /// State of the file.
    pub master: MasterState,
    /// The shots in order.
    pub shots: Vec<ShotReport>,
}

impl Report {
    /// Whether the film is byte for byte what the record says.
    pub fn master_intact(&self) -> bool {
        self.master == MasterState::Intact
    }

    /// Whether every source is still there, unchanged and not withdrawn.
    pub fn sources_intact(&self) -> bool {
        let mut fates = self.shots.iter().flat_map(|shot| shot.sources.iter().map(|s| &s.fate));
        fates.all(|fate| matches!(fate, SourceFate::Present | SourceFate::Moved { .. }))
    }
}

/// BLAKE3 of a file, streamed.
pub fn hash_file(path: &Path) -> io::Result<ContentHash> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(fs::File::open(path)?)?;
    Ok(ContentHash::from_bytes(*hasher.finalize().as_bytes()))
}

/// Hashes the film and all its sources anew. Nothing is written; files that cannot be read are
/// findings, not errors. Memory: one buffer.
pub fn verify(film: &Path, record: &FilmRecord, lookup: &Lookup<'_>) -> Report {
    let master = match hash_file(film) {
        Ok(hash) if hash == record.master => MasterState::Intact,
        Ok(found) => MasterState::Changed { found },
        Err(why) => MasterState::Unreadable { why: why.to_string() },
    };
    let checked =
        |source: &SourceRecord| SourceReport { fate: fate(source, lookup), source: source.clone() };
    let shots = record.shots.iter().map(|shot| ShotReport {
        name: shot.name.clone(),
        prompt: shot.prompt.clone(),
        first_frame: shot.first_frame,
        frames: shot.frames,
        gap: shot.gap.clone(),
        generator: shot.generator.as_ref().map(|g| format!("{} {}", g.name, g.version)),
        synthetic: shot.generator.as_ref().is_some_and(|g| g.synthetic),
        fidelity: shot.fidelity,
        sound: shot.sound,
        sources: shot.sources.iter().map(checked).collect(),
    });
    Report {
        film: film.to_owned(),
        title: record.title.clone(),
        fps: record.spec.fps,
        library: record.library.clone(),
        made_by: record.made_by.clone(),
        master,
        shots: shots.collect(),
    }
}

fn fate(source: &SourceRecord, lookup: &Lookup<'_>) -> SourceFate {
    let state = lookup(&source.asset).unwrap_or_default();
    if state.withdrawn {
        return SourceFate::Withdrawn;
    }
    let recorded = Path::new(&source.path);
    let is_it = |path: &Path| hash_file(path).is_ok_and(|hash| hash == source.asset.0);
    if is_it(recorded) {
        return SourceFate::Present;
    }
    match state.paths.into_iter().find(|path| is_it(path)) {
        Some(to) => SourceFate::Moved { to },
        None if recorded.is_file() => SourceFate::Changed,
        None => SourceFate::Vanished,
    }
}
