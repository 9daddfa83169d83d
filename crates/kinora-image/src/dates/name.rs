//! Dates in the names that cameras, phones and messengers give to files.

use jiff::civil::{Date, DateTime, Time};

use super::written::{day, time};

/// Names that begin a dated name, in lower case. Eight digits behind one of them are a date also without a
/// time of day; without one they may be anything.
const MAKERS: [&str; 22] = [
    "img",
    "vid",
    "pxl",
    "mvimg",
    "screenshot",
    "screenrecord",
    "screenrecorder",
    "screenrecording",
    "recording",
    "signal",
    "wa",
    "win",
    "dji",
    "pano",
    "burst",
    "photo",
    "video",
    "image",
    "aud",
    "ptt",
    "scan",
    "dsc",
];

/// A date that a file's name has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameDate {
    /// The date; midnight if the name has no time of day.
    pub at: DateTime,
    /// Whether the name has a time of day.
    pub has_time: bool,
    /// Whether the clock is in UTC, as in the names of Pixel phones.
    pub utc: bool,
}

/// The date in a file's name, without its folders: `IMG_20190721_230638.jpg`, `IMG-20210405-WA0007.jpg`,
/// `2013-07-09 12.34.56.jpg`, `Screenshot 2021-01-02 at 3.04.05 PM.png`, `20190721230638.mp4`.
///
/// Arbitrary digits are no date: eight in a row count only behind a maker's word or with a time of day
/// behind them, and the day must exist, from 1826 (the first photograph) to 2099.
pub fn date_in_name(name: &str) -> Option<NameDate> {
    let pieces = pieces(name.rsplit(['/', '\\']).next()?);
    let found = |at| date_at(&pieces, at);
    let mut all = (0..pieces.len()).filter_map(found);
    let first = all.next()?;
    // A day and a time are surer than a day.
    Some(if first.has_time { first } else { all.find(|other| other.has_time).unwrap_or(first) })
}

