//! What searches of one library share. Not covered: the seconds that it saves (see `bench/engine`).

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod library;

use std::thread;

use kinora_catalog::Change;
use kinora_inference::{InferenceError, ScoreModel, TextEmbedder};
use kinora_retrieval::{Query, SearchOutcome, Searcher, SearcherCache};
use kinora_testing::fake::ColourEmbedder;
use kinora_types::{Control, Embedding, EmbeddingSpace};

use library::{Card, Library, card};

const NAMES: [&str; 12] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"];

/// The colour space with a bank, so that hubness lowers scores.
struct Hubs(ColourEmbedder, ScoreModel);

impl Hubs {
    fn new() -> Self {
        let plain = ColourEmbedder::default();
        let bank = vec![1.0, 0.0, 0.0, 0.8, 0.6, 0.0, 0.0, 1.0, 0.0];
        let scores =
            ScoreModel { hub_bank: bank, hub_k: 2, hub_weight: 0.5, ..plain.score_model().clone() };
        Self(plain, scores)
    }
}

impl TextEmbedder for Hubs {
    fn space(&self) -> &EmbeddingSpace {
        TextEmbedder::space(&self.0)
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Embedding>, InferenceError> {
        TextEmbedder::embed(&self.0, texts)
    }

    fn score_model(&self) -> &ScoreModel {
        &self.1
    }

    fn vocabulary(&self) -> Result<Vec<String>, InferenceError> {
        self.0.vocabulary()
    }
}

fn cards(range: std::ops::Range<usize>) -> Vec<Card> {
    range.map(|i| card(NAMES[i], [(40 * i % 256) as u8, (90 * i % 256) as u8, 200])).collect()
}

fn rank(library: &Library, hubs: &Hubs, cache: &SearcherCache) -> SearchOutcome {
    let searcher = Searcher::new(&library.built.catalog, &library.index, hubs, cache).unwrap();
    searcher.rank(&Query::text("green"), &Control::default()).unwrap()
}

fn scores(outcome: &SearchOutcome) -> Vec<(String, Option<f32>)> {
    outcome.hits.iter().map(|hit| (hit.asset.label(), hit.scores.dense)).collect()
}

#[test]
fn what_is_kept_stays_true_while_the_library_changes() {
    let (hubs, kept) = (Hubs::new(), SearcherCache::default());
    let mut library = Library::new(&cards(0..6));
    let fresh = |library: &Library| scores(&rank(library, &hubs, &SearcherCache::default()));
    let plain = library.searcher().rank(&Query::text("green"), &Control::default()).unwrap();
    assert_ne!(fresh(&library), scores(&plain), "hubness counts in this space");
    for step in 0..4 {
        match step {
            1 => library.add(&cards(6..9)),
            2 => {
                let path = "/pictures/3".to_owned();
                library.built.catalog.commit(&[Change::Vanished { path }]).unwrap();
                library.add(&[]);
            }
            3 => library.add_video("12.mp4", &[[0, 255, 0], [0, 0, 255]]),
            _ => {}
        }
        assert_eq!(scores(&rank(&library, &hubs, &kept)), fresh(&library), "step {step}");
        assert_eq!(scores(&rank(&library, &hubs, &kept)), fresh(&library), "step {step} again");
    }
}

#[test]
fn it_is_shared_by_threads() {
    let (hubs, kept, library) =
        (Hubs::new(), SearcherCache::default(), Library::new(&cards(0..12)));
    let expected = scores(&rank(&library, &hubs, &SearcherCache::default()));
    thread::scope(|scope| {
        let search = || scores(&rank(&library, &hubs, &kept));
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(search)).collect();
        for thread in threads {
            assert_eq!(thread.join().unwrap(), expected);
        }
    });
}
