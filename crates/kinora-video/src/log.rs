//! Messages of ffmpeg on its error stream, line by line, as `-loglevel level+info` prints it.
//!
//! The content comes from the file: no line is trusted, and long lines are cut.

use std::io::Read;

use kinora_types::Size;

/// A longer line is cut.
const LONGEST_LINE: usize = 4096;

/// A warning about raw output, which is numbered at an even rate: two frames of a file with a varying rate may share a
/// number. Their times come from `showinfo`.
const SAME_NUMBER: &str = "Application provided invalid, non monotonically increasing dts to muxer";

/// Log level of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// The rest of the line before.
    Continued,
    Info,
    Warning,
    Error,
    Fatal,
}

/// One line without its marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    pub level: Level,
    /// Source of the line, e.g. `h264` or `Parsed_showinfo_0`; empty for ffmpeg itself.
    pub source: &'a str,
    pub text: &'a str,
}

/// Takes the marks `[source @ address] [level]` off.
pub(crate) fn line(raw: &str) -> Line<'_> {
    let (mut rest, mut source) = (raw, "");
    while let Some((mark, after)) = rest.strip_prefix('[').and_then(|r| r.split_once("] ")) {
        let level = match mark {
            "info" | "verbose" | "debug" | "trace" => Some(Level::Info),
            "warning" => Some(Level::Warning),
            "error" => Some(Level::Error),
            "fatal" | "panic" => Some(Level::Fatal),
            _ => None,
        };
        if let Some(level) = level {
            return Line { level, source, text: after };
        }
        source = mark.split(" @ ").next().unwrap_or(mark);
        rest = after;
    }
    Line { level: Level::Continued, source: "", text: raw }
}

/// A frame as the `showinfo` filter sees it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shown {
    /// Presentation time in units of the time base.
    pub pts: Option<i64>,
    /// Duration in the same units, 0 if unknown.
    pub duration: i64,
    pub pixel_format: String,
    pub size: Option<Size>,
    /// Width of a pixel over its height; `None` if it does not say.
    pub pixel_aspect: Option<f64>,
    pub interlaced: bool,
}

/// One line of the filter `showinfo`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ShowInfo {
    /// Seconds of one unit as a fraction. It comes again if the picture changes its size in mid-stream.
    TimeBase(i64, i64),
    Frame(Shown),
    Colours(Colours),
}

/// Colours of the frames as ffmpeg names them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Colours {
    pub matrix: String,
    pub primaries: String,
    pub transfer: String,
}

impl Line<'_> {
    /// The line as one of `showinfo`, if it is.
    pub(crate) fn showinfo(&self) -> Option<ShowInfo> {
        if !self.source.starts_with("Parsed_showinfo") {
            return None;
        }
        if let Some(rest) = self.text.strip_prefix("config in time_base: ") {
            let (num, den) = rest.split(',').next()?.split_once('/')?;
            let (num, den) = (num.trim().parse().ok()?, den.trim().parse().ok()?);
            return (num > 0 && den > 0).then_some(ShowInfo::TimeBase(num, den));
        }
        if self.text.starts_with("n:") {
            return Some(ShowInfo::Frame(shown(self.text)));
        }
        let named = |key| field(self.text, key).map(str::to_owned);
        let (matrix, transfer) = (named("color_space:")?, named("color_trc:")?);
        let primaries = named("color_primaries:").unwrap_or_default();
        Some(ShowInfo::Colours(Colours { matrix, primaries, transfer }))
    }

    /// The signal that ended ffmpeg, if it reports one: a request to end or a limit.
    pub(crate) fn signal(&self) -> Option<i32> {
        let number = self.text.strip_prefix("Exiting normally, received signal ")?;
        let own = self.source.is_empty() && self.level == Level::Info;
        number.trim_end_matches('.').parse().ok().filter(|_| own)
    }

    /// Whether the line reports damage in the file: decoders' and demuxers' errors, and packets that
    /// a demuxer found to be corrupt.
    pub(crate) fn is_damage(&self) -> bool {
        let corrupt = self.level == Level::Warning && self.text.starts_with("Packet corrupt");
        let grave = self.level >= Level::Error && !self.text.trim().is_empty();
        corrupt || (grave && !self.text.starts_with(SAME_NUMBER))
    }
}

fn shown(text: &str) -> Shown {
    let number = |key| field(text, key).and_then(|v| v.parse().ok());
    let size = field(text, " s:").and_then(|v| v.split_once('x'));
    let ratio = field(text, " sar:").and_then(|v| v.split_once('/'));
    Shown {
        pts: number(" pts:"),
        duration: number(" duration:").unwrap_or(0),
        pixel_format: field(text, " fmt:").unwrap_or_default().into(),
        size: size
            .and_then(|(w, h)| Some(Size { width: w.parse().ok()?, height: h.parse().ok()? })),
        pixel_aspect: ratio.and_then(|(a, b)| {
            let (a, b): (f64, f64) = (a.parse().ok()?, b.parse().ok()?);
            (a > 0.0 && b > 0.0).then(|| a / b)
        }),
        interlaced: matches!(field(text, " i:"), Some("T" | "B")),
    }
}

