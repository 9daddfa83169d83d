//! The gate: every check in the order of how fast it can fail.

use std::{ffi::OsString, path::PathBuf, process::Command};

use crate::{
    deny, layers,
    run::{cargo, root, run},
    stats, tools,
};

/// What the tests need beside the default models and programs: the smallest model of each kind, and a
/// server of the chat completions API.
const FOR_TESTS: [&str; 5] =
    ["pp-ocrv6-det", "pp-ocrv6-rec", "whisper-tiny", "smollm2-135m-instruct", "xllamacpp"];

/// Everything that must hold before a change lands.
pub fn ci() -> anyhow::Result<()> {
    layers::check_workspace()?;
    stats::check_workspace()?;
    run(cargo().args(["fmt", "--all", "--check"]))?;
    let mut clippy = cargo();
    clippy.args(["clippy", "--workspace", "--all-targets", "--locked"]).args(tools::FEATURES);
    run(clippy.args(["--", "-D", "warnings"]).envs(tools::environment()?))?;
    // What users build, without the features that cost minutes.
    run(cargo().args(["check", "--workspace", "--locked"]))?;
    deny::check_workspace()?;
    test(&[])?;
    run(cargo()
        .args(["doc", "--workspace", "--no-deps", "--locked", "--quiet"])
        .env("RUSTDOCFLAGS", "-D warnings"))
}

/// Fetches what the tests need, then runs them all, with every feature.
pub fn test(args: &[String]) -> anyhow::Result<()> {
    let environment = tools::environment()?;
    let build = ["--workspace", "--all-targets"].into_iter().chain(tools::FEATURES);
    let program = pull_with(&build.collect::<Vec<_>>(), &environment)?;
    run(Command::new(&program).args(["models", "pull"]).args(FOR_TESTS))?;
    let mut test = cargo();
    test.args(["test", "--workspace", "--locked"]).args(tools::FEATURES);
    run(test.args(args).envs(environment))
}

/// Builds `kinora` and lets it fetch the default models and programs, which are all that the demo needs.
///
/// The words for cargo select what is built: the tests build the whole workspace, since a package
/// alone has other features of its dependencies, and half the tree would be built twice.
pub fn pull(build: &[&str]) -> anyhow::Result<PathBuf> {
    pull_with(build, &[])
}

fn pull_with(build: &[&str], environment: &[(&str, OsString)]) -> anyhow::Result<PathBuf> {
    let variables = environment.iter().map(|(name, value)| (name, value));
    run(cargo().args(["build", "--locked"]).args(build).envs(variables))?;
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let profile = if build.contains(&"--release") { "release" } else { "debug" };
    let program = target.join(profile).join(format!("kinora{}", std::env::consts::EXE_SUFFIX));
    run(Command::new(&program).args(["models", "pull"]))?;
    Ok(program)
}
