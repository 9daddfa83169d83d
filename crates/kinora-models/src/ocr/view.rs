//! The picture as it is read: neither huge nor tiny, and never a thin strip.

use kinora_types::{Picture, Quad};

use super::{
    raster::{letterbox, resize},
    rectangle::Corners,
};

/// Longest side in pixels that is read (the reference's `max_side_len`).
const LONGEST: u32 = 2000;
/// Shortest side in pixels (`min_side_len`, `min_height`).
const SHORTEST: u32 = 30;
/// Width by height over which black bars are added (`width_height_ratio`).
const WIDEST: u32 = 8;
/// The detector wants sides that it can halve five times.
const STEP: f64 = 32.0;
/// Side in pixels that no strip, however thin, is stretched beyond; the reference knows no such limit.
const STRETCHED: f64 = 4000.0;

/// A picture within bounds, with bars.
pub(super) struct View {
    pub picture: Picture,
    bar: u32,
}

impl View {
    pub(super) fn of(picture: &Picture) -> Self {
        let mut within = picture.clone();
        let longer = within.width().max(within.height());
        if longer > LONGEST {
            within = scaled(&within, f64::from(LONGEST) / f64::from(longer));
        }
        let shorter = within.width().min(within.height());
        if shorter < SHORTEST {
            within = scaled(&within, f64::from(SHORTEST) / f64::from(shorter));
        }
        let (width, height) = (within.width(), within.height());
        if height > SHORTEST && f64::from(width) / f64::from(height) <= f64::from(WIDEST) {
            return Self { picture: within, bar: 0 };
        }
        let wanted = (width / WIDEST).max(SHORTEST) * 2;
        let bar = wanted.abs_diff(height) / 2;
        Self { picture: letterbox(&within, bar), bar }
    }

    /// Corners in pixels of this view as fractions of the picture.
    pub(super) fn fractions(&self, corners: &Corners) -> Quad {
        let width = self.picture.width() as f32;
        let height = (self.picture.height() - 2 * self.bar) as f32;
        let fraction = |v: f32, side: f32| (v / side).clamp(0.0, 1.0);
        corners.map(|[x, y]| [fraction(x, width), fraction(y - self.bar as f32, height)])
    }
}

fn scaled(picture: &Picture, ratio: f64) -> Picture {
    let (width, height) = steps(picture.width(), picture.height(), ratio);
    resize(picture, width, height)
}

/// Sides times `ratio`, cut to whole pixels, then to the nearest multiple of 32, at least 32.
pub(super) fn steps(width: u32, height: u32, ratio: f64) -> (u32, u32) {
    let side = |length: u32| {
        let whole = (f64::from(length) * ratio).floor().min(STRETCHED);
        ((whole / STEP).round_ties_even() * STEP).max(STEP) as u32
    };
    (side(width), side(height))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_stay_within_bounds() {
        let cases = [
            ((1920, 1080), (1920, 1080), 0),
            ((3840, 2560), (1984, 1344), 0),
            ((20, 40), (32, 64), 0),
            ((900, 60), (900, 224), 82),
            // Thinner than the bounds can hold: squeezed, not refused.
            ((20_000, 3), (1984, 496), 232),
            ((3, 20_000), (32, 1984), 0),
        ];
        for (from, to, bar) in cases {
            let view = View::of(&Picture::filled(from.0, from.1, [1; 3]));
            assert_eq!(
                (view.picture.width(), view.picture.height(), view.bar),
                (to.0, to.1, bar),
                "{from:?}"
            );
        }
    }

    #[test]
    fn fractions_leave_the_bars_out() {
        let view = View::of(&Picture::filled(900, 60, [1; 3]));
        let quad = view.fractions(&[[0., 82.], [450., 82.], [450., 112.], [0., 200.]]);
        assert_eq!(quad, [[0., 0.], [0.5, 0.], [0.5, 0.5], [0., 1.]]);
    }
}
