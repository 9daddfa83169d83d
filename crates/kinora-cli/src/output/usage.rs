//! Wrong command lines, and the help that was asked for.

use clap::error::{ContextKind, ContextValue, ErrorKind as Wrong};
use kinora_engine::ErrorKind;
use kinora_types::Printable;

use super::{
    message::{self, Failure},
    terminal,
};

/// Tells of a wrong command line, or the help that was asked for. What it repeats of the command line is printable.
pub(crate) fn usage(error: clap::Error) -> ! {
    if !error.use_stderr() {
        error.exit();
    }
    if message::is_json() {
        let failure = failure(&error);
        message::fail(&failure);
        std::process::exit(failure.exit_code.into());
    }
    let shown = printable(error);
    // What a parser of ours repeats is no context, but the cause, which clap shows as it is.
    let cause = std::error::Error::source(&shown).map(ToString::to_string).unwrap_or_default();
    if cause.chars().any(Printable::is_unsafe) {
        let told = |kind| shown.get(kind).map(ToString::to_string).unwrap_or_default();
        let (value, argument) = (told(ContextKind::InvalidValue), told(ContextKind::InvalidArg));
        terminal::err(&format!("error: invalid value '{value}' for '{argument}': {cause}"));
        terminal::err("");
        terminal::err("For more information, try '--help'.");
        std::process::exit(shown.exit_code());
    }
    shown.exit()
}

fn printable(error: clap::Error) -> clap::Error {
    let mut shown = error;
    let printable = |text: &String| Printable(text).to_string();
    let context: Vec<_> = shown.context().map(|(kind, value)| (kind, value.clone())).collect();
    for (kind, value) in context {
        let value = match value {
            ContextValue::String(text) => ContextValue::String(printable(&text)),
            ContextValue::Strings(texts) => {
                ContextValue::Strings(texts.iter().map(printable).collect())
            }
            // Only clap's own words.
            other => other,
        };
        shown.insert(kind, value);
    }
    shown
}

/// Clap's words: what is wrong comes first, then tips, then the usage.
fn failure(error: &clap::Error) -> Failure {
    let exit_code = u8::try_from(error.exit_code()).unwrap_or(2);
    let of = |message: String, hint| Failure { kind: ErrorKind::Invalid, message, hint, exit_code };
    if error.kind() == Wrong::DisplayHelpOnMissingArgumentOrSubcommand {
        let hint = "`kinora --help` lists the commands".to_owned();
        return of("a command is missing".to_owned(), Some(hint));
    }
    let text = error.render().to_string();
    let joined = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut parts = text.split("\n\n").map(joined);
    let first = parts.next().unwrap_or_default();
    let rest: Vec<String> = parts.collect();
    let led = |lead: &str| rest.iter().find_map(|part| part.strip_prefix(lead)).map(str::to_owned);
    let usage = || Some(format!("usage: {}", led("Usage: ")?));
    of(first.trim_start_matches("error: ").to_owned(), led("tip: ").or_else(usage))
}

#[cfg(test)]
mod tests {
    use clap::{Parser, error::ErrorKind as Wrong};

    use super::*;
    use crate::args::Cli;

    #[test]
    fn a_wrong_command_line_is_told_in_parts() {
        for (line, message, hint) in [
            ("kinora", "a command is missing", "`kinora --help` lists"),
            ("kinora serch x", "unrecognized subcommand 'serch'", "a similar subcommand exists"),
            ("kinora show", "required arguments were not provided: <ASSET>", "usage: kinora show"),
            ("kinora ask x --evidence 99", "invalid value '99' for '--evidence <N>'", ""),
        ] {
            let Err(error) = Cli::try_parse_from(line.split(' ')) else { panic!("{line}") };
            let told = failure(&error);
            assert!(told.message.contains(message), "{told:?}");
            assert!(told.hint.unwrap_or_default().contains(hint), "{line}");
            assert_eq!((told.kind, told.exit_code), (ErrorKind::Invalid, 2));
            assert_ne!(error.kind(), Wrong::DisplayHelp);
        }
    }
}
