//! The attributions that the sources' licences ask for, as lines of the end card.

use kinora_types::Asset;

/// One entry for each source whose licence asks for it, in order of appearance, and a last one
/// that says what was done to the pictures, as Creative Commons licences ask for (CC BY 4.0, 3.a.1.B).
pub(crate) fn credits<'a>(shown: impl Iterator<Item = &'a Asset>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for asset in shown.filter(|asset| asset.rights.attribution_required()) {
        let line = entry(asset);
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    if !lines.is_empty() {
        lines.push("The pictures were cropped and set in motion.".into());
    }
    lines
}

fn entry(asset: &Asset) -> String {
    let mut line = asset.label();
    if let Some(author) = &asset.rights.author {
        line.push_str(&format!(" by {author}"));
    }
    for part in [&asset.rights.licence, &asset.rights.source].into_iter().flatten() {
        line.push_str(&format!(", {part}"));
    }
    line
}
