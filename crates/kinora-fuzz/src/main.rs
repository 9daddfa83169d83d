//! `kinora-fuzz`: feeds mutants to every target, or one; exit code 1 if anything was found.

use std::{num::NonZero, thread, time::Instant};

use clap::Parser;
use kinora_fuzz::{Campaign, Finding, Target};

/// Address space: a mutant of a few kilobytes that wants more than this is a finding (the allocation fails and
/// the process ends with the mutant's name as its last line).
const MEMORY: u64 = 6 << 30;

/// Feeds broken input to everything that reads the files of others.
#[derive(Parser)]
struct Cli {
    /// Mutants in all, shared among the targets.
    #[arg(long, default_value_t = 10_000)]
    mutants: u64,
    /// The first number.
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// One target only.
    #[arg(long)]
    target: Option<String>,
}

fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    bound_memory();
    let wanted = |target: &Target| cli.target.as_ref().is_none_or(|name| name == target.name());
    let targets: Vec<Target> = Target::ALL.into_iter().filter(wanted).collect();
    anyhow::ensure!(!targets.is_empty(), "there is no such target");
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let mut found = Vec::new();
    for target in &targets {
        let begun = Instant::now();
        let mutants = cli.mutants.div_ceil(targets.len() as u64);
        let campaign = Campaign { target: *target, mutants, first: cli.first, threads };
        let ended = campaign.run(|finding| {
            tell(*target, finding);
            std::process::exit(1);
        })?;
        let seconds = begun.elapsed().as_secs_f64();
        let (slowest, took) = ended.slowest;
        println!(
            "{}: {mutants} mutants in {seconds:.1} s, {} findings, slowest {slowest} in {:.2} s",
            target.name(),
            ended.findings.len(),
            took.as_secs_f64()
        );
        found.extend(ended.findings.into_iter().map(|finding| (*target, finding)));
    }
    found.iter().for_each(|(target, finding)| tell(*target, finding));
    anyhow::ensure!(found.is_empty(), "{} mutants broke something", found.len());
    Ok(())
}

fn tell(target: Target, finding: &Finding) {
    eprintln!("{}: {}: {}", target.name(), finding.mutant, finding.what);
}

#[cfg(target_os = "linux")]
fn bound_memory() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let limit = Rlimit { current: Some(MEMORY), maximum: Some(MEMORY) };
    if let Err(error) = setrlimit(Resource::As, limit) {
        eprintln!("memory is not bounded: {error}");
    }
}

#[cfg(not(target_os = "linux"))]
fn bound_memory() {
    eprintln!("memory of {MEMORY} bytes is not enforced on this system");
}
