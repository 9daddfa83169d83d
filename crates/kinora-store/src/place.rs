//! Hashing, and putting a file under its final name in one step.
//!
//! Memory: one buffer of 128 KiB, whatever the size of the file.

use std::{
    fs,
    io::{Read, Write},
    path::{Path, PathBuf},
};

use kinora_types::Control;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::StoreError;

/// Record of a file in the cache, beside it as `NAME.json`.
///
/// For a file that `models.toml` gives no hash, this record is what it is held to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Hash of the file as it lies there.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
    /// Where it came from.
    pub source: String,
    /// Commit of the hub's repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

/// SHA-256 of a file in lower-case hexadecimal, and its size.
pub(super) fn hash_file(path: &Path, control: &Control) -> Result<(String, u64), StoreError> {
    let fail = |e| StoreError::io(path, e);
    let mut file = kinora_files::open(path).map_err(fail)?;
    let (mut hasher, mut size) = (Sha256::new(), 0);
    let mut buffer = vec![0; 128 << 10];
    loop {
        control.check()?;
        let read = file.read(&mut buffer).map_err(fail)?;
        if read == 0 {
            return Ok((hex(&hasher.finalize()), size));
        }
        hasher.update(&buffer[..read]);
        size += read as u64;
    }
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Copies until the end, polling `control`; a full disk is an error of its own.
pub(super) fn copy(
    from: &mut dyn Read,
    to: &mut dyn Write,
    path: &Path,
    control: &Control,
    mut seen: impl FnMut(u64),
) -> Result<(), StoreError> {
    let fail = |e| StoreError::io(path, e);
    let mut buffer = vec![0; 128 << 10];
    loop {
        control.check()?;
        let read = from.read(&mut buffer).map_err(fail)?;
        if read == 0 {
            return to.flush().map_err(fail);
        }
        to.write_all(&buffer[..read]).map_err(fail)?;
        seen(read as u64);
    }
}

/// Gives `scratch` its final name. The record goes first: a crash between the two leaves no file
/// under the final name, and a file without a fitting record does not count.
pub(super) fn install(scratch: &Path, target: &Path, record: &Record) -> Result<(), StoreError> {
    let folder = target.parent().unwrap_or(target);
    fs::create_dir_all(folder).map_err(|e| StoreError::io(folder, e))?;
    sync(scratch)?;
    write_record(target, record, None)?;
    fs::rename(scratch, target).map_err(|e| StoreError::io(target, e))?;
    kinora_files::sync_folder(folder).map_err(|e| StoreError::io(folder, e))?;
    // Its bytes were hashed a moment ago, before they got their name.
    write_record(target, record, Stamp::of(target))
}

fn write_record(target: &Path, record: &Record, stamp: Option<Stamp>) -> Result<(), StoreError> {
    let path = record_path(target);
    let fail = |e| StoreError::io(&path, e);
    let text = serde_json::to_string_pretty(&Kept { record: record.clone(), stamp })
        .map_err(|e| fail(e.into()))?;
    let folder = target.parent().unwrap_or(target);
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(fail)?;
    file.write_all(text.as_bytes()).map_err(fail)?;
    file.as_file().sync_all().map_err(fail)?;
    file.persist(&path).map_err(|e| fail(e.error))?;
    Ok(())
}

/// Content of the file `NAME.json`.
#[derive(Serialize, Deserialize)]
struct Kept {
    #[serde(flatten)]
    record: Record,
    /// The file when it was last seen to have the record's hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stamp: Option<Stamp>,
}

/// Metadata of a file that changes with its content; git detects changed files the same way.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    size: u64,
    modified_ns: i64,
    changed_ns: i64,
    inode: u64,
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok()?;
        let since = metadata.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
        #[cfg(unix)]
        let (changed_ns, inode) = {
            use std::os::unix::fs::MetadataExt;
            (
                metadata
                    .ctime()
                    .saturating_mul(1_000_000_000)
                    .saturating_add(metadata.ctime_nsec()),
                metadata.ino(),
            )
        };
        #[cfg(not(unix))]
        let (changed_ns, inode) = (0, 0);
        let modified_ns = i64::try_from(since.as_nanos()).ok()?;
        Some(Self { size: metadata.len(), modified_ns, changed_ns, inode })
    }
}

