//! Child processes that end with this process, under limits that are set before their first instruction.
//!
//! Way in: [`spawn`]. On Linux the kernel kills a child when the *thread* that started it ends
//! (`PR_SET_PDEATHSIG`, prctl(2)), not when the process does: so one thread, `child-starter`, starts all of them
//! and lives as long as the process. Children stand in process groups of their own, so that a terminal's Ctrl-C
//! reaches only this process and a decoder that it ended is not taken for a damaged file.
//! Memory: one idle thread.

#![allow(unsafe_code, reason = "limits are set between fork and exec")]

use std::{
    fs::File,
    io,
    process::{Child, Command},
    sync::{
        OnceLock,
        mpsc::{Sender, channel},
    },
    thread,
    time::Duration,
};

/// Limits of a child process. `None` is the limit of this process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes of address space (Linux).
    pub memory: Option<u64>,
    /// Processor time of all threads (Linux); then comes SIGXCPU, and later SIGKILL.
    pub work: Option<Duration>,
    /// Whether it runs at low priority (Linux).
    pub background: bool,
}

struct Order {
    command: Command,
    reply: Sender<io::Result<Child>>,
}

/// Starts a program. `inherited` stays open in it under the number that it has here.
///
/// # Errors
/// As [`Command::spawn`]; a limit that cannot be set.
pub fn spawn(mut command: Command, bounds: Bounds, inherited: Option<File>) -> io::Result<Child> {
    static STARTER: OnceLock<Sender<Order>> = OnceLock::new();
    prepare(&mut command, bounds, inherited);
    let starter = STARTER.get_or_init(|| {
        let (orders, queue) = channel::<Order>();
        let work = move || {
            for mut order in queue {
                // The caller waits for the reply.
                #[expect(
                    clippy::disallowed_methods,
                    reason = "this is the one place that starts children"
                )]
                let _ = order.reply.send(order.command.spawn());
            }
        };
        // If the thread does not start, sending the order below fails.
        let _ = thread::Builder::new().name("child-starter".into()).spawn(work);
        orders
    });
    let gone = || io::Error::other("the thread that starts children is gone");
    let (reply, started) = channel();
    starter.send(Order { command, reply }).map_err(|_| gone())?;
    started.recv().unwrap_or_else(|_| Err(gone()))
}

#[cfg(target_os = "linux")]
fn prepare(command: &mut Command, bounds: Bounds, inherited: Option<File>) {
    use std::os::unix::process::CommandExt;

    let parent = rustix::process::getpid();
    command.process_group(0);
    let confine = move || confine(parent, bounds, inherited.as_ref());
    // SAFETY: between fork and exec it only makes system calls, and allocates and locks nothing.
    unsafe { command.pre_exec(confine) };
}

/// Runs in the child before the program does.
#[cfg(target_os = "linux")]
fn confine(
    parent: rustix::process::Pid,
    bounds: Bounds,
    inherited: Option<&File>,
) -> io::Result<()> {
    use rustix::process::{
        Resource, Signal, getppid, set_parent_process_death_signal, setpriority_process,
    };

    set_parent_process_death_signal(Some(Signal::KILL))?;
    // The parent may have ended before that was set.
    if getppid() != Some(parent) {
        return Err(rustix::io::Errno::SRCH.into());
    }
    limit(Resource::Core, 0, 0)?;
    if let Some(bytes) = bounds.memory {
        limit(Resource::As, bytes, bytes)?;
    }
    if let Some(work) = bounds.work {
        let seconds = work.as_secs().max(1);
        limit(Resource::Cpu, seconds, seconds.saturating_add(GRACE))?;
    }
    if bounds.background {
        // Slower for others than wished, but not wrong.
        let _ = setpriority_process(None, 10);
    }
    if let Some(file) = inherited {
        // Here alone: children that are started at the same time do not get it.
        rustix::io::fcntl_setfd(file, rustix::io::FdFlags::empty())?;
    }
    Ok(())
}

/// Seconds between the signal that asks and the one that kills.
#[cfg(target_os = "linux")]
const GRACE: u64 = 30;

