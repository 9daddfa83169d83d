//! A library in a temporary folder, pictures made on the spot, an observer that remembers.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test file uses its own part; helpers of tests may panic"
)]

use std::{
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use image::{Rgb, RgbImage};
use kinora_catalog::Catalog;
use kinora_inference::ImageEmbedder;
use kinora_ingest::{
    Done, FileFailure, Ingest, IngestError, IngestObserver, LeftOut, LivePhoto, Options,
    Perception, Summary,
};
use kinora_testing::fake::{
    ColourCaptioner, ColourEmbedder, ColourReader, ColourTagger, LoudnessRecognizer,
};
use kinora_types::Control;
use tempfile::TempDir;

pub(crate) const THRESHOLD: f32 = 0.99;

pub(crate) struct Bench {
    folder: TempDir,
    pub embedder: ColourEmbedder,
    pub options: Options,
    /// Whether words are looked for, by the fake senses.
    pub perceives: bool,
}

/// The fake models for every kind of words.
pub(crate) fn senses() -> Perception<'static> {
    static TAGGER: LazyLock<ColourTagger> = LazyLock::new(ColourTagger::default);
    Perception {
        speech: Some(&LoudnessRecognizer),
        text: Some(&ColourReader),
        tags: Some(&*TAGGER),
        captions: Some(&ColourCaptioner),
    }
}

impl Bench {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("in")).unwrap();
        let (embedder, options) = (ColourEmbedder::default(), Options::default());
        let bench = Self { folder, embedder, options, perceives: false };
        Catalog::create(&bench.library(), "test", ImageEmbedder::space(&bench.embedder)).unwrap();
        bench
    }

    pub(crate) fn library(&self) -> PathBuf {
        self.folder.path().join("library")
    }

    /// The folder of pictures, as the catalogue will name it.
    pub(crate) fn input(&self) -> PathBuf {
        fs::canonicalize(self.folder.path().join("in")).unwrap()
    }

    pub(crate) fn catalog(&self) -> Catalog {
        Catalog::open(&self.library()).unwrap()
    }

    pub(crate) fn add(&self) -> (Summary, Notes) {
        self.try_add(&[self.input()], &self.embedder).unwrap()
    }

    pub(crate) fn try_add(
        &self,
        targets: &[PathBuf],
        embedder: &dyn ImageEmbedder,
    ) -> Result<(Summary, Notes), IngestError> {
        let catalog = self.catalog();
        let ingest = Ingest::new(&catalog, embedder, THRESHOLD, self.options.clone())?;
        let ingest = if self.perceives { ingest.perceiving(senses()) } else { ingest };
        let mut notes = Notes::default();
        let summary = ingest.add(targets, &mut notes, &Control::default())?;
        Ok((summary, notes))
    }
}

/// Remembers what it hears; cancels after so many assets if asked to.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    pub done: Vec<Done>,
    pub failed: Vec<FileFailure>,
    pub damaged: Vec<FileFailure>,
    pub vanished: Vec<PathBuf>,
    pub left_out: Vec<LeftOut>,
    pub motion_photos: Vec<PathBuf>,
    pub live_photos: Vec<LivePhoto>,
    pub cancel_after: Option<(usize, Control)>,
}

impl IngestObserver for Notes {
    fn done(&mut self, done: &Done) {
        self.done.push(done.clone());
        if let Some((count, control)) = &self.cancel_after
            && self.done.len() >= *count
        {
            control.cancel();
        }
    }

    fn failed(&mut self, failure: &FileFailure) {
        self.failed.push(failure.clone());
    }

    fn damaged(&mut self, damage: &FileFailure) {
        self.damaged.push(damage.clone());
    }

    fn left_out(&mut self, left: &LeftOut) {
        self.left_out.push(left.clone());
    }

    fn motion_photo(&mut self, path: &Path) {
        self.motion_photos.push(path.to_owned());
    }

    fn live_photo(&mut self, pair: &LivePhoto) {
        self.live_photos.push(pair.clone());
    }

    fn vanished(&mut self, path: &Path) {
        self.vanished.push(path.to_owned());
    }
}

/// A scene of soft spots: unlike any other seed's in shape, of its own colour.
pub(crate) fn scene(seed: u32, width: u32, height: u32) -> RgbImage {
    let spot = |n: u32| f64::from((seed * seed * 37 + n * 61 + seed * n * 17) % 100) / 100.0;
    let mut image = RgbImage::from_fn(width, height, |x, y| {
        let (x, y) = (f64::from(x) / f64::from(width), f64::from(y) / f64::from(height));
        let light: f64 = (0..5)
            .map(|n| (-40.0 * ((x - spot(n)).powi(2) + (y - spot(n + 9)).powi(2))).exp())
            .sum();
        let level = (light * 90.0).min(200.0);
        let tint = [spot(20), spot(21), spot(22)];
        Rgb(tint.map(|t| (20.0 + t * 35.0 + level).min(255.0) as u8))
    });
    // The spots of some seeds are alike; the bytes shall not be.
    image.put_pixel(0, 0, Rgb([seed as u8, (seed >> 8) as u8, 0]));
    image
}

pub(crate) fn write(path: &Path, seed: u32) {
    scene(seed, 160, 120).save(path).unwrap();
}
