//! Stretches of time inside a video or a recording, and the names of months.

use std::{fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};

use crate::Clock;

/// English names of the months in lower case, January first.
pub const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// From `start` up to but not including `end`, in whole milliseconds from the start of the
/// presentation. Never ends before it starts; may be empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Bounds", into = "Bounds")]
pub struct TimeRange {
    start: u64,
    end: u64,
}

/// A range that would end before it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a time range cannot end before it starts: `{start}` to `{end}` ms")]
pub struct BackwardRange {
    /// Wanted start in milliseconds.
    pub start: u64,
    /// Wanted end in milliseconds.
    pub end: u64,
}

/// Text that names no stretch of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no stretch of time such as `01:05-01:12.5`")]
pub struct NoTimeRange(String);

/// The stored form.
#[derive(Serialize, Deserialize)]
struct Bounds {
    start_ms: u64,
    end_ms: u64,
}

impl TimeRange {
    /// From `start` to `end`, both in milliseconds.
    ///
    /// # Errors
    /// [`BackwardRange`] if it ends before it starts.
    pub fn new(start: u64, end: u64) -> Result<Self, BackwardRange> {
        if end < start { Err(BackwardRange { start, end }) } else { Ok(Self { start, end }) }
    }

    /// The empty range at a moment, in milliseconds.
    pub fn point(moment: u64) -> Self {
        Self { start: moment, end: moment }
    }

    /// Between two moments in either order, each rounded to the nearest millisecond.
    pub fn between(one: Duration, other: Duration) -> Self {
        let [one, other] = [one, other].map(milliseconds);
        Self { start: one.min(other), end: one.max(other) }
    }

    /// Milliseconds from the start of the presentation.
    pub fn start_ms(self) -> u64 {
        self.start
    }

    /// Milliseconds from the start of the presentation; the first moment after the range.
    pub fn end_ms(self) -> u64 {
        self.end
    }

    /// The start as a duration.
    pub fn start(self) -> Duration {
        Duration::from_millis(self.start)
    }

    /// The end as a duration.
    pub fn end(self) -> Duration {
        Duration::from_millis(self.end)
    }

    /// How long it is.
    pub fn length(self) -> Duration {
        Duration::from_millis(self.end - self.start)
    }

    /// Whether it has no length.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Whether the moment, in milliseconds, lies inside.
    pub fn contains(self, moment: u64) -> bool {
        (self.start..self.end).contains(&moment)
    }

    /// What both have in common; `None` if that is nothing.
    pub fn overlap(self, other: Self) -> Option<Self> {
        let (start, end) = (self.start.max(other.start), self.end.min(other.end));
        (start < end).then_some(Self { start, end })
    }

    /// The shortest range that holds both.
    pub fn hull(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// Length of the overlap over length of the union, 0 to 1 (temporal intersection over union).
    pub fn iou(self, other: Self) -> f64 {
        let shared = self.overlap(other).map_or(0, |o| o.end - o.start);
        let union = (self.end - self.start) + (other.end - other.start) - shared;
        if union == 0 { 0.0 } else { shared as f64 / union as f64 }
    }
}

fn milliseconds(moment: Duration) -> u64 {
    u64::try_from((moment.as_micros() + 500) / 1000).unwrap_or(u64::MAX)
}

impl TryFrom<Bounds> for TimeRange {
    type Error = BackwardRange;

    fn try_from(bounds: Bounds) -> Result<Self, BackwardRange> {
        Self::new(bounds.start_ms, bounds.end_ms)
    }
}

impl From<TimeRange> for Bounds {
    fn from(range: TimeRange) -> Self {
        Self { start_ms: range.start, end_ms: range.end }
    }
}

/// `00:41.2-00:47.0`, with hours if there are any; see [`Clock`].
impl fmt::Display for TimeRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", Clock(self.start), Clock(self.end))
    }
}

/// `1:02:03.5-1:02:08`: two moments as [`Clock`] reads them.
impl FromStr for TimeRange {
    type Err = NoTimeRange;

    fn from_str(text: &str) -> Result<Self, NoTimeRange> {
        let none = || NoTimeRange(text.to_owned());
        let (start, end) = text.split_once('-').ok_or_else(none)?;
        let moment = |text: &str| text.parse::<Clock>().map_err(|_| none());
        Self::new(moment(start)?.0, moment(end)?.0).map_err(|_| none())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_backward_range_is_refused_also_when_read() {
        assert!(TimeRange::new(2, 1).is_err());
        assert!(serde_json::from_str::<TimeRange>(r#"{"start_ms":2,"end_ms":1}"#).is_err());
    }

    #[test]
    fn people_can_read_it() {
        for (range, text) in
            [((41_240, 47_000), "00:41.2-00:47.0"), ((3_599_900, 3_600_000), "59:59.9-1:00:00.0")]
        {
            assert_eq!(TimeRange::new(range.0, range.1).unwrap().to_string(), text);
        }
        for text in ["8-5", "example.org", "1-2-3", "-1-2", "nan-inf", "5"] {
            assert!(text.parse::<TimeRange>().is_err(), "{text}");
        }
    }

    #[test]
    fn moments_are_rounded_to_the_nearest_millisecond() {
        let range = TimeRange::between(Duration::from_micros(1_501), Duration::from_micros(499));
        assert_eq!((range.start_ms(), range.end_ms()), (0, 2));
    }

    fn ranges() -> impl Strategy<Value = TimeRange> {
        (0..50u64, 0..50u64).prop_map(|(start, length)| TimeRange { start, end: start + length })
    }

    proptest! {
        #[test]
        fn overlap_hull_and_iou_agree_with_counting(a in ranges(), b in ranges()) {
            let both = (0..120).filter(|&t| a.contains(t) && b.contains(t)).count();
            let either = (0..120).filter(|&t| a.contains(t) || b.contains(t)).count();
            prop_assert_eq!(a.overlap(b).map_or(0, |o| o.length().as_millis() as usize), both);
            let iou = if either == 0 { 0.0 } else { both as f64 / either as f64 };
            prop_assert_eq!(a.iou(b), iou);
            let hull = a.hull(b);
            prop_assert!((0..120).all(|t| hull.contains(t) || !(a.contains(t) || b.contains(t))));
        }

        #[test]
        fn what_is_written_is_read(start in 0..u64::MAX / 2, length in 0..u64::MAX / 2) {
            let range = TimeRange::new(start, start + length).unwrap();
            let text = serde_json::to_string(&range).unwrap();
            prop_assert_eq!(serde_json::from_str::<TimeRange>(&text).unwrap(), range);
        }

        #[test]
        fn what_is_shown_is_read(start in 0..10_000_000u64, length in 0..10_000_000u64) {
            let range = TimeRange::new(start, start + length).unwrap();
            let read: TimeRange = range.to_string().parse().unwrap();
            prop_assert!(read.start_ms().abs_diff(start) <= 50);
            prop_assert!(read.end_ms().abs_diff(start + length) <= 50);
        }
    }
}
