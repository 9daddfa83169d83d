//! AVIF: our own reading of the container, AV1 by rav1d in this process.
//!
//! rav1d (dav1d in Rust, bounds-checked) is built without its assembler, which would need nasm: some
//! 40 CPU s to build once, slower to decode, but AVIF needs no download and no child process.

use kinora_types::Size;
use re_rav1d::dav1d::{Decoder, Error, Picture, PlanarImageComponent, Settings, pixel};

use super::{
    Format, Limits, ReadError,
    heif::{self, Grid},
    isobmff::Heif,
    raster::{Layout, Raster},
    yuv::{Matrix, Plane, Planes},
};

/// Decodes the primary item, a grid put together, with its opacity.
pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<Raster, ReadError> {
    let heif = Heif::parse(bytes).ok_or_else(|| no("the container is broken"))?;
    let size = heif::size(&heif, heif.primary).ok_or_else(|| no("the size is missing"))?;
    // Planes of 16 bits, the decoder's copy of them, RGB and what it is turned into.
    limits.check(size, u64::from(size.width) * u64::from(size.height) * 18)?;
    let (layout, samples) = match heif.item(heif.primary).map(|item| &item.kind) {
        Some(b"av01") => single(&heif, size, limits)?,
        Some(b"grid") => (Layout::Rgb, grid(&heif, size, limits)?),
        _ => {
            return Err(ReadError::unsupported(Format::Avif, "the primary item is no picture"));
        }
    };
    Ok(Raster {
        size,
        full_size: size,
        layout,
        samples,
        icc: heif::icc(&heif, heif.primary),
        orientation: heif::orientation(&heif, heif.primary),
    })
}

fn no(message: &str) -> ReadError {
    ReadError::damaged(Format::Avif, message)
}

fn single(heif: &Heif, size: Size, limits: &Limits) -> Result<(Layout, Vec<u8>), ReadError> {
    let rgb = colour_item(heif, heif.primary, size, limits)?;
    let Some(alpha) = heif::alpha_of(heif, heif.primary) else {
        return Ok((Layout::Rgb, rgb));
    };
    let picture = av1(heif, alpha, limits)?;
    if (picture.width(), picture.height()) != (size.width, size.height) {
        return Err(no("opacity and colour differ in size"));
    }
    let opacity = planes(&picture)?.luma(size, full_range(heif, alpha, &picture));
    let with =
        rgb.as_chunks::<3>().0.iter().zip(opacity).flat_map(|([r, g, b], a)| [*r, *g, *b, a]);
    Ok((Layout::Rgba, with.collect()))
}

fn grid(heif: &Heif, size: Size, limits: &Limits) -> Result<Vec<u8>, ReadError> {
    let grid = Grid::of(heif, heif.primary, size).ok_or_else(|| no("the grid is broken"))?;
    let mut canvas = vec![0; size.width as usize * size.height as usize * 3];
    for (index, tile) in grid.tiles.iter().enumerate() {
        let rgb = colour_item(heif, *tile, grid.tile, limits)?;
        grid.paste(index, &rgb, size, &mut canvas);
    }
    Ok(canvas)
}

fn colour_item(heif: &Heif, id: u32, size: Size, limits: &Limits) -> Result<Vec<u8>, ReadError> {
    let picture = av1(heif, id, limits)?;
    if (picture.width(), picture.height()) != (size.width, size.height) {
        return Err(no("the picture has another size than the container says"));
    }
    let matrix = heif::nclx(heif, id).map_or_else(|| stream_matrix(&picture), |n| n.matrix);
    let range = full_range(heif, id, &picture);
    planes(&picture)?
        .to_rgb(size, Matrix::from_cicp(matrix), range)
        .ok_or_else(|| ReadError::unsupported(Format::Avif, format!("colour matrix `{matrix}`")))
}

fn stream_matrix(picture: &Picture) -> u16 {
    use pixel::MatrixCoefficients as M;
    match picture.matrix_coefficients() {
        M::Identity => 0,
        M::BT709 => 1,
        M::BT2020NonConstantLuminance => 9,
        M::YCgCo => 8,
        _ => 6,
    }
}

fn full_range(heif: &Heif, id: u32, picture: &Picture) -> bool {
    heif::nclx(heif, id).map_or(picture.color_range() == pixel::YUVRange::Full, |n| n.full_range)
}

/// Decodes one coded item on this thread.
fn av1(heif: &Heif, id: u32, limits: &Limits) -> Result<Picture, ReadError> {
    let data = heif.bytes(id).ok_or(ReadError::Truncated { format: Format::Avif })?;
    if data.is_empty() {
        return Err(no("an item is empty"));
    }
    let mut settings = Settings::new();
    settings.set_n_threads(1);
    settings.set_max_frame_delay(1);
    settings.set_frame_size_limit(limits.pixels.min(u32::MAX.into()) as u32);
    let failed = |e: Error| no(&e.to_string());
    let mut decoder = Decoder::with_settings(&settings).map_err(failed)?;
    match decoder.send_data(data.into_owned(), None, None, None) {
        Ok(()) | Err(Error::Again) => {}
        Err(error) => return Err(failed(error)),
    }
    loop {
        match decoder.get_picture() {
            Ok(picture) => return Ok(picture),
            Err(Error::Again) => match decoder.send_pending_data() {
                Ok(()) => {
                    return decoder.get_picture().map_err(|_| no("there is no picture inside"));
                }
                Err(Error::Again) => {}
                Err(error) => return Err(failed(error)),
            },
            Err(error) => return Err(failed(error)),
        }
    }
}

fn planes(picture: &Picture) -> Result<Planes<impl AsRef<[u8]>>, ReadError> {
    use re_rav1d::dav1d::PixelLayout as P;
    let depth = picture.bits_per_component().map_or(8, |b| b.0) as u32;
    let plane = |component| Plane {
        bytes: picture.plane(component),
        stride: picture.stride(component) as usize,
    };
    let (shift_x, shift_y) = match picture.pixel_layout() {
        P::I420 => (1, 1),
        P::I422 => (1, 0),
        P::I444 | P::I400 => (0, 0),
    };
    let chroma = (picture.pixel_layout() != P::I400)
        .then(|| [plane(PlanarImageComponent::U), plane(PlanarImageComponent::V)]);
    Ok(Planes { y: plane(PlanarImageComponent::Y), chroma, shift_x, shift_y, depth })
}
