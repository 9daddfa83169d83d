//! Dates of digits: the year first, or last where that leaves no doubt.

use jiff::civil::{Date, Time};

use super::written::{Precision, Written, Zone, day, time};

/// Rest of a text that is still to be read.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'a>(pub &'a str);

impl<'a> Cursor<'a> {
    /// The run of digits that comes next, if it has as many as wanted.
    fn digits(&mut self, count: std::ops::RangeInclusive<usize>) -> Option<&'a str> {
        let end = self.0.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(self.0.len());
        let (run, rest) = self.0.split_at(end);
        count.contains(&end).then(|| {
            self.0 = rest;
            run
        })
    }

    fn number(&mut self, count: std::ops::RangeInclusive<usize>) -> Option<i8> {
        self.digits(count)?.parse().ok()
    }

    /// One of the separators, with blanks around it.
    fn separator(&mut self, any: &[char]) -> Option<char> {
        let rest = self.0.trim_start();
        let found = rest.chars().next().filter(|c| any.contains(c))?;
        self.0 = rest[found.len_utf8()..].trim_start();
        Some(found)
    }

    fn blanks(&mut self) {
        self.0 = self.0.trim_start();
    }
}

pub(super) fn parse(text: &str) -> Option<Written> {
    let mut rest = Cursor(text);
    let date =
        compact(&mut rest).or_else(|| year_first(&mut rest)).or_else(|| year_last(&mut rest))?;
    let (time, zone) = time_behind(rest).unzip();
    Some(Written::new(date, time, zone.flatten()))
}

/// `20240501`, alone, with `T123307` or with `123307` right behind it.
fn compact(rest: &mut Cursor) -> Option<(Date, Precision)> {
    let mut trial = *rest;
    let run = trial.digits(8..=8).or_else(|| trial.digits(12..=14))?;
    let date = day(run[..4].parse().ok()?, run[4..6].parse().ok()?, run[6..8].parse().ok()?)?;
    // The time of day stays to be read.
    rest.0 = &rest.0[8..];
    Some((date, Precision::Day))
}

/// `2024:05:01`, `2024-05-01`, `2024/ 5/ 1`, `2024.5.1`, also cut after the year or the month. A month or day
/// that is zero or blank is not known.
fn year_first(rest: &mut Cursor) -> Option<(Date, Precision)> {
    let mut trial = *rest;
    let year: i16 = trial.digits(4..=4)?.parse().ok()?;
    let month = part(&mut trial).unwrap_or(0);
    let number = part(&mut trial).unwrap_or(0);
    let date = match (month, number) {
        (0, _) => (day(year, 1, 1)?, Precision::Year),
        (_, 0) => (day(year, month, 1)?, Precision::Month),
        _ => (day(year, month, number)?, Precision::Day),
    };
    *rest = trial;
    // A word that merely begins with four digits is no year.
    let joins = |c: char| !c.is_alphanumeric() || matches!(c, 'T' | 't' | 'Z' | 'z' | '日');
    rest.0.chars().next().is_none_or(joins).then_some(date)
}

/// The month or the day behind a separator.
fn part(rest: &mut Cursor) -> Option<i8> {
    let mut trial = *rest;
    trial.separator(&[':', '-', '/', '.', '年', '月'])?;
    let number = trial.number(1..=2)?;
    *rest = trial;
    Some(number)
}

/// `01.05.2024` as the day comes first with points; with slashes only where one number is no month.
fn year_last(rest: &mut Cursor) -> Option<(Date, Precision)> {
    let mut trial = *rest;
    let first = trial.number(1..=2)?;
    let separator = trial.separator(&['.', '/', '-'])?;
    let second = trial.number(1..=2)?;
    trial.separator(&[separator])?;
    let year = trial.digits(4..=4)?.parse().ok()?;
    let date = match (first, second) {
        (1..=12, 13..) => day(year, first, second),
        (13.., 1..=12) => day(year, second, first),
        (a, b) if a == b || separator == '.' => day(year, b, a),
        _ => None,
    }?;
    *rest = trial;
    Some((date, Precision::Day))
}

