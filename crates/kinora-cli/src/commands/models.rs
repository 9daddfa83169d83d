//! `kinora models`

use std::{
    borrow::Cow,
    sync::{Arc, Mutex},
};

use kinora_engine::{Control, Engine, Event, Job, Stage, Status, StoreError};
use serde::Serialize;

use crate::{
    Outcome,
    args::ModelsCommand,
    output::{self, progress::Bar},
};

#[derive(Serialize)]
struct Model {
    name: String,
    job: String,
    licence: String,
    state: &'static str,
    path: Option<String>,
    sha256: Option<String>,
}

#[derive(Serialize)]
struct ModelList {
    models: Vec<Model>,
}

#[derive(Serialize)]
struct Located<'a> {
    path: Cow<'a, str>,
}

#[derive(Serialize)]
struct Pulled {
    models: Vec<PulledModel>,
}

#[derive(Clone, Serialize)]
struct PulledModel {
    name: String,
    /// Where it came from; nothing if it was here.
    source: Option<String>,
}

#[derive(Serialize)]
struct Verified {
    name: String,
    intact: bool,
    fault: Option<String>,
    hint: Option<String>,
}

#[derive(Serialize)]
struct VerifiedList {
    models: Vec<Verified>,
}

/// Runs the command.
pub(crate) fn run(
    engine: &Engine,
    command: &ModelsCommand,
    json: bool,
    control: &Control,
) -> anyhow::Result<Outcome> {
    match command {
        ModelsCommand::List => list(engine, json),
        ModelsCommand::Pull { names } => pull(engine, names, json, control),
        ModelsCommand::Verify { names } => verify(engine, names, json, control),
        ModelsCommand::Path { name } => path(engine, name.as_deref(), json),
    }
}

fn path(engine: &Engine, name: Option<&str>, json: bool) -> anyhow::Result<Outcome> {
    let store = engine.store();
    let path = match name {
        Some(name) => store.path(name).map_err(kinora_engine::EngineError::from)?,
        None => store.cache_dir().to_owned(),
    };
    let path = path.to_string_lossy();
    if json {
        output::json(&Located { path })?
    } else {
        output::line(path)?
    }
    Ok(Outcome::Done)
}

fn list(engine: &Engine, json: bool) -> anyhow::Result<Outcome> {
    let models: Vec<Model> = engine.store().list().into_iter().map(model).collect();
    if json {
        output::json(&ModelList { models })?;
        return Ok(Outcome::Done);
    }
    let row = |m: &Model| vec![m.name.clone(), m.state.into(), m.licence.clone(), m.job.clone()];
    let rows: Vec<_> = models.iter().map(row).collect();
    output::table::lines(&["name", "state", "licence", "job"], &rows)
        .iter()
        .try_for_each(output::line)?;
    Ok(Outcome::Done)
}

fn model(status: Status) -> Model {
    let state = match (&status.path, status.available) {
        _ if status.changed => "changed: pull it again",
        (Some(_), _) => "here",
        (None, true) => "to be pulled",
        (None, false) => "not for this machine",
    };
    Model {
        name: status.artifact.id,
        job: status.artifact.job,
        licence: status.artifact.licence,
        state,
        path: status.path.map(|path| path.to_string_lossy().into_owned()),
        sha256: status.record.map(|record| record.sha256),
    }
}

fn pull(
    engine: &Engine,
    names: &[String],
    json: bool,
    control: &Control,
) -> anyhow::Result<Outcome> {
    let screen = Arc::new(Mutex::new(Screen::default()));
    let shown = Arc::clone(&screen);
    let job = Job::new(control).on_event(move |event| output::locked(&shown).show(event));
    let result = engine.pull(names, &job);
    let mut screen = output::locked(&screen);
    screen.clear();
    result?;
    if json {
        output::json(&Pulled { models: std::mem::take(&mut screen.pulled) })?;
    }
    Ok(Outcome::Done)
}

/// One bar at a time: artifacts are pulled one after the other.
#[derive(Default)]
struct Screen {
    bar: Option<(String, Bar)>,
    pulled: Vec<PulledModel>,
}

impl Screen {
    fn show(&mut self, event: Event) {
        let Event::Pull { id, stage, source, done, total } = event else { return };
        if self.bar.as_ref().is_none_or(|(shown, _)| *shown != id) {
            self.clear();
            self.bar = Some((id.clone(), output::progress::bytes(&id)));
        }
        let Some((_, bar)) = &self.bar else { return };
        if let Some(total) = total {
            bar.length(total);
        }
        bar.position(done);
        bar.message(words(stage));
        let from = Some(source.clone()).filter(|_| stage == Stage::Done);
        if matches!(stage, Stage::Done | Stage::Present) {
            self.pulled.push(PulledModel { name: id.clone(), source: from });
        }
        match stage {
            Stage::Done => bar.say(&format!("pulled {id} from {source}")),
            Stage::Present => bar.say(&format!("{id} is here")),
            _ => {}
        }
    }

    fn clear(&mut self) {
        if let Some((_, bar)) = self.bar.take() {
            bar.clear();
        }
    }
}

fn words(stage: Stage) -> &'static str {
    match stage {
        Stage::Present => "here",
        Stage::Waiting => "another process pulls it, waiting",
        Stage::Downloading => "downloading",
        Stage::Unpacking => "unpacking",
        Stage::Checking => "checking",
        Stage::Done => "done",
    }
}

fn verify(
    engine: &Engine,
    names: &[String],
    json: bool,
    control: &Control,
) -> anyhow::Result<Outcome> {
    let here =
        || engine.store().list().into_iter().filter(|s| s.path.is_some()).map(|s| s.artifact.id);
    let names: Vec<String> = if names.is_empty() { here().collect() } else { names.to_vec() };
    let mut models = Vec::new();
    for name in names {
        let fault = engine.store().verify(&[&name], control).err();
        if control.is_cancelled() {
            break;
        }
        let hint = fault.as_ref().and_then(StoreError::hint).map(|hint| output::hint(&hint));
        match &fault {
            None if json => {}
            None => output::line(format!("{name}: intact"))?,
            Some(fault) => output::warn(&format!("error: {fault}"), hint.as_deref()),
        }
        let fault = fault.map(|fault| fault.to_string());
        models.push(Verified { name, intact: fault.is_none(), fault, hint });
    }
    let whole = models.iter().all(|model| model.intact) && !control.is_cancelled();
    if json {
        output::json(&VerifiedList { models })?;
    }
    Ok(if whole { Outcome::Done } else { Outcome::Partly })
}
