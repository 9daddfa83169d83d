//! IPTC IIM 4.2, record 2: what press agencies and older programs write.

use kinora_types::Rights;

use super::{Found, Metadata, clean, keywords::Keywords, rights};
use crate::dates::{Dated, Dates, dated};

/// Most datasets that are read; press photos have some dozens.
const MOST_SETS: usize = 100_000;

pub(super) fn read(bytes: &[u8]) -> Found {
    let sets: Vec<(u8, u8, &[u8])> = datasets(bytes).take(MOST_SETS).collect();
    let utf8 =
        sets.iter().any(|(record, set, data)| (*record, *set) == (1, 90) && *data == b"\x1b%G");
    let all = |number: u8| {
        sets.iter()
            .filter(move |(record, set, _)| (*record, *set) == (2, number))
            .filter_map(move |(_, _, data)| clean(&text(data, utf8)))
    };
    let one = |number| all(number).next();
    // A day, and apart from it a time of day.
    let date = |day: u8, time: u8| -> Option<Dated> {
        let day = one(day)?;
        let whole = one(time).and_then(|time| dated(&format!("{day}T{time}")));
        whole.or_else(|| dated(&day))
    };
    let metadata = Metadata {
        title: one(5),
        caption: one(120),
        keywords: all(25).collect::<Keywords>().into_list(),
        rights: Rights {
            licence: one(116).map(|t| rights::name_of(&t)),
            author: one(80),
            source: one(115).or_else(|| one(110)),
        }
        .meant(),
        ..Metadata::default()
    };
    let dates = Dates { original: date(55, 60), digitized: date(62, 63), ..Dates::default() };
    Found { metadata, dates }
}

/// Record, number and content of each dataset, up to the first that does not fit.
fn datasets(mut bytes: &[u8]) -> impl Iterator<Item = (u8, u8, &[u8])> {
    std::iter::from_fn(move || {
        let [0x1c, record, set, high, low, rest @ ..] = bytes else {
            return None;
        };
        let short = usize::from(u16::from_be_bytes([*high, *low]));
        let (length, rest) = if short & 0x8000 == 0 {
            (short, rest)
        } else {
            // The length of the length, at most 4 bytes.
            let (digits, rest) =
                rest.split_at_checked(short & 0x7fff).filter(|(d, _)| d.len() <= 4)?;
            (digits.iter().fold(0, |sum, b| sum << 8 | usize::from(*b)), rest)
        };
        let (data, rest) = rest.split_at_checked(length)?;
        bytes = rest;
        Some((*record, *set, data))
    })
}

/// Many programs write UTF-8 without saying so; what is not UTF-8 is read as Latin-1.
fn text(data: &[u8], utf8: bool) -> String {
    match std::str::from_utf8(data) {
        Ok(text) => text.to_owned(),
        Err(_) if utf8 => String::from_utf8_lossy(data).into_owned(),
        Err(_) => data.iter().map(|b| char::from(*b)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(record: u8, number: u8, data: &[u8]) -> Vec<u8> {
        let mut out = vec![0x1c, record, number];
        out.extend((data.len() as u16).to_be_bytes());
        out.extend(data);
        out
    }

    #[test]
    fn a_press_photo() {
        let bytes = [
            set(1, 90, b"\x1b%G"),
            set(2, 5, "Brücke".as_bytes()),
            set(2, 25, b"bridge"),
            set(2, 25, b"river"),
            set(2, 55, b"20240501"),
            set(2, 60, b"123307+0200"),
            set(2, 80, b"Ada"),
            set(2, 116, b"CC0 https://creativecommons.org/publicdomain/zero/1.0/"),
            set(2, 120, b"A bridge at noon"),
        ]
        .concat();
        let found = read(&bytes).settled();
        assert_eq!(found.title.as_deref(), Some("Brücke"));
        assert_eq!(found.keywords, ["bridge", "river"]);
        assert_eq!(found.taken_at, "2024-05-01T12:33:07".parse().ok());
        assert_eq!(found.rights.licence.as_deref(), Some("CC0-1.0"));
        assert_eq!(found.caption.as_deref(), Some("A bridge at noon"));
    }

    #[test]
    fn latin_1_and_broken_lengths() {
        let mut bytes = set(2, 5, b"Br\xfccke");
        bytes.extend([0x1c, 2, 120, 0xff, 0xff, 1]);
        let found = read(&bytes).metadata;
        assert_eq!(found.title.as_deref(), Some("Brücke"));
        assert_eq!(found.caption, None);
    }
}
