//! A fake generator of shots: frames of one grey that the request decides.

use kinora_inference::{FrameSink, GenerateError, ShotGenerator, ShotRequest};
use kinora_types::{ContentHash, Control, GeneratorRecord, YuvFrame};
use serde_json::json;

use super::Spy;

/// Makes frames whose lightness the prompt, the seed and the number of the frame decide. A call is a shot, with a
/// checkpoint before each frame.
#[derive(Clone, Debug, Default)]
pub struct GreyGenerator {
    spy: Spy,
}

impl GreyGenerator {
    /// A generator under the eyes of `spy`.
    pub fn spied(spy: &Spy) -> Self {
        Self { spy: spy.clone() }
    }
}

impl ShotGenerator for GreyGenerator {
    fn name(&self) -> &'static str {
        "grey"
    }

    fn generate(
        &mut self,
        request: &ShotRequest,
        sink: &mut dyn FrameSink,
        control: &Control,
    ) -> Result<GeneratorRecord, GenerateError> {
        let call = self.spy.begin();
        let wrong = |what: String| GenerateError::Request(what);
        if request.frames == 0 {
            return Err(wrong("a shot has at least one frame".into()));
        }
        let mut frame = YuvFrame::black(request.size).map_err(|e| wrong(e.to_string()))?;
        let first = ContentHash::of(request.prompt.as_bytes()).to_string();
        let first = first.bytes().fold(request.seed, |sum, byte| sum.wrapping_add(byte.into()));
        for number in 0..u64::from(request.frames) {
            call.checkpoint_until(control)?;
            let light = 16 + (first.wrapping_add(number) % 220) as u8;
            frame.planes_mut()[0].fill(light);
            sink.frame(&frame)?;
        }
        control.check()?;
        Ok(GeneratorRecord {
            name: self.name().into(),
            version: "1".into(),
            model: None,
            deterministic: true,
            synthetic: true,
            parameters: json!({ "seed": request.seed }),
        })
    }
}
