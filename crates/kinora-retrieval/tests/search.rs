//! Questions to a real library: catalogue, index and pipeline together, with the fake embedder.
//!
//! Not covered: how good a real embedding space is (see `kinora eval`); hubness (see `dense`).

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod library;

use kinora_catalog::Change;
use kinora_retrieval::{Filter, Kind, Mode, Query, SearchError, SearchOutcome, Verdict};
use kinora_types::{AssetRow, Control, Fit, GeoPoint, NoFit, RejectReason};
use proptest::prelude::*;

use library::{Card, Library, card, id};

const RED: [u8; 3] = [255, 0, 0];
const BLUE: [u8; 3] = [0, 0, 255];
const GREEN: [u8; 3] = [0, 255, 0];

fn colours() -> Vec<Card> {
    vec![
        Card { title: Some("Submarine"), day: Some("2020-05-01"), ..card("red.png", RED) },
        Card { day: Some("2021-05-01"), place: Some((41.9, 12.5)), ..card("blue.png", BLUE) },
        Card { day: Some("2022-05-01"), place: Some((48.9, 2.35)), ..card("green.png", GREEN) },
        Card { title: Some("Evening by the sea"), ..card("orange.png", [255, 120, 0]) },
    ]
}

fn names(outcome: &SearchOutcome) -> Vec<&str> {
    outcome.hits.iter().map(|hit| hit.asset.paths[0].trim_start_matches("/pictures/")).collect()
}

fn rejected<'a>(outcome: &'a SearchOutcome, name: &str) -> Option<&'a RejectReason> {
    let found = outcome.rejected.iter().find(|c| c.hit.asset.id == id(name));
    found.map(|candidate| &candidate.rejected)
}

#[test]
fn the_nearest_comes_first_with_its_scores() {
    let library = Library::new(&colours());
    let outcome =
        library.searcher().search(&Query::text("something red"), &Control::default()).unwrap();
    assert_eq!(names(&outcome)[..2], ["red.png", "orange.png"]);
    let scores = outcome.hits[0].scores;
    assert_eq!((scores.dense_rank, scores.lexical_rank), (Some(1), None));
    assert!(scores.dense.unwrap() > 0.99 && outcome.best_score == scores.dense);
    assert_eq!((outcome.fits, outcome.plan.verdict), (true, Verdict::DenseFits));
    assert_eq!(outcome.plan.words, ["red"]);
    let stages: Vec<&str> = outcome.plan.stages.iter().map(|s| s.name.as_str()).collect();
    let all = ["filter", "embed", "dense", "lexical", "fuse", "deduplicate", "threshold", "read"];
    assert_eq!(stages, all);
}

#[test]
fn the_limit_cuts_and_says_so() {
    let library = Library::new(&colours());
    let query = Query { limit: 1, ..Query::text("red") };
    let outcome = library.searcher().search(&query, &Control::default()).unwrap();
    assert_eq!(names(&outcome), ["red.png"]);
    assert_eq!(rejected(&outcome, "orange.png"), Some(&RejectReason::OutRanked));
    assert_eq!(rejected(&outcome, "blue.png"), Some(&RejectReason::UnderThreshold));
}

#[test]
fn nothing_fits_is_said_with_the_best_score() {
    let library = Library::new(&colours());
    let outcome =
        library.searcher().search(&Query::text("x-ray of a hand"), &Control::default()).unwrap();
    assert!(!outcome.fits && outcome.hits.is_empty());
    assert_eq!(outcome.plan.verdict, Verdict::NothingFits);
    assert!(outcome.best_score.unwrap() < outcome.threshold.unwrap());
    assert_eq!(rejected(&outcome, "red.png"), Some(&RejectReason::UnderThreshold));
    let ranked =
        library.searcher().rank(&Query::text("x-ray of a hand"), &Control::default()).unwrap();
    assert_eq!((ranked.hits.len(), ranked.fits), (4, false));
}

