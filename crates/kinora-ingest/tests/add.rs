//! Runs over folders that change in between. The embedder is the colour fake: what is tested is the
//! way of files into the catalogue, not what networks see.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use std::fs;

use common::{Bench, Notes, THRESHOLD, scene, write};
use kinora_inference::{ImageEmbedder, InferenceError, PreparedImage};
use kinora_ingest::{Ingest, IngestError, Outcome, thumbnail_path};
use kinora_testing::fake::ColourEmbedder;
use kinora_types::{Control, Embedding, EmbeddingSpace, Picture};

/// Opens of each file as the kernel counts them: one to see what it holds and to read it; one more where the name
/// says nothing and the walk has to look.
#[cfg(target_os = "linux")]
#[test]
fn what_a_file_holds_is_found_out_once() {
    use std::{collections::BTreeMap, sync::mpsc, time::Duration};

    use notify::{
        Config, EventKind, RecommendedWatcher, RecursiveMode, Watcher,
        event::{AccessKind, AccessMode},
    };

    let bench = Bench::new();
    for (seed, name) in ["a.png", "b.gif", "c.jpg", "d"].into_iter().enumerate() {
        let image = scene(seed as u32, 64, 48);
        let format = image::ImageFormat::from_path(name).unwrap_or(image::ImageFormat::WebP);
        image.save_with_format(bench.input().join(name), format).unwrap();
    }
    let (sender, events) = mpsc::channel();
    let mut watcher = RecommendedWatcher::new(sender, Config::default()).unwrap();
    watcher.watch(&bench.input(), RecursiveMode::Recursive).unwrap();
    let (summary, _) = bench.add();
    assert_eq!(summary.added, 4);
    // Events come in order: this one after all others.
    std::fs::write(bench.input().join("last"), b"").unwrap();
    let mut opened: BTreeMap<String, usize> = BTreeMap::new();
    loop {
        let event = events.recv_timeout(Duration::from_secs(30)).unwrap().unwrap();
        let Some(path) = event.paths.first() else { continue };
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name == "last" {
            break;
        }
        if event.kind == EventKind::Access(AccessKind::Open(AccessMode::Any)) && path.is_file() {
            *opened.entry(name).or_default() += 1;
        }
    }
    let expected = [("a.png", 1), ("b.gif", 1), ("c.jpg", 1), ("d", 2)];
    assert_eq!(opened, expected.map(|(name, count)| (name.to_owned(), count)).into());
}

#[test]
fn a_second_run_does_nothing() {
    let bench = Bench::new();
    for seed in 1..6 {
        write(&bench.input().join(format!("{seed}.png")), seed);
    }
    let (first, notes) = bench.add();
    assert_eq!((first.found, first.added, first.failed), (5, 5, 0));
    for done in &notes.done {
        assert!(image::open(thumbnail_path(&bench.library(), &done.asset)).is_ok());
    }
    let revision = bench.catalog().revision().unwrap();
    let (second, _) = bench.add();
    assert_eq!((second.found, second.unchanged, second.added), (5, 5, 0));
    assert_eq!(bench.catalog().revision().unwrap(), revision);
}

#[test]
fn a_moved_file_is_the_same_asset() {
    let bench = Bench::new();
    let (old, new) = (bench.input().join("old.png"), bench.input().join("sub/new.png"));
    write(&old, 1);
    let (_, notes) = bench.add();
    fs::create_dir(bench.input().join("sub")).unwrap();
    fs::rename(&old, &new).unwrap();
    let (summary, moved) = bench.add();
    assert_eq!((summary.added, summary.known, summary.vanished), (0, 1, 1));
    assert_eq!(moved.done[0].asset, notes.done[0].asset);
    assert_eq!(moved.vanished, [old]);
    let asset = bench.catalog().asset(&notes.done[0].asset).unwrap().unwrap();
    assert_eq!(asset.paths, [new.to_str().unwrap()]);
}

#[test]
fn a_changed_file_is_a_new_revision() {
    let bench = Bench::new();
    let path = bench.input().join("x.png");
    write(&path, 1);
    let (_, first) = bench.add();
    write(&path, 2);
    let (summary, second) = bench.add();
    assert_eq!((summary.revised, summary.added), (1, 0));
    assert_eq!(second.done[0].outcome, Outcome::Revised { before: first.done[0].asset });
    assert_eq!(bench.catalog().count().unwrap(), 1);
}

#[test]
fn a_touched_file_is_read_again_but_known() {
    let bench = Bench::new();
    let path = bench.input().join("x.png");
    write(&path, 1);
    bench.add();
    let file = fs::File::options().append(true).open(&path).unwrap();
    file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    let (summary, _) = bench.add();
    assert_eq!((summary.known, summary.added), (1, 0));
    assert_eq!(bench.add().0.unchanged, 1);
}

