//! Text in successive pictures of a video as stretches of time: the same line seen again and again is one
//! passage.
//!
//! Way in: [`TextSpans::push`] for each sample in order of time, [`TextSpans::finish`] at the end. A line
//! belongs to an open span when it says nearly the same (edit distance) and is not the better match of another
//! one; place only decides between equals, so that credits stay one while they move. A line of a ticker goes
//! on where the last one ends: what they share is laid over each other. A sample that misses a line does
//! not end its span; two in a row do. A line that is seen in one sample alone is often none (leaves, lit windows): it counts
//! only if it is read with certainty and is more than a letter.
//!
//! Memory: the spans that are open, a few dozen at most, however long the video.

use kinora_inference::TextLine;
use kinora_types::{Origin, Passage, PassageKind, Quad, TimeRange};

/// Share of the longer text's characters that may differ between two readings of one line.
const DIFFERENT: f32 = 0.34;
/// Characters that two pieces of a ticker share at least, one after the other.
const SHARED: usize = 8;
/// How far in sides of the picture a ticker may move up or down.
const ROW: f32 = 0.02;
/// Characters of a ticker after which a new passage begins.
const LONGEST: usize = 400;
/// A line that only one of several samples shows needs this confidence and so many letters or digits.
const ONCE_CONFIDENCE: f32 = 0.9;
const ONCE_LETTERS: usize = 2;
/// The first of Unicode's East Asian blocks.
const IDEOGRAPHS: char = '\u{2e80}';
/// Samples in a row that may miss a line.
const MISSED: u32 = 1;
/// A span that is seen for the first time may have begun after the sample before, and one that is gone may
/// have lasted until this one; what is not known is halved.
const UNKNOWN: u64 = 2;

/// Lines of successive samples on their way to passages.
#[derive(Debug)]
pub struct TextSpans {
    model: String,
    open: Vec<Span>,
    /// When the last two samples were, in milliseconds.
    last: Option<u64>,
    before: Option<u64>,
    samples: u32,
}

/// A line that is still there, or was a sample ago.
#[derive(Debug)]
struct Span {
    best: TextLine,
    start: u64,
    /// When it was seen last.
    seen: u64,
    /// When it may have ended at the latest: the sample after it was seen last.
    gone: Option<u64>,
    /// Where and how it was seen last.
    place: Quad,
    text: String,
    /// All that a ticker has said so far.
    ticker: Option<String>,
    missed: u32,
    /// Samples that show it.
    sightings: u32,
}

impl TextSpans {
    /// Starts a video whose lines come from `model`, name and revision.
    pub fn new(model: impl Into<String>) -> Self {
        Self { model: model.into(), open: Vec::new(), last: None, before: None, samples: 0 }
    }

    /// Takes the lines of the sample at `moment`, milliseconds after the start; gives what has ended.
    ///
    /// Samples come in order of time; one that is not later than the last is passed over.
    pub fn push(&mut self, moment: u64, lines: Vec<TextLine>) -> Vec<Passage> {
        if self.last.is_some_and(|last| moment <= last) {
            return Vec::new();
        }
        self.before = self.last.replace(moment);
        self.samples += 1;
        let new = self.continued(moment, lines);
        let (ended, open): (Vec<Span>, _) =
            std::mem::take(&mut self.open).into_iter().partition(|span| span.missed > MISSED);
        self.open = open;
        self.open.extend(new.into_iter().map(|line| Span::new(line, moment, self.before)));
        self.passages(ended)
    }

    /// The video ended at `end`, milliseconds after the start: gives all that is left.
    pub fn finish(mut self, end: u64) -> Vec<Passage> {
        let mut open = std::mem::take(&mut self.open);
        for span in open.iter_mut().filter(|span| span.gone.is_none()) {
            span.gone = Some(span.seen + UNKNOWN * end.saturating_sub(span.seen));
        }
        self.passages(open)
    }

