//! Days out of words: `last summer`, `in June 2023`, `before 2020`, `2023-06-03`, `past two weeks`.
//!
//! Seasons are the meteorological ones of the north: summer is June to August, winter December to
//! February, named after the year that it begins in. A month or season without year is the latest that
//! has begun.

use jiff::{Span, ToSpan, civil::Date};
use kinora_types::MONTHS;

use super::tokens::Tokens;

/// Days from `first` to `last`, both among them; `None` for no end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Days {
    pub first: Option<Date>,
    pub last: Option<Date>,
}

type Range = (Date, Date);

/// Seasons with their first month.
const SEASONS: [(&str, i8); 5] =
    [("spring", 3), ("summer", 6), ("autumn", 9), ("fall", 9), ("winter", 12)];
const NUMBERS: [&str; 13] = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve",
];
/// Words that may stand before a date and belong to it.
const BEFORE: [&str; 10] =
    ["in", "on", "during", "from", "of", "the", "at", "taken", "over", "since"];

/// Takes the first date out of the words.
pub(super) fn take(tokens: &mut Tokens, today: Date) -> Option<Days> {
    for at in 0..tokens.len() {
        let Some((range, length)) = at_place(tokens, at, today) else {
            continue;
        };
        let before = at.checked_sub(1).and_then(|place| tokens.at(place)).unwrap_or_default();
        let days = bounded(tokens, at + length, before, range, today);
        let end = days.1;
        let mut start = at;
        let belongs = |place: usize| {
            tokens.at(place).is_some_and(|word| BEFORE.contains(&word) || limits(word))
        };
        while start > 0 && belongs(start - 1) {
            start -= 1;
        }
        tokens.take(start..end);
        return Some(days.0);
    }
    None
}

fn limits(word: &str) -> bool {
    ["before", "until", "after", "between", "since"].contains(&word)
}

/// What the word before and a second date make of a range; and where it ends in the words.
fn bounded(
    tokens: &Tokens,
    end: usize,
    before: &str,
    (first, last): Range,
    today: Date,
) -> (Days, usize) {
    let days = |first, last| Days { first, last };
    let one = |days| (days, end);
    match before {
        "before" => one(days(None, first.yesterday().ok())),
        "until" => one(days(None, Some(last))),
        "after" => one(days(last.tomorrow().ok(), None)),
        "since" => one(days(Some(first), None)),
        "between" | "from" if matches!(tokens.at(end), Some("and" | "to" | "until")) => {
            match at_place(tokens, end + 1, today) {
                Some(((_, last), length)) => (days(Some(first), Some(last)), end + 1 + length),
                None => one(days(Some(first), Some(last))),
            }
        }
        _ => one(days(Some(first), Some(last))),
    }
}

/// The range that begins at a word, and of how many words it is made.
fn at_place(tokens: &Tokens, at: usize, today: Date) -> Option<(Range, usize)> {
    let word = tokens.at(at)?;
    iso(word)
        .map(|range| (range, 1))
        .or_else(|| relative(tokens, at, today))
        .or_else(|| day_of_month(tokens, at))
        .or_else(|| month(tokens, at, today))
        .or_else(|| season(tokens, at, today))
        .or_else(|| year(word).and_then(|year| Some((whole_year(year)?, 1))))
}

fn iso(word: &str) -> Option<Range> {
    let day: Date = word.parse().ok()?;
    Some((day, day))
}

fn relative(tokens: &Tokens, at: usize, today: Date) -> Option<(Range, usize)> {
    let word = tokens.at(at)?;
    let day = |day: Date| ((day, day), 1);
    match word {
        "today" => return Some(day(today)),
        "yesterday" => return Some(day(today.yesterday().ok()?)),
        "last" | "past" | "this" | "previous" => {}
        _ => return None,
    }
    let next = tokens.at(at + 1)?;
    if let Some(range) = counted(tokens, at, word, today) {
        return Some(range);
    }
    let back = i8::from(word != "this");
    let range = match next {
        "year" => whole_year(today.year() - i16::from(back)),
        "month" => whole_month(today.first_of_month().checked_sub(i32::from(back).months()).ok()?),
        "week" => {
            let monday = monday(today)?.checked_sub((i32::from(back) * 7).days()).ok()?;
            Some((monday, monday.checked_add(6.days()).ok()?))
        }
        "weekend" => {
            let saturday = monday(today)?.checked_add(5.days()).ok()?;
            let days = if word == "this" { 0 } else { 7 };
            let saturday = saturday.checked_sub(days.days()).ok()?;
            Some((saturday, saturday.tomorrow().ok()?))
        }
        _ => named(next, today, word),
    };
    Some((range?, 2))
}

