//! The command line: what can be asked for. Meanings are in the help texts, which users read.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::civil::Date;
use kinora_engine::{Kind, SearchRequest};
use kinora_types::{CameraMotion, PassageKind, Size};

/// Films and answers from your own pictures, with every frame accounted for.
///
/// Everything happens on this machine; nothing is sent anywhere, unless config.toml names a language
/// model's address, and nothing is downloaded but by `kinora models pull`.
#[derive(Parser)]
#[command(name = "kinora", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub command: Command,
    /// Folder of libraries, configuration and cache [default: the platform's data folder].
    #[arg(
        long,
        global = true,
        env = "KINORA_HOME",
        value_name = "DIR",
        hide_env_values = true,
        display_order = 900
    )]
    pub home: Option<PathBuf>,
    /// Print results as JSON.
    #[arg(long, global = true, display_order = 901)]
    pub json: bool,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Add pictures, videos and folders of them to a library.
    Add(AddArgs),
    /// Find pictures, and moments of videos, by words, by a picture, or by both.
    Search(SearchArgs),
    /// Show all that is known of one picture, video or recording.
    Show(ShowArgs),
    /// Correct what is known of one; your words win over those of models, now and later.
    Edit(EditArgs),
    /// Print what is said in a video or recording, of a library or any file.
    Transcript(TranscriptArgs),
    /// Answer a question from a library, each sentence with the picture or the second that it rests on.
    Ask(AskArgs),
    /// Talk about a library; conversations are kept in it.
    Chat(ChatArgs),
    /// Measure the search of a library with labelled queries.
    Eval(EvalArgs),
    /// Make a film from a brief.
    Make(MakeArgs),
    /// Train the motion modules of a text-to-video model on a library's videos.
    Train(TrainArgs),
    /// Check a film and its sources against its record, and show where every shot comes from.
    Verify(VerifyArgs),
    /// List the libraries, or check whether they are whole.
    Libraries {
        #[command(subcommand)]
        command: Option<LibrariesCommand>,
    },
    /// List the films made from a library.
    Films(FilmsArgs),
    /// List, fetch, check and locate models and programs.
    #[command(subcommand)]
    Models(ModelsCommand),
}

pub(crate) use crate::commands::train::TrainArgs;

/// The library of a command.
#[derive(Args)]
pub(crate) struct LibraryArg {
    /// The library.
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub library: String,
}

#[derive(Args)]
pub(crate) struct AddArgs {
    /// Pictures and videos, or folders that are searched for them.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub library: LibraryArg,
    /// Go on watching the folders and add what appears, until Ctrl-C.
    #[arg(long)]
    pub watch: bool,
    /// JSON list of `{file, title, author, licence, source, caption, keywords}`.
    #[arg(long, value_name = "FILE")]
    pub attributions: Option<PathBuf>,
    /// Keep names, titles and captions out of the word index (to measure vision alone).
    #[arg(long)]
    pub no_words: bool,
    /// Do not look for these words in this run; a later one does. May be given several times.
    #[arg(long, value_enum, value_name = "KIND")]
    pub without: Vec<PassageArg>,
    /// Let the vision-language model of config.toml describe pictures and shots.
    #[arg(long)]
    pub caption: bool,
    /// Look for words again where another model or prompt did so before.
    #[arg(long)]
    pub again: bool,
    /// Embedding space of a new library [default: clip-vit-b-16-lite].
    #[arg(long, value_name = "SPACE")]
    pub space: Option<String>,
}

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

