//! What a library's folder holds, and how it is deleted or renamed as a whole.
//!
//! Only what Kinora made in it goes, file by file and by its name; links are not followed, other disks not entered. What
//! a library lists (pictures, videos, recordings, films) lies elsewhere and is not touched.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use kinora_catalog::{CatalogError, Contents};
use serde::Serialize;

use crate::{Engine, EngineError, libraries};

/// Foreign files that are named.
const NAMED: usize = 20;
/// How the folder of a library begins that is being deleted.
const GOING: &str = ".deleted-";

/// What is in a library, and in its folder.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LibraryContents {
    /// Its name.
    pub name: String,
    /// Its folder.
    #[serde(with = "kinora_types::lossy_path")]
    pub folder: PathBuf,
    /// Bytes of Kinora's files in it.
    pub bytes: u64,
    /// Name and revision of its embedding space; nothing if its catalogue cannot be used.
    pub space: Option<String>,
    /// How much it holds; nothing if its catalogue cannot be used.
    pub contents: Option<Contents>,
    /// Why its catalogue cannot be used.
    pub fault: Option<String>,
    /// Some of what others put into its folder.
    #[serde(with = "kinora_types::lossy_path::list")]
    pub foreign: Vec<PathBuf>,
}

impl Engine {
    /// What is in a library, also in one that is damaged.
    ///
    /// # Errors
    /// [`EngineError::NoLibrary`], [`EngineError::LibraryName`], or if its folder cannot be read.
    pub fn contents(&self, name: &str) -> Result<LibraryContents, EngineError> {
        let folder = libraries::folder(&self.settings().libraries(), name)?;
        let (space, contents, fault) = match self.library(name) {
            Ok(library) => (Some(library.space().id()), Some(library.catalog.contents()?), None),
            Err(EngineError::DamagedLibrary { source: CatalogError::Foreign { .. }, .. }) => {
                return Err(self.no_library(name));
            }
            Err(EngineError::DamagedLibrary { source, .. }) => {
                (None, None, Some(source.to_string()))
            }
            Err(error) => return Err(error),
        };
        let tree = Tree::read(&folder).map_err(|source| failed(&folder, source))?;
        let Tree { bytes, mut foreign, .. } = tree;
        foreign.truncate(NAMED);
        Ok(LibraryContents {
            name: name.to_owned(),
            folder,
            bytes,
            space,
            contents,
            fault,
            foreign,
        })
    }

    /// Deletes a library: its catalogue with all that was said and made in it, thumbnails and index. At once nobody finds
    /// it any more; whoever has it open, in this process or another, reads what it held and can write nothing.
    ///
    /// # Errors
    /// [`EngineError::ForeignFiles`] if its folder holds what Kinora did not make: then nothing is deleted; as
    /// [`Engine::contents`]; if a file cannot be removed.
    pub fn delete_library(&self, name: &str) -> Result<LibraryContents, EngineError> {
        let contents = self.contents(name)?;
        let folder = &contents.folder;
        sweep(&self.settings().libraries());
        self.closed([name, name], || {
            refuse_foreign(name, folder)?;
            let aside = aside(folder).map_err(|source| failed(folder, source))?;
            fs::rename(folder, &aside).map_err(|source| failed(folder, source))?;
            // What came between the look and the renaming.
            if let Err(error) = refuse_foreign(name, &aside) {
                fs::rename(&aside, folder).map_err(|source| failed(&aside, source))?;
                return Err(error);
            }
            remove(&aside).map_err(|source| failed(&aside, source))
        })?;
        tracing::info!(library = name, bytes = contents.bytes, "deleted");
        Ok(contents)
    }

