//! The gate: every check in the order of how fast it can fail.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    deny, fuzz, layers,
    run::{cargo, root, run},
    stats, tools,
};

/// Artifacts for tests beside the default models and programs: the smallest model of each kind, and a
/// server of the chat completions API.
const FOR_TESTS: [&str; 5] =
    ["pp-ocrv6-det", "pp-ocrv6-rec", "whisper-tiny", "smollm2-135m-instruct", "xllamacpp"];

/// Everything that must hold before a change lands.
pub(crate) fn ci() -> anyhow::Result<()> {
    layers::check_workspace()?;
    stats::check_workspace()?;
    run(cargo().args(["fmt", "--all", "--check"]))?;
    let environment = tools::environment()?;
    let checked = |command: &str, words: &[&str]| {
        let mut cargo = cargo();
        cargo.args([command, "--workspace", "--locked"]).args(words);
        run(cargo.envs(environment.iter().cloned()).env("RUSTDOCFLAGS", "-D warnings"))
    };
    let [flag, feature] = tools::FEATURES;
    checked("clippy", &["--all-targets", flag, feature, "--", "-D", "warnings"])?;
    // Our own code as users build it, without the feature; its dependency is there all the same, since without
    // it half of the others would have other features and be built anew.
    checked("check", &["--features", "kinora-language/llama-cpp-2"])?;
    deny::check_workspace()?;
    checked("doc", &["--no-deps", "--quiet", flag, feature])?;
    test(&[])?;
    fuzz::fuzz(fuzz::IN_CI, None)
}

/// Fetches what the tests need, then runs them all, with the features that are off by default: one
/// selection of packages and features, so that nothing is built twice.
pub(crate) fn test(args: &[String]) -> anyhow::Result<()> {
    let environment = tools::environment()?;
    let build = ["--workspace", "--all-targets"].into_iter().chain(tools::FEATURES);
    let program = pull_with(&build.collect::<Vec<_>>(), &environment)?;
    run(Command::new(&program).args(["models", "pull"]).args(FOR_TESTS))?;
    // Tests below the engine know no configuration: they are told where the program keeps its models.
    let mut test = cargo();
    test.args(["test", "--workspace", "--locked"]).args(tools::FEATURES).args(args);
    run(test.envs(environment).env("KINORA_CACHE", cache(&program)?))
}

/// The cache that `models pull` filled, as the program itself tells it.
pub(crate) fn cache(program: &Path) -> anyhow::Result<PathBuf> {
    let output = Command::new(program).args(["models", "path"]).output()?;
    Ok(PathBuf::from(String::from_utf8(output.stdout)?.trim()))
}

/// Builds `kinora` and lets it fetch the default models and programs, which are all that the demo needs.
///
/// The words for cargo select what is built: the tests build the whole workspace, since a package
/// alone has other features of its dependencies, and half the tree would be built twice.
pub(crate) fn pull(build: &[&str]) -> anyhow::Result<PathBuf> {
    pull_with(build, &[])
}

fn pull_with(build: &[&str], environment: &[(&str, OsString)]) -> anyhow::Result<PathBuf> {
    let mut cargo = cargo();
    cargo.args(["build", "--locked"]).args(build);
    run(cargo.envs(environment.iter().cloned()))?;
    let profile = if build.contains(&"--release") { "release" } else { "debug" };
    let program = built("kinora", profile);
    run(Command::new(&program).args(["models", "pull"]))?;
    Ok(program)
}

/// Where cargo puts a program.
pub(crate) fn built(name: &str, profile: &str) -> PathBuf {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    target.join(profile).join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}
