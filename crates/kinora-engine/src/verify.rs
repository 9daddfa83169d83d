//! A film held against its record, its sources against the library.

use std::{path::Path, sync::Arc};

use kinora_provenance::{
    HashError, Lookup, RecordError, SourceFate, SourceState, VerificationReport, hash_file,
    read_beside, verify,
};
use kinora_types::{ContentHash, Control, FilmRecord};
use serde::Serialize;

use crate::{Engine, EngineError, Job, Library, libraries};

/// Where the record was found, and whether the one beside the film agrees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordOrigin {
    /// In the library, and the file beside the film says the same.
    LibraryAndBeside,
    /// In the library; beside the film there is none.
    Library,
    /// In the library; the file beside the film says something else.
    LibraryContradicted,
    /// Beside the film only: nothing vouches for it but itself.
    BesideOnly,
}

/// A film, checked.
#[derive(Clone, Debug, Serialize)]
pub struct Verification {
    /// Where the record came from.
    pub record: RecordOrigin,
    /// What was found.
    #[serde(flatten)]
    pub report: VerificationReport,
}

impl Verification {
    /// Whether film, record and every source are as they were.
    pub fn is_intact(&self) -> bool {
        self.report.master_intact()
            && self.report.sources_intact()
            && self.record != RecordOrigin::LibraryContradicted
    }

    /// How many sources are not as they were, and how many there are.
    pub fn sources(&self) -> (usize, usize) {
        let all = || self.report.shots.iter().flat_map(|shot| &shot.sources);
        let as_they_were =
            |fate: &SourceFate| matches!(fate, SourceFate::Present | SourceFate::Moved { .. });
        (all().filter(|source| !as_they_were(&source.fate)).count(), all().count())
    }
}

impl Engine {
    /// Checks a film. The record is looked for in the library (the one given, else the one that the
    /// file beside the film names, else `default`, else any that keeps it) and beside the film.
    ///
    /// # Errors
    /// If the film cannot be read, no record tells of it, or it was cancelled.
    pub fn verify(
        &self,
        film: &Path,
        library: Option<&str>,
        job: &Job,
    ) -> Result<Verification, EngineError> {
        let _span = tracing::info_span!("verify", film = %film.display()).entered();
        job.run(|control| self.verify_until(film, library, control))
    }

    fn verify_until(
        &self,
        film: &Path,
        library: Option<&str>,
        control: &Control,
    ) -> Result<Verification, EngineError> {
        let hash = hash(film, control)?;
        let beside = match read_beside(film) {
            Ok(record) => Some(record),
            Err(RecordError::Missing(_)) => None,
            Err(error) => return Err(error.into()),
        };
        let named_by_user = library.is_some();
        let named = library.or(beside.as_ref().map(|record| record.library.as_str()));
        let library = self.library_at_hand(named.unwrap_or("default"), named_by_user)?;
        let kept = library.as_ref().map(|library| library.catalog.film(&hash)).transpose()?;
        let (library, kept) = match kept.flatten() {
            None if !named_by_user => self.keeper(&hash).unwrap_or((library, None)),
            kept => (library, kept),
        };
        let catalog = library.as_deref().map(|library| &library.catalog);
        let origin = origin(kept.as_ref(), beside.as_ref());
        let record = kept.or(beside).ok_or_else(|| EngineError::NoRecord(film.to_owned()))?;
        let lookup: Box<Lookup<'_>> = Box::new(|asset| {
            // Asked before each source is hashed.
            control.check().ok()?;
            let found = catalog?.asset(asset).ok()??;
            let paths = found.paths.into_iter().map(Into::into).collect();
            Some(SourceState { paths, withdrawn: false })
        });
        let report = verify(film, &record, &lookup, control)?;
        Ok(Verification { record: origin, report })
    }

    /// The library that keeps the record of a film, whatever it was called when the film was made.
    fn keeper(&self, film: &ContentHash) -> Option<(Option<Arc<Library>>, Option<FilmRecord>)> {
        libraries::folders(&self.settings().libraries()).into_iter().find_map(|(name, _)| {
            // One that cannot be used vouches for nothing.
            let library = self.library(&name).ok()?;
            let record = library.catalog.film(film).ok()??;
            Some((Some(library), Some(record)))
        })
    }

    /// A library that must be there only if the user named it.
    fn library_at_hand(&self, name: &str, must: bool) -> Result<Option<Arc<Library>>, EngineError> {
        match self.library(name) {
            Ok(library) => Ok(Some(library)),
            Err(EngineError::NoLibrary { .. } | EngineError::LibraryName(_)) if !must => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// The content hash of a file that the user named; pipes and devices are refused.
pub(crate) fn hash(path: &Path, control: &Control) -> Result<ContentHash, EngineError> {
    hash_file(path, control).map_err(|error| match error {
        HashError::Cancelled(cancelled) => cancelled.into(),
        HashError::Io(source) => EngineError::Io { path: path.to_owned(), source },
    })
}

/// Making the same film again makes the same bytes, so records may differ in their time, and in their version
/// where only one of them was made again since.
fn origin(kept: Option<&FilmRecord>, beside: Option<&FilmRecord>) -> RecordOrigin {
    let same = |a: &FilmRecord, b: &FilmRecord| {
        *a == FilmRecord { made_at: a.made_at, version: a.version, ..b.clone() }
    };
    match (kept, beside) {
        (Some(kept), Some(beside)) if same(kept, beside) => RecordOrigin::LibraryAndBeside,
        (Some(_), Some(_)) => RecordOrigin::LibraryContradicted,
        (Some(_), None) => RecordOrigin::Library,
        (None, _) => RecordOrigin::BesideOnly,
    }
}
