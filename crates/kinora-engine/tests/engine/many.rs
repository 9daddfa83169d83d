//! Many at once: threads, libraries, spaces, other processes.

use std::{fs, sync::Barrier, thread, time::Duration};

use kinora_engine::{AddRequest, Engine, ErrorKind, Example, Job, Library, SearchRequest};

use crate::{
    fakes::{BLUE, GREEN, House, RED, SMALL, WIDE},
    stop::film,
};

pub(crate) fn search(text: &str) -> SearchRequest {
    SearchRequest { text: Some(text.into()), ..SearchRequest::default() }
}

/// Names of what is found, the best first.
pub(crate) fn found(library: &Library, text: &str) -> Vec<String> {
    let outcome = library.search(&search(text), &Job::default()).unwrap();
    outcome.hits.iter().map(|hit| hit.asset.label()).collect()
}

fn write(folder: &std::path::Path, name: &str, colour: [u8; 3]) {
    fs::create_dir_all(folder).unwrap();
    image::RgbImage::from_pixel(64, 48, image::Rgb(colour)).save(folder.join(name)).unwrap();
}

#[test]
fn an_engine_and_its_libraries_are_shared_by_threads() {
    fn shared<T: Clone + Send + Sync>() {}
    fn between<T: Send + Sync>() {}
    shared::<Engine>();
    shared::<Job>();
    between::<Library>();
}

#[test]
fn two_threads_use_two_libraries_of_two_spaces() {
    let house = House::new();
    house.library("small", SMALL, &[("a.png", RED), ("b.png", GREEN)]);
    house.library("wide", WIDE, &[("c.png", RED), ("d.png", BLUE)]);
    let start = Barrier::new(2);
    thread::scope(|scope| {
        for (name, dimension, reds, others) in
            [("small", 3, "a.png", "b.png"), ("wide", 16, "c.png", "d.png")]
        {
            let (engine, start) = (house.engine.clone(), &start);
            scope.spawn(move || {
                start.wait();
                for _ in 0..50 {
                    let library = engine.library(name).unwrap();
                    assert_eq!(library.space().dimension, dimension);
                    let found = found(&library, "red");
                    assert_eq!(found, [reds, others], "{name}");
                }
            });
        }
    });
    assert_eq!(house.fakes.texts.loads(), 2, "each space is loaded once");
}

