//! Words: BM25 of the catalogue, and how much of the question an asset's words carry.
//!
//! *Coverage* of an asset is the share of the question's information that its own words contain:
//! sum of `ln(1 + N / df)` over the matched content words, divided by that over all of them; a word
//! that the library lacks counts as if in half an asset. A word that more than half of the library
//! carries (a folder's name, a stop word of another language) says nothing and is left out.
//!
//! Coverage serves twice. In fusion a majority is asked for, as reciprocal rank cannot tell a strong
//! match from a weak one: "red" alone must not lift a red fort above a red car. For the threshold
//! only full coverage counts as proof that the asset is meant.
//!
//! Memory: the row numbers of every asset that carries a word of the question.

use std::collections::{HashMap, HashSet};

use kinora_catalog::Catalog;

use crate::SearchError;

/// A library this small has no frequent words.
const FREQUENT_FROM: usize = 10;
/// All rows, in the catalogue's terms.
const UNLIMITED: usize = i64::MAX as usize;

/// The lexical half of a search.
#[derive(Default)]
pub(crate) struct LexicalList {
    /// Content words that were looked up.
    pub(crate) words: Vec<String>,
    /// Rows with their BM25, best first.
    pub(crate) hits: Vec<(u64, f32)>,
    matched: HashMap<u64, Vec<usize>>,
    weights: Vec<f64>,
}

impl LexicalList {
    /// Looks the words up among the allowed rows (`None`: all) of a library of `total` assets.
    pub(crate) fn look_up(
        catalog: &Catalog,
        total: usize,
        words: Vec<String>,
        allowed: Option<&[u64]>,
    ) -> Result<Self, SearchError> {
        let mut list = Self::default();
        if words.is_empty() {
            return Ok(list);
        }
        for word in words {
            let rows = catalog.lexical(std::slice::from_ref(&word), UNLIMITED)?;
            if total < FREQUENT_FROM || rows.len() * 2 <= total {
                let index = list.words.len();
                rows.iter().for_each(|hit| list.matched.entry(hit.row).or_default().push(index));
                list.weights.push((1.0 + total as f64 / rows.len().max(1) as f64).ln());
                if rows.is_empty() {
                    list.weights[index] = (1.0 + 2.0 * total as f64).ln();
                }
                list.words.push(word);
            }
        }
        let is_allowed = |row: u64| allowed.is_none_or(|rows| rows.binary_search(&row).is_ok());
        let found = catalog.lexical(&list.words, UNLIMITED)?;
        list.hits = found.iter().filter(|h| is_allowed(h.row)).map(|h| (h.row, h.score)).collect();
        Ok(list)
    }

    /// Share of the question's information that the asset's words carry, 0 to 1.
    pub(crate) fn coverage(&self, row: u64) -> f64 {
        let all: f64 = self.weights.iter().sum();
        let matched = self.matched.get(&row).into_iter().flatten();
        let sum: f64 = matched.map(|index| self.weights[*index]).sum();
        if all > 0.0 { sum / all } else { 0.0 }
    }

    /// Whether the asset's words contain every content word of the question.
    pub(crate) fn covers_all(&self, row: u64) -> bool {
        let matched = self.matched.get(&row).map_or(0, Vec::len);
        !self.words.is_empty() && matched == self.words.len()
    }

    /// Which words of the question the asset's words contain.
    pub(crate) fn matched_words(&self, row: u64) -> Vec<String> {
        let matched = self.matched.get(&row).into_iter().flatten();
        matched.map(|index| self.words[*index].clone()).collect()
    }

    /// Drops rows whose coverage is below a share; returns how many.
    pub(crate) fn require(&mut self, share: f64) -> usize {
        let before = self.hits.len();
        let weak: HashSet<u64> =
            self.hits.iter().map(|hit| hit.0).filter(|row| self.coverage(*row) < share).collect();
        self.hits.retain(|hit| !weak.contains(&hit.0));
        before - self.hits.len()
    }
}
