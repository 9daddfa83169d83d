//! `kinora make`, `verify` and `films`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use kinora_engine::Kind;
use kinora_types::Size;

use super::{LibraryArg, seconds};

/// What a film can show.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum SeenArg {
    Picture,
    Video,
}

impl From<SeenArg> for Kind {
    fn from(kind: SeenArg) -> Self {
        match kind {
            SeenArg::Picture => Self::Picture,
            SeenArg::Video => Self::Video,
        }
    }
}

/// Over the options of what shots show.
const SOURCES: &str = "What the shots show";
/// Over the options of how a film looks and sounds.
const LOOK: &str = "Look and sound";

#[derive(Args)]
pub(crate) struct MakeArgs {
    /// The brief: text, or a Markdown or TOML file with one entry a shot.
    pub brief: String,
    /// The film.
    #[arg(short, long, value_name = "FILE.mp4", required_unless_present = "dry_run")]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    pub library: LibraryArg,
    /// Length in seconds [default: 30, or what the shots of the brief state].
    #[arg(long, value_parser = seconds)]
    pub seconds: Option<f64>,
    /// Frame size.
    #[arg(long, default_value = "1280x720", group = "shape", help_heading = LOOK)]
    pub size: Size,
    /// Upright, 720x1280.
    #[arg(long, group = "shape", help_heading = LOOK)]
    pub vertical: bool,
    /// Square, 1080x1080.
    #[arg(long, group = "shape", help_heading = LOOK)]
    pub square: bool,
    /// Frames a second.
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=120), help_heading = LOOK)]
    pub fps: u32,
    /// A shot (name or number) must show this picture or video (content hash, file name or path), of a video
    /// with `@01:05-01:12` that stretch.
    #[arg(long, value_name = "SHOT=ASSET", help_heading = SOURCES)]
    pub pin: Vec<String>,
    /// Use pictures alone, or videos alone.
    #[arg(long = "type", value_enum, value_name = "TYPE", help_heading = SOURCES)]
    pub kind: Option<SeenArg>,
    /// Use only sources under this licence, e.g. `CC0` or `CC BY`; may be given several times.
    #[arg(long, value_name = "NAME", help_heading = SOURCES)]
    pub licence: Vec<String>,
    /// What makes the shots: a camera that moves over pictures (videos are shown as they are), or a text-to-video model
    /// that follows the motion of the library's videos.
    #[arg(long, value_enum, default_value_t = GeneratorArg::CameraMove, value_name = "NAME", help_heading = SOURCES)]
    pub generator: GeneratorArg,
    /// Folder of the text-to-video model, for `--generator ragme`: as diffusers saves it, the controller in `ragme`.
    #[arg(long, value_name = "DIR", help_heading = SOURCES)]
    pub model: Option<PathBuf>,
    /// Leave out shots that no picture fits, instead of refusing the film.
    #[arg(long, help_heading = SOURCES)]
    pub allow_gaps: bool,
    /// Between shots.
    #[arg(long, value_enum, default_value_t = TransitionArg::Crossfade, help_heading = LOOK)]
    pub transition: TransitionArg,
    /// The clips' own sound [default: as the brief says, else keep].
    #[arg(long, value_enum, help_heading = LOOK)]
    pub sound: Option<SoundArg>,
    /// The trembling of clips that were held in a hand [default: as the brief says, else auto].
    #[arg(long = "steady", value_name = "STEADY", value_enum, help_heading = LOOK)]
    pub stabilisation: Option<StabilisationArg>,
    /// Show no captions.
    #[arg(long, help_heading = LOOK)]
    pub no_captions: bool,
    /// Font of titles and captions (TTF or OTF) [default: DejaVu Sans].
    #[arg(long, value_name = "FILE", help_heading = LOOK)]
    pub font: Option<PathBuf>,
    /// Seed of every free choice.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Only plan: write the storyboard as HTML beside the output, or as JSON with `--json`.
    #[arg(long)]
    pub dry_run: bool,
    /// Overwrite the film if it exists.
    #[arg(long)]
    pub force: bool,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum TransitionArg {
    /// Half a second of both.
    Crossfade,
    /// None.
    Cut,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum SoundArg {
    /// Heard, but where a shot of the brief is muted.
    Keep,
    /// Not heard, whatever the brief says.
    Mute,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum StabilisationArg {
    /// Smoothed where it is seen, but where a shot of the brief says `off`.
    Auto,
    /// Left as it is, whatever the brief says.
    Off,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GeneratorArg {
    /// Over pictures.
    CameraMove,
    /// RAGME: retrieval-augmented text-to-video.
    Ragme,
}

#[derive(Args)]
pub(crate) struct VerifyArgs {
    /// The film.
    pub film: PathBuf,
    /// The library it was made from [default: the one that its record names, else `default`].
    #[arg(long, value_name = "NAME")]
    pub library: Option<String>,
}

#[derive(Args)]
pub(crate) struct FilmsArgs {
    #[command(flatten)]
    pub library: LibraryArg,
    /// Only films that show this picture (content hash, file name or path).
    #[arg(long, value_name = "ASSET")]
    pub using: Option<String>,
}
