//! Every search path stops in the middle. Not covered: how soon it does so in a large library.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod library;

use std::sync::atomic::{AtomicUsize, Ordering};

use kinora_index::{IndexError, IndexRead, Point, Scored, SearchRequest};
use kinora_inference::{InferenceError, ScoreModel, TextEmbedder};
use kinora_retrieval::{
    ClipQuery, Filter, Judgement, Mode, Query, SearchError, Searcher, SearcherCache, evaluate,
    rank_by_motion, retrieve_clips, sync,
};
use kinora_testing::fake::ColourEmbedder;
use kinora_types::{Cancelled, Control, Embedding, EmbeddingSpace};

use library::{Library, card};

/// Says stop when it is asked for the n-th time.
struct Stopper {
    after: usize,
    asked: AtomicUsize,
    control: Control,
}

impl Stopper {
    fn after(after: usize) -> Self {
        Self { after, asked: AtomicUsize::new(0), control: Control::default() }
    }

    fn ask(&self) {
        if self.asked.fetch_add(1, Ordering::Relaxed) + 1 == self.after {
            self.control.cancel();
        }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

/// Somebody stops the search while words are embedded.
struct StoppingEmbedder<'a>(&'a ColourEmbedder, Stopper);

impl TextEmbedder for StoppingEmbedder<'_> {
    fn space(&self) -> &EmbeddingSpace {
        TextEmbedder::space(self.0)
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Embedding>, InferenceError> {
        self.1.ask();
        TextEmbedder::embed(self.0, texts)
    }

    fn score_model(&self) -> &ScoreModel {
        self.0.score_model()
    }

    fn vocabulary(&self) -> Result<Vec<String>, InferenceError> {
        self.0.vocabulary()
    }
}

/// Somebody stops the search while the index is searched.
struct StoppingIndex<'a>(&'a dyn IndexRead, Stopper);

impl IndexRead for StoppingIndex<'_> {
    fn dimension(&self) -> usize {
        self.0.dimension()
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn mark(&self) -> u64 {
        self.0.mark()
    }

    fn is_stale(&self) -> Result<bool, IndexError> {
        self.0.is_stale()
    }

    fn search(&self, request: &SearchRequest<'_>) -> Result<Vec<Scored>, IndexError> {
        self.1.ask();
        self.0.search(request)
    }

    fn vectors(&self, ids: &[Point]) -> Result<Vec<Option<Vec<f32>>>, IndexError> {
        self.0.vectors(ids)
    }
}

fn library() -> Library {
    let mut library = Library::new(&[card("red.png", [255, 0, 0]), card("blue.png", [0, 0, 255])]);
    library.add_video("red.mp4", &[[255, 0, 0]; 3]);
    library
}

fn is_cancelled<T>(result: Result<T, SearchError>) -> bool {
    matches!(result, Err(SearchError::Cancelled(Cancelled)))
}

#[test]
fn a_search_stops_behind_the_embedder_and_behind_the_index() {
    let (library, cache) = (library(), SearcherCache::default());
    let embedder = StoppingEmbedder(&library.built.embedder, Stopper::after(1));
    let index = StoppingIndex(&library.index, Stopper::after(1));
    let searcher = Searcher::new(&library.built.catalog, &index, &embedder, &cache).unwrap();
    assert!(is_cancelled(searcher.search(&Query::text("red"), &embedder.1.control)));
    assert_eq!((embedder.1.asked(), index.1.asked()), (1, 0), "the index was not asked any more");
    assert!(is_cancelled(searcher.rank(&Query::text("red"), &index.1.control)));
    assert_eq!(index.1.asked(), 1);
    // What was stopped leaves nothing behind.
    let fresh = library.searcher().search(&Query::text("red"), &Control::default()).unwrap();
    let again = searcher.search(&Query::text("red"), &Control::default()).unwrap();
    assert_eq!(again.hits, fresh.hits);
}

#[test]
fn evidence_stops_in_the_middle() {
    let (mut library, cache) = (library(), SearcherCache::default());
    library.hear("red.mp4", &[(0, 1, "A red bus.")]);
    let embedder = StoppingEmbedder(&library.built.embedder, Stopper::after(1));
    let searcher =
        Searcher::new(&library.built.catalog, &library.index, &embedder, &cache).unwrap();
    assert!(is_cancelled(searcher.segments(&Query::text("red bus"), &embedder.1.control)));
    let stopped = searcher.passages("red bus", &Filter::default(), 9, &embedder.1.control);
    assert!(is_cancelled(stopped));
    let found = searcher.passages("red bus", &Filter::default(), 9, &Control::default()).unwrap();
    assert_eq!(found.len(), 1);
}

#[test]
fn evaluation_stops_between_and_within_its_queries() {
    let (library, cache) = (library(), SearcherCache::default());
    let judgement = |query: &str| Judgement {
        query: query.into(),
        relevant: vec!["red.png".into()],
        moments: Vec::new(),
    };
    let judgements = ["red", "a red car", "blue"].map(judgement);
    let embedder = StoppingEmbedder(&library.built.embedder, Stopper::after(2));
    let searcher =
        Searcher::new(&library.built.catalog, &library.index, &embedder, &cache).unwrap();
    assert!(is_cancelled(evaluate(&searcher, &judgements, Mode::Hybrid, &embedder.1.control)));
    assert_eq!(embedder.1.asked(), 2, "the third was not asked");
}

#[test]
fn clips_and_motion_and_sync_stop() {
    let mut library = library();
    let embedder = StoppingEmbedder(&library.built.embedder, Stopper::after(1));
    let query = ClipQuery::text("red");
    assert!(is_cancelled(retrieve_clips(
        &library.built.catalog,
        &embedder,
        &query,
        &embedder.1.control
    )));
    assert_eq!(embedder.1.asked(), 1, "it stopped behind the embedder");
    let stopped = Control::default();
    stopped.cancel();
    assert!(is_cancelled(rank_by_motion(
        &library.built.catalog,
        &[],
        &Filter::default(),
        &[],
        5,
        &stopped
    )));
    assert!(is_cancelled(sync(&library.built.catalog, &mut library.index, &stopped)));
    assert_eq!(
        sync(&library.built.catalog, &mut library.index, &Control::default()).unwrap().written,
        0
    );
}
