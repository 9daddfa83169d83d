//! A library of plain colours, words of its assets, and the index over it.

use kinora_catalog::Catalog;
use kinora_chat::{Places, Region};
use kinora_index::Embedded;
use kinora_retrieval::{Searcher, SearcherCache, sync};
use kinora_testing::library::{self, Item, LibraryBuilder, id};
use kinora_types::{Control, GeoPoint, PassageKind};

pub(crate) const RED: [u8; 3] = [255, 0, 0];
pub(crate) const BLUE: [u8; 3] = [0, 0, 255];

/// Knows one town and one country.
pub(crate) struct Atlas;

impl Places for Atlas {
    fn region(&self, name: &str) -> Option<Region> {
        match name {
            "Rome" => Some(Region::Town(ROME)),
            "Tokyo" => Some(Region::Town(GeoPoint { latitude: 35.7, longitude: 139.7 })),
            "Italy" => Some(Region::Country("IT".into())),
            _ => None,
        }
    }

    fn name(&self, point: GeoPoint) -> Option<String> {
        (point.distance_km(ROME) < 50.0).then(|| "Rome, Italy".into())
    }

    fn country(&self, point: GeoPoint) -> Option<String> {
        (point.distance_km(ROME) < 500.0).then(|| "IT".into())
    }

    fn is_known(&self) -> bool {
        true
    }
}

pub(crate) const ROME: GeoPoint = GeoPoint { latitude: 41.9, longitude: 12.5 };

pub(crate) struct Library {
    built: library::Library,
    index: Embedded,
    cache: SearcherCache,
}

impl Library {
    pub(crate) fn new() -> Self {
        let built = LibraryBuilder::default().build();
        let (space, folder) = (built.space(), built.catalog.folder().join("index"));
        let index = Embedded::open(&folder, &space.id(), space.dimension).unwrap();
        Self { built, index, cache: SearcherCache::default() }
    }

    pub(crate) fn catalog(&self) -> &Catalog {
        &self.built.catalog
    }

    #[allow(dead_code, reason = "not every test that shares this uses it")]
    pub(crate) fn picture(&mut self, name: &str, colour: [u8; 3], title: &str, day: Option<&str>) {
        let mut item = Item::picture(name, colour);
        if !title.is_empty() {
            item = item.titled(title);
        }
        if let Some(day) = day {
            item = item.taken(&format!("{day}T12:30:00"));
        }
        self.add(item);
    }

    /// A video of one colour, a frame a second, in shots of five seconds.
    pub(crate) fn video(&mut self, name: &str, colour: [u8; 3], seconds: usize) {
        self.add(Item::video(name, &vec![colour; seconds]).in_shots_of(5));
    }

    pub(crate) fn recording(&mut self, name: &str, seconds: u64) {
        self.add(Item::recording(name, seconds));
    }

    /// Words of a part of an asset; times in seconds.
    pub(crate) fn passages(
        &mut self,
        name: &str,
        kind: PassageKind,
        texts: &[(&str, Option<(u64, u64)>)],
    ) {
        self.built.perceive(id(name), kind, texts);
        self.catch_up();
    }

    pub(crate) fn searcher(&self) -> Searcher<'_> {
        Searcher::new(self.catalog(), &self.index, &self.built.embedder, &self.cache).unwrap()
    }

    pub(crate) fn add(&mut self, item: Item) {
        self.built.add(&[item]);
        self.catch_up();
    }

    fn catch_up(&mut self) {
        sync(&self.built.catalog, &mut self.index, &Control::default()).unwrap();
    }
}
