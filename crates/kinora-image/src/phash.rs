//! A 64-bit perceptual hash: near-duplicates by shape of light, whatever their size or compression.

use kinora_types::{Picture, Size};

use super::resize::{Filter, resize};

const SIDE: usize = 32;
const LOW: usize = 8;

/// pHash (Zauner 2010): the signs of the 8x8 lowest frequencies of a 32x32 grey copy against their
/// median, the mean left out.
pub fn perceptual_hash(picture: &Picture) -> u64 {
    let side = SIDE as u32;
    let small = resize(picture, Size { width: side, height: side }, Filter::Bilinear);
    let grey: Vec<f32> = small.rgb().as_chunks::<3>().0.iter().map(luma).collect();
    let frequencies = low_frequencies(&grey);
    let mut sorted = frequencies[1..].to_vec();
    let middle = sorted.len() / 2;
    let median = *sorted.select_nth_unstable_by(middle, f32::total_cmp).1;
    let bit = |(at, value): (usize, &f32)| u64::from(*value > median) << at;
    frequencies.iter().enumerate().skip(1).map(bit).fold(0, |hash, bit| hash | bit)
}

/// Number of differing bits: 0 for the same picture, about 31 for unrelated ones.
pub fn hamming_distance(a: u64, b: u64) -> u32 {
    (a ^ b).count_ones()
}

fn luma([r, g, b]: &[u8; 3]) -> f32 {
    0.299 * f32::from(*r) + 0.587 * f32::from(*g) + 0.114 * f32::from(*b)
}

/// The lowest 8x8 of the type-II discrete cosine transform, unscaled.
fn low_frequencies(grey: &[f32]) -> [f32; LOW * LOW] {
    let wave = |k: usize, x: usize| {
        (std::f32::consts::PI * k as f32 * (x as f32 + 0.5) / SIDE as f32).cos()
    };
    let mut rows = [[0f32; LOW]; SIDE];
    for (line, out) in grey.chunks_exact(SIDE).zip(&mut rows) {
        for (k, sum) in out.iter_mut().enumerate() {
            *sum = line.iter().enumerate().map(|(x, v)| v * wave(k, x)).sum();
        }
    }
    let mut low = [0f32; LOW * LOW];
    for (at, sum) in low.iter_mut().enumerate() {
        let (row, column) = (at / LOW, at % LOW);
        *sum = rows.iter().enumerate().map(|(y, line)| line[column] * wave(row, y)).sum();
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Soft blobs whose places depend on `seed`.
    fn scene(seed: u32, width: u32, height: u32) -> Picture {
        let mut picture = Picture::filled(width, height, [0; 3]);
        let spot = |n: u32| f64::from((seed * seed * 37 + n * 61 + seed * n * 17) % 100) / 100.0;
        let pixels = picture.rgb_mut().as_chunks_mut::<3>().0;
        for (at, pixel) in pixels.iter_mut().enumerate() {
            let x = (at as u32 % width) as f64 / f64::from(width);
            let y = (at as u32 / width) as f64 / f64::from(height);
            let light: f64 = (0..4)
                .map(|n| (-30.0 * ((x - spot(n)).powi(2) + (y - spot(n + 9)).powi(2))).exp())
                .sum();
            *pixel = [(light * 80.0).min(255.0) as u8; 3];
        }
        picture
    }

    #[test]
    fn size_and_brightness_hardly_matter() {
        let hash = perceptual_hash(&scene(1, 400, 300));
        assert!(hamming_distance(hash, perceptual_hash(&scene(1, 133, 100))) <= 4);
        let mut darker = scene(1, 400, 300);
        darker.rgb_mut().iter_mut().for_each(|v| *v = (u32::from(*v) * 4 / 5) as u8);
        assert!(hamming_distance(hash, perceptual_hash(&darker)) <= 4);
    }

    #[test]
    fn other_pictures_are_far() {
        let hashes: Vec<u64> = (1..8).map(|seed| perceptual_hash(&scene(seed, 200, 150))).collect();
        for (at, a) in hashes.iter().enumerate() {
            for b in &hashes[at + 1..] {
                assert!(hamming_distance(*a, *b) > 12);
            }
        }
    }

    #[test]
    fn one_pixel_is_enough() {
        perceptual_hash(&Picture::filled(1, 1, [9; 3]));
    }
}
