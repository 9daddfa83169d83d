//! Where text is: PP-OCRv6's detection network and its map.

use kinora_inference::InferenceError;
use kinora_types::Picture;

use super::{
    raster::{resize, write_tensor},
    rectangle::{Corners, distance},
    regions::{Limits, Map, boxes},
    view::steps,
};
use crate::runtime::{Graph, Values};

/// The reference's `thresh`, `box_thresh` and `unclip_ratio`.
const LIMITS: Limits = Limits { pixel: 0.3, score: 0.5, unclip: 1.6 };
/// Shorter side in pixels that a picture is enlarged to (`limit_side_len` with `limit_type` min).
const SHORTER: f64 = 736.0;
/// Longer side in pixels that enlarging ends at; the reference knows no such limit.
const LONGER: f64 = 4000.0;
/// Pixels that each side of a box has more than.
const SMALLEST: f32 = 3.0;

/// Boxes of text in whole pixels of `picture`.
pub(super) fn detect(graph: &Graph, picture: &Picture) -> Result<Vec<Corners>, InferenceError> {
    let (width, height) = input_size(picture);
    let resized = resize(picture, width, height);
    let (columns, rows) = (width as usize, height as usize);
    let mut values = vec![0.0; 3 * columns * rows];
    write_tensor(&resized, columns, &mut values);
    let input = Values::F32(vec![1, 3, rows, columns], values);
    let found = graph.run_with(vec![(graph.first_input(), input)], |shape, values| {
        let fits = shape == [1, 1, rows, columns];
        fits.then(|| boxes(&Map { width: columns, values }, LIMITS))
            .ok_or_else(|| InferenceError::Runtime(format!("the detector gave shape {shape:?}")))
    })??;
    let scale = [picture.width() as f32 / width as f32, picture.height() as f32 / height as f32];
    Ok(found.into_iter().filter_map(|corners| placed(&corners, scale, picture)).collect())
}

fn input_size(picture: &Picture) -> (u32, u32) {
    let shorter = f64::from(picture.width().min(picture.height()));
    let longer = f64::from(picture.width().max(picture.height()));
    let ratio = (SHORTER / shorter).min(LONGER / longer).max(1.0);
    steps(picture.width(), picture.height(), ratio)
}

/// A box of the map on the picture; `None` if too little of it is left.
fn placed(corners: &Corners, scale: [f32; 2], picture: &Picture) -> Option<Corners> {
    let last = [picture.width() as f32 - 1.0, picture.height() as f32 - 1.0];
    let place = |axis: usize, v: f32| (v * scale[axis]).round().clamp(0.0, last[axis]);
    let corners = corners.map(|[x, y]| [place(0, x), place(1, y)]);
    let side = |a: usize, b: usize| distance(corners[a], corners[b]).trunc();
    (side(0, 1) > SMALLEST && side(0, 3) > SMALLEST).then_some(corners)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_pictures_are_enlarged_large_ones_kept() {
        let size = |w, h| input_size(&Picture::filled(w, h, [0; 3]));
        assert_eq!(size(1920, 1080), (1920, 1088));
        assert_eq!(size(500, 333), (1120, 736));
        assert_eq!(size(736, 736), (736, 736));
        // A tall strip: the reference would make it 46 000 pixels high.
        assert_eq!(size(32, 1984), (64, 4000));
    }

    #[test]
    fn boxes_are_cut_at_the_edge() {
        let picture = Picture::filled(100, 50, [0; 3]);
        let corners = [[-4., 10.], [60., 10.], [60., 30.], [-4., 30.]];
        let placed = |scale| placed(&corners, scale, &picture);
        assert_eq!(placed([2., 1.]), Some([[0., 10.], [99., 10.], [99., 30.], [0., 30.]]));
        assert_eq!(placed([0.1, 0.1]), None);
    }
}
