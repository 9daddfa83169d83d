//! Text of others in pages that we write.

use std::fmt::{self, Write};

use crate::Printable;

/// What stands in the head of every HTML page that Kinora writes, before anything of others: the page shows the
/// pictures inside it and its own style sheet, runs nothing, fetches nothing and tells nobody where a reader came from.
pub const PAGE_HEAD: &str = "<meta charset=\"utf-8\">\n\
     <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; \
     style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n\
     <meta name=\"referrer\" content=\"no-referrer\">\n";

/// Text as HTML, XML and SVG may show it, between tags and inside quoted attributes: it is [`Printable`], and it cannot
/// open or close an element, an attribute or a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Markup<'a>(pub &'a str);

impl fmt::Display for Markup<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            '\'' => f.write_str("&#39;"),
            c if Printable::is_unsafe(c) => {
                let mut own = [0; 4];
                write!(f, "{}", Printable(c.encode_utf8(&mut own)))
            }
            c => f.write_char(c),
        })
    }
}

impl Markup<'_> {
    /// The text in an element of its own direction, so that a name from right to left leaves what stands around it
    /// where it is.
    pub fn isolated(self) -> String {
        format!("<bdi>{self}</bdi>")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_leaves_its_place() {
        let hostile = "</style><script>alert('x')</script> \"&\" \u{202e}gpj\u{9b}2J\n";
        let shown = Markup(hostile).to_string();
        assert_eq!(
            shown,
            "&lt;/style&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &quot;&amp;&quot; \
             \\u{202e}gpj\\u{9b}2J\\n"
        );
    }

    proptest! {
        #[test]
        fn whatever_comes_in_no_element_comes_out(text in any::<String>()) {
            let shown = Markup(&text).to_string();
            prop_assert!(!shown.contains(['<', '>', '"', '\'']) && !shown.chars().any(Printable::is_unsafe));
        }
    }
}
