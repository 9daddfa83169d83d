//! The gate: every check in the order of how fast it can fail.

use crate::{
    deny, layers,
    run::{cargo, run},
    stats,
};

/// What the tests need from the model store: pinned by version and SHA-256 in `models.toml`.
const NEEDED: [&str; 6] = [
    "onnxruntime",
    "ffmpeg",
    "font",
    "clip-vit-b-16-vision-int8",
    "minilm-l6-v2-int8",
    "minilm-l6-v2-tokenizer",
];

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
    pull(&[])?;
    run(cargo().args(["test", "--workspace", "--locked"]).args(args))
}

/// Builds `kinora` with the given arguments for cargo and lets it fetch models and programs.
pub fn pull(build: &[&str]) -> anyhow::Result<()> {
    run(cargo()
        .args(["run", "--quiet", "--locked", "--package", "kinora-cli"])
        .args(build)
        .args(["--", "models", "pull"])
        .args(NEEDED))
}
