//! Moments as people read and type them.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Milliseconds that the tenth of a second has, which is what is shown of a moment.
const SHOWN_MS: u64 = 100;

/// Hours, minutes or seconds beyond this are no moment of a recording.
const MOST: u64 = 1_000_000;

/// A moment of a video, recording or film in milliseconds from its start, shown as `MM:SS.s`, from an hour on as
/// `H:MM:SS.s`, to the nearest tenth of a second. What is shown can be read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Clock(pub u64);

/// Text that names no moment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is no time such as `01:05.5`, `1:01:05` or `65.5`", .0.escape_debug())]
pub struct NoClock(String);

impl Clock {
    /// The moment at which a frame is shown, of frames of which so many are shown a second.
    pub fn of_frame(frame: u64, fps: u32) -> Self {
        Self(frame.saturating_mul(1000) / u64::from(fps.max(1)))
    }
}

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = self.0.saturating_add(50) / 100;
        hours_to_seconds(f, tenths / 10)?;
        write!(f, ".{}", tenths % 10)
    }
}

impl FromStr for Clock {
    type Err = NoClock;

    /// Reads `H:MM:SS.s`, `MM:SS.s` or seconds, with any number of decimals.
    fn from_str(text: &str) -> Result<Self, NoClock> {
        text.parse().map(|time: WrittenTime| Self(time.ms()))
    }
}

/// `MM:SS`, from an hour on `H:MM:SS`.
fn hours_to_seconds(f: &mut fmt::Formatter<'_>, seconds: u64) -> fmt::Result {
    if seconds >= 3600 {
        write!(f, "{}:", seconds / 3600)?;
    }
    write!(f, "{:02}:{:02}", seconds / 60 % 60, seconds % 60)
}

/// A moment as it was written: `SECONDS`, `MM:SS` or `HH:MM:SS`, with as many decimals as were read. It means every
/// moment that is shown so: `00:02` all that begin with `00:02`, `00:02.3` that one tenth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WrittenTime {
    /// Milliseconds from the start of the presentation.
    ms: u64,
    /// Milliseconds of the last written digit: 1000 without decimals.
    step: u64,
}

impl WrittenTime {
    /// Milliseconds from the start of the presentation, as they were written.
    pub fn ms(self) -> u64 {
        self.ms
    }

    /// Milliseconds from the start of the presentation up to but not including which the writing may mean.
    pub fn end_ms(self) -> u64 {
        self.ms + self.step
    }

    /// Whether a moment, in milliseconds, is shown so: rounded to a tenth, and cut to what was written of it.
    pub fn names(self, ms: u64) -> bool {
        if self.step < SHOWN_MS {
            return ms / self.step == self.ms / self.step;
        }
        let shown = (ms + SHOWN_MS / 2) / SHOWN_MS * SHOWN_MS;
        shown / self.step == self.ms / self.step
    }
}

impl FromStr for WrittenTime {
    type Err = NoClock;

