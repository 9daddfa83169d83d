//! Whether libraries are whole: catalogue, vector index, thumbnails; and what can be made again.

use std::{
    fs,
    path::{Path, PathBuf},
};

use kinora_catalog::{Catalog, CatalogError, examine, repair};
use kinora_index::{Condition, Embedded, IndexRead};
use kinora_types::{Control, advice};
use serde::Serialize;

use crate::{Engine, EngineError, index::open_index, libraries};

/// What was found in one library, and what was done about it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LibraryCheck {
    /// Its name, or that of its folder.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
    /// Whether nothing is wrong, after the repair if there was one.
    pub sound: bool,
    /// What was wrong.
    pub faults: Vec<String>,
    /// What to do about it.
    pub hints: Vec<String>,
    /// What is no fault, but waits to be made.
    pub notes: Vec<String>,
    /// What was mended.
    pub repaired: Vec<String>,
    /// What a person wrote or made and may have changed: it stays as it reads now.
    pub doubtful: Vec<String>,
    /// Copies of the catalogue from before its format was changed, the newest last.
    pub backups: Vec<PathBuf>,
}

impl Engine {
    /// Checks one library, or all. Without `mend` no catalogue is written to.
    ///
    /// # Errors
    /// [`EngineError::NoLibrary`] for a name that there is not; what is damaged is no error.
    pub fn check(&self, name: Option<&str>, mend: bool) -> Result<Vec<LibraryCheck>, EngineError> {
        let folders = self.settings().libraries();
        let all = match name {
            Some(name) => vec![(name.to_owned(), libraries::folder(&folders, name)?)],
            None => libraries::folders(&folders),
        };
        let mut checks = Vec::new();
        for (of, folder) in all {
            let backups = Catalog::backups(&folder);
            let check = LibraryCheck { name: of, folder, backups, ..LibraryCheck::default() };
            match self.check_one(check, mend) {
                Err(EngineError::Catalog(CatalogError::NoLibrary { .. })) if name.is_none() => {}
                Err(EngineError::Catalog(CatalogError::NoLibrary { .. })) => {
                    // Says which ones there are.
                    libraries::open(&folders, name.unwrap_or_default())?;
                }
                other => {
                    let check = other?;
                    for fault in &check.faults {
                        tracing::warn!(library = check.name, fault, "check");
                    }
                    for what in &check.repaired {
                        tracing::info!(library = check.name, what, "repaired");
                    }
                    checks.push(check);
                }
            }
        }
        Ok(checks)
    }

    fn check_one(&self, mut check: LibraryCheck, mend: bool) -> Result<LibraryCheck, EngineError> {
        let health = match examine(&check.folder) {
            Err(gone @ CatalogError::NoLibrary { .. }) => return Err(gone.into()),
            Err(error) => return Ok(check.unusable(&error)),
            Ok(health) => health,
        };
        check.faults.extend(health.faults());
        if !health.is_sound() {
            if !mend {
                check.hints.push(format!("{}: what can be is made again", advice::REPAIR));
                check.restore();
                return Ok(check);
            }
            if let Err(error) = check.mend() {
                return Ok(check.unusable(&error));
            }
        }
        // An older format is brought up only where something is to be written anyway.
        let catalog =
            if mend { Catalog::open(&check.folder) } else { Catalog::look(&check.folder) };
        let catalog = match catalog {
            Ok(catalog) => catalog,
            Err(CatalogError::TooOld { found }) => {
                let note = format!("format {found}: its pages get checksums when it is next used");
                check.notes.push(note);
                check.sound = true;
                return Ok(check);
            }
            Err(error) => return Ok(check.unusable(&error)),
        };
        self.check_index(&mut check, &catalog, mend)?;
        check.thumbnails(&catalog)?;
        Ok(check)
    }

    fn check_index(
        &self,
        check: &mut LibraryCheck,
        catalog: &Catalog,
        mend: bool,
    ) -> Result<(), EngineError> {
        let folder = catalog.folder().join("index");
        let fault = index_fault(&folder, catalog)?;
        check.sound = fault.is_none() || mend;
        if mend && (fault.is_some() || !check.repaired.is_empty()) {
            let gone = |source| EngineError::Io { path: folder.clone(), source };
            if folder.exists() {
                fs::remove_dir_all(&folder).map_err(gone)?;
            }
            let mut index = open_index(catalog.folder(), catalog.space())?;
            kinora_retrieval::sync(catalog, &mut *index, &Control::default())?;
            check.repaired.push("the vector index was filled anew from the catalogue".into());
        } else if fault.is_some() {
            check.hints.push(format!("{}: the vector index is filled anew", advice::REPAIR));
        }
        check.faults.extend(fault);
        Ok(())
    }
}

/// What is wrong with a library's vector index; one that is missing or behind is not, it follows by itself.
fn index_fault(folder: &Path, catalog: &Catalog) -> Result<Option<String>, EngineError> {
    if !folder.exists() {
        return Ok(None);
    }
    let space = catalog.space();
    let index = match Embedded::open(folder, &space.id(), space.dimension) {
        Ok(index) => index,
        Err(error) => return Ok(Some(error.to_string())),
    };
    if index.condition() == Condition::Discarded {
        return Ok(Some("the vector index is damaged".into()));
    }
    if index.mark() > catalog.revision()? {
        return Ok(Some("the vector index is ahead of the catalogue".into()));
    }
    let (has, wants) = (index.len() as u64, catalog.point_count()?);
    let behind = !catalog.changes_since(index.mark(), 1)?.is_empty();
    let differs = !behind && has != wants;
    Ok(differs.then(|| format!("the vector index has {has} points, the catalogue {wants}")))
}

