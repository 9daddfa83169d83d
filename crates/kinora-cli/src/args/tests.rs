//! What our texts tell to type is what can be typed.
//!
//! Not covered here: what such a command does; `tests/hints.rs` runs those of hints.

use std::collections::BTreeSet;

use clap::{Command, CommandFactory, Parser, error::ErrorKind};

use super::{
    Cli,
    mentions::{self, Mention},
};

/// Flags of other programs.
const FOREIGN: [&str; 8] = [
    "--features",
    "--path",
    "--locked",
    "--test",
    "--mutants",
    "--nocapture",
    "--workspace",
    "--key",
];

fn command() -> Command {
    let mut command = Cli::command();
    command.build();
    command
}

/// A value in place of a placeholder, where the word itself would be refused.
fn filled(word: &str) -> String {
    match word {
        "N" | "ID" => "5",
        "SHOT=ASSET" | "SHOT=FILE" => "1=a.jpg",
        "TIME=WORDS" => "00:01=words",
        "YYYY-MM-DD" | "DATE" => "2020-01-01",
        "YYYY" | "YEAR" => "2020",
        "WIDTHxHEIGHT" => "64x48",
        word => return word.replace("{name}", "ffmpeg"),
    }
    .to_owned()
}

/// Whether a command line can be read, or would be if it were not cut short.
fn wrong(mention: &Mention) -> Option<String> {
    let mut words: Vec<String> = mention.words().iter().map(|word| filled(word)).collect();
    let parsed = |words: &[String]| {
        Cli::try_parse_from(std::iter::once("kinora").chain(words.iter().map(String::as_str)))
    };
    // A flag that is named without the value that it takes.
    if words.last().is_some_and(|last| last.starts_with("--"))
        && parsed(&words).is_err_and(|error| error.kind() == ErrorKind::InvalidValue)
    {
        words.push("5".into());
    }
    let error = parsed(&words).err()?;
    let short = [
        ErrorKind::MissingRequiredArgument,
        ErrorKind::MissingSubcommand,
        ErrorKind::DisplayHelp,
        ErrorKind::DisplayVersion,
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand,
    ];
    (!short.contains(&error.kind())).then(|| format!("{}: {}\n{error}", mention.file, mention.text))
}

#[test]
fn every_command_that_a_text_names_can_be_typed() {
    let mentions = mentions::in_sources().into_iter().chain(mentions::in_documents());
    let commands: Vec<Mention> = mentions.filter(Mention::is_command).collect();
    assert!(commands.len() > 60, "the scanner finds them: {}", commands.len());
    let wrong: Vec<String> = commands.iter().filter_map(wrong).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Long flags of a command, and those of all commands.
fn flags(command: &Command) -> BTreeSet<String> {
    let own = command.get_arguments().filter_map(|arg| arg.get_long());
    own.map(|long| format!("--{long}")).collect()
}

fn all_flags(command: &Command) -> BTreeSet<String> {
    let inner = command.get_subcommands().flat_map(all_flags);
    flags(command).into_iter().chain(inner).collect()
}

fn flags_in(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    words.filter(|w| w.len() > 3 && w.starts_with("--")).map(str::to_owned).collect()
}

#[test]
fn every_flag_that_a_text_names_is_one() {
    let command = command();
    let everywhere = all_flags(&command);
    let mut wrong = Vec::new();
    for mention in mentions::in_sources().into_iter().chain(mentions::in_documents()) {
        let name = mention.file.strip_prefix("crates/kinora-cli/src/commands/");
        let own = name.and_then(|name| command.find_subcommand(name.trim_end_matches(".rs")));
        let known = own.map_or_else(|| everywhere.clone(), all_flags);
        for flag in flags_in(&mention.text) {
            let elsewhere = mention.is_command() || FOREIGN.contains(&&*flag);
            if !known.contains(&flag) && !elsewhere {
                wrong.push(format!("{}: {}", mention.file, mention.text));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_help_of_a_command_names_flags_of_its_own() {
    fn check(command: &mut Command, wrong: &mut Vec<String>) {
        let help = command.render_long_help().to_string();
        // What a whole command in it names was checked as such.
        let own: String = help.split('`').filter(|part| !part.starts_with("kinora ")).collect();
        let known = all_flags(command);
        for flag in flags_in(&own).difference(&known) {
            wrong.push(format!("{}: {flag}", command.get_name()));
        }
        command.get_subcommands_mut().for_each(|inner| check(inner, wrong));
    }
    let mut wrong = Vec::new();
    check(&mut command(), &mut wrong);
    wrong.retain(|line| !line.ends_with("--help") && !line.ends_with("--version"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Below the command line hints are phrases of `kinora_types::advice`: another front end has no flags.
#[test]
fn no_message_below_the_command_line_names_a_command_or_a_flag() {
    let mut wrong = Vec::new();
    for Mention { file, text } in mentions::in_strings() {
        if !file.starts_with("crates/kinora-cli/") && !text.starts_with("--features") {
            wrong.push(format!("{file}: {text}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_command_that_uses_a_library_takes_its_name() {
    const WITHOUT: [&str; 5] = ["libraries", "models", "completions", "man", "help"];
    for inner in command().get_subcommands() {
        let takes = flags(inner).contains("--library");
        assert_ne!(takes, WITHOUT.contains(&inner.get_name()), "{}", inner.get_name());
    }
}

#[test]
fn every_command_and_every_argument_is_explained() {
    fn check(command: &Command, wrong: &mut Vec<String>) {
        if command.get_about().is_none() {
            wrong.push(command.get_name().to_owned());
        }
        for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
            let ends = arg.get_help().map(ToString::to_string).unwrap_or_default();
            if ends.is_empty() {
                wrong.push(format!("{}: {}", command.get_name(), arg.get_id()));
            }
        }
        command.get_subcommands().for_each(|inner| check(inner, wrong));
    }
    let mut wrong = Vec::new();
    check(&command(), &mut wrong);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    command().debug_assert();
}
