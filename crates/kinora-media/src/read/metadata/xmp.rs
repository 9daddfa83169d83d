//! XMP (ISO 16684-1): an RDF/XML packet in the file or beside it.
//!
//! Properties may stand as attributes or elements, values plain or in `rdf:Alt`, `rdf:Bag` or
//! `rdf:Seq`; of language alternatives `x-default` is taken, else English, else the first.

use kinora_types::{GeoPoint, Rights};
use roxmltree::{Document, Node, ParsingOptions};

use super::{Metadata, clean, rights, time};

const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
const DC: &str = "http://purl.org/dc/elements/1.1/";
const PHOTOSHOP: &str = "http://ns.adobe.com/photoshop/1.0/";
const XMP: &str = "http://ns.adobe.com/xap/1.0/";
const XMP_RIGHTS: &str = "http://ns.adobe.com/xap/1.0/rights/";
const EXIF: &str = "http://ns.adobe.com/exif/1.0/";
const TIFF: &str = "http://ns.adobe.com/tiff/1.0/";
const CC: &str = "http://creativecommons.org/ns#";
const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// Nodes beyond which a packet is not read; real ones have some hundreds.
const MAX_NODES: u32 = 200_000;

pub(super) fn read(packet: &[u8]) -> Metadata {
    let text = String::from_utf8_lossy(packet);
    let text = text.trim_matches(['\0', '\u{feff}']).trim();
    let options =
        ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    let Ok(document) = Document::parse_with_options(text, options) else {
        return Metadata::default();
    };
    let is_description = |n: &Node| n.has_tag_name((RDF, "Description"));
    Packet { descriptions: document.descendants().filter(is_description).collect() }.metadata()
}

struct Packet<'a> {
    descriptions: Vec<Node<'a, 'a>>,
}

impl Packet<'_> {
    fn metadata(&self) -> Metadata {
        let taken = [(EXIF, "DateTimeOriginal"), (PHOTOSHOP, "DateCreated"), (XMP, "CreateDate")];
        Metadata {
            taken_at: taken.iter().find_map(|(ns, name)| time::parse(&self.one(ns, name)?)),
            place: self.place(),
            camera: self.one(TIFF, "Model"),
            title: self.one(DC, "title").or_else(|| self.one(PHOTOSHOP, "Headline")),
            caption: self.one(DC, "description"),
            keywords: self.all(DC, "subject"),
            rights: self.rights(),
            ..Metadata::default()
        }
    }

    fn rights(&self) -> Rights {
        // An address that names a licence is surer than prose.
        let licence = [
            (CC, "license"),
            (XMP_RIGHTS, "WebStatement"),
            (XMP_RIGHTS, "UsageTerms"),
            (DC, "rights"),
        ];
        let found: Vec<String> =
            licence.iter().filter_map(|(ns, name)| self.one(ns, name)).collect();
        let named = found.iter().map(|t| rights::name_of(t)).zip(&found).find(|(n, t)| n != *t);
        // A web statement that names no licence is only a place to read on.
        let prose = || found.iter().find(|t| !t.starts_with("http")).or(found.first()).cloned();
        Rights {
            licence: named.map(|(name, _)| name).or_else(prose),
            author: self.authors().or_else(|| self.one(CC, "attributionName")),
            source: [
                (DC, "source"),
                (CC, "attributionURL"),
                (PHOTOSHOP, "Source"),
                (PHOTOSHOP, "Credit"),
            ]
            .iter()
            .find_map(|(ns, name)| self.one(ns, name)),
        }
    }

    fn authors(&self) -> Option<String> {
        clean(&self.all(DC, "creator").join(", "))
    }

    fn place(&self) -> Option<GeoPoint> {
        let latitude = degrees(&self.one(EXIF, "GPSLatitude")?, 'S', 90.0)?;
        let longitude = degrees(&self.one(EXIF, "GPSLongitude")?, 'W', 180.0)?;
        (latitude != 0.0 || longitude != 0.0).then_some(GeoPoint { latitude, longitude })
    }

    /// The plain value, the preferred language or the first member.
    fn one(&self, namespace: &str, name: &str) -> Option<String> {
        let attribute = |d: &Node| d.attribute((namespace, name)).and_then(clean);
        self.descriptions.iter().find_map(attribute).or_else(|| {
            let element = self.element(namespace, name)?;
            let members = members(element);
            let in_language = |wanted: &str| {
                members
                    .iter()
                    .find(|m| m.attribute((XML, "lang")).is_some_and(|l| l.starts_with(wanted)))
            };
            match in_language("x-default").or_else(|| in_language("en")).or(members.first()) {
                Some(member) => clean(member.text()?),
                None => element.attribute((RDF, "resource")).or(element.text()).and_then(clean),
            }
        })
    }

    /// Every member, without repetition.
    fn all(&self, namespace: &str, name: &str) -> Vec<String> {
        let members = self.element(namespace, name).map(members).unwrap_or_default();
        let mut texts: Vec<String> = members.iter().filter_map(|m| clean(m.text()?)).collect();
        if texts.is_empty() {
            texts.extend(self.one(namespace, name));
        }
        let mut seen = std::collections::HashSet::new();
        texts.retain(|text| seen.insert(text.clone()));
        texts
    }

    fn element(&self, namespace: &str, name: &str) -> Option<Node<'_, '_>> {
        let children = self.descriptions.iter().flat_map(|d| d.children());
        children.into_iter().find(|c| c.has_tag_name((namespace, name)))
    }
}

fn members<'a>(property: Node<'a, 'a>) -> Vec<Node<'a, 'a>> {
    property.descendants().filter(|n| n.has_tag_name((RDF, "li"))).collect()
}

/// XMP's `48,51.396N` or `48,51,24N`.
fn degrees(text: &str, negative: char, most: f64) -> Option<f64> {
    let side = text.chars().last()?.to_ascii_uppercase();
    let numbers = text.get(..text.len() - side.len_utf8())?;
    let parts: Option<Vec<f64>> = numbers.split(',').map(|p| p.trim().parse().ok()).collect();
    let sum: f64 = parts?.iter().zip([1.0, 60.0, 3600.0]).map(|(part, unit)| part / unit).sum();
    let value = if side == negative { -sum } else { sum };
    (sum.is_finite() && (0.0..=most).contains(&sum)).then_some(value)
}
