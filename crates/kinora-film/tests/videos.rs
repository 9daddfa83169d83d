//! What a film costs its sources: counted in runs of ffmpeg and in bytes that this thread reads.
//!
//! Not covered: films of a text-to-video model, whose clips the engine opens.

#![allow(dead_code, clippy::unwrap_used)]

mod shelf;

use std::fs;

use kinora_film::{
    BriefFormat, CameraMoveGenerator, Found, PlanOptions, RenderContext, SourceError, SourceFinder,
    SourceVideos, parse, plan, render,
};
use kinora_render::fixtures::typesetter;
use kinora_types::{Asset, AssetId, ContentHash, Control, Picture, ShotSound, Size};
use kinora_video::{VideoFile, fixtures::LoggedFFmpeg};
use shelf::{Shelf, folder, origin, primaries, spec};

/// Bytes behind the video, so that hashing it outweighs all else that is read.
const TAIL: u64 = 48 << 20;

/// A shelf whose videos are opened as those of a library are.
struct Counted {
    shelf: Shelf,
    videos: SourceVideos,
    logged: LoggedFFmpeg,
}

impl SourceFinder for Counted {
    fn find(&self, prompt: &str, limit: usize) -> Result<Found, SourceError> {
        self.shelf.find(prompt, limit)
    }

    fn pinned(&self, reference: &str) -> Result<Asset, SourceError> {
        self.shelf.pinned(reference)
    }

    fn groups(&self, assets: &[AssetId]) -> Result<Vec<usize>, SourceError> {
        self.shelf.groups(assets)
    }

    fn open(&self, asset: &Asset, side: u32) -> Result<Picture, SourceError> {
        self.shelf.open(asset, side)
    }

    fn video(&self, asset: &Asset) -> Result<VideoFile, SourceError> {
        self.videos.open(&self.logged.ffmpeg, asset, &Control::default())
    }
}

/// A shelf of pictures and one long video with sound.
fn counted(folder: &std::path::Path) -> Counted {
    let mut shelf = primaries(folder);
    shelf.put_clock(folder, "clock.mp4", (160, 90), 8);
    let clock = shelf.assets.last_mut().unwrap();
    let path = folder.join("clock.mp4");
    let bytes = fs::metadata(&path).unwrap().len() + TAIL;
    fs::File::options().append(true).open(&path).unwrap().set_len(bytes).unwrap();
    clock.id = AssetId(ContentHash::of(&fs::read(&path).unwrap()));
    clock.bytes = bytes;
    Counted { shelf, videos: SourceVideos::default(), logged: LoggedFFmpeg::new(folder) }
}

/// Bytes that this thread has read, children and other threads apart (proc(5)).
#[cfg(target_os = "linux")]
fn read_here() -> u64 {
    let told = fs::read_to_string("/proc/thread-self/io").unwrap();
    let line = told.lines().find_map(|line| line.strip_prefix("rchar: ")).unwrap();
    line.parse().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn a_video_is_hashed_and_probed_once_a_film() {
    let (_keep, folder) = folder();
    let sources = counted(&folder);
    let before = read_here();
    let text = "- one [pin: clock.mp4@00:00-00:03]\n- two [pin: clock.mp4@00:04-00:07]";
    let brief = parse(text, BriefFormat::Markdown, 6.0).unwrap();
    let film_spec = kinora_types::FilmSpec { size: Size { width: 64, height: 36 }, ..spec(6.0) };
    let board = plan(&brief, &film_spec, &PlanOptions::default(), &sources).unwrap();
    let control = Control::default();
    let context = RenderContext {
        ffmpeg: &kinora_video::fixtures::ffmpeg(),
        typesetter: &mut typesetter(),
        generator: &mut CameraMoveGenerator,
        clips: &std::collections::BTreeMap::new(),
        sources: &sources,
        embedder: None,
        control: &control,
        progress: &mut |_| (),
        origin: &origin(),
    };
    let record = render(&board, context, &folder.join("film.mp4")).unwrap();
    assert!(record.shots.iter().all(|shot| shot.sound == ShotSound::Kept), "{record:?}");
    let hashed = (read_here() - before) / TAIL;
    assert_eq!((hashed, sources.logged.probes()), (1, 1), "{:#?}", sources.logged.runs());
}

#[test]
fn a_video_that_changes_between_two_shots_is_told() {
    let (_keep, folder) = folder();
    let sources = counted(&folder);
    let clock = sources.pinned("clock.mp4").unwrap();
    sources.video(&clock).unwrap();
    sources.video(&clock).unwrap();
    assert_eq!(sources.logged.probes(), 1);
    let path = folder.join("clock.mp4");
    let mut bytes = fs::read(&path).unwrap();
    // The same length.
    *bytes.last_mut().unwrap() = 1;
    fs::write(&path, bytes).unwrap();
    let error = sources.video(&clock).unwrap_err();
    assert!(matches!(error, SourceError::Changed { .. }), "{error}");
}
