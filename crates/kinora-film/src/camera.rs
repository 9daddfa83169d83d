//! Which move the camera makes over a picture: restrained, with the subject in view, never the same
//! twice in a row.
//!
//! All views are in fractions of the picture and have the frame's shape in pixels, so nothing is
//! distorted. A picture of much the same shape as the frame is cropped; one of another shape, or one
//! with too few pixels, stands whole on a matte.

use kinora_types::{CameraMove, Framing, Rect, Size};

/// How a shot moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoveKind {
    /// Towards the subject.
    PushIn,
    /// Away from the subject.
    PullOut,
    /// Along the longer side, towards its end.
    PanForth,
    /// Along the longer side, towards its beginning.
    PanBack,
}

use MoveKind::{PanBack, PanForth, PullOut, PushIn};

/// Zoom per second on screen, and the most there is in one shot.
const ZOOM_SPEED: f64 = 0.028;
const MOST_ZOOM: f64 = 0.17;
/// Pan per second in widths (or heights) of the view, and the most there is in one shot.
const PAN_SPEED: f64 = 0.04;
const MOST_PAN: f64 = 0.3;
/// A pan that goes less far than this is none.
const LEAST_TRAVEL: f64 = 0.03;
/// Enlargement beyond which a picture is visibly soft.
const SHARP: f64 = 1.5;
/// Share of the picture that a crop must still show; below it, a matte shows the whole.
const CROP_SHOWS: f64 = 0.6;

/// What a move is planned from.
#[derive(Clone, Copy, Debug)]
pub struct Scene {
    /// Upright size of the picture in pixels.
    pub picture: Size,
    /// The film's frame.
    pub frame: Size,
    /// Where the subject is, in fractions of the picture.
    pub subject: Rect,
    /// Seconds on screen.
    pub seconds: f64,
    /// Decides among moves that fit equally well.
    pub seed: u64,
}

impl Scene {
    /// The frame's shape relative to the picture's: width of a view over its height, in fractions.
    fn shape(&self) -> f64 {
        self.frame.aspect() / self.picture.aspect()
    }

    /// Width and height of the largest view inside the picture.
    fn widest(&self) -> (f64, f64) {
        let shape = self.shape();
        if shape > 1.0 { (1.0, 1.0 / shape) } else { (shape, 1.0) }
    }

    fn framing(&self) -> Framing {
        let (width, height) = self.widest();
        // With few pixels, standing smaller on a matte is better than being blown up.
        let coarse = self.enlargement(width) > 2.0 * SHARP;
        if width.min(height) < CROP_SHOWS || coarse { Framing::Matte } else { Framing::Crop }
    }

    /// Frame pixels per picture pixel in a view of this width.
    fn enlargement(&self, width: f64) -> f64 {
        f64::from(self.frame.width) / (width * f64::from(self.picture.width))
    }
}

/// How a picture or a clip of one size is fitted into frames of another.
pub(crate) fn framing(picture: Size, frame: Size) -> Framing {
    let picture = Size { width: picture.width.max(1), height: picture.height.max(1) };
    Scene { picture, frame, subject: Rect::FULL, seconds: 1.0, seed: 0 }.framing()
}

/// Plans the move of one shot; `last` is the kind of the shot before it.
pub fn plan_move(scene: &Scene, last: Option<MoveKind>) -> (CameraMove, MoveKind) {
    let (camera, kind) = match scene.framing() {
        Framing::Matte => matte(scene, last),
        Framing::Crop => crop(scene, last),
    };
    let (from, to) = (short(camera.from), short(camera.to));
    (CameraMove { from, to, ..camera }, kind)
}

/// Nine decimals: the number that a record holds as text is the one that was rendered. Rounded
/// down, so that no view leaves the picture.
fn short(view: Rect) -> Rect {
    let short = |v: f64| (v * 1e9).floor() / 1e9;
    Rect {
        x: short(view.x),
        y: short(view.y),
        width: short(view.width),
        height: short(view.height),
    }
}

