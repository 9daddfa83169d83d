//! AVIF: our own reading of the container; `av1` decodes what lies in it.

use std::cell::OnceCell;

use kinora_types::Size;
use re_rav1d::dav1d::Picture;

use super::{
    Format, ReadError, av1,
    budget::{Budget, pixels},
    heif::{self, Grid, Nclx},
    isobmff::Heif,
    raster::{Layout, Raster, straight},
    space::Space,
    tone::Tone,
    yuv::{Matrix, Misfit},
};

/// Decodes the primary item, a grid put together, with its opacity.
pub(super) fn decode(bytes: &[u8], budget: &Budget<'_>) -> Result<Raster, ReadError> {
    let heif = Heif::parse(bytes).ok_or_else(|| no("the container is broken"))?;
    let id = heif.primary;
    let size = heif::size(&heif, id).ok_or_else(|| no("the size is missing"))?;
    // Planes of 16 bits, the decoder's copy of them, RGB and what it is turned into.
    budget.admit(size, pixels(size) * 18)?;
    let icc = heif::icc(&heif, id);
    let reader = Reader { heif: &heif, budget, icc: icc.as_deref(), tone: OnceCell::new() };
    let rgb = reader.colours(id, size)?;
    let (layout, samples) = match reader.opacity(id, size)? {
        Some(opacity) => {
            let rgba = with_opacity(&rgb, &opacity);
            let premultiplied = heif::is_premultiplied(&heif, id);
            (Layout::Rgba, if premultiplied { straight(rgba) } else { rgba })
        }
        None => (Layout::Rgb, rgb),
    };
    let converted = reader.tone.into_inner().flatten().is_some();
    Ok(Raster {
        size,
        full_size: size,
        layout,
        samples,
        icc: icc.filter(|_| !converted),
        orientation: heif::orientation(&heif, id),
    })
}

fn no(message: &str) -> ReadError {
    ReadError::damaged(Format::Avif, message)
}

fn with_opacity(rgb: &[u8], opacity: &[u8]) -> Vec<u8> {
    let pairs = rgb.as_chunks::<3>().0.iter().zip(opacity);
    pairs.flat_map(|([r, g, b], a)| [*r, *g, *b, *a]).collect()
}

impl From<Misfit> for ReadError {
    fn from(misfit: Misfit) -> Self {
        no(match misfit {
            Misfit::Short => "its planes are smaller than the picture",
            Misfit::Subsampled => "its planes and its colour matrix do not go together",
        })
    }
}

struct Reader<'r> {
    heif: &'r Heif<'r>,
    budget: &'r Budget<'r>,
    icc: Option<&'r [u8]>,
    /// The conversion to sRGB, if one is needed, made for the first tile: all of them share a space.
    tone: OnceCell<Option<Tone>>,
}

/// Samples of one coded item.
type Decode<'d> = &'d dyn Fn(u32, Size) -> Result<Vec<u8>, ReadError>;

impl Reader<'_> {
    /// RGB8 of a coded item or a grid of them.
    fn colours(&self, id: u32, size: Size) -> Result<Vec<u8>, ReadError> {
        let rgb = |item, size| self.rgb(item, size, &self.picture(item, size)?);
        self.assembled(id, size, 3, &rgb)
    }

    /// Opacity of the primary item in 8 bits: an item of its own, a grid too, or one for each tile.
    fn opacity(&self, id: u32, size: Size) -> Result<Option<Vec<u8>>, ReadError> {
        let luma = |item, size| {
            let picture = self.picture(item, size)?;
            let full = self.full_range(item, &picture);
            Ok(av1::planes(&picture).luma(size, full)?)
        };
        if let Some(alpha) = heif::alpha_of(self.heif, id) {
            if heif::size(self.heif, alpha).is_some_and(|stated| stated != size) {
                return Err(no("opacity and colour differ in size"));
            }
            return self.assembled(alpha, size, 1, &luma).map(Some);
        }
        let tiles = self.heif.refers_to(id, b"dimg");
        let each: Option<Vec<u32>> =
            tiles.iter().map(|tile| heif::alpha_of(self.heif, *tile)).collect();
        match (self.grid(id, size), each) {
            (Some(grid), Some(each)) if !each.is_empty() => {
                self.put_together(&grid.with_tiles(each), size, 1, &luma).map(Some)
            }
            _ => Ok(None),
        }
    }

    fn grid(&self, id: u32, size: Size) -> Option<Grid> {
        let is_grid = self.heif.item(id).is_some_and(|item| &item.kind == b"grid");
        is_grid.then(|| Grid::of(self.heif, id, size)).flatten()
    }

    fn assembled(
        &self,
        id: u32,
        size: Size,
        channels: usize,
        one: Decode<'_>,
    ) -> Result<Vec<u8>, ReadError> {
        match self.heif.item(id).map(|item| &item.kind) {
            Some(b"av01") => one(id, size),
            Some(b"grid") => {
                let grid = self.grid(id, size).ok_or_else(|| no("the grid is broken"))?;
                self.put_together(&grid, size, channels, one)
            }
            _ => Err(ReadError::unsupported(Format::Avif, "the primary item is no picture")),
        }
    }

    fn put_together(
        &self,
        grid: &Grid,
        size: Size,
        channels: usize,
        one: Decode<'_>,
    ) -> Result<Vec<u8>, ReadError> {
        let mut canvas = vec![0; size.width as usize * size.height as usize * channels];
        for (place, tile) in grid.visible(size) {
            self.budget.check()?;
            let samples = one(tile, grid.tile)?;
            grid.paste(&place, &samples, (size, &mut canvas), channels)
                .ok_or_else(|| no("a tile is smaller than it says"))?;
        }
        Ok(canvas)
    }

    fn picture(&self, id: u32, size: Size) -> Result<Picture, ReadError> {
        let data = self.heif.bytes(id).ok_or(ReadError::Truncated { format: Format::Avif })?;
        if data.is_empty() {
            return Err(no("an item is empty"));
        }
        av1::decode(&data, size, self.budget)
    }

    /// Code points of a tile, or else of the picture that it is part of.
    fn nclx(&self, id: u32) -> Option<Nclx> {
        heif::nclx(self.heif, id).or_else(|| heif::nclx(self.heif, self.heif.primary))
    }

    fn full_range(&self, id: u32, picture: &Picture) -> bool {
        heif::nclx(self.heif, id).map_or_else(|| av1::is_full_range(picture), |n| n.full_range)
    }

    fn rgb(&self, id: u32, size: Size, picture: &Picture) -> Result<Vec<u8>, ReadError> {
        let nclx = self.nclx(id);
        let (primaries, transfer, matrix) = nclx.as_ref().map_or_else(
            || av1::code_points(picture),
            |nclx| (nclx.primaries, nclx.transfer, nclx.matrix),
        );
        let full = nclx.map_or_else(|| av1::is_full_range(picture), |nclx| nclx.full_range);
        let known = Matrix::from_cicp(matrix).ok_or_else(|| {
            ReadError::unsupported(Format::Avif, format!("colour matrix `{matrix}`"))
        })?;
        let tone = self.tone.get_or_init(|| {
            Tone::new(match self.icc {
                Some(icc) => Space::of_profile(icc).unwrap_or(Space::SRGB),
                None => Space::of_code_points(primaries, transfer),
            })
        });
        Ok(av1::planes(picture).to_rgb(size, (known, full), tone.as_ref())?)
    }
}
