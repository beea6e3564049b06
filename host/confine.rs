//! Runs an external compiler on source nobody vouches for: in its own folder, without network, environment or time to spare.
//!
//! A compiler does not run what it compiles, but it reads what the source names (`include_str!`), and it is large enough
//! to have faults. So the child may read its own installation and the system's libraries, read and write its folder, and
//! nothing else. On Linux the kernel holds it to that (Landlock, a network namespace, resource limits); elsewhere, and on
//! an older kernel, as much of it as there is. [`Strength`] says how much that was, and who relies on it must look.
//! What a tool is called and what its output means is the caller's business.

use std::ffi::OsString;
use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use crate::disk;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
use elsewhere as system;
#[cfg(unix)]
use unix as system;

/// What a tool may use up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Wall-clock time, after which the tool and all it started are killed.
    pub deadline: Duration,
    /// Address space of each process.
    pub memory_bytes: u64,
    /// Size of each file written.
    pub file_bytes: u64,
    /// How much of each of stdout and stderr is kept; the rest is read and dropped.
    pub output_bytes: usize,
    /// Processes and threads, where they can be counted apart from the user's others.
    pub processes: u64,
}

impl Default for Limits {
    /// Ample for a compiler and one small program.
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(60),
            memory_bytes: 2 << 30,
            file_bytes: 64 << 20,
            output_bytes: 4 << 20,
            processes: 256,
        }
    }
}

/// Something to run.
#[derive(Clone, Debug)]
pub struct Tool<'a> {
    /// The program itself, not a wrapper that would look for it elsewhere. Its folder becomes `PATH`.
    pub program: &'a Path,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// What it may read and execute besides system libraries and its folder.
    pub readable: &'a [PathBuf],
    /// Its environment, besides the few variables every tool gets.
    pub environment: &'a [(String, OsString)],
    /// What it may use up.
    pub limits: Limits,
}

/// How a tool came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// By itself, with this code.
    Exited(i32),
    /// Killed at the deadline, or for using more processor time than fits into it.
    Deadline,
    /// It asked for more memory than it may have.
    Memory,
    /// It wrote a larger file than it may.
    FileSize,
    /// Killed by another signal; a fault of the tool.
    Signal(i32),
}

/// What a tool left behind, besides the files in its room.
#[derive(Clone, Debug)]
pub struct Finished {
    /// How it ended.
    pub end: End,
    /// What it wrote there, up to [`Limits::output_bytes`].
    pub stdout: Vec<u8>,
    /// What it wrote there, up to [`Limits::output_bytes`].
    pub stderr: Vec<u8>,
    /// How well it was confined.
    pub strength: Strength,
}

/// How well a tool was confined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Strength {
    /// The Landlock version that guarded files; none: it could read and write what its user can.
    pub landlock: Option<i32>,
    /// What kept it off the network.
    pub network: Network,
    /// Whether the limits on memory, processor time and file size were in force.
    pub limits: bool,
}

/// What keeps a tool off the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Network {
    /// Nothing.
    #[default]
    Open,
    /// Landlock refuses TCP; UDP is open.
    NoTcp,
    /// A network namespace with nothing in it.
    Namespace,
}

impl fmt::Display for Strength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.landlock {
            Some(version) => write!(f, "files: Landlock v{version}")?,
            None => f.write_str("files: not confined")?,
        }
        f.write_str(match self.network {
            Network::Open => "; network: not confined",
            Network::NoTcp => "; network: no TCP (Landlock)",
            Network::Namespace => "; network: none (namespace)",
        })?;
        f.write_str(if self.limits { "; limits: in force" } else { "; limits: deadline only" })
    }
}

