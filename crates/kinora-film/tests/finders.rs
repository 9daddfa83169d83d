//! The conformance suite of source finders, on a library's sources and on the shelf of the other tests.
//!
//! Not covered: videos out of a library; both finders open them by the same function.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[allow(dead_code, reason = "each test file uses its own part of it")]
mod shelf;

use kinora_film::LibrarySources;
use kinora_index::Embedded;
use kinora_retrieval::{Filter, Searcher, SearcherCache, sync};
use kinora_testing::{
    library::{Item, LibraryBuilder},
    suite::finder::{Shelved, check_source_finder},
};
use kinora_types::Control;

#[test]
fn the_shelf_conforms() {
    let (_folder, path) = shelf::folder();
    let mut shelf = shelf::primaries(&path);
    shelf.put_video(&path, "clip.mp4");
    shelf.rate("red", &[0.9, 0.8, 0.7, 0.1]);
    let shelved =
        Shelved { prompt: "red", other: "blue", picture: "green.png", video: Some("clip.mp4") };
    check_source_finder(&shelf, shelved);
}

#[test]
fn the_sources_of_a_library_conform() {
    let folder = tempfile::tempdir().unwrap();
    let mut builder = LibraryBuilder::default().files_in(&folder.path().join("pictures"));
    for (name, colour) in [
        ("crimson.png", [250, 0, 0]),
        ("scarlet.png", [250, 60, 0]),
        ("scarlet again.png", [250, 60, 0]),
        ("sea.png", [0, 0, 250]),
    ] {
        builder = builder.item(Item::picture(name, colour));
    }
    let library = builder.build_in(&folder.path().join("library"));
    let (catalog, space) = (&library.catalog, library.space());
    let index = folder.path().join("index");
    let mut index = Embedded::open(&index, &space.id(), space.dimension).unwrap();
    sync(catalog, &mut index, &Control::default()).unwrap();
    let cache = SearcherCache::default();
    let searcher = Searcher::new(catalog, &index, &library.embedder, &cache).unwrap();
    let sources = LibrarySources::new(&searcher, catalog, Filter::default(), None);
    let shelved = Shelved { prompt: "red", other: "blue", picture: "crimson.png", video: None };
    check_source_finder(&sources, shelved);
}
