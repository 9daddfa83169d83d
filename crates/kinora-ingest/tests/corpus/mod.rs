//! Awkward media, made on the spot: by the real ffmpeg, or out of its files byte by byte.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::{
    collections::HashMap, fmt, fs, ops::RangeInclusive, path::Path, process::Command,
    sync::LazyLock,
};

use kinora_video::fixtures::ffmpeg;

/// Where the bytes of a file come from.
#[derive(Clone, Copy)]
pub(crate) enum Source {
    /// Words for ffmpeg in front of the file's name; `RAW/` is the folder of [`RAW`].
    Made(&'static str),
    /// Out of the raw files.
    Forged(fn(&Raw) -> Vec<u8>),
    /// A file of `tests/fixtures`.
    Kept(&'static [u8]),
}

/// What the library must make of it. Lengths in milliseconds.
#[derive(Clone, Debug)]
pub(crate) enum Becomes {
    Picture(u32, u32),
    Video(u32, u32, RangeInclusive<u64>),
    /// A video that is in but was told to be damaged.
    Damaged(u32, u32, RangeInclusive<u64>),
    Audio(RangeInclusive<u64>),
    /// A failure with this in its message, and a hint.
    Fails(&'static str),
    /// Passed over without a word.
    Nothing,
}

impl Becomes {
    /// Whether the library has it.
    pub(crate) fn is_in(&self) -> bool {
        !matches!(self, Self::Fails(_) | Self::Nothing)
    }
}

pub(crate) type Row = (&'static str, Source, Becomes);

/// Files that others are forged from: two seconds, or one picture. The same bytes on every machine, as a
/// cut that falls between two packets could not be told.
const RAW: [(&str, &str); 13] = [
    ("end.mp4", "-c:v libx264 -threads 1 -bitexact"),
    ("front.mp4", "-c:v libx264 -threads 1 -bitexact -movflags +faststart"),
    ("pieces.mp4", "-c:v libx264 -threads 1 -bitexact -movflags frag_keyframe+empty_moov"),
    ("film.mkv", "-c:v libx264 -threads 1 -bitexact"),
    ("film.ts", "-c:v libx264 -g 10 -threads 1 -bitexact"),
    ("film.gif", "-r 5 -bitexact"),
    ("film.webp", "-r 5 -loop 0 -threads 1 -bitexact"),
    ("still.gif", "-frames:v 1 -bitexact"),
    ("still.webp", "-frames:v 1 -threads 1 -bitexact"),
    ("still.png", "-frames:v 1 -threads 1 -bitexact"),
    ("still.jpg", "-frames:v 1 -threads 1 -bitexact"),
    ("tone.mp3", "-map 1 -bitexact"),
    ("tone.wav", "-map 1 -bitexact"),
];

/// The raw files by name.
pub(crate) struct Raw(HashMap<&'static str, Vec<u8>>);

impl Raw {
    fn make(folder: &Path) -> Self {
        let input = "-f lavfi -i testsrc2=s=160x120:r=25:d=2 -f lavfi -i sine=d=2";
        let made = RAW.map(|(name, arguments)| {
            let one = if arguments.contains("-map") { "" } else { "-map 0" };
            make(&format!("{input} {one} {arguments}"), folder, &folder.join(name));
            (name, fs::read(folder.join(name)).unwrap())
        });
        Self(made.into())
    }

    pub(crate) fn get(&self, name: &str) -> Vec<u8> {
        self.0[name].clone()
    }

    /// So many hundredths of it.
    pub(crate) fn part(&self, name: &str, hundredths: usize) -> Vec<u8> {
        let whole = &self.0[name];
        whole[..whole.len() * hundredths / 100].to_vec()
    }

    pub(crate) fn first(&self, name: &str, bytes: usize) -> Vec<u8> {
        self.0[name][..bytes].to_vec()
    }

    pub(crate) fn but_last_byte(&self, name: &str) -> Vec<u8> {
        self.first(name, self.0[name].len() - 1)
    }

    /// As much as stands in front of these bytes.
    pub(crate) fn before(&self, name: &str, mark: &[u8]) -> Vec<u8> {
        self.first(name, find(&self.0[name], mark))
    }

    /// With some bytes written over those behind a mark.
    pub(crate) fn over(&self, name: &str, mark: &[u8], bytes: &[u8]) -> Vec<u8> {
        let mut whole = self.get(name);
        let at = find(&whole, mark) + mark.len();
        whole[at..at + bytes.len()].copy_from_slice(bytes);
        whole
    }

    /// With nothing but zeros between two hundredths.
    pub(crate) fn hole(&self, name: &str, from: usize, to: usize) -> Vec<u8> {
        let mut whole = self.get(name);
        let at = |hundredths| whole.len() * hundredths / 100;
        let (from, to) = (at(from), at(to));
        whole[from..to].fill(0);
        whole
    }

    /// Other bytes with the same meaning: a last box that readers pass over (ISO 14496-12, `free`).
    pub(crate) fn copy(&self, number: u8) -> Vec<u8> {
        [&self.0["end.mp4"][..], b"\0\0\0\x09free", &[number]].concat()
    }
}

fn find(whole: &[u8], mark: &[u8]) -> usize {
    whole.windows(mark.len()).position(|window| window == mark).unwrap()
}

/// A ZIP archive of one stored, empty file called `a`, without a checksum worth the name.
pub(crate) fn zip() -> Vec<u8> {
    let local = [&b"PK\x03\x04\x0a"[..], &[0; 21], b"\x01\0\0\0a"].concat();
    let central = [&b"PK\x01\x02\x0a\0\x0a"[..], &[0; 21], b"\x01", &[0; 17], b"a"].concat();
    let sizes = [(central.len() as u32).to_le_bytes(), (local.len() as u32).to_le_bytes()].concat();
    let end = [&b"PK\x05\x06\0\0\0\0\x01\0\x01\0"[..], &sizes, &[0; 2]].concat();
    [local, central, end].concat()
}

/// Bytes without any meaning, the same every time.
pub(crate) fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 24) as u8
    };
    (0..length).map(|_| next()).collect()
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Made(arguments) => f.write_str(arguments),
            Self::Forged(_) => f.write_str("forged"),
            Self::Kept(_) => f.write_str("kept"),
        }
    }
}

/// Writes one file for each row.
pub(crate) fn write(rows: &[Row], raw_folder: &Path, folder: &Path) {
    fs::write(raw_folder.join("words.srt"), "1\n00:00:00,000 --> 00:00:01,000\nHello\n").unwrap();
    let raw = Raw::make(raw_folder);
    for (name, source, _) in rows {
        match source {
            Source::Made(arguments) => make(arguments, raw_folder, &folder.join(name)),
            Source::Forged(forge) => fs::write(folder.join(name), forge(&raw)).unwrap(),
            Source::Kept(bytes) => fs::write(folder.join(name), bytes).unwrap(),
        }
    }
}

static FFMPEG: LazyLock<kinora_video::FFmpeg> = LazyLock::new(ffmpeg);

fn make(arguments: &str, raw: &Path, path: &Path) {
    let inside = |word: &str| word.replace("RAW/", &format!("{}/", raw.display()));
    let made = Command::new(&FFMPEG.path)
        .args(["-nostdin", "-y", "-loglevel", "error"])
        .args(arguments.split_whitespace().map(inside))
        .arg(path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&made.stderr);
    assert!(made.status.success() && path.is_file(), "{}: {said}", path.display());
}
