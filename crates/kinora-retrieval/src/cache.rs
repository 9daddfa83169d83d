//! What the searches of one library compute once and use again.
//!
//! Memory: 16 bytes a rated point, as a whole at most that for each vector of the library; the words that the text
//! model knows (some 30 000, about 2 MB), once a question has a word that the library does not.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
};

use kinora_catalog::Catalog;
use kinora_index::IndexRead;
use kinora_inference::{ScoreModel, TextEmbedder};
use kinora_types::Point;

use crate::{SearchError, dense::hub_penalty};

/// Changes that are followed one by one; after more of them everything is computed anew.
const FOLLOWED: usize = 1_000;

/// Hub penalties of a library's points and the number of its assets, kept from one search to the next.
///
/// A program that keeps a library open keeps one of these beside it and lends it to every [`crate::Searcher`]; it
/// can be shared by any number of threads. It belongs to one library and its space. It is keyed by the revision of
/// the catalogue: what the library has changed since is forgotten when the next searcher is taken, everything else
/// stays.
#[derive(Debug, Default)]
pub struct SearcherCache {
    penalties: Mutex<Penalties>,
    assets: Mutex<Option<(u64, usize)>>,
    vocabulary: OnceLock<BTreeSet<String>>,
}

/// Hub penalties by point, true of the index at one revision.
#[derive(Debug, Default)]
struct Penalties {
    revision: u64,
    by_point: HashMap<Point, f32>,
}

impl Penalties {
    /// Those of a revision, unless the index has moved on.
    fn of(&mut self, revision: u64) -> Option<&mut HashMap<Point, f32>> {
        (self.revision == revision).then_some(&mut self.by_point)
    }
}

impl SearcherCache {
    /// The words that the text model knows.
    pub(crate) fn vocabulary(
        &self,
        embedder: &dyn TextEmbedder,
    ) -> Result<&BTreeSet<String>, SearchError> {
        if let Some(known) = self.vocabulary.get() {
            return Ok(known);
        }
        let words = embedder.vocabulary()?;
        Ok(self.vocabulary.get_or_init(|| words.into_iter().collect()))
    }

    /// Brings the penalties up to an index and returns its revision, by which they are asked for.
    pub(crate) fn follow(
        &self,
        catalog: &Catalog,
        index: &dyn IndexRead,
    ) -> Result<u64, SearchError> {
        let revision = index.mark();
        let known = {
            let mut penalties = lock(&self.penalties);
            if penalties.by_point.is_empty() {
                penalties.revision = penalties.revision.max(revision);
            }
            penalties.revision
        };
        if known >= revision {
            return Ok(revision);
        }
        let changes = catalog.changes_since(known, FOLLOWED)?;
        let mut penalties = lock(&self.penalties);
        // Another thread may have been here meanwhile.
        if penalties.revision == known {
            if changes.len() < FOLLOWED {
                for change in &changes {
                    penalties.by_point.remove(&change.point);
                }
            } else {
                penalties.by_point.clear();
            }
            penalties.revision = revision;
        }
        Ok(revision)
    }

    /// How hubness lowers the score of a point (0.23 ms for a bank of 2048 texts, the first time). A searcher over
    /// an older index neither reads nor writes what is kept.
    pub(crate) fn penalty(
        &self,
        model: &ScoreModel,
        revision: u64,
        point: Point,
        x: &[f32],
    ) -> f32 {
        if let Some(known) = lock(&self.penalties).of(revision).and_then(|known| known.get(&point))
        {
            return *known;
        }
        // Outside of the lock, so that searches do not wait for each other.
        let penalty = hub_penalty(model, x);
        if let Some(known) = lock(&self.penalties).of(revision) {
            known.insert(point, penalty);
        }
        penalty
    }

    /// Number of live assets, counted once a revision.
    pub(crate) fn assets(&self, catalog: &Catalog) -> Result<usize, SearchError> {
        let revision = catalog.revision()?;
        if let Some((at, count)) = *lock(&self.assets)
            && at == revision
        {
            return Ok(count);
        }
        let count = catalog.count()? as usize;
        *lock(&self.assets) = Some((revision, count));
        Ok(count)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
