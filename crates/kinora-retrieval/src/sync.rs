//! Keeping the index up with the catalogue, whoever changed it.

use kinora_catalog::{Catalog, IndexChange};
use kinora_index::{Entry, IndexWrite};
use kinora_types::{Control, Point};

use crate::SearchError;

/// Changes of the catalogue that are read at once: a few megabytes of vectors.
const BATCH: usize = 1_000;

/// What [`sync`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Synced {
    /// Points written.
    pub written: usize,
    /// Points removed.
    pub removed: usize,
    /// Whether the index did not follow this catalogue and was filled anew.
    pub rebuilt: bool,
}

/// Brings the index up to the catalogue, so that the next search finds what any process has added.
/// Cheap if nothing changed. Rebuilds an index that cannot have followed this catalogue: one that is
/// ahead of it, or holds another number of points afterwards. Never optimises (that may take long).
///
/// # Errors
/// [`SearchError::Catalog`] or [`SearchError::Index`] if one of them cannot be read or written;
/// [`SearchError::Cancelled`] once `control` says stop: the next call goes on from there.
pub fn sync(
    catalog: &Catalog,
    index: &mut dyn IndexWrite,
    control: &Control,
) -> Result<Synced, SearchError> {
    let revision = catalog.revision()?;
    let ahead = index.mark() > revision;
    if ahead {
        index.clear()?;
    }
    let mut synced = follow(catalog, index, control)?;
    synced.rebuilt = ahead;
    let changed = synced.written + synced.removed > 0;
    // Counted only after a change, as counting reads the whole catalogue, and only while nobody writes.
    let differs = changed && index.len() as u64 != catalog.point_count()?;
    if differs && catalog.revision()? == revision {
        index.clear()?;
        synced = follow(catalog, index, control)?;
        synced.rebuilt = true;
    }
    Ok(synced)
}

fn follow(
    catalog: &Catalog,
    index: &mut dyn IndexWrite,
    control: &Control,
) -> Result<Synced, SearchError> {
    let mut synced = Synced::default();
    let mut mark = index.mark();
    loop {
        control.check()?;
        let changes = catalog.changes_since(mark, BATCH)?;
        let Some(last) = changes.last() else {
            break;
        };
        mark = last.revision;
        let gone = |change: &IndexChange| change.vector.is_none().then_some(change.point);
        let gone: Vec<Point> = changes.iter().filter_map(gone).collect();
        let entry = |change: IndexChange| {
            let id = change.point;
            change.vector.map(|vector| Entry { id, vector })
        };
        let entries: Vec<Entry> = changes.into_iter().filter_map(entry).collect();
        index.delete(&gone)?;
        index.upsert(&entries)?;
        index.flush(mark)?;
        synced.removed += gone.len();
        synced.written += entries.len();
    }
    Ok(synced)
}
