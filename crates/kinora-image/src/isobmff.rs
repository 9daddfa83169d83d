//! The part of HEIF's container (ISO/IEC 14496-12, 23008-12) that still pictures need: items, their
//! bytes, their properties and how they refer to one another.
//!
//! Everything returns `None` on what breaks the rules; no length is trusted before it is checked
//! against the bytes at hand. Memory: borrowed from the file, but for items stored in pieces.

use std::{
    borrow::Cow,
    collections::{HashMap, hash_map::Entry},
};

/// A four-character code.
pub(super) type Code = [u8; 4];

/// Reads big-endian values off the front of a slice.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'a>(pub &'a [u8]);

impl<'a> Cursor<'a> {
    pub(super) fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(n)?;
        self.0 = tail;
        Some(head)
    }

    /// An unsigned number of 0 to 8 bytes.
    pub(super) fn uint(&mut self, bytes: usize) -> Option<u64> {
        Some(self.take(bytes)?.iter().fold(0, |sum, b| sum << 8 | u64::from(*b)))
    }

    fn u8(&mut self) -> Option<u8> {
        self.take(1).map(|b| b[0])
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.uint(2).map(|v| v as u16)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.uint(4).map(|v| v as u32)
    }

    fn code(&mut self) -> Option<Code> {
        self.take(4)?.try_into().ok()
    }

    /// Version and flags of a full box.
    fn version(&mut self) -> Option<(u8, u32)> {
        let word = self.u32()?;
        Some(((word >> 24) as u8, word & 0xff_ffff))
    }

    /// A text that ends with a zero byte.
    fn text(&mut self) -> Option<&'a [u8]> {
        let end = self.0.iter().position(|b| *b == 0)?;
        let text = self.take(end)?;
        self.take(1)?;
        Some(text)
    }

    /// The next box: its type and content.
    fn next_box(&mut self) -> Option<(Code, Cursor<'a>)> {
        let mut ahead = *self;
        let (length, code) = (ahead.u32()?, ahead.code()?);
        let (header, length) = match length {
            0 => (8, self.0.len()),
            1 => (16, usize::try_from(ahead.uint(8)?).ok()?),
            n => (8, n as usize),
        };
        let content = self.take(length)?.get(header..)?;
        Some((code, Cursor(content)))
    }

    pub(super) fn boxes(mut self) -> impl Iterator<Item = (Code, Cursor<'a>)> {
        std::iter::from_fn(move || self.next_box())
    }

    pub(super) fn find(self, code: &Code) -> Option<Cursor<'a>> {
        self.boxes().find(|(c, _)| c == code).map(|(_, content)| content)
    }
}

/// A stored thing: a coded picture, a grid of them, EXIF, XMP.
pub(super) struct Item<'a> {
    pub id: u32,
    pub kind: Code,
    /// MIME type of a `mime` item.
    pub mime: &'a [u8],
}

struct Location {
    /// 0: offsets into the file, 1: into `idat`.
    method: u8,
    extents: Vec<(u64, u64)>,
}

struct Reference {
    kind: Code,
    from: u32,
    to: Vec<u32>,
}

/// The `meta` box of a file. Items are looked up by their number: a file may have 65 535 tiles.
pub(super) struct Heif<'a> {
    file: &'a [u8],
    idat: &'a [u8],
    /// The picture to show.
    pub primary: u32,
    pub items: Vec<Item<'a>>,
    places: HashMap<u32, usize>,
    locations: HashMap<u32, Location>,
    references: HashMap<(u32, Code), Vec<u32>>,
    referring: HashMap<(u32, Code), Vec<u32>>,
    properties: Vec<(Code, Cursor<'a>)>,
    associations: HashMap<u32, Vec<usize>>,
}

