//! The gate: every check in the order of how fast it can fail.

use std::{path::PathBuf, process::Command};

use crate::{
    deny, layers,
    run::{cargo, root, run},
    stats,
};

/// Everything that must hold before a change lands.
pub fn ci() -> anyhow::Result<()> {
    layers::check_workspace()?;
    stats::check_workspace()?;
    run(cargo().args(["fmt", "--all", "--check"]))?;
    run(cargo().args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "-D",
        "warnings",
    ]))?;
    deny::check_workspace()?;
    test(&[])?;
    run(cargo()
        .args(["doc", "--workspace", "--no-deps", "--locked", "--quiet"])
        .env("RUSTDOCFLAGS", "-D warnings"))
}

/// Optional models that tests run on; the smallest of their kind.
const TESTED: [&str; 1] = ["whisper-tiny"];

/// Fetches what the tests need, then runs them all.
pub fn test(args: &[String]) -> anyhow::Result<()> {
    let program = pull(&["--workspace", "--all-targets"])?;
    run(Command::new(program).args(["models", "pull"]).args(TESTED))?;
    run(cargo().args(["test", "--workspace", "--locked"]).args(args))
}

/// Builds `kinora` and lets it fetch the default models and programs, which are all that the demo needs.
///
/// The words for cargo select what is built: the tests build the whole workspace, since a package
/// alone has other features of its dependencies, and half the tree would be built twice.
pub fn pull(build: &[&str]) -> anyhow::Result<PathBuf> {
    run(cargo().args(["build", "--locked"]).args(build))?;
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let profile = if build.contains(&"--release") { "release" } else { "debug" };
    let program = target.join(profile).join(format!("kinora{}", std::env::consts::EXE_SUFFIX));
    run(Command::new(&program).args(["models", "pull"]))?;
    Ok(program)
}
