//! Every backend through the one conformance suite.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;

use kinora_index::{BruteForce, Embedded, IndexError, IndexWrite, Settings};
use kinora_testing::suite::index::{CASES, Open};

fn run(open: Open<'_>) {
    for (name, case) in CASES {
        eprintln!("{name}");
        let folder = tempfile::tempdir().unwrap();
        case(open, folder.path());
    }
}

#[test]
fn brute_force() {
    run(&|folder, dimension| Ok(Box::new(BruteForce::open(folder, "test@1", dimension)?)));
}

#[test]
fn embedded_scanning() {
    run(&|folder, dimension| Ok(Box::new(Embedded::open(folder, "test@1", dimension)?)));
}

#[test]
fn embedded_with_a_base_but_no_graph() {
    let settings = Settings { compact_min: 1, ..Settings::default() };
    run(&|folder, dimension| open(folder, dimension, settings));
}

#[test]
fn embedded_with_a_graph() {
    let settings = Settings { graph_min: 1, scan_max: 20, compact_min: 1, ..Settings::default() };
    run(&|folder, dimension| open(folder, dimension, settings));
}

#[test]
fn embedded_with_a_graph_and_a_tail() {
    let settings =
        Settings { graph_min: 1, scan_max: 20, compact_min: 1_000, ..Settings::default() };
    run(&|folder, dimension| open(folder, dimension, settings));
}

fn open(
    folder: &Path,
    dimension: usize,
    settings: Settings,
) -> Result<Box<dyn IndexWrite>, IndexError> {
    Ok(Box::new(Embedded::open_with(folder, "test@1", dimension, settings)?))
}
