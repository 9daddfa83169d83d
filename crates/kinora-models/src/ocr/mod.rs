//! Text in pictures: PP-OCRv6 small (PaddleOCR, Apache-2.0), detection and recognition.
//!
//! Way in: [`open_reader`]. Mirrors RapidOCR 3.10 (`rapidocr/main.py`, `ch_ppocr_det`, `ch_ppocr_rec`),
//! whose readings are the parity fixture: bounds of size (`view.rs`), the network's map (`detect.rs`) to
//! boxes (`regions.rs`, `rectangle.rs`), each made straight (`crop.rs`) and read (`recognise.rs`).
//!
//! Memory: 31 MB of weights; while a picture of 1920 x 1080 is read about 1 GB, most of it the detector's.

mod crop;
mod detect;
mod order;
mod raster;
mod recognise;
mod rectangle;
mod regions;
mod view;

use std::path::PathBuf;

use kinora_inference::{InferenceError, TextLine, TextReader};
use kinora_types::Picture;
use sha2::{Digest, Sha256};

use crate::{
    ModelError, RuntimeOptions,
    lazy::Lazy,
    runtime::{Graph, Lanes, Model, Runtime},
};
use kinora_store::Store;
use recognise::{Reading, Recogniser};
use rectangle::Corners;
use view::View;

const DETECTION: &str = "pp-ocrv6-det";
const RECOGNITION: &str = "pp-ocrv6-rec";

/// Raised when other lines come out of the same weights.
const CODE_REVISION: &str = "1";

/// Confidence below which a line is not believed. With the reference's `text_score` of 0.5 the reader finds
/// 23 lines on 99 photographs, 20 of them invented; with these two 4, one of them invented, and it loses
/// none of 63 set lines that was read without a gross error.
const BELIEVED: f32 = 0.75;
/// Least confidence of a line that repeats one letter or has only one; bars, arches and windows look like that.
const BELIEVED_ALONE: f32 = 0.9;
/// Confidence below which an upright line is read upside down too.
const DOUBTED: f32 = 0.85;
/// Height by width from which a box holds a line turned by a quarter.
const TURNED: f32 = 1.5;

/// Opens the reader of text in pictures; `pp-ocrv6-det` and `pp-ocrv6-rec` must have been pulled, or
/// the error says so. Reads no weights before the first picture.
///
/// # Errors
/// If a model was not pulled, or its file is broken.
pub fn open_reader(
    store: &Store,
    options: &RuntimeOptions,
) -> Result<Box<dyn TextReader>, ModelError> {
    let mut hasher = Sha256::new();
    hasher.update(CODE_REVISION);
    for id in [DETECTION, RECOGNITION] {
        hasher.update(store.record(id)?.sha256);
    }
    let revision = kinora_store::hex(&hasher.finalize()[..6]);
    Ok(Box::new(PpOcr {
        model: format!("pp-ocrv6-small@{revision}"),
        detection: store.path(DETECTION)?,
        recognition: store.path(RECOGNITION)?,
        runtime: Runtime::new(store, options)?,
        loaded: Lazy::default(),
    }))
}

/// The two networks; loaded at their first use.
struct PpOcr {
    model: String,
    detection: PathBuf,
    recognition: PathBuf,
    runtime: Runtime,
    loaded: Lazy<Networks>,
}

struct Networks {
    detector: Graph,
    recogniser: Recogniser,
}

impl PpOcr {
    fn load(&self) -> Result<Networks, ModelError> {
        let graph = |path: &PathBuf| {
            Graph::load(&self.runtime, Model::File(path), &["fetch_name_0"], Lanes::One)
        };
        Ok(Networks {
            detector: graph(&self.detection)?,
            recogniser: Recogniser::new(graph(&self.recognition)?)?,
        })
    }
}

impl TextReader for PpOcr {
    fn model(&self) -> &str {
        &self.model
    }

    fn read(&self, picture: &Picture) -> Result<Vec<TextLine>, InferenceError> {
        let networks = self.loaded.get(|| self.load())?;
        let view = View::of(picture);
        let boxes = detect::detect(&networks.detector, &view.picture)?;
        let mut lines: Vec<Line> = boxes.iter().map(|at| Line::cut(&view.picture, *at)).collect();
        networks.read_all(&mut lines)?;
        let believed = lines.into_iter().filter(Line::is_believed);
        let lines = believed.map(|line| (line.corners, line.reading)).collect();
        Ok(order::reading_order(lines)
            .into_iter()
            .map(|(corners, reading)| TextLine {
                text: reading.text,
                region: view.fractions(&corners),
                confidence: reading.confidence,
            })
            .collect())
    }
}

