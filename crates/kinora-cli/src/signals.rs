//! Ctrl-C (SIGINT), SIGTERM and SIGHUP, heard by every command from its start.
//!
//! The first signal cancels the command's [`Control`]. A command that only looks is then given a moment to end its
//! children and left; one that writes ends at its next safe point, and is left too if that takes longer than
//! [`Rule::grace_period`]: everything it writes is a transaction or a file renamed when it is whole. The second signal ends the
//! process at once. Exit code: 128 and the signal's number, as shells tell it.

#![allow(unsafe_code, reason = "whether a signal is ignored is asked of libc")]

use std::{
    process::ExitCode,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicI32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use kinora_engine::Control;

use crate::output;

const SIGINT: i32 = 2;
/// `timeout` and shells send one request to a process and to its group: what follows so soon is the same one.
const ECHO: Duration = Duration::from_millis(250);
/// For a message to reach stderr, which may be a pipe that nobody reads.
const TOLD: Duration = Duration::from_millis(50);

/// How a command ends when it is asked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// It only looks: left within a second.
    Looks,
    /// It writes: it stops at its next safe point.
    Writes,
    /// It writes, and a step of it is worth minutes: it ends its step.
    EndsItsStep,
}

impl Rule {
    /// How long it may take to end.
    fn grace_period(self) -> Option<Duration> {
        match self {
            Self::Looks => Some(Duration::from_millis(400)),
            Self::Writes => Some(Duration::from_secs(10)),
            Self::EndsItsStep => None,
        }
    }
}

/// What was heard, and what it cancels. Clones are the same.
#[derive(Clone)]
pub(crate) struct Signals(Arc<State>);

struct State {
    work: Mutex<Work>,
    /// The first signal, 0 before.
    heard: AtomicI32,
    told: AtomicBool,
}

/// What goes on now.
struct Work {
    rule: Rule,
    control: Control,
    /// Counts pieces of work, so that a piece that has ended is not left.
    number: u64,
    /// When it was asked to end.
    asked: Option<Instant>,
}

impl Signals {
    /// Listens from now on.
    ///
    /// # Errors
    /// If the handlers or their thread cannot be had.
    pub(crate) fn listen(rule: Rule) -> anyhow::Result<Self> {
        let work = Work { rule, control: Control::default(), number: 0, asked: None };
        let signals = Self(Arc::new(State {
            work: Mutex::new(work),
            heard: AtomicI32::new(0),
            told: AtomicBool::new(false),
        }));
        system::listen(&signals)?;
        Ok(signals)
    }

    /// What a signal cancels now.
    pub(crate) fn control(&self) -> Control {
        self.work().control.clone()
    }

    /// Runs a piece of a conversation under a rule of its own: Ctrl-C stops it and leaves the rest alone. Any other
    /// signal means the whole command.
    pub(crate) fn during<T>(&self, rule: Rule, work: impl FnOnce(&Control) -> T) -> T {
        let before = self.begin(rule);
        let done = work(&self.control());
        self.begin(before);
        let _ = self.0.heard.compare_exchange(SIGINT, 0, Ordering::SeqCst, Ordering::SeqCst);
        done
    }

    /// The signal that was heard.
    pub(crate) fn heard(&self) -> Option<i32> {
        Some(self.0.heard.load(Ordering::SeqCst)).filter(|signal| *signal != 0)
    }

    /// Says, once, that the command was cancelled, and gives its exit code.
    pub(crate) fn cancelled(&self, signal: i32) -> ExitCode {
        let code = exit_code(signal);
        if !self.0.told.swap(true, Ordering::SeqCst) {
            output::cancelled(code);
        }
        ExitCode::from(code)
    }

    fn work(&self) -> MutexGuard<'_, Work> {
        self.0.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins other work, cancelled already if the command was; gives the rule of the work before.
    fn begin(&self, rule: Rule) -> Rule {
        let mut work = self.work();
        if self.heard().is_none_or(|signal| signal == SIGINT) {
            work.control = Control::default();
        }
        work.number += 1;
        std::mem::replace(&mut work.rule, rule)
    }

    /// Hears a signal; runs on a thread of its own.
    fn hear(&self, signal: i32) {
        let (rule, number) = {
            let mut work = self.work();
            if self.heard().is_some() {
                if work.asked.is_some_and(|asked| asked.elapsed() < ECHO) {
                    return;
                }
                system::leave(signal);
            }
            work.asked = Some(Instant::now());
            self.0.heard.store(signal, Ordering::SeqCst);
            work.control.cancel();
            (work.rule, work.number)
        };
        let signals = self.clone();
        // Apart, so that a second signal is heard meanwhile, and that stderr may be a pipe that nobody reads.
        aside("signal", move || {
            if rule != Rule::Looks {
                aside("words", || output::say_over("stopping; what was reported done is kept"));
            }
            let Some(grace_period) = rule.grace_period() else {
                return;
            };
            thread::sleep(grace_period);
            if signals.work().number == number && signals.heard().is_some() {
                signals.leave_untold(signal);
            }
        });
    }

    /// Leaves, whether or not anybody can be told.
    fn leave_untold(&self, signal: i32) {
        if !self.0.told.swap(true, Ordering::SeqCst) {
            aside("words", move || output::cancelled(exit_code(signal)));
            thread::sleep(TOLD);
        }
        system::leave(signal);
    }
}

/// As shells tell it.
fn exit_code(signal: i32) -> u8 {
    u8::try_from(128 + signal).unwrap_or(u8::MAX)
}

/// Runs `work` on a thread of its own. Where the system has no more threads it is left out: a second signal ends the
/// process all the same.
fn aside(name: &str, work: impl FnOnce() + Send + 'static) {
    let _ = thread::Builder::new().name(name.into()).spawn(work);
}

#[cfg(unix)]
mod system {
    use std::{mem::MaybeUninit, ptr, thread};

    use signal_hook::{
        consts::{SIGHUP, SIGINT, SIGTERM},
        iterator::Signals as Incoming,
        low_level,
    };

    use super::Signals;

    pub(super) fn listen(signals: &Signals) -> anyhow::Result<()> {
        // A run under `nohup` outlives its terminal.
        let heard = [SIGINT, SIGTERM, SIGHUP].into_iter();
        let heard = heard.filter(|signal| *signal != SIGHUP || !is_ignored(SIGHUP));
        let mut incoming = Incoming::new(heard)?;
        let signals = signals.clone();
        thread::Builder::new()
            .name("signals".into())
            .spawn(move || incoming.forever().for_each(|signal| signals.hear(signal)))?;
        Ok(())
    }

    /// Ends the process without running what other threads may still use.
    pub(super) fn leave(signal: i32) -> ! {
        low_level::exit(128 + signal)
    }

    /// Whether whoever started us chose that this signal means nothing.
    fn is_ignored(signal: i32) -> bool {
        let mut now = MaybeUninit::<libc::sigaction>::zeroed();
        // SAFETY: without a new action `sigaction` only writes the present one to `now`, which is as large; all-zero
        // bytes are a valid value of it, should the call fail.
        let now = unsafe {
            libc::sigaction(signal, ptr::null(), now.as_mut_ptr());
            now.assume_init()
        };
        now.sa_sigaction == libc::SIG_IGN
    }
}

#[cfg(not(unix))]
mod system {
    use super::{SIGINT, Signals};

    pub fn listen(signals: &Signals) -> anyhow::Result<()> {
        let signals = signals.clone();
        Ok(ctrlc::set_handler(move || signals.hear(SIGINT))?)
    }

    pub fn leave(signal: i32) -> ! {
        std::process::exit(128 + signal)
    }
}
