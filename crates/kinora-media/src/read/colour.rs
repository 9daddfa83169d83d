//! ICC profiles to sRGB. A profile that cannot be used is ignored, as browsers do.

use moxcms::{ColorProfile, DataColorSpace, Layout as CmsLayout, TransformOptions};

use super::raster::{Layout, Raster};

/// RGB8 in sRGB of a picture without opacity.
pub(super) fn to_srgb(raster: Raster) -> Vec<u8> {
    let profiled =
        raster.icc.as_deref().and_then(|icc| through_profile(icc, raster.layout, &raster.samples));
    profiled.unwrap_or_else(|| without_profile(raster.layout, raster.samples))
}

fn through_profile(icc: &[u8], layout: Layout, samples: &[u8]) -> Option<Vec<u8>> {
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
    let mut rgb = vec![0; samples.len() / layout.channels() * 3];
    transform.transform(samples, &mut rgb).ok()?;
    Some(rgb)
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

/// What is left of white light after each ink: the usual guess where no profile says better.
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

    #[test]
    fn display_p3_red_is_out_of_srgb_and_is_clipped() {
        let p3 = ColorProfile::new_display_p3().encode().unwrap();
        let rgb = to_srgb(raster(Layout::Rgb, &[200, 100, 50], Some(p3)));
        // colour-science 0.4: Display P3 (200, 100, 50) is sRGB (215, 94, 31).
        for (have, want) in rgb.iter().zip([215i32, 94, 31]) {
            assert!((i32::from(*have) - want).abs() <= 3, "{rgb:?}");
        }
    }

    #[test]
    fn a_bad_or_foreign_profile_is_ignored() {
        let p3 = ColorProfile::new_display_p3().encode().unwrap();
        assert_eq!(to_srgb(raster(Layout::Grey, &[7], Some(p3))), [7; 3]);
        assert_eq!(to_srgb(raster(Layout::Rgb, &[1, 2, 3], Some(vec![9; 200]))), [1, 2, 3]);
    }

    #[test]
    fn ink_darkens() {
        assert_eq!(to_srgb(raster(Layout::Cmyk, &[0, 0, 0, 0], None)), [255; 3]);
        assert_eq!(to_srgb(raster(Layout::Cmyk, &[0, 255, 255, 0], None)), [255, 0, 0]);
        assert_eq!(to_srgb(raster(Layout::Cmyk, &[0, 0, 0, 255], None)), [0; 3]);
    }
}
