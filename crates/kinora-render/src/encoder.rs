//! Frames to a film file, through an ffmpeg child process that reads raw planes from a pipe.
//!
//! A writer thread feeds the pipe, so that the next frame is composed while the last one is encoded;
//! at most [`QUEUE`] frames wait. The file grows aside in the same folder (`aside.rs`) and takes
//! its name only when it is whole and on disk; dropped or cancelled, nothing is left. The same
//! frames, sound, ffmpeg build and settings give the same bytes. A film without sound has no sound track.

use std::{
    ffi::OsString,
    io::{self, Read, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStderr, ChildStdin, Command, Stdio},
    thread::{self, JoinHandle},
    time::Duration,
};

use crossbeam_channel::{Receiver, SendTimeoutError, Sender, bounded};
use kinora_types::{Size, YuvFrame};

use super::{
    RenderError, SoundFile,
    aside::{Aside, Kind, sweep},
};
use kinora_video::{FFmpeg, spawn};

/// Frames that may wait for the encoder.
const QUEUE: usize = 4;
/// Time between two looks at whether to stop, while the encoder is waited for.
const POLL: Duration = Duration::from_millis(20);
/// Most bytes kept of the end of the child's messages.
const KEPT_STDERR: usize = 4096;
/// Fixed, as x264's output depends on it: the same film on any machine.
const THREADS: &str = "6";

/// The form of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncodeSpec {
    /// Frame size, both sides even.
    pub size: Size,
    /// Frames a second.
    pub fps: u32,
}

impl EncodeSpec {
    /// The encoder's settings, as the record keeps them.
    pub fn describe(&self, with_sound: bool) -> String {
        let words = self.codec_args().join(" ");
        let sound = if with_sound { format!(" {}", SOUND.join(" ")) } else { String::new() };
        format!("{words}{sound} {}", CONTAINER.join(" "))
    }

    fn codec_args(&self) -> Vec<String> {
        // A keyframe every two seconds keeps seeking quick.
        let group = (self.fps * 2).to_string();
        ["-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-pix_fmt", "yuv420p"]
            .into_iter()
            .chain(["-g", &group, "-threads", THREADS])
            .chain(COLOURS)
            .map(str::to_owned)
            .collect()
    }

    fn input_args(&self) -> Vec<String> {
        let (size, fps) = (self.size.to_string(), self.fps.to_string());
        ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-video_size", &size, "-framerate", &fps]
            .into_iter()
            .chain(COLOURS)
            .chain(["-i", "pipe:0"])
            .map(str::to_owned)
            .collect()
    }
}

const COLOURS: [&str; 10] = [
    "-colorspace",
    "bt709",
    "-color_primaries",
    "bt709",
    "-color_trc",
    "bt709",
    "-color_range",
    "tv",
    "-chroma_sample_location",
    "center",
];
/// Two channels at 48 kHz; ffmpeg's own encoder, which every build has.
const SOUND: [&str; 6] = ["-c:a", "aac", "-b:a", "192k", "-flags:a", "+bitexact"];
const SOUND_INPUT: [&str; 6] = ["-f", "s16le", "-ar", "48000", "-ac", "2"];
/// `filter_units` takes the encoder's own note (its version and settings) out of the stream.
const CONTAINER: [&str; 10] = [
    "-bsf:v",
    "filter_units=remove_types=6",
    "-map_metadata",
    "-1",
    "-fflags",
    "+bitexact",
    "-flags:v",
    "+bitexact",
    "-movflags",
    "+faststart",
];

/// Whoever waits for the encoder is asked whether to stop: before the wait, and every 20 ms while it lasts.
pub type Cancelled<'a> = &'a dyn Fn() -> bool;

/// A film being written. Frames are taken in order; the file appears at [`EncodedFilm::keep`].
pub struct FilmEncoder {
    spec: EncodeSpec,
    out: PathBuf,
    /// Where the film grows.
    part: Option<Aside>,
    child: Child,
    frames: Option<Sender<YuvFrame>>,
    spare: Receiver<YuvFrame>,
    writer: Option<JoinHandle<io::Result<()>>>,
    stderr: Option<JoinHandle<String>>,
    /// Read by the child until the end.
    sound: Option<SoundFile>,
}

