//! Clips for a video model, on a real catalogue of videos of one colour or two.
//!
//! Not covered: real videos and networks; how well retrieved motion fits is the business of `bench/ragme`.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod library;

use kinora_retrieval::{ClipQuery, ClipTarget, Filter, RetrievedClip, SearchError, retrieve_clips};
use kinora_types::Control;
use library::{Library, card, id};

const RED: [u8; 3] = [255, 0, 0];
const GREEN: [u8; 3] = [0, 255, 0];

fn names(found: &[RetrievedClip]) -> Vec<String> {
    found.iter().map(|clip| clip.asset.paths[0].trim_start_matches("/pictures/").into()).collect()
}

fn find(library: &Library, query: &ClipQuery) -> Result<Vec<RetrievedClip>, SearchError> {
    retrieve_clips(&library.built.catalog, &library.built.embedder, query, &Control::default())
}

/// A picture, a red video with a copy, and videos that turn from red to green.
fn library() -> Library {
    let mut library = Library::new(&[card("red.png", RED)]);
    library.add_video("red.mp4", &[RED; 3]);
    library.add_video("copy.mp4", &[RED; 2]);
    library.add_video("orange.mp4", &[[255, 120, 0]; 2]);
    library.add_video("yellow.mp4", &[[255, 180, 0], [255, 255, 0], [200, 255, 0]]);
    library.add_video("green.mp4", &[GREEN]);
    library
}

#[test]
fn a_prompt_finds_the_nearest_videos_without_their_copies() {
    let library = library();
    let found = find(&library, &ClipQuery::text("a red ball")).unwrap();
    assert_eq!(names(&found), ["red.mp4", "orange.mp4", "yellow.mp4", "green.mp4"]);
    assert!(found.windows(2).all(|pair| pair[0].similarity > pair[1].similarity));
    let times: Vec<u64> = found[0].frames.iter().map(|(at, _)| *at).collect();
    assert_eq!(times, [0, 1000, 2000], "the frames come along in order");
    let two = find(&library, &ClipQuery { k: 2, ..ClipQuery::text("red") }).unwrap();
    assert_eq!(names(&two), ["red.mp4", "orange.mp4"]);
}

#[test]
fn the_moment_is_where_the_prompt_is_nearest() {
    let found = find(&library(), &ClipQuery::text("green")).unwrap();
    let yellow = found.iter().find(|clip| clip.asset.id == id("yellow.mp4")).unwrap();
    assert_eq!(yellow.moment_ms, 2000);
}

#[test]
fn a_video_is_not_its_own_neighbour_and_nor_is_a_copy() {
    let library = library();
    let found = find(&library, &ClipQuery::video(id("red.mp4"))).unwrap();
    assert_eq!(names(&found), ["orange.mp4", "green.mp4"], "from 0.94 on two videos are one");
    // Without a limit the copy is let in, the video itself never.
    let open = ClipQuery { max_similarity: None, ..ClipQuery::video(id("red.mp4")) };
    assert_eq!(names(&find(&library, &open).unwrap())[0], "copy.mp4");
}

#[test]
fn what_hangs_together_is_one_clip() {
    let mut library = Library::new(&[]);
    // Each is near to the next, the ends are not near to each other.
    library.add_video("a.mp4", &[RED]);
    library.add_video("b.mp4", &[[255, 40, 0]]);
    library.add_video("c.mp4", &[[255, 80, 0]]);
    let near = |duplicate_threshold| ClipQuery { duplicate_threshold, ..ClipQuery::text("red") };
    assert_eq!(names(&find(&library, &near(0.98)).unwrap()), ["a.mp4"]);
    assert_eq!(find(&library, &near(0.9999)).unwrap().len(), 3);
}

#[test]
fn filters_hold_and_wrong_questions_are_told() {
    let library = library();
    let only = Filter { only: Some(vec![id("green.mp4"), id("red.png")]), ..Filter::default() };
    let found = find(&library, &ClipQuery { filter: only, ..ClipQuery::text("red") }).unwrap();
    assert_eq!(names(&found), ["green.mp4"], "a picture does not move");
    let none = ClipQuery { k: 0, ..ClipQuery::text("red") };
    assert!(matches!(find(&library, &none), Err(SearchError::Query(_))));
    let unknown = ClipQuery { target: ClipTarget::Video(id("no")), ..ClipQuery::text("") };
    assert!(matches!(find(&library, &unknown), Err(SearchError::Query(_))));
}
