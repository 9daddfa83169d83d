//! ICC profiles to sRGB. A profile that cannot be used is ignored, as browsers do.

use moxcms::{ColorProfile, DataColorSpace, Layout as CmsLayout, TransformOptions};

use super::{
    ReadError,
    budget::Budget,
    raster::{Layout, Raster},
    space::Space,
    tone::Tone,
};

/// Longest profile that is read, in bytes: those of presses have one or two million.
pub(super) const LONGEST_PROFILE: usize = 16 << 20;
/// Pixels that are converted between two checks of the budget.
const BAND: usize = 1 << 20;

/// RGB8 in sRGB of a picture without opacity.
///
/// # Errors
/// If the budget is spent.
pub(super) fn to_srgb(raster: Raster, budget: &Budget<'_>) -> Result<Vec<u8>, ReadError> {
    let icc = raster.icc.as_deref().filter(|icc| icc.len() <= LONGEST_PROFILE);
    let Some(convert) = icc.and_then(|icc| conversion(icc, raster.layout)) else {
        return Ok(without_profile(raster.layout, raster.samples));
    };
    let channels = raster.layout.channels();
    let mut rgb = vec![0; raster.samples.len() / channels * 3];
    for (from, to) in raster.samples.chunks(BAND * channels).zip(rgb.chunks_mut(BAND * 3)) {
        budget.check()?;
        if convert(from, to).is_none() {
            return Ok(without_profile(raster.layout, raster.samples));
        }
    }
    Ok(rgb)
}

/// Samples of whole pixels to as many of RGB8; `None` if that failed.
type Convert = Box<dyn Fn(&[u8], &mut [u8]) -> Option<()>>;

fn conversion(icc: &[u8], layout: Layout) -> Option<Convert> {
    if let (Layout::Rgb, Some(tone)) = (layout, Space::of_profile(icc).and_then(Tone::new)) {
        return Some(Box::new(move |from, to| {
            let pixels = from.as_chunks::<3>().0.iter().zip(to.as_chunks_mut::<3>().0);
            pixels.for_each(|(from, to)| *to = tone.apply(from.map(|v| f32::from(v) / 255.0)));
            Some(())
        }));
    }

    let profile = ColorProfile::new_from_slice(icc).ok()?;
    let (space, source) = match layout {
        Layout::Grey => (DataColorSpace::Gray, CmsLayout::Gray),
        Layout::Rgb => (DataColorSpace::Rgb, CmsLayout::Rgb),
        Layout::Cmyk => (DataColorSpace::Cmyk, CmsLayout::Rgba),
        Layout::Rgba => return None,
    };
    if profile.color_space != space {
        return None;
    }
    let transform = profile
        .create_transform_8bit(
            source,
            &ColorProfile::new_srgb(),
            CmsLayout::Rgb,
            TransformOptions::default(),
        )
        .ok()?;
    Some(Box::new(move |from, to| transform.transform(from, to).ok()))
}

fn without_profile(layout: Layout, samples: Vec<u8>) -> Vec<u8> {
    match layout {
        Layout::Rgb => samples,
        Layout::Grey => samples.into_iter().flat_map(|v| [v; 3]).collect(),
        Layout::Cmyk => samples.as_chunks::<4>().0.iter().flat_map(naive_cmyk).collect(),
        Layout::Rgba => {
            samples.as_chunks::<4>().0.iter().flat_map(|p| [p[0], p[1], p[2]]).collect()
        }
    }
}

/// CMYK to RGB without a profile: each ink takes its share of white light.
fn naive_cmyk([c, m, y, k]: &[u8; 4]) -> [u8; 3] {
    [c, m, y].map(|ink| {
        let light = u32::from(255 - ink) * u32::from(255 - k);
        ((light + 127) / 255) as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use kinora_types::Size;

    fn raster(layout: Layout, samples: &[u8], icc: Option<Vec<u8>>) -> Raster {
        let size = Size { width: 1, height: 1 };
        Raster {
            size,
            full_size: size,
            layout,
            samples: samples.to_vec(),
            icc,
            orientation: Default::default(),
        }
    }

    fn srgb(raster: Raster) -> Vec<u8> {
        let never = || false;
        to_srgb(raster, &Budget::new(&crate::Limits::default(), &never)).unwrap()
    }

    #[test]
    fn display_p3_red_is_out_of_srgb_and_is_clipped() {
        let p3 = ColorProfile::new_display_p3().encode().unwrap();
        let rgb = srgb(raster(Layout::Rgb, &[200, 100, 50], Some(p3)));
        // colour-science 0.4: Display P3 (200, 100, 50) is sRGB (215, 94, 31).
        for (have, want) in rgb.iter().zip([215i32, 94, 31]) {
            assert!((i32::from(*have) - want).abs() <= 3, "{rgb:?}");
        }
    }

    #[test]
    fn a_bad_or_foreign_profile_is_ignored() {
        let p3 = ColorProfile::new_display_p3().encode().unwrap();
        assert_eq!(srgb(raster(Layout::Grey, &[7], Some(p3))), [7; 3]);
        assert_eq!(srgb(raster(Layout::Rgb, &[1, 2, 3], Some(vec![9; 200]))), [1, 2, 3]);
    }

    #[test]
    fn a_profile_for_high_dynamic_range_keeps_white_white() {
        let pq = ColorProfile::new_bt2020_pq().encode().unwrap();
        // 148 is the code value of 203 cd/m², which the profile's curve alone would make nearly black.
        let rgb = srgb(raster(Layout::Rgb, &[148; 3], Some(pq)));
        assert!(rgb.iter().all(|v| v.abs_diff(233) <= 3), "{rgb:?}");
    }

    #[test]
    fn ink_darkens() {
        assert_eq!(srgb(raster(Layout::Cmyk, &[0, 0, 0, 0], None)), [255; 3]);
        assert_eq!(srgb(raster(Layout::Cmyk, &[0, 255, 255, 0], None)), [255, 0, 0]);
        assert_eq!(srgb(raster(Layout::Cmyk, &[0, 0, 0, 255], None)), [0; 3]);
    }
}