    /// Gives a library another name. Films keep the name that they were made under in their records, and are found by
    /// what they are; processes that have it open can write no more until they open it under its new name.
    ///
    /// # Errors
    /// [`CatalogError::Exists`] if anything has the new name; as [`Engine::library`]; if the folder cannot be renamed.
    pub fn rename_library(&self, name: &str, new: &str) -> Result<(), EngineError> {
        let folders = self.settings().libraries();
        let (from, to) = (libraries::folder(&folders, name)?, libraries::folder(&folders, new)?);
        self.library(name)?;
        self.closed([name, new], || {
            if fs::symlink_metadata(&to).is_ok() {
                return Err(CatalogError::Exists { name: new.to_owned() }.into());
            }
            fs::rename(&from, &to).map_err(|source| match source.kind() {
                io::ErrorKind::DirectoryNotEmpty => {
                    CatalogError::Exists { name: new.to_owned() }.into()
                }
                _ => failed(&from, source),
            })?;
            kinora_files::sync_folder(&folders).map_err(|source| failed(&folders, source))
        })?;
        // Writes the name into the catalogue; where that is not done now, whoever opens it next does it.
        self.library(new)?;
        tracing::info!(library = name, new, "renamed");
        Ok(())
    }

    fn no_library(&self, name: &str) -> EngineError {
        let known = self.libraries().into_iter().map(|library| library.name);
        let known = known.filter(|known| known != name).collect();
        EngineError::NoLibrary { name: name.to_owned(), known }
    }
}

fn failed(path: &Path, source: io::Error) -> EngineError {
    EngineError::Io { path: path.to_owned(), source }
}

fn refuse_foreign(name: &str, folder: &Path) -> Result<(), EngineError> {
    let mut foreign = Tree::read(folder).map_err(|source| failed(folder, source))?.foreign;
    foreign.truncate(NAMED);
    if foreign.is_empty() {
        return Ok(());
    }
    Err(EngineError::ForeignFiles { name: name.to_owned(), paths: foreign })
}

/// A name beside the folder that nobody has.
fn aside(folder: &Path) -> io::Result<PathBuf> {
    let parent = folder.parent().unwrap_or(Path::new("."));
    let taken = tempfile::Builder::new().prefix(GOING).tempdir_in(parent)?.keep();
    fs::remove_dir(&taken)?;
    Ok(taken)
}

/// Goes on with what a killed run began to delete. What cannot be removed stays, and is no library.
fn sweep(libraries: &Path) {
    for entry in fs::read_dir(libraries).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(GOING) {
            drop(remove(&entry.path()));
        }
    }
}

/// Removes Kinora's own files, then the folders that are empty.
fn remove(folder: &Path) -> io::Result<()> {
    let tree = Tree::read(folder)?;
    tree.files.iter().try_for_each(fs::remove_file)?;
    // Those within come after those they are in.
    tree.folders.iter().rev().try_for_each(fs::remove_dir)
}

/// A library's folder, sorted into what is Kinora's and what is not.
#[derive(Default)]
struct Tree {
    files: Vec<PathBuf>,
    folders: Vec<PathBuf>,
    foreign: Vec<PathBuf>,
    bytes: u64,
}

/// Folders of a library that Kinora makes.
#[derive(Clone, Copy)]
enum Part {
    Library,
    Thumbnails,
    Shard,
    Index,
}

impl Tree {
    fn read(folder: &Path) -> io::Result<Self> {
        let metadata = fs::symlink_metadata(folder)?;
        let mut tree = Self::default();
        let beside = fs::symlink_metadata(folder.parent().unwrap_or(Path::new(".")))?;
        if metadata.is_dir() && device(&metadata) == device(&beside) {
            tree.walk(folder, Part::Library, device(&metadata))?;
        } else {
            tree.foreign.push(folder.to_owned());
        }
        Ok(tree)
    }

    fn walk(&mut self, folder: &Path, part: Part, disk: u64) -> io::Result<()> {
        self.folders.push(folder.to_owned());
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let (path, metadata) = (entry.path(), fs::symlink_metadata(entry.path())?);
            let name = entry.file_name();
            let name = name.to_str().unwrap_or_default();
            if device(&metadata) != disk {
                self.foreign.push(path);
            } else if metadata.is_dir() {
                match part.within(name) {
                    Some(inner) => self.walk(&path, inner, disk)?,
                    None => self.foreign.push(path),
                }
            } else if metadata.is_file() && part.makes(name) {
                self.bytes += metadata.len();
                self.files.push(path);
            } else {
                self.foreign.push(path);
            }
        }
        Ok(())
    }
}

