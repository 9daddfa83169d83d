//! A map of text probability to quadrilaterals around its lines: the post-processing of
//! Differentiable Binarization (Liao et al. 2020), as RapidOCR 3.10 does it.
//!
//! Stretches of pixels over the threshold grow by one pixel to the right and below, connected ones make
//! a region, and a region's rectangle of least area stands or falls by the mean probability inside,
//! then grows. The reference traces contours, the inner ones of rings too; ours takes each region
//! once. Memory: the runs of pixels, far fewer than there are pixels.

use super::rectangle::{Corners, Point, hull, least_rectangle, reading_corners, unclip};

/// Limits that a box must meet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Probability over which a pixel is text.
    pub pixel: f32,
    /// Mean probability below which a box is dropped.
    pub score: f32,
    /// How much of area / perimeter a box grows by.
    pub unclip: f32,
}

/// Pixels that the shorter side of a rectangle has at least.
const MIN_SIDE: f32 = 3.0;
/// Boxes that a picture may have.
const MOST: usize = 1000;

/// Probabilities of text, row by row.
pub(super) struct Map<'a> {
    /// Pixels in a row.
    pub width: usize,
    /// The values, 0 to 1.
    pub values: &'a [f32],
}

/// Boxes of text in pixels of the map.
pub(super) fn boxes(map: &Map<'_>, limits: Limits) -> Vec<Corners> {
    let regions = regions(map, limits.pixel).into_iter();
    regions.filter_map(|points| boxed(map, limits, points)).take(MOST).collect()
}

fn boxed(map: &Map<'_>, limits: Limits, points: Vec<Point>) -> Option<Corners> {
    let (corners, short) = least_rectangle(&hull(points));
    if short < MIN_SIDE || map.mean_inside(&corners) < limits.score {
        return None;
    }
    let (corners, short) = least_rectangle(&unclip(&corners, limits.unclip));
    (short >= MIN_SIDE + 2.0).then(|| reading_corners(corners))
}

/// Pixels of one row that belong together.
#[derive(Clone, Copy)]
struct Run {
    row: usize,
    start: usize,
    /// Last pixel, inclusive.
    end: usize,
}

/// The outline of each connected region (8 neighbours), as the ends of its runs.
fn regions(map: &Map<'_>, threshold: f32) -> Vec<Vec<Point>> {
    let runs = runs(map, threshold);
    let mut parents: Vec<usize> = (0..runs.len()).collect();
    let mut above = 0;
    for index in 0..runs.len() {
        let run = runs[index];
        // Runs are in order, so those above that end before this one starts are done with.
        while runs[above].row + 1 < run.row
            || (runs[above].row + 1 == run.row && runs[above].end + 1 < run.start)
        {
            above += 1;
        }
        let touching = (above..index).take_while(|other| {
            runs[*other].row + 1 == run.row && runs[*other].start <= run.end + 1
        });
        touching.for_each(|other| join(&mut parents, other, index));
    }
    gather(&runs, &mut parents)
}

fn gather(runs: &[Run], parents: &mut [usize]) -> Vec<Vec<Point>> {
    let mut numbers = vec![usize::MAX; runs.len()];
    let mut regions: Vec<Vec<Point>> = Vec::new();
    for (index, run) in runs.iter().enumerate() {
        let root = root(parents, index);
        if numbers[root] == usize::MAX {
            numbers[root] = regions.len();
            regions.push(Vec::new());
        }
        let ends = [run.start, run.end].map(|column| [column as f32, run.row as f32]);
        regions[numbers[root]].extend(ends);
    }
    regions
}

fn root(parents: &mut [usize], mut index: usize) -> usize {
    while parents[index] != index {
        parents[index] = parents[parents[index]];
        index = parents[index];
    }
    index
}

fn join(parents: &mut [usize], one: usize, other: usize) {
    let (one, other) = (root(parents, one), root(parents, other));
    parents[one.max(other)] = one.min(other);
}

/// Runs of pixels over the threshold, or right of, below or right below such a pixel (the reference's
/// dilation by a square of two).
fn runs(map: &Map<'_>, threshold: f32) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut columns = vec![false; map.width];
    let mut before = columns.clone();
    for (row, values) in map.values.chunks_exact(map.width).enumerate() {
        for (column, value) in columns.iter_mut().zip(values) {
            *column = *value > threshold;
        }
        let either: Vec<bool> = columns.iter().zip(&before).map(|(a, b)| *a || *b).collect();
        let grown = |x: usize| either[x] || (x > 0 && either[x - 1]);
        let mut column = 0;
        while column < map.width {
            let start = column;
            while column < map.width && grown(column) {
                column += 1;
            }
            if column > start {
                runs.push(Run { row, start, end: column - 1 });
            }
            column += 1;
        }
        std::mem::swap(&mut columns, &mut before);
    }
    runs
}

