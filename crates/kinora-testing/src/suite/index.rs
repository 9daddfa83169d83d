//! The conformance suite: what every backend of the seam must do, run on each of them.
//!
//! Way in: [`CASES`], each given a way to open the backend in a folder. A case panics if the backend
//! breaks the contract. Not covered: two processes at once and damaged files, which are a backend's
//! own affair; speed.

use std::{collections::BTreeMap, path::Path};

use kinora_index::{
    Entry, Filter, IndexError, IndexRead, IndexWrite, Point, Scored, SearchRequest, dot,
};

/// Opens (or makes) the backend in a folder with a dimension; its space is the backend's to choose.
pub type Open<'a> = &'a dyn Fn(&Path, usize) -> Result<Box<dyn IndexWrite>, IndexError>;

/// A case: how to open, and an empty folder of its own.
pub type Case = fn(Open<'_>, &Path);

/// All cases with their names.
pub const CASES: [(&str, Case); 11] = [
    ("an empty index answers with nothing", empty),
    ("near points are found", recall),
    ("filters are exact", filters),
    ("upsert replaces", upsert_replaces),
    ("deleting is instant and lasts", delete_lasts),
    ("what was flushed is there after reopening", reopening),
    ("what another value wrote is noticed and taken up", staleness),
    ("a snapshot restores", snapshot),
    ("wrong vectors are refused whole", wrong_vectors),
    ("ties go by id, and more may be asked for than there is", ties),
    ("optimising changes nothing but speed", optimising),
];

/// Share of true neighbours that an approximate backend must find.
const RECALL: f64 = 0.95;
const DIMENSION: usize = 24;

/// Deterministic pseudo-random unit vectors in clusters, as real pictures lie.
pub fn clustered(count: usize, dimension: usize, seed: u64) -> Vec<Vec<f32>> {
    let mut state = seed.wrapping_mul(2).wrapping_add(1);
    let mut next = || {
        // SplitMix64 (Steele et al. 2014).
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) as f32 / u64::MAX as f32 - 0.5
    };
    let centres: Vec<Vec<f32>> =
        (0..count.div_ceil(20)).map(|_| (0..dimension).map(|_| next()).collect()).collect();
    let mut member = |centre: &Vec<f32>| {
        let vector: Vec<f32> = centre.iter().map(|c| c + 0.6 * next()).collect();
        let norm = dot(&vector, &vector).sqrt().max(f32::MIN_POSITIVE);
        vector.iter().map(|v| v / norm).collect()
    };
    (0..count).map(|i| member(&centres[i % centres.len()])).collect()
}

fn points(count: usize, seed: u64) -> Vec<Entry> {
    let vectors = clustered(count, DIMENSION, seed);
    let point = |(i, vector)| Entry { id: Point(i as u64 * 3 + 1), vector };
    vectors.into_iter().enumerate().map(point).collect()
}

fn request<'a>(vector: &'a [f32], limit: usize, filter: Filter<'a>) -> SearchRequest<'a> {
    SearchRequest { vector, limit, filter }
}

fn search(index: &dyn IndexRead, vector: &[f32], limit: usize, filter: Filter<'_>) -> Vec<Scored> {
    index.search(&request(vector, limit, filter)).expect("search")
}

fn oracle(points: &[Entry], vector: &[f32], limit: usize) -> Vec<Scored> {
    let score = |p: &Entry| Scored { id: p.id, score: dot(vector, &p.vector) };
    let mut all: Vec<Scored> = points.iter().map(score).collect();
    all.sort_by(Scored::order);
    all.truncate(limit);
    all
}

/// Every point returned is a live one with its true score, in order; enough of them are the right ones.
fn check_against(index: &dyn IndexRead, points: &[Entry], seed: u64) {
    let by_id: BTreeMap<Point, &Entry> = points.iter().map(|p| (p.id, p)).collect();
    let (mut hits, mut wanted) = (0, 0);
    for query in clustered(40, DIMENSION, seed) {
        let (found, truth) = (search(index, &query, 10, Filter::All), oracle(points, &query, 10));
        assert_eq!(found.len(), truth.len());
        assert!(found.is_sorted_by(|a, b| Scored::order(a, b).is_lt()), "order: {found:?}");
        for scored in &found {
            let point = by_id.get(&scored.id).expect("only live points are returned");
            assert_eq!(scored.score, dot(&query, &point.vector), "true scores");
        }
        hits += truth.iter().filter(|t| found.contains(t)).count();
        wanted += truth.len();
    }
    assert!(hits as f64 >= RECALL * wanted as f64, "recall {hits}/{wanted}");
}

