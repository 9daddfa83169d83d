//! Lengths of time in words: `45 seconds`, `1.5 min`, `one and a half minutes`, `1:30`. English.

/// Words for numbers; those of tens stand before those of units: `forty five`.
const UNITS: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 8] =
    ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

/// Lower-case words and numbers of a text; `1.5`, `1:30` and `3rd` stay whole, `30-second` is two.
pub(crate) fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let signs: Vec<char> = lower.chars().collect();
    let digit =
        |at: Option<usize>| at.and_then(|at| signs.get(at)).is_some_and(char::is_ascii_digit);
    let mut words = vec![String::new()];
    for (at, sign) in signs.iter().enumerate() {
        let inside =
            matches!(sign, '.' | ',' | ':') && digit(at.checked_sub(1)) && digit(Some(at + 1));
        match (sign.is_alphanumeric() || inside, words.last_mut()) {
            (true, Some(word)) => word.push(if *sign == ',' { '.' } else { *sign }),
            _ => words.push(String::new()),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Takes the first length out of the words; in seconds.
pub(crate) fn take(words: &mut Vec<String>) -> Option<f64> {
    for at in 0..words.len() {
        let Some((mut seconds, mut used)) = part(&words[at..]) else { continue };
        // `1 minute 30 seconds`, `a minute and a half`.
        let rest = &words[at + used..];
        let and = usize::from(rest.first().is_some_and(|word| word == "and"));
        if let Some((more, further)) = part(&rest[and..]).filter(|_| seconds >= 60.0) {
            (seconds, used) = (seconds + more, used + and + further);
        } else if starts(rest, &["and", "a", "half"]) {
            let unit = if seconds >= 60.0 { 60.0 } else { 1.0 };
            (seconds, used) = (seconds + unit / 2.0, used + 3);
        }
        words.drain(at..at + used);
        return Some(seconds);
    }
    None
}

/// A number with its unit at the start of the words, in seconds, and how many words that is.
fn part(words: &[String]) -> Option<(f64, usize)> {
    let first = words.first()?;
    if let Some((minutes, seconds)) = first.split_once(':') {
        let seconds: f64 = seconds.parse().ok().filter(|seconds| *seconds < 60.0)?;
        return Some((minutes.parse::<u32>().ok().map(f64::from)? * 60.0 + seconds, 1));
    }
    let letters = first.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    if !letters.is_empty() && letters.len() < first.len() {
        let number: f64 = first[..first.len() - letters.len()].parse().ok()?;
        return Some((number * unit(letters)?, 1));
    }
    let (number, used) = number(words)?;
    Some((number * unit(words.get(used)?)?, used + 1))
}

/// A number in digits or words, and how many words that is: `one and a half`, `half a`, `twenty five`.
fn number(words: &[String]) -> Option<(f64, usize)> {
    if starts(words, &["half", "a"]) || starts(words, &["half", "an"]) {
        return Some((0.5, 2));
    }
    let (whole, used) = whole(words)?;
    let half = starts(&words[used..], &["and", "a", "half"]);
    Some(if half { (whole + 0.5, used + 3) } else { (whole, used) })
}

/// A whole number, or one in digits.
pub(crate) fn whole(words: &[String]) -> Option<(f64, usize)> {
    let first = words.first()?.as_str();
    if first == "a" || first == "an" {
        return Some((1.0, 1));
    }
    if let Some(tens) = TENS.iter().position(|name| *name == first) {
        let units = words.get(1).and_then(|word| UNITS.iter().position(|name| name == word));
        let units = units.filter(|units| (1..10).contains(units));
        let number = (tens + 2) * 10 + units.unwrap_or_default();
        return Some((number as f64, 1 + usize::from(units.is_some())));
    }
    let spelled = UNITS.iter().position(|name| *name == first).map(|number| number as f64);
    let digits = first.starts_with(|c: char| c.is_ascii_digit());
    let number = spelled.or_else(|| first.parse().ok().filter(|_| digits))?;
    Some((number, 1))
}

fn starts(words: &[String], with: &[&str]) -> bool {
    words.len() >= with.len() && words.iter().zip(with).all(|(word, wanted)| word == wanted)
}

fn unit(word: &str) -> Option<f64> {
    match word {
        "s" | "sec" | "secs" | "second" | "seconds" => Some(1.0),
        "m" | "min" | "mins" | "minute" | "minutes" => Some(60.0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_seconds() {
        for (text, seconds, rest) in [
            ("a 45 second film", Some(45.0), "a film"),
            ("a 20s film", Some(20.0), "a film"),
            ("20-second", Some(20.0), ""),
            ("a one and a half minute film", Some(90.0), "a film"),
            ("a minute and a half", Some(90.0), ""),
            ("1.5 minutes", Some(90.0), ""),
            ("1,5 min", Some(90.0), ""),
            ("1:30 of film", Some(90.0), "of film"),
            ("one minute and thirty seconds", Some(90.0), ""),
            ("1 min 30 s", Some(90.0), ""),
            ("half a minute of film", Some(30.0), "of film"),
            ("twenty five seconds long", Some(25.0), "long"),
            ("two and a half minutes", Some(150.0), ""),
            ("the second one", None, "the second one"),
            ("a film of the second and 4", None, "a film of the second and 4"),
        ] {
            let mut words = words(text);
            // `a 45 second film`: the article belongs to the film.
            assert_eq!(take(&mut words), seconds, "{text}");
            assert_eq!(words.join(" "), rest, "{text}");
        }
    }
}
