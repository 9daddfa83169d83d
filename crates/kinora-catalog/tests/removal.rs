//! What a person takes out, and what is known to be wrong with files. Not covered: other processes (see `readers`).

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use kinora_catalog::{Catalog, Change, FileEntry, Meant, Problem};
use kinora_testing::{
    fake::ColourEmbedder,
    library::{Item, Library, LibraryBuilder},
};

fn library(folder: &Path) -> Library {
    let items = [("/a/red.png", [250, 0, 0]), ("/a/b/green.png", [0, 250, 0])];
    let builder = LibraryBuilder::default().embedder(ColourEmbedder::default());
    let item = |(path, colour): &(&str, [u8; 3])| Item::picture(path, *colour);
    items.iter().map(item).fold(builder, LibraryBuilder::item).build_in(folder)
}

fn problem(path: &str, message: &str, at: i64) -> Problem {
    Problem {
        path: path.into(),
        bytes: 7,
        mtime_ns: 1,
        message: message.into(),
        hint: None,
        since: Timestamp::from_second(at).unwrap(),
        lasting: true,
        taken: false,
        version: "1".into(),
    }
}

fn paths(catalog: &Catalog) -> Vec<String> {
    let rows = catalog.live_rows().unwrap();
    catalog.assets(&rows).unwrap().into_iter().flat_map(|(_, asset)| asset.paths).collect()
}

#[test]
fn what_is_taken_out_stays_out_until_it_is_brought_back() {
    let folder = tempfile::tempdir().unwrap();
    let library = library(folder.path());
    let catalog = &library.catalog;
    let all = paths(catalog);
    assert_eq!(all.len(), 2, "{all:?}");
    let red = all.iter().find(|path| path.ends_with("red.png")).unwrap().clone();
    let asset = catalog.resolve(&red).unwrap();
    let points = catalog.point_count().unwrap();
    let before = catalog.revision().unwrap();
    catalog.commit(&[Change::Remove { asset: asset.id }]).unwrap();
    assert_eq!((catalog.count().unwrap(), catalog.point_count().unwrap()), (1, points - 1));
    let gone = catalog.changes_since(before, 10).unwrap();
    assert!(gone.len() == 1 && gone[0].vector.is_none(), "the index hears of it: {gone:?}");
    assert!(catalog.resolve(&red).is_err() && catalog.assets_named("red.png").unwrap().is_empty());
    assert_eq!(catalog.meant("red.png", Path::new("red.png")).unwrap(), Meant::Removed);
    assert_eq!(catalog.meant(&red, Path::new(&red)).unwrap(), Meant::Removed);
    let hash = asset.id.to_string();
    assert_eq!(catalog.meant(&hash, Path::new(&hash)).unwrap(), Meant::Removed);
    // Seen again, also elsewhere, it stays out.
    let file = FileEntry { path: "/c/copy.png".into(), bytes: 7, mtime_ns: 1 };
    catalog.commit(&[Change::Seen { asset: asset.id, file }]).unwrap();
    assert_eq!(catalog.count().unwrap(), 1);
    assert!(catalog.file_state(Path::new("/c/copy.png")).unwrap().unwrap().removed);
    catalog.commit(&[Change::Restore { asset: asset.id }]).unwrap();
    assert_eq!((catalog.count().unwrap(), catalog.point_count().unwrap()), (2, points));
    assert_eq!(catalog.resolve(&red).unwrap().id, asset.id);
}

#[test]
fn a_problem_is_known_until_its_file_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let library = library(folder.path());
    let catalog = &library.catalog;
    let known = || catalog.problems().unwrap();
    let note = |problem: Problem| catalog.commit(&[Change::Problem(problem)]).unwrap();
    note(problem("/x.jpg", "broken", 10));
    note(problem("/x.jpg", "broken", 20));
    assert_eq!(known(), [problem("/x.jpg", "broken", 10)], "since when it is known");
    note(problem("/x.jpg", "otherwise", 30));
    assert_eq!(known(), [problem("/x.jpg", "otherwise", 30)]);
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStringExt;
        let path = PathBuf::from(std::ffi::OsString::from_vec(b"/\xff.jpg".to_vec()));
        note(Problem { path: path.clone(), ..problem("", "its name", 1) });
        assert_eq!(catalog.problem(&path).unwrap().unwrap().path, path);
        catalog.commit(&[Change::Solved { path }]).unwrap();
    }
    let file = FileEntry { path: "/x.jpg".into(), bytes: 7, mtime_ns: 2 };
    let asset = catalog.assets(&catalog.live_rows().unwrap()).unwrap()[0].1.id;
    catalog.commit(&[Change::Seen { asset, file: file.clone() }]).unwrap();
    assert_eq!(known(), []);
    // Damage stays known while the file holds the same.
    let damage = Problem { taken: true, ..problem("/x.jpg", "damaged", 40) };
    note(damage.clone());
    catalog.commit(&[Change::Seen { asset, file: file.clone() }]).unwrap();
    assert_eq!(known(), [damage]);
    let other = catalog.assets(&catalog.live_rows().unwrap()).unwrap()[1].1.id;
    catalog.commit(&[Change::Seen { asset: other, file }]).unwrap();
    assert_eq!(known(), []);
}
