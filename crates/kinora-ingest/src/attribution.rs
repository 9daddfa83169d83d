//! A list beside the pictures that says who made them and under what terms.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::Path,
};

use kinora_catalog::{Catalog, Change, Layer, LayerMetadata, composed};
use kinora_types::{Asset, AssetId, Rights};
use serde::Deserialize;

use crate::IngestError;

/// A list larger than this is none.
const MOST_BYTES: u64 = 256 << 20;

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
pub(crate) struct Attributions {
    /// Names composed.
    entries: HashMap<String, LayerMetadata>,
    /// The list's own path.
    name: Option<String>,
}

impl Attributions {
    pub(crate) fn read(path: Option<&Path>) -> Result<Self, IngestError> {
        let Some(path) = path else {
            return Ok(Self::default());
        };
        let failed = |message: String| IngestError::Attributions { path: path.to_owned(), message };
        let text = kinora_files::read(path, MOST_BYTES).map_err(|e| failed(e.to_string()))?;
        let entries: Vec<Entry> =
            serde_json::from_slice(&text).map_err(|e| failed(e.to_string()))?;
        let entries = entries.into_iter().map(|entry| {
            let name = composed(&entry.file).into_owned();
            (name, description(entry))
        });
        let whole = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let name = Some(whole.to_string_lossy().into_owned());
        Ok(Self { entries: entries.collect(), name })
    }

    /// The path of the list, by which it is known again.
    pub(crate) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// What the list says now of assets that the library has already, where it said something else or
    /// nothing before; with the number of assets of which that is news.
    pub(crate) fn news(
        &self,
        catalog: &Catalog,
        index_words: bool,
    ) -> Result<(Vec<Change>, u64), IngestError> {
        let Some(name) = &self.name else {
            return Ok((Vec::new(), 0));
        };
        let (mut changes, mut count) = (Vec::new(), 0);
        let mut change = |asset, description| {
            let (layers, list) = (vec![(Layer::List, description)], Some(name.clone()));
            changes.push(Change::Layers { asset, layers, list, index_words });
        };
        let listed = catalog.assets_in_files(&|name| self.entries.contains_key(name))?;
        for asset in &listed {
            let description = asset.paths.iter().map(|path| self.of(Path::new(path)));
            let Some(description) =
                description.into_iter().find(|description| !description.is_empty())
            else {
                continue;
            };
            if catalog.layers(&asset.id)?.get(&Layer::List) != Some(&description) {
                count += u64::from(differs(&description, asset));
                change(asset.id, Some(description));
            }
        }
        // What is not there now was stated before and may come back.
        let listed: HashSet<AssetId> = listed.iter().map(|asset| asset.id).collect();
        for id in catalog.listed_by(name)?.into_iter().filter(|id| !listed.contains(id)) {
            if catalog.asset(&id)?.is_some_and(|asset| !asset.paths.is_empty()) {
                count += 1;
                change(id, None);
            }
        }
        Ok((changes, count))
    }

    /// What the list says of a file of this name; empty if nothing.
    pub(crate) fn of(&self, path: &Path) -> LayerMetadata {
        let name = path.file_name().and_then(|name| name.to_str()).map(composed);
        name.and_then(|name| self.entries.get(&*name)).cloned().unwrap_or_default()
    }
}

/// Whether any of it is not known yet.
fn differs(description: &LayerMetadata, asset: &Asset) -> bool {
    let new = |description: &Option<String>, known: &Option<String>| {
        description.is_some() && description != known
    };
    let (rights, known) = (&description.rights, &asset.rights);
    new(&description.title, &asset.title)
        || new(&description.caption, &asset.caption)
        || description.keywords.iter().any(|keyword| !asset.keywords.contains(keyword))
        || new(&rights.licence, &known.licence)
        || new(&rights.author, &known.author)
        || new(&rights.source, &known.source)
}

fn description(entry: Entry) -> LayerMetadata {
    LayerMetadata {
        title: entry.title,
        caption: entry.caption,
        keywords: entry.keywords,
        rights: Rights { licence: entry.licence, author: entry.author, source: entry.source }
            .meant(),
        ..LayerMetadata::default()
    }
}
