//! Conversations are kept as they were said.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use jiff::Timestamp;
use kinora_catalog::{Catalog, CatalogError, Speaker, Turn};
use kinora_types::{AssetId, Citation, ContentHash, EmbeddingSpace, TimeRange};
use tempfile::TempDir;

fn library() -> (TempDir, Catalog) {
    let folder = TempDir::new().unwrap();
    let space =
        EmbeddingSpace { name: "s".into(), revision: "1".into(), dimension: 2, normalised: true };
    let catalog = Catalog::create(&folder.path().join("lib"), "lib", &space).unwrap();
    (folder, catalog)
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn turn(speaker: Speaker, text: &str, second: i64) -> Turn {
    let citation = Citation {
        number: 1,
        asset: AssetId(ContentHash::of(b"talk")),
        range: TimeRange::new(41_000, 47_000).ok(),
        label: "talk.mp3".into(),
    };
    let answers = speaker == Speaker::Kinora;
    Turn {
        speaker,
        text: text.into(),
        citations: if answers { vec![citation] } else { Vec::new() },
        model: answers.then(|| "m@1".into()),
        said_at: at(second),
    }
}

#[test]
fn what_was_said_comes_back_after_opening_anew() {
    let (folder, catalog) = library();
    let id = catalog.start_conversation("Boats", at(1)).unwrap();
    let said = [turn(Speaker::Person, "Who speaks?", 2), turn(Speaker::Kinora, "Ann [1].", 3)];
    catalog.say(id, &said).unwrap();
    let revision = catalog.revision().unwrap();
    drop(catalog);
    let catalog = Catalog::open(&folder.path().join("lib")).unwrap();
    assert_eq!(catalog.turns(id).unwrap(), said);
    assert_eq!(catalog.revision().unwrap(), revision);
    let line = catalog.conversation(id).unwrap();
    assert_eq!((line.turns, line.started_at, line.changed_at), (2, at(1), at(3)));
}

#[test]
fn the_last_changed_comes_first_and_a_deleted_one_leaves_nothing() {
    let (_folder, catalog) = library();
    let [a, b] = ["a", "b"].map(|title| catalog.start_conversation(title, at(1)).unwrap());
    catalog.say(a, &[turn(Speaker::Person, "Hello", 9)]).unwrap();
    catalog.rename_conversation(b, "boats").unwrap();
    let titles = || -> Vec<String> {
        catalog.conversations().unwrap().into_iter().map(|line| line.title).collect()
    };
    assert_eq!(titles(), ["a", "boats"]);
    catalog.delete_conversation(a).unwrap();
    assert_eq!(titles(), ["boats"]);
    let gone = [
        catalog.turns(a).unwrap_err(),
        catalog.say(a, &[turn(Speaker::Person, "Hello?", 10)]).unwrap_err(),
        catalog.rename_conversation(a, "x").unwrap_err(),
        catalog.delete_conversation(a).unwrap_err(),
    ];
    for error in gone {
        assert!(matches!(error, CatalogError::Reference(_)), "{error}");
    }
    let next = catalog.start_conversation("c", at(11)).unwrap();
    assert!(next > b, "a number is never given again");
    assert!(catalog.turns(next).unwrap().is_empty());
}
