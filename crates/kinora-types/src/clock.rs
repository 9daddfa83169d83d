//! Moments as people read and type them.

use std::{fmt, str::FromStr};

/// A moment of a video, recording or film in milliseconds from its start, shown as `MM:SS.s`, from an hour on as
/// `H:MM:SS.s`, to the nearest tenth of a second. What is shown can be read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Clock(pub u64);

/// Text that names no moment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no time such as `01:05.5`, `1:01:05` or `65.5`")]
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
        let (hours, minutes) = (tenths / 36_000, tenths / 600 % 60);
        if hours > 0 {
            write!(f, "{hours}:")?;
        }
        write!(f, "{minutes:02}:{:02}.{}", tenths / 10 % 60, tenths % 10)
    }
}

impl FromStr for Clock {
    type Err = NoClock;

    /// Reads `H:MM:SS.s`, `MM:SS.s` or seconds, with any number of decimals.
    fn from_str(text: &str) -> Result<Self, NoClock> {
        let no_clock = || NoClock(text.to_owned());
        let digits = |part: &str| part.chars().all(|c| c.is_ascii_digit() || c == '.');
        let number = |part: &str| part.parse::<f64>().ok().filter(|_| digits(part));
        let parts: Option<Vec<f64>> = text.trim().split(':').map(number).collect();
        let parts = parts.filter(|parts| (1..=3).contains(&parts.len())).ok_or_else(no_clock)?;
        let sixty = parts[1..].iter().all(|part| *part < 60.0);
        let whole = parts[..parts.len() - 1].iter().all(|part| part.fract() == 0.0);
        if !sixty || !whole || parts[0] >= 1e6 {
            return Err(no_clock());
        }
        let seconds = parts.iter().fold(0.0, |sum, part| sum * 60.0 + part);
        Ok(Self((seconds * 1000.0).round() as u64))
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

    proptest! {
        #[test]
        fn what_is_shown_is_read_as_shown(ms in 0..1_000_000_000u64) {
            let shown = Clock(ms).to_string();
            let read: Clock = shown.parse().unwrap();
            prop_assert!(read.0.abs_diff(ms) <= 50, "{shown}");
            prop_assert_eq!(read.to_string(), shown);
        }
    }
}
