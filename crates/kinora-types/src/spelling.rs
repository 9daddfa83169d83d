//! Which known word a misspelled one may mean.

/// The known words that are nearest to one, best first, at most so many; those that are equal but for upper and lower
/// case count too. Words of up to two letters have no neighbours, of up to six those that differ by one edit, longer ones
/// by two: a letter more, less or other, or two neighbours swapped (optimal string alignment, Damerau 1964). Of equally
/// near ones those come first that were given first.
pub fn nearest<'a>(
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
    most: usize,
) -> Vec<&'a str> {
    let wanted = word.to_lowercase();
    let length = wanted.chars().count();
    let edits = edits(length);
    let rated = known.into_iter().filter_map(|other| {
        // As cheap a look as can be: there may be hundreds of thousands.
        if other.len().abs_diff(wanted.len()) > 4 * edits {
            return None;
        }
        let lower = other.to_lowercase();
        if lower.chars().count().abs_diff(length) > edits {
            return None;
        }
        let distance = strsim::osa_distance(&wanted, &lower);
        (distance <= edits && other != word).then_some((distance, other))
    });
    let mut found: Vec<(usize, &str)> = rated.collect();
    found.sort_by_key(|(distance, _)| *distance);
    let mut words: Vec<&str> = Vec::new();
    for (_, other) in found {
        if words.len() < most && !words.contains(&other) {
            words.push(other);
        }
    }
    words
}

/// How many edits are forgiven in a word of so many letters.
fn edits(length: usize) -> usize {
    match length {
        0..=2 => 0,
        3..=6 => 1,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        let known =
            ["straw", "berry", "strawberry", "cat", "Holiday", "IMG_2041.jpg", "IMG_2048.jpg"];
        for (word, expected) in [
            ("strawbery", &["strawberry"][..]),
            ("strwaberyr", &["strawberry"]),
            ("stawbery", &["strawberry"]),
            ("strawberry", &[]),
            ("holliday", &["Holiday"]),
            ("holiday", &["Holiday"]),
            ("IMG_204.jpg", &["IMG_2041.jpg", "IMG_2048.jpg"]),
            ("car", &["cat"]),
            ("ca", &[]),
            ("dog", &[]),
            ("", &[]),
        ] {
            assert_eq!(nearest(word, known, 2), expected, "{word}");
        }
        assert_eq!(nearest("IMG_204.jpg", known, 1), ["IMG_2041.jpg"]);
    }
}
