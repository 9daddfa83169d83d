//! What machines find, what people say of it, and how both are found by words.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::collections::BTreeSet;

use jiff::Timestamp;
use kinora_catalog::{Catalog, Change, Correction, Description, FileEntry, Filter, Kind, NewAsset};
use kinora_types::{
    Asset, AssetId, AssetRow, ContentHash, EmbeddingSpace, Origin, Passage, PassageKind, Rights,
    TimeRange, TimedWord,
};
use tempfile::TempDir;

const MODEL: &str = "model@1";

/// A library with one recording.
fn library() -> (TempDir, Catalog, AssetId) {
    let folder = TempDir::new().unwrap();
    let space =
        EmbeddingSpace { name: "s".into(), revision: "1".into(), dimension: 2, normalised: true };
    let catalog = Catalog::create(&folder.path().join("lib"), "lib", &space).unwrap();
    let id = AssetId(ContentHash::of(b"talk"));
    let asset = Asset {
        id,
        size: None,
        bytes: 7,
        format: "mp3".into(),
        paths: vec![],
        taken_at: None,
        date_basis: None,
        place: None,
        camera: None,
        title: None,
        caption: None,
        keywords: vec![],
        rights: Rights::default(),
        duration_ms: Some(60_000),
        added_at: Timestamp::UNIX_EPOCH,
    };
    let new = NewAsset {
        asset,
        file: FileEntry { path: "/a/talk.mp3".into(), bytes: 7, mtime_ns: 1 },
        names: vec!["talk".into()],
        index_words: true,
        embedding: None,
        phash: 0,
        frames: Vec::new(),
        signature: None,
        near_duplicates: Vec::new(),
    };
    catalog.commit(&[Change::Add(Box::new(new))]).unwrap();
    (folder, catalog, id)
}

fn passage(kind: PassageKind, text: &str, range: Option<(u64, u64)>) -> Passage {
    Passage {
        kind,
        text: text.into(),
        range: range.map(|(start, end)| TimeRange::new(start, end).unwrap()),
        region: None,
        language: (kind == PassageKind::Speech).then(|| "en".into()),
        words: Vec::new(),
        origin: Origin::Machine { model: MODEL.into(), confidence: Some(0.75) },
    }
}

fn perceive(catalog: &Catalog, asset: AssetId, kind: PassageKind, found: Vec<Passage>) {
    let change = Change::Perceived { asset, kind, model: MODEL.into(), found: Ok(found) };
    catalog.commit(&[change]).unwrap();
}

fn correct(catalog: &Catalog, asset: AssetId, kind: PassageKind, correction: Correction) {
    catalog.commit(&[Change::Correct { asset, kind, correction }]).unwrap();
}

fn texts(catalog: &Catalog) -> Vec<String> {
    catalog.passages(AssetRow(1)).unwrap().into_iter().map(|passage| passage.text).collect()
}

fn found(catalog: &Catalog, word: &str) -> Vec<Option<(u64, u64)>> {
    let hits = catalog.lexical_passages(&[word.to_owned()]).unwrap();
    let bounds = |range: TimeRange| (range.start_ms(), range.end_ms());
    hits.into_iter().map(|hit| hit.range.map(bounds)).collect()
}

#[test]
fn a_recording_comes_back_without_picture_or_vector() {
    let (_folder, catalog, id) = library();
    let asset = catalog.asset(&id).unwrap().unwrap();
    assert_eq!((asset.kind(), asset.size), (Kind::Audio, None));
    assert_eq!(catalog.embedding(&id).unwrap(), None);
    assert_eq!(catalog.point_count().unwrap(), 0);
    let counts = catalog.count_by_kind().unwrap().map(|(_, count)| count);
    assert_eq!(counts, [0, 0, 1]);
    assert!(catalog.changes_since(0, 10).unwrap().is_empty());
    assert!(catalog.perceptual_hashes().unwrap().is_empty());
    assert!(catalog.unanalysed().unwrap().is_empty());
    for (kind, passes) in [(Kind::Audio, true), (Kind::Video, false), (Kind::Picture, false)] {
        let filter = Filter { kind: Some(kind), ..Filter::default() };
        assert_eq!(catalog.filter(&filter).unwrap().unwrap().len(), usize::from(passes));
    }
}

#[test]
fn what_was_said_is_found_with_its_time() {
    let (_folder, catalog, id) = library();
    let mut said = passage(PassageKind::Speech, "The dogs are barking.", Some((4000, 6000)));
    said.words = vec![TimedWord { text: "The".into(), range: TimeRange::new(4000, 4200).unwrap() }];
    let mut sign = passage(PassageKind::Text, "EXIT", None);
    sign.region = Some([[0.0, 0.0], [0.5, 0.0], [0.5, 0.1], [0.0, 0.1]]);
    perceive(&catalog, id, PassageKind::Speech, vec![said.clone()]);
    perceive(&catalog, id, PassageKind::Text, vec![sign.clone()]);
    assert_eq!(catalog.passages(AssetRow(1)).unwrap(), [said, sign]);
    assert_eq!(found(&catalog, "dog"), [Some((4000, 6000))]);
    assert_eq!(found(&catalog, "exit"), [None]);
    assert!(found(&catalog, "\" OR *").is_empty());
}

