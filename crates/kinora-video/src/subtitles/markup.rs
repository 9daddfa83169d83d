//! Markup inside of cues: tags, overrides and character references.
//!
//! SRT has no standard: players take HTML's `b`, `i`, `u`, `s` and `font`, and the overrides `{\an8}` of
//! SubStation Alpha. WebVTT has tags of its own and HTML's character references (W3C Candidate
//! Recommendation, 4 April 2019, section 6.4), which SRT files from web pages have as well.

/// Tags that are taken off where a bare `<` is allowed.
const TAGS: [&str; 16] = [
    "b", "i", "u", "s", "font", "c", "v", "ruby", "rt", "lang", "span", "p", "br", "em", "strong",
    "div",
];
/// Names of characters, without `&` and `;`.
const NAMES: [(&str, char); 12] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", '\u{a0}'),
    ("lrm", '\u{200e}'),
    ("rlm", '\u{200f}'),
    ("hellip", '…'),
    ("ndash", '–'),
    ("mdash", '—'),
    ("copy", '©'),
];
/// Longest character reference in bytes.
const LONGEST_REFERENCE: usize = 10;

/// A line without its markup. In SRT, what looks like a tag but is none of the known names stays.
pub(super) fn without_markup(line: &str, webvtt: bool) -> String {
    let (mut text, mut rest) = (String::with_capacity(line.len()), line);
    while let Some(at) = rest.find(['<', '{']) {
        text.push_str(&rest[..at]);
        let (open, behind) = rest[at..].split_at(1);
        let markup = if open == "<" { tag(behind, webvtt) } else { overrides(behind) };
        rest = markup.unwrap_or_else(|| {
            text.push_str(open);
            behind
        });
    }
    text.push_str(rest);
    unescape(&text)
}

/// The text before and after the closing mark, if no other opens before: so each character is read once,
/// however many marks there are.
fn enclosed(text: &str, open: char, close: char) -> Option<(&str, &str)> {
    let at = text.find([open, close])?;
    text[at..].strip_prefix(close).map(|rest| (&text[..at], rest))
}

/// The text after a tag, if it is one.
fn tag(behind: &str, webvtt: bool) -> Option<&str> {
    let (tag, rest) = enclosed(behind, '<', '>')?;
    (webvtt || is_known(tag) || is_time(tag)).then_some(rest)
}

fn is_known(tag: &str) -> bool {
    let tag = tag.trim_start_matches('/').trim_end_matches('/');
    let name = tag.split([' ', '.', '\t']).next().unwrap_or_default();
    TAGS.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// `<00:00:01.500>`, when the next word is said.
fn is_time(tag: &str) -> bool {
    tag.contains(':') && tag.chars().all(|c| c.is_ascii_digit() || matches!(c, ':' | '.' | ','))
}

/// The text after overrides, if there are any: `{\an8}`, `{\i1\b0}`.
fn overrides(behind: &str) -> Option<&str> {
    let (inside, rest) = enclosed(behind, '{', '}')?;
    inside.starts_with('\\').then_some(rest)
}

/// Resolves character references, each once: `&amp;lt;` becomes `&lt;`.
fn unescape(text: &str) -> String {
    let (mut unescaped, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find('&') {
        unescaped.push_str(&rest[..at]);
        let behind = &rest[at + 1..];
        let found = enclosed(behind, '&', ';');
        let found = found.and_then(|(name, rest)| Some((character(name)?, rest)));
        let (character, behind) = found.unwrap_or(('&', behind));
        unescaped.push(character);
        rest = behind;
    }
    unescaped.push_str(rest);
    unescaped
}

fn character(name: &str) -> Option<char> {
    if name.len() > LONGEST_REFERENCE {
        return None;
    }
    let Some(number) = name.strip_prefix('#') else {
        return NAMES.iter().find(|(known, _)| *known == name).map(|(_, character)| *character);
    };
    let code = match number.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => number.parse(),
    };
    char::from_u32(code.ok()?).filter(|character| !character.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_goes_and_words_stay() {
        for (line, srt, webvtt) in [
            ("<i>Hi</i> <B>you</B>", "Hi you", "Hi you"),
            ("<font color=\"#ff0000\" size=3>red</font>", "red", "red"),
            (r"{\an8}up {\i1}high{\i0}", "up high", "up high"),
            ("<c.yellow.bg_blue>colour</c>", "colour", "colour"),
            ("<v.loud Mary Ann>Oh</v> no", "Oh no", "Oh no"),
            ("a <00:00:01.500>b <00:01.900><c>c</c>", "a b c", "a b c"),
            ("<lang en-GB>cheers</lang>", "cheers", "cheers"),
            (
                "&lt;b&gt; &amp;amp; &quot;x&quot; &#39;y&#x27;",
                "<b> &amp; \"x\" 'y'",
                "<b> &amp; \"x\" 'y'",
            ),
            (
                "fish & chips; &unknown; &#0;",
                "fish & chips; &unknown; &#0;",
                "fish & chips; &unknown; &#0;",
            ),
            ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2", "1  2"),
            ("{sighs} <3", "{sighs} <3", "{sighs} <3"),
            (r"{\open", r"{\open", r"{\open"),
        ] {
            assert_eq!(without_markup(line, false), srt, "{line}");
            assert_eq!(without_markup(line, true), webvtt, "{line}");
        }
    }
}