/// What a film can show.
#[derive(Clone, Copy, ValueEnum)]
pub enum SeenArg {
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
pub enum KindArg {
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

#[derive(Args)]
pub(crate) struct ShowArgs {
    /// Content hash, file name or path.
    pub asset: String,
    #[command(flatten)]
    pub library: LibraryArg,
}

#[derive(Args)]
#[command(group = clap::ArgGroup::new("edit").required(true).multiple(true))]
pub(crate) struct EditArgs {
    /// Content hash, file name or path.
    pub asset: String,
    /// Its title.
    #[arg(long, group = "edit")]
    pub title: Option<String>,
    /// What it shows, in a sentence; takes the place of what models say.
    #[arg(long, group = "edit")]
    pub caption: Option<String>,
    /// A keyword, in place of those it has; may be given several times.
    #[arg(long, value_name = "WORD", group = "edit")]
    pub keyword: Vec<String>,
    /// Something it shows; may be given several times.
    #[arg(long, value_name = "WORD", group = "edit")]
    pub tag: Vec<String>,
    /// Something it does not show, whatever models say; may be given several times.
    #[arg(long, value_name = "WORD", group = "edit")]
    pub not_tag: Vec<String>,
    /// What is said in it, all of it: subtitles as SRT or WebVTT.
    #[arg(long, value_name = "FILE", group = "edit")]
    pub transcript: Option<PathBuf>,
    /// What is said at a moment, as `MM:SS=WORDS`; may be given several times.
    #[arg(long, value_name = "TIME=WORDS", value_parser = said, group = "edit")]
    pub said: Vec<(u64, String)>,
    /// What is written instead of what was read, as `READ=WRITTEN`; `READ=` if nothing is.
    #[arg(long, value_name = "READ=WRITTEN", value_parser = written, group = "edit")]
    pub written: Vec<(String, String)>,
    /// Forget what you said of one kind, and show again what models found.
    #[arg(long, value_enum, value_name = "KIND", group = "edit")]
    pub restore: Vec<PassageArg>,
    #[command(flatten)]
    pub library: LibraryArg,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum PassageArg {
    Speech,
    Text,
    Caption,
    Tag,
}

impl From<PassageArg> for PassageKind {
    fn from(kind: PassageArg) -> Self {
        match kind {
            PassageArg::Speech => Self::Speech,
            PassageArg::Text => Self::Text,
            PassageArg::Caption => Self::Caption,
            PassageArg::Tag => Self::Tag,
        }
    }
}

#[derive(Args)]
pub(crate) struct TranscriptArgs {
    /// Content hash, file name or path.
    pub asset: String,
    /// As SubRip subtitles.
    #[arg(long, group = "format")]
    pub srt: bool,
    /// As WebVTT subtitles.
    #[arg(long, group = "format")]
    pub vtt: bool,
    #[command(flatten)]
    pub library: LibraryArg,
}

#[derive(Args)]
pub(crate) struct AskArgs {
    /// The question.
    pub question: String,
    #[command(flatten)]
    pub library: LibraryArg,
    #[command(flatten)]
    pub answer: AnswerArgs,
    /// Show how the question was understood and what was left out of the answer.
    #[arg(long)]
    pub explain: bool,
}

/// How answers are made.
#[derive(Args)]
pub(crate) struct AnswerArgs {
    /// Ask no language model: answer in the words of captions, tags, speech and text alone.
    #[arg(long)]
    pub extractive: bool,
    /// Pieces of evidence at most.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=50))]
    pub evidence: u8,
    /// Draw no pictures, even if the terminal can.
    #[arg(long)]
    pub no_pictures: bool,
}

#[derive(Args)]
pub(crate) struct ChatArgs {
    #[command(subcommand)]
    pub command: Option<ChatCommand>,
    #[arg(long, value_name = "NAME", default_value = "default", global = true)]
    /// The library.
    pub library: String,
    /// Go on with an earlier conversation.
    #[arg(long, value_name = "ID")]
    pub resume: Option<u64>,
    #[command(flatten)]
    pub answer: AnswerArgs,
}

#[derive(Subcommand)]
pub(crate) enum ChatCommand {
    /// List the conversations, the last changed first.
    List,
    /// Print a conversation as Markdown, with the thumbnails of what it cites.
    Export {
        /// Number from `kinora chat list`.
        id: u64,
    },
    /// Call a conversation something else.
    Rename {
        /// Number from `kinora chat list`.
        id: u64,
        /// Its new name.
        title: String,
    },
    /// Forget a conversation.
    Delete {
        /// Number from `kinora chat list`.
        id: u64,
    },
}

#[derive(Args)]
pub(crate) struct EvalArgs {
    /// JSON list of `{query, relevant: [file name, …]}`; nothing relevant means that nothing fits.
    pub queries: PathBuf,
    #[command(flatten)]
    pub library: LibraryArg,
    /// Search the pictures alone, not the words that files and people gave them.
    #[arg(long)]
    pub dense_only: bool,
}

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
    #[arg(long, default_value = "1280x720", group = "shape")]
    pub size: Size,
    /// Upright, 720x1280.
    #[arg(long, group = "shape")]
    pub vertical: bool,
    /// Square, 1080x1080.
    #[arg(long, group = "shape")]
    pub square: bool,
    /// Frames a second.
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=120))]
    pub fps: u32,
    /// A shot (name or number) must show this picture or video (content hash, file name or path), of a video
    /// with `@01:05-01:12` that stretch.
    #[arg(long, value_name = "SHOT=ASSET")]
    pub pin: Vec<String>,
    /// Use pictures alone, or videos alone.
    #[arg(long = "type", value_enum, value_name = "TYPE")]
    pub kind: Option<SeenArg>,
    /// Use only sources under this licence, e.g. `CC0` or `CC BY`; may be given several times.
    #[arg(long, value_name = "NAME")]
    pub licence: Vec<String>,
    /// What makes the shots: a camera that moves over pictures (videos are shown as they are), or a text-to-video model
    /// that follows the motion of the library's videos.
    #[arg(long, value_enum, default_value_t = GeneratorArg::CameraMove, value_name = "NAME")]
    pub generator: GeneratorArg,
    /// Folder of the text-to-video model, for `--generator ragme`: as diffusers saves it, the controller in `ragme`.
    #[arg(long, value_name = "DIR")]
    pub model: Option<PathBuf>,
    /// Leave out shots that no picture fits, instead of refusing the film.
    #[arg(long)]
    pub allow_gaps: bool,
    /// Between shots.
    #[arg(long, value_enum, default_value_t = TransitionArg::Crossfade)]
    pub transition: TransitionArg,
    /// The clips' own sound [default: as the brief says, else keep].
    #[arg(long, value_enum)]
    pub sound: Option<SoundArg>,
    /// The trembling of clips that were held in a hand [default: as the brief says, else auto].
    #[arg(long = "steady", value_name = "STEADY", value_enum)]
    pub stabilisation: Option<StabilisationArg>,
    /// Show no captions.
    #[arg(long)]
    pub no_captions: bool,
    /// Font of titles and captions (TTF or OTF) [default: DejaVu Sans].
    #[arg(long, value_name = "FILE")]
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