    /// Gives lines to the spans that they go on with, best pairs first; what remains is new.
    fn continued(&mut self, moment: u64, lines: Vec<TextLine>) -> Vec<TextLine> {
        let mut pairs: Vec<(Similarity, usize, usize)> = Vec::new();
        for (number, span) in self.open.iter().enumerate() {
            let like = |(index, line)| Some((Similarity::of(span, line)?, number, index));
            pairs.extend(lines.iter().enumerate().filter_map(like));
        }
        pairs.sort_by(|a, b| a.0.order(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        let mut lines: Vec<Option<TextLine>> = lines.into_iter().map(Some).collect();
        let mut found = vec![false; self.open.len()];
        for (_, number, index) in pairs {
            if found[number] {
                continue;
            }
            if let Some(line) = lines[index].take() {
                found[number] = true;
                self.open[number].see(line, moment);
            }
        }
        let missing = self.open.iter_mut().zip(found).filter(|(_, found)| !found);
        missing.for_each(|(span, _)| span.miss(moment));
        lines.into_iter().flatten().collect()
    }

    fn passages(&self, mut spans: Vec<Span>) -> Vec<Passage> {
        // One sample alone is a picture, and is believed like one.
        spans.retain(|span| self.samples == 1 || span.is_believed());
        spans.sort_by_key(|span| (span.start, span.seen));
        spans.into_iter().map(|span| span.passage(&self.model)).collect()
    }
}

impl Span {
    fn new(line: TextLine, moment: u64, before: Option<u64>) -> Self {
        let start = before.map_or(moment, |before| moment - (moment - before) / UNKNOWN);
        Self {
            start,
            seen: moment,
            gone: None,
            place: line.region,
            text: line.text.clone(),
            ticker: None,
            best: line,
            missed: 0,
            sightings: 1,
        }
    }

    fn see(&mut self, line: TextLine, moment: u64) {
        (self.seen, self.gone, self.missed) = (moment, None, 0);
        self.sightings += 1;
        if difference(&self.text, &line.text) > DIFFERENT
            && let Some(shared) = Shared::of(&self.text, &line.text)
        {
            let said = self.ticker.get_or_insert_with(|| self.text.clone());
            shared.append(said, &self.text, &line.text);
        }
        (self.place, self.text) = (line.region, line.text.clone());
        if line.confidence > self.best.confidence {
            self.best = line;
        }
    }

    /// Whether the line is the next piece of a ticker: in the same row, with much in common.
    fn goes_on_with(&self, line: &TextLine) -> bool {
        let room = self.ticker.as_ref().is_none_or(|said| said.chars().count() < LONGEST);
        let drift = (middle(&self.place)[1] - middle(&line.region)[1]).abs();
        room && drift <= ROW && Shared::of(&self.text, &line.text).is_some()
    }

    /// Whether it is more than a pattern that looked like writing for a moment.
    fn is_believed(&self) -> bool {
        let letters = letters(&self.best.text);
        // An ideograph is a word.
        let word = letters.len() >= ONCE_LETTERS || letters.iter().any(|c| *c >= IDEOGRAPHS);
        self.sightings > 1 || self.best.confidence >= ONCE_CONFIDENCE && word
    }

    fn miss(&mut self, moment: u64) {
        self.missed += 1;
        self.gone.get_or_insert(moment);
    }

    fn passage(self, model: &str) -> Passage {
        let gone = self.gone.unwrap_or(self.seen);
        let end = self.seen + (gone - self.seen) / UNKNOWN;
        Passage {
            kind: PassageKind::Text,
            text: self.ticker.unwrap_or(self.best.text),
            // Never backwards: a span starts no later than it is seen.
            range: TimeRange::new(self.start, end).ok(),
            region: Some(self.best.region),
            language: None,
            words: Vec::new(),
            origin: Origin::Machine {
                model: model.to_owned(),
                confidence: Some(self.best.confidence),
            },
        }
    }
}

/// How well a line goes on with a span: less is better.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Similarity {
    /// Share of characters that differ.
    different: f32,
    /// How far it has moved, in sides of the picture.
    moved: f32,
}

impl Similarity {
    /// `None` if they say different things.
    fn of(span: &Span, line: &TextLine) -> Option<Self> {
        let different =
            difference(&span.text, &line.text).min(difference(&span.best.text, &line.text));
        let [from, to] = [middle(&span.place), middle(&line.region)];
        let moved = (from[0] - to[0]).hypot(from[1] - to[1]);
        let same = different <= DIFFERENT || span.goes_on_with(line);
        same.then_some(Self { different, moved })
    }

    fn order(&self, other: &Self) -> std::cmp::Ordering {
        self.different.total_cmp(&other.different).then(self.moved.total_cmp(&other.moved))
    }
}

fn middle(quad: &Quad) -> [f32; 2] {
    [0, 1].map(|axis| quad.iter().map(|point| point[axis]).sum::<f32>() / 4.0)
}

/// Share of the longer text that an edit distance (Levenshtein 1966) over letters and digits takes, 0 to 1.
/// Space, case and punctuation do not count: readings differ in them most. Words with another number are
/// other text ("Chapter 2"); what is mostly numbers is not, or a clock would be new text each second.
fn difference(a: &str, b: &str) -> f32 {
    let (one, other) = (letters(a), letters(b));
    let counted = one.iter().filter(|c| c.is_numeric()).count();
    if counted * 2 < one.len() && !numbers(a).eq(numbers(b)) {
        return 1.0;
    }
    let longer = one.len().max(other.len());
    if longer == 0 { 0.0 } else { edits(&one, &other) as f32 / longer as f32 }
}

fn letters(text: &str) -> Vec<char> {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Words of nothing but digits; one digit inside a word is a misread letter.
fn numbers(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| !word.is_empty() && word.chars().all(char::is_numeric))
}

fn edits(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

/// The longest run of characters that two texts have in common, in characters from their starts.
struct Shared {
    old: usize,
    new: usize,
    length: usize,
}

impl Shared {
    /// `None` if it is too short to tell, or the new text does not go on after it.
    fn of(old: &str, new: &str) -> Option<Self> {
        let [old, new] = [old, new].map(|text| text.chars().collect::<Vec<_>>());
        let mut best = Self { old: 0, new: 0, length: 0 };
        let mut row = vec![0; new.len() + 1];
        for (i, x) in old.iter().enumerate() {
            for (j, y) in new.iter().enumerate().rev() {
                row[j + 1] = if x == y { row[j] + 1 } else { 0 };
                if row[j + 1] > best.length {
                    let length = row[j + 1];
                    best = Self { old: i + 1 - length, new: j + 1 - length, length };
                }
            }
        }
        // It moved to the left, and so much that the rest cannot be misreadings.
        let moved = best.old > best.new + 1;
        let enough = best.length >= SHARED && best.length * 2 >= old.len().min(new.len());
        (moved && enough).then_some(best)
    }

    /// Puts what follows in `new` behind what has been said, whose end is `old`.
    fn append(&self, said: &mut String, old: &str, new: &str) {
        // The last letters of a piece are cut by the edge and read wrongly: the new piece knows better.
        let cut = old.chars().count() - self.old - self.length;
        let keep = said.chars().count().saturating_sub(cut);
        *said = said.chars().take(keep).chain(new.chars().skip(self.new + self.length)).collect();
    }
}

#[cfg(test)]
#[path = "spans_tests.rs"]
mod tests;
