//! The embedded backend's own affairs: damaged files and many readers. Several writers: `writers.rs`.
//!
//! Not covered: a power cut (only what a killed process leaves behind is imitated).

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
};

use common::{DIMENSION, filled, open, points, request};
use kinora_index::{Condition, Embedded, IndexError, IndexRead, IndexWrite, Plan, Point};
use kinora_testing::suite::index::clustered;

fn file(folder: &Path, start: &str) -> PathBuf {
    let mut entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let found = entries.find(|entry| entry.file_name().to_string_lossy().starts_with(start));
    found.unwrap().path()
}

#[test]
fn what_is_damaged_is_not_believed() {
    type Damage = fn(&Path);
    fn flip(path: &Path) {
        let mut bytes = fs::read(path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(path, bytes).unwrap();
    }
    fn cut(path: &Path) {
        let bytes = fs::read(path).unwrap();
        fs::write(path, &bytes[..bytes.len() - 1]).unwrap();
    }
    let flip_head: Damage = |path| {
        let mut bytes = fs::read(path).unwrap();
        bytes[10] ^= 1;
        fs::write(path, bytes).unwrap();
    };
    let remove: Damage = |path| fs::remove_file(path).unwrap();
    for (start, damage, condition, length, mark) in [
        ("index.log", remove, Condition::New, 0, 0),
        ("index.log", flip_head, Condition::Discarded, 0, 0),
        // The last batch is gone, what was optimised stays.
        ("index.log", cut as Damage, Condition::Intact, 400, 1),
        ("points-", flip, Condition::Discarded, 0, 0),
        ("points-", cut, Condition::Discarded, 0, 0),
        ("points-", remove, Condition::Discarded, 0, 0),
        ("graph-", flip, Condition::WithoutGraph, 405, 2),
        ("graph-", cut, Condition::WithoutGraph, 405, 2),
        ("graph-", remove, Condition::WithoutGraph, 405, 2),
    ] {
        let folder = tempfile::tempdir().unwrap();
        drop(filled(folder.path()));
        damage(&file(folder.path(), start));
        let mut index = open(folder.path());
        let found = (index.condition(), index.len(), index.mark());
        assert_eq!(found, (condition, length, mark), "{start}");
        // It can be filled again, whatever was there.
        index.upsert(&points(0, 400)).unwrap();
        index.upsert(&points(1_000, 5)).unwrap();
        index.flush(2).unwrap();
        index.optimise().unwrap();
        drop(index);
        let index = open(folder.path());
        assert_eq!(
            (index.condition(), index.len(), index.mark()),
            (Condition::Intact, 405, 2),
            "{start}"
        );
    }
}

#[test]
fn another_space_is_refused_and_nothing_lost() {
    let folder = tempfile::tempdir().unwrap();
    drop(filled(folder.path()));
    let other = Embedded::open(folder.path(), "other@1", DIMENSION);
    let error = other.err().unwrap();
    assert!(matches!(error, IndexError::OtherSpace { .. }) && error.hint().is_some());
    assert_eq!(open(folder.path()).len(), 405);
}

#[test]
fn a_torn_batch_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    drop(filled(folder.path()));
    let log = folder.path().join("index.log");
    let mut bytes = fs::read(&log).unwrap();
    bytes.extend([7; 100]);
    fs::write(&log, bytes).unwrap();
    let mut index = open(folder.path());
    assert_eq!((index.len(), index.mark()), (405, 2));
    index.delete(&[Point(0)]).unwrap();
    index.flush(3).unwrap();
    drop(index);
    assert_eq!((open(folder.path()).len(), open(folder.path()).mark()), (404, 3));
}

#[test]
fn many_threads_search_the_graph_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut index = open(folder.path());
    index.upsert(&points(0, 2_000)).unwrap();
    index.flush(1).unwrap();
    index.optimise().unwrap();
    let queries = clustered(50, DIMENSION, 9);
    assert!(matches!(index.plan(&request(&queries[0], 5)), Plan::Graph { .. }));
    let search = |query: &Vec<f32>| index.search(&request(query, 5)).unwrap();
    let alone: Vec<_> = queries.iter().map(search).collect();
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                let together: Vec<_> = queries.iter().map(search).collect();
                assert_eq!(together, alone);
            });
        }
    });
}