#[test]
fn own_words_fit_where_the_picture_does_not() {
    let library = Library::new(&colours());
    for (text, mode, found, verdict) in [
        ("a submarine", Mode::Hybrid, &["red.png"][..], Verdict::WordsFit),
        ("submarines", Mode::Hybrid, &["red.png"], Verdict::WordsFit),
        ("submarine at night", Mode::Hybrid, &[], Verdict::NothingFits),
        ("a submarine", Mode::DenseOnly, &[], Verdict::NothingFits),
        ("a submarine", Mode::LexicalOnly, &["red.png"], Verdict::NoThreshold),
        ("submarine at night", Mode::LexicalOnly, &["red.png"], Verdict::NoThreshold),
        ("\"* OR the", Mode::LexicalOnly, &[], Verdict::NoCandidates),
    ] {
        let query = Query { mode, ..Query::text(text) };
        let outcome = library.searcher().search(&query, &Control::default()).unwrap();
        assert_eq!(
            (names(&outcome), outcome.plan.verdict),
            (found.to_vec(), verdict),
            "{text} {mode:?}"
        );
    }
    let outcome =
        library.searcher().search(&Query::text("a submarine"), &Control::default()).unwrap();
    assert_eq!(outcome.hits[0].matched_words, ["submarine"]);
}

/// What each asset's verdict is, by name.
fn fits(outcome: &SearchOutcome) -> Vec<(&str, Fit)> {
    names(outcome).into_iter().zip(outcome.hits.iter().map(|hit| hit.fit)).collect()
}

#[test]
fn every_hit_says_whether_it_answers_and_by_what() {
    let library = Library::new(&[
        Card { title: Some("Red submarine"), ..card("red.png", RED) },
        Card { title: Some("Red submarine"), ..card("blue.png", BLUE) },
        card("orange.png", [255, 120, 0]),
        card("green.png", GREEN),
    ]);
    let no = Fit::No(NoFit::UnderThreshold);
    let outcome =
        library.searcher().search(&Query::text("a red submarine"), &Control::default()).unwrap();
    assert_eq!(outcome.plan.verdict, Verdict::DenseFits);
    // Its words say all of it, whatever the best picture looks like.
    let expected = [
        ("red.png", Fit::Both),
        ("blue.png", Fit::Words),
        ("orange.png", Fit::Look),
        ("green.png", no),
    ];
    assert_eq!(fits(&outcome), expected);
    assert!(outcome.has_all_words(&outcome.hits[1]) && !outcome.has_all_words(&outcome.hits[2]));
    let rows: Vec<AssetRow> = outcome.hits.iter().map(|hit| hit.row).collect();
    let named = library.built.catalog.assets(&rows).unwrap();
    let assets: Vec<_> = named.into_iter().map(|(_, asset)| asset.id).collect();
    assert_eq!(assets, outcome.hits.iter().map(|hit| hit.asset.id).collect::<Vec<_>>());

    let outcome =
        library.searcher().rank(&Query::text("x-ray of a hand"), &Control::default()).unwrap();
    assert!(outcome.hits.iter().all(|hit| hit.fit == no), "{:?}", fits(&outcome));
}

#[test]
fn most_of_the_words_answer_only_beside_one_of_the_nearest_pictures() {
    let others = ["0", "1", "2", "3", "4"].into_iter().zip(0..);
    let mut cards: Vec<Card> = others.map(|(name, i)| card(name, [250 - i, 20, 0])).collect();
    // No picture is green enough, but one is the greenest of them.
    cards.push(Card { title: Some("Harbour at dawn"), ..card("near.png", [255, 120, 0]) });
    cards.push(Card { title: Some("Harbour at dawn"), ..card("far.png", BLUE) });
    let library = Library::new(&cards);
    let query = Query { deduplicate: false, ..Query::text("green harbour dawn") };
    let outcome = library.searcher().rank(&query, &Control::default()).unwrap();
    assert_eq!(outcome.plan.verdict, Verdict::BothAgree);
    let fit = |name: &str| fits(&outcome).into_iter().find(|(found, _)| *found == name).unwrap().1;
    assert_eq!(fit("near.png"), Fit::Both);
    assert_eq!(fit("far.png"), Fit::No(NoFit::PartOfTheWords));
    let outcome = library.searcher().search(&query, &Control::default()).unwrap();
    assert_eq!(names(&outcome), ["near.png"]);
}

