//! Pages that are shown once and kept nowhere else: private files in the home folder, made anew each time.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use kinora_files::private;

use crate::{Engine, EngineError};

/// A page stays for as long as somebody may look at it again.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);
const SUFFIX: &str = ".html";

impl Engine {
    /// Writes a page for a browser to open now, for the owner alone, under a name that nobody can know before. Pages
    /// older than a day are removed. `kind` begins its name.
    ///
    /// # Errors
    /// If the home folder cannot be written.
    pub fn keep_page(&self, kind: &str, html: &str) -> Result<PathBuf, EngineError> {
        let folder = self.settings().home.join("pages");
        let failed = |source| EngineError::Io { path: folder.clone(), source };
        kept(&folder, kind, html, SystemTime::now()).map_err(failed)
    }
}

fn kept(folder: &Path, kind: &str, html: &str, now: SystemTime) -> io::Result<PathBuf> {
    private::create_folder(folder)?;
    if !fs::symlink_metadata(folder)?.is_dir() {
        return Err(io::Error::new(io::ErrorKind::NotADirectory, "it is a link, not a folder"));
    }
    private::restrict(folder)?;
    sweep(folder, now);
    // New, for the owner alone, never through a link.
    let mut builder = tempfile::Builder::new();
    let mut page = builder.prefix(&format!("{kind}-")).suffix(SUFFIX).tempfile_in(folder)?;
    io::Write::write_all(&mut page, html.as_bytes())?;
    Ok(page.keep().map_err(|error| error.error)?.1)
}

/// Removes old pages; a link that is called like one goes, not what it points to. One that cannot be removed stays.
fn sweep(folder: &Path, now: SystemTime) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let old = entry
            .metadata()
            .and_then(|told| told.modified())
            .is_ok_and(|modified| now.duration_since(modified).is_ok_and(|age| age > KEPT));
        if old && entry.file_name().to_string_lossy().ends_with(SUFFIX) {
            drop(fs::remove_file(entry.path()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_new_private_and_goes_after_a_day() {
        let home = tempfile::TempDir::new().unwrap();
        let (folder, now) = (home.path().join("pages"), SystemTime::now());
        let one = kept(&folder, "search", "<p>", now).unwrap();
        let other = kept(&folder, "search", "<p>", now).unwrap();
        assert!(one != other && one.is_file() && other.is_file());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&folder), mode(&one)), (0o700, 0o600));
        }
        let last = kept(&folder, "search", "<p>", now + KEPT + Duration::from_secs(60)).unwrap();
        assert!(!one.exists() && !other.exists() && last.is_file());
    }

    #[cfg(unix)]
    #[test]
    fn a_planted_folder_is_refused() {
        let home = tempfile::TempDir::new().unwrap();
        let (folder, elsewhere) = (home.path().join("pages"), home.path().join("elsewhere"));
        fs::create_dir(&elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &folder).unwrap();
        assert!(kept(&folder, "search", "<p>", SystemTime::now()).is_err());
        assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
    }
}
