//! One module a command: from arguments to the engine, from its answer to the screen.

pub mod add;
pub mod ask;
pub mod chat;
pub mod edit;
pub mod eval;
pub mod films;
pub mod gathered;
pub mod libraries;
pub mod make;
pub mod models;
pub mod search;
pub mod show;
pub mod train;
pub mod transcript;
pub mod verify;

use kinora_engine::Control;

/// A control that Ctrl-C and SIGTERM cancel; a second Ctrl-C ends the process at once.
fn interruptible() -> anyhow::Result<Control> {
    let control = Control::default();
    let cancelled = control.clone();
    ctrlc::set_handler(move || {
        if cancelled.is_cancelled() {
            std::process::exit(130);
        }
        cancelled.cancel();
        eprintln!("stopping; what was reported done is kept");
    })?;
    Ok(control)
}

/// A command that cannot be followed as it was given: exit code 2.
#[derive(Debug)]
pub struct Usage(String);

impl std::fmt::Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

fn usage(message: String) -> anyhow::Error {
    anyhow::Error::new(Usage(message))
}
