//! HEIF properties of a picture: size, rotation, colour, opacity, grids.

use kinora_types::Size;

use super::{
    isobmff::{Cursor, Heif},
    orient::{Mirror, Orientation},
};

/// Coding-independent code points of a `colr` box (ITU-T H.273).
pub(super) struct Nclx {
    pub primaries: u16,
    pub transfer: u16,
    pub matrix: u16,
    pub full_range: bool,
}

pub(super) fn size(heif: &Heif, id: u32) -> Option<Size> {
    let (width, height) = heif.size(id)?;
    (width > 0 && height > 0).then_some(Size { width, height })
}

pub(super) fn nclx(heif: &Heif, id: u32) -> Option<Nclx> {
    let mut colr = heif
        .properties(id)
        .filter(|(code, _)| code == b"colr")
        .find_map(|(_, colr)| colr.0.strip_prefix(b"nclx").map(Cursor))?;
    Some(Nclx {
        primaries: colr.u16()?,
        transfer: colr.u16()?,
        matrix: colr.u16()?,
        full_range: colr.take(1)?[0] & 0x80 != 0,
    })
}

pub(super) fn icc(heif: &Heif, id: u32) -> Option<Vec<u8>> {
    let is_profile = |colr: Cursor| {
        let profile = colr.0.strip_prefix(b"prof").or(colr.0.strip_prefix(b"rICC"))?;
        Some(profile.to_vec())
    };
    heif.properties(id).filter(|(code, _)| code == b"colr").find_map(|(_, colr)| is_profile(colr))
}

/// `irot` and `imir`; MIAF fixes their order to be rotation first.
pub(super) fn orientation(heif: &Heif, id: u32) -> Orientation {
    let first = |code| heif.property(id, code).and_then(|c| c.0.first().copied());
    let mirror = first(b"imir").map(|axis| match axis & 1 {
        0 => Mirror::TopBottom,
        _ => Mirror::LeftRight,
    });
    Orientation::from_heif(first(b"irot").unwrap_or(0) & 3, mirror)
}

/// The auxiliary item that holds the opacity of `id`.
pub(super) fn alpha_of(heif: &Heif, id: u32) -> Option<u32> {
    let is_alpha = |aux: &u32| {
        heif.property(*aux, b"auxC").is_some_and(|auxc| {
            let name = auxc.0.get(4..).unwrap_or_default();
            name.starts_with(b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha")
        })
    };
    heif.referring(id, b"auxl").find(is_alpha)
}

/// A picture put together of equal tiles (ISO/IEC 23008-12, 6.6.2.3).
pub(super) struct Grid {
    columns: u32,
    /// Size of each tile; those at the right and lower edge may stick out.
    pub tile: Size,
    /// Items, row by row.
    pub tiles: Vec<u32>,
}

impl Grid {
    pub(super) fn of(heif: &Heif, id: u32, canvas: Size) -> Option<Self> {
        let bytes = heif.bytes(id)?;
        let [_, flags, rows, columns, ..] = *bytes.as_ref() else {
            return None;
        };
        let (rows, columns) = (u32::from(rows) + 1, u32::from(columns) + 1);
        let mut sides = Cursor(bytes.get(4..)?);
        let side = if flags & 1 == 0 { 2 } else { 4 };
        let stated = (sides.uint(side)?, sides.uint(side)?);
        let tiles = heif.refers_to(id, b"dimg").to_vec();
        let tile = size(heif, *tiles.first()?)?;
        let covers = u64::from(tile.width) * u64::from(columns) >= u64::from(canvas.width)
            && u64::from(tile.height) * u64::from(rows) >= u64::from(canvas.height);
        // A tile larger than the picture could cost more memory than the limit that was checked.
        let fits = tile.width <= canvas.width && tile.height <= canvas.height;
        let same = stated == (canvas.width.into(), canvas.height.into());
        let complete = tiles.len() == (rows * columns) as usize;
        (covers && fits && same && complete).then_some(Self { columns, tile, tiles })
    }

    /// The same grid of other items.
    pub(super) fn with_tiles(self, tiles: Vec<u32>) -> Self {
        Self { tiles, ..self }
    }

    /// Tiles of which something can be seen, with their places. A grid may claim thousands of others,
    /// which cost a decoder hours and show nothing.
    pub(super) fn visible(&self, canvas: Size) -> impl Iterator<Item = (Place, u32)> + '_ {
        let columns = self.columns as usize;
        let (tile_w, tile_h) = (self.tile.width as usize, self.tile.height as usize);
        let places = self.tiles.iter().enumerate().map(move |(index, id)| {
            (Place { left: index % columns * tile_w, top: index / columns * tile_h }, *id)
        });
        places.filter(move |(place, _)| {
            place.left < canvas.width as usize && place.top < canvas.height as usize
        })
    }

    /// Copies the visible part of a tile to its place; `channels` bytes make a pixel. `None` if either
    /// buffer is shorter than its size says.
    pub(super) fn paste(
        &self,
        place: &Place,
        tile: &[u8],
        canvas: (Size, &mut [u8]),
        channels: usize,
    ) -> Option<()> {
        let (size, canvas) = canvas;
        let (width, height) = (size.width as usize, size.height as usize);
        let tile_w = self.tile.width as usize;
        let visible = tile_w.min(width.checked_sub(place.left)?) * channels;
        let rows = tile.chunks_exact(tile_w * channels).zip(place.top..height);
        for (row, y) in rows {
            let at = (y * width + place.left) * channels;
            canvas.get_mut(at..at + visible)?.copy_from_slice(row.get(..visible)?);
        }
        Some(())
    }
}

/// Where a tile's upper left corner lies, in pixels.
pub(super) struct Place {
    left: usize,
    top: usize,
}

/// Whether the colours of `id` are multiplied by its opacity already.
pub(super) fn is_premultiplied(heif: &Heif, id: u32) -> bool {
    !heif.refers_to(id, b"prem").is_empty()
}
