//! Cost of an XML document for its parser, estimated before it is parsed.
//!
//! `roxmltree` compares every attribute of an element with every other, looks each prefix up among all
//! namespaces in scope, and copies those to each element that declares more: quadratic in attributes, cubic
//! in nested declarations. A hundred kilobytes can take minutes, so that the comparisons are counted first.

/// Bytes of a document.
pub(super) const MOST_BYTES: usize = 4 << 20;
/// Nodes of a document.
pub(super) const MOST_NODES: u32 = 200_000;
/// Comparisons of attributes with each other.
const MOST_PAIRS: u64 = 1_000_000;
/// Comparisons of prefixes.
const MOST_LOOKUPS: u64 = 20_000_000;
/// Bytes of a name, prefix included.
const LONGEST_NAME: usize = 128;
/// Bytes of a namespace.
const LONGEST_NAMESPACE: usize = 512;
/// Elements inside each other.
const DEEPEST: usize = 256;

/// Whether the parser will be done soon. Of a document that is not well formed, the part counts that the
/// parser will come to.
pub(super) fn is_bounded(text: &str) -> bool {
    text.len() <= MOST_BYTES && Count::default().document(text.as_bytes()).is_some()
}

#[derive(Default)]
struct Count {
    pairs: u64,
    lookups: u64,
    /// Namespaces in scope at each open element.
    scopes: Vec<u64>,
}

impl Count {
    /// `None` once a bound is passed.
    fn document(&mut self, mut rest: &[u8]) -> Option<()> {
        while let Some(at) = rest.iter().position(|b| *b == b'<') {
            rest = &rest[at..];
            let end = match rest {
                [b'<', b'!', b'-', b'-', ..] => behind(rest, b"-->"),
                [b'<', b'!', b'[', ..] => behind(rest, b"]]>"),
                [b'<', b'?', ..] => behind(rest, b"?>"),
                [b'<', b'/', ..] => {
                    self.scopes.pop();
                    behind(rest, b">")
                }
                _ => self.element(rest)?,
            };
            rest = &rest[end..];
        }
        Some(())
    }

    /// Counts what an element costs; where its tag ends.
    fn element(&mut self, text: &[u8]) -> Option<usize> {
        let tag = Tag::read(text)?;
        let outer = self.scopes.last().copied().unwrap_or(1);
        let scope = if tag.namespaces == 0 { outer } else { outer + tag.namespaces };
        if tag.namespaces > 0 {
            self.lookups += tag.namespaces * tag.namespaces + outer * scope;
        }
        self.lookups += (tag.attributes + 1) * scope;
        self.pairs += tag.attributes * tag.attributes / 2;
        if !tag.is_empty {
            self.scopes.push(scope);
        }
        let fits = self.pairs <= MOST_PAIRS
            && self.lookups <= MOST_LOOKUPS
            && self.scopes.len() <= DEEPEST;
        fits.then_some(tag.length)
    }
}

/// The byte behind a mark, or the end.
fn behind(text: &[u8], mark: &[u8]) -> usize {
    text.windows(mark.len()).position(|w| w == mark).map_or(text.len(), |at| at + mark.len())
}

/// A start tag as it is written.
#[derive(Default)]
struct Tag {
    namespaces: u64,
    attributes: u64,
    is_empty: bool,
    length: usize,
}

impl Tag {
    /// `None` if a name or a namespace is longer than any real one.
    fn read(text: &[u8]) -> Option<Self> {
        let mut tag = Self::default();
        let mut at = 1;
        let mut name = 1;
        while let Some(byte) = text.get(at) {
            match byte {
                b'>' => break,
                b'"' | b'\'' => {
                    let value = &text[at + 1..];
                    let length = value.iter().position(|b| b == byte).unwrap_or(value.len());
                    tag.attribute(&text[name..at], length)?;
                    at += length + 1;
                    name = at + 1;
                }
                b' ' | b'\t' | b'\r' | b'\n' => {
                    (at - name <= LONGEST_NAME).then_some(())?;
                    // `a = "b"` keeps its name.
                    if !text[name..at].contains(&b'=') {
                        name = at;
                    }
                }
                _ => {}
            }
            at += 1;
        }
        (at.saturating_sub(name) <= LONGEST_NAME).then_some(())?;
        tag.is_empty = text[..at.min(text.len())].ends_with(b"/");
        tag.length = (at + 1).min(text.len());
        Some(tag)
    }

    fn attribute(&mut self, name: &[u8], length: usize) -> Option<()> {
        (name.len() <= LONGEST_NAME).then_some(())?;
        if name.trim_ascii_start().starts_with(b"xmlns") {
            self.namespaces += 1;
            (length <= LONGEST_NAMESPACE).then_some(())
        } else {
            self.attributes += 1;
            Some(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(inside: &str) -> String {
        format!("<?xpacket?><x xmlns:a='a'><!-- <b --> <![CDATA[ <c ]]>{inside}</x>")
    }

    #[test]
    fn what_is_dear_is_refused() {
        let nested: String = (0..4000).map(|n| format!("<a xmlns:n{n}=\"u{n}\">")).collect();
        let wide: String = (0..150_000).map(|n| format!(" a{n}=\"{n}\"")).collect();
        let deep = "<a>".repeat(300);
        let default: String = (0..5000).map(|_| " xmlns='a'").collect();
        let spread = format!("<r{default}>{}</r>", "<e xmlns='b'/>".repeat(5000));
        let name = "n".repeat(1000);
        for (what, inside) in [
            ("nested declarations", nested),
            ("attributes", format!("<a{wide}/>")),
            ("blanks around the sign", format!("<a{}/>", wide.replace('=', " = "))),
            ("depth", deep),
            ("declarations of many children", spread),
            ("long namespaces", format!("<a xmlns:b='{name}'/>")),
            ("long names", format!("<a {name}='b'/>")),
            ("long elements", format!("<{name}/>")),
        ] {
            assert!(!is_bounded(&document(&inside)), "{what}");
        }
    }

    #[test]
    fn what_programs_write_is_not() {
        let settings: String = (0..300).map(|n| format!("\n  crs:Setting{n}=\"+{n}\"")).collect();
        let keywords = "<rdf:li>a > b</rdf:li>\n".repeat(60_000);
        let declared = "<MPReg:a xmlns:MPReg=\"http://ns.microsoft.com/photo/1.2/t/Region#\"/>";
        for inside in [
            String::new(),
            format!("<rdf:Description{settings}/>"),
            format!("<rdf:Bag>{keywords}</rdf:Bag>"),
            declared.repeat(10_000),
            "<a b = 'c > d'/>".repeat(10_000),
            "<unfinished".into(),
            "<unfinished a='".into(),
            "<".into(),
        ] {
            assert!(is_bounded(&document(&inside)), "{}", &inside[..inside.len().min(100)]);
        }
    }
}
