//! Dates: every form in which cameras, programs and people write them, and which of several to believe.
//!
//! Way in: `parse` reads a text, [`date_in_name`] a file's name; `Dates` chooses among what one file
//! says; `local` and `zones` turn a clock in UTC into local time where that can be known. `table.rs` lists every
//! form with what it means. Nothing here reads files or keeps memory.
//!
//! A time written with an offset keeps its local part: a picture of nine in the evening was taken in the
//! evening, whatever the zone of the viewer.

mod local;
mod month_names;
mod name;
mod numbers;
#[cfg(test)]
mod table;

mod written;
mod zones;

use jiff::civil::DateTime;
use kinora_types::DateBasis;

pub use name::{NameDate, date_in_name};

pub use local::{agree, from_unix};
pub use written::{Precision, Written, Zone, offset, parse};
pub use zones::at_place;

/// A date and how it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dated {
    /// In local time where that can be known.
    pub at: DateTime,
    /// Basis of the date.
    pub basis: DateBasis,
}

impl Dated {
    /// By a clock in UTC, whether or not its zone is written.
    pub fn in_utc(self) -> Self {
        Self { basis: DateBasis::Utc, ..self }
    }

    /// Marked as a guess, whatever it was.
    pub fn guessed(self) -> Self {
        Self { basis: DateBasis::Guessed, ..self }
    }
}

impl From<Written> for Dated {
    fn from(written: Written) -> Self {
        let utc = written.zone == Some(Zone::Utc);
        let basis = if utc { DateBasis::Utc } else { DateBasis::Written };
        Self { at: written.at, basis }
    }
}

/// A text as a date, if it is one.
pub fn dated(text: &str) -> Option<Dated> {
    parse(text).map(Dated::from)
}

/// Reliability of a date: a written one is above a clock in UTC, and that above a guess.
pub fn weight(basis: Option<DateBasis>) -> u8 {
    match basis {
        Some(DateBasis::Written) => 3,
        Some(DateBasis::Utc) => 2,
        Some(DateBasis::Guessed) => 1,
        None => 0,
    }
}

/// Dates in one file by their meaning.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Dates {
    /// When the picture was taken.
    pub original: Option<Dated>,
    /// When the picture became a file: the same for a camera, years later for a scanner.
    pub digitized: Option<Dated>,
    /// Time of the satellites, in UTC.
    pub satellites: Option<Dated>,
    /// When a program last changed the file.
    pub modified: Option<Dated>,
}

impl Dates {
    /// Fills what is missing here from `other`.
    pub fn or(self, other: Self) -> Self {
        Self {
            original: self.original.or(other.original),
            digitized: self.digitized.or(other.digitized),
            satellites: self.satellites.or(other.satellites),
            modified: self.modified.or(other.modified),
        }
    }

    /// The one to believe; a time of change is but a guess at when the picture was taken.
    pub fn best(self) -> Option<Dated> {
        let meant = self.original.or(self.digitized).or(self.satellites);
        meant.or(self.modified.map(Dated::guessed))
    }
}
