//! A library of plain colours and the index over it.

#![allow(dead_code, reason = "each test file uses its own part of it")]

use kinora_index::Embedded;
use kinora_retrieval::{Searcher, SearcherCache, sync};
use kinora_testing::library::{self, Item, LibraryBuilder};
use kinora_types::{Control, Embedding, PassageKind};

pub(crate) use kinora_testing::library::id;

/// A picture to be added.
#[derive(Clone, Default)]
pub(crate) struct Card {
    pub name: &'static str,
    pub colour: [u8; 3],
    pub title: Option<&'static str>,
    pub day: Option<&'static str>,
    pub place: Option<(f64, f64)>,
}

/// A card with a name and a colour.
pub(crate) fn card(name: &'static str, colour: [u8; 3]) -> Card {
    Card { name, colour, ..Card::default() }
}

impl Card {
    fn item(&self) -> Item {
        let mut item = Item::picture(self.name, self.colour);
        if let Some(title) = self.title {
            item = item.titled(title);
        }
        if let Some(day) = self.day {
            item = item.taken(&format!("{day}T12:00:00"));
        }
        if let Some((latitude, longitude)) = self.place {
            item = item.at(latitude, longitude);
        }
        item
    }
}

pub(crate) struct Library {
    pub built: library::Library,
    pub index: Embedded,
    pub cache: SearcherCache,
}

impl Library {
    pub(crate) fn new(cards: &[Card]) -> Self {
        let built = LibraryBuilder::default().build();
        let (space, folder) = (built.space(), built.catalog.folder().join("index"));
        let index = Embedded::open(&folder, &space.id(), space.dimension).unwrap();
        let mut library = Self { built, index, cache: SearcherCache::default() };
        library.add(cards);
        library
    }

    /// Adds to the catalogue and brings the index up to it.
    pub(crate) fn add(&mut self, cards: &[Card]) {
        self.put(&cards.iter().map(Card::item).collect::<Vec<_>>());
    }

    /// Adds a video with a frame of each colour a second.
    pub(crate) fn add_video(&mut self, name: &'static str, colours: &[[u8; 3]]) {
        self.put(&[Item::video(name, colours)]);
    }

    /// Adds a recording.
    pub(crate) fn add_recording(&mut self, name: &'static str, seconds: u64) {
        self.put(&[Item::recording(name, seconds)]);
    }

    /// Lets a model hear sentences, each with its first and last second.
    pub(crate) fn hear(&mut self, name: &str, said: &[(u64, u64, &str)]) {
        let timed: Vec<_> =
            said.iter().map(|(from, to, text)| (*text, Some((*from, *to)))).collect();
        self.built.perceive(id(name), PassageKind::Speech, &timed);
    }

    pub(crate) fn searcher(&self) -> Searcher<'_> {
        Searcher::new(&self.built.catalog, &self.index, &self.built.embedder, &self.cache).unwrap()
    }

    pub(crate) fn picture(&self, colour: [u8; 3]) -> Embedding {
        self.built.vector(colour)
    }

    fn put(&mut self, items: &[Item]) {
        self.built.add(items);
        sync(&self.built.catalog, &mut self.index, &Control::default()).unwrap();
    }
}