impl<'a> Heif<'a> {
    /// Parses the container; `None` if it has no well-formed `meta` box.
    pub(super) fn parse(file: &'a [u8]) -> Option<Self> {
        let mut meta = Cursor(file).find(b"meta")?;
        meta.version()?;
        let iprp = meta.find(b"iprp")?;
        let items = items(meta.find(b"iinf")?)?;
        let (references, referring) = by_item(meta.find(b"iref").and_then(references));
        Some(Self {
            file,
            idat: meta.find(b"idat").map_or(&[], |c| c.0),
            primary: primary_item(meta.find(b"pitm")?)?,
            // Backwards, so that of two with the same number the first one stays.
            places: items.iter().enumerate().rev().map(|(at, item)| (item.id, at)).collect(),
            items,
            locations: locations(meta.find(b"iloc")?)?,
            references,
            referring,
            properties: iprp.find(b"ipco")?.boxes().collect(),
            associations: associations_of(iprp),
        })
    }

    pub(super) fn item(&self, id: u32) -> Option<&Item<'a>> {
        self.places.get(&id).and_then(|at| self.items.get(*at))
    }

    /// The item's bytes, its pieces joined.
    pub(super) fn bytes(&self, id: u32) -> Option<Cow<'a, [u8]>> {
        let location = self.locations.get(&id)?;
        let store = match location.method {
            0 => self.file,
            1 => self.idat,
            _ => return None,
        };
        let piece = |(offset, length): &(u64, u64)| {
            let tail = store.get(usize::try_from(*offset).ok()?..)?;
            if *length == 0 { Some(tail) } else { tail.get(..usize::try_from(*length).ok()?) }
        };
        if let [only] = location.extents.as_slice() {
            return piece(only).map(Cow::Borrowed);
        }
        let pieces: Option<Vec<_>> = location.extents.iter().map(piece).collect();
        let pieces = pieces?;
        // Overlapping pieces could name the same bytes many times over.
        let total: usize = pieces.iter().map(|p| p.len()).sum();
        (total <= store.len()).then(|| Cow::Owned(pieces.concat()))
    }

    /// Properties of an item in the order of association.
    pub(super) fn properties(&self, id: u32) -> impl Iterator<Item = (Code, Cursor<'a>)> + '_ {
        self.associations
            .get(&id)
            .into_iter()
            .flatten()
            .filter_map(|index| self.properties.get(index.checked_sub(1)?).copied())
    }

    pub(super) fn property(&self, id: u32, code: &Code) -> Option<Cursor<'a>> {
        self.properties(id).find(|(c, _)| c == code).map(|(_, content)| content)
    }

    /// Items that `from` refers to by references of this kind.
    pub(super) fn refers_to(&self, from: u32, kind: &Code) -> &[u32] {
        self.references.get(&(from, *kind)).map_or(&[], Vec::as_slice)
    }

    /// Items that refer to `to` by references of this kind.
    pub(super) fn referring(&self, to: u32, kind: &Code) -> impl Iterator<Item = u32> + '_ {
        self.referring.get(&(to, *kind)).into_iter().flatten().copied()
    }

    /// `ispe`: width and height before rotation.
    pub(super) fn size(&self, id: u32) -> Option<(u32, u32)> {
        let mut ispe = self.property(id, b"ispe")?;
        ispe.version()?;
        Some((ispe.u32()?, ispe.u32()?))
    }

    /// EXIF from its TIFF header on.
    pub(super) fn exif(&self) -> Option<Vec<u8>> {
        let item = self.items.iter().find(|item| &item.kind == b"Exif")?;
        let bytes = self.bytes(item.id)?;
        let mut cursor = Cursor(&bytes);
        let skip = cursor.u32()? as usize;
        cursor.take(skip)?;
        Some(cursor.0.to_vec())
    }

    /// The XMP packet.
    pub(super) fn xmp(&self) -> Option<Vec<u8>> {
        let item = self.items.iter().find(|item| item.mime == b"application/rdf+xml")?;
        self.bytes(item.id).map(Cow::into_owned)
    }
}

fn primary_item(mut pitm: Cursor) -> Option<u32> {
    match pitm.version()?.0 {
        0 => pitm.u16().map(u32::from),
        _ => pitm.u32(),
    }
}

