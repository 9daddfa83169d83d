//! A shelf of real picture files with made-up scores, in place of a library: what it does not cover
//! is the search itself, which has tests of its own.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

use kinora_film::{Found, SourceError, SourceFinder, grouped, open_source, open_video};
use kinora_inference::{Reference, ShotGenerator};
use kinora_render::{RenderError, fixtures::typesetter};
use kinora_types::{
    Asset, AssetId, Basis, Candidate, Captioning, ContentHash, Control, EmbeddingSpace, FilmRecord,
    FilmSpec, Fit, Hit, Moment, NoFit, Picture, RejectReason, Rights, Scores, Size, Storyboard,
    TimeRange, Transition,
};
use kinora_video::{VideoFile, fixtures::ffmpeg};

pub(crate) const THRESHOLD: f32 = 0.5;

/// Pictures and what they score for a prompt.
#[derive(Default)]
pub(crate) struct Shelf {
    pub assets: Vec<Asset>,
    pub scores: HashMap<String, Vec<f32>>,
    pub alike: Vec<(usize, usize)>,
}

impl Shelf {
    /// Writes a picture of one colour with a lighter middle and puts it on the shelf.
    pub(crate) fn put(&mut self, folder: &Path, name: &str, size: (u32, u32), colour: [u8; 3]) {
        let path = folder.join(name);
        let mut picture = image::RgbImage::from_pixel(size.0, size.1, image::Rgb(colour));
        for y in size.1 / 3..size.1 * 2 / 3 {
            for x in size.0 / 3..size.0 * 2 / 3 {
                picture.put_pixel(x, y, image::Rgb(colour.map(|c| c.saturating_add(40))));
            }
        }
        picture.save(&path).unwrap();
        self.shelve(&path, size, None);
    }

    /// Writes a video of red for three seconds, blue for three, and puts it on the shelf; the red is
    /// what every search finds in it.
    pub(crate) fn put_video(&mut self, folder: &Path, name: &str) {
        let path = folder.join(name);
        let made = std::process::Command::new(ffmpeg().path)
            .args(["-y", "-loglevel", "error", "-f", "lavfi", "-i"])
            .arg(
                "color=c=red:s=160x160:r=25:d=3[a];color=c=blue:s=160x160:r=25:d=3[b];[a][b]concat",
            )
            .args(["-c:v", "libx264", "-pix_fmt", "yuv420p"])
            .arg(&path)
            .status()
            .unwrap();
        assert!(made.success());
        self.shelve(&path, (160, 160), Some(6000));
    }

    /// Writes a video with sound: every second it turns white, and beeps, for a tenth.
    pub(crate) fn put_clock(&mut self, folder: &Path, name: &str, size: (u32, u32), seconds: u32) {
        let path = folder.join(name);
        let (width, height) = size;
        let picture = format!(
            "color=c=0x303030:s={width}x{height}:r=25:d={seconds},format=yuv420p,\
             drawbox=color=white:t=fill:enable='lt(mod(t+0.001,1),0.1)'"
        );
        let beep =
            format!("aevalsrc='0.5*lt(mod(t,1),0.1)*sin(2*PI*1000*t)|0':s=48000:d={seconds}");
        let made = std::process::Command::new(ffmpeg().path)
            .args(["-y", "-loglevel", "error", "-f", "lavfi", "-i", &picture])
            .args(["-f", "lavfi", "-i", &beep, "-c:v", "libx264", "-preset", "ultrafast"])
            .args(["-c:a", "aac", "-b:a", "192k"])
            .arg(&path)
            .status()
            .unwrap();
        assert!(made.success());
        self.shelve(&path, size, Some(u64::from(seconds) * 1000));
    }

    /// Writes a video of five seconds of a still picture in a shaking hand.
    pub(crate) fn put_shaky(&mut self, folder: &Path, name: &str) {
        let path = folder.join(name);
        let picture = "testsrc2=s=480x300:r=25:d=0.04,loop=124:1:0,setpts=N/25/TB,gblur=sigma=1,\
                       crop=400:226:x='40+5*sin(n*0.7)+3*sin(n*1.3)':y='36+4*sin(n*0.9+1)'";
        let made = std::process::Command::new(ffmpeg().path)
            .args(["-y", "-loglevel", "error", "-f", "lavfi", "-i", picture])
            .args(["-c:v", "libx264", "-pix_fmt", "yuv420p"])
            .arg(&path)
            .status()
            .unwrap();
        assert!(made.success());
        self.shelve(&path, (400, 226), Some(5000));
    }

