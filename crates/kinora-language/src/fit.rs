//! Pictures as large as a model can use.

use std::borrow::Cow;

use kinora_types::Picture;

use kinora_image::pil::{Filter, resize};

/// The picture, or a smaller one whose longer side is `side`.
pub(super) fn fit(picture: &Picture, side: u32) -> Cow<'_, Picture> {
    let (width, height) = (picture.width(), picture.height());
    let longer = width.max(height);
    if longer <= side {
        return Cow::Borrowed(picture);
    }
    let scaled = |of: u32| {
        let exact = u64::from(of) * u64::from(side) + u64::from(longer) / 2;
        ((exact / u64::from(longer)) as u32).max(1)
    };
    let to = (scaled(width), scaled(height));
    let rgb = resize(picture.rgb(), (width, height), to, Filter::Bicubic);
    Picture::new(to.0, to.1, rgb).map_or(Cow::Borrowed(picture), Cow::Owned)
}
