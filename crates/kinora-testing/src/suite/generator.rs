//! The one conformance suite of [`ShotGenerator`]: every backend's tests run it.
//!
//! It does not cover how the frames look; that is each generator's own business.

use kinora_inference::{
    FrameSink, GenerateError, Reference, ReferenceContent, ReferenceRole, ShotGenerator,
    ShotRequest, SinkError,
};
use kinora_types::{AssetId, ContentHash, Control, Picture, Rights, Size, SourceRecord, YuvFrame};

/// Keeps what it is given; refuses or cancels on demand.
#[derive(Default)]
struct Probe {
    frames: Vec<(Size, Vec<u8>)>,
    refuse_at: Option<usize>,
    cancel_at: Option<(usize, Control)>,
}

impl Probe {
    fn take(&mut self, size: Size, bytes: &[u8]) -> Result<(), SinkError> {
        if self.refuse_at == Some(self.frames.len()) {
            return Err(SinkError("refused by the probe".into()));
        }
        self.frames.push((size, bytes.to_vec()));
        match &self.cancel_at {
            Some((at, control)) if *at == self.frames.len() => control.cancel(),
            _ => {}
        }
        Ok(())
    }
}

impl FrameSink for Probe {
    fn frame(&mut self, frame: &YuvFrame) -> Result<(), SinkError> {
        self.take(frame.size(), frame.bytes())
    }

    fn picture(&mut self, frame: &Picture) -> Result<(), SinkError> {
        let size = Size { width: frame.width(), height: frame.height() };
        self.take(size, frame.rgb())
    }
}

/// Runs the whole suite. `request` is one that the generator can serve; it is varied in size, length, prompt, seed and
/// references. Sizes are small, frames few.
///
/// # Panics
/// With what the contract says, where the generator breaks it.
pub fn check_shot_generator(generator: &mut dyn ShotGenerator, request: &ShotRequest) {
    for (width, height, frames) in [(64, 36, 5), (36, 64, 1), (48, 48, 3)] {
        let request = ShotRequest { size: Size { width, height }, frames, ..request.clone() };
        makes_exactly_what_is_asked(generator, &request);
    }
    let request =
        ShotRequest { size: Size { width: 64, height: 36 }, frames: 6, ..request.clone() };
    stops_when_cancelled(generator, &request);
    passes_on_a_refusal(generator, &request);
    refuses_no_frames(generator, &request);
    says_that_references_are_missing(generator, &request);
    keeps_nothing_of_other_requests(generator, &request);
}

/// A reference to start a request from: a picture with something in it, of the given size.
pub fn sample_reference(width: u32, height: u32) -> Reference {
    let mut picture = Picture::filled(width, height, [40, 80, 120]);
    for (i, pixel) in picture.rgb_mut().chunks_exact_mut(3).enumerate() {
        let (x, y) = (i as u32 % width, i as u32 / width);
        pixel[0] = (x * 255 / width) as u8;
        pixel[1] = (y * 255 / height) as u8;
    }
    let source = sample_source(picture.rgb());
    Reference { source, role: ReferenceRole::Subject, content: ReferenceContent::Picture(picture) }
}

/// A source to make references of, known by these bytes.
pub fn sample_source(bytes: &[u8]) -> SourceRecord {
    SourceRecord {
        asset: AssetId(ContentHash::of(bytes)),
        label: "a sample".into(),
        path: "sample.png".into(),
        bytes: Some(bytes.len() as u64),
        rights: Rights::default(),
        range: None,
        rank: None,
        scores: None,
    }
}

fn makes_exactly_what_is_asked(generator: &mut dyn ShotGenerator, request: &ShotRequest) {
    let control = Control::default();
    let mut first = Probe::default();
    let record =
        generator.generate(request, &mut first, &control).expect("a fair request is served");
    assert_eq!(first.frames.len(), request.frames as usize, "frames are as many as asked for");
    assert!(
        first.frames.iter().all(|(size, _)| *size == request.size),
        "frames have the size asked for"
    );
    assert_eq!(record.name, generator.name(), "the record names the generator");
    assert!(!record.version.is_empty(), "the record has a version");
    if record.deterministic {
        let mut again = Probe::default();
        let second =
            generator.generate(request, &mut again, &control).expect("the same request again");
        assert!(first.frames == again.frames, "the same request gives the same frames");
        assert_eq!(record, second, "the same request gives the same record");
    }
}

fn stops_when_cancelled(generator: &mut dyn ShotGenerator, request: &ShotRequest) {
    for at in [0, 2] {
        let control = Control::default();
        let mut probe = Probe { cancel_at: Some((at, control.clone())), ..Probe::default() };
        if at == 0 {
            control.cancel();
        }
        let result = generator.generate(request, &mut probe, &control);
        assert!(
            matches!(result, Err(GenerateError::Cancelled(_))),
            "cancelled after {at}: {result:?}"
        );
        assert!(probe.frames.len() <= at + 1, "at most one frame more after {at}");
    }
}

fn passes_on_a_refusal(generator: &mut dyn ShotGenerator, request: &ShotRequest) {
    for at in [0, 3] {
        let mut probe = Probe { refuse_at: Some(at), ..Probe::default() };
        let result = generator.generate(request, &mut probe, &Control::default());
        assert!(matches!(result, Err(GenerateError::Sink(_))), "refused at {at}: {result:?}");
        assert_eq!(probe.frames.len(), at, "no frame after a refusal");
    }
}

fn refuses_no_frames(generator: &mut dyn ShotGenerator, request: &ShotRequest) {
    let request = ShotRequest { frames: 0, ..request.clone() };
    let result = generator.generate(&request, &mut Probe::default(), &Control::default());
    assert!(matches!(result, Err(GenerateError::Request(_))), "no frames at all: {result:?}");
}

/// Without references, a generator that needs none makes the frames; any other says so before the first frame.
fn says_that_references_are_missing(generator: &mut dyn ShotGenerator, request: &ShotRequest) {
    let bare = ShotRequest { references: Vec::new(), ..request.clone() };
    let mut probe = Probe::default();
    match generator.generate(&bare, &mut probe, &Control::default()) {
        Ok(_) => assert_eq!(probe.frames.len(), bare.frames as usize, "without references"),
        Err(GenerateError::Request(_)) => assert!(probe.frames.is_empty(), "refused too late"),
        Err(other) => panic!("without references: {other:?}"),
    }
}

/// The same request gives the same frames whatever was asked for in between.
fn keeps_nothing_of_other_requests(generator: &mut dyn ShotGenerator, request: &ShotRequest) {
    let mut made = |request: &ShotRequest| {
        let mut probe = Probe::default();
        let record = generator.generate(request, &mut probe, &Control::default());
        (record.expect("a fair request is served"), probe.frames)
    };
    let (record, frames) = made(request);
    if record.deterministic {
        let references = request.references.iter().rev().cloned().collect();
        let prompt = format!("{} again", request.prompt);
        made(&ShotRequest { prompt, references, seed: !request.seed, ..request.clone() });
        let (again, same) = made(request);
        assert!(frames == same, "another request in between changes no frame");
        assert_eq!(record, again, "another request in between changes no record");
    }
}

#[cfg(test)]
mod tests {
    use kinora_types::Size;

    use super::*;
    use crate::fake::GreyGenerator;

    #[test]
    fn the_fake_conforms() {
        let request = ShotRequest {
            prompt: "a red house".into(),
            references: Vec::new(),
            camera: None,
            size: Size { width: 64, height: 36 },
            fps: 25,
            frames: 4,
            seed: 1,
        };
        check_shot_generator(&mut GreyGenerator::default(), &request);
    }
}
