//! Plain text: paragraphs, lines, sentences or clauses, whichever fills the length best.

use kinora_types::{Brief, ShotBrief};

/// A shot shorter than this is not seen; no finer cut is taken.
pub(super) const SHORTEST: f64 = 1.5;
/// Above this, a shot is cut finer or its words get a second picture.
const LONGEST: f64 = 8.0;
/// What a shot lasts if nothing else decides.
const USUAL: f64 = 5.0;

/// Cuts the text into shots. Where the words are few for the length, each part gets several shots;
/// all but the first are optional, for the library may not have that many pictures of it.
pub(super) fn parse(text: &str, seconds: f64) -> Brief {
    let parts = cut(text, seconds);
    if parts.is_empty() {
        return Brief::default();
    }
    let wanted = (seconds / USUAL).round().max(1.0) as usize;
    let takes = (wanted / parts.len()).clamp(1, 12);
    let shot = |prompt: &String, take: usize| ShotBrief {
        prompt: prompt.clone(),
        optional: take > 0,
        ..ShotBrief::default()
    };
    let shots = parts.iter().flat_map(|part| (0..takes).map(move |take| shot(part, take)));
    Brief { shots: shots.collect(), ..Brief::default() }
}

/// The finest cut whose shots can still be seen; clauses only if sentences would be too long.
fn cut(text: &str, seconds: f64) -> Vec<String> {
    let most = (seconds / SHORTEST).floor().max(1.0) as usize;
    let paragraphs = paragraphs(text);
    let lines: Vec<String> = paragraphs.iter().flat_map(|p| lines(p)).collect();
    let sentences: Vec<String> = lines.iter().flat_map(|l| sentences(l)).collect();
    let long = |parts: &[String]| seconds / parts.len().max(1) as f64 > LONGEST;
    if long(&sentences) {
        let clauses: Vec<String> = sentences.iter().flat_map(|s| clauses(s)).collect();
        if clauses.len() <= most {
            return clauses;
        }
    }
    [sentences, lines]
        .into_iter()
        .find(|parts| parts.len() <= most)
        .unwrap_or_else(|| paragraphs.iter().map(|p| joined(p)).collect())
}

fn joined(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Runs of lines between empty ones.
fn paragraphs(text: &str) -> Vec<String> {
    let mut paragraphs = vec![String::new()];
    for line in text.lines() {
        match paragraphs.last_mut() {
            Some(last) if !line.trim().is_empty() => {
                last.push_str(line.trim());
                last.push('\n');
            }
            _ => paragraphs.push(String::new()),
        }
    }
    paragraphs.retain(|p| !p.is_empty());
    paragraphs
}

/// Lines of a paragraph; a line that goes on in small letters was wrapped by an editor.
fn lines(paragraph: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in paragraph.lines() {
        let goes_on = line.chars().next().is_some_and(char::is_lowercase);
        match lines.last_mut() {
            Some(last) if goes_on && wrapped(last) => {
                last.push(' ');
                last.push_str(line);
            }
            _ => lines.push(line.to_owned()),
        }
    }
    lines.iter().map(|line| joined(line)).collect()
}

/// Whether a line is long enough to have been broken by an editor, and ends in mid-sentence.
fn wrapped(line: &str) -> bool {
    // Not counted to its end: each wrapped line makes it longer.
    line.chars().nth(49).is_some() && !line.ends_with(['.', '!', '?', ':', ';', '…'])
}

/// Sentences of a line, without their full stops. An abbreviation or a number does not end one.
fn sentences(line: &str) -> Vec<String> {
    let (mut sentences, mut start) = (Vec::new(), 0);
    for (at, mark) in line.char_indices() {
        let after = at + mark.len_utf8();
        let wide = matches!(mark, '。' | '！' | '？');
        let ends = matches!(mark, '.' | '!' | '?' | '…')
            && ends_sentence(&line[start..at], &line[after..]);
        if wide || ends {
            sentences.push(&line[start..after]);
            start = after;
        }
    }
    sentences.push(&line[start..]);
    let bare = |s: &&str| s.trim().trim_end_matches(['.', '。']).trim().to_owned();
    let wordless = |s: &String| !s.chars().any(char::is_alphanumeric);
    let mut sentences: Vec<String> = sentences.iter().map(bare).collect();
    sentences.retain(|s| !wordless(s));
    sentences
}

fn ends_sentence(before: &str, after: &str) -> bool {
    let mut rest = after.chars();
    // Most marks end here; to look further at each of a long row of them takes the square of its length.
    if !rest.next().is_none_or(char::is_whitespace) {
        return false;
    }
    let starts = rest.find(|c| !c.is_whitespace()).is_none_or(|c| !c.is_lowercase());
    let last = before.rsplit(char::is_whitespace).next().unwrap_or_default();
    let abbreviation = last.chars().count() == 1
        || last.contains('.')
        || ["St", "Mr", "Mrs", "Ms", "Dr", "Prof", "No", "vs", "ca", "approx"].contains(&last);
    starts && !abbreviation
}

/// Parts of a sentence that can stand by themselves.
fn clauses(sentence: &str) -> Vec<String> {
    let marked =
        sentence.replace(", and then ", ";").replace(", then ", ";").replace(" and then ", ";");
    let parts: Vec<String> = marked.split(';').map(|p| p.trim().to_owned()).collect();
    let whole = |part: &String| part.split_whitespace().count() >= 2;
    if parts.len() > 1 && parts.iter().all(whole) { parts } else { vec![sentence.to_owned()] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompts(text: &str, seconds: f64) -> Vec<String> {
        let shots = parse(text, seconds).shots.into_iter();
        shots.filter(|s| !s.optional).map(|s| s.prompt).collect()
    }

    #[test]
    fn cuts_as_finely_as_the_length_allows() {
        let text = "The pyramids. A camel at St. Paul's.\nThe river Nile at 5.30 in the morning\n\n\
                    Cairo by night! Lights everywhere?";
        let expected = [
            "The pyramids",
            "A camel at St. Paul's",
            "The river Nile at 5.30 in the morning",
            "Cairo by night!",
            "Lights everywhere?",
        ];
        assert_eq!(prompts(text, 30.0), expected);
        assert_eq!(prompts(text, 6.0).len(), 3, "lines");
        assert_eq!(prompts(text, 3.0).len(), 2, "paragraphs");
    }

    #[test]
    fn wrapped_lines_are_one() {
        let text = "a very long description of a castle on a hill in the\nevening light\nA dog";
        assert_eq!(prompts(text, 10.0).len(), 2);
    }

    #[test]
    fn few_words_for_a_long_film_get_several_optional_takes() {
        let brief = parse("monuments of Egypt", 30.0);
        let optional: Vec<bool> = brief.shots.iter().map(|s| s.optional).collect();
        assert_eq!(optional, [false, true, true, true, true, true]);
        let text = "a dog by the lake, then a castle; a horse in the field";
        assert_eq!(prompts(text, 30.0), ["a dog by the lake", "a castle", "a horse in the field"]);
        assert_eq!(prompts(text, 5.0), [text]);
    }

    #[test]
    fn nothing_is_no_shot() {
        for text in ["", " \n\t\n", "...", "\n\n. .\n"] {
            assert!(parse(text, 30.0).shots.is_empty(), "{text:?}");
        }
    }

    #[test]
    fn ten_thousand_lines_stay_ten_thousand_shots_for_the_timeline_to_refuse() {
        let text = "A line of its own\n".repeat(10_000);
        assert_eq!(prompts(&text, 20_000.0).len(), 10_000);
    }
}