fn filled(open: Open<'_>, folder: &Path, points: &[Entry]) -> Box<dyn IndexWrite> {
    let mut index = open(folder, DIMENSION).expect("open");
    index.upsert(points).expect("upsert");
    index
}

fn empty(open: Open<'_>, folder: &Path) {
    let index = open(folder, 3).expect("open");
    assert_eq!((index.len(), index.dimension(), index.mark()), (0, 3, 0));
    assert!(index.is_empty());
    assert!(search(&*index, &[1.0, 0.0, 0.0], 5, Filter::All).is_empty());
    assert!(search(&*index, &[1.0, 0.0, 0.0], 5, Filter::Only(&[Point(1)])).is_empty());
    assert_eq!(index.vectors(&[Point(1)]).expect("vectors"), [None]);
}

fn recall(open: Open<'_>, folder: &Path) {
    let points = points(600, 1);
    let mut index = filled(open, folder, &points);
    check_against(&*index, &points, 2);
    index.optimise().expect("optimise");
    check_against(&*index, &points, 3);
}

fn filters(open: Open<'_>, folder: &Path) {
    let points = points(600, 4);
    let mut index = filled(open, folder, &points);
    for optimised in [false, true] {
        if optimised {
            index.optimise().expect("optimise");
        }
        for keep in [1, 2, 7, 100, 10_000] {
            let kept: Vec<Entry> = points.iter().filter(|p| p.id.0 % keep == 0).cloned().collect();
            let mut ids: Vec<Point> = kept.iter().map(|p| p.id).collect();
            ids.push(Point(u64::MAX));
            for query in clustered(10, DIMENSION, 5) {
                let found = search(&*index, &query, 10, Filter::Only(&ids));
                assert_eq!(found.len(), kept.len().min(10));
                assert!(found.iter().all(|s| ids.binary_search(&s.id).is_ok()));
            }
        }
        assert!(search(&*index, &points[0].vector, 10, Filter::Only(&[])).is_empty());
    }
}

fn upsert_replaces(open: Open<'_>, folder: &Path) {
    let mut points = points(300, 6);
    let mut index = filled(open, folder, &points);
    index.optimise().expect("optimise");
    for (point, vector) in points.iter_mut().zip(clustered(100, DIMENSION, 7)) {
        point.vector = vector;
    }
    index.upsert(&points[..100]).expect("upsert");
    assert_eq!(index.len(), 300);
    check_against(&*index, &points, 8);
    let best = search(&*index, &points[5].vector, 1, Filter::All);
    assert_eq!(best[0].id, points[5].id, "a new vector is found at once");
    assert_eq!(index.vectors(&[points[5].id]).expect("vectors"), [Some(points[5].vector.clone())]);
    index.optimise().expect("optimise");
    check_against(&*index, &points, 9);
}

fn delete_lasts(open: Open<'_>, folder: &Path) {
    let points = points(300, 10);
    let mut index = filled(open, folder, &points);
    index.optimise().expect("optimise");
    let gone: Vec<Point> = points[..150].iter().map(|p| p.id).chain([Point(0)]).collect();
    index.delete(&gone).expect("delete");
    assert_eq!(index.len(), 150);
    check_against(&*index, &points[150..], 11);
    assert_eq!(index.vectors(&gone[..1]).expect("vectors"), [None]);
    index.flush(4).expect("flush");
    drop(index);
    let mut index = open(folder, DIMENSION).expect("open");
    check_against(&*index, &points[150..], 12);
    index.optimise().expect("optimise");
    check_against(&*index, &points[150..], 13);
    index.upsert(&points[..10]).expect("upsert");
    assert_eq!(index.len(), 160, "a deleted point may come back");
    index.clear().expect("clear");
    assert_eq!((index.len(), index.mark()), (0, 0));
}

fn reopening(open: Open<'_>, folder: &Path) {
    let points = points(200, 14);
    let mut index = filled(open, folder, &points[..150]);
    index.flush(41).expect("flush");
    index.upsert(&points[150..160]).expect("upsert");
    drop(index);
    let mut index = open(folder, DIMENSION).expect("open");
    assert_eq!((index.len(), index.mark()), (150, 41), "what was not flushed is gone");
    index.upsert(&points[150..]).expect("upsert");
    index.delete(&[points[0].id]).expect("delete");
    index.flush(42).expect("flush");
    drop(index);
    let index = open(folder, DIMENSION).expect("open");
    assert_eq!((index.len(), index.mark()), (199, 42));
    check_against(&*index, &points[1..], 15);
}

