//! What people said that pictures do not show, against looks and words, with the fake embedder.
//!
//! Not covered: how a real space ranks; how words are told from compounds (`naming`).

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod library;

use kinora_catalog::{Change, Correction};
use kinora_retrieval::{ClipQuery, Filter, Mode, Query, SearchOutcome, Verdict, retrieve_clips};
use kinora_types::{Control, Fit, Origin, Passage, PassageKind, RejectReason};

use library::{Card, Library, card, id};

const RED: [u8; 3] = [255, 0, 0];
const ORANGE: [u8; 3] = [255, 120, 0];
const BLUE: [u8; 3] = [0, 0, 255];

/// What a person says of the tags of an asset.
fn say(library: &Library, name: &str, not: &[&str], tags: &[&str]) {
    let tag = |text: &&str| Passage {
        kind: PassageKind::Tag,
        text: (*text).to_owned(),
        range: None,
        region: None,
        language: None,
        words: Vec::new(),
        origin: Origin::Person,
    };
    let correction = Correction {
        passages: tags.iter().map(tag).collect(),
        refused: not.iter().map(|word| (*word).to_owned()).collect(),
        refuse_all: false,
    };
    let change = Change::Correct { asset: id(name), kind: PassageKind::Tag, correction };
    library.built.catalog.commit(&[change]).unwrap();
}

fn library() -> Library {
    Library::new(&[
        Card { title: Some("Red square"), ..card("red.png", RED) },
        card("orange.png", ORANGE),
        card("blue.png", BLUE),
    ])
}

fn search(library: &Library, query: &Query) -> SearchOutcome {
    library.searcher().search(query, &Control::default()).unwrap()
}

fn names(outcome: &SearchOutcome) -> Vec<&str> {
    outcome.hits.iter().map(|hit| hit.asset.paths[0].trim_start_matches("/pictures/")).collect()
}

fn reason(outcome: &SearchOutcome, name: &str) -> Option<String> {
    let found = outcome.rejected.iter().find(|c| c.hit.asset.id == id(name))?;
    Some(found.rejected.to_string())
}

#[test]
fn what_a_person_denied_is_not_found_by_looks_or_words() {
    let library = library();
    assert_eq!(names(&search(&library, &Query::text("red")))[0], "red.png");
    say(&library, "red.png", &["red"], &[]);
    for mode in [Mode::Hybrid, Mode::DenseOnly] {
        let outcome = search(&library, &Query { mode, ..Query::text("something red") });
        assert_eq!(names(&outcome)[0], "orange.png", "{mode:?}");
        assert_eq!(outcome.hits[0].scores.dense_rank, Some(1), "it takes no rank from others");
        let expected = "you said that this shows no red";
        assert_eq!(reason(&outcome, "red.png").as_deref(), Some(expected));
        let denied = &outcome.rejected[0];
        assert_eq!(denied.hit.fit, Fit::No(kinora_types::NoFit::Denied), "the best comes first");
        assert_eq!(outcome.best_score, outcome.hits[0].scores.dense);
    }
    let words = Query { mode: Mode::LexicalOnly, ..Query::text("red square") };
    assert_eq!(names(&search(&library, &words)), [""; 0]);
    let ranked = library.searcher().rank(&Query::text("red"), &Control::default()).unwrap();
    assert!(!names(&ranked).contains(&"red.png"), "not where nothing fits either");
    // Restored.
    say(&library, "red.png", &[], &[]);
    assert_eq!(names(&search(&library, &Query::text("red")))[0], "red.png");
}

#[test]
fn where_only_the_denied_fits_nothing_does() {
    let library = Library::new(&[card("red.png", RED), card("blue.png", BLUE)]);
    say(&library, "red.png", &["red"], &[]);
    let outcome = search(&library, &Query::text("red"));
    assert_eq!((outcome.fits, outcome.plan.verdict), (false, Verdict::NothingFits));
    assert!(outcome.hits.is_empty());
}

