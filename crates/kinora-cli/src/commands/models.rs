//! `kinora models`

use kinora_engine::{Control, PullEvent, Stage, Status, Studio};
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
struct Report {
    models: Vec<Model>,
}

/// Runs the command.
pub fn run(
    studio: &Studio,
    command: &ModelsCommand,
    json: bool,
    control: &Control,
) -> anyhow::Result<Outcome> {
    match command {
        ModelsCommand::List => list(studio, json),
        ModelsCommand::Pull { names } => pull(studio, names, control),
        ModelsCommand::Verify { names } => verify(studio, names, control),
        ModelsCommand::Path { name } => {
            let store = studio.store();
            let path = match name {
                Some(name) => store.path(name).map_err(kinora_engine::EngineError::from)?,
                None => store.cache_dir().to_owned(),
            };
            output::line(path.to_string_lossy())?;
            Ok(Outcome::Done)
        }
    }
}

fn list(studio: &Studio, json: bool) -> anyhow::Result<Outcome> {
    let models: Vec<Model> = studio.store().list().into_iter().map(model).collect();
    if json {
        output::json(&Report { models })?;
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

fn pull(studio: &Studio, names: &[String], control: &Control) -> anyhow::Result<Outcome> {
    let names = if names.is_empty() { studio.store().default_ids() } else { names.to_vec() };
    let mut screen = Screen::default();
    let result =
        studio.store().pull(&names, &mut |event: &PullEvent<'_>| screen.step(event), control);
    screen.clear();
    result.map_err(kinora_engine::EngineError::from)?;
    Ok(Outcome::Done)
}

/// One bar at a time: artifacts are pulled one after the other.
#[derive(Default)]
struct Screen {
    bar: Option<(String, Bar)>,
}

impl Screen {
    fn step(&mut self, event: &PullEvent<'_>) {
        if self.bar.as_ref().is_none_or(|(id, _)| id != event.id) {
            self.clear();
            self.bar = Some((event.id.to_owned(), output::progress::bytes(event.id)));
        }
        let Some((_, bar)) = &self.bar else { return };
        if let Some(total) = event.total {
            bar.length(total);
        }
        bar.position(event.done);
        bar.message(words(event.stage));
        match event.stage {
            Stage::Done => bar.say(&format!("pulled {} from {}", event.id, event.source)),
            Stage::Present => bar.say(&format!("{} is here", event.id)),
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

fn verify(studio: &Studio, names: &[String], control: &Control) -> anyhow::Result<Outcome> {
    let here =
        || studio.store().list().into_iter().filter(|s| s.path.is_some()).map(|s| s.artifact.id);
    let names: Vec<String> = if names.is_empty() { here().collect() } else { names.to_vec() };
    let mut outcome = Outcome::Done;
    for name in &names {
        match studio.store().verify(&[name], control) {
            Ok(()) => output::line(format!("{name}: intact"))?,
            Err(error) => {
                outcome = Outcome::Partly;
                if control.is_cancelled() {
                    break;
                }
                output::complain("error", &error.to_string());
                if let Some(hint) = error.hint() {
                    output::complain("hint", &hint);
                }
            }
        }
    }
    Ok(outcome)
}
