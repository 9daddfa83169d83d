//! What a vision-language model says of pictures and of the shots of videos.

use std::time::Duration;

use kinora_catalog::{Catalog, CatalogError};
use kinora_image::frame::to_picture;
use kinora_types::{AssetId, Kind, Passage, PassageKind, Picture, TimeRange};
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
                self.tell(PassageKind::Caption, job, 0);
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
        let shots = shots(catalog, &job.asset.id).map_err(|e| (e,))?;
        let stop = self.stop;
        let cancelled = || stop.asked();
        let seen = |error: &VideoError| Halt::video(&job.path, error);
        let file = self.video(job)?;
        let (mut captions, mut fault) = (Vec::new(), None);
        for shot in shots {
            let middle = u64::midpoint(shot.start_ms(), shot.end_ms());
            self.tell(PassageKind::Caption, job, middle);
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

/// The shots of a video that the catalogue must hold: it was the catalogue that asked for their captions.
fn shots(catalog: &Catalog, id: &AssetId) -> Result<Vec<TimeRange>, CatalogError> {
    catalog.shots(catalog.row(id)?)
}

#[cfg(test)]
mod tests {
    use kinora_types::{ContentHash, EmbeddingSpace};

    use super::*;

    #[test]
    fn a_video_without_a_row_is_an_error_and_not_a_video_without_shots() {
        let folder = tempfile::tempdir().unwrap();
        let (name, revision) = ("s".to_owned(), "1".to_owned());
        let space = EmbeddingSpace { name, revision, dimension: 2, normalised: true };
        let catalog = Catalog::create(folder.path(), "lib", &space).unwrap();
        let unknown = AssetId(ContentHash::of(b"unknown"));
        assert!(matches!(shots(&catalog, &unknown), Err(CatalogError::Reference(_))));
    }
}