#[test]
fn filters_are_exact() {
    let library = Library::new(&colours());
    let day = |text: &str| Some(text.parse().unwrap());
    let rome = GeoPoint { latitude: 41.9, longitude: 12.5 };
    for (filter, found) in [
        (Filter { after: day("2021-05-01"), ..Filter::default() }, &["blue.png", "green.png"][..]),
        (Filter { before: day("2021-05-01"), ..Filter::default() }, &["blue.png", "red.png"]),
        (Filter { near: Some((rome, 100.0)), ..Filter::default() }, &["blue.png"]),
        (
            Filter { only: Some(vec![id("green.png"), id("none")]), ..Filter::default() },
            &["green.png"],
        ),
        (
            Filter {
                only: Some(vec![id("green.png")]),
                before: day("2021-01-01"),
                ..Filter::default()
            },
            &[],
        ),
        (Filter { only: Some(Vec::new()), ..Filter::default() }, &[]),
    ] {
        let query = Query { filter, ..Query::text("submarine red green blue") };
        let outcome = library.searcher().rank(&query, &Control::default()).unwrap();
        let mut names = names(&outcome);
        names.sort_unstable();
        assert_eq!(names, found);
        assert_eq!(outcome.plan.verdict == Verdict::NoCandidates, found.is_empty());
    }
}

#[test]
fn of_near_duplicates_the_best_stays() {
    let mut library = Library::new(&colours());
    library.add(&[card("red-2.png", [255, 1, 0]), card("red-3.png", [255, 2, 0])]);
    let searcher = library.searcher();
    let outcome = searcher.search(&Query::text("red"), &Control::default()).unwrap();
    assert_eq!(names(&outcome)[..2], ["red.png", "orange.png"]);
    let of = RejectReason::Duplicate { of: id("red.png").short() };
    assert_eq!(rejected(&outcome, "red-2.png"), Some(&of));
    let folded: Vec<usize> = outcome.hits.iter().map(|hit| hit.near_duplicates).collect();
    assert_eq!(folded[..2], [2, 0], "the hit says how many are folded under it");
    let both = Query { deduplicate: false, ..Query::text("red") };
    assert_eq!(
        names(&searcher.search(&both, &Control::default()).unwrap())[..3],
        ["red.png", "red-2.png", "red-3.png"]
    );
    let next = Query { exclude: vec![id("red-3.png")], ..Query::text("red") };
    let outcome = searcher.search(&next, &Control::default()).unwrap();
    assert_eq!(names(&outcome)[0], "orange.png", "copies of what is used are used up too");
    assert_eq!(rejected(&outcome, "red-3.png"), Some(&RejectReason::AlreadyUsed));
    let of = RejectReason::Duplicate { of: id("red-3.png").short() };
    assert_eq!(rejected(&outcome, "red.png"), Some(&of));
}

#[test]
fn pictures_and_mixes_and_the_unwanted() {
    let library = Library::new(&colours());
    let searcher = library.searcher();
    let like = |colour| vec![library.picture(colour)];
    let picture = Query { like: like(RED), ..Query::default() };
    let outcome = searcher.search(&picture, &Control::default()).unwrap();
    assert_eq!(names(&outcome)[0], "orange.png", "the given picture itself is left out");
    assert_eq!((outcome.threshold, outcome.plan.verdict), (None, Verdict::NoThreshold));
    let mixed = Query { like: like([250, 0, 5]), text_weight: 0.4, ..Query::text("blue") };
    let outcome = searcher.search(&mixed, &Control::default()).unwrap();
    assert_eq!(names(&outcome)[0], "red.png");
    assert!(
        outcome.threshold.is_some() && outcome.best_score.unwrap() > 0.99,
        "blue fits the words"
    );
    let minus = Query { minus: Some("green".into()), ..Query::text("yellow") };
    let outcome = searcher.rank(&minus, &Control::default()).unwrap();
    assert!(!names(&outcome).contains(&"green.png"));
    let by_words = Query { minus: Some("submarine".into()), ..Query::text("red") };
    assert!(!names(&searcher.rank(&by_words, &Control::default()).unwrap()).contains(&"red.png"));
}

