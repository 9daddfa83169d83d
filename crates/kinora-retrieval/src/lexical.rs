//! Words: BM25 of the catalogue, and how much of the question an asset's words carry.
//!
//! An asset's words are those that files and people gave it, and its passages: what is said, written or
//! told of a part of it (`passages.rs`).
//!
//! *Coverage* of an asset is the share of the question's information that its own words contain,
//! passages as far as they lie together in time: sum of `ln(1 + N / df)` over the matched content words,
//! divided by that over all of them; a word that the library lacks counts as if in half an asset. A word
//! that more than half of the library carries (a folder's name, a stop word of another language) says
//! nothing and is left out, but where a person tagged an asset with it.
//!
//! Coverage serves twice: in fusion a majority is asked for, and `fit.rs` decides by it whether an asset fits.
//!
//! Memory: the rows of every asset and passage that carries a word of the question.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use kinora_catalog::{Catalog, LexicalHit, PassageHit};
use kinora_types::{AssetRow, Control, PassageKind, PassageRow};

use crate::{
    SearchError,
    file_names::Named,
    passages::{Carrier, Stretch, stretches},
};

/// A library this small has no frequent words.
const FREQUENT_FROM: usize = 10;
/// All rows, in the catalogue's terms.
const UNLIMITED: usize = i64::MAX as usize;

/// What the words of one asset carry.
#[derive(Default)]
struct Evidence {
    /// Places of the words that files and people gave it.
    own: BTreeSet<usize>,
    /// Where its passages carry words, best first.
    stretches: Vec<Stretch>,
    /// Places of the words that are heard or can be read in it.
    quoted: BTreeSet<usize>,
}

impl Evidence {
    /// Places of its own words and of those in its best stretch.
    fn words(&self) -> BTreeSet<usize> {
        let best = self.stretches.first().into_iter().flat_map(|stretch| &stretch.words);
        self.own.iter().chain(best).copied().collect()
    }
}

/// The lexical half of a search.
#[derive(Default)]
pub(crate) struct LexicalList {
    /// Content words that were looked up.
    pub(crate) words: Vec<String>,
    /// Rows with their BM25, best first.
    pub(crate) hits: Vec<(AssetRow, f32)>,
    evidence: HashMap<AssetRow, Evidence>,
    weights: Vec<f64>,
    /// Rows of files that the question names: it is all theirs, whatever words they carry.
    named: HashSet<AssetRow>,
}

/// What carries the words of a question.
#[derive(Default)]
struct Carried {
    own: HashMap<AssetRow, BTreeSet<usize>>,
    passages: HashMap<AssetRow, BTreeMap<PassageRow, Carrier>>,
    quoted: HashMap<AssetRow, BTreeSet<usize>>,
    /// Words that are looked up among those that files and people gave.
    own_words: Vec<String>,
}

impl LexicalList {
    /// Looks the words up among the allowed rows (`None`: all) of a library of `total` assets.
    pub(crate) fn look_up(
        catalog: &Catalog,
        total: usize,
        words: Vec<String>,
        allowed: Option<&[AssetRow]>,
        control: &Control,
    ) -> Result<Self, SearchError> {
        let mut list = Self::default();
        let mut carried = Carried::default();
        for word in words {
            control.check()?;
            list.look_up_word(catalog, total, word, &mut carried)?;
        }
        for (row, own) in carried.own {
            list.evidence.entry(row).or_default().own = own;
        }
        for (row, quoted) in carried.quoted {
            list.evidence.entry(row).or_default().quoted = quoted;
        }
        for (row, passages) in carried.passages {
            control.check()?;
            let carriers: Vec<Carrier> = passages.into_values().collect();
            let found = stretches(&carriers, |words| list.weight(words));
            list.evidence.entry(row).or_default().stretches = found;
        }
        control.check()?;
        let is_allowed =
            |row: &AssetRow| allowed.is_none_or(|rows| rows.binary_search(row).is_ok());
        let own = catalog.lexical(&carried.own_words, UNLIMITED)?;
        let mut scores: HashMap<AssetRow, f32> =
            own.iter().map(|hit| (hit.row, hit.score)).collect();
        for (row, evidence) in &list.evidence {
            if let Some(best) = evidence.stretches.first() {
                *scores.entry(*row).or_default() += best.score;
            }
        }
        list.hits = scores.into_iter().filter(|(row, _)| is_allowed(row)).collect();
        list.hits.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        Ok(list)
    }

    /// Words that were not looked up.
    pub(crate) fn of_words(words: Vec<String>) -> Self {
        Self { words, ..Self::default() }
    }