    fn from_str(text: &str) -> Result<Self, NoClock> {
        parse(text.trim()).ok_or_else(|| NoClock(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<WrittenTime> {
    let (whole, decimals) = match text.split_once('.') {
        Some((whole, decimals)) => (whole, Some(decimals)),
        None => (text, None),
    };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let number = |part: &str| {
        let number = if digits(part) { part.parse::<u64>().ok() } else { None };
        number.filter(|number| *number < MOST)
    };
    let parts: Vec<u64> = whole.split(':').map(number).collect::<Option<_>>()?;
    if parts.len() > 3 || parts[1..].iter().any(|part| *part > 59) {
        return None;
    }
    let seconds = parts.iter().fold(0, |sum, part| sum * 60 + part);
    let (milliseconds, step) = match decimals {
        None => (0, 1000),
        Some(decimals) if digits(decimals) => {
            let three: String = decimals.chars().chain("000".chars()).take(3).collect();
            (three.parse().ok()?, 10u64.pow(3 - decimals.len().min(3) as u32))
        }
        Some(_) => return None,
    };
    Some(WrittenTime { ms: seconds * 1000 + milliseconds, step })
}

/// `01:05.3`, `01:05` or `1:01:05`, as exactly as it was written.
impl fmt::Display for WrittenTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hours_to_seconds(f, self.ms / 1000)?;
        let rest = self.ms % 1000;
        match self.step {
            1 => write!(f, ".{rest:03}"),
            10 => write!(f, ".{:02}", rest / 10),
            100 => write!(f, ".{}", rest / 100),
            _ => Ok(()),
        }
    }
}

impl TryFrom<String> for WrittenTime {
    type Error = NoClock;

    fn try_from(text: String) -> Result<Self, NoClock> {
        text.parse()
    }
}

impl From<WrittenTime> for String {
    fn from(time: WrittenTime) -> Self {
        time.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn moments_have_one_form() {
        for (ms, text) in [
            (0, "00:00.0"),
            (1_500, "00:01.5"),
            (65_540, "01:05.5"),
            (59_960, "01:00.0"),
            (3_599_999, "1:00:00.0"),
            (3_725_500, "1:02:05.5"),
            (360_000_000, "100:00:00.0"),
        ] {
            assert_eq!(Clock(ms).to_string(), text);
        }
        assert_eq!(Clock::of_frame(36, 24), Clock(1_500));
        assert_eq!(
            Clock::of_frame(36, 0),
            Clock(36_000),
            "no record of ours, but no division by zero"
        );
    }

    #[test]
    fn several_forms_are_read() {
        for (text, ms) in [
            ("01:05.5", 65_500),
            ("1:05", 65_000),
            ("65.5", 65_500),
            ("90", 90_000),
            ("1:02:03.25", 3_723_250),
            (" 00:02 ", 2_000),
        ] {
            assert_eq!(text.parse(), Ok(Clock(ms)), "{text}");
        }
        for bad in
            ["", "x", "-1", "1:75", "1:2:3:4", "1.5:00", "nan", "inf", "1e3", "1:", "9999999"]
        {
            assert!(bad.parse::<Clock>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_moment_is_named_as_it_is_shown() {
        for (text, ms, named) in [
            ("00:02", 2000, true),
            ("00:02", 2940, true),
            // Shown as 00:03.0.
            ("00:02", 2960, false),
            ("00:03", 2960, true),
            ("2", 2400, true),
            ("00:02.4", 2400, true),
            ("00:02.4", 2440, true),
            ("00:02.4", 2450, false),
            ("00:02.45", 2453, true),
            ("00:02.453", 2453, true),
            ("00:02.453", 2454, false),
            ("1:00:02", 3_602_100, true),
            ("60:02", 3_602_100, true),
        ] {
            let time: WrittenTime = text.parse().unwrap();
            assert_eq!(time.names(ms), named, "{text} {ms}");
        }
    }

    #[test]
    fn what_is_no_moment_is_said() {
        for text in
            ["", ":", "1:2:3:4", "-1", "1e3", "inf", "1.", ".5", "00:75", "00:02,5", "9999999", "x"]
        {
            assert_eq!(text.parse::<WrittenTime>(), Err(NoClock(text.into())), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_names_its_moment(ms in 0..1_000_000_000u64) {
            let shown = Clock(ms).to_string();
            let read: Clock = shown.parse().unwrap();
            prop_assert!(read.0.abs_diff(ms) <= 50, "{shown}");
            prop_assert_eq!(read.to_string(), shown.clone());
            let written: WrittenTime = shown.parse().unwrap();
            prop_assert!(written.names(ms));
            prop_assert_eq!(written.to_string(), shown.clone());
            let seconds: WrittenTime = shown.split('.').next().unwrap().parse().unwrap();
            prop_assert!(seconds.names(ms));
        }
    }
}
