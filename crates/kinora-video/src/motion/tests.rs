//! Made films whose motion is known exactly: a picture without pixels, looked at by a camera.
//!
//! Not covered: real cameras, codecs and photos; `bench/motion` measures the latter two.

use std::time::Duration;

use kinora_types::{CameraMotion, ShotMotion, Size, TimeRange, YuvFrame};

use super::*;
use crate::Frame;

const SIZE: Size = Size { width: 320, height: 180 };

/// Where the camera looks: middle (widths, y downwards), magnification, degrees clockwise.
#[derive(Clone, Copy)]
struct View {
    at: [f32; 2],
    zoom: f32,
    roll: f32,
}

const AHEAD: View = View { at: [0.0, 0.0], zoom: 1.0, roll: 0.0 };

fn panned(x: f32, y: f32) -> View {
    View { at: [x, y], ..AHEAD }
}

/// 0 to 1, without a pattern.
fn hash(x: i32, y: i32) -> f32 {
    let mixed = (x.wrapping_mul(374_761_393)).wrapping_add(y.wrapping_mul(668_265_263));
    let mixed = (mixed ^ (mixed >> 13)).wrapping_mul(1_274_126_177);
    ((mixed ^ (mixed >> 16)) & 0xffff) as f32 / 65_535.0
}

/// Value noise of one scale.
fn noise(x: f32, y: f32) -> f32 {
    let (i, j) = (x.floor(), y.floor());
    let smooth = |t: f32| t * t * (3.0 - 2.0 * t);
    let (fx, fy) = (smooth(x - i), smooth(y - j));
    let (i, j) = (i as i32, j as i32);
    let row = |j: i32| hash(i, j) * (1.0 - fx) + hash(i + 1, j) * fx;
    row(j) * (1.0 - fy) + row(j + 1) * fy
}

/// The world: luma at a place in widths of the picture.
fn world(x: f32, y: f32) -> f32 {
    let octave = |scale: f32, light: f32| light * noise(x * scale + 91.0, y * scale + 17.0);
    30.0 + octave(4.0, 90.0) + octave(11.0, 60.0) + octave(30.0, 40.0)
}

type Camera = fn(f32) -> View;
type Disc = fn(f32) -> ([f32; 2], f32);
type Light = fn(f32, (u32, u32), f32) -> f32;

/// Everything a film may have beside its camera.
#[derive(Clone, Copy)]
struct Scene {
    view: Camera,
    /// Middle and radius of a disc on the screen, in widths; another world is seen in it.
    disc: Option<Disc>,
    /// What becomes of luma: time, place on the screen in pixels, luma.
    light: Light,
}

const SCENE: Scene = Scene { view: |_| AHEAD, disc: None, light: |_, _, luma| luma };

fn frame(scene: &Scene, at: Duration) -> Frame {
    let (t, width) = (at.as_secs_f32(), SIZE.width as f32);
    let view = (scene.view)(t);
    let disc = scene.disc.map(|disc| disc(t));
    let (sin, cos) = view.roll.to_radians().sin_cos();
    let mut image = YuvFrame::black(SIZE).unwrap();
    for (i, sample) in image.planes_mut()[0].iter_mut().enumerate() {
        let place = (i as u32 % SIZE.width, i as u32 / SIZE.width);
        let x = (place.0 as f32 + 0.5) / width - 0.5;
        let y = (place.1 as f32 + 0.5 - SIZE.height as f32 / 2.0) / width;
        // A camera that is turned clockwise sees what lies clockwise.
        let (wx, wy) = ((x * cos - y * sin) / view.zoom, (x * sin + y * cos) / view.zoom);
        let mut luma = world(view.at[0] + wx, view.at[1] + wy);
        if let Some((middle, radius)) = disc {
            let (dx, dy) = (x - middle[0], y - middle[1]);
            if dx.hypot(dy) < radius {
                luma = 20.0 + 0.9 * world(7.0 + dx * 1.3, 5.0 + dy * 1.3);
            }
        }
        *sample = (scene.light)(t, place, luma).clamp(16.0, 235.0) as u8;
    }
    Frame { at, image }
}

