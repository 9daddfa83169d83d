//! A witness of what a program and all its children ask of the kernel: sockets and files.
//!
//! The filter of seccomp(2) is set in the child before it becomes the program, is inherited by every process and
//! thread it starts, and cannot be taken off. Each call that it names waits until we have noted it, so nothing is
//! missed. It needs Linux 5.9 and no rights.

#![allow(
    clippy::disallowed_methods,
    reason = "it watches children from threads and memory files of its own"
)]
#![allow(unsafe_code, reason = "seccomp is spoken to through libc")]

use std::{
    fs,
    io::{self, Read, Seek, SeekFrom},
    os::{
        fd::{AsRawFd, FromRawFd, OwnedFd, RawFd},
        unix::process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    thread,
};

/// What was asked of the kernel.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Asked {
    /// `socket(domain, …)`.
    Socket(i32),
    /// A file was opened to be read.
    Read(PathBuf),
    /// A file was opened to be written, or made, renamed, linked or removed.
    Write(PathBuf),
    /// `io_uring_setup`, whose requests no filter sees.
    Ring,
}

/// Runs a program to its end and tells what was asked.
pub(crate) fn watch(mut command: Command) -> io::Result<(Output, Vec<Asked>)> {
    let (ours, theirs) = pair()?;
    let sender = theirs.as_raw_fd();
    let mut program = filter();
    // SAFETY: between fork and exec only system calls are made; `program` was built before and outlives them.
    unsafe {
        command.pre_exec(move || hand_over(&mut program, sender));
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let listener = thread::spawn(move || -> io::Result<Vec<Asked>> { listen(&receive(&ours)?) });
    let output = command.spawn().and_then(std::process::Child::wait_with_output);
    drop(theirs);
    let asked = listener.join().map_err(|_| io::Error::other("the listener panicked"))?;
    Ok((output?, asked?))
}

/// System calls that are noted, and how to read them.
const CALLS: &[(libc::c_long, Call)] = &[
    (libc::SYS_socket, Call::Socket),
    (libc::SYS_io_uring_setup, Call::Ring),
    (libc::SYS_openat, Call::Open { folder: Some(0), path: 1, flags: 2 }),
    (libc::SYS_mkdirat, Call::Change { folder: Some(0), path: 1 }),
    (libc::SYS_mknodat, Call::Change { folder: Some(0), path: 1 }),
    (libc::SYS_unlinkat, Call::Change { folder: Some(0), path: 1 }),
    (libc::SYS_renameat2, Call::Change { folder: Some(2), path: 3 }),
    (libc::SYS_linkat, Call::Change { folder: Some(2), path: 3 }),
    (libc::SYS_symlinkat, Call::Change { folder: Some(1), path: 2 }),
    (libc::SYS_truncate, Call::Change { folder: None, path: 0 }),
    // Its flags lie in memory: taken for a write.
    (libc::SYS_openat2, Call::Change { folder: Some(0), path: 1 }),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_open, Call::Open { folder: None, path: 0, flags: 1 }),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_creat, Call::Change { folder: None, path: 0 }),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_mkdir, Call::Change { folder: None, path: 0 }),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_mknod, Call::Change { folder: None, path: 0 }),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_unlink, Call::Change { folder: None, path: 0 }),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_rename, Call::Change { folder: None, path: 1 }),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_renameat, Call::Change { folder: Some(2), path: 3 }),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_link, Call::Change { folder: None, path: 1 }),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_symlink, Call::Change { folder: None, path: 1 }),
];

/// Places of the arguments of a call.
#[derive(Clone, Copy)]
enum Call {
    Socket,
    Ring,
    Open { folder: Option<usize>, path: usize, flags: usize },
    Change { folder: Option<usize>, path: usize },
}

