//! The gate: every check in the order of how fast it can fail.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    deny, layers,
    run::{cargo, root, run},
    stats,
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

/// Fetches what the tests need, then runs them all.
pub fn test(args: &[String]) -> anyhow::Result<()> {
    let program = pull(&["--workspace", "--all-targets"])?;
    run(Command::new(&program).args(["models", "pull"]).args(FOR_TESTS))?;
    // Tests below the engine know no configuration: they are told where the program keeps its models.
    let mut test = cargo();
    test.args(["test", "--workspace", "--locked"]).args(args);
    run(test.env("KINORA_CACHE", cache(&program)?))
}

/// The cache that `models pull` filled, as the program itself tells it.
pub fn cache(program: &Path) -> anyhow::Result<PathBuf> {
    let output = Command::new(program).args(["models", "path"]).output()?;
    Ok(PathBuf::from(String::from_utf8(output.stdout)?.trim()))
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
