//! Silero VAD: how likely each 32 ms of sound hold speech.
//!
//! The graph takes many frames at once, each led by the last 64 samples of the one before, and carries
//! an LSTM's state. Mirrors `sequence_vad.py` of silero-vad 6.2.

use kinora_inference::InferenceError;

use crate::{
    ModelError,
    runtime::{Input, Kept, Model, Network, Runtime, Values, Wanted},
};

/// Samples of a frame: 32 ms.
pub(super) const FRAME: usize = 512;
const CONTEXT: usize = 64;
const STATE: usize = 128;

/// The network.
pub(super) struct Vad {
    network: Network,
    wanted: Wanted,
}

/// State of the detector within a recording.
pub(super) struct Memory {
    hidden: Kept,
    cell: Kept,
    context: Vec<f32>,
}

impl Memory {
    /// The memory before the first frame.
    ///
    /// # Errors
    /// If the runtime cannot make its tensors.
    pub(super) fn new() -> Result<Self, InferenceError> {
        let zeros = || Kept::new(vec![1, 1, STATE], vec![0.0; STATE]);
        Ok(Self { hidden: zeros()?, cell: zeros()?, context: vec![0.0; CONTEXT] })
    }
}

impl Vad {
    /// Loads the detector.
    ///
    /// # Errors
    /// If the graph cannot be loaded.
    pub(super) fn load(runtime: &Runtime, path: &std::path::Path) -> Result<Self, ModelError> {
        // Too small to be shared between cores.
        let network = Network::load(runtime, Model::File(path), 1)?;
        let wanted = ["speech_probs", "hn", "cn"].map(str::to_owned).to_vec();
        let wanted = network
            .want(wanted)
            .map_err(|detail| ModelError::Broken { what: path.display().to_string(), detail })?;
        Ok(Self { network, wanted })
    }

    /// The probability of speech in each frame of `samples`, which are whole frames.
    ///
    /// # Errors
    /// If the graph fails.
    pub(super) fn listen(
        &self,
        memory: &mut Memory,
        samples: &[f32],
    ) -> Result<Vec<f32>, InferenceError> {
        let frames = samples.len() / FRAME;
        if frames == 0 {
            return Ok(Vec::new());
        }
        let mut input = Vec::with_capacity(frames * (CONTEXT + FRAME));
        for frame in samples.chunks_exact(FRAME) {
            input.extend_from_slice(&memory.context);
            input.extend_from_slice(frame);
            memory.context.copy_from_slice(&frame[FRAME - CONTEXT..]);
        }
        let input = Input::New(Values::F32(vec![frames, CONTEXT + FRAME], input));
        let inputs = vec![
            ("input", input),
            ("h", Input::Again(&memory.hidden)),
            ("c", Input::Again(&memory.cell)),
        ];
        let outputs = self.network.run(inputs, self.wanted)?;
        let Ok([probabilities, hidden, cell]) = <[Kept; 3]>::try_from(outputs) else {
            return Err(InferenceError::Runtime("the detector lost an output".into()));
        };
        (memory.hidden, memory.cell) = (hidden, cell);
        let probabilities = probabilities.read()?.1.to_vec();
        if probabilities.len() != frames {
            let what = format!("{} probabilities for {frames} frames", probabilities.len());
            return Err(InferenceError::Runtime(what));
        }
        Ok(probabilities)
    }
}
