//! Keywords and people, in the places where programs keep them.

use roxmltree::Node;

use super::{
    super::keywords::Keywords,
    DC,
    packet::{Packet, Property, RDF, value},
};

const LIGHTROOM: &str = "http://ns.adobe.com/lightroom/1.0/";
const DIGIKAM: &str = "http://www.digikam.org/ns/1.0/";
const MICROSOFT: &str = "http://ns.microsoft.com/photo/1.0/";
const MICROSOFT_XMP: &str = "http://ns.microsoft.com/photo/1.0";
const MEDIAPRO: &str = "http://ns.iview-multimedia.com/mediapro/1.0/";
const EXPRESSION: &str = "http://ns.microsoft.com/expressionmedia/1.0/";
const ACDSEE: &str = "http://ns.acdsee.com/iptc/1.0/";
const HIERARCHY: &str = "http://www.metadataworkinggroup.com/schemas/keywords/";
const IPTC_EXT: &str = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/";
const REGIONS: &str = "http://www.metadataworkinggroup.com/schemas/regions/";
const MICROSOFT_REGION: &str = "http://ns.microsoft.com/photo/1.2/t/Region#";

/// Keywords alone, then those within others with what they are in, then people.
pub(super) fn read(packet: &Packet) -> Vec<String> {
    let all = |property: Property| packet.all(property, Keywords::MOST);
    let mut keywords: Keywords = all((DC, "subject")).into_iter().collect();
    let paths: [(Property, char); 7] = [
        ((LIGHTROOM, "hierarchicalSubject"), '|'),
        ((DIGIKAM, "TagsList"), '/'),
        ((MICROSOFT, "LastKeywordXMP"), '/'),
        ((MICROSOFT_XMP, "LastKeywordXMP"), '/'),
        ((MICROSOFT, "LastKeywordIPTC"), '/'),
        ((MEDIAPRO, "CatalogSets"), '|'),
        ((EXPRESSION, "CatalogSets"), '|'),
    ];
    for (property, between) in paths {
        all(property).iter().for_each(|path| keywords.add_path(path, between));
    }
    all((ACDSEE, "keywords")).iter().for_each(|word| keywords.add(word));
    nested(packet).take(Keywords::MOST).for_each(|word| keywords.add(&word));
    all((IPTC_EXT, "PersonInImage")).iter().for_each(|name| keywords.add(name));
    people(packet).take(Keywords::MOST).for_each(|name| keywords.add(&name));
    keywords.into_list()
}

/// The words of a tree of keywords, from the root down (MWG 2.0, 5.8).
fn nested(packet: &Packet) -> impl Iterator<Item = String> {
    packet.document.descendants().filter(Node::is_element).filter_map(|node| {
        let word = (HIERARCHY, "Keyword");
        let attribute = node.attribute(word).map(str::to_owned);
        attribute.or_else(|| node.has_tag_name(word).then(|| value(node))?)
    })
}

/// Names of the faces that somebody marked (MWG 2.0, 5.9; Microsoft's people tags).
fn people(packet: &Packet) -> impl Iterator<Item = String> {
    packet.document.descendants().filter(Node::is_element).filter_map(|node| {
        let microsoft = (MICROSOFT_REGION, "PersonDisplayName");
        if node.has_tag_name(microsoft) {
            return value(node);
        }
        if let Some(name) = node.attribute(microsoft) {
            return Some(name.to_owned());
        }
        let is_region = node.has_tag_name((RDF, "li")) || node.has_tag_name((RDF, "Description"));
        let name = is_region.then(|| field(node, "Name"))??;
        // Points of focus and bar codes have names too.
        let kind = field(node, "Type").unwrap_or_else(|| "Face".into());
        ["Face", "Pet"].contains(&kind.as_str()).then_some(name)
    })
}

/// A region's field, as attribute or element.
fn field(region: Node, name: &'static str) -> Option<String> {
    let attribute = region.attribute((REGIONS, name)).map(str::to_owned);
    attribute.or_else(|| value(region.children().find(|n| n.has_tag_name((REGIONS, name)))?))
}
