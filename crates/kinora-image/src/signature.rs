//! What tells near-duplicates from pictures that are only alike: a small copy of the picture, and its proportions.
//!
//! A resized, recompressed or brightened copy is a near-duplicate, one that was cropped by up to a twelfth of each side,
//! and the next picture of a burst. Another colour is none: a black-and-white version of a coloured picture was made on
//! purpose, and of two icons that differ in colour each is one's own.
//!
//! Where a picture stands on a plain ground (an icon on transparency, which is decoded on white; a product on white)
//! the ground says nothing: what is left is compared, cell by cell and strictly, and nothing may be cropped. Measured:
//! `kinora-ingest/tests/near_duplicates.rs`.
//!
//! Memory: 1733 bytes a picture. Time: a resize to [`SIDE`]; a comparison some tenths of a millisecond.

use kinora_types::{Picture, Size};

use super::resize::{Filter, resize};

/// Cells of a side.
const SIDE: usize = 24;
const CELLS: usize = SIDE * SIDE;
/// First byte of what is stored.
const VERSION: u8 = 1;
/// How far the proportions of a crop may differ.
const STRETCH: f32 = 1.1;
/// How far a channel of a cell may be from the ground's to belong to it, 0 to 255.
const GROUND: f32 = 10.0;
/// Share of the cells at the edge that make a ground, and of all cells that it must cover at least.
const GROUND_EDGE: f32 = 0.9;
const GROUND_LEAST: f32 = 0.1;
/// Shares of a side that a crop may take, and steps of its place.
const CROPS: [f32; 3] = [0.0, 0.04, 0.08];
const CROP_STEP: f32 = 0.02;
/// Correlation of light from which whole pictures are the same.
const WHOLE: f32 = 0.92;
/// The same of figures on a ground.
const FIGURE: f32 = 0.985;
/// Share of the cells of two figures that both have.
const FIGURE_OVERLAP: f32 = 0.9;
/// Cells that differ by more than this in light, of 255, are other cells; the share of them that a figure may have.
const OTHER_CELL: f32 = 20.0;
const OTHER_CELLS: f32 = 0.01;
/// Mean difference of colour, light aside, that whole pictures and figures may have; of 255.
const WHOLE_COLOUR: f32 = 8.0;
const FIGURE_COLOUR: f32 = 3.0;
/// Mean distance of the channels from their light in a grey picture at most, and in a coloured one at least.
const GREY: f32 = 1.0;
const COLOURED: f32 = 3.0;
/// Spread of light below which a picture is plain, and how far the colours of two plain ones may be apart.
const PLAIN: f32 = 2.0;
const PLAIN_COLOUR: f32 = 6.0;

/// What a picture is compared by.
#[derive(Clone, Debug, PartialEq)]
pub struct Signature {
    /// Width by height.
    aspect: f32,
    /// Red, green, blue of [`CELLS`] cells, row by row.
    cells: Vec<[u8; 3]>,
}

impl Signature {
    /// That of a picture, upright and on white where it was transparent.
    pub fn of(picture: &Picture) -> Self {
        let side = SIDE as u32;
        let small = resize(picture, Size { width: side, height: side }, Filter::Bilinear);
        let cells = small.rgb().as_chunks::<3>().0.to_vec();
        Self { aspect: picture.width() as f32 / picture.height().max(1) as f32, cells }
    }

