//! A list beside the pictures that says who made them and under what terms.

use std::{collections::HashMap, fs, path::Path};

use kinora_catalog::{Catalog, Change, Description};
use kinora_media::read::Metadata;
use kinora_types::{Asset, Rights};
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

    /// What the list says of pictures that the library has already, where that is news.
    pub(crate) fn news(
        &self,
        catalog: &Catalog,
        index_words: bool,
    ) -> Result<Vec<Change>, IngestError> {
        let mut changes = Vec::new();
        for (name, told) in &self.0 {
            for asset in catalog.assets_named(name)? {
                let edited = catalog.edited(&asset.id)?;
                let free = |field: &str| !edited.contains(field);
                let keywords = told.keywords.iter().filter(|_| free("keywords"));
                let description = Description {
                    title: told.title.clone().filter(|_| free("title")),
                    caption: told.caption.clone().filter(|_| free("caption")),
                    keywords: keywords.cloned().collect(),
                    rights: told.rights.clone(),
                };
                if differs(&description, &asset) {
                    let (asset, by_hand) = (asset.id, false);
                    changes.push(Change::Describe { asset, description, index_words, by_hand });
                }
            }
        }
        Ok(changes)
    }

    /// What the list says of a file of this name; empty if nothing.
    pub(crate) fn of(&self, path: &Path) -> Metadata {
        let name = path.file_name().and_then(|n| n.to_str());
        name.and_then(|n| self.0.get(n)).cloned().unwrap_or_default()
    }
}

/// Whether anything that is told is not known yet.
fn differs(told: &Description, asset: &Asset) -> bool {
    let new = |told: &Option<String>, known: &Option<String>| told.is_some() && told != known;
    let (rights, known) = (&told.rights, &asset.rights);
    new(&told.title, &asset.title)
        || new(&told.caption, &asset.caption)
        || (!told.keywords.is_empty() && told.keywords != asset.keywords)
        || new(&rights.licence, &known.licence)
        || new(&rights.author, &known.author)
        || new(&rights.source, &known.source)
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