/// Notes every call of [`CALLS`] and lets all others pass. A call of another architecture (32 bits) ends the
/// process: its numbers mean other calls.
fn filter() -> Vec<libc::sock_filter> {
    const RETURN: u16 = (libc::BPF_RET | libc::BPF_K) as u16;
    const LOAD: u16 = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
    const EQUALS: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
    #[cfg(target_arch = "x86_64")]
    const ARCHITECTURE: u32 = 0xC000_003E;
    #[cfg(target_arch = "aarch64")]
    const ARCHITECTURE: u32 = 0xC000_00B7;
    let step = |code, k, jt, jf| libc::sock_filter { code, jt, jf, k };
    // `struct seccomp_data`: the number of the call at 0, the architecture at 4.
    let mut program = vec![
        step(LOAD, 4, 0, 0),
        step(EQUALS, ARCHITECTURE, 1, 0),
        step(RETURN, libc::SECCOMP_RET_KILL_PROCESS, 0, 0),
        step(LOAD, 0, 0, 0),
    ];
    let count = CALLS.len();
    for (at, (number, _)) in CALLS.iter().enumerate() {
        let to_end = u8::try_from(count - at).unwrap();
        program.push(step(EQUALS, u32::try_from(*number).unwrap(), to_end, 0));
    }
    program.push(step(RETURN, libc::SECCOMP_RET_ALLOW, 0, 0));
    program.push(step(RETURN, libc::SECCOMP_RET_USER_NOTIF, 0, 0));
    program
}

/// In the child: sets the filter and sends its listener to us.
fn hand_over(filter: &mut [libc::sock_filter], to: RawFd) -> io::Result<()> {
    let program =
        libc::sock_fprog { len: filter.len() as libc::c_ushort, filter: filter.as_mut_ptr() };
    // SAFETY: the arguments are those of prctl(2) and seccomp(2); the program lives through the call.
    let listener = unsafe {
        if libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 {
            return Err(io::Error::last_os_error());
        }
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            libc::SECCOMP_FILTER_FLAG_NEW_LISTENER,
            &raw const program,
        )
    };
    let listener = RawFd::try_from(listener).map_err(|_| io::ErrorKind::InvalidData)?;
    if listener < 0 {
        return Err(io::Error::last_os_error());
    }
    send(listener, to)
}

fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let mut ends = [0; 2];
    // SAFETY: `ends` takes the two descriptors, which nobody else owns.
    unsafe {
        let kind = libc::SOCK_STREAM | libc::SOCK_CLOEXEC;
        if libc::socketpair(libc::AF_UNIX, kind, 0, ends.as_mut_ptr()) != 0 {
            return Err(io::Error::last_os_error());
        }
        Ok((OwnedFd::from_raw_fd(ends[0]), OwnedFd::from_raw_fd(ends[1])))
    }
}

/// Room for one descriptor beside a byte (`SCM_RIGHTS`, unix(7)).
#[repr(C, align(8))]
struct Rights([u8; 24]);

/// A message of one byte with room for a descriptor.
fn message(byte: &mut [u8; 1], rights: &mut Rights, work: impl FnOnce(&mut libc::msghdr)) {
    let mut part = libc::iovec { iov_base: byte.as_mut_ptr().cast(), iov_len: 1 };
    // SAFETY: all zeroes are a valid empty header.
    let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
    header.msg_iov = &raw mut part;
    header.msg_iovlen = 1;
    header.msg_control = rights.0.as_mut_ptr().cast();
    header.msg_controllen = rights.0.len() as _;
    work(&mut header);
}

