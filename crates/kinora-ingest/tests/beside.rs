//! What lies beside files: sidecars and lists that appear, change and vanish; names; pairs; what is left out.
//! Not covered: which fields of which sidecars are read (see `kinora-image`).

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use std::{fs, path::Path};

use common::{Bench, Notes, write};
use kinora_catalog::{Change, Description};
use kinora_ingest::{LivePhoto, Outcome, thumbnail_path};
use kinora_types::{Asset, DateBasis};

/// A packet as darktable, digiKam and Lightroom keep their corrections.
fn xmp(year: u32, title: &str) -> String {
    format!(
        r#"<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
        <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
            xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:DateTimeOriginal="{year}-09-09T10:00:00">
        <dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
        </rdf:Description></rdf:RDF></x:xmpmeta>"#
    )
}

fn only(bench: &Bench) -> Asset {
    let catalog = bench.catalog();
    let rows = catalog.live_rows().unwrap();
    assert_eq!(rows.len(), 1);
    catalog.assets(&rows).unwrap().remove(0).1
}

fn year(asset: &Asset) -> Option<i16> {
    asset.taken_at.map(|at| at.year())
}

fn finds(bench: &Bench, word: &str) -> bool {
    !bench.catalog().lexical(&[word.to_owned()], 5).unwrap().is_empty()
}

#[test]
fn a_sidecar_is_read_again_when_it_appears_changes_and_vanishes() {
    let bench = Bench::new();
    let (picture, sidecar) = (bench.input().join("r1.jpg"), bench.input().join("r1.jpg.xmp"));
    write(&picture, 1);
    bench.add();
    assert_eq!((only(&bench).title, year(&only(&bench))), (None, None));

    for (at, title) in [(2001, "harbour"), (1999, "pharos")] {
        fs::write(&sidecar, xmp(at, title)).unwrap();
        let (summary, notes) = bench.add();
        assert_eq!((summary.described, summary.unchanged, summary.added), (1, 0, 0), "{title}");
        assert_eq!(notes.done[0].outcome, Outcome::Described);
        let asset = only(&bench);
        assert_eq!((asset.title.as_deref(), year(&asset)), (Some(title), Some(at as i16)));
        assert!(finds(&bench, title));
        let (again, _) = bench.add();
        assert_eq!((again.described, again.unchanged), (0, 1), "{title}");
    }
    assert!(!finds(&bench, "harbour"));

    fs::remove_file(&sidecar).unwrap();
    assert_eq!(bench.add().0.described, 1);
    assert_eq!((only(&bench).title, year(&only(&bench))), (None, None));
    assert!(!finds(&bench, "pharos"));
    assert_eq!(bench.add().0.unchanged, 1);
}

#[test]
fn a_sidecar_is_noticed_whatever_its_size_and_time() {
    let bench = Bench::new();
    let (picture, sidecar) = (bench.input().join("r1.jpg"), bench.input().join("r1.jpg.xmp"));
    write(&picture, 1);
    fs::write(&sidecar, xmp(2001, "same length")).unwrap();
    bench.add();
    let time = fs::metadata(&sidecar).unwrap().modified().unwrap();
    fs::write(&sidecar, xmp(1999, "same lenght")).unwrap();
    fs::File::options().append(true).open(&sidecar).unwrap().set_modified(time).unwrap();
    bench.add();
    // Other systems than Unix keep no time that cannot be set back.
    if cfg!(unix) {
        assert_eq!(year(&only(&bench)), Some(1999));
    }
    // A picture that was touched is told again too.
    fs::write(&sidecar, xmp(1998, "touched")).unwrap();
    let file = fs::File::options().append(true).open(&picture).unwrap();
    file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    let (summary, _) = bench.add();
    assert_eq!((summary.known, summary.added), (1, 0));
    assert_eq!(year(&only(&bench)), Some(1998));
}

#[test]
fn what_a_person_wrote_stays() {
    let bench = Bench::new();
    let (picture, sidecar) = (bench.input().join("r1.jpg"), bench.input().join("r1.jpg.xmp"));
    write(&picture, 1);
    fs::write(&sidecar, xmp(2001, "old")).unwrap();
    bench.add();
    let (asset, description) =
        (only(&bench).id, Description { title: Some("mine".into()), ..Description::default() });
    let edit = Change::Describe { asset, description, index_words: true, by_hand: true };
    bench.catalog().commit(&[edit]).unwrap();
    fs::write(&sidecar, xmp(1999, "new")).unwrap();
    bench.add();
    assert_eq!((only(&bench).title.as_deref(), year(&only(&bench))), (Some("mine"), Some(1999)));
    fs::remove_file(&sidecar).unwrap();
    bench.add();
    assert_eq!((only(&bench).title.as_deref(), year(&only(&bench))), (Some("mine"), None));
}