#[test]
fn a_library_in_another_space_than_the_one_asked_for_is_refused_and_left_alone() {
    let house = House::new();
    house.coloured("a");
    drop(house.engine.library("a").unwrap());
    // The space of the new library is not that of the one that was opened before.
    let wide = house.engine.library_or_new("w", Some(WIDE)).unwrap();
    assert_eq!((wide.space().name.as_str(), wide.space().dimension), (WIDE, 16));
    let error = house.engine.library_or_new("a", Some(WIDE)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert!(error.to_string().contains(SMALL) && error.hint().is_some(), "{error}");
    assert_eq!(found(&house.engine.library("a").unwrap(), "green")[0], "green.png");
    let error = house.engine.library_or_new("n", Some("none-such")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    assert!(!house.folder("n").exists(), "nothing was made");
}

#[test]
fn a_hundred_searches_at_once_agree() {
    let house = House::new();
    house.coloured("a");
    let (start, engine) = (Barrier::new(100), &house.engine);
    let answers: Vec<Vec<String>> = thread::scope(|scope| {
        let ask = |colour: &'static str| {
            let start = &start;
            scope.spawn(move || {
                start.wait();
                found(&engine.library("a").unwrap(), colour)
            })
        };
        let threads: Vec<_> = (0..100).map(|i| ask(["red", "blue"][i % 2])).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for (i, found) in answers.iter().enumerate() {
        assert_eq!(found[0], ["red.png", "blue.png"][i % 2]);
    }
    assert_eq!(house.fakes.texts.loads(), 1);
}

#[test]
fn searching_goes_on_while_files_are_added_and_finds_them_then() {
    let house = House::new();
    house.coloured("a");
    let library = house.engine.library("a").unwrap();
    assert_eq!(found(&library, "red")[0], "red.png");
    let new = house.home.path().join("new");
    for number in 0..8 {
        write(&new, &format!("new-{number}.png"), [250, 10 + number, 10]);
    }
    let held = house.fakes.images.hold();
    thread::scope(|scope| {
        let adding = scope.spawn(|| {
            let request = AddRequest { paths: vec![new.clone()], ..AddRequest::default() };
            library.add(&request, &Job::default()).unwrap()
        });
        house.fakes.images.wait_held(1);
        assert_eq!(found(&library, "red").len(), 3, "nothing of it is there yet");
        drop(held);
        assert_eq!(adding.join().unwrap().summary.added, 8);
    });
    let request = SearchRequest { deduplicate: false, limit: 50, ..search("red") };
    let outcome = library.search(&request, &Job::default()).unwrap();
    assert_eq!(outcome.hits.len(), 11);
}

#[test]
fn searching_goes_on_while_a_film_is_made() {
    let house = House::new();
    house.coloured("a");
    let library = house.engine.library("a").unwrap();
    let (out, new) = (house.home.path().join("film.mp4"), house.home.path().join("new"));
    let held = house.fakes.images.hold();
    thread::scope(|scope| {
        let making = scope.spawn(|| library.make(&film("A red house."), &out, &Job::default()));
        // It compares its frames with their sources.
        house.fakes.images.wait_held(1);
        assert_eq!(found(&library, "blue")[0], "blue.png");
        // Also what another process adds meanwhile.
        write(&new, "new.png", [10, 10, 250]);
        let request = AddRequest { paths: vec![new], ..AddRequest::default() };
        house.neighbour().library("a").unwrap().add(&request, &Job::default()).unwrap();
        let request = SearchRequest { deduplicate: false, ..search("blue") };
        let job = Job::default().within(Duration::from_secs(20));
        assert_eq!(library.search(&request, &job).unwrap().hits.len(), 4);
        assert!(!out.exists());
        drop(held);
        let record = making.join().unwrap().unwrap();
        assert_eq!(record.shots[0].sources[0].label, "red.png");
    });
    let verified = house.engine.verify(&out, None, &Job::default()).unwrap();
    assert!(verified.is_intact(), "{verified:?}");
}

#[test]
fn what_another_process_adds_is_found_by_the_next_search() {
    let house = House::new();
    house.coloured("a");
    let (library, other) = (house.engine.library("a").unwrap(), house.neighbour());
    assert_eq!(found(&library, "green")[0], "green.png");
    let new = house.home.path().join("new");
    for round in 0..3u8 {
        let name = format!("new-{round}.png");
        write(&new, &name, [30 * round, 250, 0]);
        let request = AddRequest { paths: vec![new.clone()], ..AddRequest::default() };
        let added = other.library("a").unwrap().add(&request, &Job::default()).unwrap();
        assert_eq!(added.summary.added, 1);
        let request = SearchRequest { deduplicate: false, ..search("green") };
        let outcome = library.search(&request, &Job::default()).unwrap();
        assert!(outcome.hits.iter().any(|hit| hit.asset.label() == name), "{name}");
    }
    // And back: what this process adds, the other one finds.
    write(&new, "mine.png", [0, 250, 90]);
    let request = AddRequest { paths: vec![new], ..AddRequest::default() };
    library.add(&request, &Job::default()).unwrap();
    let request = SearchRequest { deduplicate: false, ..search("green") };
    let outcome = other.library("a").unwrap().search(&request, &Job::default()).unwrap();
    assert!(outcome.hits.iter().any(|hit| hit.asset.label() == "mine.png"));
}

#[test]
fn a_library_removed_under_a_reader_is_gone_for_the_next_one() {
    let house = House::new();
    house.coloured("a");
    let library = house.engine.library("a").unwrap();
    assert_eq!(found(&library, "blue")[0], "blue.png");
    fs::remove_dir_all(house.folder("a")).unwrap();
    // Who holds it gets an answer or an error, never a panic or an empty library made anew.
    if let Err(error) = library.search(&search("blue"), &Job::default()) {
        assert!(!error.to_string().is_empty());
    }
    assert!(!house.folder("a").join("catalog.sqlite").exists());
    let error = house.engine.library("a").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    // One of the same name that is made anew is another one.
    house.library("a", SMALL, &[("other.png", BLUE)]);
    assert_eq!(found(&house.engine.library("a").unwrap(), "blue"), ["other.png"]);
}

#[test]
fn examples_are_paths_assets_or_bytes() {
    let house = House::new();
    house.coloured("a");
    let library = house.engine.library("a").unwrap();
    let file = house.pictures("a").join("green.png");
    let elsewhere = house.home.path().join("elsewhere");
    write(&elsewhere, "g.png", [0, 240, 20]);
    let bytes = fs::read(elsewhere.join("g.png")).unwrap();
    for (example, first) in [
        // An example is no answer to itself.
        (Example::Path(file), None),
        (Example::Asset("green.png".into()), None),
        (Example::Path(elsewhere.join("g.png")), Some("green.png")),
        (Example::Bytes(bytes), Some("green.png")),
    ] {
        let request = SearchRequest { like: vec![example.clone()], ..SearchRequest::default() };
        let outcome = library.search(&request, &Job::default()).unwrap();
        let best = outcome.hits.first().map(|hit| hit.asset.label());
        match first {
            Some(first) => assert_eq!(best.as_deref(), Some(first), "{example:?}"),
            None => assert_ne!(best.as_deref(), Some("green.png"), "{example:?}"),
        }
    }
    let request =
        SearchRequest { like: vec![Example::Bytes(vec![1, 2])], ..SearchRequest::default() };
    let error = library.search(&request, &Job::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
}
