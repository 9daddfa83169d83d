//! For tests: commands and flags that our texts name, found in sources and documents.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A command or a flag in backticks, or a line of an example.
#[derive(Clone, Debug)]
pub(crate) struct Mention {
    /// The file, from the root of the repository.
    pub file: String,
    /// As it stands there: `kinora …`, or a flag with what follows.
    pub text: String,
}

impl Mention {
    /// Whether it is a whole command.
    pub(crate) fn is_command(&self) -> bool {
        self.text.starts_with("kinora ")
    }

    /// Its words as a shell gives them, without `kinora`: comments and dots go, of alternatives the first stays.
    pub(crate) fn words(&self) -> Vec<String> {
        let words = split(&self.text).into_iter().skip(usize::from(self.is_command()));
        let plain = |word: String| {
            let word = word.trim_matches(['[', ']', '…', ',']).to_owned();
            let alternatives = !word.contains(' ') && word.contains('|');
            let first = word.split('|').next().filter(|_| alternatives).map(str::to_owned);
            first.unwrap_or(word)
        };
        words.map(plain).filter(|word| !word.is_empty() && word != "...").collect()
    }
}

/// Words as a shell splits them; a comment or a pipe ends them.
fn split(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let text = text.split(" | ").next().unwrap_or_default();
    let mut letters = text.chars();
    while let Some(c) = letters.next() {
        match (quote, c) {
            (None, '#') if word.is_none() => break,
            (None, '\\') => word.get_or_insert_default().extend(letters.next()),
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (Some(open), c) if c == open => quote = None,
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// In the texts of our sources: strings, and comments that become help or documentation. Tests are left out.
pub(crate) fn in_sources() -> Vec<Mention> {
    of_sources(true)
}

/// In strings of our sources, which users read.
pub(crate) fn in_strings() -> Vec<Mention> {
    of_sources(false)
}

fn of_sources(comments: bool) -> Vec<Mention> {
    let mut found = Vec::new();
    for folder in listed(&root().join("crates")) {
        for file in files(&folder.join("src")) {
            let Ok(text) = fs::read_to_string(&file) else { continue };
            let name = relative(&file);
            if ["tests.rs", "fixtures.rs", "mentions.rs"].iter().any(|end| name.ends_with(end)) {
                continue;
            }
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            let plain = code.lines().filter(|line| {
                let line = line.trim_start();
                let told = line.starts_with("///") || line.starts_with("//!");
                !line.starts_with("//") || comments && told
            });
            let joined = plain.map(str::trim_start).collect::<Vec<_>>().join("\n");
            let joined = joined.replace("\\\n", "").replace("\n/// ", " ").replace("\n//! ", " ");
            spans(&name, &joined, &mut found);
        }
    }
    found
}

/// In the documents: README, changes, guides.
pub(crate) fn in_documents() -> Vec<Mention> {
    let guides = files(&root().join("docs"))
        .into_iter()
        .filter(|f| f.extension().is_some_and(|e| e == "md"));
    let mut found = Vec::new();
    for file in
        ["README.md", "CHANGELOG.md"].map(|name| root().join(name)).into_iter().chain(guides)
    {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        let name = relative(&file);
        let example = |line: &&str| line.starts_with("    ") || line.starts_with("$ ");
        for line in text.lines().filter(example) {
            let piped = line.trim_start_matches(['$', ' ']).split(" | ");
            for text in piped.filter(|text| text.starts_with("kinora ")) {
                found.push(Mention { file: name.clone(), text: text.to_owned() });
            }
        }
        let prose: Vec<&str> = text.lines().filter(|line| !example(line)).collect();
        spans(&name, &prose.join(" "), &mut found);
    }
    found
}

/// What stands between backticks and begins as a command or a flag does.
fn spans(file: &str, text: &str, found: &mut Vec<Mention>) {
    for head in ["`kinora ", "`--"] {
        for (place, _) in text.match_indices(head) {
            let rest = &text[place + 1..];
            let Some(end) = rest.find('`') else { continue };
            let span = rest[..end].replace('\n', " ").replace("\\\"", "\"");
            found.push(Mention { file: file.to_owned(), text: span });
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap_or_default()
}

fn relative(file: &Path) -> String {
    file.strip_prefix(root()).unwrap_or(file).to_string_lossy().replace('\\', "/")
}

fn listed(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

fn files(folder: &Path) -> Vec<PathBuf> {
    listed(folder)
        .into_iter()
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|e| e == "rs" || e == "md"))
        .collect()
}
