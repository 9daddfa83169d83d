//! Lines of times: `00:00:01,000 --> 00:00:02,000`.

use kinora_types::TimeRange;

/// Kind of a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Line {
    /// The line has no arrow between times.
    Words,
    /// The span of a cue.
    Times(TimeRange),
    /// The line has the shape of times but is invalid.
    Wrong(&'static str),
}

/// Reads a line. An arrow without a clock on either side stands between words.
pub(super) fn line(line: &str) -> Line {
    let Some((start, rest)) = line.split_once("-->") else {
        return Line::Words;
    };
    // Cue settings follow the end.
    let end = rest.split_whitespace().next().unwrap_or_default();
    let start = start.trim();
    if !looks_like_clock(start) && !looks_like_clock(end) {
        return Line::Words;
    }
    match clock(start).zip(clock(end)) {
        None => Line::Wrong("it is no time of hours, minutes, seconds and milliseconds"),
        Some((start, end)) => match TimeRange::new(start, end) {
            Ok(range) => Line::Times(range),
            Err(_) => Line::Wrong("it ends before it begins"),
        },
    }
}

fn looks_like_clock(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.contains(':')
        && text.chars().all(|c| c.is_ascii_digit() || matches!(c, ':' | ',' | '.' | ';'))
}

/// `01:02:03,450`, `02:03.450`, `01:02:03:450`; hours may have any number of digits. In milliseconds.
fn clock(text: &str) -> Option<u64> {
    let (whole, fraction) = match text.split_once([',', '.', ';']) {
        Some(parts) => parts,
        // Some programs write a colon there too.
        None if text.split(':').count() == 4 => text.rsplit_once(':')?,
        None => (text, "0"),
    };
    let digits = |part: &str| -> Option<u64> {
        (!part.is_empty() && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse().ok())?
    };
    let parts: Vec<u64> = whole.split(':').map(digits).collect::<Option<_>>()?;
    let seconds = match parts[..] {
        [minutes, seconds] if seconds < 60 => minutes.checked_mul(60)?.checked_add(seconds)?,
        [hours, minutes, seconds] if minutes < 60 && seconds < 60 => {
            hours.checked_mul(3600)?.checked_add(minutes * 60 + seconds)?
        }
        _ => return None,
    };
    let thousandths = digits(&format!("{fraction:0<3}").chars().take(3).collect::<String>())?;
    seconds.checked_mul(1000)?.checked_add(thousandths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_of_every_kind() {
        for (text, expected) in [
            ("00:00:01,000", Some(1000)),
            ("02:03.4", Some(123_400)),
            ("1:02:03,450", Some(3_723_450)),
            ("00:00:01:250", Some(1250)),
            ("100:00:00", Some(360_000_000)),
            ("00:01,5004", Some(1500)),
            ("00:60:00,000", None),
            ("00:61,000", None),
            ("12", None),
            ("99999999999999999:00:00", None),
            ("00:01,", Some(1000)),
        ] {
            assert_eq!(clock(text), expected, "{text}");
        }
    }

    #[test]
    fn arrows_between_words_are_words() {
        for text in ["x --> y", "1 --> two", "-->", "00:01 -> 00:02"] {
            assert_eq!(line(text), Line::Words, "{text}");
        }
        let times = Line::Times(TimeRange::new(1000, 2000).expect("in order"));
        assert_eq!(line(" 00:01.000-->00:02.000 align:start X1:3"), times);
        for text in ["00:02.000 --> 00:01.000", "00:02,000 --> 00:O3,000", "00:02,000 -->"] {
            assert!(matches!(line(text), Line::Wrong(_)), "{text}");
        }
    }
}
