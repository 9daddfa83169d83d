//! A film of the given pictures, one shot each, for the bench and for looking at.
//!
//! `film_of_pictures FFMPEG FONT OUT.mp4 WIDTHxHEIGHT SECONDS [--words] PICTURE…` writes
//! the film, its record and its storyboard (`OUT.board.json`); with `--words` it has a title,
//! captions and credits, and the storyboard comes as a page too.

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
};

use kinora_film::{
    CameraMoveGenerator, Found, Origin, PlanOptions, RenderContext, SourceError, SourceFinder,
    open_source, plan, render, storyboard_html,
};
use kinora_image::{FULL_SIZE, Limits, decode_file};
use kinora_render::Typesetter;
use kinora_types::{
    Asset, AssetId, Brief, Captioning, ContentHash, Control, EmbeddingSpace, FilmSpec, Picture,
    Rights, Shot, ShotBrief, Transition,
};
use kinora_video::{FFmpeg, VideoFile};

/// The pictures of the command line.
struct Pictures(Vec<Asset>);

impl SourceFinder for Pictures {
    fn find(&self, _: &str, _: usize) -> Result<Found, SourceError> {
        Ok(Found::default())
    }

    fn pinned(&self, reference: &str) -> Result<Asset, SourceError> {
        let found = self.0.iter().find(|asset| asset.id.short() == reference);
        found.cloned().ok_or_else(|| SourceError::Pin(reference.to_owned()))
    }

    fn groups(&self, assets: &[AssetId]) -> Result<Vec<usize>, SourceError> {
        Ok((0..assets.len()).collect())
    }

    fn open(&self, asset: &Asset, side: u32) -> Result<Picture, SourceError> {
        open_source(asset, side, &Control::default())
    }

    fn video(&self, asset: &Asset) -> Result<VideoFile, SourceError> {
        Err(SourceError::Pin(format!("`{}` is no picture", asset.label())))
    }
}

fn asset(path: &Path) -> Result<Asset, Box<dyn Error>> {
    let decoded = decode_file(path, FULL_SIZE, &Limits::default())?;
    let bytes = fs::read(path)?;
    let path = fs::canonicalize(path)?;
    Ok(Asset {
        id: AssetId(ContentHash::of(&bytes)),
        size: Some(decoded.full_size),
        bytes: bytes.len() as u64,
        format: String::new(),
        paths: vec![path.to_string_lossy().into_owned()],
        taken_at: None,
        date_basis: None,
        place: None,
        camera: None,
        title: None,
        caption: None,
        keywords: vec![],
        rights: Rights {
            licence: Some("CC BY 4.0".into()),
            author: Some("A Photographer".into()),
            source: Some("https://example.org/a/rather/long/address/of/a/picture".into()),
        },
        duration_ms: None,
        added_at: "2026-01-01T00:00:00Z".parse()?,
    })
}

fn brief(pictures: &Pictures, words: bool) -> Brief {
    let shot = |(i, asset): (usize, &Asset)| ShotBrief {
        name: format!("shot-{}", i + 1),
        prompt: asset.label(),
        caption: words
            .then(|| format!("This is {}, and it has a caption to be read", asset.label())),
        pin: Some(asset.id.short()),
        ..ShotBrief::default()
    };
    Brief {
        title: words.then(|| "A journey through some pictures".into()),
        shots: pictures.0.iter().enumerate().map(shot).collect(),
        ..Brief::default()
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    let words = args.iter().position(|a| a == "--words").map(|i| args.remove(i)).is_some();
    let [ffmpeg, font, out, size, seconds, paths @ ..] = args.as_slice() else {
        return Err("FFMPEG FONT OUT.mp4 WIDTHxHEIGHT SECONDS PICTURE…".into());
    };
    let paths: Vec<&Path> = paths.iter().map(Path::new).collect();
    let assets = paths.into_iter().map(asset).collect::<Result<Vec<_>, _>>()?;
    let pictures = Pictures(if words {
        assets
    } else {
        let free = |asset| Asset { rights: Rights::default(), ..asset };
        assets.into_iter().map(free).collect()
    });
    let spec = FilmSpec {
        size: size.parse()?,
        fps: 24,
        seconds: seconds.parse()?,
        transition: Transition::Crossfade(0.7),
        captions: Captioning::FromBrief,
        seed: 1,
        sound: None,
        stabilisation: None,
    };
    let board = plan(&brief(&pictures, words), &spec, &PlanOptions::default(), &pictures)?;
    let out = PathBuf::from(out);
    fs::write(out.with_extension("board.json"), serde_json::to_string_pretty(&board)?)?;
    if words {
        let open =
            |_: &Shot, asset: &Asset, side: u32| open_source(asset, side, &Control::default()).ok();
        fs::write(out.with_extension("html"), storyboard_html(&board, &open))?;
    }
    let origin = Origin {
        brief: "pictures of the command line".into(),
        library: "none".into(),
        library_revision: 0,
        space: EmbeddingSpace {
            name: "none".into(),
            revision: "0".into(),
            dimension: 1,
            normalised: false,
        },
        threshold: None,
    };
    let context = RenderContext {
        ffmpeg: &FFmpeg::check(Path::new(ffmpeg))?,
        typesetter: &mut Typesetter::new(vec![fs::read(font)?])?,
        generator: &mut CameraMoveGenerator,
        clips: &std::collections::BTreeMap::new(),
        sources: &pictures,
        embedder: None,
        control: &Control::default(),
        progress: &mut |_| {},
        origin: &origin,
    };
    let record = render(&board, context, &out)?;
    println!("{}", record.encoder);
    Ok(())
}
