//! Plane geometry of text boxes: hulls, rectangles of least area, growth, reading corners.
//!
//! Points are pixel centres, (x, y) with y downwards.

use std::f32::consts::{PI, TAU};

/// A point in pixels.
pub(super) type Point = [f32; 2];

/// Corners in the order upper left, upper right, lower right, lower left.
pub(super) type Corners = [Point; 4];

fn cross(origin: Point, a: Point, b: Point) -> f32 {
    (a[0] - origin[0]) * (b[1] - origin[1]) - (a[1] - origin[1]) * (b[0] - origin[0])
}

pub(super) fn distance(a: Point, b: Point) -> f32 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

/// Convex hull in order around it (Andrew's monotone chain).
pub(super) fn hull(mut points: Vec<Point>) -> Vec<Point> {
    points.sort_unstable_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    points.dedup();
    if points.len() < 3 {
        return points;
    }
    let mut chain = half(points.iter());
    chain.extend(half(points.iter().rev()));
    chain
}

/// One side of the hull without its last point.
fn half<'a>(points: impl Iterator<Item = &'a Point>) -> Vec<Point> {
    let mut chain: Vec<Point> = Vec::new();
    for point in points {
        while let [.., a, b] = chain[..]
            && cross(a, b, *point) <= 0.0
        {
            chain.pop();
        }
        chain.push(*point);
    }
    chain.pop();
    chain
}

/// The rectangle of least area around a convex hull (one side lies along an edge of the hull), its
/// corners in reading order, and its shorter side.
pub(super) fn least_rectangle(hull: &[Point]) -> (Corners, f32) {
    let edges = hull.iter().zip(hull.iter().cycle().skip(1));
    let along = |(a, b): (&Point, &Point)| {
        let length = distance(*a, *b);
        (length > 0.0)
            .then(|| Frame::around(hull, [(b[0] - a[0]) / length, (b[1] - a[1]) / length]))
    };
    let best = edges.filter_map(along).min_by(|a, b| a.area().total_cmp(&b.area()));
    let frame = best.unwrap_or_else(|| Frame::around(hull, [1.0, 0.0]));
    (reading_corners(frame.corners()), frame.sides().into_iter().fold(f32::MAX, f32::min))
}

/// A rectangle along `axis`: least and greatest coordinates along it and across it.
struct Frame {
    axis: Point,
    along: [f32; 2],
    across: [f32; 2],
}

impl Frame {
    fn around(points: &[Point], axis: Point) -> Self {
        let mut frame = Self { axis, along: [f32::MAX, f32::MIN], across: [f32::MAX, f32::MIN] };
        for [x, y] in points {
            let (u, v) = (x * axis[0] + y * axis[1], y * axis[0] - x * axis[1]);
            frame.along = [frame.along[0].min(u), frame.along[1].max(u)];
            frame.across = [frame.across[0].min(v), frame.across[1].max(v)];
        }
        frame
    }

    fn sides(&self) -> [f32; 2] {
        [self.along[1] - self.along[0], self.across[1] - self.across[0]]
    }

    fn area(&self) -> f32 {
        let [a, b] = self.sides();
        a * b
    }

    fn corners(&self) -> Corners {
        let [x, y] = self.axis;
        let at = |u: usize, v: usize| {
            let (u, v) = (self.along[u], self.across[v]);
            [u * x - v * y, u * y + v * x]
        };
        [at(0, 0), at(1, 0), at(1, 1), at(0, 1)]
    }
}

/// Orders corners as the reference does: the upper and the lower of the two leftmost are the left
/// ones, the other two the right ones.
pub(super) fn reading_corners(mut points: Corners) -> Corners {
    points.sort_by(|a, b| a[0].total_cmp(&b[0]));
    let [mut left, mut right] = [[points[0], points[1]], [points[2], points[3]]];
    for pair in [&mut left, &mut right] {
        pair.sort_by(|a, b| a[1].total_cmp(&b[1]));
    }
    [left[0], right[0], right[1], left[1]]
}