impl Map<'_> {
    /// Mean of the values inside the box and under its outline.
    fn mean_inside(&self, corners: &Corners) -> f32 {
        let (width, height) = (self.width as f32, (self.values.len() / self.width) as f32);
        // As the reference: the corner of the bounding box is rounded down, the rest is cut off.
        let least = |axis: usize, side: f32| {
            let least = corners.iter().map(|p| p[axis]).fold(f32::MAX, f32::min);
            least.floor().clamp(0.0, side - 1.0)
        };
        let [left, top] = [least(0, width), least(1, height)];
        let corners = corners.map(|[x, y]| [left + (x - left).trunc(), top + (y - top).trunc()]);
        let bottom = corners.iter().map(|p| p[1]).fold(0.0, f32::max).min(height - 1.0);
        let (mut sum, mut count) = (0.0f64, 0usize);
        for row in top as usize..=bottom as usize {
            let Some((start, end)) = span(&corners, row as f32, width) else { continue };
            let values = &self.values[row * self.width..][start..=end];
            sum += values.iter().map(|v| f64::from(*v)).sum::<f64>();
            count += values.len();
        }
        if count == 0 { 0.0 } else { (sum / count as f64) as f32 }
    }
}

/// First and last column of a convex polygon in a row, its outline included: what its edges cover within
/// half a row above and below.
fn span(corners: &Corners, row: f32, width: f32) -> Option<(usize, usize)> {
    let (mut least, mut most) = (f32::MAX, f32::MIN);
    for (index, a) in corners.iter().enumerate() {
        let b = corners[(index + 1) % 4];
        let (upper, lower) = if a[1] <= b[1] { (*a, b) } else { (b, *a) };
        let (from, to) = (upper[1].max(row - 0.5), lower[1].min(row + 0.5));
        if from > to {
            continue;
        }
        let at = |y: f32| match lower[1] - upper[1] {
            0.0 => [upper[0], lower[0]],
            rise => [upper[0] + (y - upper[1]) / rise * (lower[0] - upper[0]); 2],
        };
        for x in [at(from), at(to)].concat() {
            (least, most) = (least.min(x), most.max(x));
        }
    }
    let (start, end) = (least.round().max(0.0), most.round().min(width - 1.0));
    (start <= end).then_some((start as usize, end as usize))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { pixel: 0.3, score: 0.5, unclip: 1.6 };

    /// A map of `width` with rectangles (left, top, right, bottom, value), edges inclusive.
    fn map(width: usize, height: usize, parts: &[(usize, usize, usize, usize, f32)]) -> Vec<f32> {
        let mut values = vec![0.0; width * height];
        for (left, top, right, bottom, value) in parts {
            for row in *top..=*bottom {
                values[row * width..][*left..=*right].fill(*value);
            }
        }
        values
    }

    fn found(values: &[f32], width: usize) -> Vec<Corners> {
        boxes(&Map { width, values }, LIMITS)
    }

    #[test]
    fn boxes_are_tight_then_grown() {
        let values = map(200, 80, &[(40, 30, 119, 49, 0.9)]);
        // 81 x 21 pixels with the dilation, so 80 x 20 between centres: 1600 * 1.6 / 200 = 12.8 on all sides.
        let [[x, y], _, [right, bottom], _] = found(&values, 200)[0];
        let apart = [x - 27.2, y - 17.2, right - 132.8, bottom - 62.8].map(f32::abs);
        assert!(apart.iter().all(|a| *a <= 0.5), "{x} {y} {right} {bottom}");
    }

    #[test]
    fn faint_small_and_thin_regions_are_dropped() {
        let cases = [
            ("nothing", vec![], 0),
            ("under the threshold", vec![(10, 10, 60, 30, 0.29)], 0),
            ("faint", vec![(10, 10, 60, 30, 0.45)], 0),
            ("thin", vec![(10, 10, 60, 11, 0.9)], 0),
            ("two", vec![(10, 10, 40, 20, 0.9), (50, 10, 90, 20, 0.9)], 2),
            (
                "joined across a gap of one, as the dilation closes it",
                vec![(10, 10, 40, 20, 0.9), (42, 10, 90, 20, 0.9)],
                1,
            ),
            ("touching by a corner", vec![(10, 10, 60, 30, 0.9), (61, 31, 63, 33, 0.9)], 1),
            (
                "an arch is one region",
                vec![(10, 10, 20, 40, 0.9), (60, 10, 70, 40, 0.9), (10, 41, 70, 60, 0.9)],
                1,
            ),
        ];
        for (what, parts, count) in cases {
            assert_eq!(found(&map(100, 70, &parts), 100).len(), count, "{what}");
        }
    }

    #[test]
    fn a_map_full_of_text_has_one_box() {
        assert_eq!(found(&map(40, 30, &[(0, 0, 39, 29, 1.0)]), 40).len(), 1);
    }
}
