//! `kinora search`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::civil::Date;
use kinora_engine::{Kind, SearchRequest};
use kinora_types::CameraMotion;

use super::{LibraryArg, seconds, unit_interval};

#[derive(Args)]
#[command(group = clap::ArgGroup::new("question").required(true).multiple(true))]
pub(crate) struct SearchArgs {
    /// What to look for.
    #[arg(group = "question")]
    pub text: Option<String>,
    /// Look for pictures like this one; may be given several times.
    #[arg(long, value_name = "FILE", group = "question")]
    pub like: Vec<PathBuf>,
    /// What `--like` compares: what is shown, or how it moves.
    #[arg(long, value_enum, default_value_t = By::Content, requires = "like", conflicts_with_all = ["text", "minus"])]
    pub by: By,
    /// Weight of the words against the pictures where both are given, 0 to 1.
    #[arg(long, value_name = "W", default_value_t = SearchRequest::default().text_weight, value_parser = unit_interval)]
    pub text_weight: f32,
    /// What the pictures shall not show.
    #[arg(long, value_name = "TEXT")]
    pub minus: Option<String>,
    /// Taken on this day or later.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub after: Option<Date>,
    /// Taken on this day or earlier.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub before: Option<Date>,
    /// Taken near a place: a city's name in any language, or `LATITUDE,LONGITUDE`.
    #[arg(long, value_name = "PLACE", allow_hyphen_values = true)]
    pub near: Option<String>,
    /// How near, in kilometres.
    #[arg(long, value_name = "KM", default_value_t = 25.0, requires = "near")]
    pub within: f64,
    /// Pictures alone, videos alone, or recordings alone.
    #[arg(long = "type", value_enum, value_name = "TYPE")]
    pub kind: Option<KindArg>,
    /// Under this licence, e.g. `CC0` or `CC BY`; may be given several times.
    #[arg(long, value_name = "NAME")]
    pub licence: Vec<String>,
    /// Videos and recordings of at least so many seconds.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub longer: Option<f64>,
    /// Videos and recordings of at most so many seconds.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub shorter: Option<f64>,
    /// Only where somebody speaks.
    #[arg(long)]
    pub speech: bool,
    /// Only where this language is spoken, as two letters: `en`.
    #[arg(long, value_name = "LANGUAGE")]
    pub language: Option<String>,
    /// Only shots in which the camera does this.
    #[arg(long, value_enum, value_name = "MOTION")]
    pub camera: Option<CameraArg>,
    /// At most so many pictures.
    #[arg(long, value_name = "N", default_value_t = SearchRequest::default().limit as u16, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub limit: u16,
    /// Prefer pictures that differ from each other: 0 not at all, 1 above all.
    #[arg(long, value_name = "D", value_parser = unit_interval)]
    pub diversity: Option<f32>,
    /// Search the pictures alone, not the words that files and people gave them.
    #[arg(long)]
    pub dense_only: bool,
    /// Keep near-duplicates.
    #[arg(long)]
    pub keep_duplicates: bool,
    /// Show how the answer came about.
    #[arg(long)]
    pub explain: bool,
    /// Show the pictures as a contact sheet in the browser.
    #[arg(long)]
    pub open: bool,
    /// Write the contact sheet to a file.
    #[arg(long, value_name = "FILE.html")]
    pub sheet: Option<PathBuf>,
    #[command(flatten)]
    pub library: LibraryArg,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum By {
    Content,
    Motion,
}

/// A [`CameraMotion`] by its name.
#[derive(Clone, Copy)]
pub(crate) struct CameraArg(pub CameraMotion);

impl ValueEnum for CameraArg {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: [CameraArg; CameraMotion::ALL.len()] = {
            let mut all = [CameraArg(CameraMotion::Static); CameraMotion::ALL.len()];
            let mut i = 0;
            while i < all.len() {
                all[i] = CameraArg(CameraMotion::ALL[i]);
                i += 1;
            }
            all
        };
        &ALL
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.0.name()))
    }
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum KindArg {
    Picture,
    Video,
    Audio,
}

impl From<KindArg> for Kind {
    fn from(kind: KindArg) -> Self {
        match kind {
            KindArg::Picture => Self::Picture,
            KindArg::Video => Self::Video,
            KindArg::Audio => Self::Audio,
        }
    }
}
