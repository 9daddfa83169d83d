//! Every method that may take long can be stopped in its middle and has a deadline.

use std::{fs, path::PathBuf, thread, time::Duration};

use kinora_engine::{
    AddRequest, AskRequest, BriefFormat, BriefSource, Control, EngineError, ErrorKind, Example,
    FilmRequest, Filter, Job, Library, Mode, TrainRequest,
};
use kinora_testing::fake::Spy;
use kinora_types::{Captioning, FilmSpec, Size, Transition};

use crate::{
    fakes::House,
    many::{found, search},
};

type Method<'a> = Box<dyn Fn(&Job) -> Result<(), EngineError> + Sync + 'a>;

/// Files that the methods need.
struct Files {
    queries: String,
    pictures: PathBuf,
    film: PathBuf,
}

fn files(house: &House) -> Files {
    let home = house.home.path();
    let queries = r#"[{"query": "red", "relevant": ["red.png"]}]"#.to_owned();
    let pictures = home.join("new");
    fs::create_dir_all(&pictures).unwrap();
    image::RgbImage::from_pixel(8, 8, image::Rgb([9, 250, 9]))
        .save(pictures.join("n.png"))
        .unwrap();
    let film = home.join("film.mp4");
    fs::write(&film, "no film, but bytes to be read").unwrap();
    Files { queries, pictures, film }
}

/// By name, what is called, and which models it is held at.
fn methods<'a>(
    house: &'a House,
    library: &'a Library,
    files: &'a Files,
) -> Vec<(&'static str, Option<&'a Spy>, Method<'a>)> {
    let fakes = &house.fakes;
    let method = |call: Method<'a>| call;
    vec![
        (
            "search",
            Some(&fakes.texts),
            method(Box::new(|job| library.search(&search("red"), job).map(drop))),
        ),
        (
            "search_by_motion",
            None,
            Box::new(|job| {
                let like = [Example::Asset("red.png".into())];
                library.search_by_motion(&like, None, &Filter::default(), 3, job).map(drop)
            }),
        ),
        (
            "evaluate",
            Some(&fakes.texts),
            Box::new(|job| library.evaluate(&files.queries, Mode::DenseOnly, job).map(drop)),
        ),
        (
            "add",
            Some(&fakes.images),
            Box::new(|job| {
                let paths = vec![files.pictures.clone()];
                let added = library.add(&AddRequest { paths, ..AddRequest::default() }, job)?;
                // A run that is stopped keeps what it has and says so.
                match added.summary.cancelled {
                    true => Err(kinora_types::Cancelled.into()),
                    false => Ok(()),
                }
            }),
        ),
        (
            "ask",
            Some(&fakes.language),
            Box::new(|job| {
                let question = "what is red?".into();
                library.ask(&AskRequest { question, ..AskRequest::default() }, job).map(drop)
            }),
        ),
        (
            "plan",
            Some(&fakes.texts),
            Box::new(|job| library.plan(&film("A red house."), job).map(drop)),
        ),
        (
            "make",
            Some(&fakes.images),
            Box::new(|job| {
                let request = FilmRequest { overwrite: true, ..film("A red house.") };
                library.make(&request, &house.home.path().join("made.mp4"), job).map(drop)
            }),
        ),
        ("train", None, Box::new(|job| library.train(&training(files), job).map(drop))),
        ("verify", None, Box::new(|job| house.engine.verify(&files.film, None, job).map(drop))),
        ("hear", None, Box::new(|job| house.engine.hear(&files.film, job).map(drop))),
        ("pull", None, Box::new(|job| house.engine.pull(&["places".into()], job))),
    ]
}

/// A film without words in it, so that no font is needed.
pub(crate) fn film(brief: &str) -> FilmRequest {
    let brief = BriefSource::Text { text: brief.into(), format: BriefFormat::Text };
    let spec = FilmSpec {
        size: Size { width: 160, height: 90 },
        fps: 10,
        seconds: 3.0,
        transition: Transition::Cut,
        captions: Captioning::Off,
        seed: 0,
        sound: None,
        stabilisation: None,
    };
    FilmRequest { length_given: true, ..FilmRequest::new(brief, spec) }
}

fn training(files: &Files) -> TrainRequest {
    TrainRequest {
        model: files.pictures.clone(),
        out: None,
        size: None,
        frames: None,
        fps: None,
        options: None,
        steps: 1,
        per_video: 1,
        filter: Filter::default(),
    }
}

#[test]
fn every_method_has_a_deadline() {
    let house = House::new();
    house.coloured("a");
    let (library, files) = (house.engine.library("a").unwrap(), files(&house));
    for (name, _, call) in methods(&house, &library, &files) {
        let error = call(&Job::default().within(Duration::ZERO)).unwrap_err();
        assert!(matches!(error, EngineError::Deadline), "{name}: {error}");
        assert_eq!(error.kind(), ErrorKind::Cancelled);
    }
}

#[test]
fn every_method_that_was_cancelled_before_does_nothing() {
    let house = House::new();
    house.coloured("a");
    let (library, files) = (house.engine.library("a").unwrap(), files(&house));
    for (name, _, call) in methods(&house, &library, &files) {
        let control = Control::default();
        control.cancel();
        let error = call(&Job::new(&control)).unwrap_err();
        assert!(matches!(error, EngineError::Cancelled(_)), "{name}: {error}");
    }
    let fakes = &house.fakes;
    let calls = [&fakes.texts, &fakes.images, &fakes.language].map(Spy::calls);
    assert_eq!(calls, [0, 0, 0]);
}

#[test]
fn every_method_is_stopped_in_its_middle() {
    let house = House::new();
    house.coloured("a");
    let (library, files) = (house.engine.library("a").unwrap(), files(&house));
    for (name, spy, call) in methods(&house, &library, &files) {
        let Some(spy) = spy else { continue };
        let (control, held) = (Control::default(), spy.hold());
        let error = thread::scope(|scope| {
            let working = scope.spawn(|| call(&Job::new(&control)).unwrap_err());
            spy.wait_held(1);
            control.cancel();
            // What a model is at is not broken off; what follows is.
            drop(held);
            working.join().unwrap()
        });
        assert_eq!(error.kind(), ErrorKind::Cancelled, "{name}: {error}");
    }
    // All of it works afterwards.
    assert_eq!(found(&library, "red")[0], "red.png");
}

#[test]
fn a_deadline_that_passes_in_the_middle_is_told_as_such() {
    let house = House::new();
    house.coloured("a");
    let library = house.engine.library("a").unwrap();
    let held = house.fakes.language.hold();
    let error = thread::scope(|scope| {
        let asking = scope.spawn(|| {
            let request = AskRequest { question: "what is red?".into(), ..AskRequest::default() };
            library.ask(&request, &Job::default().within(Duration::from_millis(200))).unwrap_err()
        });
        asking.join().unwrap()
    });
    drop(held);
    assert!(matches!(error, EngineError::Deadline), "{error}");
    assert_eq!(error.kind(), ErrorKind::Cancelled);
}
