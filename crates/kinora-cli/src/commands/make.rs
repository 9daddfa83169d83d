//! `kinora make`

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;
use kinora_engine::{FilmRequest, Generator, Plan, Studio};
use kinora_types::{Captioning, FilmRecord, FilmSpec, Shot, Size, Sound, Storyboard, Transition};
use serde::Serialize;

use crate::{
    Outcome,
    args::{GeneratorArg, MakeArgs, SoundArg, TransitionArg},
    output,
};

/// Length of a crossfade in seconds.
const CROSSFADE: f64 = 0.5;

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
pub fn run(studio: &Studio, args: &MakeArgs, json: bool) -> anyhow::Result<Outcome> {
    let request = request(args)?;
    let control = super::interruptible()?;
    if args.dry_run {
        let plan = studio.plan(&args.library.library, &request, &control)?;
        return show_plan(args, &plan, json);
    }
    let out = args.output.as_deref().context("no output was given")?;
    let bar = output::progress::bar(0, "frames");
    let result = studio.make(
        &args.library.library,
        &request,
        out,
        &mut |progress| {
            bar.set_length(progress.total);
            bar.set_position(progress.done);
        },
        &control,
    );
    bar.finish_and_clear();
    let record = result?;
    if json {
        let record_file = out.with_extension("json");
        output::json(&Made { film: out, record_file, record: &record })?;
    } else {
        print_made(out, &record)?;
    }
    Ok(Outcome::Done)
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
            TransitionArg::Crossfade => Transition::Crossfade(CROSSFADE),
            TransitionArg::Cut => Transition::Cut,
        },
        captions: if args.no_captions { Captioning::Off } else { Captioning::FromBrief },
        seed: args.seed,
        sound: args.sound.map(|sound| match sound {
            SoundArg::Keep => Sound::Keep,
            SoundArg::Mute => Sound::Mute,
        }),
    };
    Ok(FilmRequest {
        brief: args.brief.clone(),
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

fn generator(args: &MakeArgs) -> anyhow::Result<Generator> {
    match (args.generator, &args.model) {
        (GeneratorArg::Ragme, model) => Ok(Generator::Ragme { model: model.clone() }),
        (GeneratorArg::CameraMove, None) => Ok(Generator::CameraMove),
        (GeneratorArg::CameraMove, Some(_)) => {
            Err(super::usage("`--model` goes with `--generator ragme`".into()))
        }
    }
}

fn show_plan(args: &MakeArgs, plan: &Plan, json: bool) -> anyhow::Result<Outcome> {
    if json {
        output::json(&Planned { storyboard: &plan.storyboard })?;
        return Ok(Outcome::Done);
    }
    for shot in &plan.storyboard.shots {
        output::line(shot_line(shot, plan.storyboard.spec.fps))?;
    }
    let named = args.output.as_ref().map(|out| out.with_extension("html"));
    let path = named.unwrap_or_else(|| "storyboard.html".into());
    fs::write(&path, &plan.html)
        .with_context(|| format!("cannot write the storyboard: {}", path.display()))?;
    output::line(format!("storyboard: {}", path.display()))?;
    Ok(Outcome::Done)
}

fn shot_line(shot: &Shot, fps: u32) -> String {
    let name = &shot.brief.name;
    let Some(source) = &shot.source else {
        return output::shown(&format!(
            "{name}: left out: {}",
            shot.gap.as_deref().unwrap_or_default()
        ));
    };
    let score = match shot.scores.and_then(|s| s.dense) {
        _ if shot.pinned => "pinned".to_owned(),
        Some(score) => format!("score {score:.3}"),
        None => "by its words".to_owned(),
    };
    let seconds = f64::from(shot.frames) / f64::from(fps);
    output::shown(&format!("{name}: {} ({score}, {seconds:.1} s)", source.label()))
}

fn print_made(out: &Path, record: &FilmRecord) -> anyhow::Result<()> {
    let fps = f64::from(record.spec.fps);
    for shot in &record.shots {
        let at = output::timecode(shot.first_frame as f64 / fps);
        let source = shot.sources.first().map_or("left out: nothing fits", |s| s.label.as_str());
        output::line(output::shown(&format!("{at}  {}  <- {source}", shot.name)))?;
    }
    output::line(format!("film: {}", out.display()))?;
    output::line(format!("record: {}", out.with_extension("json").display()))
}