#[test]
fn a_vanished_file_is_reported_once_and_may_return() {
    let bench = Bench::new();
    let path = bench.input().join("x.png");
    write(&path, 1);
    bench.add();
    let bytes = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    assert_eq!(bench.add().0.vanished, 1);
    assert_eq!(bench.add().0.vanished, 0);
    assert_eq!(bench.catalog().count().unwrap(), 0);
    fs::write(&path, bytes).unwrap();
    assert_eq!(bench.add().0.known, 1);
    assert_eq!(bench.catalog().count().unwrap(), 1);
}

#[test]
fn a_removed_target_is_vanished_not_an_error() {
    let bench = Bench::new();
    let path = bench.input().join("x.png");
    write(&path, 1);
    bench.add();
    fs::remove_file(&path).unwrap();
    let (summary, _) = bench.try_add(&[path], &bench.embedder).unwrap();
    assert_eq!((summary.vanished, summary.failed), (1, 0));
    let never = bench.input().join("never.png");
    let (summary, notes) = bench.try_add(&[never], &bench.embedder).unwrap();
    assert_eq!(summary.failed, 1);
    assert!(notes.failed[0].message.starts_with("cannot find it"));
}

#[test]
fn copies_in_one_run_are_one_asset() {
    let bench = Bench::new();
    write(&bench.input().join("0.png"), 1);
    for copy in 1..20 {
        fs::copy(bench.input().join("0.png"), bench.input().join(format!("{copy}.png"))).unwrap();
    }
    let (summary, notes) = bench.add();
    assert_eq!((summary.found, summary.added, summary.known), (20, 1, 19));
    let asset = bench.catalog().asset(&notes.done[0].asset).unwrap().unwrap();
    assert_eq!(asset.paths.len(), 20);
}

#[test]
fn near_duplicates_are_told() {
    let bench = Bench::new();
    scene(1, 640, 480).save(bench.input().join("a.png")).unwrap();
    for seed in 2..8 {
        write(&bench.input().join(format!("b{seed}.png")), seed);
    }
    let (first, notes) = bench.add();
    assert_eq!(first.near_duplicates, 0);
    let original = notes.done.iter().find(|d| d.path.ends_with("a.png")).unwrap().asset;
    scene(1, 200, 150).save(bench.input().join("smaller.jpg")).unwrap();
    let (second, notes) = bench.add();
    assert_eq!(second.near_duplicates, 1);
    let done = notes.done.iter().find(|d| d.path.ends_with("smaller.jpg")).unwrap();
    assert_eq!(done.outcome, Outcome::Added { duplicate_of: Some(original) });
}

#[test]
fn words_come_from_names_and_attributions_unless_vision_is_tested() {
    let bench = Bench::new();
    fs::create_dir(bench.input().join("holiday")).unwrap();
    write(&bench.input().join("holiday/IMG_0001-lighthouse.png"), 1);
    let list = bench.library().join("list.json");
    let entry = r#"[{"file": "IMG_0001-lighthouse.png", "title": "Beacon", "author": "Ada",
        "licence": "CC0-1.0", "source": "https://example.org", "keywords": ["coast"]}]"#;
    fs::write(&list, entry).unwrap();
    let mut bench = bench;
    bench.options.attributions = Some(list);
    let (_, notes) = bench.add();
    let catalog = bench.catalog();
    let found = |word: &str| catalog.lexical(&[word.to_owned()], 5).unwrap().len();
    for word in ["lighthouse", "holiday", "beacon", "coast"] {
        assert_eq!(found(word), 1, "{word}");
    }
    assert_eq!(found("0001"), 0);
    let asset = catalog.asset(&notes.done[0].asset).unwrap().unwrap();
    assert_eq!(asset.title.as_deref(), Some("Beacon"));
    assert_eq!(asset.rights.author.as_deref(), Some("Ada"));

    // A list that was mended tells of pictures that need no second look.
    let list = bench.options.attributions.clone().unwrap();
    fs::write(&list, entry.replace("Beacon", "Pharos").replace("CC0-1.0", "CC-BY 4.0")).unwrap();
    let (summary, _) = bench.add();
    assert_eq!((summary.unchanged, summary.described), (1, 1));
    let found = |word: &str| catalog.lexical(&[word.to_owned()], 5).unwrap().len();
    assert_eq!(["pharos", "beacon", "lighthouse"].map(found), [1, 0, 1]);
    assert_eq!(catalog.asset(&asset.id).unwrap().unwrap().rights.licence.unwrap(), "CC-BY 4.0");
    assert_eq!(bench.add().0.described, 0);

    let mut blind = Bench::new();
    blind.options = bench.options.clone();
    blind.options.index_names = false;
    let target = [bench.input()];
    let (_, notes) = blind.try_add(&target, &blind.embedder).unwrap();
    let catalog = blind.catalog();
    for word in ["lighthouse", "holiday", "beacon", "coast"] {
        assert!(catalog.lexical(&[word.to_owned()], 5).unwrap().is_empty(), "{word}");
    }
    let asset = catalog.asset(&notes.done[0].asset).unwrap().unwrap();
    assert_eq!(asset.title.as_deref(), Some("Pharos"));
}

