//! What a training run reports: a line of JSON a step, and a picture of all lines.

use std::{fmt::Write as _, fs::OpenOptions, io::Write as _, path::Path};

use serde::{Deserialize, Serialize};

use crate::error::{RagmeError, Result};

/// One optimiser step.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
pub struct Metrics {
    /// Its number, from 1.
    pub step: u64,
    /// Mean squared error of the predicted noise.
    pub loss: f32,
    /// Norm of all gradients before clipping.
    pub gradient_norm: f64,
    /// Mean size of the gates' weights after the step.
    pub opening: f32,
    /// Duration of the step.
    pub seconds: f64,
}

impl Metrics {
    /// Adds a line to a file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn append(&self, path: &Path) -> Result<()> {
        let fault = |e: &dyn ToString| RagmeError::file(path, e.to_string());
        let line = serde_json::to_string(self).map_err(|e| fault(&e))?;
        let mut file =
            OpenOptions::new().create(true).append(true).open(path).map_err(|e| fault(&e))?;
        writeln!(file, "{line}").map_err(|e| fault(&e))
    }

    /// The lines of a file; where a resumed run wrote a step again, its last line counts.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn read(path: &Path) -> Result<Vec<Self>> {
        let text = crate::file::text(path)?;
        let mut steps = std::collections::BTreeMap::new();
        for line in text.lines() {
            let metrics: Self =
                serde_json::from_str(line).map_err(|e| RagmeError::file(path, e))?;
            steps.insert(metrics.step, metrics);
        }
        Ok(steps.into_values().collect())
    }
}

const WIDTH: f32 = 640.0;
const HEIGHT: f32 = 200.0;

/// Loss (above) and opening of the gates (below) over the steps, as SVG.
pub fn plot(metrics: &[Metrics]) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {}\" font-family=\"sans-serif\" font-size=\"12\">\n",
        2.0 * HEIGHT
    );
    let loss: Vec<f32> = metrics.iter().map(|m| m.loss).collect();
    let opening: Vec<f32> = metrics.iter().map(|m| m.opening).collect();
    curve(&mut svg, "loss", &loss, 0.0);
    curve(&mut svg, "opening of the gates", &opening, HEIGHT);
    svg + "</svg>\n"
}

fn curve(svg: &mut String, name: &str, values: &[f32], top: f32) {
    let low = values.iter().copied().fold(f32::INFINITY, f32::min);
    let high = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let range = (high - low).max(f32::MIN_POSITIVE);
    let step = (WIDTH - 20.0) / (values.len().max(2) - 1) as f32;
    let point = |(at, value): (usize, &f32)| {
        let y = top + HEIGHT - 10.0 - (value - low) / range * (HEIGHT - 40.0);
        format!("{:.1},{y:.1}", 10.0 + at as f32 * step)
    };
    let points: Vec<String> = values.iter().enumerate().map(point).collect();
    let _ = writeln!(
        svg,
        "<text x=\"10\" y=\"{}\">{name}: {low:.4} to {high:.4}, {} steps</text>\n<polyline fill=\"none\" \
         stroke=\"#1f6f8b\" points=\"{}\"/>",
        top + 20.0,
        values.len(),
        points.join(" ")
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_was_run_again_counts_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.jsonl");
        let line =
            |step, loss| Metrics { step, loss, gradient_norm: 1.0, opening: 0.0, seconds: 0.1 };
        for (step, loss) in [(1, 3.0), (2, 2.0), (2, 1.5), (3, 1.0)] {
            line(step, loss).append(&path).unwrap();
        }
        let read = Metrics::read(&path).unwrap();
        assert_eq!(read.iter().map(|m| m.loss).collect::<Vec<_>>(), [3.0, 1.5, 1.0]);
        let svg = plot(&read);
        assert!(svg.contains("loss: 1.0000 to 3.0000, 3 steps") && svg.ends_with("</svg>\n"));
    }
}