impl Networks {
    /// Reads all lines; doubtful ones upside down too, and keeps the better reading.
    ///
    /// The reference asks a third network which way is up. A second reading needs none, and is rare: most
    /// of what the detector finds is read at once.
    fn read_all(&self, lines: &mut [Line]) -> Result<(), InferenceError> {
        let crops: Vec<&Picture> = lines.iter().map(|line| &line.crop).collect();
        let readings = self.recogniser.read(&crops)?;
        lines.iter_mut().zip(readings).for_each(|(line, reading)| line.reading = reading);
        let doubtful: Vec<&mut Line> = lines.iter_mut().filter(|line| line.is_doubtful()).collect();
        let turned: Vec<Picture> =
            doubtful.iter().map(|line| raster::turn_half(&line.crop)).collect();
        let readings = self.recogniser.read(&turned.iter().collect::<Vec<_>>())?;
        doubtful.into_iter().zip(readings).for_each(|(line, other)| line.turn_if_better(other));
        Ok(())
    }
}

/// A line of text between detection and recognition.
struct Line {
    /// As the crop has them: its upper left corner first.
    corners: Corners,
    crop: Picture,
    /// Whether the box stood upright, so that the text runs up or down.
    quarter: bool,
    reading: Reading,
}

impl Line {
    /// Makes a box straight; one that stands upright is laid on its left side.
    fn cut(picture: &Picture, corners: Corners) -> Self {
        let crop = crop::straighten(picture, &corners);
        let quarter = crop.height() as f32 >= TURNED * crop.width() as f32;
        let [a, b, c, d] = corners;
        let (corners, crop) =
            if quarter { ([b, c, d, a], raster::turn_left(&crop)) } else { (corners, crop) };
        Self { corners, crop, quarter, reading: Reading::default() }
    }

    fn is_doubtful(&self) -> bool {
        self.quarter || self.reading.confidence < DOUBTED
    }

    /// Text upside down gives some words too, so that the other reading must be beyond doubt, or better
    /// where both ways are as likely.
    fn turn_if_better(&mut self, other: Reading) {
        let enough = if self.quarter { self.reading.confidence } else { DOUBTED };
        if other.confidence > self.reading.confidence && other.confidence >= enough {
            self.reading = other;
            self.corners.rotate_left(2);
        }
    }

    fn is_believed(&self) -> bool {
        let mut letters = self.reading.text.chars().filter(|c| c.is_alphanumeric());
        let first = letters.next();
        let least = if letters.any(|c| Some(c) != first) { BELIEVED } else { BELIEVED_ALONE };
        first.is_some() && self.reading.confidence >= least
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str, confidence: f32, quarter: bool) -> Line {
        Line {
            corners: [[0., 0.], [9., 0.], [9., 3.], [0., 3.]],
            crop: Picture::filled(9, 3, [0; 3]),
            quarter,
            reading: Reading { text: text.into(), confidence },
        }
    }

    #[test]
    fn little_is_believed_of_little() {
        let cases = [
            ("EXIT", 0.8, true),
            ("EXIT", 0.7, false),
            ("A", 0.83, false),
            ("7", 0.95, true),
            ("XXXXXX", 0.84, false),
            ("_ -", 0.99, false),
            ("", 0.0, false),
        ];
        for (text, confidence, wanted) in cases {
            assert_eq!(line(text, confidence, false).is_believed(), wanted, "{text} {confidence}");
        }
    }

    #[test]
    fn the_other_way_up_wins_if_it_is_sure() {
        for (first, quarter, second, turned) in [
            (0.5, false, 0.84, false),
            (0.5, false, 0.9, true),
            (0.95, true, 0.96, true),
            (0.6, true, 0.7, true),
            (0.6, true, 0.5, false),
        ] {
            let mut line = line("first", first, quarter);
            line.turn_if_better(Reading { text: "second".into(), confidence: second });
            assert_eq!(line.reading.text == "second", turned, "{first} {second}");
            assert_eq!(line.corners[0] == [9., 3.], turned);
        }
    }
}
