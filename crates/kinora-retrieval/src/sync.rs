//! Keeping the index up with the catalogue, whoever changed it.

use kinora_catalog::{Catalog, IndexChange};
use kinora_index::{IndexWrite, Point, PointId};
use kinora_types::Control;

use crate::SearchError;

/// Changes taken at once; bounds memory to a few megabytes.
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
        let gone = |change: &IndexChange| change.vector.is_none().then_some(PointId(change.point));
        let gone: Vec<PointId> = changes.iter().filter_map(gone).collect();
        let point = |change: IndexChange| {
            let id = PointId(change.point);
            change.vector.map(|vector| Point { id, vector })
        };
        let points: Vec<Point> = changes.into_iter().filter_map(point).collect();
        index.delete(&gone)?;
        index.upsert(&points)?;
        index.flush(mark)?;
        synced.removed += gone.len();
        synced.written += points.len();
    }
    Ok(synced)
}
