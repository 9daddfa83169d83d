//! `kinora show`

use kinora_engine::{Details, Studio};
use kinora_types::{Asset, Certainty, Kind, Origin, Passage, PassageKind};

use crate::{Outcome, args::ShowArgs, output};

/// Runs the command.
pub fn run(studio: &Studio, args: &ShowArgs, json: bool) -> anyhow::Result<Outcome> {
    print(&studio.details(&args.library.library, &args.asset)?, json)
}

/// Prints all that is known of one asset.
pub fn print(details: &Details, json: bool) -> anyhow::Result<Outcome> {
    if json {
        output::json(details)?;
        return Ok(Outcome::Done);
    }
    let facts = facts(&details.asset);
    let known = facts.iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
    for (name, value) in known {
        output::line(output::shown(&format!("{name:<9} {value}")))?;
    }
    if !details.shots.is_empty() {
        output::line(format!("{:<9} {}", "shots", details.shots.len()))?;
    }
    for passage in &details.passages {
        output::line(output::shown(&passage_line(passage)))?;
    }
    for range in &details.not_understood {
        output::line(format!("{:<9} {}  [not understood]", "speech", output::span(*range)))?;
    }
    for (kind, perceived) in &details.perceived {
        if let Some(error) = &perceived.error {
            output::line(output::shown(&format!("no {}: {error}", kind.name())))?;
        }
    }
    for kind in waiting(details) {
        output::line(format!("{} not looked for yet", kind.name()))?;
    }
    Ok(Outcome::Done)
}

fn facts(asset: &Asset) -> [(&'static str, Option<String>); 13] {
    let Asset { rights, .. } = asset;
    let keywords = Some(asset.keywords.join(", ")).filter(|words| !words.is_empty());
    let length = |ms: u64| output::timecode(ms as f64 / 1000.0);
    [
        ("title", asset.title.clone()),
        ("caption", asset.caption.clone()),
        ("keywords", keywords),
        ("file", asset.paths.first().cloned()),
        ("hash", Some(asset.id.to_string())),
        ("format", Some(asset.format.clone())),
        ("size", asset.size.map(|size| size.to_string())),
        ("length", asset.duration_ms.map(length)),
        ("taken", asset.taken_at.map(|time| time.to_string())),
        ("place", asset.place.map(|p| format!("{:.5},{:.5}", p.latitude, p.longitude))),
        ("author", rights.author.clone()),
        ("licence", rights.licence.clone()),
        ("source", rights.source.clone()),
    ]
}

/// `speech    00:04.0-00:06.5  The dogs are barking.  (0.93, whisper-base@1a2b3c)`.
fn passage_line(passage: &Passage) -> String {
    let span = passage.range.map(|range| format!("{}  ", output::span(range))).unwrap_or_default();
    let origin = match &passage.origin {
        Origin::Person => "by hand".to_owned(),
        Origin::Machine { model, confidence: Some(sure) } => format!("{sure:.2}, {model}"),
        Origin::Machine { model, confidence: None } => model.clone(),
    };
    let mark = if passage.certainty() == Certainty::Doubtful { "[?] " } else { "" };
    format!("{:<9} {span}{mark}{}  ({origin})", passage.kind.name(), passage.text)
}

/// Kinds that make sense for the asset and that no model has looked for.
fn waiting(details: &Details) -> Vec<PassageKind> {
    let kinds: &[PassageKind] = match details.asset.kind() {
        Kind::Picture => &[PassageKind::Text, PassageKind::Tag],
        Kind::Video => &[PassageKind::Speech, PassageKind::Text, PassageKind::Tag],
        Kind::Audio => &[PassageKind::Speech],
    };
    kinds.iter().copied().filter(|kind| !details.perceived.contains_key(kind)).collect()
}
