//! Whether a film and its sources still are what the record says.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use kinora_types::{AssetId, Cancelled, ContentHash, Control, FilmRecord, ShotSound, SourceRecord};
use serde::Serialize;

use crate::{HashError, hash_file};

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
    /// The library has it, or it lies beside the film, unchanged and under its name.
    Present,
    /// Unchanged, but under another name.
    Moved {
        /// Where.
        to: PathBuf,
    },
    /// A file of its name beside the film or where the library had it holds something else, and the original
    /// is in neither place.
    Changed,
    /// It is neither where the library has it nor beside the film.
    Vanished,
    /// Taken out of the library on purpose.
    Withdrawn,
}

/// One source of one shot, checked.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SourceVerification {
    /// The source as the record has it.
    pub source: SourceRecord,
    /// What became of the source.
    #[serde(flatten)]
    pub fate: SourceFate,
}

/// One shot, checked.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ShotVerification {
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
    /// The sources of the shot.
    pub sources: Vec<SourceVerification>,
}

/// What [`verify`] found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VerificationReport {
    /// The film's file.
    pub film: PathBuf,
    /// Title of the film.
    pub title: Option<String>,
    /// Frames a second.
    pub fps: u32,
    /// Library that it was made from.
    pub library: String,
    /// Version of Kinora that made it.
    pub made_by: String,
    /// State of the file.
    pub master: MasterState,
    /// The shots in order.
    pub shots: Vec<ShotVerification>,
}

impl VerificationReport {
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

/// Hashes the film and all its sources anew. Nothing is written; files that cannot be read are findings, not
/// errors. Memory: one buffer, and a line for each source.
///
/// A record may come from anybody, so no path that it names is opened: sources are looked for by their hash
/// where the library has them, and by the bare name of their file in the film's own folder.
///
/// # Errors
/// [`Cancelled`] once `control` says so; it is polled before every megabyte.
pub fn verify(
    film: &Path,
    record: &FilmRecord,
    lookup: &Lookup<'_>,
    control: &Control,
) -> Result<VerificationReport, Cancelled> {
    let master = match hash_file(film, control) {
        Ok(hash) if hash == record.master => MasterState::Intact,
        Ok(found) => MasterState::Changed { found },
        Err(HashError::Cancelled(cancelled)) => return Err(cancelled),
        Err(HashError::Io(why)) => MasterState::Unreadable { why: why.to_string() },
    };
    let mut search =
        Search { film, lookup, control, known: HashMap::new(), hashes: HashMap::new() };
    let shots = record.shots.iter().map(|shot| {
        let sources = shot.sources.iter().map(|source| {
            Ok(SourceVerification { fate: search.fate(source)?, source: source.clone() })
        });
        Ok(ShotVerification {
            sources: sources.collect::<Result<_, Cancelled>>()?,
            name: shot.name.clone(),
            prompt: shot.prompt.clone(),
            first_frame: shot.first_frame,
            frames: shot.frames,
            gap: shot.gap.clone(),
            generator: shot.generator.as_ref().map(|g| format!("{} {}", g.name, g.version)),
            synthetic: shot.generator.as_ref().is_some_and(|g| g.synthetic),
            fidelity: shot.fidelity,
            sound: shot.sound,
        })
    });
    Ok(VerificationReport {
        film: film.to_owned(),
        title: record.title.clone(),
        fps: record.spec.fps,
        library: record.library.clone(),
        made_by: record.made_by.clone(),
        master,
        shots: shots.collect::<Result<_, Cancelled>>()?,
    })
}

/// Looks for sources; each is hashed once, however many shots show it.
struct Search<'a> {
    film: &'a Path,
    lookup: &'a Lookup<'a>,
    control: &'a Control,
    known: HashMap<(AssetId, String), SourceFate>,
    /// What files hold, so that each is read once however many sources a record names; `None` for what cannot be
    /// read.
    hashes: HashMap<PathBuf, Option<ContentHash>>,
}

impl Search<'_> {
    fn fate(&mut self, source: &SourceRecord) -> Result<SourceFate, Cancelled> {
        let key = (source.asset, source.path.clone());
        if let Some(fate) = self.known.get(&key) {
            return Ok(fate.clone());
        }
        let fate = self.look(source)?;
        self.known.insert(key, fate.clone());
        Ok(fate)
    }

    fn look(&mut self, source: &SourceRecord) -> Result<SourceFate, Cancelled> {
        let state = (self.lookup)(&source.asset).unwrap_or_default();
        if state.withdrawn {
            return Ok(SourceFate::Withdrawn);
        }
        let name = Path::new(&source.path).file_name();
        let beside = name.map(|name| self.film.with_file_name(name)).filter(|path| is_plain(path));
        let (named, others): (Vec<PathBuf>, Vec<PathBuf>) =
            state.paths.into_iter().partition(|path| path.file_name() == name);
        for path in named.iter().chain(&beside) {
            if self.is_it(path, source)? {
                return Ok(SourceFate::Present);
            }
        }
        for to in others {
            if self.is_it(&to, source)? {
                return Ok(SourceFate::Moved { to });
            }
        }
        let other = beside.is_some() || named.iter().any(|path| path.is_file());
        Ok(if other { SourceFate::Changed } else { SourceFate::Vanished })
    }

    fn is_it(&mut self, path: &Path, source: &SourceRecord) -> Result<bool, Cancelled> {
        let size = fs::metadata(path).ok().map(|metadata| metadata.len());
        if source.bytes.is_some() && source.bytes != size {
            return Ok(false);
        }
        if let Some(known) = self.hashes.get(path) {
            return Ok(*known == Some(source.asset.0));
        }
        let found = match hash_file(path, self.control) {
            Err(HashError::Cancelled(cancelled)) => return Err(cancelled),
            found => found.ok(),
        };
        self.hashes.insert(path.to_owned(), found);
        Ok(found == Some(source.asset.0))
    }
}

/// Whether a regular file lies there itself, not by way of a link.
fn is_plain(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file())
}