fn staleness(open: Open<'_>, folder: &Path) {
    let points = points(200, 22);
    let mut one = filled(open, folder, &points[..100]);
    one.flush(1).expect("flush");
    let mut other = open(folder, DIMENSION).expect("open");
    let stale = |index: &dyn IndexRead| index.is_stale().expect("a look at the files");
    assert!(!stale(&*one) && !stale(&*other));
    one.upsert(&points[100..]).expect("upsert");
    assert!(!stale(&*one) && !stale(&*other), "nothing was flushed");
    one.flush(2).expect("flush");
    assert!(!stale(&*one) && stale(&*other));
    check_against(&*other, &points[..100], 23);
    other.delete(&[points[0].id]).expect("delete");
    other.reload().expect("reload");
    assert!(!stale(&*one) && !stale(&*other));
    assert_eq!((other.len(), other.mark()), (200, 2), "what was not flushed is gone");
    check_against(&*other, &points, 24);
    one.delete(&[points[0].id]).expect("delete");
    one.flush(3).expect("flush");
    one.optimise().expect("optimise");
    other.reload().expect("reload");
    assert_eq!((other.len(), other.mark(), stale(&*other)), (199, 3, false));
    check_against(&*other, &points[1..], 25);
    one.clear().expect("clear");
    assert!(!stale(&*one) && stale(&*other));
    other.reload().expect("reload");
    assert_eq!((other.len(), other.mark(), stale(&*other)), (0, 0, false));
}

fn snapshot(open: Open<'_>, folder: &Path) {
    let points = points(400, 16);
    let mut index = filled(open, &folder.join("live"), &points);
    index.flush(7).expect("flush");
    index.optimise().expect("optimise");
    index.delete(&[points[0].id]).expect("delete");
    index.snapshot(&folder.join("copy")).expect("snapshot");
    index.clear().expect("clear");
    let copy = open(&folder.join("copy"), DIMENSION).expect("open");
    assert_eq!((copy.len(), copy.mark()), (399, 7));
    check_against(&*copy, &points[1..], 17);
}

fn wrong_vectors(open: Open<'_>, folder: &Path) {
    let mut index = open(folder, 2).expect("open");
    let point = |id, vector: &[f32]| Entry { id: Point(id), vector: vector.to_vec() };
    let good = point(1, &[1.0, 0.0]);
    let short = index.upsert(&[good.clone(), point(2, &[1.0])]);
    assert!(matches!(short, Err(IndexError::Dimension { expected: 2, actual: 1 })));
    let nan = index.upsert(&[good.clone(), point(2, &[1.0, f32::NAN])]);
    assert!(matches!(nan, Err(IndexError::NotFinite)));
    assert_eq!(index.len(), 0, "all or none");
    assert!(index.search(&request(&[1.0], 1, Filter::All)).is_err());
    index.upsert(&[good]).expect("upsert");
    index.flush(1).expect("flush");
    drop(index);
    assert!(
        matches!(open(folder, 3), Err(IndexError::OtherSpace { .. })),
        "the dimension is pinned"
    );
}

fn ties(open: Open<'_>, folder: &Path) {
    let mut index = open(folder, 2).expect("open");
    let point = |id| Entry { id: Point(id), vector: vec![0.6, 0.8] };
    for id in [9, 3, 7, 1, 5] {
        index.upsert(&[point(id)]).expect("upsert");
    }
    let ids = |index: &dyn IndexRead, limit| -> Vec<u64> {
        search(index, &[1.0, 0.0], limit, Filter::All).iter().map(|s| s.id.0).collect()
    };
    assert_eq!(ids(&*index, 3), [1, 3, 5]);
    assert_eq!(ids(&*index, 100), [1, 3, 5, 7, 9]);
    assert_eq!(ids(&*index, 0), [0u64; 0]);
    index.optimise().expect("optimise");
    assert_eq!(ids(&*index, 3), [1, 3, 5]);
    assert_eq!(ids(&*index, usize::MAX), [1, 3, 5, 7, 9]);
}

fn optimising(open: Open<'_>, folder: &Path) {
    let points = points(500, 18);
    let mut index = filled(open, folder, &points[..400]);
    index.flush(1).expect("flush");
    index.optimise().expect("optimise");
    index.optimise().expect("optimise");
    assert_eq!(index.mark(), 1);
    index.upsert(&points[400..]).expect("upsert");
    index.delete(&[points[3].id]).expect("delete");
    index.optimise().expect("optimise");
    let live: Vec<Entry> = points.iter().filter(|p| p.id != points[3].id).cloned().collect();
    check_against(&*index, &live, 19);
    for point in &points[400..] {
        let best = search(&*index, &point.vector, 1, Filter::All);
        assert_eq!(best[0].score, dot(&point.vector, &point.vector));
    }
    drop(index);
    let index = open(folder, DIMENSION).expect("open");
    check_against(&*index, &live, 20);
}