/// The record of a file in the cache, whatever has become of its bytes.
pub(super) fn record(target: &Path) -> Option<Record> {
    kept(target).map(|kept| kept.record)
}

fn kept(target: &Path) -> Option<Kept> {
    serde_json::from_str(&fs::read_to_string(record_path(target)).ok()?).ok()
}

/// State of a file in the cache against its record.
pub(super) enum Found {
    /// The file or its record is missing.
    Missing,
    /// The bytes of the file are not those of the record.
    Changed,
    /// Its bytes were hashed when it came, or since anything about it changed.
    Whole(Record),
}

/// Holds a file in the cache against its record. It is read only where size, times or inode are not those
/// of the last time; a cache that cannot be written to is therefore read at every start.
pub(super) fn find(target: &Path) -> Result<Found, StoreError> {
    let (Some(Kept { record, stamp }), Some(now)) = (kept(target), Stamp::of(target)) else {
        return Ok(Found::Missing);
    };
    if stamp == Some(now) {
        return Ok(Found::Whole(record));
    }
    let same =
        now.size == record.size && hash_file(target, &Control::default())?.0 == record.sha256;
    if !same {
        return Ok(Found::Changed);
    }
    // Only the time of the next start is lost.
    let _ = write_record(target, &record, Some(now));
    Ok(Found::Whole(record))
}

fn record_path(target: &Path) -> PathBuf {
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(".json");
    target.with_file_name(name)
}

fn sync(path: &Path) -> Result<(), StoreError> {
    // Windows flushes only handles that may write.
    let file = fs::OpenOptions::new().write(true).open(path);
    file.and_then(|file| file.sync_all()).map_err(|e| StoreError::io(path, e))
}

/// Lets a program be run.
#[cfg(unix)]
pub(super) fn make_executable(path: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
        .map_err(|e| StoreError::io(path, e))
}

/// Lets a program be run.
#[cfg(not(unix))]
pub(super) fn make_executable(_: &Path) -> Result<(), StoreError> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_told_apart() {
        let mut full = File::options().write(true).open("/dev/full").unwrap();
        let path = Path::new("cache");
        let error =
            copy(&mut &[0u8; 9][..], &mut full, path, &Control::default(), |_| ()).unwrap_err();
        assert!(matches!(error, StoreError::DiskFull(_)), "{error:?}");
        assert!(error.hint().unwrap().contains("KINORA_CACHE"));
    }

    #[test]
    fn a_file_without_its_record_does_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let (scratch, target) = (folder.path().join("s"), folder.path().join("a/f"));
        fs::write(&scratch, "abc").unwrap();
        let (sha256, size) = hash_file(&scratch, &Control::default()).unwrap();
        assert!(sha256.starts_with("ba7816bf"));
        let record = Record { sha256, size, source: "test".into(), commit: None };
        install(&scratch, &target, &record).unwrap();
        assert!(matches!(find(&target).unwrap(), Found::Whole(found) if found == record));
        fs::remove_file(record_path(&target)).unwrap();
        assert!(matches!(find(&target).unwrap(), Found::Missing));
    }

    #[test]
    fn a_changed_byte_is_seen_and_a_touched_file_is_not_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (scratch, target) = (folder.path().join("s"), folder.path().join("f"));
        fs::write(&scratch, "abc").unwrap();
        let (sha256, size) = hash_file(&scratch, &Control::default()).unwrap();
        let record = Record { sha256, size, source: "test".into(), commit: None };
        install(&scratch, &target, &record).unwrap();
        File::options()
            .write(true)
            .open(&target)
            .unwrap()
            .set_modified(std::time::UNIX_EPOCH)
            .unwrap();
        assert!(matches!(find(&target).unwrap(), Found::Whole(_)), "only its time is another");
        let before = fs::metadata(&target).unwrap().modified().unwrap();
        fs::write(&target, "abd").unwrap();
        File::options().write(true).open(&target).unwrap().set_modified(before).unwrap();
        assert!(matches!(find(&target).unwrap(), Found::Changed), "of the same size and time");
    }
}
