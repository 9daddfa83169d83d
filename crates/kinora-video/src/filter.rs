//! The chain of ffmpeg filters between the decoder and us.
//!
//! ffmpeg turns frames upright before the chain. Sizes are given in full, so that a stream that changes
//! its size in mid-way still gives frames of one size.

use std::time::Duration;

use kinora_types::Size;

use super::{Hdr, Tone, VideoStream};

/// Pixels that come out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pixels {
    /// Planar 4:2:0, BT.709, limited range, chroma at the centre: [`kinora_types::YuvFrame`].
    Yuv,
    /// [`kinora_types::Picture`].
    Rgb,
}

impl Pixels {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Yuv => "yuv420p",
            Self::Rgb => "rgb24",
        }
    }

    /// Bytes of one frame.
    pub(crate) fn bytes(self, size: Size) -> usize {
        let pixels = size.width as usize * size.height as usize;
        match self {
            Self::Yuv => pixels + pixels / 2,
            Self::Rgb => pixels * 3,
        }
    }
}

/// Which part of the upright picture is kept: fractions of its sides, and where the rest is cut away
/// (0: all on the right or below, 1: all on the left or above).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Crop {
    pub width: f64,
    pub height: f64,
    pub x: f64,
    pub y: f64,
}

impl Crop {
    /// The largest part of `from` that has the shape of `to`, as near to `focus` as the edges allow.
    pub(crate) fn fill(from: Size, to: Size, focus: (f64, f64)) -> Self {
        let shape = to.aspect() / from.aspect();
        let (width, height) = if shape < 1.0 { (shape, 1.0) } else { (1.0, 1.0 / shape) };
        let place = |middle: f64, part: f64| {
            let slack = 1.0 - part;
            if slack <= 0.0 { 0.0 } else { ((middle - part / 2.0) / slack).clamp(0.0, 1.0) }
        };
        Self { width, height, x: place(focus.0, width), y: place(focus.1, height) }
    }
}

/// For [`Chain::select`]: the first frame, then each that comes at least `step` after the last chosen.
pub(super) fn every(step: Duration) -> String {
    format!("isnan(prev_selected_t)+gte(t-prev_selected_t,{:.6})", step.as_secs_f64())
}

/// Filter chain of the frames.
pub(super) struct Chain<'a> {
    pub video: &'a VideoStream,
    pub tone: Tone,
    /// An expression of the `select` filter, for some frames only.
    pub select: Option<String>,
    pub crop: Option<Crop>,
    pub size: Size,
    pub pixels: Pixels,
}

impl Chain<'_> {
    /// Options of the output: which stream, through which filters. The last is `showinfo`, which tells the times.
    pub(crate) fn options(&self) -> Vec<String> {
        let (chain, index) = (self.describe(), self.video.index);
        let words = match self.video.alpha {
            None => ["-map".to_owned(), format!("0:{index}"), "-vf".to_owned(), chain],
            Some(alpha) => [
                "-filter_complex".to_owned(),
                format!("[0:{index}][0:{alpha}]alphamerge,{chain}[out]"),
                "-map".to_owned(),
                "[out]".to_owned(),
            ],
        };
        words.to_vec()
    }

    fn describe(&self) -> String {
        let mut filters = Vec::new();
        if let Some(select) = &self.select {
            filters.push(format!("select='{select}'"));
        }
        if self.video.interlaced {
            // Only frames that are flagged; the others pass.
            filters.push("bwdif=mode=send_frame:deint=interlaced".to_owned());
        }
        if self.video.transparent {
            filters.extend(self.ground());
        }
        filters.extend(self.crop.map(|crop| self.cut(crop)));
        filters.extend(self.scale());
        filters.push(format!("format={}", self.pixels.name()));
        filters.push("setsar=1".to_owned());
        filters.push("showinfo=checksum=0".to_owned());
        filters.join(",")
    }

    /// White behind what is transparent: 1 - a (1 - c), without a second input that would have to keep in step.
    /// In 8 bits: with more, ffmpeg's `premultiply` leaves the right half of each slice's last row black.
    fn ground(&self) -> Vec<String> {
        let read = format!("scale=flags=bicubic{}", self.matrix());
        let white = ["format=gbrap", "negate", "premultiply=inplace=1", "negate"];
        let white = white.into_iter().chain(["format=gbrp"]).map(str::to_owned);
        std::iter::once(read).chain(white).collect()
    }

    /// Begins at whole samples of chroma: `crop` takes an odd number of columns of a format with more than 8 bits
    /// for half a sample, and what follows reads noise.
    fn cut(&self, Crop { width, height, x, y }: Crop) -> String {
        let step = if self.video.pixel_format.starts_with("yuv41") { 4 } else { 2 };
        let at =
            |side: char, part: f64| format!("trunc((i{side}-o{side})*{part:.6}/{step})*{step}");
        let (x, y) = (at('w', x), at('h', y));
        format!("crop=w=iw*{width:.6}:h=ih*{height:.6}:x={x}:y={y}:exact=1")
    }

    fn scale(&self) -> Vec<String> {
        let Size { width, height } = self.size;
        let matrix = if self.video.transparent { "" } else { self.matrix() };
        // Enlarged by a cubic, shrunk by the mean of the covered area.
        let larger = width > self.video.display.width || height > self.video.display.height;
        let kernel = if larger { "bicubic" } else { "area" };
        let mut filters = vec![format!("scale={width}:{height}:flags={kernel}{matrix}")];
        if let (Some(hdr), Tone::Mapped) = (self.video.hdr, self.tone) {
            filters.extend(tone_map(hdr, &self.video.primaries));
            filters.push("scale=".to_owned());
        }
        if let (Pixels::Yuv, Some(scale)) = (self.pixels, filters.last_mut()) {
            let colon = if scale.ends_with('=') { "" } else { ":" };
            scale.push_str(colon);
            scale.push_str(
                "out_color_matrix=bt709:out_range=tv:out_h_chr_pos=128:out_v_chr_pos=128",
            );
        }
        filters.retain(|filter| filter != "scale=");
        filters
    }

    /// Colour matrix of a file that states none: by its height, as broadcasters do.
    fn matrix(&self) -> &'static str {
        let rgb = ["rgb", "bgr", "gbr", "pal", "0rgb", "argb", "abgr"];
        let format = self.video.pixel_format.as_str();
        if self.video.matrix != "unknown" || rgb.iter().any(|name| format.starts_with(name)) {
            return "";
        }
        if self.video.hdr.is_some() {
            return ":in_color_matrix=bt2020";
        }
        let high = self.video.coded.width.min(self.video.coded.height) >= 720;
        if high { ":in_color_matrix=bt709" } else { ":in_color_matrix=bt601" }
    }
}