/// A run of digits, of letters, or of anything else.
#[derive(Clone, Copy, PartialEq)]
enum Piece<'a> {
    Digits(&'a str),
    Letters(&'a str),
    Between(&'a str),
}

/// Most parts of a name that may have a date; file systems allow 255 bytes.
const MOST_PIECES: usize = 256;

fn pieces(name: &str) -> Vec<Piece<'_>> {
    let kind = |c: char| (c.is_ascii_digit(), c.is_alphabetic());
    let mut pieces = Vec::new();
    let mut rest = name;
    while let Some(first) = rest.chars().next().filter(|_| pieces.len() < MOST_PIECES) {
        let end = rest.find(|c| kind(c) != kind(first)).unwrap_or(rest.len());
        let (piece, tail) = rest.split_at(end);
        pieces.push(match kind(first) {
            (true, _) => Piece::Digits(piece),
            (_, true) => Piece::Letters(piece),
            _ => Piece::Between(piece),
        });
        rest = tail;
    }
    pieces
}

fn date_at(pieces: &[Piece], at: usize) -> Option<NameDate> {
    let Piece::Digits(run) = pieces[at] else {
        return None;
    };
    let maker = maker(&pieces[..at]);
    // Letters that touch the digits make one word with them, unless a maker writes so.
    let touched = at > 0 && matches!(pieces[at - 1], Piece::Letters(_));
    if touched && maker.is_none() {
        return None;
    }
    let utc = maker.as_deref() == Some("pxl");
    let made = |date: Date, time: Option<Time>| NameDate {
        at: date.to_datetime(time.unwrap_or(Time::midnight())),
        has_time: time.is_some(),
        utc,
    };
    match run.len() {
        8 => {
            let date = compact_day(run)?;
            let time = time_after(&pieces[at + 1..]);
            let apart = !matches!(pieces.get(at + 1), Some(Piece::Letters(_)));
            (time.is_some() || maker.is_some() && apart).then(|| made(date, time))
        }
        // With thousandths of the second.
        14 | 17 => Some(made(compact_day(&run[..8])?, Some(compact_time(&run[8..14])?))),
        4 => {
            let (date, after) = spaced_day(pieces, at)?;
            Some(made(date, time_after(&pieces[after..])))
        }
        2 => {
            let (date, after) = telegram_day(pieces, at)?;
            Some(made(date, time_after(&pieces[after..])))
        }
        _ => None,
    }
}

/// The maker's word in front of the digits, with nothing but signs between them.
fn maker(before: &[Piece]) -> Option<String> {
    let word = match before {
        [.., Piece::Letters(word)] | [.., Piece::Letters(word), Piece::Between(_)] => *word,
        _ => return None,
    };
    let word = word.to_lowercase();
    MAKERS.contains(&word.as_str()).then_some(word)
}

fn valid(date: Option<Date>) -> Option<Date> {
    date.filter(|date| (1826..=2099).contains(&date.year()))
}

fn compact_day(run: &str) -> Option<Date> {
    valid(day(run[..4].parse().ok()?, run[4..6].parse().ok()?, run[6..8].parse().ok()?))
}

fn compact_time(run: &str) -> Option<Time> {
    moment(&run[..2], &run[2..4], &run[4..6], None)
}

/// A time of day that a clock of 24 or of 12 hours shows.
fn moment(hour: &str, minute: &str, second: &str, noon: Option<bool>) -> Option<Time> {
    let (hour, minute, second) =
        (hour.parse().ok()?, minute.parse().ok()?, second.parse::<i8>().ok()?);
    (hour < 24 && second < 60).then(|| time(hour, minute, second, noon))?
}

/// `2013-07-09` and what follows it; the same sign twice.
fn spaced_day(pieces: &[Piece], at: usize) -> Option<(Date, usize)> {
    let [
        Piece::Digits(year),
        Piece::Between(one),
        Piece::Digits(month),
        Piece::Between(two),
        Piece::Digits(number),
        ..,
    ] = pieces.get(at..)?
    else {
        return None;
    };
    let fits = one == two && ["-", "_", "."].contains(one) && month.len() == 2 && number.len() == 2;
    let date = valid(day(year.parse().ok()?, month.parse().ok()?, number.parse().ok()?))?;
    fits.then_some((date, at + 5))
}

/// Telegram's `photo_5@09-07-2013_12-34-56`: the day first.
fn telegram_day(pieces: &[Piece], at: usize) -> Option<(Date, usize)> {
    let marked = at > 0 && matches!(pieces[at - 1], Piece::Between("@"));
    let [
        Piece::Digits(number),
        Piece::Between("-"),
        Piece::Digits(month),
        Piece::Between("-"),
        Piece::Digits(year),
        ..,
    ] = pieces.get(at..)?
    else {
        return None;
    };
    let date = valid(day(year.parse().ok()?, month.parse().ok()?, number.parse().ok()?))?;
    (marked && year.len() == 4 && month.len() == 2).then_some((date, at + 5))
}

/// `_230638`, `-23-06-38`, ` 23.06.38`, ` at 3.04.05 PM`, `T23:06:38`.
fn time_after(pieces: &[Piece]) -> Option<Time> {
    let (Piece::Between(_) | Piece::Letters("T" | "t")) = *pieces.first()? else {
        return None;
    };
    let mut rest = &pieces[1..];
    // `at`, in the languages that name a screenshot so.
    if let [Piece::Letters("at" | "um" | "à" | "a" | "alle" | "kl"), Piece::Between(_), tail @ ..] =
        rest
    {
        rest = tail;
    }
    match rest {
        [Piece::Digits(run), ..] if matches!(run.len(), 6 | 9) => compact_time(&run[..6]),
        [
            Piece::Digits(hour),
            Piece::Between(one),
            Piece::Digits(minute),
            Piece::Between(two),
            Piece::Digits(second),
            tail @ ..,
        ] if one == two && minute.len() == 2 && second.len() == 2 && hour.len() <= 2 => {
            moment(hour, minute, second, noon(tail))
        }
        _ => None,
    }
}

fn noon(tail: &[Piece]) -> Option<bool> {
    let [Piece::Between(_), Piece::Letters(word), ..] = tail else {
        return None;
    };
    match word.to_ascii_uppercase().as_str() {
        "AM" => Some(false),
        "PM" => Some(true),
        _ => None,
    }
}
