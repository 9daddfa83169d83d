//! Days, months and years as people name them.

use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, de};

/// A day, a month or a year: from its first to its last day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    /// Its first day.
    pub first: Date,
    /// Its last day.
    pub last: Date,
}

/// Text that names no days.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no date such as `2023`, `2023-06` or `2023-06-30`")]
pub struct NoDays(String);

impl FromStr for Days {
    type Err = NoDays;

    /// Reads `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
    fn from_str(text: &str) -> Result<Self, NoDays> {
        let none = || NoDays(text.to_owned());
        let mut numbers = text.trim().split('-').map(digits);
        let next = |numbers: &mut dyn Iterator<Item = Option<i16>>| match numbers.next() {
            None => Ok(None),
            Some(None) => Err(none()),
            Some(number) => Ok(number),
        };
        let (year, month) = (next(&mut numbers)?, next(&mut numbers)?);
        let (day, more) = (next(&mut numbers)?, numbers.next());
        let year = year.filter(|_| text.trim().find('-').unwrap_or(text.trim().len()) == 4);
        let year = year.filter(|_| more.is_none()).ok_or_else(none)?;
        let date = |month: i16, day: i16| {
            let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
            Date::new(year, month, day).ok()
        };
        let first = date(month.unwrap_or(1), day.unwrap_or(1)).ok_or_else(none)?;
        let last = match (month, day) {
            (_, Some(_)) => first,
            (Some(_), None) => first.last_of_month(),
            (None, None) => first.last_of_year(),
        };
        Ok(Self { first, last })
    }
}

/// A number of one to four digits.
fn digits(text: &str) -> Option<i16> {
    let plain = (1..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}

impl<'de> Deserialize<'de> for Days {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        String::deserialize(input)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_months_and_days_have_an_end() {
        for (text, first, last) in [
            ("2023", "2023-01-01", "2023-12-31"),
            ("2023-06", "2023-06-01", "2023-06-30"),
            ("2024-02", "2024-02-01", "2024-02-29"),
            ("2024-2-9", "2024-02-09", "2024-02-09"),
            ("2023-12-31", "2023-12-31", "2023-12-31"),
            (" 1999 ", "1999-01-01", "1999-12-31"),
        ] {
            let days: Days = text.parse().unwrap();
            assert_eq!(
                (days.first.to_string(), days.last.to_string()),
                (first.into(), last.into())
            );
        }
    }

    #[test]
    fn what_is_no_date_says_what_one_is() {
        for bad in [
            "",
            "May 2020",
            "23",
            "2023-13",
            "2023-02-30",
            "2023-",
            "2023-06-30-1",
            "-2023",
            "2023/06",
            "20230630",
            "+2023",
            "2023-06-30T12:00",
            "06-2023",
        ] {
            let error = bad.parse::<Days>().unwrap_err().to_string();
            assert!(error.contains("2023-06-30") && error.contains(bad), "{error}");
        }
        assert!(serde_json::from_str::<Days>("\"2023\"").is_ok());
        assert!(serde_json::from_str::<Days>("2023").is_err(), "a date is text");
    }
}