    /// Writes a video of six seconds with a tone at full scale.
    pub(crate) fn put_tone(&mut self, folder: &Path, name: &str, pitch: u32) {
        let path = folder.join(name);
        let tone =
            format!("aevalsrc='0.99*sin(2*PI*{pitch}*t)|0.99*sin(2*PI*{pitch}*t)':s=48000:d=6");
        let made = std::process::Command::new(ffmpeg().path)
            .args([
                "-y",
                "-loglevel",
                "error",
                "-f",
                "lavfi",
                "-i",
                "color=c=teal:s=160x90:r=25:d=6",
            ])
            .args(["-f", "lavfi", "-i", &tone, "-c:v", "libx264", "-c:a", "aac", "-b:a", "256k"])
            .arg(&path)
            .status()
            .unwrap();
        assert!(made.success());
        self.shelve(&path, (160, 90), Some(6000));
    }

    fn shelve(&mut self, path: &Path, size: (u32, u32), duration_ms: Option<u64>) {
        let bytes = std::fs::read(path).unwrap();
        self.assets.push(Asset {
            id: AssetId(ContentHash::of(&bytes)),
            size: Some(Size { width: size.0, height: size.1 }),
            bytes: bytes.len() as u64,
            format: path.extension().unwrap().to_string_lossy().into_owned(),
            paths: vec![path.to_string_lossy().into_owned()],
            taken_at: None,
            date_basis: None,
            place: None,
            camera: None,
            title: None,
            caption: None,
            keywords: vec![],
            rights: Rights::default(),
            duration_ms,
            added_at: "2026-11-21T12:00:00Z".parse().unwrap(),
        });
    }

    /// Scores of all pictures for a prompt, in the order they were put.
    pub(crate) fn rate(&mut self, prompt: &str, scores: &[f32]) {
        self.scores.insert(prompt.into(), scores.to_vec());
    }
}

fn red() -> Moment {
    Moment {
        range: TimeRange::new(0, 3000).unwrap(),
        best_ms: 1000,
        score: 0.9,
        by: Basis::Picture,
    }
}

impl SourceFinder for Shelf {
    fn find(&self, prompt: &str, limit: usize) -> Result<Found, SourceError> {
        let none = Vec::new();
        let scores = self.scores.get(prompt).unwrap_or(&none);
        let mut rated: Vec<(f32, &Asset)> = scores.iter().copied().zip(&self.assets).collect();
        rated.sort_by(|a, b| b.0.total_cmp(&a.0));
        let hit = |(i, (score, asset)): (usize, (f32, &Asset))| Hit {
            rank: i + 1,
            row: kinora_types::AssetRow(i as u64 + 1),
            asset: asset.clone(),
            scores: Scores { dense: Some(score), ..Scores::default() },
            fit: if score >= THRESHOLD { Fit::Look } else { Fit::No(NoFit::UnderThreshold) },
            near_duplicates: 0,
            matched_words: vec![],
            moments: asset.duration_ms.iter().map(|_| red()).collect(),
            passages: Vec::new(),
        };
        let best_score = rated.first().map(|(score, _)| *score);
        let hits = rated.into_iter().enumerate().map(hit);
        let (fitting, under): (Vec<Hit>, Vec<Hit>) = hits.partition(|hit| hit.fit.fits());
        let rejected =
            under.into_iter().map(|hit| Candidate { hit, rejected: RejectReason::UnderThreshold });
        Ok(Found {
            fitting: fitting.into_iter().take(limit).collect(),
            rejected: rejected.collect(),
            best_score,
            threshold: Some(THRESHOLD),
        })
    }

    fn pinned(&self, reference: &str) -> Result<Asset, SourceError> {
        let named = |asset: &&Asset| asset.label() == reference;
        let none = || SourceError::Pin(format!("no such picture in this library: `{reference}`"));
        self.assets.iter().find(named).cloned().ok_or_else(none)
    }

    fn groups(&self, assets: &[AssetId]) -> Result<Vec<usize>, SourceError> {
        let place = |id: &AssetId| self.assets.iter().position(|asset| asset.id == *id).unwrap();
        let places: Vec<usize> = assets.iter().map(place).collect();
        let alike = |a: usize, b: usize| {
            let pair = (places[a].min(places[b]), places[a].max(places[b]));
            self.alike.contains(&pair)
        };
        Ok(grouped(assets.len(), alike, &Control::default())?)
    }

    fn open(&self, asset: &Asset, side: u32) -> Result<Picture, SourceError> {
        open_source(asset, side, &Control::default())
    }

    fn video(&self, asset: &Asset) -> Result<VideoFile, SourceError> {
        open_video(&ffmpeg(), asset, &Control::default())
    }
}

