//! Which pictures are near-duplicates: real photographs and drawn instruments, changed as people change them; and what
//! an older Kinora added.
//!
//! Not covered: the candidates, which perceptual hash and vectors choose, but for those that are found here.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use std::path::Path;

use common::{Bench, scene};
use image::{
    DynamicImage, Rgb, RgbImage, Rgba, RgbaImage,
    imageops::{self, FilterType},
};
use kinora_catalog::{Change, FileEntry, NewAsset};
use kinora_image::{FULL_SIZE, Limits, Signature, decode, hamming_distance, perceptual_hash};
use kinora_ingest::thumbnail_path;
use kinora_types::{Asset, AssetId, ContentHash, Picture, Rights, Size};

fn picture(image: &RgbImage) -> Picture {
    Picture::new(image.width(), image.height(), image.clone().into_raw()).unwrap()
}

/// Whether both pixels and perceptual hash say that one is nearly the other.
fn alike(one: &RgbImage, other: &RgbImage) -> bool {
    let (one, other) = (picture(one), picture(other));
    hamming_distance(perceptual_hash(&one), perceptual_hash(&other)) <= 14
        && Signature::of(&one).nearly_equals(&Signature::of(&other))
}

fn photo(name: &str) -> RgbImage {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples/pictures").join(name);
    image::open(path).unwrap().to_rgb8()
}

fn recompressed(image: &RgbImage) -> RgbImage {
    let mut bytes = Vec::new();
    let jpeg = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 30);
    image.write_with_encoder(jpeg).unwrap();
    image::load_from_memory(&bytes).unwrap().to_rgb8()
}

fn resized(image: &RgbImage, width: u32) -> RgbImage {
    let height = image.height() * width / image.width();
    imageops::resize(image, width, height, FilterType::Lanczos3)
}

fn cropped(image: &RgbImage, share: f32) -> RgbImage {
    let (width, height) = image.dimensions();
    let [x, y] = [width, height].map(|side| (side as f32 * share) as u32);
    imageops::crop_imm(image, x, y, width - 2 * x, height - 2 * y).to_image()
}

fn lit(image: &RgbImage, gain: f32) -> RgbImage {
    let mut image = image.clone();
    image.iter_mut().for_each(|value| *value = (f32::from(*value) * gain).min(255.0) as u8);
    image
}

fn grey(image: &RgbImage) -> RgbImage {
    DynamicImage::ImageRgb8(image.clone()).grayscale().to_rgb8()
}

#[test]
fn photographs_and_what_people_make_of_them() {
    for name in ["giant-panda.webp", "german-shepherd.webp", "colosseum.webp", "charminar.webp"] {
        let original = photo(name);
        for (what, variant, is_one) in [
            ("small", resized(&original, 200), true),
            ("recompressed", recompressed(&original), true),
            ("cropped by 4 % a side", cropped(&original, 0.04), true),
            ("brighter", lit(&original, 1.2), true),
            ("darker", lit(&original, 0.75), true),
            ("mirrored", imageops::flip_horizontal(&original), false),
            ("cropped by 20 % a side", cropped(&original, 0.2), false),
        ] {
            assert_eq!(alike(&original, &variant), is_one, "{name}, {what}");
        }
    }
    let golden = photo("golden-temple.webp");
    assert!(!alike(&golden, &grey(&golden)), "a coloured picture and its black-and-white version");
    let (dog, cow) = (photo("german-shepherd.webp"), photo("cow-in-pasture.webp"));
    assert!(!alike(&dog, &cow));
}

/// An instrument on a ground that is seen through: a body of one colour, a neck, and so many strings or keys.
fn instrument(body: [u8; 3], neck: u32, strings: u32, slim: f32) -> RgbaImage {
    RgbaImage::from_fn(256, 256, |x, y| {
        let (dx, dy) = ((x as f32 - 128.0) / slim, y as f32 - 160.0);
        let in_body = dx * dx + dy * dy < 70.0 * 70.0;
        let in_neck = x.abs_diff(128) < neck && (20..160).contains(&y);
        let string =
            (0..strings).any(|i| x == 128 - 2 * strings + 4 * i + 2) && (20..220).contains(&y);
        match (string && (in_body || in_neck), in_body, in_neck) {
            (true, ..) => Rgba([240, 240, 240, 255]),
            (_, true, _) => Rgba([body[0], body[1], body[2], 255]),
            (_, _, true) => Rgba([60, 40, 20, 255]),
            _ => Rgba([0, 0, 0, 0]),
        }
    })
}

