//! Made films with known joints. Not covered: real films; `bench/shots` measures those.

use std::time::Duration;

use kinora_types::{Picture, Size, TimeRange};

use super::*;
use crate::Frame;
use kinora_image::{Filter, frame::to_frame, resize};

const SIZE: Size = Size { width: 96, height: 54 };

/// A picture of random blobs; another seed, another picture.
fn scene(seed: u32) -> Picture {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(12345);
    let mut small = Picture::filled(6, 4, [0; 3]);
    for value in small.rgb_mut() {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *value = (state >> 24) as u8;
    }
    resize(&small, SIZE, Filter::Bicubic)
}

fn mix(a: &Picture, b: &Picture, share: f32) -> Picture {
    let blend = |(a, b): (&u8, &u8)| (f32::from(*a) * (1.0 - share) + f32::from(*b) * share) as u8;
    let rgb = a.rgb().iter().zip(b.rgb()).map(blend).collect();
    Picture::new(a.width(), a.height(), rgb).unwrap()
}

/// Shots at 25 frames a second.
fn detect(film: &[Picture]) -> Vec<Shot> {
    let mut detector = ShotDetector::new();
    let time = |i: usize| Duration::from_millis(i as u64 * 40);
    for (i, picture) in film.iter().enumerate() {
        detector.push(&Frame { at: time(i), image: to_frame(picture).unwrap() });
    }
    detector.finish(time(film.len()))
}

fn joints(film: &[Picture]) -> Vec<(BoundaryKind, usize)> {
    detect(film).iter().filter_map(|s| s.ended_by).map(|b| (b.kind, b.frame())).collect()
}

fn held(seed: u32, frames: usize) -> Vec<Picture> {
    vec![scene(seed); frames]
}

fn blended(a: &Picture, b: &Picture, frames: usize) -> Vec<Picture> {
    (1..frames).map(|i| mix(a, b, i as f32 / frames as f32)).collect()
}

#[test]
fn cuts_also_fast_ones() {
    let film = [held(1, 40), held(2, 7), held(3, 7), held(4, 40)].concat();
    let expected = [40, 47, 54].map(|at| (BoundaryKind::Cut, at));
    assert_eq!(joints(&film), expected);
}

#[test]
fn a_flash_is_no_cut() {
    for frames in 1..=4 {
        let flash = vec![Picture::filled(SIZE.width, SIZE.height, [255; 3]); frames];
        let film = [held(1, 40), flash, held(1, 40)].concat();
        assert_eq!(joints(&film), [], "{frames}");
    }
}

#[test]
fn dissolves_of_many_lengths() {
    for length in [8, 12, 24, 40] {
        let film = [held(1, 60), blended(&scene(1), &scene(2), length), held(2, 60)].concat();
        let found = joints(&film);
        assert_eq!(found.len(), 1, "{length}: {found:?}");
        assert_eq!(found[0].0, BoundaryKind::Dissolve);
        assert!(found[0].1.abs_diff(60 + length / 2) <= 3, "{length}: {found:?}");
    }
}

#[test]
fn a_fade_through_black_is_one_joint() {
    let black = Picture::filled(SIZE.width, SIZE.height, [0; 3]);
    let dark = vec![black.clone(); 10];
    let (out, back) = (blended(&scene(1), &black, 20), blended(&black, &scene(2), 20));
    let end = blended(&scene(2), &black, 20);
    let film = [held(1, 50), out, dark.clone(), back, held(2, 50), end, dark].concat();
    let found = joints(&film);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, BoundaryKind::Fade);
    assert!(found[0].1.abs_diff(74) <= 4, "{found:?}");
}

fn plain(colour: [u8; 3], frames: usize) -> Vec<Picture> {
    vec![Picture::filled(SIZE.width, SIZE.height, colour); frames]
}

#[test]
fn plain_colours_are_cut_apart() {
    let cut = |at| (BoundaryKind::Cut, at);
    let (red, blue) = ([180, 20, 20], [20, 20, 180]);
    assert_eq!(joints(&[plain(red, 40), plain(blue, 40)].concat()), [cut(40)]);
    let film = [plain(red, 30), plain(blue, 30), plain([90; 3], 30), plain([130; 3], 30)].concat();
    assert_eq!(joints(&film), [cut(30), cut(60), cut(90)]);
    let between = [held(1, 40), plain(red, 30), plain(blue, 30), held(2, 40)].concat();
    assert_eq!(joints(&between), [cut(40), cut(70), cut(100)]);
    // A flash of light on a wall, grain, and colours that change slowly.
    let flash = [plain([60; 3], 40), plain([250; 3], 3), plain([60; 3], 40)].concat();
    assert_eq!(joints(&flash), []);
    let grain: Vec<_> = (0..90).flat_map(|i| plain([63 + i % 3; 3], 1)).collect();
    assert_eq!(joints(&grain), []);
    for frames in [4, 8, 30] {
        let (from, to) = (plain([20; 3], 1), plain([220; 3], 1));
        let film = [plain([20; 3], 40), blended(&from[0], &to[0], frames), plain([220; 3], 40)];
        let found = joints(&film.concat());
        assert!(found.iter().all(|(kind, _)| *kind != BoundaryKind::Cut), "{frames}: {found:?}");
    }
}

#[test]
fn a_change_of_light_is_none() {
    let dim = mix(&scene(1), &Picture::filled(SIZE.width, SIZE.height, [0; 3]), 0.5);
    let film = [held(1, 50), blended(&scene(1), &dim, 20), vec![dim; 50]].concat();
    assert_eq!(joints(&film), []);
}

#[test]
fn shots_follow_each_other_and_keys_lie_inside() {
    assert_eq!(detect(&[]), []);
    let shots = detect(&[held(1, 30), held(2, 20)].concat());
    let ranges: Vec<_> = shots.iter().map(|s| s.range).collect();
    let range = |a, b| TimeRange::new(a, b).unwrap();
    assert_eq!(ranges, [range(0, 1200), range(1200, 2000)]);
    for shot in shots {
        assert!(shot.range.contains(shot.key.as_millis() as u64), "{shot:?}");
    }
    assert_eq!(detect(&held(1, 1)).len(), 1);
}
