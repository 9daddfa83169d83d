//! `kinora make`

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context;
use kinora_engine::{
    BriefFormat, BriefSource, Control, Engine, Event, FilmRequest, Generator, Job, Library, Plan,
};
use kinora_types::{
    Captioning, Clock, FilmRecord, FilmSpec, Shot, ShotRecord, Size, Sound, Stabilisation,
    StabilisationOutcome, Storyboard, Transition,
};
use serde::Serialize;

use crate::{
    Outcome,
    args::{GeneratorArg, MakeArgs, SoundArg, StabilisationArg, TransitionArg},
    output,
};

#[derive(Serialize)]
struct Made<'a> {
    film: &'a Path,
    record_file: PathBuf,
    record: &'a FilmRecord,
}

#[derive(Serialize)]
struct Planned<'a> {
    storyboard: &'a Storyboard,
}

/// Runs the command.
pub(crate) fn run(
    engine: &Engine,
    args: &MakeArgs,
    json: bool,
    control: &Control,
) -> anyhow::Result<Outcome> {
    let request = request(args)?;
    let library = engine.library(&args.library.library)?;
    if args.dry_run {
        let plan = library.plan(&request, &Job::new(control))?;
        return show_plan(args, &plan, json, control);
    }
    let out = args.output.as_deref().context("no output was given")?;
    let record = make(&library, &request, out, control)?;
    print(out, &record, json)?;
    Ok(Outcome::Done)
}

/// Makes a film under a bar of progress.
pub(crate) fn make(
    library: &Library,
    request: &FilmRequest,
    out: &Path,
    control: &Control,
) -> anyhow::Result<FilmRecord> {
    let bar = Arc::new(output::progress::bar(0, "frames"));
    let shown = Arc::clone(&bar);
    let job = Job::new(control).on_event(move |event| {
        if let Event::Frames { done, total } = event {
            shown.length(total);
            shown.position(done);
        }
    });
    let result = library.make(request, out, &job);
    bar.clear();
    Ok(result?)
}

fn request(args: &MakeArgs) -> anyhow::Result<FilmRequest> {
    let pins = args.pin.iter().map(|pin| match pin.split_once('=') {
        Some((shot, asset)) if !shot.is_empty() && !asset.is_empty() => {
            Ok((shot.to_owned(), asset.to_owned()))
        }
        _ => Err(super::usage(format!("`--pin` takes SHOT=ASSET, not `{pin}`"))),
    });
    let size = match (args.vertical, args.square) {
        (true, _) => Size { width: 720, height: 1280 },
        (_, true) => Size { width: 1080, height: 1080 },
        _ => args.size,
    };
    let spec = FilmSpec {
        size,
        fps: args.fps,
        seconds: args.seconds.unwrap_or(30.0),
        transition: match args.transition {
            TransitionArg::Crossfade => Transition::Crossfade(kinora_engine::CROSSFADE_SECONDS),
            TransitionArg::Cut => Transition::Cut,
        },
        captions: if args.no_captions { Captioning::Off } else { Captioning::FromBrief },
        seed: args.seed,
        sound: args.sound.map(|sound| match sound {
            SoundArg::Keep => Sound::Keep,
            SoundArg::Mute => Sound::Mute,
        }),
        stabilisation: args.stabilisation.map(|asked| match asked {
            StabilisationArg::Auto => Stabilisation::Auto,
            StabilisationArg::Off => Stabilisation::Off,
        }),
    };
    Ok(FilmRequest {
        brief: brief(&args.brief)?,
        spec,
        length_given: args.seconds.is_some(),
        pins: pins.collect::<anyhow::Result<_>>()?,
        kind: args.kind.map(Into::into),
        licences: args.licence.clone(),
        allow_gaps: args.allow_gaps,
        font: args.font.clone(),
        overwrite: args.force,
        generator: generator(args)?,
    })
}