    /// What is stored.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        bytes.extend(self.aspect.to_le_bytes());
        bytes.extend(self.cells.as_flattened());
        bytes
    }

    /// What was stored; `None` if it is of another version.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (VERSION, rest) = bytes.split_first().map(|(first, rest)| (*first, rest))? else {
            return None;
        };
        let (aspect, cells) = rest.split_first_chunk::<4>()?;
        let (cells, left) = cells.as_chunks::<3>();
        let aspect = f32::from_le_bytes(*aspect);
        let whole = cells.len() == CELLS && left.is_empty() && aspect.is_finite() && aspect > 0.0;
        whole.then(|| Self { aspect, cells: cells.to_vec() })
    }

    /// Whether both show nearly the same. Symmetric.
    pub fn nearly_equals(&self, other: &Self) -> bool {
        let (long, short) = (self.aspect.max(other.aspect), self.aspect.min(other.aspect));
        if long > short * STRETCH {
            return false;
        }
        match (self.figure(), other.figure()) {
            (None, None) => self.whole_equals(other),
            (Some(a), Some(b)) => self.figure_equals(other, &a, &b),
            _ => false,
        }
    }

    /// Which cells are left after the ground; `None` if there is none.
    fn figure(&self) -> Option<Vec<bool>> {
        let edge = |at: usize| {
            [0, SIDE - 1].contains(&(at % SIDE)) || [0, SIDE - 1].contains(&(at / SIDE))
        };
        let ring: Vec<[u8; 3]> =
            (0..CELLS).filter(|at| edge(*at)).map(|at| self.cells[at]).collect();
        let middle = |channel: usize| {
            let mut values: Vec<u8> = ring.iter().map(|cell| cell[channel]).collect();
            values.sort_unstable();
            f32::from(values[values.len() / 2])
        };
        let ground = [0, 1, 2].map(middle);
        let on = |cell: &[u8; 3]| {
            cell.iter()
                .zip(ground)
                .all(|(value, ground)| (f32::from(*value) - ground).abs() <= GROUND)
        };
        let share = |cells: &[[u8; 3]]| {
            cells.iter().filter(|cell| on(cell)).count() as f32 / cells.len() as f32
        };
        let has_ground = share(&ring) >= GROUND_EDGE && share(&self.cells) >= GROUND_LEAST;
        has_ground.then(|| self.cells.iter().map(|cell| !on(cell)).collect())
    }

    fn figure_equals(&self, other: &Self, own: &[bool], theirs: &[bool]) -> bool {
        let both = own.iter().zip(theirs).filter(|(a, b)| **a && **b).count();
        let any: Vec<usize> = (0..CELLS).filter(|at| own[*at] || theirs[*at]).collect();
        if any.is_empty() {
            return plain_equals(&mean(&self.floats(0..CELLS)), &mean(&other.floats(0..CELLS)));
        }
        let (a, b) = (self.floats(any.iter().copied()), other.floats(any.iter().copied()));
        let fit = Light::of(&a, &b);
        let others = fit.residuals(&a, &b).filter(|residual| residual.abs() > OTHER_CELL).count();
        both as f32 >= FIGURE_OVERLAP * any.len() as f32
            && (fit.correlation >= FIGURE || fit.is_plain())
            && others as f32 <= OTHER_CELLS * any.len() as f32
            && colour_difference(&a, &b) <= FIGURE_COLOUR
    }

    /// At the best of the places at which one may be cut out of the other.
    fn whole_equals(&self, other: &Self) -> bool {
        let crops = |whole: &Self, part: &Self| {
            let part = part.floats(0..CELLS);
            let rated = windows().map(|window| {
                let cut = whole.cut(window);
                (Light::of(&cut, &part).correlation, colour_difference(&cut, &part))
            });
            rated.max_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or_default()
        };
        let (a, b) = (self.floats(0..CELLS), other.floats(0..CELLS));
        if Light::of(&a, &b).is_plain() {
            return plain_equals(&mean(&a), &mean(&b));
        }
        let (one, two) = (crops(self, other), crops(other, self));
        let (correlation, colour) = if one.0 >= two.0 { one } else { two };
        correlation >= WHOLE && colour <= WHOLE_COLOUR && !is_bleached(&a, &b)
    }

    fn floats(&self, cells: impl IntoIterator<Item = usize>) -> Vec<[f32; 3]> {
        cells.into_iter().map(|at| self.cells[at].map(f32::from)).collect()
    }

    /// The cells of a window, resampled to as many.
    fn cut(&self, [left, top, width, height]: [f32; 4]) -> Vec<[f32; 3]> {
        let last = (SIDE - 1) as f32;
        let at = |from: f32, share: f32, i: usize| {
            let place = ((from + share * (i as f32 + 0.5) / SIDE as f32) * SIDE as f32 - 0.5)
                .clamp(0.0, last);
            let low = place.floor() as usize;
            (low, (low + 1).min(SIDE - 1), place - place.floor())
        };
        let columns: Vec<_> = (0..SIDE).map(|x| at(left, width, x)).collect();
        let mut cells = Vec::with_capacity(CELLS);
        for y in 0..SIDE {
            let (up, down, v) = at(top, height, y);
            for (low, high, u) in &columns {
                let value = |x: usize, y: usize, c: usize| f32::from(self.cells[y * SIDE + x][c]);
                cells.push([0, 1, 2].map(|c| {
                    let upper = value(*low, up, c) * (1.0 - u) + value(*high, up, c) * u;
                    let lower = value(*low, down, c) * (1.0 - u) + value(*high, down, c) * u;
                    upper * (1.0 - v) + lower * v
                }));
            }
        }
        cells
    }
}

