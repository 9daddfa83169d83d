//! Phrases of hints that name a thing to do. They say what, not by which command: a front end puts its own words in
//! their place, the command line its commands and flags.

/// Makes a library.
pub const BY_ADDING: &str = "by adding files to it";
/// Brings the library up to its files.
pub const ADD_AGAIN: &str = "add the files again";
/// Work that waits in a library is done.
pub const RESUME: &str = "go on with the work that waits in the library";
/// A library has one embedding space.
pub const OTHER_LIBRARY: &str = "make another library for the other space";
/// A film's record does not say it.
pub const NAME_LIBRARY: &str = "name the library that it was made from";
/// What is damaged is made again where that can be.
pub const REPAIR: &str = "repair the library";
/// Tells what is damaged.
pub const CHECK: &str = "check the library";
/// Titles and captions.
pub const CHOOSE_FONT: &str = "choose another font";
/// An older film is replaced.
pub const OVERWRITE: &str = "allow it to be overwritten";
/// How long a film is.
pub const FILM_LENGTH: &str = "choose another length for the film";
/// A shot shows what a person says.
pub const PIN: &str = "pin an asset to the shot";
/// Shots that nothing fits.
pub const LEAVE_OUT: &str = "allow shots to be left out";
/// A search by example.
pub const EXAMPLE: &str = "give an example picture";
/// Everything that is known of an asset.
pub const LOOK_AT_ASSET: &str = "look at what is known of it";
/// A file of subtitles.
pub const TRANSCRIPT: &str = "give it as the transcript of its video";
/// Models and programs that can be had.
pub const LIST_MODELS: &str = "look at the list of models";
/// Their hashes.
pub const VERIFY_MODELS: &str = "verify the models";
/// A text-to-video model.
pub const NAME_VIDEO_MODEL: &str = "name a text-to-video model";
/// Its controller.
pub const TRAIN: &str = "train one on your own videos";
/// Clips to train on.
pub const SHORTER_CLIPS: &str = "ask for shorter clips";

/// All phrases but those of [`fetch`].
pub const ALL: [&str; 20] = [
    BY_ADDING,
    ADD_AGAIN,
    RESUME,
    OTHER_LIBRARY,
    NAME_LIBRARY,
    REPAIR,
    CHECK,
    CHOOSE_FONT,
    OVERWRITE,
    FILM_LENGTH,
    PIN,
    LEAVE_OUT,
    EXAMPLE,
    LOOK_AT_ASSET,
    TRANSCRIPT,
    LIST_MODELS,
    VERIFY_MODELS,
    NAME_VIDEO_MODEL,
    TRAIN,
    SHORTER_CLIPS,
];

/// What the phrase of a model or program begins with; its name and a backtick follow.
pub const FETCH: &str = "fetch `";

/// Gets an ffmpeg that works.
pub const GET_FFMPEG: &str = "fetch `ffmpeg`, or name your own with `KINORA_FFMPEG`";

/// Gets a model or program.
pub fn fetch(name: &str) -> String {
    format!("{FETCH}{name}`")
}