/// An argument is a file if it names one, or looks like the name of one; else it is the text itself, or `-` for that of
/// standard input, which shows by its lines how it is written.
fn brief(argument: &str) -> anyhow::Result<BriefSource> {
    if argument == "-" {
        let text = super::words(argument)?.into_owned();
        return Ok(BriefSource::Text { format: BriefFormat::of_text(&text), text });
    }
    let path = Path::new(argument);
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
    let named =
        ["md", "markdown", "toml", "txt"].contains(&extension) && !argument.contains(['\n', ' ']);
    // A pipe or a device too, to be refused as such.
    Ok(if named || (argument.len() < 1024 && path.exists() && !path.is_dir()) {
        BriefSource::File { path: path.to_owned() }
    } else {
        BriefSource::Text { text: argument.to_owned(), format: BriefFormat::Text }
    })
}

fn generator(args: &MakeArgs) -> anyhow::Result<Generator> {
    match (args.generator, &args.model) {
        (GeneratorArg::Ragme, model) => Ok(Generator::Ragme { model: model.clone() }),
        (GeneratorArg::CameraMove, None) => Ok(Generator::CameraMove),
        (GeneratorArg::CameraMove, Some(_)) => {
            Err(super::usage("`--model` goes with `--generator ragme`".into()))
        }
    }
}

fn show_plan(
    args: &MakeArgs,
    plan: &Plan,
    json: bool,
    control: &Control,
) -> anyhow::Result<Outcome> {
    if json {
        output::json(&Planned { storyboard: &plan.storyboard })?;
        return Ok(Outcome::Done);
    }
    for shot in &plan.storyboard.shots {
        output::line(shot_line(shot, plan.storyboard.spec.fps))?;
    }
    let named = args.output.as_ref().map(|out| out.with_extension("html"));
    let path = named.unwrap_or_else(|| "storyboard.html".into());
    output::file::write(&path, plan.html.as_bytes(), control)
        .with_context(|| format!("cannot write the storyboard: {}", path.display()))?;
    output::line(format!("storyboard: {}", path.display()))?;
    Ok(Outcome::Done)
}

fn shot_line(shot: &Shot, fps: u32) -> String {
    let name = &shot.brief.name;
    let Some(source) = shot.source() else {
        return format!("{name}: left out: {}", shot.gap().unwrap_or_default());
    };
    let score = match source.rating.map(|rating| rating.scores.dense) {
        None => "pinned".to_owned(),
        Some(Some(score)) => format!("score {score:.3}"),
        Some(None) => "by its words".to_owned(),
    };
    let seconds = f64::from(shot.frames) / f64::from(fps);
    format!("{name}: {} ({score}, {seconds:.1} s)", source.asset.label())
}

/// Which shot shows what, and where film and record lie.
pub(crate) fn print(out: &Path, record: &FilmRecord, json: bool) -> anyhow::Result<()> {
    let record_file = out.with_extension("json");
    if json {
        return output::json(&Made { film: out, record_file, record });
    }
    for shot in &record.shots {
        let at = Clock::of_frame(shot.first_frame, record.spec.fps);
        let source = shot.sources.first().map_or("left out: nothing fits", |s| s.label.as_str());
        output::line(format!("{at}  {}  <- {source}{}", shot.name, stabilised(shot)))?;
    }
    output::line(format!("film: {}", out.display()))?;
    output::line(format!("record: {}", record_file.display()))
}

/// Outcome of stabilising a shot's clip, where it shakes.
fn stabilised(shot: &ShotRecord) -> String {
    match &shot.stabilisation {
        Some(StabilisationOutcome::Stabilised { shake, residual, .. }) => {
            format!(" (steadied: {:.1} % of its trembling is left)", 100.0 * residual / shake)
        }
        Some(StabilisationOutcome::Left { shake: Some(_), why }) => {
            format!(" (not steadied: {why})")
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_is_a_file_only_if_it_names_one_or_looks_like_it() {
        let folder = tempfile::tempdir().unwrap();
        let there = folder.path().join("brief");
        std::fs::write(&there, "- a dog").unwrap();
        let is_file = |argument: &str| matches!(brief(argument), Ok(BriefSource::File { .. }));
        assert!(is_file(&there.to_string_lossy()) && is_file("missing.md"));
        assert!(!is_file(&folder.path().to_string_lossy()), "a folder is no brief");
        for text in ["a dog by the lake", "a dog.\nnotes.md", "see notes.md", ""] {
            let whole = BriefSource::Text { text: text.into(), format: BriefFormat::Text };
            assert_eq!(brief(text).unwrap(), whole);
        }
    }
}
