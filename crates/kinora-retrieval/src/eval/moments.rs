//! How well the stretches of time that a search tells fit those that a person saw.
//!
//! As in video corpus moment retrieval (Lei et al. 2020, TVR): a told stretch is right if it is of the judged
//! file and its temporal intersection over union with a judged one is at least [`ENOUGH`]. Stretches
//! are counted in the order in which a person reads them: hit by hit, the best of each first. A hit
//! without stretches takes a place too.

use kinora_types::{Hit, TimeRange};
use serde::{Deserialize, Serialize};

use super::names;

/// Intersection over union from which on two stretches are the same.
const ENOUGH: f64 = 0.5;
/// Hits whose stretches are looked at for the best overlap.
const HITS: usize = 10;

/// A stretch of a video or recording that answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JudgedMoment {
    /// File name; one of the judgement's right answers.
    pub file: String,
    /// Seconds from the start of the presentation.
    pub start: f64,
    /// Seconds; later than `start`.
    pub end: f64,
}

impl JudgedMoment {
    /// In milliseconds; `None` if it is no stretch of time.
    pub(super) fn range(&self) -> Option<TimeRange> {
        let ms = |seconds: f64| (seconds * 1000.0).round() as u64;
        let is_time = self.start >= 0.0 && self.end.is_finite() && self.end > self.start;
        TimeRange::new(ms(self.start), ms(self.end))
            .ok()
            .filter(|range| is_time && !range.is_empty())
    }
}

/// How well the stretches told for one question meet those judged.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MomentFit {
    /// 1-based place of the first stretch that is right.
    pub rank: Option<usize>,
    /// Best intersection over union among the stretches of the first ten hits, 0 to 1.
    pub best_iou: f64,
}

/// How well told stretches meet judged ones: means over the questions with judged moments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MomentReport {
    /// Questions with judged moments.
    pub judged: usize,
    /// Share of them whose first stretch is right.
    pub recall_at_1_iou_50: f64,
    /// Share of them with a right stretch among the first three.
    pub recall_at_3_iou_50: f64,
    /// Mean of [`MomentFit::best_iou`].
    pub mean_best_iou: f64,
}

impl MomentReport {
    pub(super) fn of<'f>(fits: impl Iterator<Item = &'f MomentFit>) -> Option<Self> {
        let mut report = Self::default();
        for fit in fits {
            let within = |rank: usize| f64::from(u8::from(fit.rank.is_some_and(|r| r <= rank)));
            report.judged += 1;
            report.recall_at_1_iou_50 += within(1);
            report.recall_at_3_iou_50 += within(3);
            report.mean_best_iou += fit.best_iou;
        }
        let count = report.judged as f64;
        report.recall_at_1_iou_50 /= count;
        report.recall_at_3_iou_50 /= count;
        report.mean_best_iou /= count;
        (report.judged > 0).then_some(report)
    }
}

/// `None` for a question without judged moments.
pub(super) fn fit(hits: &[Hit], judged: &[JudgedMoment]) -> Option<MomentFit> {
    if judged.is_empty() {
        return None;
    }
    let mut fit = MomentFit { rank: None, best_iou: 0.0 };
    let mut place = 0;
    for hit in hits.iter().take(HITS) {
        let own = names(&hit.asset.paths);
        let own = judged.iter().filter(|moment| own.contains(&moment.file.as_str()));
        let right: Vec<TimeRange> = own.filter_map(JudgedMoment::range).collect();
        for told in &hit.moments {
            place += 1;
            let overlaps = right.iter().map(|range| intersection_over_union(*range, told.range));
            let overlap = overlaps.fold(0.0, f64::max);
            fit.best_iou = fit.best_iou.max(overlap);
            if overlap >= ENOUGH && fit.rank.is_none() {
                fit.rank = Some(place);
            }
        }
        place += usize::from(hit.moments.is_empty());
    }
    Some(fit)
}

/// 1 for the same stretch, 0 for stretches that do not meet.
fn intersection_over_union(a: TimeRange, b: TimeRange) -> f64 {
    let seconds = |range: TimeRange| range.length().as_secs_f64();
    let common = a.overlap(b).map_or(0.0, seconds);
    let either = seconds(a) + seconds(b) - common;
    if either > 0.0 { common / either } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlaps() {
        let range = |a, b| TimeRange::new(a, b).unwrap();
        for (a, b, expected) in [
            (range(0, 1000), range(0, 1000), 1.0),
            (range(0, 1000), range(500, 1500), 1.0 / 3.0),
            (range(0, 1000), range(250, 750), 0.5),
            (range(0, 1000), range(1000, 2000), 0.0),
            (range(5, 5), range(5, 5), 0.0),
        ] {
            assert!((intersection_over_union(a, b) - expected).abs() < 1e-9, "{a} {b}");
        }
    }

    #[test]
    fn what_is_no_stretch_of_time() {
        let moment = |start, end| JudgedMoment { file: "a".into(), start, end }.range();
        assert_eq!(moment(0.5, 1.25), TimeRange::new(500, 1250).ok());
        for (start, end) in
            [(1.0, 1.0), (2.0, 1.0), (-1.0, 1.0), (0.0, f64::INFINITY), (f64::NAN, 1.0)]
        {
            assert_eq!(moment(start, end), None, "{start} {end}");
        }
    }
}