/// The word after `key`, which may be padded by spaces.
fn field<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(key)?;
    rest.split_whitespace().next()
}

/// Calls `each` with every line of `pipe` until it ends; holds one line.
pub(crate) fn read_lines(mut pipe: impl Read, mut each: impl FnMut(&str)) {
    let (mut line, mut buffer) = (Vec::new(), [0u8; 8192]);
    while let Ok(n @ 1..) = pipe.read(&mut buffer) {
        for &byte in &buffer[..n] {
            match byte {
                b'\n' | b'\r' => {
                    each(&String::from_utf8_lossy(&line));
                    line.clear();
                }
                _ if line.len() < LONGEST_LINE => line.push(byte),
                _ => {}
            }
        }
    }
    if !line.is_empty() {
        each(&String::from_utf8_lossy(&line));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn marks_come_off() {
        for (raw, level, source, text) in [
            ("[h264 @ 0x5] [error] Invalid NAL", Level::Error, "h264", "Invalid NAL"),
            ("[info]   Duration: N/A", Level::Info, "", "  Duration: N/A"),
            ("[vist#0:0/h264 @ 0x1] [dec:h264 @ 0x2] [error] bad", Level::Error, "dec:h264", "bad"),
            ("                    : second", Level::Continued, "", "                    : second"),
            ("[title] no level", Level::Continued, "", "[title] no level"),
            ("[", Level::Continued, "", "["),
        ] {
            assert_eq!(line(raw), Line { level, source, text }, "{raw}");
        }
    }

    #[test]
    fn frames_are_read() {
        let raw = "[Parsed_showinfo_0 @ 0x7f] [info] n:   2 pts:     83 pts_time:0.083   \
                   duration:     41 duration_time:0.041   fmt:yuv420p cl:left sar:4/3 s:320x180 i:T \
                   iskey:0 type:P ";
        let Some(ShowInfo::Frame(shown)) = line(raw).showinfo() else { panic!("no frame") };
        assert_eq!((shown.pts, shown.duration, shown.interlaced), (Some(83), 41, true));
        assert_eq!(shown.size, Some(Size { width: 320, height: 180 }));
        assert_eq!(shown.pixel_aspect, Some(4.0 / 3.0));
        let raw = "[Parsed_showinfo_3 @ 0x7f] [info] n:   0 pts:   NOPTS pts_time:NOPTS sar:0/1";
        let Some(ShowInfo::Frame(shown)) = line(raw).showinfo() else { panic!("no frame") };
        assert_eq!((shown.pts, shown.pixel_aspect, shown.size), (None, None, None));
    }

    #[test]
    fn time_bases_and_colours_are_read() {
        let base =
            "[Parsed_showinfo_0 @ 0x1] [info] config in time_base: 1/12288, frame_rate: 24/1";
        assert_eq!(line(base).showinfo(), Some(ShowInfo::TimeBase(1, 12288)));
        let none = "[Parsed_showinfo_0 @ 0x1] [info] config in time_base: 0/0, frame_rate: 0/0";
        assert_eq!(line(none).showinfo(), None);
        let colours = "[Parsed_showinfo_0 @ 0x1] [info] color_range:tv color_space:bt2020nc \
                       color_primaries:bt2020 color_trc:smpte2084";
        let expected = Colours {
            matrix: "bt2020nc".into(),
            primaries: "bt2020".into(),
            transfer: "smpte2084".into(),
        };
        assert_eq!(line(colours).showinfo(), Some(ShowInfo::Colours(expected)));
    }

    #[test]
    fn an_end_by_a_signal_is_read() {
        assert_eq!(line("[info] Exiting normally, received signal 15.").signal(), Some(15));
        assert_eq!(line("[info]     title : Exiting normally, received signal 15.").signal(), None);
    }

    #[test]
    fn a_file_cannot_pass_words_off_as_a_frame() {
        assert_eq!(line("[info]     title : n: 0 pts: 5").showinfo(), None);
    }

    #[test]
    fn a_long_line_is_cut_and_the_next_one_is_whole() {
        let mut lines = Vec::new();
        let text = format!("{}\nshort\r\nend", "x".repeat(100_000));
        read_lines(text.as_bytes(), |line| lines.push(line.to_owned()));
        assert_eq!(lines[0].len(), LONGEST_LINE);
        assert_eq!(lines[1..], ["short", "", "end"]);
    }

    proptest! {
        #[test]
        fn no_line_can_panic(text in r"(\[Parsed_showinfo_0 @ 0x1\] \[info\] )?(n: |config in time_base: )?.*") {
            let line = line(&text);
            let _ = (line.showinfo(), line.is_damage());
        }
    }
}