#[test]
fn diversity_shows_different_pictures_first() {
    let cards = [card("a.png", RED), card("b.png", [255, 25, 0]), card("c.png", [255, 0, 200])];
    let library = Library::new(&cards);
    let order = |diversity| {
        let query = Query { diversity, limit: 2, ..Query::text("red") };
        names(&library.searcher().search(&query, &Control::default()).unwrap()).join(" ")
    };
    assert_eq!(order(None), "a.png b.png");
    assert_eq!(order(Some(1.0)), "a.png b.png");
    assert_eq!(order(Some(0.2)), "a.png c.png");
}

#[test]
fn what_cannot_be_asked_is_refused() {
    let library = Library::new(&colours());
    for query in [
        Query::default(),
        Query::text("  "),
        Query { limit: 0, ..Query::text("red") },
        Query { text_weight: f32::NAN, ..Query::text("red") },
        Query { diversity: Some(2.0), ..Query::text("red") },
        Query { mode: Mode::LexicalOnly, like: vec![library.picture(RED)], ..Query::default() },
        Query { minus: Some("red".into()), ..Query::default() },
    ] {
        let refused = library.searcher().search(&query, &Control::default());
        assert!(matches!(refused, Err(SearchError::Query(_))), "{query:?}");
    }
    let empty = Library::new(&[]);
    let outcome = empty.searcher().search(&Query::text("red"), &Control::default()).unwrap();
    assert_eq!((outcome.fits, outcome.plan.verdict), (false, Verdict::NoCandidates));
}

#[test]
fn what_vanished_is_not_found() {
    let mut library = Library::new(&colours());
    let path = "/pictures/red.png".to_owned();
    library.built.catalog.commit(&[Change::Vanished { path }]).unwrap();
    // Before the index has heard of it, too.
    let stale = library.searcher().search(&Query::text("red"), &Control::default()).unwrap();
    assert_eq!(names(&stale), ["orange.png", "blue.png", "green.png"]);
    assert_eq!(rejected(&stale, "red.png"), Some(&RejectReason::Unavailable));
    library.add(&[]);
    let outcome = library.searcher().search(&Query::text("red"), &Control::default()).unwrap();
    assert_eq!(rejected(&outcome, "red.png"), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn every_answer_keeps_the_rules(
        colours in prop::collection::vec(prop::array::uniform3(0u8..=255), 1..25),
        words in prop::collection::vec(prop::sample::select(vec!["red", "green", "blue", "sea", "tom"]), 1..4),
        limit in 1usize..8,
        excluded in 0usize..25,
        diversity in prop::option::of(0f32..=1.0),
    ) {
        const NAMES: [&str; 25] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12",
            "13", "14", "15", "16", "17", "18", "19", "20", "21", "22", "23", "24"];
        let title = |at: usize| Some(["red sea", "tom", "blue", "a"][at % 4]);
        let cards: Vec<Card> = colours.iter().enumerate()
            .map(|(at, colour)| Card { title: title(at), ..card(NAMES[at], *colour) }).collect();
        let library = Library::new(&cards);
        let exclude = vec![id(NAMES[excluded])];
        let query = Query { limit, exclude: exclude.clone(), diversity, ..Query::text(words.join(" ")) };
        let searcher = library.searcher();
        let outcome = searcher.search(&query, &Control::default()).unwrap();
        prop_assert!(outcome.hits.len() <= limit);
        prop_assert_eq!(outcome.fits, !outcome.hits.is_empty());
        let ranks: Vec<usize> = outcome.hits.iter().map(|hit| hit.rank).collect();
        prop_assert_eq!(ranks, (1..=outcome.hits.len()).collect::<Vec<_>>());
        let mut ids: Vec<_> = outcome.hits.iter().map(|hit| hit.asset.id).collect();
        prop_assert!(ids.iter().all(|id| !exclude.contains(id)));
        ids.extend(outcome.rejected.iter().map(|candidate| candidate.hit.asset.id));
        ids.sort_unstable();
        let count = ids.len();
        ids.dedup();
        prop_assert_eq!(ids.len(), count, "taken and rejected are disjoint");
        let again = library.searcher().search(&query, &Control::default()).unwrap();
        prop_assert_eq!((again.hits, again.rejected), (outcome.hits, outcome.rejected));
    }
}

