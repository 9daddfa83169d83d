//! Mutants against a target, each watched: what crashes, hangs or swells is a finding.

use std::{
    panic,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use crate::{Seed, Target, mutant, seeds};

/// A mutant that takes longer than this on a busy machine hangs.
const HANGS: Duration = Duration::from_secs(60);
/// No thread works on a mutant.
const IDLE: u64 = u64::MAX;

/// A campaign: a number of mutants of each seed of a target.
#[derive(Clone, Copy, Debug)]
pub struct Campaign {
    /// Target that is fed.
    pub target: Target,
    /// Mutants in all.
    pub mutants: u64,
    /// The first number, so that a long campaign can go on.
    pub first: u64,
    /// Threads.
    pub threads: usize,
}

/// A mutant that broke something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Seed and number.
    pub mutant: String,
    /// Description of the fault.
    pub what: String,
}

/// Result of a campaign.
#[derive(Clone, Debug)]
pub struct Ended {
    /// Faults that were found.
    pub findings: Vec<Finding>,
    /// The mutant that took longest, and how long: where the next hang is to be looked for.
    pub slowest: (String, Duration),
}

/// State of a worker thread.
struct Worker {
    number: AtomicU64,
    since: Mutex<Instant>,
}

impl Campaign {
    /// Feeds all mutants.
    ///
    /// A panic in code of Kinora is a finding; a caught panic of a decoder is not. A hang
    /// cannot be ended from outside: it is passed to `hung`, which should end the process.
    ///
    /// # Errors
    /// If there are no seeds.
    pub fn run(self, hung: impl Fn(&Finding) + Sync) -> anyhow::Result<Ended> {
        let seeds = seeds(self.target)?;
        let findings = Arc::new(Mutex::new(Vec::new()));
        let found = Arc::clone(&findings);
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let place = info.location().map(ToString::to_string).unwrap_or_default();
            // Registries and the standard library are elsewhere.
            if place.starts_with("crates/") {
                let number = thread::current().name().unwrap_or_default().to_owned();
                let finding = Finding { mutant: number, what: format!("panic at {place}") };
                found.lock().unwrap_or_else(PoisonError::into_inner).push(finding);
            }
        }));
        let slowest = self.feed_all(&seeds, &hung);
        panic::set_hook(before);
        let findings = findings.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok(Ended { findings, slowest: (named(&seeds, slowest.1), slowest.0) })
    }

    fn feed_all(self, seeds: &[Seed], hung: &(impl Fn(&Finding) + Sync)) -> (Duration, u64) {
        let next = AtomicU64::new(self.first);
        let end = self.first + self.mutants;
        let workers: Vec<Worker> = (0..self.threads)
            .map(|_| Worker { number: AtomicU64::new(IDLE), since: Mutex::new(Instant::now()) })
            .collect();
        thread::scope(|scope| {
            let feeding: Vec<_> = workers
                .iter()
                .map(|worker| scope.spawn(|| self.feed_some(worker, seeds, &next, end)))
                .collect();
            while feeding.iter().any(|thread| !thread.is_finished()) {
                thread::sleep(Duration::from_millis(50));
                for worker in &workers {
                    let number = worker.number.load(Ordering::Acquire);
                    let since = *worker.since.lock().unwrap_or_else(PoisonError::into_inner);
                    if number != IDLE && since.elapsed() > HANGS {
                        let what = format!("still at it after {} s", HANGS.as_secs());
                        hung(&Finding { mutant: named(seeds, number), what });
                    }
                }
            }
            let slowest = feeding.into_iter().filter_map(|thread| thread.join().ok());
            slowest.max().unwrap_or_default()
        })
    }

    fn feed_some(
        self,
        worker: &Worker,
        seeds: &[Seed],
        next: &AtomicU64,
        end: u64,
    ) -> (Duration, u64) {
        let mut slowest = (Duration::ZERO, 0);
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= end {
                return slowest;
            }
            let bytes = made(seeds, number);
            let begun = Instant::now();
            *worker.since.lock().unwrap_or_else(PoisonError::into_inner) = begun;
            worker.number.store(number, Ordering::Release);
            // A thread a mutant carries its name into the panic's hook, and its stack ends with it.
            let work = || self.target.feed(&bytes);
            let ended = thread::scope(|scope| {
                let named = thread::Builder::new().name(named(seeds, number));
                named.spawn_scoped(scope, work).map(thread::ScopedJoinHandle::join)
            });
            worker.number.store(IDLE, Ordering::Release);
            // The hook has recorded it.
            drop(ended);
            slowest = slowest.max((begun.elapsed(), number));
        }
    }
}

/// The mutant of a number over all seeds.
fn made(seeds: &[Seed], number: u64) -> Vec<u8> {
    let count = seeds.len() as u64;
    let (seed, round) = ((number % count) as usize, number / count);
    let other = ((round.wrapping_mul(7) + number) % count) as usize;
    mutant(&seeds[seed].bytes, &seeds[other].bytes, number)
}

fn named(seeds: &[Seed], number: u64) -> String {
    format!("{} #{number}", seeds[(number % seeds.len() as u64) as usize].name)
}
