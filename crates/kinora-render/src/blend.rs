//! Frames onto frames: crossfade and darkening, on planes in place.

use kinora_types::YuvFrame;

/// `frame = frame * (1 - t) + next * t`, with `t` from 0 to 1 in steps of 1/256.
///
/// # Panics
/// If the sizes differ, which is a bug of the caller.
pub fn crossfade(frame: &mut YuvFrame, next: &YuvFrame, t: f64) {
    assert_eq!(frame.size(), next.size(), "frame sizes");
    let weight = (t.clamp(0.0, 1.0) * 256.0).round() as u16;
    mix(frame.bytes_mut(), next.bytes(), weight);
}

/// `out = out * (256 - weight) + other * weight`, over 256, rounded.
pub(crate) fn mix(out: &mut [u8], other: &[u8], weight: u16) {
    let keep = 256 - weight;
    for (a, b) in out.iter_mut().zip(other) {
        *a = ((u16::from(*a) * keep + u16::from(*b) * weight + 128) >> 8) as u8;
    }
}

/// Scales light by `level` (0 black, 1 unchanged), colours along with it.
pub fn dim(frame: &mut YuvFrame, level: f64) {
    let weight = ((1.0 - level.clamp(0.0, 1.0)) * 256.0).round() as u16;
    if weight == 0 {
        return;
    }
    let [y, u, v] = frame.planes_mut();
    for (plane, black) in [(y, 16), (u, 128), (v, 128)] {
        let keep = 256 - weight;
        for sample in plane {
            *sample = ((u16::from(*sample) * keep + black * weight + 128) >> 8) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kinora_types::Size;

    fn grey(level: u8) -> YuvFrame {
        let mut frame = YuvFrame::black(Size { width: 4, height: 2 }).unwrap();
        frame.planes_mut()[0].fill(level);
        frame
    }

    #[test]
    fn crossfade_meets_both_ends_exactly() {
        for (t, level) in [(0.0, 40), (1.0, 200), (0.5, 120), (-1.0, 40), (2.0, 200)] {
            let mut frame = grey(40);
            crossfade(&mut frame, &grey(200), t);
            assert_eq!(frame, grey(level), "{t}");
        }
    }

    #[test]
    fn dimming_ends_in_black() {
        for (level, luma) in [(1.0, 216), (0.5, 116), (0.0, 16)] {
            let mut frame = grey(216);
            dim(&mut frame, level);
            assert_eq!(frame, grey(luma), "{level}");
        }
    }
}
