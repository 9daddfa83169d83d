//! The main job on real input, from nothing to a verified film.

use std::{fs, path::Path, process::Command};

use anyhow::Context;

use crate::{ci, run::run_to};

/// Fetches, builds, makes a library of `samples/`, searches it, makes a film, shows its trail.
pub(crate) fn demo(out: &Path) -> anyhow::Result<()> {
    let program = ci::pull(&["--release"])?;
    let home = out.join("home");
    if home.exists() {
        fs::remove_dir_all(&home).with_context(|| home.display().to_string())?;
    }
    fs::create_dir_all(out).with_context(|| out.display().to_string())?;
    let film = out.join("wonders.mp4");
    // A home of its own, so that the demo never touches the user's libraries; the cache is shared.
    let ends_with = |code: i32, words: &[&str]| {
        let mut command = Command::new(&program);
        command.args(words).env("KINORA_HOME", &home).env("KINORA_CACHE", ci::cache(&program)?);
        run_to(&mut command, code)
    };
    let kinora = |words: &[&str]| ends_with(0, words);
    kinora(&["add", "samples/pictures", "--attributions", "samples/attributions.json"])?;
    kinora(&["search", "a bird with colourful feathers", "--limit", "3"])?;
    kinora(&["search", "something to play music with", "--limit", "3", "--dense-only"])?;
    // There is none, and that is an answer.
    ends_with(1, &["search", "a plate of spaghetti", "--limit", "3"])?;
    kinora(&["eval", "samples/queries.json", "--dense-only"])?;
    let film_name = film.to_string_lossy();
    kinora(&["make", "samples/brief.md", "-o", &film_name, "--seconds", "30", "--force"])?;
    kinora(&["verify", &film_name])?;
    println!(
        "\nthe film: {}\nits record: {}",
        film.display(),
        film.with_extension("json").display()
    );
    println!("your own pictures: {} add FOLDER", program.display());
    Ok(())
}