impl FilmEncoder {
    /// Starts ffmpeg. `sound` is finished and begins with the first frame.
    ///
    /// # Errors
    /// No libx264 (or, for sound, no aac) in this ffmpeg, an odd size, a folder that is missing or cannot be written.
    pub fn start(
        ffmpeg: &FFmpeg,
        spec: EncodeSpec,
        sound: Option<SoundFile>,
        out: &Path,
    ) -> Result<Self, RenderError> {
        ffmpeg.require("libx264")?;
        if sound.is_some() {
            ffmpeg.require("aac")?;
        }
        YuvFrame::black(spec.size)?;
        sweep(out);
        let part = Aside::create(out, Kind::Part).map_err(|source| RenderError::Io {
            action: "cannot write the film",
            source,
            path: out.to_owned(),
        })?;
        let heard = sound.as_ref().map(SoundFile::path);
        let mut child = start(ffmpeg, spec, heard, part.path())?;
        let (frames, queue) = bounded(QUEUE);
        let (done, spare) = bounded(QUEUE + 2);
        let unable = |source| RenderError::Io {
            action: "cannot start a thread for the encoder",
            source,
            path: ffmpeg.path.clone(),
        };
        let writer = child.stdin.take().map(|pipe| feed(pipe, queue, done));
        let stderr = child.stderr.take().map(listen);
        let (writer, stderr) = (writer.transpose(), stderr.transpose());
        let (writer, stderr) = (writer.map_err(unable)?, stderr.map_err(unable)?);
        Ok(Self {
            spec,
            out: out.to_owned(),
            part: Some(part),
            child,
            frames: Some(frames),
            spare,
            writer,
            stderr,
            sound,
        })
    }

    /// A frame to paint on: a used one if there is one. Its content is undefined.
    ///
    /// # Errors
    /// If a side of the frame is odd.
    pub fn blank(&self) -> Result<YuvFrame, RenderError> {
        match self.spare.try_recv() {
            Ok(frame) => Ok(frame),
            Err(_) => Ok(YuvFrame::black(self.spec.size)?),
        }
    }

    /// Takes the next frame; waits while the queue is full.
    ///
    /// # Errors
    /// ffmpeg has died (the error says of what), the frame has another size, or [`RenderError::Cancelled`].
    pub fn push(&mut self, frame: YuvFrame, cancelled: Cancelled<'_>) -> Result<(), RenderError> {
        if frame.size() != self.spec.size {
            let (got, want) = (frame.size(), self.spec.size);
            return Err(RenderError::Internal(format!("a frame of `{got}`, not `{want}`")));
        }
        let mut frame = frame;
        while !cancelled() {
            let Some(queue) = &self.frames else { return Err(self.autopsy()) };
            frame = match queue.send_timeout(frame, POLL) {
                Ok(()) => return Ok(()),
                Err(SendTimeoutError::Timeout(frame)) => frame,
                Err(SendTimeoutError::Disconnected(_)) => return Err(self.autopsy()),
            };
        }
        Err(RenderError::Cancelled)
    }

    /// Waits until the encoder has written the whole file, still under its temporary name.
    ///
    /// # Errors
    /// ffmpeg has died, or [`RenderError::Cancelled`]: nothing is left of the film then.
    pub fn finish(mut self, cancelled: Cancelled<'_>) -> Result<EncodedFilm, RenderError> {
        self.frames = None;
        while self.writer.as_ref().is_some_and(|writer| !writer.is_finished()) {
            wait(cancelled)?;
        }
        let fed = self.join_writer();
        let status = loop {
            let ended = self.child.try_wait();
            match ended.map_err(|e| self.io("cannot wait for ffmpeg", e))? {
                Some(status) => break status,
                None => wait(cancelled)?,
            }
        };
        if !status.success() || fed.is_err() {
            return Err(self.autopsy());
        }
        self.sound = None;
        let part = self.part.take();
        let part = part.ok_or_else(|| RenderError::Internal("a film without a file".into()))?;
        Ok(EncodedFilm { part, out: self.out.clone() })
    }

    fn join_writer(&mut self) -> io::Result<()> {
        match self.writer.take().map(JoinHandle::join) {
            Some(Ok(result)) => result,
            Some(Err(_)) => Err(io::Error::other("the writer thread panicked")),
            None => Ok(()),
        }
    }