/// The time of day behind a date and what separates the two.
fn time_behind(mut rest: Cursor) -> Option<(Time, Option<Zone>)> {
    if let Some(tail) = rest.0.strip_prefix(['T', 't', '_', ',', ':', '-', '.', '日']) {
        rest.0 = tail;
    }
    clock(rest)
}

/// `12:33:07.25 PM +02:00`, also `1:42PM`, `12.33`, `123307`, `下午 1:42`.
pub(super) fn clock(mut rest: Cursor) -> Option<(Time, Option<Zone>)> {
    rest.blanks();
    let before = half(&mut rest);
    rest.blanks();
    let (hour, minute, second) = hands(&mut rest)?;
    if rest.0.starts_with(['.', ',']) {
        rest.0 = rest.0[1..].trim_start_matches(|c: char| c.is_ascii_digit());
    }
    rest.blanks();
    let noon = before.or_else(|| half(&mut rest));
    let time = time(hour, minute, second, noon)?;
    Some((time, zone(rest.0.trim())))
}

fn hands(rest: &mut Cursor) -> Option<(i8, i8, i8)> {
    if let Some(run) = rest.digits(6..=6).or_else(|| rest.digits(4..=4)) {
        let part = |at: usize| run.get(at..at + 2).map_or(Some(0), |two| two.parse().ok());
        return Some((part(0)?, part(2)?, part(4)?));
    }
    let hour = rest.number(1..=2)?;
    let between = rest.separator(&[':', '.', '-', 'h'])?;
    let minute = rest.number(1..=2)?;
    // Another sign than the first begins something else, as the offset in `12:33-07:00`.
    let next = if between == 'h' { 'm' } else { between };
    let mut trial = *rest;
    let second = trial.separator(&[next]).and_then(|_| trial.number(1..=2));
    if second.is_some() {
        *rest = trial;
    }
    Some((hour, minute, second.unwrap_or(0)))
}

/// Whether the half of the day after noon is meant; phones in East Asia write it in words, in front.
fn half(rest: &mut Cursor) -> Option<bool> {
    const HALVES: [(&str, bool); 12] = [
        ("am", false),
        ("pm", true),
        ("a.m.", false),
        ("p.m.", true),
        ("a. m.", false),
        ("p. m.", true),
        ("上午", false),
        ("下午", true),
        ("午前", false),
        ("午後", true),
        ("오전", false),
        ("오후", true),
    ];
    HALVES.iter().find_map(|(word, noon)| {
        let head = rest.0.get(..word.len())?;
        head.eq_ignore_ascii_case(word).then(|| {
            rest.0 = &rest.0[word.len()..];
            *noon
        })
    })
}

/// `Z`, `UTC`, `GMT`, `+02:00`, `+0200`, `+02`, `UTC+2`; nothing else.
pub(super) fn zone(text: &str) -> Option<Zone> {
    let names = ["utc", "gmt", "z"];
    let name = names
        .iter()
        .find(|name| text.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name)));
    let mut rest = Cursor(name.map_or(text, |name| text[name.len()..].trim_start()));
    let sign = match rest.0.chars().next() {
        Some('+') => 1,
        Some('-') => -1,
        _ => return name.map(|_| Zone::Utc),
    };
    rest.0 = &rest.0[1..];
    let (hours, minutes) = match rest.digits(4..=4) {
        Some(run) => (run[..2].parse().ok()?, run[2..].parse().ok()?),
        None => {
            let hours: i32 = rest.digits(1..=2)?.parse().ok()?;
            let minutes = rest.0.strip_prefix(':').map_or(Some("0"), |two| two.get(..2));
            (hours, minutes?.parse::<i32>().ok()?)
        }
    };
    // The widest in use are -12:00 and +14:00.
    (hours <= 14 && minutes < 60).then_some(Zone::Offset(sign * (hours * 3600 + minutes * 60)))
}
