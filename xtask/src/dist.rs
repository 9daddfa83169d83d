//! The binary as it ships, stripped, what was taken off as a file beside it, completions and man pages.

use std::{fs, path::Path, process::Command};

use anyhow::Context;

use crate::{
    ci,
    run::{cargo, root, run},
};

/// Where it is put.
const FOLDER: &str = "target/dist";

/// Shells, and what each calls the file with the completions of `kinora`.
const COMPLETIONS: [(&str, &str); 5] = [
    ("bash", "kinora"),
    ("zsh", "_kinora"),
    ("fish", "kinora.fish"),
    ("elvish", "kinora.elv"),
    ("powershell", "_kinora.ps1"),
];

/// Links `kinora` once more with its symbols and line tables, the same code otherwise, and takes them apart with binutils.
/// Debuggers and profilers find the file by its name beside the binary.
pub(crate) fn dist() -> anyhow::Result<()> {
    let link = ["rustc", "--locked", "--release", "--package", "kinora-cli", "--bin", "kinora"];
    run(cargo().args(link).args(["--", "-C", "strip=none"]))?;
    let folder = root().join(FOLDER);
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let whole = ci::built("kinora", "release");
    let (binary, tables) = (folder.join("kinora"), folder.join("kinora.debug"));
    let objcopy = |words: &[&str], from: &Path, to: &Path| {
        run(Command::new("objcopy").args(words).args([from, to]))
    };
    objcopy(&["--only-keep-debug"], &whole, &tables)?;
    let link = format!("--add-gnu-debuglink={}", tables.display());
    objcopy(&["--strip-all", &link], &whole, &binary)?;
    for file in [&binary, &tables] {
        let megabytes = fs::metadata(file)?.len() as f64 / 1e6;
        println!("{}: {megabytes:.0} MB", file.display());
    }
    tell_of_itself(&binary, &folder)
}

/// Lets the binary write its completions and man pages, under the names and in the folders that shells and `man` look for.
fn tell_of_itself(binary: &Path, folder: &Path) -> anyhow::Result<()> {
    let completions = folder.join("completions");
    fs::create_dir_all(&completions)?;
    for (shell, file) in COMPLETIONS {
        let output = Command::new(binary).args(["completions", shell]).output()?;
        anyhow::ensure!(output.status.success(), "no completions for {shell}");
        fs::write(completions.join(file), output.stdout)?;
    }
    let pages = folder.join("man/man1");
    run(Command::new(binary).args(["man", "--out"]).arg(&pages))?;
    println!("{}, {}", completions.display(), pages.display());
    Ok(())
}