/// Never more than we may ourselves, as only root may raise that.
#[cfg(target_os = "linux")]
fn limit(resource: rustix::process::Resource, soft: u64, hard: u64) -> io::Result<()> {
    use rustix::process::{Rlimit, getrlimit, setrlimit};

    let own = getrlimit(resource).maximum.unwrap_or(u64::MAX);
    let (soft, hard) = (soft.min(own), hard.min(own));
    Ok(setrlimit(resource, Rlimit { current: Some(soft), maximum: Some(hard) })?)
}

#[cfg(not(target_os = "linux"))]
fn prepare(command: &mut Command, _: Bounds, _: Option<File>) {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        command.process_group(0);
    }
    #[cfg(not(unix))]
    let _ = command;
}

#[cfg(all(test, target_os = "linux"))]
#[allow(clippy::disallowed_methods, reason = "children and threads of tests")]
mod tests {
    use std::{fs, io::Read, process::Stdio, time::Instant};

    use super::*;

    /// Set in a copy of this test that starts a child and waits to be killed.
    const ROLE: &str = "KINORA_TEST_ORPHAN";

    fn alive(pid: &str) -> bool {
        // A zombie that nobody has waited for runs no more.
        let status = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        status.rsplit(')').next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with(" Z"))
    }

    #[test]
    fn children_die_with_a_parent_that_is_killed() {
        if std::env::var_os(ROLE).is_some() {
            let mut sleep = Command::new("sleep");
            sleep.arg("60");
            // Started from a thread that ends at once: that alone must not kill the child.
            let child = thread::spawn(|| spawn(sleep, Bounds::default(), None).unwrap()).join();
            println!("child {}.", child.unwrap().id());
            thread::sleep(Duration::from_secs(60));
            return;
        }
        let name = "spawn::tests::children_die_with_a_parent_that_is_killed";
        let mut parent = Command::new(std::env::current_exe().unwrap())
            .args([name, "--exact", "--nocapture"])
            .env(ROLE, "1")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (mut said, mut pipe) = (String::new(), parent.stdout.take().unwrap());
        while !said.contains("child ") || !said.ends_with(".\n") {
            let mut byte = [0];
            pipe.read_exact(&mut byte).unwrap();
            said.push(char::from(byte[0]));
        }
        let pid = said.rsplit("child ").next().unwrap().trim_end_matches(".\n").to_owned();
        thread::sleep(Duration::from_millis(200));
        assert!(alive(&pid), "the thread that started it has ended, the process has not");
        parent.kill().unwrap();
        parent.wait().unwrap();
        let killed = Instant::now();
        while alive(&pid) && killed.elapsed() < Duration::from_secs(5) {
            thread::sleep(Duration::from_millis(20));
        }
        assert!(!alive(&pid), "{pid} lives on");
    }

    #[test]
    fn limits_hold_from_the_first_instruction() {
        let mut shell = Command::new("sh");
        shell.args(["-c", "ulimit -v; ulimit -t; ulimit -c; nice"]).stdout(Stdio::piped());
        let bounds =
            Bounds { memory: Some(1 << 30), work: Some(Duration::from_secs(77)), background: true };
        let child = spawn(shell, bounds, None).unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(said.split_whitespace().take(3).collect::<Vec<_>>(), ["1048576", "77", "0"]);
        assert!(said.split_whitespace().nth(3).unwrap().parse::<i32>().unwrap() >= 10, "{said}");
    }

    #[test]
    fn a_file_is_inherited_even_if_its_name_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "inside").unwrap();
        let file = kinora_files::open(&path).unwrap();
        fs::remove_file(&path).unwrap();
        let number = std::os::fd::AsRawFd::as_raw_fd(&file);
        let mut cat = Command::new("cat");
        cat.arg(format!("/proc/self/fd/{number}")).stdout(Stdio::piped());
        let output = spawn(cat, Bounds::default(), Some(file)).unwrap().wait_with_output().unwrap();
        assert_eq!(output.stdout, b"inside");
    }

    #[test]
    fn a_program_that_is_not_there_is_told() {
        let error = spawn(Command::new("/nowhere/program"), Bounds::default(), None).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
