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
    pub fn name(self) -> &'static str {
        match self {
            Self::Yuv => "yuv420p",
            Self::Rgb => "rgb24",
        }
    }

    /// Bytes of one frame.
    pub fn bytes(self, size: Size) -> usize {
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
    pub fn fill(from: Size, to: Size, focus: (f64, f64)) -> Self {
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

/// What is wanted of the frames.
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
    /// The argument of `-vf`; ends in `showinfo`, which tells the times.
    pub fn describe(&self) -> String {
        let mut filters = Vec::new();
        if let Some(select) = &self.select {
            filters.push(format!("select='{select}'"));
        }
        if self.video.interlaced {
            // Only frames that are flagged; the others pass.
            filters.push("bwdif=mode=send_frame:deint=interlaced".to_owned());
        }
        if let Some(Crop { width, height, x, y }) = self.crop {
            filters.push(format!(
                "crop=w=iw*{width:.6}:h=ih*{height:.6}:x=(iw-ow)*{x:.6}:y=(ih-oh)*{y:.6}:exact=1"
            ));
        }
        filters.extend(self.scale());
        filters.push(format!("format={}", self.pixels.name()));
        filters.push("setsar=1".to_owned());
        filters.push("showinfo=checksum=0".to_owned());
        filters.join(",")
    }

    fn scale(&self) -> Vec<String> {
        let Size { width, height } = self.size;
        let mut filters = Vec::new();
        let mut matrix = self.matrix();
        if let (Some(hdr), Tone::Mapped) = (self.video.hdr, self.tone) {
            filters.extend(tone_map(hdr, self.size));
            matrix = "";
        }
        // Enlarged by a cubic, shrunk by the mean of the covered area.
        let larger = width > self.video.display.width || height > self.video.display.height;
        let kernel = if larger { "bicubic" } else { "area" };
        let mut scale = format!("scale={width}:{height}:flags={kernel}{matrix}");
        if self.pixels == Pixels::Yuv {
            scale.push_str(
                ":out_color_matrix=bt709:out_range=tv:out_h_chr_pos=128:out_v_chr_pos=128",
            );
        }
        filters.push(scale);
        filters
    }

    /// What to take for the matrix of a file that does not say: as broadcasters do, by its height.
    fn matrix(&self) -> &'static str {
        let rgb = ["rgb", "bgr", "gbr", "pal", "0rgb", "argb", "abgr"];
        let format = self.video.pixel_format.as_str();
        if self.video.matrix != "unknown" || rgb.iter().any(|name| format.starts_with(name)) {
            return "";
        }
        let high = self.video.coded.width.min(self.video.coded.height) >= 720;
        if high { ":in_color_matrix=bt709" } else { ":in_color_matrix=bt601" }
    }
}

/// Linear light, Hable's curve, BT.709; at the target's size already, as floats are large.
fn tone_map(hdr: Hdr, Size { width, height }: Size) -> [String; 5] {
    let transfer = match hdr {
        Hdr::Pq => "smpte2084",
        Hdr::Hlg => "arib-std-b67",
    };
    [
        format!(
            "zscale=w={width}:h={height}:f=bilinear:tin={transfer}:pin=2020:min=2020_ncl:rin=limited\
             :t=linear:npl=203"
        ),
        "format=gbrpf32le".to_owned(),
        "zscale=p=709".to_owned(),
        "tonemap=hable:desat=0".to_owned(),
        "zscale=t=709:m=709:r=limited,format=yuv420p".to_owned(),
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