#[test]
fn a_video_is_found_by_its_best_moment() {
    let mut library = Library::new(&colours());
    library.add_video("day.mp4", &[BLUE, BLUE, RED, RED, RED, BLUE, GREEN, BLUE, RED, BLUE]);
    let videos = Filter { kind: Some(Kind::Video), ..Filter::default() };
    let query = Query { filter: videos, ..Query::text("red") };
    let outcome = library.searcher().search(&query, &Control::default()).unwrap();
    assert_eq!(names(&outcome), ["day.mp4"]);
    let spans: Vec<_> = outcome.hits[0]
        .moments
        .iter()
        .map(|moment| (moment.range.start_ms(), moment.range.end_ms()))
        .collect();
    assert_eq!(spans, [(1500, 4500), (7500, 8500)]);
    assert!(outcome.hits[0].scores.dense.unwrap() > 0.99);

    // A picture and a video are no near-duplicates, even if a frame of the one is the other.
    let outcome = library.searcher().search(&Query::text("red"), &Control::default()).unwrap();
    assert_eq!(names(&outcome)[0], "red.png");
    assert!(names(&outcome).contains(&"day.mp4"));
    let pictures = Filter { kind: Some(Kind::Picture), ..Filter::default() };
    let outcome = library
        .searcher()
        .rank(&Query { filter: pictures, ..Query::text("red") }, &Control::default())
        .unwrap();
    assert!(!names(&outcome).contains(&"day.mp4"));
}

#[test]
fn a_long_video_does_not_crowd_out_pictures() {
    let mut library = Library::new(&colours());
    let frames: Vec<[u8; 3]> = (0..900).map(|i| [255, (i % 100) as u8, 0]).collect();
    library.add_video("long.mp4", &frames);
    let query = Query { limit: 5, ..Query::text("red") };
    let query = Query { deduplicate: false, ..query };
    let outcome = library.searcher().rank(&query, &Control::default()).unwrap();
    let mut found = names(&outcome);
    found.sort_unstable();
    assert_eq!(found, ["blue.png", "green.png", "long.mp4", "orange.png", "red.png"]);
}

#[test]
fn a_file_is_found_by_its_number_whatever_it_looks_like() {
    let library = Library::new(&[
        card("IMG_2041.png", GREEN),
        card("IMG_0041.png", GREEN),
        card("scan_0012 b.png", BLUE),
        card("red 7.png", GREEN),
        Card { title: Some("red"), ..card("red.png", RED) },
    ]);
    let found =
        |text: &str| library.searcher().search(&Query::text(text), &Control::default()).unwrap();
    for (text, expected) in [
        ("IMG_2041", &["IMG_2041.png"][..]),
        ("img_41.png", &["IMG_0041.png"]),
        ("2041", &["IMG_2041.png"]),
        ("scan 12", &["scan_0012 b.png"]),
    ] {
        let outcome = found(text);
        assert_eq!(names(&outcome), expected, "{text} {:?}", outcome.plan);
        assert_eq!(outcome.hits[0].fit, Fit::Words);
    }
    // A name that may mean something else comes first, and the rest follows.
    assert_eq!(names(&found("red 7"))[..2], ["red 7.png", "red.png"]);
    let dense = Query { mode: Mode::DenseOnly, ..Query::text("red 7") };
    let outcome = library.searcher().search(&dense, &Control::default()).unwrap();
    assert_eq!(names(&outcome)[0], "red.png");
    let after = Filter { after: "2020-01-01".parse().ok(), ..Filter::default() };
    let filtered = Query { filter: after, ..Query::text("IMG_2041") };
    assert!(!library.searcher().search(&filtered, &Control::default()).unwrap().fits);
}