    /// Why the child died, from its exit status and what it said.
    fn autopsy(&mut self) -> RenderError {
        self.frames = None;
        let _ = self.child.kill();
        let status = self.child.wait();
        let _ = self.join_writer();
        let said = self.stderr.take().and_then(|thread| thread.join().ok());
        let said = said.unwrap_or_default();
        if said.contains("No space left on device") || said.contains("Disk quota exceeded") {
            return RenderError::DiskFull(self.out.clone());
        }
        let last = said.lines().rev().find(|line| !line.trim().is_empty());
        RenderError::Encoder {
            status: status.map_or_else(|e| e.to_string(), |s| s.to_string()),
            said: last.unwrap_or("it said nothing").trim().to_owned(),
        }
    }

    fn io(&self, action: &'static str, source: io::Error) -> RenderError {
        RenderError::Io { action, source, path: self.out.clone() }
    }
}

/// A whole film under a temporary name; dropped, it is gone.
#[derive(Debug)]
pub struct EncodedFilm {
    part: Aside,
    out: PathBuf,
}

impl EncodedFilm {
    /// Where the file is.
    pub fn path(&self) -> &Path {
        self.part.path()
    }

    /// Brings the film to disk and gives it its name, in place of an older file of that name.
    ///
    /// # Errors
    /// A disk that cannot be written, or a folder that is gone.
    pub fn keep(self) -> Result<(), RenderError> {
        let action = "cannot bring the film to disk";
        let io = |source| RenderError::Io { action, source, path: self.out.clone() };
        self.part.become_film(&self.out).map_err(io)
    }
}

/// One look at whether to stop, and a moment's sleep.
fn wait(cancelled: Cancelled<'_>) -> Result<(), RenderError> {
    if cancelled() {
        return Err(RenderError::Cancelled);
    }
    thread::sleep(POLL);
    Ok(())
}

impl Drop for FilmEncoder {
    fn drop(&mut self) {
        self.frames = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = self.join_writer();
    }
}

fn start(
    ffmpeg: &FFmpeg,
    spec: EncodeSpec,
    sound: Option<&Path>,
    part: &Path,
) -> Result<Child, RenderError> {
    let mut command = Command::new(&ffmpeg.path);
    command.args(["-hide_banner", "-loglevel", "error", "-nostdin", "-y"]).args(spec.input_args());
    match sound {
        Some(path) => command
            .args(SOUND_INPUT)
            .arg("-i")
            .arg(file_url(path))
            .args(["-map", "0:v", "-map", "1:a"])
            .args(SOUND),
        None => command.arg("-an"),
    };
    command
        .args(spec.codec_args())
        .args(CONTAINER)
        .args(["-f", "mp4"])
        // A name that starts with a dash or looks like a protocol stays a file.
        .arg(file_url(part))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    spawn::spawn(command, spawn::Bounds::default(), None).map_err(|source| RenderError::Io {
        action: "cannot start ffmpeg",
        source,
        path: ffmpeg.path.clone(),
    })
}

fn file_url(path: &Path) -> OsString {
    let mut url = OsString::from("file:");
    url.push(path);
    url
}

/// Writes frames to the pipe until the queue closes; hands used frames back.
fn feed(
    mut pipe: ChildStdin,
    queue: Receiver<YuvFrame>,
    done: Sender<YuvFrame>,
) -> io::Result<JoinHandle<io::Result<()>>> {
    let work = move || {
        for frame in queue {
            pipe.write_all(frame.bytes())?;
            // A full pool is no loss: the frame is freed.
            let _ = done.try_send(frame);
        }
        Ok(())
    };
    thread::Builder::new().name("film-writer".into()).spawn(work)
}

/// Reads all that the child says, so that it never blocks on it; keeps the end.
fn listen(mut pipe: ChildStderr) -> io::Result<JoinHandle<String>> {
    let work = move || {
        let (mut said, mut buffer) = (Vec::new(), [0u8; 1024]);
        while let Ok(n @ 1..) = pipe.read(&mut buffer) {
            said.extend_from_slice(&buffer[..n]);
            let surplus = said.len().saturating_sub(KEPT_STDERR);
            said.drain(..surplus);
        }
        String::from_utf8_lossy(&said).into_owned()
    };
    thread::Builder::new().name("film-words".into()).spawn(work)
}
