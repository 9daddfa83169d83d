//! What travels: requests are read, events and kinds of errors are written and read.

use std::sync::{Arc, Mutex};

use kinora_engine::{
    AddRequest, AskRequest, ErrorKind, Event, Example, Job, Place, RemoveRequest, SearchRequest,
};

use crate::fakes::House;

#[test]
fn requests_are_read_from_json_and_unknown_words_are_refused() {
    let text = r#"{"text": "red", "like": [{"asset": "a.png"}], "near": [{"city": "Rome"}, 5.0], "limit": 3}"#;
    let request: SearchRequest = serde_json::from_str(text).unwrap();
    assert_eq!((request.text.as_deref(), request.limit), (Some("red"), 3));
    assert_eq!(request.like, [Example::Asset("a.png".into())]);
    assert_eq!(request.near, Some((Place::City("Rome".into()), 5.0)));
    assert!(request.deduplicate, "what is not said is as by default");
    let request: AskRequest = serde_json::from_str(r#"{"question": "who?"}"#).unwrap();
    assert_eq!(request.question, "who?");
    let request: AddRequest = serde_json::from_str(r#"{"paths": ["/a"]}"#).unwrap();
    assert!(request.index_names && !request.captions && !request.resume);
    let request: RemoveRequest = serde_json::from_str(r#"{"references": ["a.png"]}"#).unwrap();
    assert!(!request.dry_run && request.references == ["a.png"]);
    assert!(serde_json::from_str::<SearchRequest>(r#"{"txet": "red"}"#).is_err());
}

#[test]
fn the_default_request_lacks_only_what_to_look_for() {
    let house = House::new();
    house.coloured("a");
    let library = house.engine.library("a").unwrap();
    let error = library.search(&SearchRequest::default(), &Job::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    let request = SearchRequest { text: Some("red".into()), ..SearchRequest::default() };
    assert_eq!(library.search(&request, &Job::default()).unwrap().hits[0].asset.label(), "red.png");
}

#[test]
fn every_event_survives_json() {
    let house = House::new();
    let pictures = house.home.path().join("new");
    std::fs::create_dir_all(&pictures).unwrap();
    image::RgbImage::from_pixel(8, 8, image::Rgb([250, 0, 0]))
        .save(pictures.join("a.png"))
        .unwrap();
    std::fs::write(pictures.join("b.png"), "no picture").unwrap();
    std::fs::write(pictures.join("c.svg"), "<svg/>").unwrap();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let (library, keep) = (house.engine.library_or_new("a", None).unwrap(), Arc::clone(&heard));
    let job = Job::default().on_event(move |event| keep.lock().unwrap().push(event));
    let request = AddRequest { paths: vec![pictures], ..AddRequest::default() };
    library.add(&request, &job).unwrap();
    let request = AskRequest { question: "what is red?".into(), ..AskRequest::default() };
    library.ask(&request, &job).unwrap();
    let heard = heard.lock().unwrap();
    for event in heard.iter() {
        let text = serde_json::to_string(event).unwrap();
        assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), *event, "{text}");
    }
    let has = |test: &dyn Fn(&Event) -> bool| heard.iter().any(test);
    assert!(has(&|event| matches!(event, Event::Found { .. })), "{heard:?}");
    assert!(has(&|event| matches!(event, Event::Added(_))));
    assert!(has(&|event| matches!(event, Event::Progress(_))));
    assert!(has(&|event| matches!(event, Event::Failed(_))));
    assert!(has(&|event| matches!(event, Event::LeftOut(_))));
    assert!(has(&|event| matches!(event, Event::Answering { model: Some(_) })));
    assert!(has(&|event| matches!(event, Event::Sentence(_))));
}
