//! Confinement on Linux: Landlock for files, a namespace for the network.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreated,
    RulesetCreatedAttr, RulesetError, Scope,
};

use super::Tool;
use super::unix::limit;

/// The newest version whose rights are asked for; what the kernel does not know is left out.
const NEWEST: ABI = ABI::V10;

/// Where programs find the libraries they are linked to. A multiarch system has them apart from all else.
fn libraries() -> Vec<PathBuf> {
    let multiarch = PathBuf::from(format!("/usr/lib/{}-linux-gnu", std::env::consts::ARCH));
    let places: &[&str] = if multiarch.is_dir() { &["/lib64"] } else { &["/lib", "/lib64", "/usr/lib", "/usr/lib64"] };
    let others = ["/etc/ld.so.cache", "/nix/store", "/gnu/store"];
    places.iter().chain(&others).map(PathBuf::from).chain([multiarch]).collect()
}

/// What the kernel will hold the child to.
pub(super) struct Rules {
    /// The version of the kernel's Landlock.
    pub(super) version: i32,
    rules: OwnedFd,
}

/// The rules for a tool, or nothing where the kernel has no Landlock.
pub(super) fn of(folder: &Path, tool: &Tool) -> Result<Option<Rules>, String> {
    let Some(version) = version() else { return Ok(None) };
    let rules: Option<OwnedFd> = describe(folder, tool).map_err(|e| e.to_string())?.into();
    Ok(rules.map(|rules| Rules { version, rules }))
}

fn version() -> Option<i32> {
    const QUERY: libc::c_ulong = 1;
    // SAFETY: with this flag the call takes no memory and answers a number.
    let version =
        unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, std::ptr::null::<libc::c_void>(), 0usize, QUERY) };
    i32::try_from(version).ok().filter(|version| *version > 0)
}

fn describe(folder: &Path, tool: &Tool) -> Result<RulesetCreated, RulesetError> {
    let read = AccessFs::from_read(NEWEST);
    let mut rules = Ruleset::default()
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?;
    // What it writes it may not execute.
    rules = allow(rules, folder, AccessFs::from_all(NEWEST) & !AccessFs::Execute)?;
    rules = allow(rules, Path::new("/dev/null"), AccessFs::ReadFile | AccessFs::WriteFile)?;
    for path in libraries().iter().chain(tool.readable) {
        rules = allow(rules, path, read)?;
    }
    Ok(rules)
}

/// Allows access to a place, if there is one.
fn allow(rules: RulesetCreated, path: &Path, access: BitFlags<AccessFs>) -> Result<RulesetCreated, RulesetError> {
    let Ok(place) = PathFd::new(path) else { return Ok(rules) };
    // Rights of folders on a file would be an error.
    let access = if path.is_dir() { access } else { access & AccessFs::from_file(NEWEST) };
    rules.add_rule(PathBeneath::new(place, access))
}

impl Rules {
    /// Runs in the child: from here on the rules hold, for it and all it starts.
    pub(super) fn enter(&self) -> io::Result<()> {
        // SAFETY: numbers only; the descriptor is open as long as `self` is.
        let done = unsafe {
            libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
                && libc::syscall(libc::SYS_landlock_restrict_self, self.rules.as_raw_fd(), 0) == 0
        };
        if done { Ok(()) } else { Err(io::Error::last_os_error()) }
    }
}

/// Runs in the child: it is killed when the thread that started it, and waits for it, is gone.
pub(super) fn die_with_parent() -> io::Result<()> {
    // SAFETY: numbers only.
    match unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL, 0, 0, 0) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Runs in the child: leaves for a network namespace with nothing in it, where that is permitted.
pub(super) fn leave_network(processes: u64) -> bool {
    // SAFETY: numbers only, and the child has one thread, as a new user namespace demands.
    unsafe {
        // Root needs no user namespace, and would lose in it the right to pass through other people's folders.
        if libc::geteuid() == 0 {
            return libc::unshare(libc::CLONE_NEWNET) == 0;
        }
        let left = libc::unshare(libc::CLONE_NEWUSER | libc::CLONE_NEWNET) == 0;
        // Only in a user namespace of its own is the child counted apart from all else its user runs.
        left && limit(libc::RLIMIT_NPROC, processes).is_ok()
    }
}
