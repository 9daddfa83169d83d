//! A small index whose settings let a few hundred points have a base, a graph and a tail.

use std::path::Path;

use kinora_index::{Embedded, Entry, Filter, IndexWrite, Point, SearchRequest, Settings};
use kinora_testing::suite::index::clustered;

pub(crate) const DIMENSION: usize = 16;
pub(crate) const SETTINGS: Settings =
    Settings { graph_min: 50, scan_max: 10, compact_min: 1, fetch_min: 32 };

pub(crate) fn open(folder: &Path) -> Embedded {
    Embedded::open_with(folder, "test@1", DIMENSION, SETTINGS).unwrap()
}

pub(crate) fn points(from: u64, count: usize) -> Vec<Entry> {
    let vectors = clustered(count, DIMENSION, from);
    let point = |(id, vector)| Entry { id: Point(id), vector };
    (from..).zip(vectors).map(point).collect()
}

/// An index with base and graph at mark 1 and a flushed tail at mark 2.
pub(crate) fn filled(folder: &Path) -> Embedded {
    let mut index = open(folder);
    index.upsert(&points(0, 400)).unwrap();
    index.flush(1).unwrap();
    index.optimise().unwrap();
    index.upsert(&points(1_000, 5)).unwrap();
    index.flush(2).unwrap();
    index
}

pub(crate) fn request(vector: &[f32], limit: usize) -> SearchRequest<'_> {
    SearchRequest { vector, limit, filter: Filter::All }
}