/// Days of `last three weeks` and the like.
fn counted(tokens: &Tokens, at: usize, word: &str, today: Date) -> Option<(Range, usize)> {
    let number = tokens.at(at + 1)?;
    let spelled = NUMBERS.iter().position(|name| *name == number);
    let number = spelled.or_else(|| number.parse().ok()).filter(|n| *n > 0 && *n < 1000)? as i64;
    let span: Span = match tokens.at(at + 2)? {
        "day" | "days" => number.days(),
        "week" | "weeks" => (number * 7).days(),
        "month" | "months" => number.months(),
        "year" | "years" => number.years(),
        _ => return None,
    };
    let first = today.checked_sub(span).ok()?;
    (word != "this").then_some(((first, today), 3))
}

/// Days of `last june`, `this summer`; with `last`, of the latest that is over.
fn named(name: &str, today: Date, which: &str) -> Option<Range> {
    let of_year = |year: i16| month_of(name, year).or_else(|| season_of(name, year));
    let years = [today.year(), today.year() - 1, today.year() - 2];
    let fits = |range: &Range| match which {
        "this" => range.0.year() == today.year(),
        _ => range.1 < today,
    };
    years.into_iter().filter_map(of_year).find(fits)
}

/// The day of `3 june 2023`, `june 3 2023` or `3rd of june 2023`.
fn day_of_month(tokens: &Tokens, at: usize) -> Option<(Range, usize)> {
    let number = |place: usize| -> Option<i8> {
        let word = tokens.at(place)?.trim_end_matches(['s', 't', 'n', 'd', 'r', 'h']);
        word.parse().ok().filter(|day| (1..=31).contains(day))
    };
    let of = usize::from(tokens.at(at + 1) == Some("of"));
    let (day, month, length) = match number(at) {
        Some(day) => (day, month_number(tokens.at(at + 1 + of)?)?, 3 + of),
        None => (number(at + 1)?, month_number(tokens.at(at)?)?, 3),
    };
    let year = year(tokens.at(at + length - 1)?)?;
    let day = Date::new(year, month, day).ok()?;
    Some(((day, day), length))
}

fn month(tokens: &Tokens, at: usize, today: Date) -> Option<(Range, usize)> {
    let name = tokens.at(at)?;
    month_number(name)?;
    if let Some(year) = tokens.at(at + 1).and_then(year) {
        return Some((month_of(name, year)?, 2));
    }
    // `may` is a verb more often than a month, and a march is walked.
    let before = at.checked_sub(1).and_then(|place| tokens.at(place)).unwrap_or_default();
    let meant = ["in", "during", "since", "before", "after", "until", "of"].contains(&before);
    meant.then(|| Some((latest(|year| month_of(name, year), today)?, 1))).flatten()
}

fn season(tokens: &Tokens, at: usize, today: Date) -> Option<(Range, usize)> {
    let name = tokens.at(at)?;
    SEASONS.iter().find(|(known, _)| *known == name)?;
    let of = usize::from(tokens.at(at + 1) == Some("of"));
    if let Some(year) = tokens.at(at + 1 + of).and_then(year) {
        return Some((season_of(name, year)?, 2 + of));
    }
    let before = at.checked_sub(1).and_then(|place| tokens.at(place)).unwrap_or_default();
    // `the fall of the tower` is none.
    let meant = of == 0 && ["in", "during", "the", "since", "before", "after"].contains(&before);
    meant.then(|| Some((latest(|year| season_of(name, year), today)?, 1))).flatten()
}