fn send(fd: RawFd, to: RawFd) -> io::Result<()> {
    let mut sent = -1;
    message(&mut [0], &mut Rights([0; 24]), |header| {
        // SAFETY: the buffer has room for one header and one descriptor.
        unsafe {
            let control = libc::CMSG_FIRSTHDR(header);
            (*control).cmsg_level = libc::SOL_SOCKET;
            (*control).cmsg_type = libc::SCM_RIGHTS;
            (*control).cmsg_len = libc::CMSG_LEN(size_of::<RawFd>() as u32) as _;
            libc::CMSG_DATA(control).cast::<RawFd>().write_unaligned(fd);
            sent = libc::sendmsg(to, header, 0);
        }
    });
    if sent == 1 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn receive(from: &OwnedFd) -> io::Result<OwnedFd> {
    let mut got = None;
    message(&mut [0], &mut Rights([0; 24]), |header| {
        // SAFETY: the kernel fills the buffers that the header names; the descriptor is ours alone.
        unsafe {
            if libc::recvmsg(from.as_raw_fd(), header, libc::MSG_CMSG_CLOEXEC) == 1 {
                let control = libc::CMSG_FIRSTHDR(header);
                if !control.is_null() {
                    let fd = libc::CMSG_DATA(control).cast::<RawFd>().read_unaligned();
                    got = Some(OwnedFd::from_raw_fd(fd));
                }
            }
        }
    });
    got.ok_or_else(|| io::Error::other("the kernel gave no listener: it needs Linux 5.9"))
}

/// Notes and answers until no process has the filter any more.
fn listen(listener: &OwnedFd) -> io::Result<Vec<Asked>> {
    let mut asked = Vec::new();
    loop {
        let mut poll = libc::pollfd { fd: listener.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        // SAFETY: one descriptor that stays open.
        if unsafe { libc::poll(&raw mut poll, 1, -1) } < 0 {
            return Err(io::Error::last_os_error());
        }
        if poll.revents & libc::POLLIN == 0 {
            return Ok(asked);
        }
        // SAFETY: all zeroes are what the kernel wants to fill.
        let mut notice: libc::seccomp_notif = unsafe { std::mem::zeroed() };
        // SAFETY: the request and its buffer are those of seccomp_unotify(2).
        let got = unsafe { libc::ioctl(listener.as_raw_fd(), RECEIVE, &raw mut notice) };
        if got != 0 {
            // The caller was killed meanwhile.
            continue;
        }
        asked.extend(note(&notice));
        let mut answer = libc::seccomp_notif_resp { id: notice.id, val: 0, error: 0, flags: GO_ON };
        // SAFETY: as above. An error means that the caller was killed meanwhile.
        unsafe { libc::ioctl(listener.as_raw_fd(), SEND, &raw mut answer) };
    }
}

/// `SECCOMP_USER_NOTIF_FLAG_CONTINUE`.
const GO_ON: u32 = 1;
/// `SECCOMP_IOCTL_NOTIF_RECV`, `_IOWR('!', 0, struct seccomp_notif)`.
const RECEIVE: libc::Ioctl = request(0, size_of::<libc::seccomp_notif>());
/// `SECCOMP_IOCTL_NOTIF_SEND`, `_IOWR('!', 1, struct seccomp_notif_resp)`.
const SEND: libc::Ioctl = request(1, size_of::<libc::seccomp_notif_resp>());

const fn request(number: u8, size: usize) -> libc::Ioctl {
    ((3 << 30) | (size << 16) | ((b'!' as usize) << 8) | number as usize) as libc::Ioctl
}

fn note(notice: &libc::seccomp_notif) -> Option<Asked> {
    let arguments = notice.data.args;
    let (_, call) =
        CALLS.iter().find(|(number, _)| *number == libc::c_long::from(notice.data.nr))?;
    let path = |folder: Option<usize>, path: usize| {
        located(notice.pid, folder.map(|at| arguments[at] as i32), arguments[path])
    };
    Some(match *call {
        Call::Socket => Asked::Socket(arguments[0] as i32),
        Call::Ring => Asked::Ring,
        Call::Change { folder, path: at } => Asked::Write(path(folder, at)),
        Call::Open { folder, path: at, flags } => {
            let wanted = libc::O_WRONLY | libc::O_RDWR | libc::O_CREAT | libc::O_TRUNC;
            match arguments[flags] as i32 & wanted {
                0 => Asked::Read(path(folder, at)),
                _ => Asked::Write(path(folder, at)),
            }
        }
    })
}

/// The absolute path that a call names. What cannot be read shows as `?`, which no folder allows.
fn located(pid: u32, folder: Option<i32>, address: u64) -> PathBuf {
    let path = text(pid, address).unwrap_or_else(|_| PathBuf::from("/?"));
    if path.is_absolute() {
        return path;
    }
    let from = match folder {
        Some(fd) if fd != libc::AT_FDCWD => format!("/proc/{pid}/fd/{fd}"),
        _ => format!("/proc/{pid}/cwd"),
    };
    fs::read_link(from).unwrap_or_else(|_| PathBuf::from("/?")).join(path)
}

/// A string in the memory of another process.
fn text(pid: u32, address: u64) -> io::Result<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    let mut memory = fs::File::open(Path::new("/proc").join(pid.to_string()).join("mem"))?;
    memory.seek(SeekFrom::Start(address))?;
    let mut bytes = Vec::new();
    // Up to the end of its page, and then of the next: what follows may not be there.
    while !bytes.contains(&0) && bytes.len() < 8192 {
        let rest = 4096 - ((address as usize + bytes.len()) % 4096);
        (&mut memory).take(rest as u64).read_to_end(&mut bytes)?;
    }
    bytes.truncate(bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len()));
    Ok(std::ffi::OsString::from_vec(bytes).into())
}
