//! From pieces of a model's answer to sentences with their citations.

/// A sentence as the model said it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    /// The words without citations.
    pub text: String,
    /// Numbers of the evidence as the model gave them, whether they exist or not.
    pub cites: Vec<u32>,
}

/// Takes pieces and gives sentences as soon as they are whole.
#[derive(Default)]
pub(crate) struct Sentences {
    held: String,
}

impl Sentences {
    pub(crate) fn push(&mut self, piece: &str) -> Vec<Said> {
        self.held += piece;
        let mut said = Vec::new();
        while let Some(end) = end_of_first(&self.held) {
            let rest = self.held.split_off(end);
            let whole = std::mem::replace(&mut self.held, rest);
            said.extend(parse(&whole));
        }
        said
    }

    pub(crate) fn finish(self) -> Option<Said> {
        parse(&self.held)
    }
}

/// Where the first sentence ends, its citations included; `None` until what follows is seen.
fn end_of_first(text: &str) -> Option<usize> {
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        match c {
            '\n' => return Some(at + 1),
            '"' => quoted = !quoted,
            '“' => quoted = true,
            '”' => quoted = false,
            '.' | '!' | '?' if !is_abbreviation(&text[..at]) => {
                let after = &text[at + 1..];
                let closes = after.starts_with(['"', '”']);
                let ends = !quoted && after.starts_with([' ', '\n', '[']);
                if !closes && !ends {
                    continue;
                }
                let rest = after.trim_start_matches(['"', '”']);
                return next_begins(rest).map(|begin| text.len() - rest.len() + begin);
            }
            _ => {}
        }
    }
    None
}

/// Where the next sentence begins behind spaces and citations; `None` if it is not there yet.
fn next_begins(text: &str) -> Option<usize> {
    let rest = text.trim_start_matches(' ');
    if let Some(inside) = rest.strip_prefix('[') {
        let close = inside.find(']')?;
        let begun = text.len() - inside.len() + close + 1;
        return next_begins(&text[begun..]).map(|more| begun + more);
    }
    let dots = rest.trim_start_matches('.');
    if dots.is_empty() { None } else { Some(text.len() - dots.len()) }
}

/// Whether the dot behind this text ends an abbreviation (`Mr`, `St`, an initial) and no sentence.
fn is_abbreviation(before: &str) -> bool {
    let word = before.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let known = ["Mr", "Mrs", "Ms", "Dr", "St", "vs", "No"].contains(&word);
    let initial = word.chars().count() == 1 && word.chars().all(char::is_uppercase);
    known || (initial && word != "I")
}

/// A sentence with its citations taken out; `None` if nothing is said.
fn parse(text: &str) -> Option<Said> {
    let (mut words, mut cites, mut rest) = (String::new(), Vec::new(), text);
    while let Some((before, inside)) = rest.split_once('[') {
        words += before;
        let Some((numbers, after)) = inside.split_once(']') else {
            rest = inside;
            break;
        };
        cites.extend(numbers.split([',', ';', ' ']).filter_map(|n| n.trim().parse::<u32>().ok()));
        words.truncate(words.trim_end().len());
        rest = after;
    }
    words += rest;
    let text = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = text.replace(" .", ".").trim_start_matches(['-', '*', '•', ' ']).to_owned();
    cites.sort_unstable();
    cites.dedup();
    text.chars().any(char::is_alphanumeric).then_some(Said { text, cites })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn run(text: &str, step: usize) -> Vec<(String, Vec<u32>)> {
        let (mut sentences, mut said) = (Sentences::default(), Vec::new());
        let letters: Vec<char> = text.chars().collect();
        for piece in letters.chunks(step) {
            said.extend(sentences.push(&piece.iter().collect::<String>()));
        }
        said.extend(sentences.finish());
        said.into_iter().map(|said| (said.text, said.cites)).collect()
    }

    #[test]
    fn sentences_keep_their_citations_however_they_are_cut() {
        for (text, expected) in [
            (
                "A boat [1]. A dog. [2][3] End",
                vec![("A boat.", vec![1]), ("A dog.", vec![2, 3]), ("End", vec![])],
            ),
            ("It is 3.5 m long [1, 2].", vec![("It is 3.5 m long.", vec![1, 2])]),
            (
                "Dr. Who says \"Stop. Now.\" [4] Then",
                vec![("Dr. Who says \"Stop. Now.\"", vec![4]), ("Then", vec![])],
            ),
            ("- one [1]\n- two [x]\n", vec![("one", vec![1]), ("two", vec![])]),
            ("Really?! Yes...", vec![("Really?!", vec![]), ("Yes...", vec![])]),
            ("[1] [2]", vec![]),
        ] {
            for step in 1..8 {
                let found = run(text, step);
                let found: Vec<_> = found.iter().map(|(t, c)| (t.as_str(), c.clone())).collect();
                assert_eq!(found, expected, "{text} by {step}");
            }
        }
    }

    proptest! {
        #[test]
        fn no_letter_is_lost(text in "[a-zA-Z0-9 .!?\"\\[\\]\n]{0,80}", step in 1usize..9) {
            let letters = |text: &str| text.chars().filter(char::is_ascii_alphabetic).collect::<String>();
            let said: String = run(&text, step).into_iter().map(|(text, _)| text).collect();
            // What stands in brackets is a citation.
            let mut outside = String::new();
            let mut rest = text.as_str();
            while let Some((before, inside)) = rest.split_once('[') {
                outside += before;
                rest = inside.split_once(']').map_or(inside, |(_, after)| after);
            }
            outside += rest;
            prop_assert!(letters(&said).len() >= letters(&outside).len());
        }
    }
}
