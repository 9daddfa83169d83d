//! Who made a picture, and under what terms it may be shown.

use serde::{Deserialize, Serialize};

/// What programs write where nothing was said, in words of letters and digits: the name of XMP's default language
/// (XMP specification part 1, 8.2.2.4), and the usual names of nothing.
const NOTHING: [&str; 13] = [
    "",
    "x default",
    "default",
    "none",
    "null",
    "nil",
    "n a",
    "unknown",
    "undefined",
    "unspecified",
    "not specified",
    "not available",
    "not set",
];
/// Notices that name no holder, in words.
const NOTICES: [&str; 9] = [
    "c",
    "copyright",
    "copyright c",
    "c copyright",
    "licence",
    "license",
    "rights",
    "unknown licence",
    "unknown license",
];

/// Who made a picture and under what terms it may be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rights {
    /// Licence as its publisher names it, e.g. `CC-BY-SA 4.0`, `CC0-1.0`, `Public Domain`.
    pub licence: Option<String>,
    /// Author or rights holder.
    pub author: Option<String>,
    /// Where the picture was published.
    pub source: Option<String>,
}

impl Rights {
    /// What is meant by what a file states: words that stand where nothing was said (`x-default`, `None`, `unknown`) are
    /// left out, and so is a notice without a holder. A bare address that names no terms is no licence, but where the
    /// picture comes from.
    #[must_use]
    pub fn meant(self) -> Self {
        let licence = self.licence.filter(|text| states(text) && !is_empty_notice(text));
        let (address, licence) = match licence {
            Some(text) if is_address(&text) && !names_terms(&text) => (Some(text), None),
            licence => (None, licence),
        };
        Self {
            licence,
            author: self.author.filter(|text| states(text)),
            source: self.source.filter(|text| states(text)).or(address),
        }
    }

    /// Whether the licence obliges a film to name the author (all of Creative Commons but CC0).
    pub fn attribution_required(&self) -> bool {
        let licence = self.licence.as_deref().unwrap_or_default().to_ascii_lowercase();
        let free = ["cc0", "public domain", "publicdomain", "zero"];
        (licence.contains("cc") || licence.contains("creative commons"))
            && !free.iter().any(|word| licence.contains(word))
    }

    /// Whether the licence is one of these, as [`Rights::licence_is`] tells; any or none is, if there are none.
    pub fn licence_is_among(&self, wanted: &[String]) -> bool {
        wanted.is_empty() || wanted.iter().any(|name| self.licence_is(name))
    }

    /// Whether the licence is the one named, however it is written and whatever its version, unless
    /// a version is asked for: `cc by` is `CC-BY 4.0`, but not `CC-BY-SA 4.0`; `cc by 2` is neither.
    pub fn licence_is(&self, wanted: &str) -> bool {
        let parts = |text: &str| -> Vec<String> {
            let text = text.to_lowercase().replace("creative commons", "cc");
            let parts = text.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
            parts.map(str::to_owned).collect()
        };
        let (own, wanted) = (parts(self.licence.as_deref().unwrap_or_default()), parts(wanted));
        let number = |part: &String| part.chars().all(|c| c.is_ascii_digit());
        !wanted.is_empty() && own.starts_with(&wanted) && own.iter().skip(wanted.len()).all(number)
    }
}

/// Letters and digits in lower case, one space between the words.
fn words(text: &str) -> String {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

fn states(text: &str) -> bool {
    !NOTHING.contains(&words(text).as_str())
}

fn is_empty_notice(text: &str) -> bool {
    NOTICES.contains(&words(text).as_str())
}

fn is_address(text: &str) -> bool {
    let lower = text.trim().to_lowercase();
    let begins = ["http://", "https://", "www."].iter().any(|head| lower.starts_with(head));
    begins && !lower.contains(char::is_whitespace)
}

fn names_terms(address: &str) -> bool {
    let lower = address.to_lowercase();
    ["licen", "rights", "terms", "legal", "publicdomain"].iter().any(|word| lower.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_for_nothing_is_nobodys() {
        for nothing in [
            "",
            " ",
            "-",
            "x-default",
            "X-DEFAULT",
            " x-default ",
            "None",
            "(none)",
            "null",
            "N/A",
            "unknown",
            "Unknown.",
            "undefined",
            "not specified",
        ] {
            let text = || Some(nothing.to_owned());
            let rights = Rights { licence: text(), author: text(), source: text() };
            assert_eq!(rights.meant(), Rights::default(), "{nothing:?}");
        }
    }

    #[test]
    fn a_licence_is_a_statement_of_terms() {
        for (stated, licence, source) in [
            ("Copyright", None, None),
            ("(c)", None, None),
            ("©", None, None),
            ("Copyright (C)", None, None),
            ("unknown licence", None, None),
            ("https://ada.example", None, Some("https://ada.example")),
            ("www.ada.example/photos", None, Some("www.ada.example/photos")),
            ("https://a.example/license", Some("https://a.example/license"), None),
            ("https://a.example/terms-of-use", Some("https://a.example/terms-of-use"), None),
            ("(c) 2020 Ada", Some("(c) 2020 Ada"), None),
            ("© Ada", Some("© Ada"), None),
            ("All rights reserved", Some("All rights reserved"), None),
            ("CC0-1.0", Some("CC0-1.0"), None),
            ("Public Domain", Some("Public Domain"), None),
            ("No known copyright restrictions", Some("No known copyright restrictions"), None),
            ("see https://ada.example", Some("see https://ada.example"), None),
        ] {
            let rights = Rights { licence: Some(stated.to_owned()), ..Rights::default() }.meant();
            assert_eq!(rights.licence.as_deref(), licence, "{stated}");
            assert_eq!(rights.source.as_deref(), source, "{stated}");
        }
    }

    #[test]
    fn attribution_follows_the_licence() {
        for (licence, required) in [
            ("CC-BY-SA 4.0", true),
            ("CC BY 2.0", true),
            ("CC0-1.0", false),
            ("Public Domain", false),
            ("all rights reserved", false),
        ] {
            let rights = Rights { licence: Some(licence.into()), ..Rights::default() };
            assert_eq!(rights.attribution_required(), required, "{licence}");
        }
    }

    #[test]
    fn a_licence_is_told_from_its_neighbours() {
        for (licence, wanted, is) in [
            ("CC-BY 4.0", "cc by", true),
            ("Creative Commons BY 4.0", "CC-BY-4.0", true),
            ("CC-BY-SA 4.0", "cc by", false),
            ("CC BY 4.0", "cc by 2", false),
            ("CC0-1.0", "CC0", true),
            ("Public Domain", "public domain", true),
            ("Public Domain", "", false),
            ("", "cc0", false),
        ] {
            let rights = Rights { licence: Some(licence.into()), ..Rights::default() };
            assert_eq!(rights.licence_is(wanted), is, "{licence} / {wanted}");
        }
    }
}