#[derive(Subcommand)]
pub(crate) enum LibrariesCommand {
    /// Check catalogue, vector index and thumbnails; exit code 1 if something is wrong.
    Check {
        /// The library [default: all].
        name: Option<String>,
        /// Make again what programs and models made; what you wrote stays, and is listed where it may have changed.
        #[arg(long)]
        repair: bool,
    },
}

#[derive(Subcommand)]
pub(crate) enum ModelsCommand {
    /// Show every model and program with its licence, size and state.
    List,
    /// Fetch models and programs [default: what the default space and films need].
    Pull {
        /// Names from `kinora models list`.
        names: Vec<String>,
    },
    /// Check the SHA-256 of what was fetched.
    Verify {
        /// Names from `kinora models list` [default: all that is there].
        names: Vec<String>,
    },
    /// Print where a model or program lies.
    Path {
        /// Name from `kinora models list` [default: the cache folder itself].
        name: Option<String>,
    },
}

fn seconds(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| format!("`{text}` is not a number"))?;
    if value > 0.0 && value <= 36_000.0 {
        Ok(value)
    } else {
        Err("must be more than 0 and at most 36000".into())
    }
}

/// `MM:SS=WORDS`, `HH:MM:SS.mmm=WORDS` or `SECONDS=WORDS`.
fn said(text: &str) -> Result<(u64, String), String> {
    let bad = || format!("`{text}` is not a moment and words such as `00:41=the words`");
    let (time, words) = text.split_once('=').ok_or_else(bad)?;
    let part = |part: &str| part.trim().parse::<f64>().ok().filter(|value| *value >= 0.0);
    let seconds = time.split(':').try_fold(0.0, |sum, p| Some(sum * 60.0 + part(p)?));
    let seconds = seconds.ok_or_else(bad)?;
    Ok(((seconds * 1000.0).round() as u64, words.trim().to_owned()))
}

fn written(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once('=').filter(|(read, _)| !read.trim().is_empty());
    let (read, written) = parts.ok_or_else(|| format!("`{text}` is not `READ=WRITTEN`"))?;
    Ok((read.trim().to_owned(), written.trim().to_owned()))
}

fn unit_interval(text: &str) -> Result<f32, String> {
    let value: f32 = text.parse().map_err(|_| format!("`{text}` is not a number"))?;
    if (0.0..=1.0).contains(&value) { Ok(value) } else { Err("must be between 0 and 1".into()) }
}
