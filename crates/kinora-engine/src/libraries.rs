//! Libraries on disk: one folder each, wholly apart.

use std::path::{Path, PathBuf};

use kinora_catalog::{Catalog, CatalogError};
use kinora_types::EmbeddingSpace;
use serde::Serialize;

use crate::{EngineError, settings::close_to_others};

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
    /// Why it cannot be used; then nothing else is known of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
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
            known: list(libraries).into_iter().map(|library| library.name).collect(),
        }),
        other => called(name, other),
    }
}

/// A library is called as its folder is, whoever named that.
fn called(name: &str, opened: Result<Catalog, CatalogError>) -> Result<Catalog, EngineError> {
    let mut catalog = opened.map_err(|source| named(name, source))?;
    if catalog.name() != name
        && let Err(error) = catalog.rename(name)
    {
        // On a read-only disk; the name that counts is right all the same.
        tracing::warn!(library = name, %error, "its new name is not in its catalogue");
    }
    Ok(catalog)
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
            Err(CatalogError::Exists { .. }) => called(name, Catalog::open(&folder)),
            other => {
                // A home that was made by hand, now that it holds something.
                libraries.parent().map(close_to_others);
                Ok(other?)
            }
        },
        other => called(name, other),
    }
}

/// What is wrong with a library itself names it.
fn named(name: &str, source: CatalogError) -> EngineError {
    match source {
        CatalogError::Damaged(_) | CatalogError::Foreign { .. } | CatalogError::Lost { .. } => {
            EngineError::DamagedLibrary { name: name.to_owned(), source }
        }
        other => other.into(),
    }
}

/// Folders that hold a library, or should, by name.
pub(crate) fn folders(libraries: &Path) -> Vec<(String, PathBuf)> {
    let entries = std::fs::read_dir(libraries).into_iter().flatten().flatten();
    let mut found: Vec<(String, PathBuf)> = entries
        .filter(|entry| entry.path().is_dir())
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path()))
        // No library is called so: one that is being deleted.
        .filter(|(name, _)| !name.starts_with('.'))
        .collect();
    found.sort();
    found
}

/// Every library by name; one that cannot be used is listed with its fault and hides none of the others.
pub(crate) fn list(libraries: &Path) -> Vec<LibrarySummary> {
    let summaries =
        folders(libraries).into_iter().filter_map(|(name, folder)| {
            match Catalog::open(&folder).and_then(|catalog| summary(&catalog)) {
                Err(CatalogError::NoLibrary { .. }) => None,
                Err(fault) => Some(LibrarySummary {
                    name,
                    space: String::new(),
                    pictures: 0,
                    videos: 0,
                    recordings: 0,
                    folder,
                    fault: Some(fault.to_string()),
                }),
                Ok(summary) => Some(LibrarySummary { name, ..summary }),
            }
        });
    let mut all: Vec<LibrarySummary> = summaries.collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

pub(crate) fn summary(catalog: &Catalog) -> Result<LibrarySummary, CatalogError> {
    let [pictures, videos, recordings] = catalog.count_by_kind()?.map(|(_, n)| n);
    Ok(LibrarySummary {
        name: catalog.name().to_owned(),
        space: catalog.space().id(),
        pictures,
        videos,
        recordings,
        folder: catalog.folder().to_owned(),
        fault: None,
    })
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
