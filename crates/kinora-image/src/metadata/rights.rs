//! Licences by their addresses, so that one licence has one name in a library.

/// Names the Creative Commons licence that an address or notice contains, else gives it back.
pub(super) fn name_of(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let Some((_, path)) = lower.split_once("creativecommons.org/") else {
        return text.to_owned();
    };
    let mut parts = path.split(['/', ' ', ')', '"']).filter(|p| !p.is_empty());
    match (parts.next(), parts.next(), parts.next()) {
        (Some("licenses"), Some(kind), Some(version)) => {
            format!("CC-{} {version}", kind.to_ascii_uppercase())
        }
        (Some("publicdomain"), Some("zero"), _) => "CC0-1.0".into(),
        (Some("publicdomain"), Some("mark"), _) => "Public Domain".into(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn licences_by_address() {
        for (address, name) in [
            ("https://creativecommons.org/licenses/by-sa/4.0/", "CC-BY-SA 4.0"),
            ("http://creativecommons.org/licenses/by/2.0", "CC-BY 2.0"),
            ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
            ("https://creativecommons.org/publicdomain/mark/1.0/", "Public Domain"),
            ("(c) 2020 Ada, all rights reserved", "(c) 2020 Ada, all rights reserved"),
        ] {
            assert_eq!(name_of(address), name);
        }
    }
}
