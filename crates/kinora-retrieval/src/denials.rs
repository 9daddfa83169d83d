//! What people said that assets do not show, held against a question.
//!
//! A person's `not dog` stands above what a picture looks like and above every word but those that are heard or read
//! in it, wherever the question asks for a dog ([`Wanted::asks_for`]). It holds for the near-duplicates of the picture
//! too, unless a person tagged those with it. A longer tag of the same picture wins: what is tagged `hot dog` and is no
//! `dog` is found for `hot dog`.
//!
//! Cost: one look at all that people denied; the tags of those rows that the question is about.

use std::collections::BTreeMap;

use kinora_catalog::Catalog;
use kinora_types::{AssetRow, PassageKind};

use crate::{SearchError, naming::Wanted};

/// Why an asset does not show what is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Denial {
    /// The person's word.
    pub(crate) word: String,
    /// The near-duplicate of which it was said, if it was not said of the asset itself.
    pub(crate) of: Option<AssetRow>,
}

/// The assets that do not show what a question asks for, as people said.
#[derive(Debug, Default)]
pub(crate) struct Denials(BTreeMap<AssetRow, Denial>);

impl Denials {
    /// What people denied of what a question asks for.
    pub(crate) fn of(catalog: &Catalog, text: &str) -> Result<Self, SearchError> {
        let wanted = Wanted::of(text);
        Self::meant(catalog, &|word| wanted.asks_for(word))
    }

    /// What people denied of something that is nothing else than that.
    pub(crate) fn of_only(catalog: &Catalog, text: &str) -> Result<Self, SearchError> {
        let wanted = Wanted::of(text);
        Self::meant(catalog, &|word| wanted.is_only(word))
    }

    pub(crate) fn get(&self, row: AssetRow) -> Option<&Denial> {
        self.0.get(&row)
    }

    pub(crate) fn contains(&self, row: AssetRow) -> bool {
        self.0.contains_key(&row)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// `is_meant` tells of a word whether the question is about it.
    fn meant(catalog: &Catalog, is_meant: &dyn Fn(&str) -> bool) -> Result<Self, SearchError> {
        let mut said = catalog.denied_tags()?;
        said.retain(|(_, word)| is_meant(word));
        let mut denied = BTreeMap::new();
        for (row, word) in said {
            if !is_tagged(catalog, row, &word, is_meant)? {
                denied.entry(row).or_insert(Denial { word, of: None });
            }
        }
        let said: Vec<AssetRow> = denied.keys().copied().collect();
        for (row, copy) in catalog.near_duplicates(&said)? {
            let word = denied.get(&row).map(|denial| denial.word.clone()).unwrap_or_default();
            let own = catalog.correction(copy, PassageKind::Tag)?.passages;
            let affirmed = own.iter().any(|tag| is_meant(&tag.text));
            if !denied.contains_key(&copy) && !affirmed {
                denied.insert(copy, Denial { word, of: Some(row) });
            }
        }
        Ok(Self(denied))
    }
}

/// Whether a tag says more exactly than the denied word what the question asks for.
fn is_tagged(
    catalog: &Catalog,
    row: AssetRow,
    denied: &str,
    is_meant: &dyn Fn(&str) -> bool,
) -> Result<bool, SearchError> {
    let length = crate::tokens(denied).len();
    let tags = catalog.tags(row)?;
    Ok(tags.iter().any(|tag| crate::tokens(tag).len() > length && is_meant(tag)))
}
