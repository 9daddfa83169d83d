//! ffmpeg as a child that reads one untrusted file: what it may do, and that it ends with us.

use std::{
    ffi::OsString,
    fs, io,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::{VideoError, VideoLimits};
use crate::FFmpeg;

/// Containers that hold their content themselves. Playlists, concatenations, devices and numbered
/// pictures are not among them: they make ffmpeg open what the file's author names.
const CONTAINERS: &str = "mov,matroska,avi,mpeg,mpegts,mpegvideo,m4v,h264,hevc,obu,ivf,mjpeg,flv,asf,ogg,mxf,\
                          dv,wtv,rm,gif,apng,webp_anim,wav,mp3,flac,aac,aiff,w64,caf,amr,ac3,eac3,au";
/// Between two looks at whether the child has ended.
const TICK: Duration = Duration::from_millis(4);

/// A child that is killed when it is dropped.
pub(crate) struct Running {
    pub child: Child,
}

impl Running {
    /// Starts ffmpeg on `path`; `before` are options of the input, `after` those of the output. Its
    /// words can be read from `stderr`, its output from `stdout` if `piped`.
    ///
    /// Errors: the file is missing, empty or no file, or ffmpeg cannot be started.
    pub fn start(
        ffmpeg: &FFmpeg,
        path: &Path,
        limits: &VideoLimits,
        (before, after): (&[String], &[String]),
        piped: bool,
    ) -> Result<Self, VideoError> {
        check(path)?;
        let child = Command::new(&ffmpeg.path)
            .args(["-hide_banner", "-nostdin", "-nostats", "-loglevel", "level+info"])
            .args(["-max_alloc", &(limits.memory / 2).to_string()])
            .args(["-protocol_whitelist", "file,pipe,fd", "-format_whitelist", CONTAINERS])
            .args(["-max_pixels", &limits.pixels.to_string()])
            .args(["-threads", &limits.threads.max(1).to_string()])
            .args(before)
            .arg("-i")
            .arg(file_url(path))
            .args(after)
            // The words are parsed; a report file would land in the user's folder.
            .env("LC_ALL", "C")
            .env("AV_LOG_FORCE_NOCOLOR", "1")
            .env_remove("FFREPORT")
            // Every arena of the allocator takes 64 MB of address space.
            .env("MALLOC_ARENA_MAX", "2")
            .stdin(Stdio::null())
            .stdout(if piped { Stdio::piped() } else { Stdio::null() })
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|source| VideoError::NotStarted { ffmpeg: ffmpeg.path.clone(), source })?;
        let running = Self { child };
        restrict(&running.child, limits)
            .map_err(|source| VideoError::NotStarted { ffmpeg: ffmpeg.path.clone(), source })?;
        Ok(running)
    }

    /// Waits for the end, at most until `deadline`; `None` if that passed or `cancelled`.
    pub fn wait(
        &mut self,
        deadline: Instant,
        cancelled: super::Cancelled,
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

fn check(path: &Path) -> Result<(), VideoError> {
    let io = |source| VideoError::Io { path: path.to_owned(), source };
    let found = fs::metadata(path).map_err(io)?;
    if !found.is_file() {
        return Err(io(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file")));
    }
    if found.len() == 0 {
        return Err(VideoError::Empty);
    }
    fs::File::open(path).map(drop).map_err(io)
}

/// A name that starts with a dash or looks like a protocol stays a file.
fn file_url(path: &Path) -> OsString {
    let mut url = OsString::from("file:");
    url.push(path);
    url
}

#[cfg(target_os = "linux")]
fn restrict(child: &Child, limits: &VideoLimits) -> io::Result<()> {
    use rustix::process::{Pid, Resource, Rlimit, prlimit, setpriority_process};

    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let pid = pid.ok_or_else(|| io::Error::other("the child has no process id"))?;
    let limit = |bytes| Rlimit { current: Some(bytes), maximum: Some(bytes) };
    // It holds from now on; nothing of the file has been allocated before.
    let limited = prlimit(Some(pid), Resource::As, limit(limits.memory))
        .and_then(|_| prlimit(Some(pid), Resource::Core, limit(0)));
    match limited {
        // It may have ended already.
        Ok(_) | Err(rustix::io::Errno::SRCH) => {}
        Err(error) => return Err(error.into()),
    }
    if limits.background {
        // Slower for others than wished, but not wrong.
        let _ = setpriority_process(Some(pid), 10);
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn restrict(_: &Child, _: &VideoLimits) -> io::Result<()> {
    Ok(())
}