fn items(mut iinf: Cursor<'_>) -> Option<Vec<Item<'_>>> {
    let wide = iinf.version()?.0 != 0;
    iinf.uint(if wide { 4 } else { 2 })?;
    let entries = iinf.boxes().filter(|(code, _)| code == b"infe");
    Some(entries.filter_map(|(_, content)| item(content)).collect())
}

fn item(mut infe: Cursor<'_>) -> Option<Item<'_>> {
    let version = infe.version()?.0;
    let id = match version {
        2 => infe.u16()?.into(),
        3 => infe.u32()?,
        _ => return None,
    };
    infe.u16()?;
    let kind = infe.code()?;
    infe.text();
    let mime = if &kind == b"mime" { infe.text().unwrap_or_default() } else { &[] };
    Some(Item { id, kind, mime })
}

fn locations(mut iloc: Cursor) -> Option<HashMap<u32, Location>> {
    let version = iloc.version()?.0;
    let sizes = iloc.u16()?;
    let nibble = |shift: u32| usize::from(sizes >> shift & 15);
    let (offset_size, length_size, base_size) = (nibble(12), nibble(8), nibble(4));
    let index_size = if version == 0 { 0 } else { nibble(0) };
    if [offset_size, length_size, base_size, index_size].iter().any(|s| *s > 8) {
        return None;
    }
    let id_size = if version < 2 { 2 } else { 4 };
    let count = iloc.uint(id_size)?;
    let mut locations = HashMap::new();
    for _ in 0..count {
        let id = iloc.uint(id_size)? as u32;
        let method = if version == 0 { 0 } else { (iloc.u16()? & 15) as u8 };
        iloc.u16()?;
        let base = iloc.uint(base_size)?;
        let mut extents = Vec::new();
        for _ in 0..iloc.u16()? {
            iloc.uint(index_size)?;
            let offset = iloc.uint(offset_size)?.checked_add(base)?;
            extents.push((offset, iloc.uint(length_size)?));
            // Every extent must have come out of the box, or a count alone could fill the memory.
            if offset_size + length_size + index_size == 0 && extents.len() > 1 {
                return None;
            }
        }
        locations.entry(id).or_insert(Location { method, extents });
    }
    Some(locations)
}

fn references(mut iref: Cursor) -> Option<Vec<Reference>> {
    let id_size = if iref.version()?.0 == 0 { 2 } else { 4 };
    let entries = iref.boxes().filter_map(|(kind, mut content)| {
        let from = content.uint(id_size)? as u32;
        let count = content.u16()?;
        let to =
            (0..count).map(|_| content.uint(id_size).map(|v| v as u32)).collect::<Option<_>>()?;
        Some(Reference { kind, from, to })
    });
    Some(entries.collect())
}

type ByItem = HashMap<(u32, Code), Vec<u32>>;

/// References from each item, and to each item.
fn by_item(all: Option<Vec<Reference>>) -> (ByItem, ByItem) {
    let (mut references, mut referring) = (ByItem::new(), ByItem::new());
    for Reference { kind, from, to } in all.unwrap_or_default() {
        for target in &to {
            referring.entry((*target, kind)).or_default().push(from);
        }
        if let Entry::Vacant(free) = references.entry((from, kind)) {
            free.insert(to);
        }
    }
    (references, referring)
}

/// Properties of every item, of all `ipma` boxes.
fn associations_of(iprp: Cursor) -> HashMap<u32, Vec<usize>> {
    let mut all: HashMap<u32, Vec<usize>> = HashMap::new();
    let boxes = iprp.boxes().filter(|(code, _)| code == b"ipma");
    for (item, indices) in boxes.filter_map(|(_, content)| associations(content)).flatten() {
        all.entry(item).or_default().extend(indices);
    }
    all
}

fn associations(mut ipma: Cursor) -> Option<Vec<(u32, Vec<usize>)>> {
    let (version, flags) = ipma.version()?;
    let count = ipma.u32()?;
    let mut all = Vec::new();
    for _ in 0..count {
        let item = ipma.uint(if version < 1 { 2 } else { 4 })? as u32;
        let number = ipma.u8()?;
        let index = |c: &mut Cursor| match flags & 1 {
            0 => c.u8().map(|v| usize::from(v & 0x7f)),
            _ => c.u16().map(|v| usize::from(v & 0x7fff)),
        };
        let indices: Option<Vec<_>> = (0..number).map(|_| index(&mut ipma)).collect();
        all.push((item, indices?));
    }
    Some(all)
}
