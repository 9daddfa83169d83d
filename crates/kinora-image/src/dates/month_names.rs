//! Dates that name their month: RFC 2822 and 1123, RFC 850, `ctime`, `date`.

use jiff::civil::Date;
use kinora_types::MONTHS;

use super::{
    numbers::{self, Cursor},
    written::{Precision, Written, Zone, day},
};

/// Words, numbers and the clock of a text.
#[derive(Default)]
struct Parts<'a> {
    month: Option<i8>,
    numbers: Vec<&'a str>,
    /// From the time of day on.
    clock: Option<&'a str>,
}

pub(super) fn parse(text: &str) -> Option<Written> {
    let parts = parts(text);
    let date = date(parts.month?, &parts.numbers)?;
    let (time, zone) = parts.clock.and_then(|at| numbers::clock(Cursor(at))).unzip();
    let late = parts.clock.and_then(zone_in);
    Some(Written::new((date, Precision::Day), time, zone.flatten().or(late)))
}

fn parts(text: &str) -> Parts<'_> {
    let mut parts = Parts::default();
    let between = |c: char| c.is_whitespace() || c == ',';
    let whole = text;
    for word in text.split(between).flat_map(dashed) {
        let at = word.as_ptr() as usize - whole.as_ptr() as usize;
        if word.contains(':') {
            parts.clock = parts.clock.or(whole.get(at..));
        } else if let Some(number) = number(word) {
            // Behind the clock stands its zone as well.
            parts.numbers.push(number);
        } else if parts.month.is_none() {
            parts.month = month(word);
        }
    }
    parts
}

/// RFC 850 joins day, month and year by dashes; offsets keep theirs.
fn dashed(word: &str) -> impl Iterator<Item = &str> {
    let apart = !word.contains(':') && !word.starts_with(['-', '+']);
    word.split(move |c| apart && c == '-').filter(|part| !part.is_empty())
}

/// `5`, `5th`, `5.`, `2024`.
fn number(word: &str) -> Option<&str> {
    let end = word.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(word.len());
    let (run, rest) = word.split_at(end);
    let ordinal = ["", ".", "st", "nd", "rd", "th"].contains(&rest.to_ascii_lowercase().as_str());
    (matches!(end, 1 | 2 | 4) && ordinal).then_some(run)
}

fn month(word: &str) -> Option<i8> {
    let word = word.trim_end_matches('.').to_ascii_lowercase();
    let at = MONTHS.iter().position(|name| word.len() >= 3 && name.starts_with(&word))?;
    i8::try_from(at + 1).ok()
}

/// Day and year: the year has four digits, or is the second of two numbers (RFC 2822, 4.3).
fn date(month: i8, numbers: &[&str]) -> Option<Date> {
    let year = numbers.iter().position(|n| n.len() == 4);
    match (year, numbers) {
        (Some(at), _) => {
            let other = numbers.iter().enumerate().find(|(i, n)| *i != at && n.len() < 4)?.1;
            day(numbers[at].parse().ok()?, month, other.parse().ok()?)
        }
        (None, [number, year, ..]) => {
            let short: i16 = year.parse().ok()?;
            let century = if short < 50 { 2000 } else { 1900 };
            day(century + short, month, number.parse().ok()?)
        }
        _ => None,
    }
}

/// A zone behind the clock, where a year may stand between them: `10:50:22 UTC 2006`, `10:50:22 2006 +0200`.
fn zone_in(clock: &str) -> Option<Zone> {
    clock.split_whitespace().skip(1).find_map(numbers::zone)
}