    /// Puts the files that the question names before all others, those first whose whole name it is.
    pub(crate) fn name(&mut self, named: &Named) {
        self.named.extend(named.whole.iter().chain(&named.part));
        let best = self.hits.first().map_or(0.0, |hit| hit.1);
        self.hits.retain(|hit| !self.named.contains(&hit.0));
        let whole = named.whole.iter().map(|row| (*row, best + 2.0));
        let part = named.part.iter().map(|row| (*row, best + 1.0));
        self.hits.extend(whole.chain(part));
        self.hits.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    }

    fn look_up_word(
        &mut self,
        catalog: &Catalog,
        total: usize,
        word: String,
        carried: &mut Carried,
    ) -> Result<(), SearchError> {
        let one = std::slice::from_ref(&word);
        let mut own = catalog.lexical(one, UNLIMITED)?;
        let mut passages = catalog.lexical_passages(one)?;
        let rows = |own: &[LexicalHit], passages: &[PassageHit]| -> HashSet<AssetRow> {
            let own = own.iter().map(|hit| hit.row);
            own.chain(passages.iter().map(|hit| hit.asset)).collect()
        };
        let mut found = rows(&own, &passages).len();
        if total >= FREQUENT_FROM && found * 2 > total {
            // What a person says by hand of one picture after the other says something all the same.
            own.clear();
            passages.retain(|hit| hit.by_person && hit.kind == PassageKind::Tag);
            found = rows(&own, &passages).len();
            if passages.is_empty() {
                return Ok(());
            }
        } else {
            carried.own_words.push(word.clone());
        }
        let place = self.words.len();
        for hit in own {
            carried.own.entry(hit.row).or_default().insert(place);
        }
        for hit in passages {
            if matches!(hit.kind, PassageKind::Speech | PassageKind::Text) {
                carried.quoted.entry(hit.asset).or_default().insert(place);
            }
            let of_asset = carried.passages.entry(hit.asset).or_default();
            let new = || Carrier { hit: PassageHit { score: 0.0, ..hit }, words: BTreeSet::new() };
            let carrier = of_asset.entry(hit.passage).or_insert_with(new);
            // BM25 is a sum over words.
            carrier.hit.score += hit.score;
            carrier.words.insert(place);
        }
        let found = if found == 0 { 0.5 } else { found as f64 };
        self.weights.push((1.0 + total as f64 / found).ln());
        self.words.push(word);
        Ok(())
    }

    /// The words that were looked up, each with what it tells.
    pub(crate) fn weights(&self) -> impl Iterator<Item = (&str, f64)> {
        self.words.iter().map(String::as_str).zip(self.weights.iter().copied())
    }

    fn weight(&self, words: &BTreeSet<usize>) -> f64 {
        words.iter().map(|place| self.weights[*place]).sum()
    }

    fn share(&self, words: &BTreeSet<usize>) -> f64 {
        let all: f64 = self.weights.iter().sum();
        if all > 0.0 { self.weight(words) / all } else { 0.0 }
    }

    fn carried(&self, row: AssetRow) -> BTreeSet<usize> {
        if self.named.contains(&row) {
            return (0..self.words.len()).collect();
        }
        self.evidence.get(&row).map(Evidence::words).unwrap_or_default()
    }

    /// Share of the question's information that the asset's words carry, 0 to 1.
    pub(crate) fn coverage(&self, row: AssetRow) -> f64 {
        if self.named.contains(&row) { 1.0 } else { self.share(&self.carried(row)) }
    }

    /// Whether the asset's words contain every content word of the question.
    pub(crate) fn covers_all(&self, row: AssetRow) -> bool {
        let all = self.carried(row).len() == self.words.len();
        self.named.contains(&row) || !self.words.is_empty() && all
    }

    /// Whether what is heard or can be read in the asset contains every content word of the question.
    pub(crate) fn quotes_all(&self, row: AssetRow) -> bool {
        let quoted = self.evidence.get(&row).map_or(0, |evidence| evidence.quoted.len());
        !self.words.is_empty() && quoted == self.words.len()
    }

    /// Which words of the question the asset's words contain.
    pub(crate) fn matched_words(&self, row: AssetRow) -> Vec<String> {
        self.carried(row).into_iter().map(|place| self.words[place].clone()).collect()
    }

    /// Where the asset's passages carry words of the question, best first, each with the share of the
    /// question's information that it carries.
    pub(crate) fn stretches(&self, row: AssetRow) -> Vec<(&Stretch, f64)> {
        let found = self.evidence.get(&row).into_iter().flat_map(|evidence| &evidence.stretches);
        found.map(|stretch| (stretch, self.share(&stretch.words))).collect()
    }

    /// Drops rows whose coverage is below a share; returns how many.
    pub(crate) fn require(&mut self, share: f64) -> usize {
        let before = self.hits.len();
        let weak: HashSet<AssetRow> =
            self.hits.iter().map(|hit| hit.0).filter(|row| self.coverage(*row) < share).collect();
        self.hits.retain(|hit| !weak.contains(&hit.0));
        before - self.hits.len()
    }
}
