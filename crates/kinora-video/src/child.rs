//! ffmpeg as a child process that reads one untrusted file: its limits, and its end with this process.

use std::{
    ffi::OsString,
    fs::File,
    io,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::{Cancelled, VideoError, VideoLimits};
use crate::{
    FFmpeg,
    spawn::{Bounds, spawn},
};

/// Containers that hold their content themselves. Playlists, concatenations, devices and numbered
/// pictures are not among them: they make ffmpeg open what the file's author names.
const CONTAINERS: &str = "mov,matroska,avi,mpeg,mpegts,mpegvideo,m4v,h264,hevc,obu,ivf,mjpeg,flv,asf,ogg,mxf,\
                          dv,wtv,rm,gif,apng,webp_anim,wav,mp3,flac,aac,aiff,w64,caf,amr,ac3,eac3,au";
/// Time between two polls of whether the child has ended.
const TICK: Duration = Duration::from_millis(4);
/// A signal to the process group may reach a child before this process handles it; this is how long to wait for that.
const HEARSAY: Duration = Duration::from_secs(1);

/// A child that is killed when it is dropped.
pub(crate) struct Running {
    pub child: Child,
    /// Processor time that it may use.
    pub work: Duration,
}

/// Input of a child.
#[derive(Clone, Copy)]
pub(crate) struct Input<'a> {
    pub ffmpeg: &'a FFmpeg,
    pub path: &'a Path,
    pub limits: &'a VideoLimits,
    /// Whether it is a picture that moves: see [`VideoLimits::per_megabyte_drawn`].
    pub drawn: bool,
}

impl Running {
    /// Starts ffmpeg; `before` are options of the input, `after` those of the output. Messages come from
    /// `stderr`, output from `stdout` if `piped`.
    ///
    /// # Errors
    /// If the file is missing, empty or no file, or ffmpeg cannot be started.
    pub(crate) fn start(
        Input { ffmpeg, path, limits, drawn }: Input,
        (before, after): (&[String], &[String]),
        piped: bool,
    ) -> Result<Self, VideoError> {
        let (file, bytes) = open(path)?;
        let work = limits.work(bytes, drawn);
        let (url, inherited) = input(path, file);
        let mut command = Command::new(&ffmpeg.path);
        command
            .args(["-hide_banner", "-nostdin", "-nostats", "-loglevel", "level+info"])
            .args(["-max_alloc", &(limits.memory / 2).to_string()])
            .args(["-protocol_whitelist", "file,pipe,fd", "-format_whitelist", CONTAINERS])
            .args(["-max_pixels", &limits.pixels.to_string()])
            .args(["-threads", &limits.threads.max(1).to_string()])
            .args(before)
            .arg("-i")
            .arg(url)
            .args(after)
            // The words are parsed; a report file would land in the user's folder.
            .env("LC_ALL", "C")
            .env("AV_LOG_FORCE_NOCOLOR", "1")
            .env_remove("FFREPORT")
            // Every arena of the allocator takes 64 MB of address space.
            .env("MALLOC_ARENA_MAX", "2")
            .stdin(Stdio::null())
            .stdout(if piped { Stdio::piped() } else { Stdio::null() })
            .stderr(Stdio::piped());
        let (memory, background) = (Some(limits.memory), limits.background);
        let bounds = Bounds { memory, work: Some(work), background };
        let child = spawn(command, bounds, inherited)
            .map_err(|source| VideoError::NotStarted { ffmpeg: ffmpeg.path.clone(), source })?;
        Ok(Self { child, work })
    }

    /// The error of a child that did not end by itself; `None` if it did. `signal` is the one that it reported.
    pub(crate) fn untimely(
        &self,
        status: ExitStatus,
        (signal, said): (Option<i32>, &str),
        cancelled: Cancelled,
    ) -> Option<VideoError> {
        if cancelled() {
            return Some(VideoError::Cancelled);
        }
        let signal = signal.or_else(|| killed_by(status));
        if signal == Some(SIGXCPU) {
            return Some(VideoError::TooMuchWork { limit: self.work });
        }
        let asked = signal.is_some_and(|signal| ASKING.contains(&signal));
        let until = Instant::now() + HEARSAY;
        while asked && Instant::now() < until {
            if cancelled() {
                return Some(VideoError::Cancelled);
            }
            thread::sleep(TICK);
        }
        let status = match signal {
            Some(signal) if status.code().is_some() => format!("signal: {signal}"),
            None if status.code().is_some() => return None,
            _ => status.to_string(),
        };
        Some(VideoError::Died { status, said: said.to_owned() })
    }