/// Linear light in units of reference white (203 cd/m², ITU-R BT.2408), Möbius' curve, BT.709.
///
/// The curve leaves what is below 0.6 alone; 1.0 comes out at 229 of 255 and 240 of 255, stored in HDR, at 227;
/// what is brighter rolls off up to 2030 cd/m², all three colours by one factor. The peak is ours: a file's own
/// claim (MaxCLL) would choose the curve. RGB, at the target's size already: `zscale` refuses odd sides where
/// chroma is halved, and floats are large.
fn tone_map(hdr: Hdr, primaries: &str) -> [String; 5] {
    let transfer = match hdr {
        Hdr::Pq => "smpte2084",
        Hdr::Hlg => "arib-std-b67",
    };
    let primaries = match primaries {
        known @ ("bt709" | "smpte432" | "smpte431") => known,
        _ => "2020",
    };
    [
        "format=gbrp16le".to_owned(),
        format!(
            "zscale=tin={transfer}:pin={primaries}:min=gbr:rin=full:t=linear:p=709:m=gbr:r=full:npl=203"
        ),
        "format=gbrpf32le".to_owned(),
        "tonemap=mobius:param=0.6:desat=0:peak=10".to_owned(),
        "zscale=tin=linear:pin=709:min=gbr:t=709:p=709:m=gbr,format=gbrp".to_owned(),
    ]
}

/// The size at which the shorter side has `short` pixels: even sides of at least 2, never enlarged,
/// the longer side at most eight times as long (a thinner picture is squeezed).
pub(super) fn short_side(size: Size, short: u32) -> Size {
    let shorter = size.width.min(size.height).max(1);
    let scale = (f64::from(short) / f64::from(shorter)).min(1.0);
    let longest = f64::from(short.min(shorter).max(2)) * 8.0;
    let longest = longest.max(f64::from(short));
    let side = |length: u32| even((f64::from(length) * scale).min(longest));
    Size { width: side(size.width), height: side(size.height) }
}

fn even(side: f64) -> u32 {
    ((side / 2.0).round() as u32 * 2).max(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(width: u32, height: u32) -> Size {
        Size { width, height }
    }

    #[test]
    fn analysis_sizes() {
        for (from, to) in [
            ((1920, 1080), (456, 256)),
            ((1080, 1920), (256, 456)),
            ((320, 180), (320, 180)),
            ((1, 1), (2, 2)),
            ((16384, 16), (256, 16)),
            ((100, 99), (100, 100)),
        ] {
            assert_eq!(short_side(size(from.0, from.1), 256), size(to.0, to.1), "{from:?}");
        }
    }

    #[test]
    fn a_crop_keeps_the_shape_and_the_focus() {
        let square = Crop::fill(size(200, 100), size(50, 50), (0.5, 0.5));
        assert_eq!(square, Crop { width: 0.5, height: 1.0, x: 0.5, y: 0.0 });
        let left = Crop::fill(size(200, 100), size(50, 50), (0.1, 0.5));
        assert_eq!(left.x, 0.0);
        let wide = Crop::fill(size(100, 100), size(200, 100), (0.5, 0.6));
        assert_eq!((wide.width, wide.height), (1.0, 0.5));
        assert!((wide.y - 0.7).abs() < 1e-9);
    }
}