/// The motion of a film of two seconds at 25 frames a second.
fn measured(scene: Scene) -> Option<ShotMotion> {
    let mut estimator = MotionEstimator::new();
    for i in 0..50 {
        estimator.push(&frame(&scene, Duration::from_millis(i * 40)));
    }
    estimator.over(TimeRange::new(0, 2000).unwrap())
}

fn near(got: f32, want: f32, share: f32, slack: f32) -> bool {
    (got - want).abs() <= want.abs() * share + slack
}

#[test]
fn cameras_are_told_apart_and_their_speeds_are_right() {
    use CameraMotion::{
        PanLeft, PanRight, RollClockwise, RollCounterclockwise, Static, TiltDown, TiltUp, ZoomIn,
        ZoomOut,
    };
    let cameras: [(CameraMotion, Camera, [f32; 4]); 11] = [
        (Static, |_| AHEAD, [0.0, 0.0, 1.0, 0.0]),
        (PanRight, |t| panned(0.04 * t, 0.0), [0.04, 0.0, 1.0, 0.0]),
        (PanLeft, |t| panned(-0.3 * t, 0.0), [-0.3, 0.0, 1.0, 0.0]),
        // Less than a fiftieth of a pixel a frame.
        (PanRight, |t| panned(0.015 * t, 0.0), [0.015, 0.0, 1.0, 0.0]),
        (PanRight, |t| panned(2.0 * t, 0.0), [2.0, 0.0, 1.0, 0.0]),
        (TiltUp, |t| panned(0.0, -0.1 * t), [0.0, 0.1, 1.0, 0.0]),
        (TiltDown, |t| panned(0.0, 0.5 * t), [0.0, -0.5, 1.0, 0.0]),
        (ZoomIn, |t| View { zoom: 1.03f32.powf(t), ..AHEAD }, [0.0, 0.0, 1.03, 0.0]),
        (ZoomOut, |t| View { zoom: 0.7f32.powf(t), ..AHEAD }, [0.0, 0.0, 0.7, 0.0]),
        (RollClockwise, |t| View { roll: 4.0 * t, ..AHEAD }, [0.0, 0.0, 1.0, 4.0]),
        (RollCounterclockwise, |t| View { roll: -30.0 * t, ..AHEAD }, [0.0, 0.0, 1.0, -30.0]),
    ];
    for (kind, view, [pan, tilt, zoom, roll]) in cameras {
        let motion = measured(Scene { view, ..SCENE }).unwrap();
        assert_eq!(motion.camera, [kind], "{motion:?}");
        assert!(near(motion.pan, pan, 0.02, 0.0005), "{kind:?}: {}", motion.pan);
        assert!(near(motion.tilt, tilt, 0.02, 0.0005), "{kind:?}: {}", motion.tilt);
        assert!(near(motion.zoom.ln(), zoom.ln(), 0.04, 0.001), "{kind:?}: {}", motion.zoom);
        assert!(near(motion.roll, roll, 0.03, 0.1), "{kind:?}: {}", motion.roll);
        assert!(motion.known > 0.95 && motion.subject.area < 0.01, "{kind:?}: {motion:?}");
    }
}

#[test]
fn a_camera_that_does_two_things_is_told_of_both() {
    let view = |t: f32| View { at: [0.1 * t, 0.0], zoom: 1.1f32.powf(t), roll: 0.0 };
    let motion = measured(Scene { view, ..SCENE }).unwrap();
    // The way is measured on the screen, where it grows with the magnification.
    assert!(near(motion.pan, 0.11, 0.05, 0.0) && near(motion.zoom, 1.1, 0.01, 0.0), "{motion:?}");
    let mut kinds = motion.camera.clone();
    kinds.sort();
    assert_eq!(kinds, [CameraMotion::PanRight, CameraMotion::ZoomIn]);
    let there_and_back = |t: f32| panned(0.1 * (1.0 - (t - 1.0).abs()), 0.0);
    let motion = measured(Scene { view: there_and_back, ..SCENE }).unwrap();
    assert!(motion.camera.contains(&CameraMotion::PanLeft), "{motion:?}");
    assert!(motion.camera.contains(&CameraMotion::PanRight) && motion.pan.abs() < 0.01);
}

