//! Where things are: the home folder, the configuration file, the cache.

use std::{
    env,
    path::{Path, PathBuf},
};

use kinora_files::private;
use serde::Deserialize;

use crate::{EngineError, text};

/// Bytes of `config.toml`.
const LARGEST_CONFIG: u64 = 1 << 20;

/// `config.toml` in the home folder; every key may be missing, none may be unknown.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Embedding space of new libraries.
    pub space: Option<String>,
    /// Execution provider of ONNX Runtime: `cpu`, `cuda`, `coreml`, `directml`.
    pub provider: Option<String>,
    /// Recognizer of speech: `whisper-tiny`, `whisper-base` or `whisper-small`.
    pub speech: Option<String>,
    /// Language that is spoken, as ISO 639-1 (`de`); told by the model from the sound unless it is named.
    pub speech_language: Option<String>,
    /// Folder of models and programs.
    pub cache: Option<PathBuf>,
    /// The ffmpeg program.
    pub ffmpeg: Option<PathBuf>,
    /// The ONNX Runtime library.
    pub onnxruntime: Option<PathBuf>,
    /// Font of titles and captions.
    pub font: Option<PathBuf>,
    /// The language model that answers questions.
    pub language: Option<Language>,
    /// The vision-language model that writes captions; that of `language` unless named.
    pub vision: Option<Language>,
    /// Seconds after which models and libraries that nobody uses are given back; 300 unless named.
    pub idle_seconds: u64,
    /// How much the log file in the home folder tells; `info` unless named.
    pub log: Option<LogLevel>,
}

/// How much a log tells: each level what those before it tell, too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Nothing.
    Off,
    /// What made a command fail.
    Error,
    /// What went wrong while it went on: files that failed.
    Warn,
    /// Commands, jobs and how long they took, models that were loaded.
    #[default]
    Info,
    /// Every step.
    Debug,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            space: None,
            provider: None,
            speech: None,
            speech_language: None,
            cache: None,
            ffmpeg: None,
            onnxruntime: None,
            font: None,
            language: None,
            vision: None,
            idle_seconds: 300,
            log: None,
        }
    }
}

/// The sections `[language]` and `[vision]`: a server of the chat completions API if there is an
/// `endpoint`, else a model in this process.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Language {
    /// Address with the version: `http://127.0.0.1:8080/v1`. Questions and evidence are sent there.
    pub endpoint: Option<String>,
    /// Name of the model there; without an endpoint a name of `kinora models list` or a GGUF file.
    pub model: Option<String>,
    /// What gives a model in this process eyes: a name or a GGUF file too; unset: the one listed with it.
    pub projector: Option<String>,
    /// Whether the model at the endpoint sees; in `[language]` captions are asked of it only then.
    pub pictures: bool,
    /// What is asked of each picture.
    pub prompt: Option<String>,
    /// Environment variable that holds the endpoint's key.
    pub api_key_env: Option<String>,
    /// Tokens of the context; unset: what the server or the model says.
    pub context: Option<u32>,
    /// Threads of a model in this process; unset: all processors.
    pub threads: Option<usize>,
    /// Seconds that the server may be silent; 300 unless told.
    pub patience: Option<u64>,
}

/// Folders and configuration, settled once at the start.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Libraries and configuration.
    pub home: PathBuf,
    /// Models and programs.
    pub cache: PathBuf,
    /// The configuration file's content, environment variables applied.
    pub config: Config,
}

impl Settings {
    /// Settles the folders: `home` (flag or `KINORA_HOME`), else the platform's data folder. The
    /// cache is `KINORA_CACHE`, else `cache` of the configuration, else `HOME/cache` if a home was
    /// given, else the platform's cache folder.
    ///
    /// # Errors
    /// [`EngineError::NoHome`] if the platform has no data folder, [`EngineError::Config`] if `config.toml` cannot be read.
    pub fn settle(home: Option<PathBuf>) -> Result<Self, EngineError> {
        let platform = directories::ProjectDirs::from("", "", "kinora");
        let given = home.is_some();
        let home = home
            .or_else(|| platform.as_ref().map(|dirs| dirs.data_dir().to_owned()))
            .ok_or(EngineError::NoHome)?;
        let home = std::path::absolute(&home)
            .map_err(|source| EngineError::Io { path: home.clone(), source })?;
        close_to_others(&home);
        let mut config = read_config(&home.join("config.toml"))?;
        config.ffmpeg = variable("KINORA_FFMPEG").or(config.ffmpeg);
        config.onnxruntime = variable("KINORA_ONNXRUNTIME").or(config.onnxruntime);
        config.font = variable("KINORA_FONT").or(config.font);
        let provider = std::env::var("KINORA_PROVIDER").ok().filter(|name| !name.is_empty());
        config.provider = provider.or(config.provider);
        let of_platform = || platform.map(|dirs| dirs.cache_dir().to_owned()).filter(|_| !given);
        let cache = variable("KINORA_CACHE")
            .or_else(|| config.cache.clone())
            .or_else(of_platform)
            .unwrap_or_else(|| home.join("cache"));
        Ok(Self { home, cache, config })
    }