#[test]
fn filters_know_speech_language_and_length() {
    let (_folder, catalog, id) = library();
    let passes = |filter: Filter| catalog.filter(&filter).unwrap().unwrap().len() == 1;
    let speech = |wanted| Filter { speech: Some(wanted), ..Filter::default() };
    assert!(passes(speech(false)) && !passes(speech(true)));
    perceive(&catalog, id, PassageKind::Speech, vec![passage(PassageKind::Speech, "hi", None)]);
    assert!(!passes(speech(false)) && passes(speech(true)));
    for (language, expected) in [("EN", true), ("de", false)] {
        assert_eq!(
            passes(Filter { language: Some(language.into()), ..Filter::default() }),
            expected
        );
    }
    for (least, most, expected) in
        [(60_000, 60_000, true), (60_001, 90_000, false), (0, 59_999, false)]
    {
        let filter =
            Filter { at_least_ms: Some(least), at_most_ms: Some(most), ..Filter::default() };
        assert_eq!(passes(filter), expected, "{least} to {most}");
    }
}

#[test]
fn work_is_done_once_a_model() {
    let (_folder, catalog, id) = library();
    let waiting = |model| catalog.unperceived(PassageKind::Speech, model).unwrap().len();
    assert_eq!((waiting(None), waiting(Some(MODEL))), (1, 1));
    perceive(&catalog, id, PassageKind::Speech, Vec::new());
    assert_eq!((waiting(None), waiting(Some(MODEL)), waiting(Some("better"))), (0, 0, 1));
    let change = Change::Perceived {
        asset: id,
        kind: PassageKind::Text,
        model: MODEL.into(),
        found: Err("no picture".into()),
    };
    catalog.commit(&[change]).unwrap();
    let known = catalog.perceived_by(&id, PassageKind::Text).unwrap();
    assert_eq!(known, Some((MODEL.into(), Some("no picture".into()))));
}

#[test]
fn a_person_wins_over_the_machine_and_survives_it() {
    use PassageKind::Speech;
    let (_folder, catalog, id) = library();
    let machine = || {
        vec![
            passage(Speech, "wreck a nice beach", Some((0, 2000))),
            passage(Speech, "ok", Some((3000, 4000))),
        ]
    };
    perceive(&catalog, id, Speech, machine());
    let right = passage(Speech, "recognise speech", Some((500, 1500)));
    correct(&catalog, id, Speech, Correction { passages: vec![right], ..Correction::default() });
    for _ in 0..2 {
        assert_eq!(texts(&catalog), ["recognise speech", "ok"]);
        assert_eq!(catalog.passages(AssetRow(1)).unwrap()[0].origin, Origin::Person);
        assert_eq!(found(&catalog, "speech"), [Some((500, 1500))]);
        assert!(found(&catalog, "beach").is_empty());
        perceive(&catalog, id, Speech, machine());
    }
    let kept = catalog.correction(AssetRow(1), Speech).unwrap();
    correct(&catalog, id, Speech, Correction { refuse_all: true, ..kept.clone() });
    assert_eq!(texts(&catalog), ["recognise speech"]);
    correct(&catalog, id, Speech, Correction::default());
    assert_eq!(texts(&catalog), ["wreck a nice beach", "ok"]);
    assert!(found(&catalog, "recognise").is_empty());
}

#[test]
fn a_refused_tag_stays_away_and_an_own_one_stands_beside() {
    use PassageKind::Tag;
    let (_folder, catalog, id) = library();
    let own = passage(Tag, "puffin", None);
    let refused = BTreeSet::from(["Penguin".to_owned()]);
    correct(&catalog, id, Tag, Correction { passages: vec![own], refused, refuse_all: false });
    perceive(&catalog, id, Tag, vec![passage(Tag, "penguin", None), passage(Tag, "rock", None)]);
    assert_eq!(texts(&catalog), ["puffin", "rock"]);
    let correction = catalog.correction(AssetRow(1), Tag).unwrap();
    assert_eq!(correction.refused, BTreeSet::from(["penguin".to_owned()]));
    assert_eq!(correction.passages[0].origin, Origin::Person);
}

#[test]
fn what_is_edited_by_hand_is_remembered() {
    let (_folder, catalog, id) = library();
    let describe = |title: &str, by_hand| {
        let description = Description { title: Some(title.into()), ..Description::default() };
        let change = Change::Describe { asset: id, description, index_words: true, by_hand };
        catalog.commit(&[change]).unwrap();
    };
    describe("list", false);
    assert!(catalog.edited(&id).unwrap().is_empty());
    describe("hand", true);
    assert_eq!(catalog.edited(&id).unwrap(), BTreeSet::from(["title".to_owned()]));
    assert_eq!(catalog.lexical(&["hand".to_owned()], 5).unwrap().len(), 1);
}

#[test]
fn speech_is_found_by_words_that_are_certain() {
    let (_folder, catalog, id) = library();
    let heard = |text: &str, sure, start| Passage {
        origin: Origin::Machine { model: MODEL.into(), confidence: Some(sure) },
        ..passage(PassageKind::Speech, text, Some((start, start + 1000)))
    };
    let all = vec![heard("harbour", 0.8, 0), heard("barber", 0.2, 2000), heard("", 0.0, 4000)];
    perceive(&catalog, id, PassageKind::Speech, all);
    assert_eq!(found(&catalog, "harbour"), [Some((0, 1000))]);
    assert_eq!(found(&catalog, "barber"), []);
    assert_eq!(texts(&catalog), ["harbour", "barber"]);
    let gaps = catalog.not_understood(AssetRow(1)).unwrap();
    assert_eq!(gaps.len(), 1);
    assert_eq!(gaps[0].range, Some(TimeRange::new(4000, 5000).unwrap()));
    // A person says what it was.
    let own = passage(PassageKind::Speech, "lighthouse", Some((4000, 5000)));
    let correction = Correction { passages: vec![own], ..Correction::default() };
    correct(&catalog, id, PassageKind::Speech, correction);
    assert_eq!(catalog.not_understood(AssetRow(1)).unwrap(), []);
    assert_eq!(found(&catalog, "lighthouse"), [Some((4000, 5000))]);
}
