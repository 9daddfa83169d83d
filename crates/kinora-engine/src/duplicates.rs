//! What a library holds more than once: the same file in several places, and near-duplicates.

use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
};

use kinora_types::{Asset, AssetRow};
use serde::Serialize;

use crate::{EngineError, Library};

/// What a library holds more than once.
#[derive(Clone, Debug, Serialize)]
pub struct Duplicates {
    /// The largest groups first.
    pub groups: Vec<DuplicateGroup>,
    /// How many pictures and videos were not compared yet: an older Kinora added them, and adding anything compares
    /// them too.
    pub not_compared: usize,
}

/// Files that show the same.
#[derive(Clone, Debug, Serialize)]
pub struct DuplicateGroup {
    /// The best first, by pixels, then bytes, then date; the others are near-duplicates of that one. An asset with
    /// several paths is in files that are the same byte for byte.
    pub assets: Vec<Asset>,
}

impl DuplicateGroup {
    /// Number of files.
    pub fn files(&self) -> usize {
        self.assets.iter().map(|asset| asset.paths.len()).sum()
    }
}

impl Library {
    /// What the library holds more than once. Every asset is in one group at most, and each of a group is a
    /// near-duplicate of its first.
    ///
    /// # Errors
    /// If the catalogue cannot be read.
    pub fn duplicates(&self) -> Result<Duplicates, EngineError> {
        let catalog = &self.catalog;
        let mut near: HashMap<AssetRow, HashSet<AssetRow>> = HashMap::new();
        for (row, other) in catalog.all_near_duplicates()? {
            near.entry(row).or_default().insert(other);
        }
        let mut rows: Vec<AssetRow> = near.keys().copied().collect();
        rows.extend(catalog.in_several_files()?);
        rows.sort_unstable();
        rows.dedup();
        let mut assets = catalog.assets(&rows)?;
        assets.sort_by_key(|(row, asset)| (rank(asset), *row));
        let mut groups = grouped(assets, &near);
        groups.sort_by_key(|group| Reverse(group.files()));
        Ok(Duplicates { groups, not_compared: catalog.uncompared()?.len() })
    }
}

/// The best first.
fn rank(asset: &Asset) -> impl Ord + use<> {
    let pixels = asset.size.map_or(0, |size| u64::from(size.width) * u64::from(size.height));
    // What is dated comes before what is not.
    (Reverse(pixels), Reverse(asset.bytes), asset.taken_at.is_none(), asset.taken_at)
}

/// Each asset, best first, with those of its near-duplicates that no better one has taken.
fn grouped(
    assets: Vec<(AssetRow, Asset)>,
    near: &HashMap<AssetRow, HashSet<AssetRow>>,
) -> Vec<DuplicateGroup> {
    let mut left: Vec<Option<(AssetRow, Asset)>> = assets.into_iter().map(Some).collect();
    let mut groups = Vec::new();
    for at in 0..left.len() {
        let Some((row, first)) = left[at].take() else { continue };
        let mut assets = vec![first];
        let alike = near.get(&row);
        for other in &mut left[at + 1..] {
            if other.as_ref().is_some_and(|(row, _)| alike.is_some_and(|near| near.contains(row))) {
                assets.extend(other.take().map(|(_, asset)| asset));
            }
        }
        let group = DuplicateGroup { assets };
        if group.files() > 1 {
            groups.push(group);
        }
    }
    groups
}