    /// Waits for the end, at most until `deadline`; `None` if that passed or `cancelled`.
    ///
    /// # Errors
    /// If the system cannot say whether it ended.
    pub(crate) fn wait(
        &mut self,
        deadline: Instant,
        cancelled: Cancelled,
    ) -> io::Result<Option<ExitStatus>> {
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(Some(status));
            }
            if Instant::now() >= deadline || cancelled() {
                return Ok(None);
            }
            thread::sleep(TICK);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// SIGHUP, SIGINT, SIGQUIT and SIGTERM, which ask; they have these numbers wherever there are signals.
const ASKING: [i32; 4] = [1, 2, 3, 15];
/// SIGXCPU on Linux, where alone the limit is set.
const SIGXCPU: i32 = 24;

#[cfg(unix)]
fn killed_by(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
fn killed_by(_: ExitStatus) -> Option<i32> {
    None
}

/// A regular file and its length.
fn open(path: &Path) -> Result<(File, u64), VideoError> {
    let io = |source| VideoError::Io { path: path.to_owned(), source };
    let file = kinora_files::open(path).map_err(io)?;
    match file.metadata().map_err(io)?.len() {
        0 => Err(VideoError::Empty),
        bytes => Ok((file, bytes)),
    }
}

/// URL that ffmpeg opens, and the file that it inherits for that. On Linux it opens the very file that was checked,
/// whatever has its name by now, and gets a position of its own in it, so that it can seek. Elsewhere a name is all
/// that can be given: `fd:` is missing from older builds, and `/dev/fd` shares the position. What took the file's
/// place since then could make that open(2) wait; the limit on silence ends it.
fn input(path: &Path, file: File) -> (OsString, Option<File>) {
    #[cfg(target_os = "linux")]
    if Path::new("/proc/self/fd").is_dir() {
        let number = std::os::fd::AsRawFd::as_raw_fd(&file);
        return (format!("file:/proc/self/fd/{number}").into(), Some(file));
    }
    drop(file);
    // A name that starts with a dash or looks like a protocol stays a file.
    let mut url = OsString::from("file:");
    url.push(path);
    (url, None)
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::{log, made::Made, never};

    #[test]
    fn an_end_that_was_asked_for_is_no_damage() {
        let made = Made::new();
        let path = made.make("-f lavfi -i testsrc2=s=64x48:r=10:d=1 -c:v libx264 IN/a.mp4");
        let limits = VideoLimits::default();
        let input = Input { ffmpeg: &made.ffmpeg, path: &path, limits: &limits, drawn: false };
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        for (signal, stops) in [("TERM", true), ("TERM", false), ("INT", true), ("KILL", false)] {
            let endless = (words("-stream_loop -1 -re"), words("-f null -"));
            let mut running = Running::start(input, (&endless.0, &endless.1), false).unwrap();
            let mut pipe = running.child.stderr.take().unwrap();
            thread::sleep(Duration::from_millis(700));
            let pid = running.child.id().to_string();
            let status = Command::new("kill").args(["-s", signal, &pid]).status().unwrap();
            assert!(status.success());
            let until = Instant::now() + Duration::from_secs(20);
            let status = running.wait(until, &never).unwrap().expect("an end");
            let mut said = String::new();
            pipe.read_to_string(&mut said).unwrap();
            let heard = said.lines().find_map(|raw| log::line(raw).signal());
            // Whoever is asked too learns of it a little later.
            let ended = Instant::now();
            let cancelled = || stops && ended.elapsed() > Duration::from_millis(200);
            match running.untimely(status, (heard, ""), &cancelled) {
                Some(VideoError::Cancelled) => assert!(stops, "{signal}"),
                Some(VideoError::Died { status, .. }) => {
                    assert!(!stops && status.contains("signal"), "{signal}: {status}");
                }
                other => panic!("{signal}: {other:?}"),
            }
        }
    }
}
