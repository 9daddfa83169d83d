//! The colours that the fakes know, and what they call them.

use kinora_types::Picture;

/// Words for colours, red, green and blue of each from 0 to 1.
pub(super) const COLOURS: [(&str, [f32; 3]); 5] = [
    ("red", [1.0, 0.0, 0.0]),
    ("green", [0.0, 1.0, 0.0]),
    ("blue", [0.0, 0.0, 1.0]),
    ("yellow", [1.0, 1.0, 0.0]),
    ("white", [1.0, 1.0, 1.0]),
];

/// Mean red, green and blue of a picture, from 0 to 1.
pub(super) fn mean(picture: &Picture) -> [f32; 3] {
    let mut sums = [0f64; 3];
    for pixel in picture.rgb().chunks_exact(3) {
        sums.iter_mut().zip(pixel).for_each(|(s, v)| *s += f64::from(*v));
    }
    let most = f64::from(picture.width()) * f64::from(picture.height()) * 255.0;
    sums.map(|sum| (sum / most) as f32)
}

/// The word for the colour that is nearest to a picture's mean; `None` for a dark picture.
pub(super) fn word(picture: &Picture) -> Option<&'static str> {
    let mean = mean(picture);
    let far =
        |colour: &[f32; 3]| -> f32 { mean.iter().zip(colour).map(|(a, b)| (a - b).powi(2)).sum() };
    let nearest = COLOURS.iter().min_by(|a, b| far(&a.1).total_cmp(&far(&b.1)));
    nearest.filter(|(_, colour)| far(colour) < 0.5).map(|(word, _)| *word)
}
