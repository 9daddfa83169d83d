//! `kinora completions`

use clap::CommandFactory;
use serde::Serialize;

use crate::{
    Outcome,
    args::{Cli, CompletionsArgs},
    output,
};

#[derive(Serialize)]
struct Script<'a> {
    shell: String,
    script: &'a str,
}

/// Runs the command.
pub(crate) fn run(args: &CompletionsArgs, json: bool) -> anyhow::Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "kinora", &mut script);
    let script = String::from_utf8(script)?;
    if json {
        output::json(&Script { shell: args.shell.to_string(), script: &script })?;
    } else {
        output::document(&script)?;
    }
    Ok(Outcome::Done)
}
