//! `kinora man`

use std::{fs, path::Path};

use anyhow::Context;
use clap::{Command, CommandFactory};
use clap_mangen::{
    Man,
    roff::{Roff, bold, roman},
};
use kinora_engine::Control;
use serde::Serialize;

use super::usage;
use crate::{
    Outcome,
    args::{Cli, EXIT_CODES, ManArgs},
    output,
};

/// What a page tells of the surroundings.
const ENVIRONMENT: [(&str, &str); 6] = [
    ("KINORA_HOME", "folder of libraries, configuration and log"),
    ("KINORA_CACHE", "folder of models and programs"),
    ("KINORA_FFMPEG", "the ffmpeg program to use"),
    ("KINORA_ONNXRUNTIME", "the ONNX Runtime library to use"),
    ("KINORA_PROVIDER", "execution provider of ONNX Runtime: cpu, cuda, coreml or directml"),
    ("KINORA_FONT", "font of titles and captions"),
];

#[derive(Serialize)]
struct Page {
    name: String,
    roff: String,
}

#[derive(Serialize)]
struct Pages {
    pages: Vec<Page>,
}

/// Runs the command.
pub(crate) fn run(args: &ManArgs, json: bool, control: &Control) -> anyhow::Result<Outcome> {
    let mut all = pages()?;
    if let Some(folder) = &args.out {
        write(&all, folder, control)?;
        output::say(&format!("{} pages are in {}", all.len(), folder.display()));
        if json {
            output::json(&Pages { pages: all })?;
        }
        return Ok(Outcome::Done);
    }
    let wanted = std::iter::once("kinora").chain(args.command.iter().map(String::as_str));
    let wanted = wanted.collect::<Vec<_>>().join("-");
    let place = all.iter().position(|page| page.name == wanted);
    let place = place.ok_or_else(|| usage(format!("there is no page `{wanted}`")))?;
    let page = all.swap_remove(place);
    if json {
        output::json(&page)?
    } else {
        output::document(&page.roff)?
    }
    Ok(Outcome::Done)
}

fn write(pages: &[Page], folder: &Path, control: &Control) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for page in pages {
        let path = folder.join(format!("{}.1", page.name));
        output::file::write(&path, page.roff.as_bytes(), control)
            .with_context(|| format!("cannot write the page: {}", path.display()))?;
    }
    Ok(())
}

/// The page of every command, `kinora` first.
fn pages() -> anyhow::Result<Vec<Page>> {
    let mut root = Cli::command().disable_help_subcommand(true);
    root.build();
    let mut pages = Vec::new();
    add(&root, "kinora", &mut pages)?;
    Ok(pages)
}

fn add(command: &Command, name: &str, pages: &mut Vec<Page>) -> anyhow::Result<()> {
    let version = env!("CARGO_PKG_VERSION");
    // Named after where it is found, as `git-log` is.
    let own = command.clone().display_name(name);
    let man = Man::new(own).source(format!("kinora {version}")).manual("Kinora");
    let mut text = Vec::new();
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut text)?;
    }
    surroundings(name == "kinora").to_writer(&mut text)?;
    let roff = ascii(&String::from_utf8(text)?);
    pages.push(Page { name: name.to_owned(), roff });
    for inner in command.get_subcommands() {
        add(inner, &format!("{name}-{}", inner.get_name()), pages)?;
    }
    Ok(())
}

/// Other characters as escapes (groff_char(7)), so that no formatter has to guess the encoding.
fn ascii(roff: &str) -> String {
    let mut out = String::with_capacity(roff.len());
    for c in roff.chars() {
        if c.is_ascii() { out.push(c) } else { out.push_str(&format!("\\[u{:04X}]", u32::from(c))) }
    }
    out
}

fn surroundings(whole: bool) -> Roff {
    let mut roff = Roff::default();
    let mut section = |title: &str, entries: &[(&str, &str)]| {
        roff.control("SH", [title]);
        for (name, meaning) in entries {
            roff.control("TP", []);
            roff.text([bold(*name)]);
            roff.text([roman(*meaning)]);
        }
    };
    section("EXIT STATUS", &EXIT_CODES);
    if whole {
        section("ENVIRONMENT", &ENVIRONMENT);
        let files = [
            ("libraries/NAME/", "a library: catalogue, thumbnails, vector index"),
            ("config.toml", "settings"),
            ("logs/kinora.log", "what was done, never what was searched, asked or said"),
        ];
        section("FILES in KINORA_HOME", &files);
    }
    roff
}