#[test]
fn what_was_told_before_a_cancel_is_there_and_the_rest_follows() {
    let bench = Bench::new();
    for seed in 0..150 {
        write(&bench.input().join(format!("{seed:03}.png")), seed);
    }
    let control = Control::default();
    let mut notes = Notes { cancel_after: Some((3, control.clone())), ..Notes::default() };
    let catalog = bench.catalog();
    let ingest = Ingest::new(&catalog, &bench.embedder, THRESHOLD, bench.options.clone()).unwrap();
    let summary = ingest.add(&[bench.input()], &mut notes, &control).unwrap();
    assert!(summary.cancelled);
    let there = bench.catalog();
    for done in &notes.done {
        assert!(there.asset(&done.asset).unwrap().is_some());
    }
    let told = notes.done.len() as u64;
    let (rest, _) = bench.add();
    assert!(!rest.cancelled);
    assert_eq!(there.count().unwrap(), 150);
    assert_eq!(rest.unchanged, told);
}

#[test]
fn another_space_is_refused() {
    let bench = Bench::new();
    let other =
        EmbeddingSpace { revision: "2".into(), ..ImageEmbedder::space(&bench.embedder).clone() };
    let embedder =
        Faulty { space: other, inner: ColourEmbedder::default(), fault: |_: &PreparedImage| None };
    let error = bench.try_add(&[bench.input()], &embedder).unwrap_err();
    assert!(matches!(error, IngestError::Space(_)), "{error}");
    assert!(error.hint().is_some());
}

#[test]
fn one_picture_that_cannot_be_embedded_costs_only_itself() {
    let bench = Bench::new();
    for seed in 0..6 {
        write(&bench.input().join(format!("{seed}.png")), seed);
    }
    image::RgbImage::from_pixel(40, 40, image::Rgb([255; 3]))
        .save(bench.input().join("white.png"))
        .unwrap();
    let space = ImageEmbedder::space(&bench.embedder).clone();
    let too_bright = |image: &PreparedImage| {
        (image.values[0] > 0.99).then(|| InferenceError::Runtime("too bright".into()))
    };
    let embedder = Faulty { space, inner: ColourEmbedder::default(), fault: too_bright };
    let (summary, notes) = bench.try_add(&[bench.input()], &embedder).unwrap();
    assert_eq!((summary.added, summary.failed), (6, 1));
    assert!(notes.failed[0].path.ends_with("white.png"));
}

#[test]
fn an_embedder_that_always_fails_ends_the_run() {
    let bench = Bench::new();
    for seed in 0..12 {
        write(&bench.input().join(format!("{seed}.png")), seed);
    }
    let space = ImageEmbedder::space(&bench.embedder).clone();
    let broken = |_: &PreparedImage| Some(InferenceError::Runtime("out of order".into()));
    let embedder = Faulty { space, inner: ColourEmbedder::default(), fault: broken };
    let error = bench.try_add(&[bench.input()], &embedder).unwrap_err();
    assert!(matches!(error, IngestError::Embed(InferenceError::Runtime(_))), "{error}");
}

#[test]
fn a_missing_model_ends_the_run() {
    let bench = Bench::new();
    write(&bench.input().join("x.png"), 1);
    let space = ImageEmbedder::space(&bench.embedder).clone();
    let missing = |_: &PreparedImage| {
        Some(InferenceError::Missing { message: "no model".into(), hint: "pull it".into() })
    };
    let embedder = Faulty { space, inner: ColourEmbedder::default(), fault: missing };
    let error = bench.try_add(&[bench.input()], &embedder).unwrap_err();
    assert_eq!(error.hint().as_deref(), Some("pull it"));
    assert_eq!(bench.catalog().count().unwrap(), 0);
}

/// The colour fake with a fault for some pictures.
struct Faulty<F> {
    space: EmbeddingSpace,
    inner: ColourEmbedder,
    fault: F,
}

impl<F: Fn(&PreparedImage) -> Option<InferenceError> + Send + Sync> ImageEmbedder for Faulty<F> {
    fn space(&self) -> &EmbeddingSpace {
        &self.space
    }

    fn input_side(&self) -> u32 {
        self.inner.input_side()
    }

    fn prepare(&self, picture: &Picture) -> Result<PreparedImage, InferenceError> {
        self.inner.prepare(picture)
    }

    fn embed(&self, batch: &[PreparedImage]) -> Result<Vec<Embedding>, InferenceError> {
        match batch.iter().find_map(&self.fault) {
            Some(fault) => Err(fault),
            None => self.inner.embed(batch),
        }
    }
}
