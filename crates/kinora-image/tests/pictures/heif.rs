//! Boxes of HEIF files, put together and changed.

pub(crate) fn boxed(kind: &[u8], content: &[u8]) -> Vec<u8> {
    [&(content.len() as u32 + 8).to_be_bytes(), kind, content].concat()
}

fn place(file: &[u8], kind: &[u8; 4]) -> usize {
    file.windows(4).position(|w| w == kind).unwrap() - 4
}

fn long(file: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(file[at..at + 4].try_into().unwrap())
}

fn add(file: &mut [u8], at: usize, more: usize) {
    let sum = long(file, at) + more as u32;
    file[at..at + 4].copy_from_slice(&sum.to_be_bytes());
}

/// The content of the first box of this kind.
pub(crate) fn content<'f>(file: &'f [u8], kind: &[u8; 4]) -> &'f [u8] {
    let at = place(file, kind);
    &file[at + 8..at + long(file, at) as usize]
}

/// A file of one item, turned (`irot`) and mirrored (`imir`).
pub(crate) fn turned(file: &[u8], turns: u8, mirror: Option<u8>) -> Vec<u8> {
    let mut file = file.to_vec();
    let ipco = place(&file, b"ipco");
    let mut count = 0;
    let mut at = ipco + 8;
    let end = ipco + long(&file, ipco) as usize;
    while at < end {
        at += long(&file, at) as usize;
        count += 1;
    }
    let mut properties = boxed(b"irot", &[turns]);
    let mut indices = vec![(count + 1) | 0x80];
    if let Some(axis) = mirror {
        properties.extend(boxed(b"imir", &[axis]));
        indices.push((count + 2) | 0x80);
    }
    let ipma = place(&file, b"ipma");
    let more = properties.len() + indices.len();
    for parent in [b"iprp", b"meta"] {
        let at = place(&file, parent);
        add(&mut file, at, more);
    }
    add(&mut file, ipco, properties.len());
    add(&mut file, ipma, indices.len());
    file[ipma + 18] += indices.len() as u8;
    let iloc = place(&file, b"iloc");
    // Offsets of four bytes; a base of four bytes stands before the first, if there is one.
    let base = usize::from(file[iloc + 13] >> 4);
    add(&mut file, iloc + 22 + base, more);
    let last = ipma + long(&file, ipma) as usize - indices.len();
    file.splice(last..last, indices);
    file.splice(end..end, properties);
    file
}

/// A grid of `columns` by `rows` times the same coded picture of 64x48.
pub(crate) struct Grid<'f> {
    /// An AVIF of one item, whose picture and configuration make the tiles.
    pub tile: &'f [u8],
    /// Another one for their opacity, its picture and its configuration.
    pub alpha: Option<(&'f [u8], &'f [u8])>,
    pub columns: usize,
    pub rows: usize,
    pub canvas: (u16, u16),
}

impl Grid<'_> {
    /// Items: 1 the grid, 2 its tile, 3 the grid of opacity, 4 its tile.
    pub(crate) fn file(&self) -> Vec<u8> {
        let full = |content: &[u8]| [&[0; 4], content].concat();
        let descriptor = [
            &[0, 0, self.rows as u8 - 1, self.columns as u8 - 1][..],
            &self.canvas.0.to_be_bytes(),
            &self.canvas.1.to_be_bytes(),
        ]
        .concat();
        let mut data = vec![descriptor.clone(), content(self.tile, b"mdat").to_vec()];
        if let Some((picture, _)) = self.alpha {
            data.extend([descriptor, picture.to_vec()]);
        }
        let entry = |(i, kind): (usize, &&[u8; 4])| {
            boxed(b"infe", &[&[2, 0, 0, 0, 0, i as u8 + 1, 0, 0][..], *kind, &[0]].concat())
        };
        let kinds: Vec<&[u8; 4]> = [b"grid", b"av01", b"grid", b"av01"][..data.len()].to_vec();
        let entries: Vec<u8> = kinds.iter().enumerate().flat_map(entry).collect();
        let iinf = [&full(&[0, data.len() as u8])[..], &entries].concat();
        let tiles = (self.columns * self.rows) as u16;
        let refer = |from: u8, to: u8| {
            let to: Vec<u8> = (0..tiles).flat_map(|_| [0, to]).collect();
            boxed(b"dimg", &[&[0, from][..], &tiles.to_be_bytes(), &to].concat())
        };
        let mut iref = full(&refer(1, 2));
        if self.alpha.is_some() {
            iref.extend([refer(3, 4), boxed(b"auxl", &[0, 3, 0, 1, 0, 1])].concat());
        }
        let parts = [
            boxed(b"pitm", &full(&[0, 1])),
            boxed(b"iinf", &iinf),
            boxed(b"iref", &iref),
            boxed(b"iprp", &self.properties(data.len() as u8)),
        ];
        let start = boxed(b"ftyp", b"avif\0\0\0\0avifmif1miaf");
        let located = 16 + 14 * data.len();
        let body = 12 + parts.iter().map(Vec::len).sum::<usize>() + located;
        let mut offset = start.len() + body + 8;
        let mut iloc = [&[0, 0, 0, 0, 0x44, 0, 0][..], &[data.len() as u8]].concat();
        for (i, piece) in data.iter().enumerate() {
            iloc.extend([0, i as u8 + 1, 0, 0, 0, 1]);
            iloc.extend((offset as u32).to_be_bytes());
            iloc.extend((piece.len() as u32).to_be_bytes());
            offset += piece.len();
        }
        let meta = [&[0; 4][..], &parts.concat(), &boxed(b"iloc", &iloc)].concat();
        [start, boxed(b"meta", &meta), boxed(b"mdat", &data.concat())].concat()
    }

    /// Properties: 1 canvas, 2 tile, 3 and 4 configurations, 5 what opacity is, 6 colours.
    fn properties(&self, items: u8) -> Vec<u8> {
        let size = |w: u16, h: u16| {
            boxed(b"ispe", &[&[0; 6][..], &w.to_be_bytes(), &[0, 0], &h.to_be_bytes()].concat())
        };
        let config = content(self.tile, b"av1C");
        let alpha = b"\0\0\0\0urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0";
        let ipco = [
            size(self.canvas.0, self.canvas.1),
            size(64, 48),
            boxed(b"av1C", config),
            boxed(b"av1C", self.alpha.map_or(config, |(_, config)| config)),
            boxed(b"auxC", alpha),
            boxed(b"colr", content(self.tile, b"colr")),
        ];
        let of = [&[1, 2, 1, 6][..], &[2, 2, 2, 3], &[3, 2, 1, 5], &[4, 2, 2, 4]];
        let of = of[..items.into()].iter().flat_map(|entry| [&[0], *entry].concat());
        let ipma = [&[0; 7][..], &[items], &of.collect::<Vec<u8>>()].concat();
        [boxed(b"ipco", &ipco.concat()), boxed(b"ipma", &ipma)].concat()
    }
}
