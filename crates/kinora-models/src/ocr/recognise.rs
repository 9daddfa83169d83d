//! Text of a line: PP-OCRv6's recognition network and greedy decoding of its CTC output
//! (Graves et al. 2006).
//!
//! Memory: six lines at a time; a column of the output has 18 710 probabilities, a line one for every
//! eight pixels of its width at height 48.

use kinora_inference::InferenceError;
use kinora_types::Picture;

use super::raster::{resize, write_tensor};
use crate::{
    ModelError,
    runtime::{Graph, Values},
};

/// Height in pixels of the network's input.
const HEIGHT: u32 = 48;
/// Least width in pixels.
const WIDTH: u32 = 320;
/// Lines that go through the network together. All are padded to the widest, which the network sees, so
/// the number is the reference's.
const BATCH: usize = 6;

/// Reading of one line.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Reading {
    /// The characters, without white space around them.
    pub text: String,
    /// Mean of their probabilities; 0 if there are none.
    pub confidence: f32,
}

/// The network with the characters that its classes stand for.
pub(super) struct Recogniser {
    graph: Graph,
    characters: Vec<String>,
}

impl Recogniser {
    /// Takes the characters from the graph's own metadata, one a line under the key `character`; class 0
    /// is the blank, the class after the last is a space.
    ///
    /// # Errors
    /// If the metadata has no characters.
    pub(super) fn new(graph: Graph) -> Result<Self, ModelError> {
        let broken = |detail: &str| ModelError::Broken {
            what: "text recognition".into(),
            detail: detail.into(),
        };
        let list = graph.metadata("character")?;
        let list = list.ok_or_else(|| broken("it does not say which characters it knows"))?;
        let mut characters: Vec<String> = list.lines().map(str::to_owned).collect();
        characters.push(" ".into());
        Ok(Self { graph, characters })
    }

    /// Reads upright lines; one reading each, in order.
    ///
    /// # Errors
    /// If the graph fails.
    pub(super) fn read(&self, lines: &[&Picture]) -> Result<Vec<Reading>, InferenceError> {
        let mut order: Vec<usize> = (0..lines.len()).collect();
        order.sort_by(|a, b| ratio(lines[*a]).total_cmp(&ratio(lines[*b])));
        let mut readings = vec![Reading::default(); lines.len()];
        for batch in order.chunks(BATCH) {
            let pictures: Vec<&Picture> = batch.iter().map(|index| lines[*index]).collect();
            for (index, reading) in batch.iter().zip(self.read_batch(&pictures)?) {
                readings[*index] = reading;
            }
        }
        Ok(readings)
    }

    fn read_batch(&self, lines: &[&Picture]) -> Result<Vec<Reading>, InferenceError> {
        let widest = lines.iter().map(|line| ratio(line)).fold(0.0, f64::max);
        let width = ((f64::from(HEIGHT) * widest) as u32).max(WIDTH);
        let (columns, rows) = (width as usize, HEIGHT as usize);
        let mut values = vec![0.0; lines.len() * 3 * rows * columns];
        for (line, values) in lines.iter().zip(values.chunks_exact_mut(3 * rows * columns)) {
            let own = (f64::from(HEIGHT) * ratio(line)).ceil().clamp(1.0, f64::from(width));
            write_tensor(&resize(line, own as u32, HEIGHT), columns, values);
        }
        let input = Values::F32(vec![lines.len(), 3, rows, columns], values);
        let inputs = vec![(self.graph.first_input(), input)];
        self.graph.run_with(inputs, |shape, values| self.decode_all(lines.len(), shape, values))?
    }

    fn decode_all(
        &self,
        lines: usize,
        shape: &[usize],
        values: &[f32],
    ) -> Result<Vec<Reading>, InferenceError> {
        match *shape {
            [n, steps, classes] if n == lines && classes == self.characters.len() + 1 => {
                let outputs = values.chunks_exact((steps * classes).max(1));
                Ok(outputs.map(|output| decode(output, &self.characters)).collect())
            }
            _ => Err(InferenceError::Runtime(format!(
                "text recognition gave shape {shape:?} for {lines} lines and {} characters",
                self.characters.len()
            ))),
        }
    }
}

/// Width by height.
fn ratio(picture: &Picture) -> f64 {
    f64::from(picture.width()) / f64::from(picture.height())
}

/// The likeliest class of every step; repetitions count once, the blank (class 0) separates them.
fn decode(output: &[f32], characters: &[String]) -> Reading {
    let (mut text, mut sum, mut count, mut last) = (String::new(), 0.0, 0u16, 0);
    for step in output.chunks_exact(characters.len() + 1) {
        let (class, probability) = likeliest(step);
        if class != last && class != 0 {
            text.push_str(&characters[class - 1]);
            sum += probability;
            count += 1;
        }
        last = class;
    }
    let confidence = if count == 0 { 0.0 } else { sum / f32::from(count) };
    Reading { text: text.trim().to_owned(), confidence }
}

/// The first of the greatest values. Two passes: the first one is vectorised.
fn likeliest(step: &[f32]) -> (usize, f32) {
    let most = step.chunks(16).fold([f32::MIN; 16], |mut most, values| {
        most.iter_mut().zip(values).for_each(|(m, v)| *m = if *v > *m { *v } else { *m });
        most
    });
    let most = most.into_iter().fold(f32::MIN, f32::max);
    (step.iter().position(|v| *v == most).unwrap_or(0), most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greedy_decoding_joins_repetitions_and_drops_blanks() {
        let characters: Vec<String> = ["a", "b", " "].map(String::from).into();
        let cases: [(&[usize], &str); 6] = [
            (&[], ""),
            (&[0, 0], ""),
            (&[1, 1, 0, 1, 2], "aab"),
            (&[1, 3, 2, 2], "a b"),
            (&[3, 1, 3], "a"),
            (&[3, 3], ""),
        ];
        for (classes, text) in cases {
            let mut output = vec![0.1; classes.len() * 4];
            classes.iter().enumerate().for_each(|(step, class)| output[step * 4 + class] = 0.7);
            let reading = decode(&output, &characters);
            assert_eq!(reading.text, text, "{classes:?}");
            let some = classes.iter().any(|class| *class != 0);
            assert_eq!(reading.confidence, if some { 0.7 } else { 0.0 });
        }
    }

    #[test]
    fn the_first_of_equals_is_taken() {
        let mut values = vec![0.0; 40];
        (values[17], values[33]) = (0.5, 0.5);
        assert_eq!(likeliest(&values), (17, 0.5));
    }
}
