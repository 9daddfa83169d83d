//! What a person says: of many at once, at moments as they are shown, and what cannot be said.

use kinora_catalog::Change;
use kinora_engine::{EditRequest, EngineError, ErrorKind, Job, Library, SearchRequest};
use kinora_testing::library::{Item, LibraryBuilder};
use kinora_types::{Origin, Passage, PassageKind, TimeRange};

use crate::fakes::{House, RED, SMALL};

fn search(library: &Library, text: &str) -> Vec<String> {
    let request = SearchRequest { text: Some(text.into()), ..SearchRequest::default() };
    let outcome = library.search(&request, &Job::default()).unwrap();
    outcome.hits.iter().map(|hit| hit.asset.label()).collect()
}

fn not(word: &str) -> EditRequest {
    EditRequest { not_tags: vec![word.into()], ..EditRequest::default() }
}

#[test]
fn many_are_edited_at_once_or_none_is() {
    let house = House::new();
    house.library("a", SMALL, &[("a.png", RED), ("b.png", [250, 60, 0]), ("c.png", [250, 90, 0])]);
    let library = house.engine.library("a").unwrap();
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let before = library.revision().unwrap();
    let error = library.edit_all(&names(&["a.png", "b.png", "gone.png"]), &not("red")).unwrap_err();
    assert!(error.to_string().contains("`gone.png`"), "{error}");
    assert_eq!(library.revision().unwrap(), before, "nothing was changed");
    assert_eq!(search(&library, "red")[0], "a.png");

    let edited = library.edit_all(&names(&["a.png", "b.png", "a.png"]), &not("red")).unwrap();
    let labels: Vec<String> = edited.iter().map(|details| details.asset.label()).collect();
    assert_eq!(labels, ["a.png", "b.png"], "each once");
    assert_eq!(library.revision().unwrap(), before + 1, "one transaction");
    assert_eq!(edited[0].not_tags, ["red"]);
    assert_eq!(search(&library, "red"), ["c.png"]);

    let restore = EditRequest { restore: vec![PassageKind::Tag], ..EditRequest::default() };
    assert!(library.edit("a.png", &restore).unwrap().not_tags.is_empty());
    assert_eq!(search(&library, "red")[0], "a.png");
}