/// Grows a rectangle by `area * ratio / perimeter` on all sides (Liao et al. 2020, section 3.5; Vatti
/// 1992): a polygon with round corners, in whole pixels, as the reference's Clipper library gives it.
pub(super) fn unclip(corners: &Corners, ratio: f32) -> Vec<Point> {
    let sides = [distance(corners[0], corners[1]), distance(corners[1], corners[2])];
    let by = sides[0] * sides[1] * ratio / (2.0 * (sides[0] + sides[1]));
    // Clipper works on integers: coordinates lose their fractions.
    let corners = corners.map(|point| point.map(f32::trunc));
    let steps = (PI / (1.0 - 0.25 / by).max(-1.0).acos()).min(by * PI).max(4.0);
    let mut grown = Vec::new();
    for corner in corners {
        for step in 0..steps as usize {
            let (sin, cos) = (step as f32 * TAU / steps).sin_cos();
            grown.push([(corner[0] + by * cos).round(), (corner[1] + by * sin).round()]);
        }
        // The sides themselves lie at exactly this distance, wherever the steps of the arc fall.
        for [x, y] in normals(&corners) {
            grown.push([(corner[0] + by * x).round(), (corner[1] + by * y).round()]);
        }
    }
    hull(grown)
}

/// Outward normals of the four sides.
fn normals(corners: &Corners) -> Vec<Point> {
    let sides = (0..4).map(|i| (corners[i], corners[(i + 1) % 4]));
    let normal = |(a, b): (Point, Point)| {
        let length = distance(a, b);
        (length > 0.0).then(|| [(b[1] - a[1]) / length, (a[0] - b[0]) / length])
    };
    sides.filter_map(normal).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_tilted_rectangle_is_found() {
        let axis = [0.8, 0.6];
        let at =
            |u: f32, v: f32| [50.0 + u * axis[0] - v * axis[1], 20.0 + u * axis[1] + v * axis[0]];
        let inner = (0..40).flat_map(|u| (0..10).map(move |v| (u as f32, v as f32)));
        let points = inner.map(|(u, v)| at(u, v)).collect();
        let (corners, short) = least_rectangle(&hull(points));
        for (found, wanted) in
            corners.iter().zip([at(0., 0.), at(39., 0.), at(39., 9.), at(0., 9.)])
        {
            assert!(distance(*found, wanted) < 0.01, "{corners:?}");
        }
        assert!((short - 9.0).abs() < 0.01);
    }

    #[test]
    fn thin_things_have_no_area_but_corners() {
        for points in
            [vec![[3.0, 4.0]], vec![[1.0, 1.0], [5.0, 1.0]], vec![[0., 0.], [1., 1.], [2., 2.]]]
        {
            let (corners, short) = least_rectangle(&hull(points));
            assert!(short.abs() < 1e-5);
            assert!(corners.iter().flatten().all(|v| v.is_finite()));
        }
    }

    #[test]
    fn growth_is_area_by_perimeter() {
        let (grown, _) =
            least_rectangle(&unclip(&[[10., 10.], [50., 10.], [50., 30.], [10., 30.]], 1.5));
        // 40 x 20: 800 * 1.5 / 120 = 10 on all sides.
        assert_eq!(grown, [[0., 0.], [60., 0.], [60., 40.], [0., 40.]]);
    }

    proptest! {
        #[test]
        fn a_hull_is_convex_and_holds_all(points in prop::collection::vec((0..60u8, 0..60u8), 3..60)) {
            let points: Vec<Point> = points.iter().map(|(x, y)| [f32::from(*x), f32::from(*y)]).collect();
            let around = hull(points.clone());
            let next = |i: usize| around[(i + 1) % around.len()];
            if around.len() > 2 {
                for point in points {
                    prop_assert!((0..around.len()).all(|i| cross(around[i], next(i), point) >= 0.0));
                }
            }
        }
    }
}