pub(crate) fn spec(seconds: f64) -> FilmSpec {
    FilmSpec {
        size: Size { width: 320, height: 180 },
        fps: 12,
        seconds,
        transition: Transition::Crossfade(0.5),
        captions: Captioning::FromBrief,
        seed: 7,
        sound: None,
        stabilisation: None,
    }
}

pub(crate) fn origin() -> kinora_film::Origin {
    kinora_film::Origin {
        brief: "the brief".into(),
        library: "shelf".into(),
        library_revision: 1,
        space: EmbeddingSpace {
            name: "none".into(),
            revision: "1".into(),
            dimension: 1,
            normalised: false,
        },
        threshold: Some(THRESHOLD),
    }
}

/// Clips that generated shots follow, by prompt.
pub(crate) type Clips = BTreeMap<String, Vec<Reference>>;

/// Renders with the real ffmpeg; cancels once so many frames are done.
pub(crate) fn make(
    storyboard: &Storyboard,
    shelf: &Shelf,
    out: &Path,
    cancel_at: Option<u64>,
) -> Result<FilmRecord, kinora_film::FilmError> {
    let mut camera = kinora_film::CameraMoveGenerator;
    make_with(storyboard, shelf, (&mut camera, &Clips::new()), out, cancel_at)
}

/// As [`make`], with a generator and the clips that it follows.
pub(crate) fn make_with(
    storyboard: &Storyboard,
    shelf: &Shelf,
    (generator, clips): (&mut dyn ShotGenerator, &Clips),
    out: &Path,
    cancel_at: Option<u64>,
) -> Result<FilmRecord, kinora_film::FilmError> {
    let (control, ffmpeg) = (Control::default(), ffmpeg());
    let mut progress = |p: kinora_film::FilmProgress| {
        if Some(p.done) == cancel_at {
            control.cancel();
        }
    };
    let context = kinora_film::RenderContext {
        ffmpeg: &ffmpeg,
        typesetter: &mut typesetter(),
        generator,
        clips,
        sources: shelf,
        embedder: None,
        control: &control,
        progress: &mut progress,
        origin: &origin(),
    };
    kinora_film::render(storyboard, context, out)
}

/// All files of a folder by name.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap().flatten();
    let mut names: Vec<String> =
        entries.map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Mean luma of each frame's middle, as ffmpeg decodes the film, and the frames' raw planes.
pub(crate) fn decoded(film: &Path) -> Vec<Vec<u8>> {
    let output = std::process::Command::new(ffmpeg().path)
        .args(["-loglevel", "error", "-i"])
        .arg(film)
        .args(["-f", "rawvideo", "-pix_fmt", "yuv420p", "pipe:1"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout.chunks_exact(320 * 180 * 3 / 2).map(<[u8]>::to_vec).collect()
}

/// Mean luma of every frame of a film of any size.
pub(crate) fn light_of(film: &Path) -> Vec<u8> {
    let output = std::process::Command::new(ffmpeg().path)
        .args(["-loglevel", "error", "-i"])
        .arg(film)
        .args(["-vf", "scale=1:1:flags=area,format=gray", "-f", "rawvideo", "pipe:1"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// The film's sound as ffmpeg decodes it, left channel at 48 kHz; `None` if it has no sound track.
pub(crate) fn sound_of(film: &Path) -> Option<Vec<f32>> {
    let output = std::process::Command::new(ffmpeg().path)
        .args(["-loglevel", "error", "-i"])
        .arg(film)
        .args(["-map", "0:a", "-f", "f32le", "pipe:1"])
        .output()
        .unwrap();
    let sample = |bytes: &[u8]| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    output.status.success().then(|| output.stdout.chunks_exact(8).map(sample).collect())
}

/// Three pictures, one for each of the prompts `red`, `green` and `blue`.
pub(crate) fn primaries(folder: &Path) -> Shelf {
    let mut shelf = Shelf::default();
    shelf.put(folder, "red.png", (640, 400), [160, 20, 20]);
    shelf.put(folder, "green.png", (400, 640), [20, 160, 20]);
    shelf.put(folder, "blue.png", (500, 500), [20, 20, 160]);
    shelf.rate("red", &[0.9, 0.2, 0.1]);
    shelf.rate("green", &[0.1, 0.9, 0.2]);
    shelf.rate("blue", &[0.2, 0.1, 0.9]);
    shelf
}

pub(crate) fn is_missing_glyph(error: &kinora_film::FilmError) -> bool {
    matches!(error, kinora_film::FilmError::Words { source: RenderError::MissingGlyph { .. }, .. })
}

pub(crate) fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    (folder, path)
}
