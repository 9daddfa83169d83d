//! What nobody uses is given back.

use std::{thread, time::Duration};

use kinora_engine::{AskRequest, Job};

use crate::{
    fakes::House,
    many::{found, search},
};

#[test]
fn models_and_libraries_are_given_back_when_idle_and_come_back_when_asked() {
    let house = House::new();
    house.coloured("a");
    let library = house.engine.library("a").unwrap();
    assert_eq!(found(&library, "red")[0], "red.png");
    let request = AskRequest { question: "what is red?".into(), ..AskRequest::default() };
    library.ask(&request, &Job::default()).unwrap();
    assert_eq!((house.fakes.texts.alive(), house.fakes.language.alive()), (1, 1));
    assert_eq!(house.engine.release(Duration::from_secs(3600)), 0, "they were used just now");
    // The space and the language model; the library is in use.
    assert_eq!(house.engine.release(Duration::ZERO), 2);
    assert_eq!((house.fakes.texts.alive(), house.fakes.language.alive()), (0, 0));
    assert_eq!(found(&library, "red")[0], "red.png");
    assert_eq!(house.fakes.texts.loads(), 2);
    drop(library);
    assert_eq!(house.engine.release(Duration::ZERO), 2, "the library and the space");
    assert_eq!(found(&house.engine.library("a").unwrap(), "red")[0], "red.png");
}

#[test]
fn a_model_in_use_is_not_given_back() {
    let house = House::new();
    house.coloured("a");
    let library = house.engine.library("a").unwrap();
    let held = house.fakes.texts.hold();
    thread::scope(|scope| {
        let searching = scope.spawn(|| library.search(&search("red"), &Job::default()).unwrap());
        house.fakes.texts.wait_held(1);
        assert_eq!(house.engine.release(Duration::ZERO), 0);
        assert_eq!(house.fakes.texts.alive(), 1);
        drop(held);
        assert_eq!(searching.join().unwrap().hits[0].asset.label(), "red.png");
    });
}

#[test]
fn questions_wait_for_each_other_at_the_language_model() {
    let house = House::new();
    house.coloured("a");
    let library = house.engine.library("a").unwrap();
    let ask = || {
        let request = AskRequest { question: "what is red?".into(), ..AskRequest::default() };
        library.ask(&request, &Job::default()).unwrap()
    };
    thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(ask);
        }
    });
    assert_eq!(house.fakes.language.loads(), 1);
    assert_eq!(house.fakes.language.most_at_once(), 1, "it works for one at a time");
}
