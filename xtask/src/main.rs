//! `cargo xtask COMMAND`: what CI runs and what a person runs.

fn main() -> anyhow::Result<()> {
    anyhow::bail!("no such command")
}
