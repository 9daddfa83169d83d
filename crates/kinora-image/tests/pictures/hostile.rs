use std::{
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    time::Duration,
};

use image::{DynamicImage, ImageFormat};
use kinora_image::{
    Budget, FULL_SIZE, Limits, ReadError, decode, decode_within, is_animated, motion_photo,
};

use crate::{RED, at, encoded, fixture, heif, near, path, quadrants, with_chunk};

#[test]
fn scans_without_end_are_refused() {
    let error = decode(&fixture("jpg-scans.jpg"), 224, &Limits::default()).unwrap_err();
    assert!(matches!(error, ReadError::TooMuchWork { .. }), "{error:?}");
    assert!(
        error.to_string().starts_with("the picture takes too much work to decode: "),
        "{error}"
    );
    assert!(error.hint().is_some());
}

#[test]
fn tiles_that_nobody_sees_are_not_decoded() {
    let tile = fixture("plain.avif");
    let grid = heif::Grid { tile: &tile, alpha: None, columns: 255, rows: 255, canvas: (64, 48) };
    let decoded = decode(&grid.file(), FULL_SIZE, &Limits::default()).unwrap();
    assert!(near(at(&decoded.picture, 1, 1), RED, 8));
}

#[test]
fn time_runs_out_in_the_middle() {
    let tile = fixture("plain.avif");
    // 65 025 tiles that are all seen.
    let canvas = (255 * 64, 255 * 48);
    let grid = heif::Grid { tile: &tile, alpha: None, columns: 255, rows: 255, canvas };
    let limits = Limits { memory: 16 << 30, ..Limits::default() };
    let (bytes, stop) = (grid.file(), AtomicBool::new(false));
    let outcome = std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(300));
            stop.store(true, Ordering::Relaxed);
        });
        let cancelled = || stop.load(Ordering::Relaxed);
        decode_within(&bytes, FULL_SIZE, &Budget::new(&limits, &cancelled))
    });
    assert!(matches!(outcome, Err(ReadError::Cancelled)), "{outcome:?}");
}

#[test]
fn every_format_hears_that_it_is_not_wanted() {
    let rgb = || DynamicImage::from(quadrants());
    for (name, bytes) in [
        ("jpeg", encoded(rgb(), ImageFormat::Jpeg)),
        ("progressive", fixture("progressive.jpg")),
        ("png", encoded(rgb(), ImageFormat::Png)),
        ("gif", encoded(rgb(), ImageFormat::Gif)),
        ("bmp", encoded(rgb(), ImageFormat::Bmp)),
        ("tiff", encoded(rgb(), ImageFormat::Tiff)),
    ] {
        // Not at once: the second look is inside of the decoder.
        let asked = AtomicU32::new(0);
        let cancelled = || asked.fetch_add(1, Ordering::Relaxed) >= 1;
        let outcome =
            decode_within(&bytes, FULL_SIZE, &Budget::new(&Limits::default(), &cancelled));
        assert!(matches!(outcome, Err(ReadError::Cancelled)), "{name}: {outcome:?}");
    }
    for name in ["plain.heic", "plain.avif", "alpha.webp"] {
        let outcome =
            decode_within(&fixture(name), FULL_SIZE, &Budget::new(&Limits::default(), &|| true));
        assert!(matches!(outcome, Err(ReadError::Cancelled)), "{name}: {outcome:?}");
    }
}

#[test]
fn planes_that_do_not_fit_are_the_files_fault() {
    let error = decode(&fixture("misfit.avif"), FULL_SIZE, &Limits::default()).unwrap_err();
    assert!(matches!(error, ReadError::Damaged { .. }), "{error:?}");
    assert!(error.to_string().starts_with("the AVIF file is damaged: "), "{error}");
}

/// A zlib stream of `zeros` zeros in runs of 258, thirteen bits each (RFC 1951, fixed codes).
fn deflated(zeros: usize) -> Vec<u8> {
    let mut bits = Bits { bytes: vec![0x78, 0x01], at: 0 };
    bits.put(&[1, 1, 0]);
    // The literal 0 is 00110000, a length of 258 is 11000101, a distance of 1 is 00000.
    bits.put(&[0, 0, 1, 1, 0, 0, 0, 0]);
    for _ in 0..zeros / 258 {
        bits.put(&[1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0]);
    }
    bits.put(&[0; 7]);
    bits.bytes
}

struct Bits {
    bytes: Vec<u8>,
    at: usize,
}

impl Bits {
    fn put(&mut self, bits: &[u8]) {
        for bit in bits {
            if self.at.is_multiple_of(8) {
                self.bytes.push(0);
            }
            *self.bytes.last_mut().unwrap() |= bit << (self.at % 8);
            self.at += 1;
        }
    }
}

/// Most memory that this process has had, in bytes; nothing is known on other systems.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0");
    line.split_whitespace().next().and_then(|n| n.parse::<u64>().ok()).unwrap_or(0) << 10
}

#[test]
fn profiles_that_inflate_without_end_are_left_out() {
    let png = encoded(quadrants(), ImageFormat::Png);
    let profile = [&b"x\0\0"[..], &deflated(1 << 30)].concat();
    let bytes = with_chunk(&png, b"iCCP", &profile);
    let before = peak();
    let decoded = decode(&bytes, FULL_SIZE, &Limits::default()).unwrap();
    assert_eq!(at(&decoded.picture, 1, 1), RED);
    let grown = peak() - before;
    assert!(grown < 300 << 20, "{grown}");
    for (kind, text) in [(b"zTXt", &b"Comment\0\0"[..]), (b"iTXt", b"Comment\0\x01\0\0\0")] {
        let bytes = with_chunk(&png, kind, &[text, &deflated(1 << 28)].concat());
        assert_eq!(at(&decode(&bytes, FULL_SIZE, &Limits::default()).unwrap().picture, 1, 1), RED);
    }
}

#[test]
fn what_moves_and_what_has_a_video_behind() {
    for (name, moves) in [
        ("moving.png", true),
        ("moving.avif", true),
        ("two.gif", true),
        ("palette.png", false),
        ("plain.avif", false),
        ("plain.heic", false),
        ("motion.jpg", false),
    ] {
        let file = kinora_files::open(&path(name)).unwrap();
        assert_eq!(is_animated(file), moves, "{name}");
    }
    let bytes = fixture("motion.jpg");
    assert_eq!(motion_photo(&bytes), Some(5995..16_318));
    assert_eq!(motion_photo(&fixture("large.jpg")), None);
}