/// The latest period that has begun.
fn latest(of_year: impl Fn(i16) -> Option<Range>, today: Date) -> Option<Range> {
    [today.year(), today.year() - 1].into_iter().filter_map(of_year).find(|range| range.0 <= today)
}

fn month_number(word: &str) -> Option<i8> {
    let full = MONTHS.iter().position(|name| *name == word);
    let short = || MONTHS.iter().position(|name| word.len() == 3 && name.starts_with(word));
    full.or_else(short).map(|index| index as i8 + 1)
}

fn month_of(word: &str, year: i16) -> Option<Range> {
    whole_month(Date::new(year, month_number(word)?, 1).ok()?)
}

fn season_of(word: &str, year: i16) -> Option<Range> {
    let (_, month) = SEASONS.iter().find(|(name, _)| *name == word)?;
    let first = Date::new(year, *month, 1).ok()?;
    Some((first, first.checked_add(2.months()).ok()?.last_of_month()))
}

fn whole_month(day: Date) -> Option<Range> {
    Some((day.first_of_month(), day.last_of_month()))
}

fn whole_year(year: i16) -> Option<Range> {
    Some((Date::new(year, 1, 1).ok()?, Date::new(year, 12, 31).ok()?))
}

fn monday(day: Date) -> Option<Date> {
    day.checked_sub(i64::from(day.weekday().to_monday_zero_offset()).days()).ok()
}

/// Years in which there were cameras.
fn year(word: &str) -> Option<i16> {
    word.parse().ok().filter(|year| word.len() == 4 && (1826..=2199).contains(year))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn words_become_days() {
        let summer = "2026-06-01..2026-08-31";
        for (question, days, rest) in [
            ("What happened last summer?", summer, "happened"),
            ("this summer at the lake", summer, "lake"),
            ("boats in the summer", summer, "boats"),
            ("boats in summer of 2020", "2020-06-01..2020-08-31", "boats"),
            ("skiing last winter", "2025-12-01..2026-02-28", "skiing"),
            ("dogs in 2023", "2023-01-01..2023-12-31", "dogs"),
            ("dogs in June", "2026-06-01..2026-06-30", "dogs"),
            ("dogs in December", "2025-12-01..2025-12-31", "dogs"),
            ("dogs in Feb 2024", "2024-02-01..2024-02-29", "dogs"),
            ("on 3 June 2023 in the garden", "2023-06-03..2023-06-03", "garden"),
            ("June 3rd, 2023", "2023-06-03..2023-06-03", ""),
            ("the 3rd of June 2023", "2023-06-03..2023-06-03", ""),
            ("2023-06-03", "2023-06-03..2023-06-03", ""),
            ("before 2020", "..2019-12-31", ""),
            ("cats after June 2023", "2023-07-01..", "cats"),
            ("since 2024", "2024-01-01..", ""),
            ("between 2019 and 2021", "2019-01-01..2021-12-31", ""),
            ("from June 2020 to March 2021", "2020-06-01..2021-03-31", ""),
            ("yesterday", "2026-11-20..2026-11-20", ""),
            ("last week", "2026-11-09..2026-11-15", ""),
            ("last weekend", "2026-11-14..2026-11-15", ""),
            ("last month", "2026-10-01..2026-10-31", ""),
            ("past two weeks", "2026-11-07..2026-11-21", ""),
            ("the last 3 years", "2023-11-21..2026-11-21", ""),
            ("last June", "2026-06-01..2026-06-30", ""),
        ] {
            let mut tokens = Tokens::of(question);
            let found =
                take(&mut tokens, date(2026, 11, 21)).unwrap_or_else(|| panic!("{question}"));
            let shown = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
            assert_eq!(
                format!("{}..{}", shown(found.first), shown(found.last)),
                days,
                "{question}"
            );
            assert_eq!(tokens.rest(), rest, "{question}");
        }
    }

    #[test]
    fn words_that_only_look_like_days_stay() {
        for question in ["may I see the march", "room 1408b", "the fall of the tower", "summer hat"]
        {
            let mut tokens = Tokens::of(question);
            assert_eq!(take(&mut tokens, date(2026, 11, 21)), None, "{question}");
        }
    }
}