    /// Folder of all libraries.
    pub fn libraries(&self) -> PathBuf {
        self.home.join("libraries")
    }
}

/// A home tells where somebody was and what they look like, so that it is closed to the other users of the
/// machine, with the libraries and the configuration in it. Where that is not ours to do, as on a read-only
/// disk, it stays as it is. A folder that is not a home yet, and the cache, are left alone.
pub(crate) fn close_to_others(home: &Path) {
    let libraries = home.join("libraries");
    if !libraries.is_dir() {
        return;
    }
    let _ = private::restrict_all(&libraries);
    let _ = private::restrict(&home.join("config.toml"));
    // The home itself may be reached by a link; what many share, as a folder for temporary files, stays.
    if let Ok(real) = std::fs::canonicalize(home)
        && !is_shared(&real)
    {
        let _ = private::restrict(&real);
    }
}

/// Whether a folder is one that all may write to but only owners delete from (sticky bit).
#[cfg(unix)]
fn is_shared(folder: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(folder).is_ok_and(|told| told.permissions().mode() & 0o1000 != 0)
}

#[cfg(not(unix))]
fn is_shared(_: &Path) -> bool {
    false
}

fn variable(name: &str) -> Option<PathBuf> {
    env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

fn read_config(path: &Path) -> Result<Config, EngineError> {
    match text::read(path, LARGEST_CONFIG) {
        Ok(text) => toml::from_str(&text).map_err(|error| EngineError::Config {
            path: path.to_owned(),
            message: error.message().to_owned(),
        }),
        Err(EngineError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            Ok(Config::default())
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_home_is_closed_with_what_is_in_it_and_a_shared_folder_is_not() {
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::TempDir::new().unwrap();
        let home = root.path().join("home");
        std::fs::create_dir_all(home.join("libraries/a")).unwrap();
        std::fs::create_dir_all(home.join("cache")).unwrap();
        std::fs::write(home.join("config.toml"), "").unwrap();
        let mode =
            |name: &str| std::fs::metadata(home.join(name)).unwrap().permissions().mode() & 0o7777;
        let set = |name: &str, mode| {
            let mode = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(home.join(name), mode).unwrap();
        };
        for name in ["", "libraries", "libraries/a", "cache"] {
            set(name, 0o755);
        }
        set("config.toml", 0o644);
        Settings::settle(Some(home.clone())).unwrap();
        let modes = ["", "libraries", "libraries/a", "cache", "config.toml"].map(mode);
        assert_eq!(modes, [0o700, 0o700, 0o700, 0o755, 0o600]);
        set("", 0o1777);
        Settings::settle(Some(home.clone())).unwrap();
        assert_eq!(mode(""), 0o1777);
    }

    #[test]
    fn a_home_holds_its_configuration_and_unknown_keys_are_errors() {
        let home = tempfile::TempDir::new().unwrap();
        let write = |text: &str| std::fs::write(home.path().join("config.toml"), text).unwrap();
        write("space = \"clip-vit-b-32\"\n");
        let settings = Settings::settle(Some(home.path().to_owned())).unwrap();
        assert_eq!(settings.config.space.as_deref(), Some("clip-vit-b-32"));
        assert!(settings.libraries().starts_with(home.path()));
        write("[language]\nendpoint = \"http://127.0.0.1:8080/v1\"\nmodel = \"m\"\n");
        let settings = Settings::settle(Some(home.path().to_owned())).unwrap();
        let language = settings.config.language.unwrap();
        assert_eq!(language.endpoint.as_deref(), Some("http://127.0.0.1:8080/v1"));
        write("colour = 1\n");
        let error = Settings::settle(Some(home.path().to_owned())).unwrap_err();
        assert!(error.to_string().contains("colour"), "{error}");
    }
}