#[test]
fn only_a_question_for_the_thing_is_concerned() {
    let library = library();
    say(&library, "red.png", &["red"], &[]);
    for text in ["not red", "without any red", "red sign"] {
        let outcome = search(&library, &Query::text(text));
        assert_eq!(names(&outcome)[0], "red.png", "{text}");
    }
    // A longer tag says more.
    say(&library, "red.png", &["red"], &["dark red"]);
    assert_eq!(names(&search(&library, &Query::text("dark red")))[0], "red.png");
    assert_eq!(names(&search(&library, &Query::text("red")))[0], "orange.png");
}

#[test]
fn what_it_does_not_show_does_not_make_it_unwanted() {
    let library = library();
    let query = Query { minus: Some("red".into()), ..Query::text("green") };
    let found = |library: &Library| {
        let outcome = library.searcher().rank(&query, &Control::default()).unwrap();
        outcome.hits.iter().any(|hit| hit.asset.id == id("red.png"))
    };
    assert!(!found(&library));
    say(&library, "red.png", &["red"], &[]);
    assert!(found(&library));
}

#[test]
fn a_near_duplicate_is_the_same_picture() {
    let mut library = library();
    library.add(&[card("copy.png", RED)]);
    say(&library, "red.png", &["red"], &[]);
    for deduplicate in [true, false] {
        let outcome = search(&library, &Query { deduplicate, ..Query::text("red") });
        assert_eq!(names(&outcome)[0], "orange.png", "{deduplicate}");
        let RejectReason::Denied { of: Some(of), .. } = &outcome.rejected[1].rejected else {
            panic!("{:?}", outcome.rejected);
        };
        assert_eq!(*of, id("red.png").short());
    }
    say(&library, "copy.png", &[], &["red"]);
    assert_eq!(names(&search(&library, &Query::text("red")))[0], "copy.png");
}

#[test]
fn what_is_heard_counts_and_what_models_tell_does_not() {
    let mut library = library();
    library.add_video("talk.mp4", &[RED, RED]);
    library.hear("talk.mp4", &[(0, 1, "the red one")]);
    let caption = [("a red wall", None)];
    library.built.perceive(id("red.png"), PassageKind::Caption, &caption);
    say(&library, "talk.mp4", &["red"], &[]);
    say(&library, "red.png", &["red"], &[]);
    let outcome = search(&library, &Query::text("red"));
    let talk = outcome.hits.iter().find(|hit| hit.asset.id == id("talk.mp4")).unwrap();
    assert_eq!((talk.fit, talk.scores.dense), (Fit::Words, None));
    let found =
        library.searcher().passages("red", &Filter::default(), 10, &Control::default()).unwrap();
    assert_eq!(found.len(), 1, "the caption is no proof, what is heard is: {found:?}");
    let clips = retrieve_clips(
        &library.built.catalog,
        &library.built.embedder,
        &ClipQuery::text("red"),
        &Control::default(),
    );
    assert!(clips.unwrap().is_empty(), "nor does a film follow its motion for it");
}

#[test]
fn a_tag_by_hand_counts_however_many_have_it() {
    let many: Vec<String> = (0..14).map(|i| format!("blue-{i}.png")).collect();
    let names_of: Vec<&'static str> = many.iter().map(|name| &*name.clone().leak()).collect();
    let cards: Vec<Card> =
        (0u8..).zip(&names_of).map(|(i, name)| card(name, [i, i, 255])).collect();
    let library = Library::new(&cards);
    for name in &names_of[..9] {
        say(&library, name, &[], &["kite"]);
    }
    let outcome = search(&library, &Query { deduplicate: false, limit: 20, ..Query::text("kite") });
    assert_eq!(outcome.hits.len(), 9);
    assert!(outcome.hits.iter().all(|hit| hit.fit == Fit::Words));
}
