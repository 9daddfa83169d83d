//! What is said in one video or recording, as a model heard it or as a file of subtitles has it.

use std::path::{Path, PathBuf};

use kinora_catalog::{Catalog, CatalogError};
use kinora_types::{Asset, Kind, Passage, PassageKind};
use kinora_video::subtitles::{self, SubtitleError, Subtitles, TextEncoding};

use crate::{EngineError, Library};

/// A file of SRT or WebVTT that was read.
#[derive(Clone, Debug)]
pub struct TranscriptFile {
    path: PathBuf,
    subtitles: Subtitles,
}

impl TranscriptFile {
    /// Reads at most 16 MB in whatever encoding.
    ///
    /// # Errors
    /// If the file is no regular one, or its text is neither SRT nor WebVTT.
    pub fn read(path: &Path) -> Result<Self, EngineError> {
        let failed = |source| EngineError::Io { path: path.to_owned(), source };
        let bytes = kinora_files::read(path, subtitles::LONGEST).map_err(failed)?;
        let subtitles = subtitles::read(&bytes).map_err(|source| wrong(path, source))?;
        Ok(Self { path: path.to_owned(), subtitles })
    }

    /// In which encoding it was.
    pub fn encoding(&self) -> TextEncoding {
        self.subtitles.encoding
    }

    /// Its cues within the length of the recording.
    pub(crate) fn fitted(&self, asset: &Asset) -> Result<Vec<Passage>, EngineError> {
        if asset.kind() == Kind::Picture {
            let what = format!("nothing is said in a picture: {}", asset.label());
            return Err(EngineError::NothingThere(what));
        }
        let passages = self.subtitles.passages.clone();
        let Some(length_ms) = asset.duration_ms else { return Ok(passages) };
        subtitles::fit(passages, length_ms).map_err(|source| wrong(&self.path, source))
    }
}

fn wrong(path: &Path, source: SubtitleError) -> EngineError {
    EngineError::Subtitles { path: path.to_owned(), source }
}

impl Library {
    /// What is said in a video or recording, in order of time. A passage without text is speech that was not
    /// understood.
    ///
    /// # Errors
    /// If no asset is meant, nobody has listened to it yet, or the catalogue cannot be read.
    pub fn transcript(&self, reference: &str) -> Result<Vec<Passage>, EngineError> {
        let catalog = &self.catalog;
        let asset = catalog.resolve(reference)?;
        let passages = heard(catalog, &asset)?;
        match catalog.perceived_by(&asset.id, PassageKind::Speech)? {
            None if passages.is_empty() => Err(EngineError::NotHeard(asset.label())),
            _ => Ok(passages),
        }
    }
}

/// What models and people say is said in an asset, in order of time, with the stretches that were not understood.
fn heard(catalog: &Catalog, asset: &Asset) -> Result<Vec<Passage>, CatalogError> {
    let row = catalog.row(&asset.id)?;
    let mut passages = catalog.passages(row)?;
    passages.retain(|passage| passage.kind == PassageKind::Speech);
    passages.extend(catalog.not_understood(row)?);
    passages.sort_by_key(|passage| passage.range);
    Ok(passages)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::details::unknown;

    #[test]
    fn an_asset_without_a_row_is_an_error_and_not_row_0() {
        let (_folder, catalog, asset) = unknown();
        assert!(matches!(heard(&catalog, &asset), Err(CatalogError::Reference(_))));
    }
}
