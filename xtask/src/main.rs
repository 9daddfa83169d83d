//! `cargo xtask COMMAND`: what CI runs and what a person runs.
//!
//! `ci` is the whole gate; every other command is a part of it or a job for people. Nothing here is
//! linked into `kinora`.

mod bench;
mod ci;
mod demo;
mod deny;
mod dist;
mod fixtures;
mod fuzz;
mod layers;
mod run;
mod stats;
mod tools;

use clap::Parser;

/// Tasks of the Kinora workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Task {
    /// Everything that must hold: formatting, lints, tests, docs, licences, layers, sizes.
    Ci,
    /// Fetches the pinned models and programs and runs all tests.
    Test {
        /// Passed on to `cargo test`, e.g. `-p kinora-film`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Fetches, builds, makes a library of the samples, searches it, makes a film, shows its trail.
    Demo {
        /// Folder for the library and the film.
        #[arg(long, default_value = "target/demo")]
        out: std::path::PathBuf,
    },
    /// Builds the binary as it ships, beside it its symbols and line tables, completions and man pages (Linux).
    Dist,
    /// Fails on a dependency that the floors do not allow.
    Layers,
    /// Fails when files or functions outgrow the budget.
    Stats,
    /// Makes the parity fixtures anew with the reference implementations (needs Python packages).
    Fixtures,
    /// Feeds broken input to everything that reads the files of others.
    Fuzz {
        /// Mutants in all.
        #[arg(long, default_value_t = fuzz::IN_CI)]
        mutants: u64,
        /// Seconds that each target gets from libFuzzer instead, where cargo-fuzz is installed.
        #[arg(long)]
        libfuzzer: Option<u64>,
    },
    /// Runs a benchmark of `bench/`, or lists them.
    Bench {
        /// Folder below `bench/`.
        name: Option<String>,
    },
}

fn main() -> anyhow::Result<()> {
    std::env::set_current_dir(run::root())?;
    match Task::parse() {
        Task::Ci => ci::ci(),
        Task::Test { args } => ci::test(&args),
        Task::Demo { out } => demo::demo(&out),
        Task::Dist => dist::dist(),
        Task::Layers => layers::check_workspace(),
        Task::Stats => stats::check_workspace(),
        Task::Fixtures => fixtures::fixtures(),
        Task::Fuzz { mutants, libfuzzer } => fuzz::fuzz(mutants, libfuzzer),
        Task::Bench { name } => bench::bench(name.as_deref()),
    }
}