#[test]
fn a_hand_shakes_and_a_pan_in_it_is_still_a_pan() {
    fn shake(t: f32) -> [f32; 2] {
        let wave = |f: f32, p: f32| (t * f * std::f32::consts::TAU + p).sin();
        [0.003 * wave(3.1, 0.0) + 0.002 * wave(5.3, 1.0), 0.004 * wave(4.0, 2.0)]
    }
    let held = |t: f32| View { at: shake(t), ..AHEAD };
    let motion = measured(Scene { view: held, ..SCENE }).unwrap();
    assert_eq!(motion.camera, [CameraMotion::Shaky], "{motion:?}");
    // RMS of the two: 0.00255 and 0.00283.
    assert!(near(motion.shake, 0.0038, 0.1, 0.0), "{}", motion.shake);
    let panning = |t: f32| panned(shake(t)[0] + 0.2 * t, shake(t)[1]);
    let motion = measured(Scene { view: panning, ..SCENE }).unwrap();
    assert_eq!(motion.camera, [CameraMotion::PanRight, CameraMotion::Shaky], "{motion:?}");
}

#[test]
fn a_subject_is_told_from_the_camera() {
    let right = |t: f32| ([-0.2 + 0.2 * t, 0.0], 0.1);
    let still = measured(Scene { disc: Some(right), ..SCENE }).unwrap();
    assert_eq!(still.camera, [CameraMotion::Static], "{still:?}");
    let up = |t: f32| ([0.1, 0.15 - 0.15 * t], 0.1);
    let view = |t: f32| panned(-0.1 * t, 0.0);
    let panned = measured(Scene { disc: Some(up), view, ..SCENE }).unwrap();
    assert_eq!(panned.camera, [CameraMotion::PanLeft], "{panned:?}");
    assert!(near(panned.pan, -0.1, 0.02, 0.0));
    // The disc covers 0.0559 of the picture. Against a world that goes right by 0.1 it goes left and up.
    for (motion, speed, direction) in [(still, 0.2, 0.0), (panned, 0.18, 124.0)] {
        let subject = motion.subject;
        // Cells at its edge count whole.
        assert!((0.05..0.11).contains(&subject.area), "{subject:?}");
        assert!(near(subject.speed, speed, 0.15, 0.0), "{subject:?}");
        let off = (subject.direction.unwrap() - direction + 180.0).rem_euclid(360.0) - 180.0;
        assert!(off.abs() < 10.0, "{subject:?}");
    }
}

#[test]
fn light_is_no_motion() {
    let pan = |t: f32| panned(0.08 * t, 0.0);
    let lights: [(&str, Light); 5] = [
        ("out of black", |t, _, luma| 16.0 + (luma - 16.0) * (t / 1.6).min(1.0)),
        ("dark", |_, _, luma| 16.0 + (luma - 16.0) * 0.12),
        ("bars", |_, (_, y), luma| if (24..156).contains(&y) { luma } else { 16.0 }),
        ("a flash", |t, _, luma| if (0.98..1.06).contains(&t) { luma + 150.0 } else { luma }),
        ("a logo", |_, (x, y), luma| match (x, y) {
            (260..300, 20..50) if (x / 5 + y / 5) % 2 == 0 => 235.0,
            _ => luma,
        }),
    ];
    for (name, light) in lights {
        let motion = measured(Scene { view: pan, light, ..SCENE }).unwrap();
        assert_eq!(motion.camera, [CameraMotion::PanRight], "{name}: {motion:?}");
        assert!(near(motion.pan, 0.08, 0.06, 0.0), "{name}: {motion:?}");
        assert!(motion.known > 0.75, "{name}: {motion:?}");
    }
}

