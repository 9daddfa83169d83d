//! Libraries on disk: one folder each, wholly apart.

use std::path::{Path, PathBuf};

use kinora_catalog::{Catalog, CatalogError};
use kinora_types::EmbeddingSpace;
use serde::Serialize;

use crate::EngineError;

/// One line of the list of libraries.
#[derive(Clone, Debug, Serialize)]
pub struct LibrarySummary {
    /// Its name.
    pub name: String,
    /// Name and revision of its embedding space.
    pub space: String,
    /// Pictures that can be found.
    pub pictures: u64,
    /// Videos that can be found.
    pub videos: u64,
    /// Recordings that can be found.
    pub recordings: u64,
    /// Its folder.
    pub folder: PathBuf,
}

/// A library's folder below `libraries`; the name cannot lead out of it.
pub(crate) fn folder(libraries: &Path, name: &str) -> Result<PathBuf, EngineError> {
    let allowed = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    let good =
        !name.is_empty() && name.len() <= 64 && !name.starts_with('.') && name.chars().all(allowed);
    if !good {
        return Err(EngineError::LibraryName(name.to_owned()));
    }
    Ok(libraries.join(name))
}

/// Opens a library that must exist.
pub(crate) fn open(libraries: &Path, name: &str) -> Result<Catalog, EngineError> {
    match Catalog::open(&folder(libraries, name)?) {
        Err(CatalogError::NoLibrary { .. }) => Err(EngineError::NoLibrary {
            name: name.to_owned(),
            known: list(libraries)?.into_iter().map(|library| library.name).collect(),
        }),
        other => Ok(other?),
    }
}

/// Opens a library, or makes it with this space.
pub(crate) fn open_or_create(
    libraries: &Path,
    name: &str,
    space: impl FnOnce() -> Result<EmbeddingSpace, EngineError>,
) -> Result<Catalog, EngineError> {
    let folder = folder(libraries, name)?;
    match Catalog::open(&folder) {
        Err(CatalogError::NoLibrary { .. }) => match Catalog::create(&folder, name, &space()?) {
            // Another process was faster.
            Err(CatalogError::Exists { .. }) => Ok(Catalog::open(&folder)?),
            other => Ok(other?),
        },
        other => Ok(other?),
    }
}

/// Every library that can be opened, by name; a damaged one is an error that names it.
pub(crate) fn list(libraries: &Path) -> Result<Vec<LibrarySummary>, EngineError> {
    let Ok(entries) = std::fs::read_dir(libraries) else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for entry in entries.flatten() {
        match Catalog::open(&entry.path()) {
            Ok(catalog) => {
                let [pictures, videos, recordings] = catalog.count_by_kind()?.map(|(_, n)| n);
                found.push(LibrarySummary {
                    name: catalog.name().to_owned(),
                    space: catalog.space().id(),
                    pictures,
                    videos,
                    recordings,
                    folder: entry.path(),
                });
            }
            Err(CatalogError::NoLibrary { .. }) => {}
            Err(source) => {
                let name = entry.file_name().to_string_lossy().into_owned();
                return Err(EngineError::DamagedLibrary { name, source });
            }
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_inside_the_folder() {
        let root = Path::new("/x");
        assert_eq!(folder(root, "family-2024").unwrap(), root.join("family-2024"));
        for bad in ["", ".", "..", "../x", "a/b", "a\\b", ".hidden", "a\n", &"x".repeat(65)] {
            assert!(folder(root, bad).is_err(), "{bad:?}");
        }
    }
}
