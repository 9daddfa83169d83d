//! Deltas of a streamed answer from the bytes of its tokens: whole characters only, nothing of a stop word.

/// Turns the bytes of tokens into deltas of text. It holds back what may still become a character or a stop word.
///
/// Memory: the longest stop word.
pub struct DeltaStream {
    stop: Vec<String>,
    held: Vec<u8>,
    stopped: bool,
}

impl DeltaStream {
    /// A stream that ends at the first of these stop words; empty ones are ignored.
    pub fn new(stop: &[String]) -> Self {
        let stop = stop.iter().filter(|word| !word.is_empty()).cloned().collect();
        Self { stop, held: Vec::new(), stopped: false }
    }

    /// Whether a stop word was met; all that follows is left out.
    pub fn stopped(&self) -> bool {
        self.stopped
    }

    /// Takes the bytes of a token and returns the text that is certain by now; may be empty.
    pub fn push(&mut self, bytes: &[u8]) -> String {
        if self.stopped {
            return String::new();
        }
        self.held.extend_from_slice(bytes);
        if let Some(at) = self.first_stop() {
            self.stopped = true;
            self.held.truncate(at);
            return self.take(at);
        }
        let certain = self.held.len() - self.pending();
        self.take(certain - unfinished(&self.held[..certain]))
    }

    /// The text held back, once nothing follows; an unfinished character becomes U+FFFD.
    pub fn finish(mut self) -> String {
        self.take(self.held.len())
    }

    fn take(&mut self, end: usize) -> String {
        let rest = self.held.split_off(end);
        let ready = std::mem::replace(&mut self.held, rest);
        String::from_utf8_lossy(&ready).into_owned()
    }

    /// Offset of the first stop word.
    fn first_stop(&self) -> Option<usize> {
        let at = |word: &String| self.held.windows(word.len()).position(|w| w == word.as_bytes());
        self.stop.iter().filter_map(at).min()
    }

    /// Bytes at the end that may begin a stop word.
    fn pending(&self) -> usize {
        let begun = |word: &String| {
            let most = (word.len() - 1).min(self.held.len());
            (1..=most).rev().find(|n| self.held.ends_with(&word.as_bytes()[..*n]))
        };
        self.stop.iter().filter_map(begun).max().unwrap_or(0)
    }
}

/// Bytes at the end that begin a character of UTF-8 and do not end it.
fn unfinished(bytes: &[u8]) -> usize {
    let last = bytes.iter().rev().take(3).position(|byte| byte & 0xC0 != 0x80);
    let Some(back) = last else {
        return 0;
    };
    let wanted = match bytes[bytes.len() - 1 - back] {
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => 1,
    };
    if back + 1 < wanted { back + 1 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pushes `text` in runs of `step` bytes.
    fn run(text: &str, stop: &[&str], step: usize) -> (String, bool) {
        let stop: Vec<String> = stop.iter().map(|word| (*word).to_owned()).collect();
        let mut stream = DeltaStream::new(&stop);
        let mut out = String::new();
        for bytes in text.as_bytes().chunks(step) {
            out += &stream.push(bytes);
        }
        let stopped = stream.stopped();
        (out + &stream.finish(), stopped)
    }

    #[test]
    fn deltas_join_to_the_text_before_the_first_stop_however_it_is_cut() {
        for (text, stop, joined) in [
            ("Grüße 日本 🙂!", &[][..], "Grüße 日本 🙂!"),
            ("one\n\ntwo", &["\n\n"], "one"),
            ("a\nb\nc", &["\n\n"], "a\nb\nc"),
            ("aab", &["ab"], "a"),
            ("xENDyEN", &["END", "y"], "x"),
            ("EN", &["END"], "EN"),
            ("日本", &["本"], "日"),
            ("stop", &["", "stop"], ""),
        ] {
            for step in 1..=text.len() {
                let (out, stopped) = run(text, stop, step);
                assert_eq!((out.as_str(), stopped), (joined, joined != text), "{text} by {step}");
            }
        }
    }

    #[test]
    fn text_comes_as_soon_as_it_is_certain() {
        let mut stream = DeltaStream::new(&["END".to_owned()]);
        assert_eq!(stream.push(b"see E"), "see ");
        assert_eq!(stream.push(b"N"), "");
        assert_eq!(stream.push(b"E "), "ENE ");
        assert_eq!(stream.push(&"é".as_bytes()[..1]), "");
        assert_eq!(stream.finish(), "\u{FFFD}");
    }
}