/// The first in order that has a sidecar speaks for all copies.
#[test]
fn of_copies_the_first_with_a_sidecar_speaks() {
    let bench = Bench::new();
    let path = |name: &str| bench.input().join(name);
    write(&path("a.png"), 1);
    for name in ["b.png", "c.png"] {
        fs::copy(path("a.png"), path(name)).unwrap();
    }
    let title = || only(&bench).title;
    fs::write(path("c.png.xmp"), xmp(2003, "c")).unwrap();
    bench.add();
    assert_eq!(title().as_deref(), Some("c"));
    fs::write(path("b.png.xmp"), xmp(2002, "b")).unwrap();
    bench.add();
    assert_eq!(title().as_deref(), Some("b"));
    // Gone with its picture.
    fs::remove_file(path("b.png")).unwrap();
    bench.add();
    assert_eq!(title().as_deref(), Some("c"));
    fs::remove_file(path("c.png.xmp")).unwrap();
    bench.add();
    assert_eq!(title(), None);
}

#[test]
fn a_moved_picture_is_told_by_what_lies_beside_it_now() {
    let bench = Bench::new();
    let path = |name: &str| bench.input().join(name);
    write(&path("x.png"), 1);
    fs::write(path("x.png.xmp"), xmp(2001, "old")).unwrap();
    bench.add();
    fs::rename(path("x.png"), path("y.png")).unwrap();
    bench.add();
    assert_eq!(only(&bench).title, None);
    fs::rename(path("x.png.xmp"), path("y.png.xmp")).unwrap();
    bench.add();
    assert_eq!(only(&bench).title.as_deref(), Some("old"));
}

#[test]
fn an_entry_that_left_the_list_is_said_no_more() {
    let mut bench = Bench::new();
    write(&bench.input().join("u\u{308}.png"), 1);
    fs::write(bench.input().join("u\u{308}.png.xmp"), xmp(2001, "sidecar")).unwrap();
    let list = bench.library().join("list.json");
    bench.options.attributions = Some(list.clone());
    fs::write(&list, "[{\"file\": \"\u{fc}.png\", \"title\": \"list\"}]").unwrap();
    bench.add();
    assert_eq!(only(&bench).title.as_deref(), Some("list"));
    // A run without the list forgets nothing that it said; nor does a changed sidecar.
    bench.options.attributions = None;
    fs::write(bench.input().join("u\u{308}.png.xmp"), xmp(2002, "another")).unwrap();
    bench.add();
    assert_eq!((only(&bench).title.as_deref(), year(&only(&bench))), (Some("list"), Some(2002)));
    bench.options.attributions = Some(list.clone());
    fs::write(&list, "[]").unwrap();
    assert_eq!(bench.add().0.described, 1);
    assert_eq!(only(&bench).title.as_deref(), Some("another"));
    assert_eq!(bench.add().0.described, 0);
}

#[test]
fn a_date_in_the_name_is_a_guess_that_anything_surer_replaces() {
    let bench = Bench::new();
    let picture = bench.input().join("IMG_20190721_230638.png");
    write(&picture, 1);
    bench.add();
    let asset = only(&bench);
    assert_eq!(asset.taken_at.unwrap().to_string(), "2019-07-21T23:06:38");
    assert_eq!(asset.date_basis, Some(DateBasis::Guessed));
    fs::write(bench.input().join("IMG_20190721_230638.png.xmp"), xmp(2001, "x")).unwrap();
    bench.add();
    assert_eq!(year(&only(&bench)), Some(2001));
    assert_ne!(only(&bench).date_basis, Some(DateBasis::Guessed));
}

#[test]
fn a_lost_thumbnail_is_made_again() {
    let bench = Bench::new();
    write(&bench.input().join("a.png"), 1);
    write(&bench.input().join("b.png"), 2);
    let (_, notes) = bench.add();
    let thumbnails = || {
        let path = |done: &kinora_ingest::Done| thumbnail_path(&bench.library(), &done.asset);
        notes.done.iter().map(path).collect::<Vec<_>>()
    };
    let before: Vec<_> = thumbnails().iter().map(|path| fs::read(path).unwrap()).collect();
    fs::remove_file(&thumbnails()[0]).unwrap();
    fs::write(&thumbnails()[1], b"").unwrap();
    let (summary, _) = bench.add();
    assert_eq!((summary.unchanged, summary.thumbnails, summary.described), (2, 2, 0));
    let after: Vec<_> = thumbnails().iter().map(|path| fs::read(path).unwrap()).collect();
    assert_eq!(before, after);
    assert_eq!(bench.add().0.thumbnails, 0);
}

