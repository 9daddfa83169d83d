//! Evaluation and the index following the catalogue.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod library;

use kinora_catalog::Catalog;
use kinora_index::{Embedded, Entry, IndexRead, IndexWrite, Point};
use kinora_retrieval::{JudgedMoment, Judgement, Mode, Query, SearchError, Synced, evaluate, sync};
use kinora_types::Control;

use library::{Library, card};

fn judgement(query: &str, relevant: &[&str]) -> Judgement {
    let relevant = relevant.iter().map(ToString::to_string).collect();
    Judgement { query: query.into(), relevant, moments: Vec::new() }
}

fn three_cards() -> Library {
    Library::new(&[
        card("red.png", [255, 0, 0]),
        card("green.png", [0, 255, 0]),
        card("blue.png", [0, 0, 255]),
    ])
}

#[test]
fn recall_is_counted_apart_from_abstention() {
    let library = three_cards();
    let judgements = [
        judgement("red", &["red.png"]),
        judgement("green", &["blue.png"]),
        judgement("a submarine", &["green.png"]),
        judgement("an x-ray", &[]),
        judgement("blue", &[]),
    ];
    let report =
        evaluate(&library.searcher(), &judgements, Mode::DenseOnly, &Control::default()).unwrap();
    assert_eq!((report.answerable, report.unanswerable), (3, 2));
    assert_eq!((report.abstained_correctly, report.abstained_wrongly), (1, 1));
    let ranks: Vec<Option<usize>> = report.queries.iter().map(|q| q.rank).collect();
    assert_eq!(ranks[0], Some(1));
    assert!(ranks[1] > Some(1) && ranks[2].is_some(), "ranked although nothing fits: {ranks:?}");
    assert!(
        (report.recall_at_1 - ranks.iter().filter(|r| **r == Some(1)).count() as f64 / 3.0).abs()
            < 1e-9
    );
    assert_eq!(report.recall_at_5, 1.0);
    let json = serde_json::to_value(&report).unwrap();
    for field in ["recall_at_1", "recall_at_5", "mrr", "abstained_correctly", "abstained_wrongly"] {
        assert!(json[field].is_number(), "{field}");
    }
}

#[test]
fn gain_falls_with_the_place() {
    let library = three_cards();
    let judgements = [
        judgement("red", &["red.png"]),
        judgement("red", &["green.png", "blue.png"]),
        judgement("an x-ray", &[]),
    ];
    let report =
        evaluate(&library.searcher(), &judgements, Mode::DenseOnly, &Control::default()).unwrap();
    let gains: Vec<f64> = report.queries.iter().map(|q| q.ndcg_at_10).collect();
    let (second, third) = (1.0 / 3f64.log2(), 0.5);
    let behind = (second + third) / (1.0 + second);
    assert!((gains[0] - 1.0).abs() < 1e-9 && (gains[1] - behind).abs() < 1e-9, "{gains:?}");
    assert!(
        (report.ndcg_at_10 - f64::midpoint(1.0, behind)).abs() < 1e-9,
        "of the answerable ones"
    );
    assert_eq!(report.moments, None);
}

#[test]
fn moments_are_right_if_half_of_them_meet() {
    const RED: [u8; 3] = [255, 0, 0];
    const BLUE: [u8; 3] = [0, 0, 255];
    let mut library = Library::new(&[]);
    library.add_video("film.mp4", &[RED, RED, RED, BLUE, BLUE, BLUE, BLUE, BLUE]);
    let judged = |query: &str, start, end| Judgement {
        moments: vec![JudgedMoment { file: "film.mp4".into(), start, end }],
        ..judgement(query, &["film.mp4"])
    };
    // Told are 0 to 2.5 s of red.
    let judgements = [judged("red", 0.0, 2.5), judged("red", 2.0, 8.0), judged("red", 0.0, 2.0)];
    let report =
        evaluate(&library.searcher(), &judgements, Mode::DenseOnly, &Control::default()).unwrap();
    let fits: Vec<_> = report.queries.iter().map(|q| q.moments.unwrap()).collect();
    let ranks: Vec<_> = fits.iter().map(|fit| fit.rank).collect();
    assert_eq!(ranks, [Some(1), None, Some(1)]);
    let expected = [1.0, 0.5 / 8.0, 0.8];
    assert!(fits.iter().zip(expected).all(|(fit, e)| (fit.best_iou - e).abs() < 1e-9), "{fits:?}");
    let moments = report.moments.unwrap();
    assert_eq!(moments.judged, 3);
    assert!((moments.recall_at_1_iou_50 - 2.0 / 3.0).abs() < 1e-9);
    assert!((moments.mean_best_iou - expected.iter().sum::<f64>() / 3.0).abs() < 1e-9);
}

