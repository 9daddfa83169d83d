//! Libraries as wholes: deleted and renamed, while this engine and others have them open.

use std::fs;

use kinora_catalog::Catalog;
use kinora_engine::{AddRequest, EngineError, ErrorKind, Job, RecordOrigin};

use crate::{
    fakes::{House, RED, SMALL},
    many::{found, search},
    stop::film,
};

fn names(house: &House) -> Vec<String> {
    house.engine.libraries().into_iter().map(|library| library.name).collect()
}

#[test]
fn a_deleted_library_is_gone_and_its_files_stay() {
    let house = House::new();
    house.coloured("a");
    house.coloured("b");
    let (library, other) = (house.engine.library("a").unwrap(), house.neighbour());
    let elsewhere = other.library("a").unwrap();
    assert_eq!(found(&library, "blue")[0], "blue.png");
    let deleted = house.engine.delete_library("a").unwrap();
    let contents = deleted.contents.unwrap();
    assert_eq!((contents.pictures, deleted.fault, deleted.foreign.len()), (3, None, 0));
    assert!(deleted.bytes > 0);
    assert_eq!(names(&house), ["b"]);
    let left: Vec<_> = fs::read_dir(house.home.path().join("libraries")).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
    assert!(house.pictures("a").join("red.png").is_file());
    // Whoever has it open adds nothing, and does not bring it back.
    for (engine, held) in [(&house.engine, &library), (&other, &elsewhere)] {
        let request = AddRequest { paths: vec![house.pictures("b")], ..AddRequest::default() };
        assert!(held.add(&request, &Job::default()).is_err());
        assert_eq!(engine.library("a").unwrap_err().kind(), ErrorKind::NotFound);
    }
    assert!(!house.folder("a").exists());
    for missing in ["a", "never", "../b", "."] {
        assert!(house.engine.delete_library(missing).is_err(), "{missing}");
    }
    assert_eq!(names(&house), ["b"]);
}

#[test]
fn a_library_with_something_of_others_in_it_is_left_whole() {
    let house = House::new();
    house.coloured("a");
    let mine = house.folder("a").join("mine.jpg");
    fs::write(&mine, "mine").unwrap();
    let error = house.engine.delete_library("a").unwrap_err();
    assert!(matches!(&error, EngineError::ForeignFiles { paths, .. } if *paths == [mine.clone()]));
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(house.engine.contents("a").unwrap().foreign, std::slice::from_ref(&mine));
    assert_eq!(found(&house.engine.library("a").unwrap(), "blue")[0], "blue.png");
    fs::remove_file(mine).unwrap();
    house.engine.delete_library("a").unwrap();
    assert!(names(&house).is_empty());
}

#[test]
fn a_damaged_library_goes_and_a_folder_that_is_none_stays() {
    let house = House::new();
    house.coloured("a");
    fs::write(house.folder("a").join("catalog.sqlite"), "no longer").unwrap();
    let contents = house.engine.contents("a").unwrap();
    assert!(contents.fault.is_some() && contents.contents.is_none(), "{contents:?}");
    house.engine.delete_library("a").unwrap();
    assert!(!house.folder("a").exists());
    fs::create_dir_all(house.folder("b")).unwrap();
    fs::write(house.folder("b").join("mine.jpg"), "mine").unwrap();
    assert_eq!(house.engine.delete_library("b").unwrap_err().kind(), ErrorKind::NotFound);
    assert!(house.folder("b").join("mine.jpg").is_file());
}

#[test]
fn what_a_killed_run_began_to_delete_is_no_library_and_goes_with_the_next() {
    let house = House::new();
    house.coloured("a");
    house.coloured("b");
    fs::rename(house.folder("a"), house.folder(".deleted-x")).unwrap();
    assert_eq!(names(&house), ["b"]);
    assert!(house.engine.check(None, false).unwrap().iter().all(|check| check.name == "b"));
    house.engine.delete_library("b").unwrap();
    assert!(!house.folder(".deleted-x").exists());
}

#[test]
fn a_renamed_library_is_the_same_under_its_new_name() {
    let house = House::new();
    house.coloured("a");
    house.library("taken", SMALL, &[("red.png", RED)]);
    let out = house.home.path().join("film.mp4");
    let library = house.engine.library("a").unwrap();
    library.make(&film("A red house."), &out, &Job::default()).unwrap();
    let (other, elsewhere) = (house.neighbour(), house.neighbour().library("a").unwrap());
    house.engine.rename_library("a", "new").unwrap();
    assert_eq!(names(&house), ["new", "taken"]);
    assert_eq!(Catalog::look(&house.folder("new")).unwrap().name(), "new");
    let renamed = house.engine.library("new").unwrap();
    assert_eq!((renamed.name(), &found(&renamed, "blue")[0][..]), ("new", "blue.png"));
    assert_eq!(house.engine.library("a").unwrap_err().kind(), ErrorKind::NotFound);
    // Who had it open reads or is told, and writes nothing.
    drop(elsewhere.search(&search("blue"), &Job::default()));
    let request = AddRequest { paths: vec![house.pictures("taken")], ..AddRequest::default() };
    assert!(elsewhere.add(&request, &Job::default()).is_err());
    assert!(!house.folder("a").exists());
    assert_eq!(found(&other.library("new").unwrap(), "blue")[0], "blue.png");
    // The record beside the film names the old library; the film is known by what it is.
    let verified = house.engine.verify(&out, None, &Job::default()).unwrap();
    assert_eq!(verified.record, RecordOrigin::LibraryAndBeside);
    assert!(verified.is_intact());
    for (from, to) in [("new", "taken"), ("new", "new"), ("new", "../x"), ("a", "b")] {
        assert!(house.engine.rename_library(from, to).is_err(), "{from} {to}");
    }
    assert_eq!(names(&house), ["new", "taken"]);
}

#[test]
fn a_folder_that_was_renamed_by_hand_is_found_under_its_new_name() {
    let house = House::new();
    house.coloured("a");
    fs::rename(house.folder("a"), house.folder("b")).unwrap();
    assert_eq!(names(&house), ["b"]);
    assert_eq!(house.engine.library("b").unwrap().name(), "b");
}
