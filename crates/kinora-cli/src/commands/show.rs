//! `kinora show`

use kinora_engine::{Details, Engine};
use kinora_types::{
    Asset, Certainty, Clock, DateBasis, Kind, Origin, Passage, PassageKind, Printable,
};

use crate::{Outcome, args::ShowArgs, output};

/// Runs the command.
pub(crate) fn run(engine: &Engine, args: &ShowArgs, json: bool) -> anyhow::Result<Outcome> {
    print(&engine.library(&args.library.library)?.details(&args.asset)?, json)
}

/// Prints all that is known of one asset.
pub(crate) fn print(details: &Details, json: bool) -> anyhow::Result<Outcome> {
    if json {
        output::json(details)?;
        return Ok(Outcome::Done);
    }
    let facts = facts(details);
    super::list::say_unnamed(details.places_unnamed.as_ref());
    let known = facts.iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
    for (name, value) in known {
        output::line(format!("{name:<9} {value}"))?;
    }
    if let Some(other) = &details.live_photo {
        let other = other.to_string_lossy();
        output::line(Printable(&format!("{:<9} with {other}", "live")).to_string())?;
    }
    if details.moving_part {
        output::line(format!("{:<9} a short video in the same file, not looked at", "motion"))?;
    }
    if !details.shots.is_empty() {
        output::line(format!("{:<9} {}", "shots", details.shots.len()))?;
    }
    for passage in &details.passages {
        output::line(passage_line(passage))?;
    }
    for word in &details.not_tags {
        output::line(format!("{:<9} {word}  (by hand)", "not"))?;
    }
    for range in &details.not_understood {
        output::line(format!("{:<9} {range}  [not understood]", "speech"))?;
    }
    for (kind, perceived) in &details.perceived {
        if let Some(error) = &perceived.error {
            output::line(format!("no {}: {error}", kind.name()))?;
        }
    }
    for kind in waiting(details) {
        output::line(format!("{} not looked for yet", kind.name()))?;
    }
    Ok(Outcome::Done)
}

fn facts(details: &Details) -> [(&'static str, Option<String>); 14] {
    let Details { asset, .. } = details;
    let Asset { rights, .. } = asset;
    let keywords = Some(asset.keywords.join(", ")).filter(|words| !words.is_empty());
    [
        ("title", asset.title.clone()),
        ("caption", asset.caption.clone()),
        ("keywords", keywords),
        ("file", asset.paths.first().cloned()),
        ("hash", Some(asset.id.to_string())),
        ("format", Some(asset.format.clone())),
        ("size", asset.size.map(|size| size.to_string())),
        ("length", asset.duration_ms.map(|ms| Clock(ms).to_string())),
        ("taken", taken(asset)),
        ("place", place(details)),
        ("camera", asset.camera.clone()),
        ("author", rights.author.clone()),
        ("licence", rights.licence.clone()),
        ("source", rights.source.clone()),
    ]
}

/// `Lisbon, PT (38.71667,-9.13333)`, or the degrees alone.
fn place(details: &Details) -> Option<String> {
    let place = details.asset.place?;
    let degrees = format!("{:.5},{:.5}", place.latitude, place.longitude);
    Some(match &details.place_name {
        Some(name) => format!("{name} ({degrees})"),
        None => degrees,
    })
}

/// `2019-07-21 23:06:38 (guessed from the name)`.
fn taken(asset: &Asset) -> Option<String> {
    let at = asset.taken_at?;
    let known = match asset.date_basis {
        None | Some(DateBasis::Written) => "",
        Some(DateBasis::Utc) => " (UTC: local time unknown)",
        Some(DateBasis::Guessed) if is_in_name(asset) => " (guessed from the name)",
        // From the zone of its place, or from when a program changed it.
        Some(DateBasis::Guessed) => " (guessed)",
    };
    Some(format!("{} {}{known}", at.date(), at.time()))
}

/// Whether a file's name has the day in digits.
fn is_in_name(asset: &Asset) -> bool {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let Some(day) = asset.taken_at.map(|at| digits(&at.date().to_string())) else {
        return false;
    };
    let name = |path: &String| path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
    asset.paths.iter().any(|path| digits(&name(path)).contains(&day))
}

/// `speech    00:04.0-00:06.5  The dogs are barking.  (0.93, whisper-base@1a2b3c)`.
fn passage_line(passage: &Passage) -> String {
    let span = passage.range.map(|range| format!("{range}  ")).unwrap_or_default();
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