impl Part {
    /// What a folder in it is, if Kinora makes one of this name.
    fn within(self, name: &str) -> Option<Self> {
        let hex = name.len() == 2 && name.chars().all(|c| c.is_ascii_hexdigit());
        match (self, name) {
            (Self::Library, "thumbs") => Some(Self::Thumbnails),
            (Self::Library, "index") => Some(Self::Index),
            (Self::Thumbnails, name) if hex || name == "aside" => Some(Self::Shard),
            _ => None,
        }
    }

    /// Whether Kinora makes a file of this name in it.
    fn makes(self, name: &str) -> bool {
        let one_of = |heads: &[&str]| heads.iter().any(|head| name.starts_with(head));
        match self {
            Self::Library => {
                let tails = ["sqlite", "new-", "part-", "before-", "damaged-"];
                let tail = name.strip_prefix("catalog.").unwrap_or_default();
                tail == "turn" || tails.iter().any(|known| tail.starts_with(known))
            }
            Self::Thumbnails => false,
            Self::Shard => name.ends_with(".jpg"),
            Self::Index => name == "lock" || one_of(&["index.", "points", "graph"]),
        }
    }
}

#[cfg(unix)]
fn device(metadata: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::dev(metadata)
}

#[cfg(not(unix))]
fn device(_: &fs::Metadata) -> u64 {
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn library() -> tempfile::TempDir {
        let folder = tempfile::TempDir::new().unwrap();
        for (path, bytes) in [
            ("catalog.sqlite", 3),
            ("catalog.sqlite-wal", 2),
            ("catalog.before-6.sqlite", 1),
            ("catalog.damaged-1.sqlite", 1),
            ("thumbs/ab/abcd.jpg", 4),
            ("thumbs/aside/1-abcd.jpg", 1),
            ("index/points-0a.kin", 5),
            ("index/index.log", 1),
            ("index/lock", 0),
        ] {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, vec![0; bytes]).unwrap();
        }
        folder
    }

    #[test]
    fn what_kinora_makes_is_known_and_goes() {
        let folder = library();
        let tree = Tree::read(folder.path()).unwrap();
        assert_eq!((tree.files.len(), tree.bytes), (9, 18), "{:?}", tree.foreign);
        assert!(tree.foreign.is_empty(), "{:?}", tree.foreign);
        remove(folder.path()).unwrap();
        assert!(!folder.path().exists());
    }

    #[test]
    fn what_others_put_there_is_foreign_wherever_it_lies() {
        for path in [
            "notes.txt",
            "photos/a.jpg",
            "thumbs/a.jpg",
            "thumbs/ab/notes.txt",
            "thumbs/photos/a.jpg",
            "index/a.jpg",
            "index/deep/points-0a.kin",
            "catalog.txt",
        ] {
            let folder = library();
            let file = folder.path().join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, "mine").unwrap();
            let foreign = Tree::read(folder.path()).unwrap().foreign;
            assert!(foreign.len() == 1 && file.starts_with(&foreign[0]), "{path}: {foreign:?}");
            // Even then only Kinora's own goes.
            assert!(remove(folder.path()).is_err());
            assert!(file.exists());
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_are_foreign_and_not_followed() {
        use std::os::unix::fs::symlink;
        let (folder, elsewhere) = (library(), library());
        for name in ["thumbs/cd", "index/points-1b.kin", "catalog.new-x"] {
            symlink(elsewhere.path().join("thumbs"), folder.path().join(name)).unwrap();
        }
        assert_eq!(Tree::read(folder.path()).unwrap().foreign.len(), 3);
        let link = folder.path().join("link");
        symlink(elsewhere.path(), &link).unwrap();
        assert_eq!(Tree::read(&link).unwrap().foreign, [link]);
    }
}
