//! Hints as the command line says them: commands and flags in place of the things to do.

use kinora_types::advice;

/// By phrase, what to type.
const COMMANDS: [(&str, &str); 20] = [
    (advice::BY_ADDING, "with `kinora add PATH…`"),
    (advice::ADD_AGAIN, "`kinora add` the files again"),
    (advice::RESUME, "run `kinora add`, which goes on with the work that waits"),
    (advice::OTHER_LIBRARY, "make another library for the other space: `--library NAME`"),
    (advice::NAME_LIBRARY, "name the library that it was made from with `--library NAME`"),
    (advice::REPAIR, "repair it with `kinora libraries check NAME --repair`"),
    (advice::CHECK, "`kinora libraries check NAME`"),
    (advice::CHOOSE_FONT, "choose another font with `--font FILE`"),
    (advice::OVERWRITE, "`--force` to overwrite it"),
    (advice::FILM_LENGTH, "choose another length with `--seconds N`"),
    (advice::PIN, "pin a picture (`--pin SHOT=ASSET`)"),
    (advice::LEAVE_OUT, "leave these shots out (`--allow-gaps`)"),
    (advice::EXAMPLE, "give a picture (`--like FILE`)"),
    (advice::LOOK_AT_ASSET, "`kinora show` tells what there is"),
    (advice::TRANSCRIPT, "`kinora edit VIDEO --transcript FILE` takes SRT and WebVTT"),
    (advice::LIST_MODELS, "`kinora models list` shows what there is"),
    (advice::VERIFY_MODELS, "`kinora models verify` shows whether the files are whole"),
    (advice::NAME_VIDEO_MODEL, "give `--model DIR`"),
    (advice::TRAIN, "train one with `kinora train --model DIR`"),
    (advice::SHORTER_CLIPS, "ask for shorter clips with `--frames N`"),
];

/// A hint with commands and flags.
pub(crate) fn hint(text: &str) -> String {
    let (mut said, mut rest) = (String::new(), text);
    while let Some(next) = rest.chars().next() {
        if let Some((phrase, command)) =
            COMMANDS.iter().find(|(phrase, _)| rest.starts_with(phrase))
        {
            said.push_str(command);
            rest = &rest[phrase.len()..];
        } else if let Some((name, after)) =
            rest.strip_prefix(advice::FETCH).and_then(|after| after.split_once('`'))
        {
            said.push_str(&format!("run `kinora models pull {name}`"));
            rest = after;
        } else {
            said.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::args::Cli;

    /// Commands whose errors give a phrase that is told as a flag alone.
    const GIVEN_BY: [(&str, &str); 10] = [
        (advice::OTHER_LIBRARY, "add"),
        (advice::NAME_LIBRARY, "verify"),
        (advice::CHOOSE_FONT, "make"),
        (advice::OVERWRITE, "make"),
        (advice::FILM_LENGTH, "make"),
        (advice::PIN, "make"),
        (advice::LEAVE_OUT, "make"),
        (advice::EXAMPLE, "search"),
        (advice::NAME_VIDEO_MODEL, "make"),
        (advice::SHORTER_CLIPS, "train"),
    ];

    #[test]
    fn a_flag_alone_is_one_of_the_command_that_gives_the_hint() {
        let mut cli = Cli::command();
        cli.build();
        for (phrase, said) in COMMANDS {
            let Some(flag) =
                said.split("`--").nth(1).and_then(|rest| rest.split(['`', ' ']).next())
            else {
                continue;
            };
            let given = GIVEN_BY.iter().filter(|(given, _)| *given == phrase);
            let commands: Vec<&str> = given.map(|(_, command)| *command).collect();
            assert!(!commands.is_empty(), "whose error gives `{phrase}`?");
            for name in commands {
                let command = cli.find_subcommand(name).expect("it is a command");
                let known = command.get_arguments().any(|arg| arg.get_long() == Some(flag));
                assert!(known, "`kinora {name}` has no `--{flag}`: {said}");
            }
        }
    }

    #[test]
    fn every_thing_to_do_has_a_command_or_a_flag() {
        for phrase in advice::ALL {
            let said = hint(&format!("first {phrase}, then go on"));
            assert!(said.contains("`kinora ") || said.contains("`--"), "{said}");
            assert!(said.starts_with("first ") && said.ends_with(", then go on"), "{said}");
        }
        assert_eq!(
            hint(advice::GET_FFMPEG),
            "run `kinora models pull ffmpeg`, or name your own with `KINORA_FFMPEG`"
        );
        assert_eq!(hint("nothing — to do"), "nothing — to do");
    }
}