/// Why a tool could not be run; that it failed is a [`Finished`].
#[derive(Debug, thiserror::Error)]
pub enum ConfineError {
    /// The folder it should work in is not there, or not ours.
    #[error("cannot use the folder `{}`: {reason}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
    /// A file in the folder cannot be written, or the tool did not leave it as a plain file of bearable size.
    #[error("cannot use `{}`: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
    /// The confinement could not be prepared although the system has it.
    #[error("cannot confine `{}`: {reason}", program.display())]
    Confine {
        /// The program.
        program: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// The program does not start.
    #[error("cannot start `{}`: {reason}", program.display())]
    Start {
        /// The program.
        program: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
}

/// The folder a tool works in: its working directory, its temporary directory, and all it can write to.
#[derive(Clone, Debug)]
pub struct Room(PathBuf);

impl Room {
    /// Uses an existing folder.
    ///
    /// # Errors
    ///
    /// When it is no folder.
    pub fn new(folder: &Path) -> Result<Self, ConfineError> {
        let failed = |reason| ConfineError::Folder { path: folder.to_owned(), reason };
        let path = folder.canonicalize().map_err(failed)?;
        if path.is_dir() { Ok(Self(path)) } else { Err(failed(io::ErrorKind::NotADirectory.into())) }
    }

    /// The folder, absolute.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file; the folders of its name are made.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn put(&self, name: &str, bytes: &[u8]) -> Result<(), ConfineError> {
        let path = self.0.join(name);
        let folder = path.parent().filter(|folder| *folder != self.0).map_or(Ok(()), disk::private_directory);
        let put = folder.and_then(|()| disk::write_cached(&path, &[bytes]));
        put.map_err(|reason| ConfineError::File { path, reason })
    }

    /// Reads a file the tool left, of at most `most` bytes.
    ///
    /// # Errors
    ///
    /// When there is none, it is larger, or it is no plain file: we may read what the tool may not, so a link is not
    /// followed.
    pub fn take(&self, name: &str, most: u64) -> Result<Vec<u8>, ConfineError> {
        let path = self.0.join(name);
        let found = path.symlink_metadata().and_then(|metadata| match metadata.is_file() {
            true if metadata.len() <= most => disk::read(&path),
            true => Err(io::ErrorKind::FileTooLarge.into()),
            false => Err(io::Error::new(io::ErrorKind::InvalidData, "not a plain file")),
        });
        found.map_err(|reason| ConfineError::File { path, reason })
    }

    /// Runs a tool to its end, or to its deadline.
    ///
    /// # Errors
    ///
    /// When it cannot be started, or not be confined although the system has the means.
    pub fn run(&self, tool: &Tool) -> Result<Finished, ConfineError> {
        let mut command = Command::new(tool.program);
        command.args(&tool.args).current_dir(&self.0).env_clear();
        command.env("TMPDIR", &self.0).env("LC_ALL", "C").env("PATH", tool.program.parent().unwrap_or(&self.0));
        // Address space is what is limited, and glibc reserves 64 MiB of it for every thread otherwise.
        command.env("MALLOC_ARENA_MAX", "2");
        command.envs(tool.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let confined = system::confine(&mut command, &self.0, tool)?;
        let started = command.spawn();
        // What was handed to the child is open on this side as well, and keeps `strength` from ending.
        drop(command);
        let child = started.map_err(|reason| ConfineError::Start { program: tool.program.to_owned(), reason })?;
        let strength = confined.strength();
        let (status, stdout, stderr) = watch(child, &tool.limits)
            .map_err(|reason| ConfineError::Start { program: tool.program.to_owned(), reason })?;
        let end = match status {
            None => End::Deadline,
            Some(status) => system::end(status, &stderr),
        };
        Ok(Finished { end, stdout, stderr, strength })
    }
}

/// Waits for the end; no status: the deadline came first.
fn watch(mut child: Child, limits: &Limits) -> io::Result<(Option<ExitStatus>, Vec<u8>, Vec<u8>)> {
    let most = limits.output_bytes;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    thread::scope(|scope| {
        let out = thread::Builder::new().spawn_scoped(scope, move || capped(stdout, most));
        let err = thread::Builder::new().spawn_scoped(scope, move || capped(stderr, most));
        let in_time = system::ends_within(&mut child, limits.deadline);
        // Not reaped yet, so its number still means this process. Whatever else it started ends with it.
        system::kill(&mut child);
        let status = child.wait()?;
        Ok((in_time?.then_some(status), out?.join().unwrap_or_default(), err?.join().unwrap_or_default()))
    })
}

/// Reads to the end, so that the writer never blocks, and keeps the beginning.
fn capped(stream: Option<impl Read>, most: usize) -> Vec<u8> {
    let mut kept = Vec::new();
    if let Some(mut stream) = stream {
        // A pipe that breaks has ended; what was read until then is what there is.
        drop(stream.by_ref().take(most as u64).read_to_end(&mut kept));
        drop(io::copy(&mut stream, &mut io::sink()));
    }
    kept
}

/// Phrases with which compilers, linkers and their run-time libraries report an allocation that was refused.
const OUT_OF_MEMORY: &[&str] = &[
    "memory allocation of",
    "out of memory",
    "Cannot allocate memory",
    "bad_alloc",
    "failed to allocate",
    "failed to map segment",
];

/// Whether a tool that did not end well says that it was for lack of memory.
#[cfg_attr(not(unix), allow(dead_code, reason = "no limit, no breach"))]
fn lacked_memory(stderr: &[u8]) -> bool {
    let stderr = String::from_utf8_lossy(stderr);
    // Diagnostics of the source are JSON and may quote anything.
    let said: Vec<&str> = stderr.lines().filter(|line| !line.starts_with('{')).collect();
    said.iter().any(|line| OUT_OF_MEMORY.iter().any(|phrase| line.contains(phrase)))
}

#[cfg(not(unix))]
mod elsewhere {
    //! Where nothing but the deadline is enforced.

    use std::io;
    use std::path::Path;
    use std::process::{Child, Command, ExitStatus};
    use std::time::{Duration, Instant};

    use super::{ConfineError, End, Strength, Tool};

    pub(super) struct Confined;

    impl Confined {
        pub(super) fn strength(self) -> Strength {
            Strength::default()
        }
    }

    pub(super) fn confine(_: &mut Command, _: &Path, _: &Tool) -> Result<Confined, ConfineError> {
        Ok(Confined)
    }

    pub(super) fn end(status: ExitStatus, _: &[u8]) -> End {
        End::Exited(status.code().unwrap_or(-1))
    }

    pub(super) fn ends_within(child: &mut Child, deadline: Duration) -> io::Result<bool> {
        let start = Instant::now();
        while child.try_wait()?.is_none() {
            if start.elapsed() >= deadline {
                return Ok(false);
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(true)
    }

    pub(super) fn kill(child: &mut Child) {
        // It may have ended already, which is as good.
        drop(child.kill());
    }
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use super::*;

    /// A room of its own, removed at the end.
    struct Temporary(Room);

    impl Temporary {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("wb-confine-{name}-{}", std::process::id()));
            drop(std::fs::remove_dir_all(&folder));
            std::fs::create_dir(&folder).unwrap();
            Self(Room::new(&folder).unwrap())
        }

        fn shell(&self, script: &str, limits: Limits) -> Finished {
            let args = ["-c", script].map(OsString::from).to_vec();
            // The shell and what the scripts call, which no compiler gets.
            let readable = ["/bin", "/usr/bin"].map(PathBuf::from);
            let tool = Tool { program: Path::new("/bin/bash"), args, readable: &readable, environment: &[], limits };
            self.0.run(&tool).unwrap()
        }
    }

    impl Drop for Temporary {
        fn drop(&mut self) {
            drop(std::fs::remove_dir_all(self.0.path()));
        }
    }

    /// Whether files are guarded here at all; a kernel without Landlock is told, not failed.
    fn guarded(finished: &Finished) -> bool {
        println!("{}", finished.strength);
        finished.strength.landlock.is_some()
    }

    #[test]
    fn a_tool_reads_and_writes_its_room_and_no_other_place() {
        let room = Temporary::new("files");
        room.0.put("in", b"text").unwrap();
        let finished = room.shell("cat in > out && mkdir a && mv out a/out && mv a/out out", Limits::default());
        assert_eq!(finished.end, End::Exited(0), "{}", String::from_utf8_lossy(&finished.stderr));
        assert_eq!(room.0.take("out", 10).unwrap(), b"text");
        if !guarded(&finished) {
            return;
        }
        let outside = room.0.path().with_extension("outside");
        let outside = outside.display();
        let refused =
            ["cat /etc/passwd", "ls /etc", &format!("echo > {outside}"), "ln -s /etc/passwd l && cat l", "ls $PWD/.."];
        for script in refused {
            let finished = room.shell(script, Limits::default());
            let said = String::from_utf8_lossy(&finished.stderr);
            assert!(finished.end != End::Exited(0) && said.contains("Permission denied"), "{script}: {said}");
        }
    }

    #[test]
    fn what_it_wrote_it_cannot_execute() {
        let room = Temporary::new("execute");
        let finished = room.shell("cp /bin/true t && ./t", Limits::default());
        if guarded(&finished) {
            assert_eq!(finished.end, End::Exited(126));
        }
    }

    #[test]
    fn it_has_no_network_and_no_environment() {
        let room = Temporary::new("network");
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let finished = room.shell(&format!(": > /dev/tcp/127.0.0.1/{port}"), Limits::default());
        println!("{}", finished.strength);
        if finished.strength.network != Network::Open {
            assert_ne!(finished.end, End::Exited(0));
        }
        let finished = room.shell("env", Limits::default());
        let said = String::from_utf8_lossy(&finished.stdout).into_owned();
        let names: Vec<&str> = said.lines().filter_map(|line| line.split('=').next()).collect();
        // The shell adds three of its own.
        let known = ["TMPDIR", "LC_ALL", "MALLOC_ARENA_MAX", "PATH", "PWD", "SHLVL", "_"];
        assert!(names.len() >= 3 && names.iter().all(|name| known.contains(name)), "{said}");
    }

    #[test]
    fn at_the_deadline_it_and_its_children_are_killed() {
        let room = Temporary::new("deadline");
        let limits = Limits { deadline: Duration::from_millis(300), ..Limits::default() };
        let start = std::time::Instant::now();
        // Both hold stdout open: the call would not return while one of them lives.
        let finished = room.shell("sleep 60 & sleep 60", limits);
        assert_eq!(finished.end, End::Deadline);
        assert!(start.elapsed() < Duration::from_secs(20));
        let finished = room.shell("sleep 60 & echo done", Limits::default());
        assert_eq!((finished.end, &*finished.stdout), (End::Exited(0), &b"done\n"[..]));
        assert!(start.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn output_files_and_processor_time_are_bounded() {
        let room = Temporary::new("bounds");
        let limits = Limits { output_bytes: 1000, file_bytes: 4096, ..Limits::default() };
        let finished = room.shell("for i in {1..5000}; do echo 0123456789; done", limits);
        assert_eq!((finished.end, finished.stdout.len()), (End::Exited(0), 1000));
        let finished = room.shell("while :; do echo 0123456789; done > big", limits);
        assert_eq!(finished.end, End::FileSize);
        let none = Limits { deadline: Duration::from_millis(1200), ..limits };
        assert_eq!(room.shell("while :; do :; done", none).end, End::Deadline);
    }

    #[test]
    fn a_link_it_left_is_not_followed() {
        let room = Temporary::new("link");
        room.shell("ln -s /etc/passwd out", Limits::default());
        let error = room.0.take("out", 1 << 20).unwrap_err().to_string();
        assert!(error.ends_with("not a plain file"), "{error}");
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let room = Temporary::new("missing");
        let (program, limits) = (Path::new("/nowhere/rustc"), Limits::default());
        let tool = Tool { program, args: Vec::new(), readable: &[], environment: &[], limits };
        let error = room.0.run(&tool).unwrap_err().to_string();
        assert!(error.starts_with("cannot start `/nowhere/rustc`"), "{error}");
    }
}
