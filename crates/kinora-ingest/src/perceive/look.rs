//! What is written in pictures, what they show.

use std::time::Duration;

use kinora_image::{Budget, ReadError, decode_within, frame::to_picture, read_file};
use kinora_types::{Embedding, Kind, Passage, PassageKind, Picture};
use kinora_video::Frame;

use super::{Found, Halt, Job, Perceiver, passage, tags::TagSpans};
use crate::spans::TextSpans;

/// Letters are read in pictures whose shorter side has twice this, if the file's has.
const PICTURE_SIDE: u32 = 480;
/// Shorter side of the frames in which letters are read.
const FRAME_SIDE: u32 = 720;
/// Between two frames that are looked at.
const STEP: Duration = Duration::from_secs(1);

impl Perceiver<'_, '_> {
    /// What the wanted models find in one picture or video.
    pub(super) fn look(&mut self, job: &Job) -> Result<Found, Halt> {
        match job.asset.kind() {
            Kind::Picture => self.look_at_picture(job),
            Kind::Video => self.look_at_video(job),
            Kind::Audio => Ok(Found::new()),
        }
    }

    fn look_at_picture(&mut self, job: &Job) -> Result<Found, Halt> {
        for kind in &job.kinds {
            self.tell(*kind, job, 0);
        }
        let picture = self.picture(job)?;
        let mut found = Found::new();
        for kind in &job.kinds {
            let passages = match kind {
                PassageKind::Text => self.read(&picture)?,
                PassageKind::Tag => self.name(job, &picture)?,
                PassageKind::Caption | PassageKind::Speech => Vec::new(),
            };
            found.insert(*kind, passages);
        }
        Ok(found)
    }

    /// The decoded picture of a file.
    pub(super) fn picture(&self, job: &Job) -> Result<Picture, Halt> {
        let seen = |error: &ReadError| Halt::picture(&job.path, error);
        let limits = &self.ingest.options().limits;
        let bytes = read_file(&job.path, limits).map_err(|error| seen(&error))?;
        let stop = self.stop;
        let cancelled = || stop.asked();
        let budget = Budget::new(limits, &cancelled);
        Ok(decode_within(&bytes, PICTURE_SIDE, &budget).map_err(|error| seen(&error))?.picture)
    }

    fn read(&self, picture: &Picture) -> Result<Vec<Passage>, Halt> {
        let Some(model) = self.models.text else {
            return Ok(Vec::new());
        };
        let lines = model.read(picture)?.into_iter();
        let lines = lines.map(|line| Passage {
            region: Some(line.region),
            ..passage(PassageKind::Text, line.text, model.model(), line.confidence)
        });
        Ok(lines.collect())
    }

    fn name(&self, job: &Job, picture: &Picture) -> Result<Vec<Passage>, Halt> {
        let embedding = self.ingest.catalog().embedding(&job.asset.id).map_err(|e| (e,))?;
        let (Some(model), Some(embedding)) = (self.models.tags, embedding) else {
            return Ok(Vec::new());
        };
        let tags = model.tag(picture, &embedding)?.into_iter();
        let tags = tags.map(|t| passage(PassageKind::Tag, t.word, model.model(), t.confidence));
        Ok(tags.collect())
    }

    /// A frame a second, decoded again: the first decode was too small for letters.
    fn look_at_video(&mut self, job: &Job) -> Result<Found, Halt> {
        let stop = self.stop;
        let cancelled = || stop.asked();
        let file = self.video(job)?;
        let mut frames = file
            .samples(FRAME_SIDE, STEP, &cancelled)
            .map_err(|error| Halt::video(&job.path, &error))?;
        let mut gathered = self.gathering(job)?;
        let length = job.asset.duration_ms.unwrap_or_default();
        for frame in frames.by_ref() {
            let frame = frame.map_err(|error| Halt::video(&job.path, &error))?;
            for kind in &job.kinds {
                self.tell(*kind, job, frame.at.as_millis() as u64);
            }
            self.gather(&mut gathered, &frame)?;
        }
        let end_ms = length.max(frames.outcome().end.as_millis() as u64);
        Ok(gathered.finish(self, end_ms))
    }

    fn gathering(&self, job: &Job) -> Result<Gathering, Halt> {
        let catalog = self.ingest.catalog();
        let wants = |kind| job.kinds.contains(&kind);
        let mut gathering = Gathering {
            text: self
                .models
                .text
                .filter(|_| wants(PassageKind::Text))
                .map(|model| (TextSpans::new(model.model()), Vec::new())),
            tags: wants(PassageKind::Tag).then(|| TagSpans::new(STEP.as_millis() as u64)),
            ..Gathering::default()
        };
        let row = catalog.row(&job.asset.id).map_err(|e| (e,))?;
        gathering.embeddings = catalog.frame_embeddings(row).map_err(|e| (e,))?;
        Ok(gathering)
    }

    fn gather(&self, gathering: &mut Gathering, frame: &Frame) -> Result<(), Halt> {
        let at_ms = frame.at.as_millis() as u64;
        let picture = to_picture(&frame.image);
        if let (Some((spans, ended)), Some(model)) = (&mut gathering.text, self.models.text) {
            ended.extend(spans.push(at_ms, model.read(&picture)?));
        }
        let nearest = gathering.embeddings.iter().min_by_key(|(at, _)| at.abs_diff(at_ms));
        if let (Some(spans), Some(model), Some((_, embedding))) =
            (&mut gathering.tags, self.models.tags, nearest)
        {
            spans.push(at_ms, model.tag(&picture, embedding)?);
        }
        Ok(())
    }
}

/// Words of a video as they come.
#[derive(Default)]
struct Gathering {
    /// Lines that are still there, and those that have gone.
    text: Option<(TextSpans, Vec<Passage>)>,
    tags: Option<TagSpans>,
    embeddings: Vec<(u64, Embedding)>,
}

impl Gathering {
    fn finish(self, perceiver: &Perceiver<'_, '_>, end_ms: u64) -> Found {
        let model = |kind| perceiver.models.model(kind).unwrap_or_default();
        let text = self.text.map(|(spans, mut ended)| {
            ended.extend(spans.finish(end_ms));
            ended
        });
        let tags = self.tags.map(|spans| spans.finish(end_ms, model(PassageKind::Tag)));
        let each = [PassageKind::Text, PassageKind::Tag].into_iter().zip([text, tags]);
        each.filter_map(|(kind, passages)| Some((kind, passages?))).collect()
    }
}
