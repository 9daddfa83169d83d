//! Questions that are answered by what is said, to the second. Not covered: how well it was heard.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod library;

use kinora_retrieval::{Filter, Kind, Mode, Query, SearchOutcome, Verdict};
use kinora_types::{Basis, Control, Hit};

use library::{Library, card};

const RED: [u8; 3] = [255, 0, 0];
const BLUE: [u8; 3] = [0, 0, 255];

/// A picture, a video with a red part, and a recording.
fn library() -> Library {
    let mut library = Library::new(&[card("green.png", [0, 255, 0])]);
    library.add_video("tour.mp4", &[BLUE, BLUE, RED, RED, BLUE, BLUE, BLUE, BLUE, BLUE, BLUE]);
    library.add_recording("talk.mp3", 3600);
    library
        .hear("tour.mp4", &[(1, 3, "Here comes the double-decker bus."), (8, 9, "That is all.")]);
    library.hear(
        "talk.mp3",
        &[
            (60, 63, "The harbour was built in winter."),
            (64, 66, "Ships waited outside."),
            (3000, 3004, "A lighthouse keeper lived there."),
        ],
    );
    library
}

fn ask(library: &Library, query: &Query) -> SearchOutcome {
    library.searcher().search(query, &Control::default()).unwrap()
}

fn spans(hit: &Hit) -> Vec<(u64, u64, Basis)> {
    hit.moments.iter().map(|m| (m.range.start_ms(), m.range.end_ms(), m.by)).collect()
}

#[test]
fn a_recording_is_found_by_what_is_said_in_it() {
    let outcome = ask(&library(), &Query::text("ships at the harbour"));
    assert_eq!(outcome.plan.verdict, Verdict::WordsFit);
    let [hit] = &outcome.hits[..] else { panic!("{:?}", outcome.hits) };
    assert_eq!(hit.asset.kind(), Kind::Audio);
    assert_eq!(spans(hit), [(60_000, 66_000, Basis::Words)]);
    let said: Vec<&str> = hit.passages.iter().map(|p| p.text.as_str()).collect();
    assert!(said.contains(&"Ships waited outside."), "{said:?}");
}

#[test]
fn words_said_far_apart_are_no_answer() {
    let outcome = ask(&library(), &Query::text("harbour lighthouse"));
    assert!(!outcome.fits, "{:?}", outcome.hits);
    assert_eq!(outcome.plan.verdict, Verdict::NothingFits);
}

#[test]
fn what_is_seen_and_said_at_once_is_one_moment() {
    let outcome = ask(&library(), &Query::text("red bus"));
    let hit = &outcome.hits[0];
    assert_eq!(spans(hit)[0], (1000, 3500, Basis::Both));
    assert_eq!(hit.matched_words, ["bus"]);
}

#[test]
fn words_alone_and_pictures_alone_keep_to_themselves() {
    let library = library();
    let words = Query { mode: Mode::LexicalOnly, ..Query::text("bus") };
    assert_eq!(spans(&ask(&library, &words).hits[0]), [(1000, 3000, Basis::Words)]);
    let dense = Query { mode: Mode::DenseOnly, ..Query::text("red bus") };
    assert!(ask(&library, &dense).hits.iter().all(|hit| hit.passages.is_empty()));
}

#[test]
fn filters_hold_for_what_is_said_too() {
    let long = Filter { at_most_ms: Some(60_000), ..Filter::default() };
    let outcome = ask(&library(), &Query { filter: long, ..Query::text("ships at the harbour") });
    assert!(outcome.hits.is_empty());
    let quiet = Filter { speech: Some(false), ..Filter::default() };
    let query = Query { filter: quiet, mode: Mode::LexicalOnly, ..Query::text("bus") };
    assert!(ask(&library(), &query).hits.is_empty());
}