/// Left, top, width and height of what a crop may leave, in shares.
fn windows() -> impl Iterator<Item = [f32; 4]> {
    CROPS.into_iter().flat_map(|across| {
        CROPS.into_iter().flat_map(move |down| {
            steps(across).flat_map(move |left| {
                steps(down).map(move |top| [left, top, 1.0 - across, 1.0 - down])
            })
        })
    })
}

fn steps(room: f32) -> impl Iterator<Item = f32> {
    (0..=(room / CROP_STEP).round() as usize).map(|step| step as f32 * CROP_STEP)
}

/// How the light of some cells follows that of others: `b = gain * a + offset` (least squares).
struct Light {
    correlation: f32,
    gain: f32,
    offset: f32,
    spreads: [f32; 2],
}

impl Light {
    fn of(a: &[[f32; 3]], b: &[[f32; 3]]) -> Self {
        let count = a.len() as f32;
        let mean = |cells: &[[f32; 3]]| cells.iter().map(luma).sum::<f32>() / count;
        let (mean_a, mean_b) = (mean(a), mean(b));
        let (mut aa, mut bb, mut ab) = (0.0, 0.0, 0.0);
        for (a, b) in a.iter().zip(b) {
            let (a, b) = (luma(a) - mean_a, luma(b) - mean_b);
            (aa, bb, ab) = (aa + a * a, bb + b * b, ab + a * b);
        }
        let norm = (aa * bb).sqrt();
        let gain = if aa > 0.0 { ab / aa } else { 1.0 };
        Self {
            correlation: if norm > 0.0 { ab / norm } else { 0.0 },
            gain,
            offset: mean_b - gain * mean_a,
            spreads: [aa, bb].map(|sum: f32| (sum / count).sqrt()),
        }
    }

    /// Whether neither has any light and shade.
    fn is_plain(&self) -> bool {
        self.spreads.iter().all(|spread| *spread < PLAIN)
    }

    fn residuals(&self, a: &[[f32; 3]], b: &[[f32; 3]]) -> impl Iterator<Item = f32> {
        a.iter().zip(b).map(|(a, b)| luma(b) - self.gain * luma(a) - self.offset)
    }
}

fn luma([r, g, b]: &[f32; 3]) -> f32 {
    0.299 * r + 0.587 * g + 0.114 * b
}

fn mean(cells: &[[f32; 3]]) -> [f32; 3] {
    [0, 1, 2].map(|c| cells.iter().map(|cell| cell[c]).sum::<f32>() / cells.len() as f32)
}

fn plain_equals(a: &[f32; 3], b: &[f32; 3]) -> bool {
    a.iter().zip(b).all(|(a, b)| (a - b).abs() <= PLAIN_COLOUR)
}