impl LibraryCheck {
    /// A library of which no more can be told.
    fn unusable(mut self, error: &CatalogError) -> Self {
        self.faults.push(error.to_string());
        if !matches!(error, CatalogError::Damaged(_)) {
            self.hints.extend(error.hint().map(str::to_owned));
        }
        self.restore();
        self.sound = false;
        self
    }

    /// How to get back what a backup has.
    fn restore(&mut self) {
        let hint = match self.backups.last() {
            Some(backup) => format!(
                "to go back to the state before its format was changed: remove `catalog.sqlite`, `catalog.sqlite-wal` and \
                 `catalog.sqlite-shm` and copy `{}` to `catalog.sqlite`; then {}",
                backup.display(),
                advice::ADD_AGAIN
            ),
            None => "what cannot be repaired: restore the folder from a backup, or add the files to a new library".into(),
        };
        self.hints.push(hint);
    }

    fn mend(&mut self) -> Result<(), CatalogError> {
        let mended = repair(&self.folder)?;
        let count = |n: u64, what: &str| (n > 0).then(|| format!("{n} {what}"));
        self.repaired.push(format!(
            "all pages were written anew; the file as it was found: {}",
            mended.copy.display()
        ));
        self.repaired.extend(
            [
                count(
                    mended.passages,
                    &format!(
                        "passages of models were taken out; to have them made again, {}",
                        advice::RESUME
                    ),
                ),
                count(
                    mended.vectors,
                    "assets lost their vectors; they are made when you add the files again",
                ),
                count(
                    mended.videos,
                    &format!("videos wait to be looked through again; {}", advice::RESUME),
                ),
            ]
            .into_iter()
            .flatten(),
        );
        self.doubtful = mended.doubtful;
        Ok(())
    }

    fn thumbnails(&mut self, catalog: &Catalog) -> Result<(), EngineError> {
        let assets = catalog.assets(&catalog.live_rows()?)?;
        let seen = assets.iter().filter(|(_, asset)| asset.size.is_some());
        let is_missing = |id| !kinora_ingest::thumbnail_path(catalog.folder(), id).is_file();
        let missing = seen.filter(|(_, asset)| is_missing(&asset.id)).count();
        if missing > 0 {
            self.notes.push(format!(
                "{missing} thumbnails are missing; they are made when you {}",
                advice::ADD_AGAIN
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use kinora_catalog::FILE_NAME;
    use kinora_types::EmbeddingSpace;

    use super::*;
    use crate::Settings;

    fn engine() -> (tempfile::TempDir, Engine) {
        let home = tempfile::TempDir::new().unwrap();
        let settings = Settings::settle(Some(home.path().to_owned())).unwrap();
        (home, Engine::open(settings).unwrap())
    }

    fn library(engine: &Engine, name: &str) -> PathBuf {
        let space = EmbeddingSpace {
            name: "s".into(),
            revision: "1".into(),
            dimension: 4,
            normalised: true,
        };
        let folder = engine.settings().libraries().join(name);
        Catalog::create(&folder, name, &space).unwrap();
        folder
    }

    #[test]
    fn a_broken_library_hides_no_other() {
        let (_home, engine) = engine();
        let whole = library(&engine, "whole");
        for (name, bytes) in [("empty", &b""[..]), ("foreign", b"something else altogether")] {
            let folder = engine.settings().libraries().join(name);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(FILE_NAME), bytes).unwrap();
        }
        fs::create_dir_all(engine.settings().libraries().join("nothing")).unwrap();
        fs::write(engine.settings().libraries().join("a file"), "").unwrap();
        let listed = engine.libraries();
        let told: Vec<_> = listed.iter().map(|l| (l.name.as_str(), l.fault.is_some())).collect();
        assert_eq!(told, [("empty", true), ("foreign", true), ("whole", false)]);
        let checks = engine.check(None, false).unwrap();
        let told: Vec<_> = checks.iter().map(|c| (c.name.as_str(), c.sound)).collect();
        assert_eq!(told, [("empty", false), ("foreign", false), ("whole", true)]);
        assert!(checks[0].hints.iter().any(|hint| hint.contains("backup")), "{:?}", checks[0]);
        assert!(!engine.check(Some("empty"), true).unwrap()[0].sound);
        assert_eq!(fs::read(listed[0].folder.join(FILE_NAME)).unwrap(), b"", "never started over");
        assert!(engine.check(Some("whole"), true).unwrap()[0].sound);
        let error = engine.check(Some("none"), false).unwrap_err();
        assert!(matches!(error, EngineError::NoLibrary { known, .. } if known.len() == 3));
        assert!(whole.join(FILE_NAME).is_file());
    }

    #[test]
    fn a_damaged_index_is_told_and_filled_anew() {
        let (_home, engine) = engine();
        let folder = library(&engine, "a");
        let catalog = Catalog::open(&folder).unwrap();
        drop(open_index(&folder, catalog.space()).unwrap());
        drop(catalog);
        fs::create_dir_all(folder.join("index")).unwrap();
        fs::write(folder.join("index/index.log"), b"not a log at all, but long enough to be one")
            .unwrap();
        let check = &engine.check(Some("a"), false).unwrap()[0];
        assert!(!check.sound && check.faults[0].contains("vector index"), "{check:?}");
        let check = &engine.check(Some("a"), true).unwrap()[0];
        assert!(check.sound && !check.repaired.is_empty(), "{check:?}");
        assert!(engine.check(Some("a"), false).unwrap()[0].faults.is_empty());
    }
}
