//! What a vision-language model says of pictures and of the shots of videos.

use std::time::Duration;

use kinora_image::frame::to_picture;
use kinora_types::{Kind, Passage, PassageKind, Picture, TimeRange};
use kinora_video::VideoError;

use super::{Found, Halt, Job, Perceiver, passage, unplanned};
use crate::analyse::is_passing;

/// Shorter side of the frames that are described; models make them smaller still.
const FRAME_SIDE: u32 = 720;

impl Perceiver<'_, '_> {
    /// A caption of a picture, or one of each shot of a video.
    pub(super) fn describe(&mut self, job: &Job) -> Result<Found, Halt> {
        let captions = match job.asset.kind() {
            Kind::Picture => {
                self.observer.perceiving(PassageKind::Caption, &job.path, 0, 0);
                let picture = self.picture(job)?;
                vec![self.caption(&picture, None)?]
            }
            Kind::Video => self.describe_shots(job)?,
            Kind::Audio => Vec::new(),
        };
        Ok(Found::from([(PassageKind::Caption, captions)]))
    }

    /// From the frame in the middle of each shot. A shot whose middle cannot be decoded has no caption; a video
    /// in which that is so of every shot is at fault.
    fn describe_shots(&mut self, job: &Job) -> Result<Vec<Passage>, Halt> {
        let catalog = self.ingest.catalog();
        let row = catalog.asset_and_row(&job.asset.id).map_err(|e| (e,))?.map_or(0, |(row, _)| row);
        let shots = catalog.shots(row).map_err(|e| (e,))?;
        let stop = self.stop;
        let cancelled = || stop.asked();
        let seen = |error: &VideoError| Halt::video(&job.path, error);
        let file = self.video(job)?;
        let length = job.asset.duration_ms.unwrap_or_default();
        let (mut captions, mut fault) = (Vec::new(), None);
        for shot in shots {
            let middle = u64::midpoint(shot.start_ms(), shot.end_ms());
            self.observer.perceiving(PassageKind::Caption, &job.path, middle, length);
            match file.still(Duration::from_millis(middle), FRAME_SIDE, &cancelled) {
                Ok(frame) => captions.push(self.caption(&to_picture(&frame.image), Some(shot))?),
                Err(error @ VideoError::Cancelled) => return Err(seen(&error)),
                Err(error) if is_passing(&error) => return Err(seen(&error)),
                Err(error) => fault = Some(error),
            }
        }
        match fault {
            Some(error) if captions.is_empty() => Err(seen(&error)),
            _ => Ok(captions),
        }
    }

    fn caption(&self, picture: &Picture, range: Option<TimeRange>) -> Result<Passage, Halt> {
        let Some(model) = self.models.captions else {
            return Err(Halt::Run(unplanned("a caption to write without a model")));
        };
        let (text, confidence) = model.caption(picture, self.control())?;
        let caption = passage(PassageKind::Caption, text, model.model(), confidence);
        Ok(Passage { range, ..caption })
    }
}
