//! Filters of `kinora search` and `list`.

use std::path::{Component, Path, PathBuf};

use clap::{Args, ValueEnum};
use kinora_engine::{Filter, Kind, Place};
use kinora_types::{CameraMotion, Days};

use super::seconds;

/// Conditions that all must hold.
#[derive(Args)]
#[command(next_help_heading = "Filters")]
pub(crate) struct FilterArgs {
    /// Taken on this day or later: a day, a month or a year.
    #[arg(long, value_name = "YYYY[-MM[-DD]]")]
    pub after: Option<Days>,
    /// Taken on this day or earlier; a month or a year counts to its end.
    #[arg(long, value_name = "YYYY[-MM[-DD]]")]
    pub before: Option<Days>,
    /// Taken on this day, in this month or in this year.
    #[arg(long, value_name = "YYYY[-MM[-DD]]", conflicts_with_all = ["after", "before"])]
    pub date: Option<Days>,
    /// Taken near a place: a city's name in any language, or `LATITUDE,LONGITUDE`.
    #[arg(long, value_name = "PLACE", allow_hyphen_values = true)]
    pub near: Option<String>,
    /// How near, in kilometres.
    #[arg(long, value_name = "KM", default_value_t = 25.0, requires = "near")]
    pub within: f64,
    /// Pictures alone, videos alone, or recordings alone.
    #[arg(long = "type", value_enum, value_name = "TYPE")]
    pub kind: Option<KindArg>,
    /// Below this folder: a path, or the name of a folder wherever it lies.
    #[arg(long, value_name = "DIR")]
    pub folder: Option<PathBuf>,
    /// With this tag or keyword, whoever gave it; may be given several times: all must be there.
    #[arg(long, value_name = "WORD")]
    pub tag: Vec<String>,
    /// With this in its title.
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    /// By this author: whole words of the name.
    #[arg(long, value_name = "NAME")]
    pub author: Option<String>,
    /// Under this licence, e.g. `CC0` or `CC BY`; may be given several times.
    #[arg(long, value_name = "NAME")]
    pub licence: Vec<String>,
    /// Taken with this camera or phone: whole words of maker and model.
    #[arg(long, value_name = "NAME")]
    pub camera_model: Option<String>,
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
}

impl FilterArgs {
    /// The place and how near to it.
    pub(crate) fn near(&self) -> Option<(Place, f64)> {
        self.near.as_deref().map(|place| (Place::parse(place), self.within))
    }

    /// The conditions but for the place.
    pub(crate) fn filter(&self) -> Filter {
        Filter {
            after: self.after.or(self.date).map(|days| days.first),
            before: self.before.or(self.date).map(|days| days.last),
            kind: self.kind.map(Into::into),
            folder: self.folder.as_deref().map(folder),
            tags: self.tag.clone(),
            title: self.title.clone(),
            author: self.author.clone(),
            licences: self.licence.clone(),
            camera_model: self.camera_model.clone(),
            at_least_ms: self.longer.map(milliseconds),
            at_most_ms: self.shorter.map(milliseconds),
            speech: self.speech.then_some(true),
            language: self.language.clone(),
            camera: self.camera.map(|camera| camera.0),
            ..Filter::default()
        }
    }

    /// Whether there is any condition.
    pub(crate) fn is_empty(&self) -> bool {
        self.near.is_none() && self.filter().is_open()
    }
}

/// The folder as it is stored, if it is one of this machine or begins like a path; else a name that may lie anywhere.
fn folder(path: &Path) -> String {
    let dots = matches!(path.components().next(), Some(Component::CurDir | Component::ParentDir));
    let found = match path.canonicalize() {
        Ok(found) => found,
        Err(_) if dots => std::path::absolute(path).unwrap_or_else(|_| path.to_owned()),
        Err(_) => path.to_owned(),
    };
    found.to_string_lossy().into_owned()
}

fn milliseconds(seconds: f64) -> u64 {
    (seconds * 1000.0).round() as u64
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
