//! The tagger of the default space on the pictures of `samples/`, end to end on the real weights.
//!
//! Needs `kinora models pull` and fails with that hint without. Not covered: how many tags it finds; that is
//! `training/tags/calibrate.py`'s.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::path::Path;

use kinora_inference::{TagGuess, Tagger};
use kinora_models::{RuntimeOptions, Space, open_space, open_tagger};
use kinora_store::{Store, StoreConfig};
use kinora_testing::suite::tagger::check_tagger;
use kinora_types::{EmbeddingSpace, Picture};

fn space() -> Space {
    let store = Store::open(StoreConfig::from_env()).unwrap();
    let opened = open_space(&store, "clip-vit-b-16-lite", &RuntimeOptions::from_env());
    opened.unwrap_or_else(|error| panic!("{error}: {}", error.hint().unwrap_or_default()))
}

fn sample(name: &str) -> Picture {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../samples/pictures"));
    let decoded = image::open(folder.join(name)).unwrap().to_rgb8();
    Picture::new(decoded.width(), decoded.height(), decoded.into_raw()).unwrap()
}

fn tags(space: &Space, tagger: &dyn Tagger, name: &str) -> Vec<TagGuess> {
    let picture = sample(name);
    let prepared = space.image().prepare(&picture).unwrap();
    let embedding = space.image().embed(&[prepared]).unwrap().remove(0);
    tagger.tag(&picture, &embedding).unwrap()
}

#[test]
fn zero_shot_conforms() {
    let space = space();
    check_tagger(&*open_tagger(&space).unwrap(), space.image(), &sample("giraffes.webp"));
}

#[test]
fn tags_are_right_and_sorted() {
    let space = space();
    let tagger = open_tagger(&space).unwrap();
    assert!(tagger.model().starts_with("zero-shot@"));
    // Every word that would be right; the first is found.
    let cases: [(&str, &[&str]); 5] = [
        ("giraffes.webp", &["animal", "giraffe"]),
        ("cow-in-pasture.webp", &["animal", "cow"]),
        ("scarlet-macaw.webp", &["animal", "bird", "parrot"]),
        ("charminar.webp", &["building", "mosque", "tower", "arch"]),
        ("sheep.webp", &["animal", "sheep", "lamb"]),
    ];
    for (name, right) in cases {
        let found = tags(&space, &*tagger, name);
        assert!(found.iter().any(|guess| guess.word == right[0]), "{name}: {found:?}");
        assert!(
            found.iter().all(|guess| right.contains(&guess.word.as_str())),
            "{name}: {found:?}"
        );
        assert!(found.is_sorted_by(|a, b| a.confidence >= b.confidence), "{name}: {found:?}");
    }
}

#[test]
fn a_vector_of_another_space_is_refused() {
    let own = space();
    let tagger = open_tagger(&own).unwrap();
    let other = EmbeddingSpace {
        name: "other".into(),
        revision: "1".into(),
        dimension: 2,
        normalised: true,
    };
    let picture = Picture::filled(8, 8, [0; 3]);
    assert!(tagger.tag(&picture, &other.embedding(vec![1.0, 0.0])).is_err());
}
