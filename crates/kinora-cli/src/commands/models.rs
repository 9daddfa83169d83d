//! `kinora models`

use std::sync::{Arc, Mutex};

use kinora_engine::{Control, Engine, Event, Job, Stage, Status};
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

/// Runs the command.
pub(crate) fn run(
    engine: &Engine,
    command: &ModelsCommand,
    json: bool,
    control: &Control,
) -> anyhow::Result<Outcome> {
    match command {
        ModelsCommand::List => list(engine, json),
        ModelsCommand::Pull { names } => pull(engine, names, control),
        ModelsCommand::Verify { names } => verify(engine, names, control),
        ModelsCommand::Path { name } => {
            let store = engine.store();
            let path = match name {
                Some(name) => store.path(name).map_err(kinora_engine::EngineError::from)?,
                None => store.cache_dir().to_owned(),
            };
            output::line(path.to_string_lossy())?;
            Ok(Outcome::Done)
        }
    }
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

fn pull(engine: &Engine, names: &[String], control: &Control) -> anyhow::Result<Outcome> {
    let screen = Arc::new(Mutex::new(Screen::default()));
    let shown = Arc::clone(&screen);
    let job = Job::new(control).on_event(move |event| output::locked(&shown).show(event));
    let result = engine.pull(names, &job);
    output::locked(&screen).clear();
    result?;
    Ok(Outcome::Done)
}

/// One bar at a time: artifacts are pulled one after the other.
#[derive(Default)]
struct Screen {
    bar: Option<(String, Bar)>,
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

fn verify(engine: &Engine, names: &[String], control: &Control) -> anyhow::Result<Outcome> {
    let here =
        || engine.store().list().into_iter().filter(|s| s.path.is_some()).map(|s| s.artifact.id);
    let names: Vec<String> = if names.is_empty() { here().collect() } else { names.to_vec() };
    let mut outcome = Outcome::Done;
    for name in &names {
        match engine.store().verify(&[name], control) {
            Ok(()) => output::line(format!("{name}: intact"))?,
            Err(error) => {
                outcome = Outcome::Partly;
                if control.is_cancelled() {
                    break;
                }
                output::complain("error", &error.to_string());
                if let Some(hint) = error.hint() {
                    output::complain("hint", &output::hint(&hint));
                }
            }
        }
    }
    Ok(outcome)
}
