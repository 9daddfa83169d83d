//! What comes into a library and what is taken out of it.

use std::fs;

use kinora_engine::{AddRequest, EngineError, ErrorKind, Job, Library, RemoveRequest, Removed};

use crate::{
    fakes::{GREEN, House, RED, SMALL},
    many::found,
};

fn remove(library: &Library, references: &[&str], dry_run: bool) -> Result<Removed, EngineError> {
    let references = references.iter().map(ToString::to_string).collect();
    library.remove(&RemoveRequest { references, dry_run })
}

#[test]
fn paths_that_are_not_there_are_all_named_before_anything_happens() {
    let house = House::new();
    house.coloured("a");
    let library = house.engine.library("a").unwrap();
    let revision = library.revision().unwrap();
    let (one, two) = (house.home.path().join("one.jpg"), house.home.path().join("two"));
    let paths = vec![one.clone(), house.pictures("a"), two.clone()];
    let request = AddRequest { paths, ..AddRequest::default() };
    let error = library.add(&request, &Job::default()).unwrap_err();
    let EngineError::NotThere(missing) = &error else { panic!("{error}") };
    assert_eq!((missing, error.kind()), (&vec![one, two], ErrorKind::NotFound));
    assert_eq!((library.revision().unwrap(), house.fakes.images.loads()), (revision, 0));
    // No path and no wish to go on: nothing to do.
    let nothing = library.add(&AddRequest::default(), &Job::default()).unwrap();
    assert_eq!((nothing.summary.found, house.fakes.images.loads()), (0, 0));
}

#[test]
fn waiting_work_is_told_of_and_gone_on_with() {
    let house = House::new();
    house.coloured("a");
    let library = house.engine.library("a").unwrap();
    let new = house.home.path().join("new");
    fs::create_dir_all(&new).unwrap();
    image::RgbImage::from_pixel(8, 8, image::Rgb([9, 250, 9])).save(new.join("n.png")).unwrap();
    let request = AddRequest { paths: vec![new], ..AddRequest::default() };
    let added = library.add(&request, &Job::default()).unwrap().summary;
    let (waits, done) = (added.pending.words.values(), added.perceived.values());
    assert!(waits.clone().count() > 0 && waits.clone().all(|count| *count == 3), "{added:?}");
    assert!(done.clone().all(|count| *count == 1), "{added:?}");
    let request = AddRequest { resume: true, ..AddRequest::default() };
    let rest = library.add(&request, &Job::default()).unwrap().summary;
    assert!(rest.pending.is_empty() && rest.perceived.values().all(|n| *n == 3), "{rest:?}");
}

#[test]
fn what_is_removed_is_found_no_more_and_its_folder_does_not_bring_it_back() {
    let house = House::new();
    house.coloured("a");
    let library = house.engine.library("a").unwrap();
    assert_eq!(found(&library, "red")[0], "red.png");
    let planned = remove(&library, &["red.png"], true).unwrap();
    assert_eq!((planned.removed.len(), found(&library, "red").len()), (1, 3));
    let done = remove(&library, &["red.png"], false).unwrap();
    assert_eq!(done.removed, planned.removed);
    assert!(fs::metadata(&done.removed[0].paths[0]).is_ok(), "the file stays");
    assert!(!found(&library, "red").contains(&"red.png".to_owned()));
    assert_eq!(library.summary().unwrap().pictures, 2);
    let folder = AddRequest { paths: vec![house.pictures("a")], ..AddRequest::default() };
    let again = library.add(&folder, &Job::default()).unwrap().summary;
    assert_eq!((again.removed_before, again.added, again.known), (1, 0, 0));
    let file = AddRequest { paths: vec![house.pictures("a").join("red.png")], ..folder };
    assert_eq!(library.add(&file, &Job::default()).unwrap().summary.restored, 1);
    assert_eq!(found(&library, "red")[0], "red.png");
}

#[test]
fn a_reference_that_is_not_clear_removes_nothing() {
    let house = House::new();
    for folder in ["x", "y"] {
        fs::create_dir_all(house.pictures("a").join(folder)).unwrap();
    }
    house.library("a", SMALL, &[("x/p.png", RED), ("y/p.png", GREEN), ("y/q.png", [9, 9, 9])]);
    let library = house.engine.library("a").unwrap();
    let before = library.revision().unwrap();
    let error = remove(&library, &["q.png", "p.png", "nothing"], false).unwrap_err();
    let EngineError::Unmeant(wrong) = &error else { panic!("{error}") };
    assert_eq!((wrong.len(), wrong[0].candidates.len(), wrong[1].candidates.len()), (2, 2, 0));
    assert_eq!((error.kind(), library.revision().unwrap()), (ErrorKind::Conflict, before));
    assert!(error.hint().unwrap().contains("nothing was removed"));
    // A folder means what lies in it.
    let folder = house.pictures("a").join("y").to_string_lossy().into_owned();
    assert_eq!(remove(&library, &[&folder], false).unwrap().removed.len(), 2);
    assert_eq!(library.summary().unwrap().pictures, 1);
    let error = remove(&library, &["q.png"], false).unwrap_err();
    assert!(error.to_string().contains("removed before"), "{error}");
}

#[test]
fn a_copy_elsewhere_keeps_what_a_folder_leaves() {
    let house = House::new();
    house.coloured("a");
    let library = house.engine.library("a").unwrap();
    let backup = house.home.path().join("backup");
    fs::create_dir_all(&backup).unwrap();
    fs::copy(house.pictures("a").join("red.png"), backup.join("red.png")).unwrap();
    let request = AddRequest { paths: vec![backup.clone()], ..AddRequest::default() };
    assert_eq!(library.add(&request, &Job::default()).unwrap().summary.known, 1);
    let left = remove(&library, &[&backup.to_string_lossy()], false).unwrap();
    assert_eq!((left.removed.len(), left.copies.len()), (0, 1));
    assert_eq!(found(&library, "red")[0], "red.png");
}

#[test]
fn problems_are_listed_until_they_are_gone() {
    let house = House::new();
    let folder = house.home.path().join("new");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("b.png"), "no picture").unwrap();
    let library = house.engine.library_or_new("a", None).unwrap();
    let request = AddRequest { paths: vec![folder.clone()], ..AddRequest::default() };
    assert_eq!(library.add(&request, &Job::default()).unwrap().summary.failed, 1);
    let problems = library.problems().unwrap();
    assert_eq!((problems.count(), problems.files[0].lasting), (1, true));
    assert!(problems.files[0].path.ends_with("b.png"));
    fs::remove_file(folder.join("b.png")).unwrap();
    assert_eq!(library.problems().unwrap().count(), 0);
}
