//! Text of others as a terminal or a page may show it.

use std::fmt::{self, Write};

/// Text whose control characters and invisible directions are written out, so that a file name or a title
/// can neither steer a terminal nor change how the line around it reads.
///
/// Escaped are the controls of C0 and C1, line and paragraph separators, the bidirectional embeddings,
/// overrides and isolates (UAX #9, "Trojan Source", CVE-2021-42574), zero-width spaces, the byte order mark
/// and tag characters. Letters, marks and joiners of every script stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Printable<'a>(pub &'a str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '\n' => f.write_str("\\n"),
            '\r' => f.write_str("\\r"),
            '\t' => f.write_str("\\t"),
            c if Self::is_unsafe(c) => write!(f, "\\u{{{:x}}}", u32::from(c)),
            c => f.write_char(c),
        })
    }
}

impl Printable<'_> {
    /// Whether a character steers a terminal or the order of a line, or cannot be seen; those are written out.
    pub fn is_unsafe(c: char) -> bool {
        c.is_control()
            || matches!(c,
                '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_is_written_out_and_letters_stay() {
        for (text, shown) in [
            ("plain.jpg", "plain.jpg"),
            ("a\u{1b}[2Jb", "a\\u{1b}[2Jb"),
            ("c1 \u{9b}31m", "c1 \\u{9b}31m"),
            ("photo\u{202e}gpj.exe", "photo\\u{202e}gpj.exe"),
            ("\u{2066}x\u{2069}", "\\u{2066}x\\u{2069}"),
            ("two\nlines\ttab", "two\\nlines\\ttab"),
            ("del\u{7f}", "del\\u{7f}"),
            (
                "سلام שלום नमस्ते e\u{301} 👩\u{200d}👩\u{200d}👧",
                "سلام שלום नमस्ते e\u{301} 👩\u{200d}👩\u{200d}👧",
            ),
        ] {
            assert_eq!(Printable(text).to_string(), shown);
        }
    }
}
