//! Pixels as the reference moves them: OpenCV's bilinear resize, black bars, cubic samples.
//!
//! Memory: one picture of the new size, 3 bytes a pixel, and two rows of sums.

use kinora_types::Picture;

/// Fractional bits of a weight (OpenCV `INTER_RESIZE_COEF_BITS`).
const BITS: u32 = 11;

/// The two inputs of one output and their weights, which sum to `1 << BITS`.
#[derive(Clone, Copy)]
struct Tap {
    near: usize,
    far: usize,
    weights: [i32; 2],
}

fn taps(from: u32, to: u32) -> Vec<Tap> {
    let scale = f64::from(from) / f64::from(to);
    let last = from as usize - 1;
    let one = |index: u32| {
        let at = ((f64::from(index) + 0.5) * scale - 0.5).clamp(0.0, last as f64);
        let near = at as usize;
        let share = ((at - near as f64) * f64::from(1 << BITS)).round() as i32;
        Tap { near, far: (near + 1).min(last), weights: [(1 << BITS) - share, share] }
    };
    (0..to).map(one).collect()
}

/// OpenCV's `resize` with `INTER_LINEAR`: two neighbours a side, no antialias, fixed point.
pub(super) fn resize(picture: &Picture, width: u32, height: u32) -> Picture {
    if (width, height) == (picture.width(), picture.height()) {
        return picture.clone();
    }
    let columns = taps(picture.width(), width);
    let stride = picture.width() as usize * 3;
    let mut out = Picture::filled(width, height, [0; 3]);
    let mut rows = Rows { numbers: [usize::MAX; 2], sums: [Vec::new(), Vec::new()] };
    let targets = out.rgb_mut().chunks_exact_mut(width as usize * 3);
    for (target, tap) in targets.zip(taps(picture.height(), height)) {
        for number in [tap.near, tap.far] {
            rows.hold(number, &columns, &picture.rgb()[number * stride..][..stride]);
        }
        let (near, far) = (rows.get(tap.near), rows.get(tap.far));
        for ((value, near), far) in target.iter_mut().zip(near).zip(far) {
            let part = |sum: &i32, weight: i32| ((sum >> 4) * weight) >> 16;
            let sum = part(near, tap.weights[0]) + part(far, tap.weights[1]);
            *value = ((sum + 2) >> 2).clamp(0, 255) as u8;
        }
    }
    out
}

/// The last two source rows, resized across; an even and an odd one.
struct Rows {
    numbers: [usize; 2],
    sums: [Vec<i32>; 2],
}

impl Rows {
    fn hold(&mut self, number: usize, columns: &[Tap], row: &[u8]) {
        let slot = number % 2;
        if self.numbers[slot] == number {
            return;
        }
        self.numbers[slot] = number;
        let sums = &mut self.sums[slot];
        sums.clear();
        for tap in columns {
            let [a, b] = tap.weights;
            let (near, far) = (&row[tap.near * 3..][..3], &row[tap.far * 3..][..3]);
            let blend = |(near, far): (&u8, &u8)| i32::from(*near) * a + i32::from(*far) * b;
            sums.extend(near.iter().zip(far).map(blend));
        }
    }

    fn get(&self, number: usize) -> &[i32] {
        &self.sums[number % 2]
    }
}

/// Adds `bar` black rows above and below.
pub(super) fn letterbox(picture: &Picture, bar: u32) -> Picture {
    let mut out = Picture::filled(picture.width(), picture.height() + 2 * bar, [0; 3]);
    let start = bar as usize * picture.width() as usize * 3;
    out.rgb_mut()[start..][..picture.rgb().len()].copy_from_slice(picture.rgb());
    out
}

/// Turns a picture by a quarter against the clock: its right edge becomes its top.
pub(super) fn turn_left(picture: &Picture) -> Picture {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let mut out = Picture::filled(picture.height(), picture.width(), [0; 3]);
    for (index, pixel) in out.rgb_mut().chunks_exact_mut(3).enumerate() {
        let (row, column) = (index / height, index % height);
        let from = (column * width + width - 1 - row) * 3;
        pixel.copy_from_slice(&picture.rgb()[from..from + 3]);
    }
    out
}

/// Turns a picture by half.
pub(super) fn turn_half(picture: &Picture) -> Picture {
    let mut out = picture.clone();
    let pixels = picture.rgb().chunks_exact(3).rev();
    out.rgb_mut().chunks_exact_mut(3).zip(pixels).for_each(|(to, from)| to.copy_from_slice(from));
    out
}

/// `[3, height, width]` f32 in the order blue, green, red that these networks were trained with, each
/// value `(v / 255 - 0.5) / 0.5`, written to the left of `out`, whose rows are `stride` long.
pub(super) fn write_tensor(picture: &Picture, stride: usize, out: &mut [f32]) {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let table: Vec<f32> = (0..=255u8).map(|v| (f32::from(v) / 255.0 - 0.5) / 0.5).collect();
    for (channel, plane) in out.chunks_exact_mut(stride * height).enumerate() {
        let rows = picture.rgb().chunks_exact(width * 3);
        for (row, values) in rows.zip(plane.chunks_exact_mut(stride)) {
            for (pixel, value) in row.chunks_exact(3).zip(values) {
                *value = table[usize::from(pixel[2 - channel])];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width: u32, height: u32) -> Picture {
        let bytes = (0..width * height * 3).map(|i| (i * 7 % 251) as u8).collect();
        Picture::new(width, height, bytes).unwrap()
    }

    #[test]
    fn half_the_size_is_the_mean_of_four() {
        let rgb = [[0, 10, 20], [2, 10, 20], [4, 30, 20], [6, 30, 24]].concat();
        let small = resize(&Picture::new(2, 2, rgb).unwrap(), 1, 1);
        assert_eq!(small.rgb(), [3, 20, 21]);
    }

    #[test]
    fn the_same_size_changes_nothing_and_one_colour_stays() {
        assert_eq!(resize(&picture(5, 4), 5, 4), picture(5, 4));
        let grey = Picture::filled(7, 5, [9, 99, 199]);
        assert_eq!(resize(&grey, 31, 2), Picture::filled(31, 2, [9, 99, 199]));
    }

    #[test]
    fn four_quarter_turns_and_two_halves_are_nothing() {
        let picture = picture(3, 2);
        let left = turn_left(&picture);
        assert_eq!((left.width(), left.height()), (2, 3));
        // The upper right pixel comes first.
        assert_eq!(left.rgb()[..3], picture.rgb()[6..9]);
        assert_eq!(turn_left(&left), turn_half(&picture));
        assert_eq!(turn_half(&turn_half(&picture)), picture);
    }

    #[test]
    fn tensors_are_blue_first_and_padded_on_the_right() {
        let mut out = vec![0.0; 3 * 2];
        write_tensor(&Picture::filled(1, 1, [255, 0, 0]), 2, &mut out);
        assert_eq!(out, [-1.0, 0.0, -1.0, 0.0, 1.0, 0.0]);
    }
}