/// Whether one is the black-and-white version of the other.
fn is_bleached(a: &[[f32; 3]], b: &[[f32; 3]]) -> bool {
    let colour = |cells: &[[f32; 3]]| {
        let of = |cell: &[f32; 3]| cell.iter().map(|c| (c - luma(cell)).abs()).sum::<f32>() / 3.0;
        cells.iter().map(of).sum::<f32>() / cells.len() as f32
    };
    let (a, b) = (colour(a), colour(b));
    a.min(b) <= GREY && a.max(b) >= COLOURED
}

/// Mean difference of what is left of the colours after their light, both brought to the same brightness.
fn colour_difference(a: &[[f32; 3]], b: &[[f32; 3]]) -> f32 {
    let light = |cells: &[[f32; 3]]| cells.iter().map(luma).sum::<f32>() / cells.len() as f32 + 8.0;
    let gain = (light(b) / light(a)).sqrt();
    let difference = |(a, b): (&[f32; 3], &[f32; 3])| {
        let (light_a, light_b) = (luma(a), luma(b));
        let channel = |c: usize| ((a[c] - light_a) * gain - (b[c] - light_b) / gain).abs();
        (channel(0) + channel(1) + channel(2)) / 3.0
    };
    a.iter().zip(b).map(difference).sum::<f32>() / a.len() as f32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A disc of one colour on a ground, its middle and radius in shares of the picture.
    fn disc(ground: [u8; 3], colour: [u8; 3], [x, y, radius]: [f32; 3]) -> Picture {
        let mut picture = Picture::filled(120, 120, ground);
        for (at, pixel) in picture.rgb_mut().as_chunks_mut::<3>().0.iter_mut().enumerate() {
            let (dx, dy) = ((at % 120) as f32 / 120.0 - x, (at / 120) as f32 / 120.0 - y);
            if dx * dx + dy * dy < radius * radius {
                *pixel = colour;
            }
        }
        picture
    }

    #[test]
    fn what_is_left_after_the_ground_is_compared() {
        let (white, red, blue) = ([255; 3], [200, 30, 30], [30, 30, 200]);
        let red_disc = Signature::of(&disc(white, red, [0.5, 0.5, 0.3]));
        for (name, other, same) in [
            ("the same", disc(white, red, [0.5, 0.5, 0.3]), true),
            ("another colour", disc(white, blue, [0.5, 0.5, 0.3]), false),
            ("another size", disc(white, red, [0.5, 0.5, 0.2]), false),
            ("another place", disc(white, red, [0.6, 0.5, 0.3]), false),
            ("nothing but the ground", Picture::filled(120, 120, white), false),
            ("other proportions", Picture::filled(120, 60, white), false),
        ] {
            let other = Signature::of(&other);
            assert_eq!(red_disc.nearly_equals(&other), same, "{name}");
        }
    }

    #[test]
    fn plain_pictures_are_told_by_their_colour() {
        let plain = |colour| Signature::of(&Picture::filled(64, 48, colour));
        assert!(plain([250, 0, 0]).nearly_equals(&plain([252, 2, 0])));
        assert!(!plain([250, 0, 0]).nearly_equals(&plain([250, 90, 0])));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn what_is_stored_is_read(cells in prop::collection::vec(any::<[u8; 3]>(), CELLS), aspect in 0.01f32..100.0) {
            let signature = Signature { aspect, cells };
            let bytes = signature.to_bytes();
            prop_assert_eq!(Signature::from_bytes(&bytes), Some(signature));
            prop_assert_eq!(Signature::from_bytes(&bytes[1..]), None);
        }

        #[test]
        fn both_say_the_same_and_each_is_itself(
            a in prop::collection::vec(any::<[u8; 3]>(), CELLS),
            b in prop::collection::vec(any::<[u8; 3]>(), CELLS),
        ) {
            let [a, b] = [a, b].map(|cells| Signature { aspect: 1.0, cells });
            prop_assert!(a.nearly_equals(&a) && b.nearly_equals(&b));
            prop_assert_eq!(a.nearly_equals(&b), b.nearly_equals(&a));
        }
    }
}