#[test]
fn grain_is_no_motion_and_plainness_is_unknown() {
    fn grain(t: f32, (x, y): (u32, u32)) -> f32 {
        let seed = (t * 25.0) as i32;
        (0..4).map(|i| hash(x as i32 * 4 + i, y as i32 + seed * 977) - 0.5).sum::<f32>() * 10.0
    }
    let motion = measured(Scene { light: |t, at, luma| luma + grain(t, at), ..SCENE }).unwrap();
    assert_eq!(motion.camera, [CameraMotion::Static], "{motion:?}");
    assert!(motion.subject.area < 0.005 && motion.shake < 0.0005, "{motion:?}");
    assert!(measured(Scene { light: |_, _, _| 120.0, ..SCENE }).is_none());
    let snow = measured(Scene { light: |t, at, _| 120.0 + 8.0 * grain(t, at), ..SCENE });
    assert!(snow.is_none_or(|motion| motion.known < 0.2), "snow has no camera");
}

#[test]
fn a_cut_inside_is_unknown_and_ranges_stop_at_it() {
    let view = |t: f32| if t < 1.0 { panned(0.1 * t, 0.0) } else { panned(9.0, 0.05 * t) };
    let mut estimator = MotionEstimator::new();
    for i in 0..50 {
        estimator.push(&frame(&Scene { view, ..SCENE }, Duration::from_millis(i * 40)));
    }
    let over = |from, to| estimator.over(TimeRange::new(from, to).unwrap());
    let (first, second) = (over(0, 1000).unwrap(), over(1000, 2000).unwrap());
    assert_eq!(first.camera, [CameraMotion::PanRight]);
    assert_eq!(second.camera, [CameraMotion::TiltDown]);
    assert_eq!((first.known, second.known), (1.0, 1.0));
    let both = over(0, 2000).unwrap();
    assert!(near(both.pan, 0.05, 0.05, 0.0) && near(both.tilt, -0.025, 0.05, 0.0), "{both:?}");
    assert!(both.known < 1.0);
    assert!(over(0, 90).is_none() && over(5000, 6000).is_none());
}

#[test]
fn speed_does_not_hang_on_the_frame_rate() {
    let scene = Scene { view: |t| panned(0.1 * t, 0.0), ..SCENE };
    let rates: [&dyn Fn(u64) -> u64; 3] =
        [&|i| i * 16_667, &|i| i * 100_000, &|i| i * 40_000 + if i % 3 == 0 { 0 } else { 25_000 }];
    for (n, time) in rates.iter().enumerate() {
        let mut estimator = MotionEstimator::new();
        let times = (0..).map(time).take_while(|&at| at < 2_000_000);
        times.for_each(|at| estimator.push(&frame(&scene, Duration::from_micros(at))));
        let motion = estimator.over(TimeRange::new(0, 2000).unwrap()).unwrap();
        assert_eq!(motion.camera, [CameraMotion::PanRight], "{n}: {motion:?}");
        assert!(near(motion.pan, 0.1, 0.01, 0.0), "{n}: {motion:?}");
    }
}

#[test]
fn like_motion_is_near_and_unlike_motion_is_far() {
    let of = |view| measured(Scene { view, ..SCENE }).unwrap().descriptor;
    let slow = of(|t| panned(0.05 * t, 0.0));
    let other = of(|t| panned(5.0 + 0.06 * t, 3.0));
    let back = of(|t| panned(-0.05 * t, 0.0));
    let zoom = of(|t| View { zoom: 1.05f32.powf(t), ..AHEAD });
    let still = of(|_| AHEAD);
    assert!(slow.distance(&other) < 0.7, "{}", slow.distance(&other));
    for far in [&back, &zoom, &still] {
        assert!(slow.distance(far) > 2.0, "{}", slow.distance(far));
    }
}
