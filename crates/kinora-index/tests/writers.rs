//! Several values, as in several processes, that bring the same files up to the same source. File locks tell open
//! files apart and not processes, so that two values here meet as two processes do.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::{
    sync::{
        RwLock,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use common::{DIMENSION, filled, open, points, request};
use kinora_index::{Condition, Embedded, Entry, IndexRead, IndexWrite, Point};
use kinora_testing::suite::index::clustered;

#[test]
fn two_writers_following_one_source_agree() {
    let folder = tempfile::tempdir().unwrap();
    let (mut a, mut b) = (filled(folder.path()), open(folder.path()));
    let (first, second) = (points(2_000, 60), points(3_000, 60));
    a.upsert(&first).unwrap();
    a.flush(3).unwrap();
    a.optimise().unwrap();
    // b has not seen a's files change; it takes the same step and one more.
    b.upsert(&first).unwrap();
    b.upsert(&second).unwrap();
    b.delete(&[Point(1)]).unwrap();
    b.flush(4).unwrap();
    // a is behind now; what it flushes is known already.
    assert!(a.is_stale().unwrap());
    a.flush(3).unwrap();
    let length = 405 + 120 - 1;
    assert_eq!((open(folder.path()).len(), open(folder.path()).mark()), (length, 4));
    b.optimise().unwrap();
    a.upsert(&second).unwrap();
    a.delete(&[Point(1)]).unwrap();
    a.flush(4).unwrap();
    a.optimise().unwrap();
    for index in [a, b, open(folder.path())] {
        assert_eq!((index.len(), index.mark()), (length, 4));
        let best = index.search(&request(&second[7].vector, 1)).unwrap();
        assert!(best[0].score > 0.999);
    }
}

/// A source in which revision `r` brings point `r` and takes point `r - KEPT`.
struct Source {
    vectors: Vec<Vec<f32>>,
}

/// How many points the source has at most.
const KEPT: u64 = 60;

impl Source {
    fn new(revisions: usize) -> Self {
        Self { vectors: clustered(revisions, DIMENSION, 5) }
    }

    /// Takes an index up to a revision, a few revisions a flush.
    fn follow(&self, index: &mut Embedded, to: u64, step: u64) {
        while index.mark() < to {
            let next = (index.mark() + step).min(to);
            for revision in index.mark() + 1..=next {
                let vector = self.vectors[revision as usize - 1].clone();
                index.upsert(&[Entry { id: Point(revision), vector }]).unwrap();
                index.delete(&[Point(revision.saturating_sub(KEPT))]).unwrap();
            }
            index.flush(next).unwrap();
        }
    }

    /// Whether an index is what the source was at its mark.
    fn check(&self, index: &Embedded) {
        let mark = index.mark();
        assert_eq!(index.len() as u64, mark.min(KEPT), "at mark {mark}");
        let ids: Vec<Point> = (mark.saturating_sub(KEPT) + 1..=mark).map(Point).collect();
        for (id, vector) in ids.iter().zip(index.vectors(&ids).unwrap()) {
            assert_eq!(vector.as_ref(), self.vectors.get(id.0 as usize - 1), "at mark {mark}");
        }
    }
}

#[test]
fn who_flushes_while_another_fills_anew_leaves_no_gap() {
    let folder = tempfile::tempdir().unwrap();
    let source = Source::new(110);
    let (mut one, mut other) = (open(folder.path()), open(folder.path()));
    source.follow(&mut one, 100, 30);
    // The other one finds reason to fill the index anew, and is at its beginning.
    other.reload().unwrap();
    other.clear().unwrap();
    source.follow(&mut other, 10, 10);
    source.follow(&mut one, 101, 1);
    let disk = open(folder.path());
    source.check(&disk);
    assert_eq!(disk.mark(), 10, "one has only its newest change to add");
    source.check(&one);
    assert!(one.is_stale().unwrap() && !other.is_stale().unwrap());
    source.follow(&mut other, 105, 30);
    source.follow(&mut one, 106, 1);
    source.check(&open(folder.path()));
    assert_eq!(open(folder.path()).mark(), 106);
    for index in [&mut one, &mut other] {
        index.reload().unwrap();
        source.check(index);
        assert_eq!((index.mark(), index.is_stale().unwrap()), (106, false));
    }
}

#[test]
fn what_is_stale_does_not_optimise_and_takes_up_what_the_other_did() {
    let folder = tempfile::tempdir().unwrap();
    let source = Source::new(110);
    let (mut one, mut other) = (open(folder.path()), open(folder.path()));
    source.follow(&mut one, 100, 100);
    source.follow(&mut other, 100, 100);
    assert!(other.is_stale().unwrap());
    one.optimise().unwrap();
    other.optimise().unwrap();
    assert!(!one.is_stale().unwrap(), "the stale one wrote nothing");
    other.reload().unwrap();
    assert_eq!(other.condition(), Condition::Intact);
    // Only the newest differs: the bulk stays mapped, even if its file were gone.
    source.follow(&mut one, 110, 5);
    for file in std::fs::read_dir(folder.path()).unwrap().map(Result::unwrap) {
        if file.file_name().to_string_lossy().starts_with("points-") && cfg!(unix) {
            std::fs::remove_file(file.path()).unwrap();
        }
    }
    other.reload().unwrap();
    source.check(&other);
    assert_eq!((other.mark(), other.is_stale().unwrap()), (110, false));
}

#[test]
fn many_writers_and_at_every_moment_the_files_are_the_source_at_their_mark() {
    const LAST: u64 = 240;
    let folder = tempfile::tempdir().unwrap();
    let source = Source::new(LAST as usize);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let writers: Vec<_> = (0..3u64)
            .map(|writer| {
                let (source, folder) = (&source, folder.path());
                scope.spawn(move || {
                    let mut index = open(folder);
                    for round in 1..=24 {
                        source.follow(&mut index, round * LAST / 24, 2 + writer);
                        match (round + 4 * writer) % 12 {
                            3 => index.optimise().unwrap(),
                            6 => index.reload().unwrap(),
                            9 => index.clear().unwrap(),
                            _ => {}
                        }
                        source.check(&index);
                    }
                })
            })
            .collect();
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                source.check(&open(folder.path()));
            }
        });
        let ended: Vec<_> = writers.into_iter().map(thread::ScopedJoinHandle::join).collect();
        done.store(true, Ordering::Relaxed);
        ended.into_iter().for_each(|one| one.unwrap());
    });
    let mut index = open(folder.path());
    source.follow(&mut index, LAST, 10);
    source.check(&index);
}

/// How an engine holds it.
#[test]
fn searches_go_on_side_by_side_behind_a_lock() {
    fn shared<T: Send + Sync>() {}
    shared::<RwLock<Box<dyn IndexWrite>>>();
    let folder = tempfile::tempdir().unwrap();
    let source = Source::new(300);
    let index: RwLock<Box<dyn IndexWrite>> = RwLock::new(Box::new(filled(folder.path())));
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let index = index.read().unwrap();
                    let found = index.search(&request(&source.vectors[3], 10)).unwrap();
                    assert_eq!(found.len(), 10);
                }
            });
        }
        for (at, vector) in source.vectors.iter().enumerate() {
            let entry = Entry { id: Point(5_000 + at as u64), vector: vector.clone() };
            let mut index = index.write().unwrap();
            index.upsert(&[entry]).unwrap();
            if at % 50 == 0 {
                index.flush(3 + at as u64).unwrap();
                index.optimise().unwrap();
            }
        }
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(index.read().unwrap().len(), 705);
}