#[test]
fn judgements_are_checked() {
    let backward =
        r#"[{"query": "x", "relevant": ["a"], "moments": [{"file": "a", "start": 2, "end": 1}]}]"#;
    let stray =
        r#"[{"query": "x", "relevant": ["a"], "moments": [{"file": "b", "start": 0, "end": 1}]}]"#;
    for bad in [
        "",
        "[]",
        "{}",
        r#"[{"query": "x"}]"#,
        r#"[{"query": " ", "relevant": []}]"#,
        backward,
        stray,
    ] {
        assert!(matches!(Judgement::parse(bad), Err(SearchError::Judgements { .. })), "{bad}");
    }
    let good = r#"[{"query": "a hen", "relevant": ["hen.webp"]}, {"query": "x", "relevant": []}]"#;
    assert_eq!(
        Judgement::parse(good).unwrap(),
        [judgement("a hen", &["hen.webp"]), judgement("x", &[])]
    );
    let library = Library::new(&[card("red.png", [255, 0, 0])]);
    let unknown = [judgement("red", &["red.png", "hen.webp"])];
    let error =
        evaluate(&library.searcher(), &unknown, Mode::Hybrid, &Control::default()).unwrap_err();
    assert_eq!(error.to_string(), "1 judged files are not in library `test`: `hen.webp`");
    assert!(error.hint().is_some());
}

#[test]
fn the_index_follows_the_catalogue() {
    let mut library = Library::new(&[card("red.png", [255, 0, 0])]);
    let quiet = sync(&library.built.catalog, &mut library.index, &Control::default()).unwrap();
    assert_eq!(quiet, Synced::default());
    // Another process opens the same library, adds, and leaves; ours has not looked yet.
    let other = Catalog::open(library.built.catalog.folder()).unwrap();
    let mut other_index =
        Embedded::open(&library.built.catalog.folder().join("index"), "fake-colour@1", 3).unwrap();
    library.add(&[card("blue.png", [0, 0, 255])]);
    assert_eq!(sync(&other, &mut other_index, &Control::default()).unwrap().written, 1);
    assert_eq!(other_index.len(), 2);
    drop(other_index);
    let reopened =
        Embedded::open(&library.built.catalog.folder().join("index"), "fake-colour@1", 3).unwrap();
    assert_eq!((reopened.len(), reopened.mark()), (2, library.built.catalog.revision().unwrap()));
}

#[test]
fn an_index_of_another_catalogue_is_rebuilt() {
    let mut library = Library::new(&[card("red.png", [255, 0, 0])]);
    let stray = Entry { id: Point(77), vector: vec![0.0, 0.0, 1.0] };
    library.index.upsert(std::slice::from_ref(&stray)).unwrap();
    library.index.flush(1_000).unwrap();
    let synced = sync(&library.built.catalog, &mut library.index, &Control::default()).unwrap();
    assert!(synced.rebuilt && library.index.len() == 1, "ahead of the catalogue");
    library.index.upsert(&[stray]).unwrap();
    library.index.flush(library.index.mark()).unwrap();
    library.add(&[card("blue.png", [0, 0, 255])]);
    assert_eq!(library.index.len(), 2, "another number of points");
    let outcome = library.searcher().search(&Query::text("blue"), &Control::default()).unwrap();
    assert_eq!(outcome.hits[0].asset.paths, ["/pictures/blue.png"]);
}
