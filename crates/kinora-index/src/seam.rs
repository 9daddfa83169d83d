//! The seam: what any vector index promises, reading split from writing.

use std::{cmp::Ordering, path::Path};

use kinora_types::Point;

use crate::IndexError;

/// A vector and the point that it belongs to.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The point; its older vector is replaced.
    pub id: Point,
    /// As many values as the index has dimensions.
    pub vector: Vec<f32>,
}

/// Which points may be returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter<'a> {
    /// All of them.
    All,
    /// These only; ascending, no id twice. Ids that the index lacks are ignored.
    Only(&'a [Point]),
}

/// A question to the index.
#[derive(Clone, Copy, Debug)]
pub struct SearchRequest<'a> {
    /// What to be near to; as many values as the index has dimensions.
    pub vector: &'a [f32],
    /// How many points are wanted at most.
    pub limit: usize,
    /// Which points may be returned.
    pub filter: Filter<'a>,
}

/// A point found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored {
    /// The point.
    pub id: Point,
    /// Its dot product with the request's vector, in 32-bit floats (never the quantised estimate).
    pub score: f32,
}

impl Scored {
    /// Best first, ties by ascending id: the order of every result.
    pub fn order(left: &Self, right: &Self) -> Ordering {
        let by_score = right.score.total_cmp(&left.score);
        by_score.then(left.id.cmp(&right.id))
    }
}

/// What one process sees of an index. Callable from several threads at once. A write is visible to
/// the next read through the same value; another value's or process's writes after [`IndexWrite::reload`].
pub trait IndexRead: Send + Sync {
    /// Number of components of every vector; pinned when the index was made.
    fn dimension(&self) -> usize;

    /// Number of points.
    fn len(&self) -> usize;

    /// Whether there is no point.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The caller's mark of the last [`IndexWrite::flush`] or of what was opened; 0 at first.
    fn mark(&self) -> u64;

    /// Whether another value or process has written since this one opened, reloaded or flushed. Costs a look at the
    /// files, some ten microseconds. What is stale still answers, with the state that it has.
    ///
    /// # Errors
    /// [`IndexError::Io`] if the files cannot be looked at.
    fn is_stale(&self) -> Result<bool, IndexError>;

    /// The points with the largest dot products, best first, ties by ascending id; fewer than
    /// `limit` only if no more are allowed. The filter is exact: what it does not allow is never
    /// returned. A backend may miss a near point (approximate search), never one that was written
    /// after its last [`IndexWrite::optimise`].
    ///
    /// # Errors
    /// [`IndexError::Dimension`] and [`IndexError::NotFinite`] for the request's vector; the backend's own.
    fn search(&self, request: &SearchRequest<'_>) -> Result<Vec<Scored>, IndexError>;

    /// The vectors of these points in the order asked for; `None` for an unknown point.
    ///
    /// # Errors
    /// The backend's own.
    fn vectors(&self, ids: &[Point]) -> Result<Vec<Option<Vec<f32>>>, IndexError>;
}

/// Changes an index. One writer a process; several processes may write if all follow the same
/// source of truth and mark their flushes with its revision. Then the files hold what the source held at their mark,
/// whoever wrote when; a flush that would break that writes nothing.
pub trait IndexWrite: IndexRead {
    /// Adds points or replaces those of the same id; visible to the next search at once. All or none:
    /// a vector of the wrong length refuses the whole batch.
    ///
    /// # Errors
    /// [`IndexError::Dimension`] and [`IndexError::NotFinite`].
    fn upsert(&mut self, points: &[Entry]) -> Result<(), IndexError>;

    /// Removes points, at once and for good; unknown ids are ignored.
    ///
    /// # Errors
    /// The backend's own.
    fn delete(&mut self, ids: &[Point]) -> Result<(), IndexError>;

    /// Makes everything written so far durable together with the caller's mark, and returns then.
    /// After a crash the index holds the state of some flush together with its mark.
    ///
    /// # Errors
    /// [`IndexError::Io`] if the disk is full or cannot be written; the files are as they were then.
    fn flush(&mut self, mark: u64) -> Result<(), IndexError>;

    /// Prepares fast search after many writes (may take long: minutes for a million points); flushes
    /// too. Never needed for correctness; does nothing if there is little to gain or another process wrote meanwhile.
    ///
    /// # Errors
    /// As [`IndexWrite::flush`]; [`IndexError::Graph`].
    fn optimise(&mut self) -> Result<(), IndexError>;

    /// Writes a copy of the present state into a new folder, from which the backend can be opened.
    ///
    /// # Errors
    /// [`IndexError::Io`].
    fn snapshot(&self, folder: &Path) -> Result<(), IndexError>;

    /// Takes up what stands on the disk. What was not flushed is gone. Cheap if only the newest changes differ; else
    /// as long as opening.
    ///
    /// # Errors
    /// As opening; the value is as it was then.
    fn reload(&mut self) -> Result<(), IndexError>;

    /// Removes every point and sets the mark to 0, to be filled anew.
    ///
    /// # Errors
    /// As [`IndexWrite::flush`].
    fn clear(&mut self) -> Result<(), IndexError>;
}