/// Kinds that may follow `last`, in an order that the seed decides.
fn candidates(kinds: &[MoveKind], last: Option<MoveKind>, seed: u64) -> Vec<MoveKind> {
    let mut kinds: Vec<MoveKind> = kinds.iter().copied().filter(|k| Some(*k) != last).collect();
    let turn = (mixed(seed) % kinds.len().max(1) as u64) as usize;
    kinds.rotate_left(turn);
    kinds
}

/// SplitMix64 (Steele et al. 2014): neighbouring seeds give unrelated numbers.
pub(crate) fn mixed(seed: u64) -> u64 {
    let z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn crop(scene: &Scene, last: Option<MoveKind>) -> (CameraMove, MoveKind) {
    let (width, height) = scene.widest();
    // A pan needs room on its own axis; zooming in a little makes some where the picture is sharp.
    let room = (1.0 - width).max(1.0 - height);
    let kinds: &[MoveKind] =
        if room > 0.06 { &[PushIn, PanForth, PullOut, PanBack] } else { &[PushIn, PullOut] };
    let view = |kind| match kind {
        PushIn | PullOut => zoom(scene),
        PanForth | PanBack => pan(scene),
    };
    let moves = candidates(kinds, last, scene.seed).into_iter().map(|kind| (kind, view(kind)));
    // A subject at the picture's edge leaves a pan nowhere to go.
    let mut lively = moves.filter(|(_, (from, to))| travelled(*from, *to) > LEAST_TRAVEL);
    let (kind, (from, to)) = lively.next().unwrap_or_else(|| (PushIn, zoom(scene)));
    let (from, to) = if matches!(kind, PullOut | PanBack) { (to, from) } else { (from, to) };
    (CameraMove { framing: Framing::Crop, from, to }, kind)
}

/// How far the middle or the edges of a view move, in widths and heights of the view.
fn travelled(from: Rect, to: Rect) -> f64 {
    let across = (from.x - to.x).abs() / from.width;
    let down = (from.y - to.y).abs() / from.height;
    across.max(down).max((1.0 - to.width / from.width).abs())
}

/// How much a zoom magnifies: by time on screen, less where the picture would get soft.
fn zoom_amount(scene: &Scene, width: f64) -> f64 {
    let wanted = (ZOOM_SPEED * scene.seconds).clamp(0.05, MOST_ZOOM);
    let sharp = SHARP / scene.enlargement(width) - 1.0;
    1.0 + wanted.min(sharp.max(0.05))
}

/// From the widest view to a closer one.
fn zoom(scene: &Scene) -> (Rect, Rect) {
    let (width, height) = scene.widest();
    let amount = zoom_amount(scene, width);
    let wide = around(scene.subject, width, height);
    let close = around(scene.subject, width / amount, height / amount);
    (wide, close)
}

/// Across the subject along the axis that has more room.
fn pan(scene: &Scene) -> (Rect, Rect) {
    let (mut width, mut height) = scene.widest();
    let closer = 1.05f64.min((SHARP / scene.enlargement(width)).max(1.0));
    (width, height) = (width / closer, height / closer);
    let middle = around(scene.subject, width, height);
    let across = 1.0 - width > 1.0 - height;
    let (length, at, subject, extent) = if across {
        (width, middle.x, scene.subject.x, scene.subject.width)
    } else {
        (height, middle.y, scene.subject.y, scene.subject.height)
    };
    let travel = length * (PAN_SPEED * scene.seconds).min(MOST_PAN);
    let (low, high) = sweep(at, length, subject, extent, travel);
    let view = |at: f64| {
        if across { Rect { x: at, ..middle } } else { Rect { y: at, ..middle } }
    };
    (view(low), view(high))
}

/// Start and end of a view of `length` that travels around `at`. A subject that fits into the view
/// stays in it; a larger one is passed over.
fn sweep(at: f64, length: f64, subject: f64, extent: f64, travel: f64) -> (f64, f64) {
    let end = subject + extent - length;
    let (low, high) = (subject.min(end).max(0.0), subject.max(end).min(1.0 - length));
    let travel = travel.min(high - low).max(0.0);
    let start = (at - travel / 2.0).clamp(low, (high - travel).max(low));
    (start, start + travel)
}

/// A view of the given size with the subject in its middle, moved as little as keeps it inside.
fn around(subject: Rect, width: f64, height: f64) -> Rect {
    let (x, y) = subject.centre();
    Rect {
        x: (x - width / 2.0).clamp(0.0, (1.0 - width).max(0.0)),
        y: (y - height / 2.0).clamp(0.0, (1.0 - height).max(0.0)),
        width,
        height,
    }
}

/// The whole picture, a little smaller than the frame and growing or shrinking gently.
fn matte(scene: &Scene, last: Option<MoveKind>) -> (CameraMove, MoveKind) {
    let shape = scene.shape();
    // The view that just holds the picture.
    let (width, height) = if shape > 1.0 { (shape, 1.0) } else { (1.0, 1.0 / shape) };
    let sharp = scene.enlargement(width) / SHARP;
    let least = sharp.clamp(1.0, 1.6);
    let amount = 1.0 + (0.016 * scene.seconds).clamp(0.03, 0.09);
    let view = |scale: f64| {
        let (width, height) = (width * scale, height * scale);
        Rect { x: (1.0 - width) / 2.0, y: (1.0 - height) / 2.0, width, height }
    };
    let kind = candidates(&[PushIn, PullOut], last, scene.seed)[0];
    let (far, near) = (view(least * amount), view(least));
    let (from, to) = if kind == PushIn { (far, near) } else { (near, far) };
    (CameraMove { framing: Framing::Matte, from, to }, kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn scene() -> impl Strategy<Value = Scene> {
        let side = 200u32..6000;
        let frame = prop::sample::select(vec![(1280, 720), (720, 1280), (1080, 1080), (320, 180)]);
        let subject = (0.0f64..0.8, 0.0f64..0.8, 0.2f64..1.0, 0.2f64..1.0);
        (side.clone(), side, frame, subject, 1.5f64..20.0, any::<u64>()).prop_map(
            |(width, height, frame, (x, y, w, h), seconds, seed)| Scene {
                picture: Size { width, height },
                frame: Size { width: frame.0, height: frame.1 },
                subject: Rect { x, y, width: w.min(1.0 - x), height: h.min(1.0 - y) },
                seconds,
                seed,
            },
        )
    }

    fn holds(view: Rect, subject: Rect) -> bool {
        let slack = 1e-7;
        let inside = |a: f64, al: f64, b: f64, bl: f64| a <= b + slack && b + bl <= a + al + slack;
        inside(view.x, view.width, subject.x, subject.width)
            && inside(view.y, view.height, subject.y, subject.height)
    }

    proptest! {
        #[test]
        fn views_keep_the_shape_the_picture_and_the_subject(scene in scene()) {
            let (camera, _) = plan_move(&scene, None);
            for view in [camera.from, camera.to] {
                let shape = view.width * scene.picture.aspect() / view.height;
                prop_assert!((shape / scene.frame.aspect() - 1.0).abs() < 1e-6, "{view:?}");
                match camera.framing {
                    Framing::Crop => {
                        prop_assert!(holds(Rect::FULL, view), "{view:?}");
                        // A subject that fits is held; a larger one has its middle in view.
                        let (x, y) = scene.subject.centre();
                        let fits = scene.subject.width <= view.width
                            && scene.subject.height <= view.height;
                        let middle = Rect { x, y, width: 0.0, height: 0.0 };
                        if fits {
                            prop_assert!(holds(view, scene.subject), "{view:?}");
                        } else {
                            let near = holds(view, middle);
                            let wide = scene.subject.width > view.width
                                || scene.subject.height > view.height;
                            prop_assert!(near || wide, "{view:?}");
                        }
                    }
                    Framing::Matte => prop_assert!(holds(view, Rect::FULL), "{view:?}"),
                }
            }
            let zoom = camera.from.width / camera.to.width;
            prop_assert!((1.0 / 1.19..1.19).contains(&zoom));
            prop_assert!(camera.from != camera.to, "it moves");
        }

        #[test]
        fn no_move_comes_twice_in_a_row(scenes in prop::collection::vec(scene(), 2..20)) {
            let mut last = None;
            for scene in &scenes {
                let (_, kind) = plan_move(scene, last);
                prop_assert_ne!(Some(kind), last);
                last = Some(kind);
            }
        }
    }
}
