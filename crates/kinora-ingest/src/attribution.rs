//! A list beside the pictures that says who made them and under what terms.

use std::{collections::HashMap, fs, path::Path};

use kinora_media::read::Metadata;
use kinora_types::Rights;
use serde::Deserialize;

use crate::IngestError;

#[derive(Deserialize)]
struct Entry {
    file: String,
    title: Option<String>,
    author: Option<String>,
    licence: Option<String>,
    source: Option<String>,
    caption: Option<String>,
    #[serde(default)]
    keywords: Vec<String>,
}

/// Attributions by file name.
#[derive(Default)]
pub(crate) struct Attributions(HashMap<String, Metadata>);

impl Attributions {
    pub(crate) fn read(path: Option<&Path>) -> Result<Self, IngestError> {
        let Some(path) = path else {
            return Ok(Self::default());
        };
        let failed = |message: String| IngestError::Attributions { path: path.to_owned(), message };
        let text = fs::read(path).map_err(|e| failed(e.to_string()))?;
        let entries: Vec<Entry> =
            serde_json::from_slice(&text).map_err(|e| failed(e.to_string()))?;
        Ok(Self(entries.into_iter().map(metadata).collect()))
    }

    /// What the list says of a file of this name; empty if nothing.
    pub(crate) fn of(&self, path: &Path) -> Metadata {
        let name = path.file_name().and_then(|n| n.to_str());
        name.and_then(|n| self.0.get(n)).cloned().unwrap_or_default()
    }
}

fn metadata(entry: Entry) -> (String, Metadata) {
    let rights = Rights { licence: entry.licence, author: entry.author, source: entry.source };
    let metadata = Metadata {
        title: entry.title,
        caption: entry.caption,
        keywords: entry.keywords,
        rights,
        ..Metadata::default()
    };
    (entry.file, metadata)
}