#[test]
fn what_is_left_out_is_named() {
    let bench = Bench::new();
    write(&bench.input().join("x.jpg"), 1);
    for (name, content) in [
        ("x.jpg.xmp", xmp(2001, "x")),
        ("lost.xmp", xmp(2001, "lost")),
        ("a.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>".into()),
        ("b.jxl", "JXL".into()),
        ("IMG_1.CR2", "II*\0".into()),
        ("notes.txt", "hello".into()),
    ] {
        fs::write(bench.input().join(name), content).unwrap();
    }
    let (summary, notes) = bench.add();
    assert_eq!((summary.added, summary.ignored, summary.failed), (1, 6, 0));
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let mut left: Vec<_> = notes
        .left_out
        .iter()
        .map(|left| (name(&left.path), left.format.clone(), left.hint.is_some()))
        .collect();
    left.sort();
    assert_eq!(
        left,
        [
            ("IMG_1.CR2".to_owned(), "camera raw".into(), true),
            ("a.svg".to_owned(), "SVG".into(), true),
            ("b.jxl".to_owned(), "JPEG XL".into(), true),
            ("lost.xmp".to_owned(), "XMP without its picture".into(), false),
            ("notes.txt".to_owned(), "other".into(), false),
            ("x.jpg.xmp".to_owned(), "sidecar".into(), false),
        ]
    );
    // Also when nothing is read any more.
    assert_eq!(bench.add().1.left_out.iter().filter(|left| left.format == "sidecar").count(), 1);
    // Named by the user, each is a failure that says what to do.
    for (name, words) in [("a.svg", "SVG is a format"), ("x.jpg.xmp", "with its picture")] {
        let path = bench.input().join(name);
        let (_, notes) = bench.try_add(&[path], &bench.embedder).unwrap();
        assert!(notes.failed[0].message.contains(words), "{:?}", notes.failed);
        assert!(notes.failed[0].hint.is_some());
    }
}

/// The inputs with which these faults were found.
#[test]
fn files_that_people_sent() {
    let bench = Bench::new();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    for name in [
        "r1.jpg",
        "IMG_20190721_230638.jpg",
        "IMG-20210405-WA0007.jpg",
        "PXL_20240701_143000.MP.jpg",
    ] {
        fs::copy(fixtures.join(name), bench.input().join(name)).unwrap();
    }
    let (summary, _) = bench.add();
    assert_eq!((summary.added, summary.motion_photos), (4, 1));
    let asset = |name: &str| bench.catalog().resolve(name).unwrap();
    for (name, at) in [
        ("IMG_20190721_230638.jpg", "2019-07-21T23:06:38"),
        ("IMG-20210405-WA0007.jpg", "2021-04-05T00:00:00"),
    ] {
        let asset = asset(name);
        assert_eq!(asset.taken_at.unwrap().to_string(), at, "{name}");
        assert_eq!(asset.date_basis, Some(DateBasis::Guessed), "{name}");
    }
    assert_ne!(asset("r1.jpg").title.as_deref(), Some("new title"));
    fs::copy(fixtures.join("r1.jpg.xmp"), bench.input().join("r1.jpg.xmp")).unwrap();
    bench.add();
    let told = asset("r1.jpg");
    assert_eq!((told.title.as_deref(), year(&told)), (Some("new title"), Some(1999)));
}

#[test]
fn a_motion_photo_is_told() {
    let bench = Bench::new();
    let path = bench.input().join("PXL_20240701_143000.MP.jpg");
    let still = bench.library().join("still.jpg");
    write(&still, 1);
    let film = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom\0\0\0\x08mdat";
    fs::write(&path, [&fs::read(&still).unwrap()[..], film].concat()).unwrap();
    write(&bench.input().join("still.jpg"), 2);
    let (summary, notes) = bench.add();
    assert_eq!((summary.added, summary.motion_photos), (2, 1));
    assert_eq!(notes.motion_photos, [path]);
}

#[test]
fn the_halves_of_a_live_photo_are_told() {
    let mut bench = Bench::new();
    bench.options.ffmpeg = Some(kinora_video::fixtures::ffmpeg());
    let path = |name: &str| bench.input().join(name);
    write(&path("IMG_0042.JPG"), 1);
    write(&path("IMG_0043.JPG"), 2);
    let made = std::process::Command::new(&bench.options.ffmpeg.as_ref().unwrap().path)
        .args("-nostdin -loglevel error -f lavfi -i testsrc2=s=96x64:d=2 -c:v libx264".split(' '))
        .arg(path("IMG_0042.MOV"))
        .status();
    assert!(made.unwrap().success());
    let (summary, notes): (_, Notes) = bench.add();
    assert_eq!((summary.added, summary.live_photos), (3, 1), "{notes:?}");
    let pair = LivePhoto { picture: path("IMG_0042.JPG"), video: path("IMG_0042.MOV") };
    assert_eq!(notes.live_photos, [pair]);
    assert_eq!(bench.add().0.live_photos, 0);
    // The video's thumbnail comes back as well.
    let video = bench.catalog().resolve("IMG_0042.MOV").unwrap();
    let thumbnail = thumbnail_path(&bench.library(), &video.id);
    let before = fs::read(&thumbnail).unwrap();
    fs::remove_file(&thumbnail).unwrap();
    assert_eq!(bench.add().0.thumbnails, 1);
    assert_eq!(fs::read(&thumbnail).unwrap(), before);
}
