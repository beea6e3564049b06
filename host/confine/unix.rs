//! Confinement on a Unix: process groups and limits everywhere, files and network with `linux.rs`.

use std::io::{PipeReader, PipeWriter, Read};
use std::os::fd::AsRawFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

#[cfg(target_os = "linux")]
use super::linux as files;
use super::{ConfineError, End, Limits, Network, Strength, Tool};

#[cfg(not(target_os = "linux"))]
mod files {
    //! Where the system has no unprivileged way to confine files or network.

    pub(super) struct Rules {
        pub(super) version: i32,
    }

    pub(super) fn of(_: &std::path::Path, _: &super::Tool) -> Result<Option<Rules>, String> {
        Ok(None)
    }

    pub(super) fn leave_network(_: u64) -> bool {
        false
    }

    impl Rules {
        pub(super) fn enter(&self) -> std::io::Result<()> {
            Ok(())
        }
    }
}

/// What the child reports before it becomes the tool.
static NAMESPACE: u8 = b'n';

/// A confinement that was prepared.
pub(super) struct Confined {
    landlock: Option<i32>,
    report: PipeReader,
}

impl Confined {
    /// What came of it; waits until the child has become the tool.
    pub(super) fn strength(mut self) -> Strength {
        let mut report = Vec::new();
        drop(self.report.read_to_end(&mut report));
        let tcp = self.landlock.is_some_and(|version| version >= 4);
        let network = match (report.contains(&NAMESPACE), tcp) {
            (true, _) => Network::Namespace,
            (false, true) => Network::NoTcp,
            (false, false) => Network::Open,
        };
        Strength { landlock: self.landlock, network, limits: cfg!(not(target_os = "macos")) }
    }
}

/// Makes `command` start confined.
pub(super) fn confine(command: &mut Command, folder: &Path, tool: &Tool) -> Result<Confined, ConfineError> {
    let failed = |reason: String| ConfineError::Confine { program: tool.program.to_owned(), reason };
    let (report, writer) = std::io::pipe().map_err(|e| failed(e.to_string()))?;
    let rules = files::of(folder, tool).map_err(failed)?;
    let landlock = rules.as_ref().map(|rules| rules.version);
    let limits = tool.limits;
    command.process_group(0);
    // SAFETY: between fork and exec only async-signal-safe calls are made: system calls on numbers and values that
    // were prepared before the fork. Nothing is allocated, locked or freed: the closure owns what it uses, and
    // neither it nor its captures are dropped in the child (exec replaces the process, a failure ends in `_exit`).
    unsafe {
        command.pre_exec(move || enter(&limits, rules.as_ref(), &writer));
    }
    Ok(Confined { landlock, report })
}

/// Runs in the child, just before it becomes the tool. System calls only; see the caller.
fn enter(limits: &Limits, rules: Option<&files::Rules>, report: &PipeWriter) -> std::io::Result<()> {
    if files::leave_network(limits.processes) {
        // SAFETY: one byte from a constant, to a descriptor the closure owns.
        unsafe { libc::write(report.as_raw_fd(), (&raw const NAMESPACE).cast(), 1) };
    }
    // Processor time is a second fence, for a child whose parent no longer watches: four threads for all the time.
    let seconds = limits.deadline.as_secs().saturating_mul(4).saturating_add(1);
    limit(libc::RLIMIT_CPU, seconds)?;
    limit(libc::RLIMIT_FSIZE, limits.file_bytes)?;
    limit(libc::RLIMIT_CORE, 0)?;
    #[cfg(not(target_os = "macos"))]
    limit(libc::RLIMIT_AS, limits.memory_bytes)?;
    #[cfg(target_os = "linux")]
    files::die_with_parent()?;
    rules.map_or(Ok(()), files::Rules::enter)
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
type Resource = libc::__rlimit_resource_t;
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
type Resource = libc::c_int;

/// Lowers a limit; one that is lower already stays.
pub(super) fn limit(resource: Resource, value: u64) -> std::io::Result<()> {
    let mut now = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the pointer is to a local that outlives the call.
    if unsafe { libc::getrlimit(resource, &raw mut now) } != 0 {
        return Err(std::io::Error::last_os_error());
    }
    let value = (value as libc::rlim_t).min(now.rlim_max);
    let new = libc::rlimit { rlim_cur: value, rlim_max: value };
    // SAFETY: as above; the call only reads.
    match unsafe { libc::setrlimit(resource, &raw const new) } {
        0 => Ok(()),
        _ => Err(std::io::Error::last_os_error()),
    }
}

pub(super) fn end(status: ExitStatus, stderr: &[u8]) -> End {
    match (status.code(), status.signal()) {
        (Some(0), _) => End::Exited(0),
        (_, Some(libc::SIGXCPU)) => End::Deadline,
        (_, Some(libc::SIGXFSZ)) => End::FileSize,
        _ if super::lacked_memory(stderr) => End::Memory,
        (Some(code), _) => End::Exited(code),
        (None, signal) => End::Signal(signal.unwrap_or_default()),
    }
}

/// Waits for the end, but leaves the child for `Child::wait`, so that its number stays its own.
pub(super) fn ends_within(child: &mut Child, deadline: Duration) -> std::io::Result<bool> {
    let id = child.id();
    let (done, ended) = mpsc::channel();
    thread::Builder::new().spawn(move || {
        // SAFETY: `siginfo_t` is plain data for which zeros are a value; the call writes into this local only.
        unsafe {
            let mut info: libc::siginfo_t = std::mem::zeroed();
            while libc::waitid(libc::P_PID, id, &raw mut info, libc::WEXITED | libc::WNOWAIT) != 0
                && std::io::Error::last_os_error().kind() == std::io::ErrorKind::Interrupted
            {}
        }
        // Nobody listens any more once the deadline has passed.
        let _ = done.send(());
    })?;
    Ok(ended.recv_timeout(deadline).is_ok())
}

/// Kills the child's process group, of which it is the leader.
pub(super) fn kill(child: &mut Child) {
    if let Ok(group) = libc::pid_t::try_from(child.id()) {
        // SAFETY: no memory is involved. The child is not reaped, so the group's number is still its own.
        unsafe { libc::kill(-group, libc::SIGKILL) };
    }
}
