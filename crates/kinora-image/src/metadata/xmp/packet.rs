//! The properties of an XMP packet, however RDF writes them.
//!
//! As attributes or elements, in one `rdf:Description` or several, plain, in `rdf:Alt`, `rdf:Bag` or
//! `rdf:Seq`, as `rdf:value` of a structure, or as `rdf:resource`.

use roxmltree::{Document, Node};

use super::super::clean;

pub(super) const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// A namespace and a name in it.
pub(super) type Property = (&'static str, &'static str);

/// The descriptions of the picture itself; those within structures describe something else.
pub(super) struct Packet<'a> {
    pub document: &'a Document<'a>,
    descriptions: Vec<Node<'a, 'a>>,
}

impl<'a> Packet<'a> {
    pub(super) fn new(document: &'a Document<'a>) -> Self {
        let is_outer = |n: &Node| {
            n.has_tag_name((RDF, "Description"))
                && n.parent()
                    .is_none_or(|parent| !parent.is_element() || parent.has_tag_name((RDF, "RDF")))
        };
        Self { document, descriptions: document.descendants().filter(is_outer).collect() }
    }

    /// The plain value, the preferred language or the first member.
    pub(super) fn one(&self, property: Property) -> Option<String> {
        let attribute = |d: &Node| d.attribute(property).and_then(clean);
        let plain = self.descriptions.iter().find_map(attribute);
        plain.or_else(|| self.elements(property).find_map(preferred))
    }

    /// Every member, at most `most`.
    pub(super) fn all(&self, property: Property, most: usize) -> Vec<String> {
        let members = self.elements(property).flat_map(members);
        let texts: Vec<String> = members.filter_map(value).take(most).collect();
        if texts.is_empty() { self.one(property).into_iter().collect() } else { texts }
    }

    fn elements(&self, property: Property) -> impl Iterator<Item = Node<'a, 'a>> {
        let children = self.descriptions.iter().flat_map(|d| d.children());
        children.filter(move |child| child.has_tag_name(property))
    }
}

/// The members of an array; a structure's own arrays are not its.
fn members<'a>(property: Node<'a, 'a>) -> impl Iterator<Item = Node<'a, 'a>> {
    let arrays = property
        .children()
        .filter(|n| ["Alt", "Bag", "Seq"].iter().any(|kind| n.has_tag_name((RDF, *kind))));
    arrays.flat_map(|array| array.children()).filter(|n| n.has_tag_name((RDF, "li")))
}

/// The preferred language alternative: `x-default`, else English, else the first with a text.
fn preferred<'a>(property: Node<'a, 'a>) -> Option<String> {
    let in_language = |wanted: &'static str| {
        members(property).filter(move |member| {
            let language = member.attribute((XML, "lang")).unwrap_or_default();
            let head = language.get(..wanted.len()).unwrap_or_default();
            head.eq_ignore_ascii_case(wanted)
        })
    };
    let mut all = in_language("x-default").chain(in_language("en")).chain(members(property));
    all.find_map(value).or_else(|| value(property))
}

/// The text of a node, of its `rdf:value`, or the address that it names.
pub(super) fn value(node: Node) -> Option<String> {
    let inner = || {
        let mut inside = node.children().filter(Node::is_element);
        inside.find_map(|child| {
            if child.has_tag_name((RDF, "value")) {
                return child.text().and_then(clean);
            }
            // A structure with qualifiers may be written as a description in the description.
            let described = child.has_tag_name((RDF, "Description")).then_some(child)?;
            let attribute = described.attribute((RDF, "value")).and_then(clean);
            attribute.or_else(|| {
                described
                    .children()
                    .find(|n| n.has_tag_name((RDF, "value")))?
                    .text()
                    .and_then(clean)
            })
        })
    };
    let own = node.text().and_then(clean);
    let attributes = ["value", "resource"].iter();
    own.or_else(|| attributes.copied().find_map(|name| node.attribute((RDF, name)).and_then(clean)))
        .or_else(inner)
}
