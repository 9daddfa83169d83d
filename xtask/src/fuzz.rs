//! Broken input: our own mutants everywhere, libFuzzer's where cargo-fuzz is installed.

use std::process::Command;

use anyhow::ensure;

use crate::{
    ci::built,
    run::{cargo, run},
    tools,
};

/// Mutants in CI: within two minutes on two cores.
pub(crate) const IN_CI: u64 = 10_000;

/// Feeds so many mutants to all targets, or lets libFuzzer feed each target for so many seconds.
pub(crate) fn fuzz(mutants: u64, libfuzzer: Option<u64>) -> anyhow::Result<()> {
    if let Some(seconds) = libfuzzer {
        return with_libfuzzer(seconds);
    }
    let environment = tools::environment()?;
    let mut build = cargo();
    // The selection of packages and features of the tests, so that nothing is built twice.
    build.args(["build", "--locked", "--workspace", "--all-targets"]).args(tools::FEATURES);
    run(build.envs(environment))?;
    run(Command::new(built("kinora-fuzz", "debug")).args(["--mutants", &mutants.to_string()]))
}

fn with_libfuzzer(seconds: u64) -> anyhow::Result<()> {
    let installed = cargo().args(["fuzz", "--version"]).output()?.status.success();
    ensure!(installed, "cargo-fuzz is not installed: `cargo install cargo-fuzz`");
    let listed = cargo().args(["fuzz", "list"]).output()?;
    for target in String::from_utf8(listed.stdout)?.lines() {
        let limit = format!("-max_total_time={seconds}");
        run(cargo().args(["fuzz", "run", "--sanitizer", "none", target, "--", &limit]))?;
    }
    Ok(())
}