/// As the decoder sees it: on white.
fn seen(icon: &RgbaImage) -> RgbImage {
    let mut bytes = std::io::Cursor::new(Vec::new());
    icon.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    let decoded = decode(bytes.get_ref(), FULL_SIZE, &Limits::default()).unwrap().picture;
    RgbImage::from_raw(decoded.width(), decoded.height(), decoded.rgb().to_vec()).unwrap()
}

#[test]
fn two_instruments_on_a_transparent_ground_are_two() {
    let violin = instrument([150, 80, 30], 8, 4, 0.8);
    let on_white = seen(&violin);
    for (what, other, is_one) in [
        ("smaller", resized(&on_white, 96), true),
        ("recompressed", recompressed(&on_white), true),
        ("darker", lit(&on_white, 0.9), true),
        ("a guitar", seen(&instrument([150, 80, 30], 12, 6, 1.1)), false),
        ("a red one", seen(&instrument([190, 40, 40], 8, 4, 0.8)), false),
        ("a balalaika", seen(&instrument([150, 80, 30], 5, 3, 0.8)), false),
        ("a banjo", seen(&instrument([225, 215, 195], 8, 4, 1.0)), false),
        ("in a corner", moved(&on_white), false),
        ("nothing", RgbImage::from_pixel(256, 256, Rgb([255; 3])), false),
    ] {
        assert_eq!(alike(&on_white, &other), is_one, "{what}");
    }
}

/// The lower right three quarters of a picture in its upper left.
fn moved(image: &RgbImage) -> RgbImage {
    let mut moved = RgbImage::from_pixel(image.width(), image.height(), Rgb([255; 3]));
    imageops::replace(&mut moved, image, -24, -24);
    moved
}

/// What an older Kinora added has a thumbnail, a vector and a perceptual hash, and was compared with nothing.
#[test]
fn what_an_older_kinora_added_is_compared_when_something_is_added() {
    let bench = Bench::new();
    let original = scene(1, 640, 480);
    for (name, image) in [("old.png", original.clone()), ("older.png", resized(&original, 320))] {
        let (new, jpeg) = of_older_kinora(&bench, name, &image);
        let thumbnail = thumbnail_path(&bench.library(), &new.asset.id);
        std::fs::create_dir_all(thumbnail.parent().unwrap()).unwrap();
        std::fs::write(thumbnail, jpeg).unwrap();
        bench.catalog().commit(&[Change::Add(Box::new(new))]).unwrap();
    }
    let catalog = bench.catalog();
    assert_eq!(catalog.uncompared().unwrap().len(), 2);
    assert!(catalog.all_near_duplicates().unwrap().is_empty());
    // Another one, and a small copy of the old ones, which met nothing that it could be compared with.
    scene(5, 640, 480).save(bench.input().join("other.png")).unwrap();
    resized(&original, 240).save(bench.input().join("new.png")).unwrap();
    bench.add();
    assert!(catalog.uncompared().unwrap().is_empty());
    assert_eq!(catalog.all_near_duplicates().unwrap().len(), 6, "each of three with both others");
}

fn of_older_kinora(bench: &Bench, name: &str, image: &RgbImage) -> (NewAsset, Vec<u8>) {
    let picture = picture(image);
    let path = format!("/elsewhere/{name}");
    let asset = Asset {
        id: AssetId(ContentHash::of(name.as_bytes())),
        size: Some(Size { width: picture.width(), height: picture.height() }),
        bytes: 1,
        format: "png".into(),
        duration_ms: None,
        paths: vec![path.clone()],
        taken_at: None,
        date_basis: None,
        place: None,
        camera: None,
        title: None,
        caption: None,
        keywords: Vec::new(),
        rights: Rights::default(),
        added_at: "2025-01-01T00:00:00Z".parse().unwrap(),
    };
    let new = NewAsset {
        asset,
        file: FileEntry { path, bytes: 1, mtime_ns: 0 },
        names: Vec::new(),
        index_words: true,
        embedding: Some(bench.embedder.picture(&picture)),
        frames: Vec::new(),
        phash: perceptual_hash(&picture),
        signature: None,
        near_duplicates: Vec::new(),
    };
    (new, kinora_image::thumbnail(&picture, 320).unwrap())
}
