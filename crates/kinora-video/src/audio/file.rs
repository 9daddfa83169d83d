//! A file with sound that was probed.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use super::{AudioError, Samples, samples::Job};
use crate::{
    AudioStream, Cancelled, FFmpeg, Tags, VideoFile, VideoLimits, child::Input, dump, head, log,
    main_sound, probe, tags,
};

/// Facts about the sound of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct AudioFacts {
    /// Container in lower case, as in [`crate::VideoFacts::container`]; also `mp3`, `wav`, `flac`, `ogg`, ….
    pub container: String,
    /// How long the file claims to last, to 10 ms; some containers do not say.
    pub duration: Option<Duration>,
    /// Its sound, in the file's order; at least one.
    pub streams: Vec<AudioStream>,
    /// Whether there is a moving picture too; cover art does not count.
    pub has_video: bool,
    /// Tags of the container.
    pub tags: Tags,
    /// Errors that ffmpeg reported while probing.
    pub complaint: Option<String>,
}

/// A file with sound, and what it is. Cheap to keep; nothing runs between calls.
#[derive(Clone, Debug)]
pub struct AudioFile {
    ffmpeg: FFmpeg,
    path: PathBuf,
    limits: VideoLimits,
    facts: AudioFacts,
}

impl AudioFile {
    /// Probes a file of any kind and name; decodes nothing, and never takes longer than
    /// [`VideoLimits::floor`].
    ///
    /// # Errors
    /// [`AudioError::NoAudio`] where nothing is to be heard; what keeps ffmpeg from opening the file.
    pub fn open(
        ffmpeg: &FFmpeg,
        path: &Path,
        limits: &VideoLimits,
        cancelled: Cancelled,
    ) -> Result<Self, AudioError> {
        let after = "-map 0:a? -c copy -t 0.1 -f null -".split(' ');
        let after: Vec<String> = after.map(str::to_owned).collect();
        let lines = probe::ask(input(ffmpeg, path, limits), (&[], &after), cancelled)?;
        let facts = facts(path, &lines)?;
        let (ffmpeg, path, limits) = (ffmpeg.clone(), path.to_owned(), limits.clone());
        Ok(Self { ffmpeg, path, limits, facts })
    }

    /// The sound of a file that was opened as a video or recording, without probing it again.
    ///
    /// # Errors
    /// [`AudioError::NoAudio`] where nothing is to be heard.
    pub fn of(file: &VideoFile) -> Result<Self, AudioError> {
        let video = file.facts();
        if video.audio.is_empty() {
            return Err(AudioError::NoAudio);
        }
        let facts = AudioFacts {
            container: video.container.clone(),
            duration: video.duration,
            streams: video.audio.clone(),
            has_video: video.video.is_some(),
            tags: video.tags.clone(),
            complaint: video.complaint.clone(),
        };
        let (ffmpeg, limits) = (file.ffmpeg().clone(), file.limits().clone());
        Ok(Self { ffmpeg, path: file.path().to_owned(), limits, facts })
    }

    /// Facts about the file.
    pub fn facts(&self) -> &AudioFacts {
        &self.facts
    }

    /// Path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// One stream, counted from 0, mixed to mono at [`super::SAMPLE_RATE`]. The first sample lies at
    /// presentation time zero: what starts late is led in by silence, what starts early is cut, and
    /// gaps of the file are silence, so that the n-th sample is heard at n / 16000 s. In MPEG transport
    /// and program streams ffmpeg counts from the start of the stream that it reads: sound and picture
    /// are apart there by as much as they start apart.
    ///
    /// # Errors
    /// If there is no such stream, or ffmpeg cannot be started; damage is an error of the samples.
    pub fn samples<'a>(
        &'a self,
        stream: usize,
        cancelled: Cancelled<'a>,
    ) -> Result<Samples<'a>, AudioError> {
        let has = self.facts.streams.len();
        if stream >= has {
            return Err(AudioError::NoSuchStream { asked: stream, has });
        }
        let job = Job {
            input: input(&self.ffmpeg, &self.path, &self.limits),
            duration: self.facts.duration,
            stream,
        };
        Samples::start(&job, cancelled)
    }
}

impl AudioFacts {
    /// The default stream, see [`main_sound`].
    pub fn main(&self) -> usize {
        main_sound(&self.streams).unwrap_or(0)
    }
}

fn input<'a>(ffmpeg: &'a FFmpeg, path: &'a Path, limits: &'a VideoLimits) -> Input<'a> {
    Input { ffmpeg, path, limits, drawn: false }
}

fn facts(path: &Path, lines: &[String]) -> Result<AudioFacts, AudioError> {
    let dump = dump::read(lines.iter().map(|line| log::line(line)));
    let complaint = probe::first_complaint(lines);
    if dump.demuxer.is_empty() {
        return Err(probe::unopened(lines, complaint).into());
    }
    if dump.audio.is_empty() {
        return Err(AudioError::NoAudio);
    }
    let written: Vec<_> = dump.tags.iter().chain(&dump.audio_tags).cloned().collect();
    Ok(AudioFacts {
        container: probe::container(&dump.demuxer, &dump.tags),
        duration: dump.duration,
        streams: dump.audio,
        has_video: !dump.videos.is_empty(),
        tags: tags::read(&head::mended(path, &written)),
        complaint,
    })
}
