//! Shots by moving a camera over one picture: the pixels are the source's own.

use kinora_inference::{
    FrameSink, GenerateError, Reference, ReferenceRole, ShotGenerator, ShotRequest,
};
use kinora_render::{RenderError, ShotView, ease};
use kinora_types::{Control, GeneratorRecord, YuvFrame};
use serde_json::json;

/// Name in records and in `--generator`.
pub const CAMERA_MOVE: &str = "camera-move";

/// Moves over the first subject of a request along its planned camera move. Deterministic; one
/// core; about 10 bytes per picture pixel that the shot needs.
#[derive(Debug, Default)]
pub struct CameraMoveGenerator;

impl ShotGenerator for CameraMoveGenerator {
    fn name(&self) -> &'static str {
        CAMERA_MOVE
    }

    fn generate(
        &mut self,
        request: &ShotRequest,
        sink: &mut dyn FrameSink,
        control: &Control,
    ) -> Result<GeneratorRecord, GenerateError> {
        control.check()?;
        let lacks = |what: &str| GenerateError::Request(what.to_owned());
        if request.frames == 0 {
            return Err(lacks("a shot has at least one frame"));
        }
        let camera = request.camera.ok_or_else(|| lacks("no camera move was planned"))?;
        let mut subjects = request.references.iter().filter(|r| r.role == ReferenceRole::Subject);
        let subject = subjects.find_map(Reference::picture);
        let subject = subject.ok_or_else(|| lacks("there is no picture to show"))?;
        let mut view = ShotView::new(subject, &camera, request.size).map_err(failed)?;
        let mut frame = YuvFrame::black(request.size).map_err(|e| failed(e.into()))?;
        let last = f64::from(request.frames.saturating_sub(1).max(1));
        for i in 0..request.frames {
            control.check()?;
            let seen = camera.from.lerp(camera.to, ease(f64::from(i) / last));
            view.paint(seen, &mut frame).map_err(failed)?;
            sink.frame(&frame)?;
        }
        Ok(GeneratorRecord {
            name: CAMERA_MOVE.into(),
            version: env!("CARGO_PKG_VERSION").into(),
            model: None,
            deterministic: true,
            synthetic: false,
            parameters: json!({ "camera": camera, "pace": "sine ramps, constant speed between" }),
        })
    }
}

fn failed(error: RenderError) -> GenerateError {
    match error {
        RenderError::OddSize(_)
        | RenderError::Distorts { .. }
        | RenderError::OutsidePicture { .. } => GenerateError::Request(error.to_string()),
        other => GenerateError::Failed(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kinora_testing::suite::generator::{check_shot_generator, sample_reference};
    use kinora_types::{CameraMove, Framing, Rect, Size};

    fn request() -> ShotRequest {
        // A view of any frame's shape would need a plan of its own; a matte holds them all.
        let view = Rect { x: -1.0, y: -1.0, width: 3.0, height: 3.0 };
        ShotRequest {
            prompt: "anything".into(),
            references: vec![sample_reference(160, 90)],
            camera: Some(CameraMove { framing: Framing::Matte, from: view, to: view }),
            size: Size { width: 64, height: 36 },
            fps: 24,
            frames: 5,
            seed: 7,
        }
    }

    /// Plans the move anew for every size that the suite asks for.
    struct Planned(CameraMoveGenerator);

    impl ShotGenerator for Planned {
        fn name(&self) -> &'static str {
            self.0.name()
        }

        fn generate(
            &mut self,
            request: &ShotRequest,
            sink: &mut dyn FrameSink,
            control: &Control,
        ) -> Result<GeneratorRecord, GenerateError> {
            let width = 3.0;
            let height = width * (160.0 / 90.0) / request.size.aspect();
            let view = |scale: f64| Rect {
                x: 0.5 - width * scale / 2.0,
                y: 0.5 - height * scale / 2.0,
                width: width * scale,
                height: height * scale,
            };
            let camera = CameraMove { framing: Framing::Matte, from: view(1.0), to: view(0.9) };
            let request = ShotRequest { camera: Some(camera), ..request.clone() };
            self.0.generate(&request, sink, control)
        }
    }

    #[test]
    fn conforms() {
        check_shot_generator(&mut Planned(CameraMoveGenerator), &request());
    }

    #[test]
    fn a_request_without_picture_or_move_is_refused() {
        struct Nowhere;
        impl FrameSink for Nowhere {
            fn frame(&mut self, _: &YuvFrame) -> Result<(), kinora_inference::SinkError> {
                Ok(())
            }
            fn picture(
                &mut self,
                _: &kinora_types::Picture,
            ) -> Result<(), kinora_inference::SinkError> {
                Ok(())
            }
        }
        let distorting = Some(CameraMove {
            framing: Framing::Matte,
            from: Rect { height: 0.5, ..Rect::FULL },
            to: Rect::FULL,
        });
        for request in [
            ShotRequest { camera: None, ..request() },
            ShotRequest { references: vec![], ..request() },
            ShotRequest { camera: distorting, ..request() },
        ] {
            let result = CameraMoveGenerator.generate(&request, &mut Nowhere, &Control::default());
            assert!(matches!(result, Err(GenerateError::Request(_))), "{result:?}");
        }
    }
}
