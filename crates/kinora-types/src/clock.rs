//! A moment as a person writes it after reading it from the screen.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Milliseconds that the tenth of a second has, which is what is shown of a moment.
const SHOWN_MS: u64 = 100;

/// Hours, minutes or seconds beyond this are no moment of a recording.
const MOST: u64 = 1_000_000;

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

/// What is no moment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is no moment such as `01:05` or `01:05.3`", .0.escape_debug())]
pub struct NoMoment(pub String);

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
    type Err = NoMoment;

    fn from_str(text: &str) -> Result<Self, NoMoment> {
        parse(text.trim()).ok_or_else(|| NoMoment(text.to_owned()))
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
    // 00:75 is read as it is meant; 1:2:3:4 means nothing.
    if parts.len() > 3 {
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

/// `01:05.3`, `01:05` or `61:05`, as exactly as it was written.
impl fmt::Display for WrittenTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.ms / 1000;
        write!(f, "{:02}:{:02}", seconds / 60, seconds % 60)?;
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
    type Error = NoMoment;

    fn try_from(text: String) -> Result<Self, NoMoment> {
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
            ("00:75", 75_000, true),
        ] {
            let time: WrittenTime = text.parse().unwrap();
            assert_eq!(time.names(ms), named, "{text} {ms}");
        }
    }

    #[test]
    fn what_is_no_moment_is_said() {
        for text in ["", ":", "1:2:3:4", "-1", "1e3", "inf", "1.", ".5", "00:02,5", "9999999", "x"]
        {
            assert_eq!(text.parse::<WrittenTime>(), Err(NoMoment(text.into())), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_names_its_moment(ms in 0u64..100_000_000) {
            let tenths = (ms + 50) / 100;
            let shown = format!("{:02}:{:02}.{}", tenths / 600, tenths / 10 % 60, tenths % 10);
            let time: WrittenTime = shown.parse().unwrap();
            prop_assert!(time.names(ms));
            prop_assert_eq!(time.to_string(), shown.clone());
            let seconds: WrittenTime = shown.split('.').next().unwrap().parse().unwrap();
            prop_assert!(seconds.names(ms));
        }
    }
}