#[test]
fn what_cannot_be_said_is_refused() {
    let house = House::new();
    house.coloured("a");
    let library = house.engine.library("a").unwrap();
    let many = ["red.png".to_owned(), "blue.png".to_owned()];
    let own = EditRequest::default;
    let list = |word: &str| vec![word.to_owned()];
    for (request, names, told) in [
        (EditRequest { tags: list(""), ..own() }, 1, "the tag is empty"),
        (EditRequest { tags: list(" \t"), ..own() }, 1, "the tag is empty"),
        (EditRequest { not_tags: list(""), ..own() }, 1, "the tag is empty"),
        (EditRequest { keywords: list("  "), ..own() }, 1, "the keyword is empty"),
        (EditRequest { title: Some(String::new()), ..own() }, 1, "the title is empty"),
        (EditRequest { caption: Some(" ".into()), ..own() }, 1, "the caption is empty"),
        (EditRequest { tags: list("a\u{1b}[2J"), ..own() }, 1, "cannot be shown: `\\u{1b}`"),
        (EditRequest { title: Some("a\nb".into()), ..own() }, 1, "cannot be shown: `\\n`"),
        (EditRequest { tags: list(&"x".repeat(101)), ..own() }, 1, "longer than 100 characters"),
        (EditRequest { title: Some("A".into()), ..own() }, 2, "cannot be that of 2 assets"),
        (
            EditRequest { said: vec![("1".parse().unwrap(), "x".into())], ..own() },
            2,
            "cannot be that of 2 assets",
        ),
        (
            EditRequest { tags: list("Dog"), not_tags: list("dog"), ..own() },
            1,
            "it cannot show `Dog` and show none",
        ),
    ] {
        let error = library.edit_all(&many[..names], &request).unwrap_err();
        assert!(error.to_string().contains(told), "{error}");
        assert!(error.is_usage() && error.kind() == ErrorKind::Invalid, "{error}");
    }
    assert!(library.edit_all(&[], &own()).is_err());
    let lines = EditRequest { caption: Some("one\ntwo".into()), ..own() };
    assert_eq!(library.edit("red.png", &lines).unwrap().asset.caption.as_deref(), Some("one\ntwo"));
    assert!(serde_json::from_str::<EditRequest>(r#"{"tag": ["x"]}"#).is_err());
    let read: EditRequest = serde_json::from_str(r#"{"said": [["00:02.4", "yes"]]}"#).unwrap();
    assert_eq!(read.said[0].0.ms(), 2400);
}

/// A recording in which a model heard sentences, with their first and last millisecond.
fn talk(house: &House, said: &[(u64, u64, &str)]) {
    let built = LibraryBuilder::default().named("talk").item(Item::recording("talk.mp3", 60));
    let built = built.build_in(&house.folder("talk"));
    let passage = |(from, to, text): &(u64, u64, &str)| Passage {
        kind: PassageKind::Speech,
        text: (*text).to_owned(),
        range: Some(TimeRange::new(*from, *to).unwrap()),
        region: None,
        language: Some("en".into()),
        words: Vec::new(),
        origin: Origin::Machine { model: "ears@1".into(), confidence: Some(0.9) },
    };
    let (asset, kind) = (kinora_testing::library::id("talk.mp3"), PassageKind::Speech);
    let found = Ok(said.iter().map(passage).collect());
    let change = Change::Perceived { asset, kind, model: "ears@1".into(), found };
    built.catalog.commit(&[change]).unwrap();
}

#[test]
fn a_sentence_is_named_by_the_time_that_is_shown() {
    let house = House::new();
    talk(
        &house,
        &[
            (0, 2_300, "one"),
            (2_440, 5_960, "two"),
            (5_960, 8_000, "three"),
            (9_100, 9_400, "four"),
            (9_500, 12_000, "five"),
        ],
    );
    let library = house.engine.library("talk").unwrap();
    for (time, found) in [
        ("00:00", Ok(0)),
        ("00:02", Ok(2_440)),
        ("2", Ok(2_440)),
        ("00:02.4", Ok(2_440)),
        ("00:01", Ok(0)),
        ("00:04.5", Ok(2_440)),
        // Shown as 00:06.0.
        ("00:06", Ok(5_960)),
        ("00:05", Ok(2_440)),
        ("00:09", Err("at 00:09 2 sentences are heard")),
        ("00:09", Err("00:09.1 “four”, 00:09.5 “five”")),
        ("00:09.5", Ok(9_500)),
        ("00:08.5", Err("nobody is heard at 00:08.5; next to it are")),
        ("00:30", Err("00:05.9")),
    ] {
        let said = vec![(time.parse().unwrap(), "new words".to_owned())];
        let edited = library.edit("talk.mp3", &EditRequest { said, ..EditRequest::default() });
        match (edited, found) {
            (Ok(details), Ok(start)) => {
                let new = details.passages.iter().find(|p| p.text == "new words").unwrap();
                assert_eq!(new.range.unwrap().start_ms(), start, "{time}");
                let restore = vec![PassageKind::Speech];
                library
                    .edit("talk.mp3", &EditRequest { restore, ..EditRequest::default() })
                    .unwrap();
            }
            (Err(error), Err("00:05.9")) => {
                assert!(matches!(error, EngineError::NothingThere(_)), "{error}");
                assert!(error.to_string().contains("00:09.5 “five”"), "the nearest: {error}");
            }
            (Err(error), Err(told)) => assert!(error.to_string().contains(told), "{error}"),
            (edited, _) => panic!("{time}: {edited:?}"),
        }
    }
    let at = |time: &str| (time.parse().unwrap(), "twice".to_owned());
    let said = vec![at("00:02"), at("00:02.4")];
    let twice = library.edit("talk.mp3", &EditRequest { said, ..EditRequest::default() });
    assert!(twice.unwrap_err().to_string().contains("given twice"));
}

#[test]
fn duplicates_are_listed_in_groups() {
    let house = House::new();
    let pictures = [("a.png", RED), ("b.png", [0, 0, 250]), ("c.png", RED), ("d.png", RED)];
    house.library("a", SMALL, &pictures);
    let library = house.engine.library("a").unwrap();
    let found = library.duplicates().unwrap();
    let [group] = &found.groups[..] else { panic!("{found:?}") };
    assert_eq!((group.files(), found.not_compared), (3, 0));
    let mut labels: Vec<String> = group.assets.iter().map(kinora_types::Asset::label).collect();
    labels.sort_unstable();
    assert_eq!(labels, ["a.png", "c.png", "d.png"]);
    let request = SearchRequest { text: Some("red".into()), ..SearchRequest::default() };
    let outcome = library.search(&request, &Job::default()).unwrap();
    assert_eq!(outcome.hits[0].near_duplicates, 2, "the search folds what the list lists");
}
