//! `gh-pages`: the files as a commit on a branch of a git repository.
//!
//! It is made in a scratch repository by `git fast-import`: no work tree and no index of anybody is touched, no hook and
//! no filter runs. What others put on the branch stays there; what we put there and is gone is removed. Nothing is forced.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use super::super::Failure;
use super::folder::{Change, Files, MARK, What, mark, marked};
use super::keys;
use crate::disk::{self, Scratch};
use crate::env;
use crate::exit::Exit;

/// Variables that would lead git to a repository other than the one it is started in.
const LEADING: [&str; 6] =
    ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_NAMESPACE"];

/// The remote in the scratch repository, and the branch there.
const REMOTE: &str = "publish";
const MADE: &str = "refs/heads/made";
const TIP: &str = "refs/wb/tip";

/// What a commit that rolls back says of where it went.
const BACK: &str = "Wb-Rolled-Back-To:";

/// A branch somewhere.
pub(super) struct Branch<'a> {
    /// The name of a remote, or an address.
    pub(super) remote: &'a str,
    pub(super) branch: &'a str,
    /// A folder of the repository that knows the remote.
    pub(super) folder: &'a Path,
}

/// What was done, or would be.
pub(super) struct Pushed {
    pub(super) changes: Vec<Change>,
    /// The new commit; none when there was nothing to do.
    pub(super) commit: Option<String>,
    /// The repository's address, without a password.
    pub(super) address: String,
}

/// What becomes of a branch.
enum Wanted<'a> {
    /// It has these files.
    Files(&'a Files),
    /// It is as an earlier commit had it, or the one before.
    Before(Option<&'a str>),
}

impl Branch<'_> {
    /// Refuses a repository elsewhere where nothing may leave this machine.
    ///
    /// # Errors
    ///
    /// When it is elsewhere, or there is none.
    pub(super) fn check(&self, offline: bool) -> Result<(), Failure> {
        if !offline {
            return Ok(());
        }
        let address = self.address()?;
        let here = disk::exists(Path::new(&address)) || address.starts_with("file://");
        let message = format!("{} is somewhere else, and `--offline` keeps wb here", shown(&address));
        if here { Ok(()) } else { Err(Failure::new(Exit::Unreachable, message)) }
    }

    /// Makes a commit with the files and pushes it. `dry`: it is made and not pushed.
    ///
    /// # Errors
    ///
    /// When git is missing, the remote does not answer, or others are faster twice.
    pub(super) fn publish(&self, files: &Files, note: &str, dry: bool) -> Result<Pushed, Failure> {
        self.twice(&Wanted::Files(files), note, dry)
    }

    /// Makes a commit that has the tree of an earlier one: `to`, or the one before.
    ///
    /// # Errors
    ///
    /// When there is none; otherwise as [`Branch::publish`].
    pub(super) fn roll_back(&self, to: Option<&str>, dry: bool) -> Result<Pushed, Failure> {
        self.twice(&Wanted::Before(to), "", dry)
    }

    /// Others may push meanwhile: then it is done again on what they pushed, once.
    fn twice(&self, wanted: &Wanted<'_>, note: &str, dry: bool) -> Result<Pushed, Failure> {
        let address = self.address()?;
        let shown = shown(&address);
        for _ in 0..2 {
            let work = Work::new(&address, &shown)?;
            let tip = work.tip(self.branch)?;
            let (commit, changes) = match wanted {
                Wanted::Files(files) => work.commit(tip.as_deref(), files, note, &self.author())?,
                Wanted::Before(to) => work.before(tip.as_deref(), *to, self, &self.author())?,
            };
            if changes.is_empty() {
                return Ok(Pushed { changes, commit: None, address: shown });
            }
            if dry || work.push(&commit, self.branch)? {
                return Ok(Pushed { changes, commit: Some(commit), address: shown });
            }
        }
        let message = format!("the branch `{}` of {shown} changed twice while it was published", self.branch);
        Err(Failure::new(Exit::Conflict, message)
            .hint("somebody else publishes there; run it again when they are done"))
    }

    /// Where to push: what the repository's remote of this name says, or the address itself.
    fn address(&self) -> Result<String, Failure> {
        let is_address = self.remote.contains(['/', ':', '\\']);
        if is_address {
            // A path is meant from the settings, and the scratch repository is elsewhere.
            let local = self.folder.join(self.remote);
            let found = disk::absolute(&local).filter(|_| !self.remote.contains("://"));
            return Ok(found.map_or_else(|| self.remote.to_owned(), |path| path.to_string_lossy().into_owned()));
        }
        let folder = here(self.folder);
        let told = git(folder, &["remote", "get-url", "--push", "--", self.remote], None)?;
        let address = told.out.trim().to_owned();
        if !told.ok || address.is_empty() {
            let message = format!("the repository here has no remote `{}`", self.remote);
            return Err(Failure::new(Exit::NotFound, message)
                .hint("`git remote add origin ADDRESS` adds one, or give `PUBLISH_REMOTE` the address"));
        }
        match disk::absolute(&folder.join(&address)).filter(|_| !address.contains("://")) {
            Some(path) => Ok(path.to_string_lossy().into_owned()),
            None => Ok(address),
        }
    }

    /// Who commits: as git knows them here.
    fn author(&self) -> String {
        let folder = here(self.folder);
        let told = git(folder, &["var", "GIT_COMMITTER_IDENT"], None).ok().filter(|told| told.ok);
        let known = told.and_then(|told| told.out.trim().rsplit_once('>').map(|(who, _)| format!("{who}>")));
        let plain = |who: &String| who.matches('<').count() == 1 && !who.contains(['\n', '\0']);
        known.filter(plain).unwrap_or_else(|| "wb <wb@localhost>".to_owned())
    }
}

/// The address without a name and password in it.
fn shown(address: &str) -> String {
    match keys::password(address) {
        Some(user) => format!("`{}`", address.replacen(&format!("{user}@"), "", 1)),
        None => format!("`{address}`"),
    }
}

/// A folder that a program can be started in.
fn here(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() { Path::new(".") } else { folder }
}

/// What git said.
struct Told {
    ok: bool,
    out: String,
    wrong: String,
}

fn git(folder: &Path, arguments: &[&str], input: Option<&[u8]>) -> Result<Told, Failure> {
    let program = env::program("git").ok_or_else(|| {
        Failure::new(Exit::Unreachable, "`gh-pages` needs `git`, which is not on the path").hint("install git")
    })?;
    let failed = |error: std::io::Error| Failure::new(Exit::Failed, format!("cannot run `git`: {error}"));
    let mut command = Command::new(program);
    // Nobody is there to type a password, and messages are looked at below.
    command.current_dir(folder).env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
    for name in LEADING {
        command.env_remove(name);
    }
    command.args(["-c", "core.hooksPath=/dev/null", "-c", "gc.auto=0", "-c", "push.gpgSign=false"]).args(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
    let mut child = command.spawn().map_err(failed)?;
    let ended = std::thread::scope(|scope| {
        if let (Some(mut stdin), Some(input)) = (child.stdin.take(), input) {
            // A git that ends early says why on stderr.
            scope.spawn(move || drop(stdin.write_all(input)));
        }
        child.wait_with_output()
    });
    let output = ended.map_err(failed)?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(Told { ok: output.status.success(), out: text(&output.stdout), wrong: text(&output.stderr) })
}

/// A scratch repository.
struct Work {
    folder: Scratch,
    shown: String,
    /// What may not be shown.
    secret: Option<String>,
}

impl Work {
    fn new(address: &str, shown: &str) -> Result<Self, Failure> {
        let folder = disk::scratch().map_err(|error| {
            Failure::new(Exit::Failed, format!("cannot make a folder for temporary files: {error}"))
        })?;
        let work = Self { folder, shown: shown.to_owned(), secret: keys::password(address).map(str::to_owned) };
        work.sure(&["init", "--quiet", "--bare", "."])?;
        // In a file and not in an argument, which every process of this machine could read.
        let config = work.folder.path().join("config");
        let quoted = address.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let mut text = disk::read(&config).unwrap_or_default();
        text.extend_from_slice(format!("[remote \"{REMOTE}\"]\n\turl = \"{quoted}\"\n").as_bytes());
        disk::write_atomic(&config, &text)
            .map_err(|error| Failure::new(Exit::Failed, format!("cannot write `{}`: {error}", config.display())))?;
        Ok(work)
    }

    fn git(&self, arguments: &[&str], input: Option<&[u8]>) -> Result<Told, Failure> {
        let mut told = git(self.folder.path(), arguments, input)?;
        if let Some(secret) = &self.secret {
            told.wrong = told.wrong.replace(&format!("{secret}@"), "");
        }
        Ok(told)
    }

    /// What it says, or that this is not to be expected.
    fn sure(&self, arguments: &[&str]) -> Result<String, Failure> {
        let told = self.git(arguments, None)?;
        if told.ok { Ok(told.out) } else { Err(self.odd(arguments, &told)) }
    }

    fn odd(&self, arguments: &[&str], told: &Told) -> Failure {
        let verb = arguments.first().copied().unwrap_or_default();
        Failure::new(Exit::Failed, format!("`git {verb}` failed: {}", last_line(&told.wrong)))
    }

    fn unreachable(&self, told: &Told) -> Failure {
        let wrong = told.wrong.to_ascii_lowercase();
        let denied = ["authentication failed", "permission denied", "could not read username", "403", "access denied"]
            .iter()
            .any(|sign| wrong.contains(sign));
        let (exit, hint) = match denied {
            true => (Exit::Denied, "git asks nobody for a password here: set up a key or a credential helper"),
            false => (Exit::Unreachable, "`git ls-remote` with this address shows the same"),
        };
        Failure::new(exit, format!("cannot reach {}: {}", self.shown, last_line(&told.wrong))).hint(hint)
    }

    /// The commit at the end of the branch, which is then here as well; none where there is no such branch.
    fn tip(&self, branch: &str) -> Result<Option<String>, Failure> {
        let name = format!("refs/heads/{branch}");
        let told = self.git(&["ls-remote", REMOTE, &name], None)?;
        if !told.ok {
            return Err(self.unreachable(&told));
        }
        if told.out.trim().is_empty() {
            return Ok(None);
        }
        let fetched =
            self.git(&["fetch", "--quiet", "--no-tags", "--depth=1", REMOTE, &format!("+{name}:{TIP}")], None)?;
        if !fetched.ok {
            return Err(self.unreachable(&fetched));
        }
        Ok(Some(self.sure(&["rev-parse", TIP])?.trim().to_owned()))
    }

    /// A commit with the files on top of the tip.
    fn commit(
        &self,
        tip: Option<&str>,
        files: &Files,
        note: &str,
        author: &str,
    ) -> Result<(String, Vec<Change>), Failure> {
        let before: BTreeSet<String> = match tip {
            Some(_) => {
                let told = self.git(&["cat-file", "blob", &format!("{TIP}:{MARK}")], None)?;
                if told.ok { marked(&told.out) } else { BTreeSet::new() }
            }
            None => BTreeSet::new(),
        };
        let mut stream = head(author, note, tip);
        for path in before.iter().filter(|path| !files.contains_key(*path)) {
            stream.extend_from_slice(format!("D {}\n", quoted(path)).as_bytes());
        }
        let list = mark(files);
        for (path, bytes) in files.iter().map(|(path, bytes)| (path.as_str(), bytes)).chain([(MARK, &list)]) {
            stream.extend_from_slice(format!("M 100644 inline {}\ndata {}\n", quoted(path), bytes.len()).as_bytes());
            stream.extend_from_slice(bytes);
            stream.push(b'\n');
        }
        self.import(&stream, tip)
    }

    /// A commit with the tree of an earlier one.
    fn before(
        &self,
        tip: Option<&str>,
        to: Option<&str>,
        branch: &Branch<'_>,
        author: &str,
    ) -> Result<(String, Vec<Change>), Failure> {
        let nothing = || {
            let message =
                format!("there is nothing before what is on the branch `{}` of {}", branch.branch, self.shown);
            Failure::new(Exit::NotFound, message)
        };
        let Some(tip) = tip else { return Err(nothing()) };
        let name = format!("refs/heads/{}", branch.branch);
        // A repository that is whole already has nothing to unshallow.
        let shallow = self.sure(&["rev-parse", "--is-shallow-repository"])?.trim() == "true";
        let mut fetch = vec!["fetch", "--quiet", "--no-tags"];
        fetch.extend(shallow.then_some("--unshallow"));
        let whole = format!("+{name}:{TIP}");
        fetch.extend([REMOTE, whole.as_str()]);
        let fetched = self.git(&fetch, None)?;
        if !fetched.ok {
            return Err(self.unreachable(&fetched));
        }
        let target = match to {
            Some(to) => {
                self.git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{to}^{{commit}}")], None)?
            }
            None => {
                // After a rollback the next one goes further back, not forth again.
                let message = self.sure(&["log", "-1", "--format=%B", tip])?;
                let start = message.lines().find_map(|line| line.strip_prefix(BACK)).map_or(tip, str::trim).to_owned();
                self.git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{start}^1")], None)?
            }
        };
        let found = target.out.trim().to_owned();
        let known = target.ok && self.git(&["merge-base", "--is-ancestor", &found, tip], None)?.ok;
        if !known {
            return Err(match to {
                Some(to) => {
                    Failure::new(Exit::NotFound, format!("the branch `{}` has no commit `{to}`", branch.branch))
                        .hint("`git log` of the branch lists them")
                }
                None => nothing(),
            });
        }
        let tree = self.sure(&["rev-parse", &format!("{found}^{{tree}}")])?;
        let mut stream = head(author, &format!("wb publish: back to {}\n\n{BACK} {found}", short(&found)), Some(tip));
        stream.extend_from_slice(format!("M 040000 {} \"\"\n", tree.trim()).as_bytes());
        self.import(&stream, Some(tip))
    }

    fn import(&self, stream: &[u8], tip: Option<&str>) -> Result<(String, Vec<Change>), Failure> {
        let arguments = ["fast-import", "--quiet", "--date-format=raw"];
        let told = self.git(&arguments, Some(stream))?;
        if !told.ok {
            return Err(self.odd(&arguments, &told));
        }
        let commit = self.sure(&["rev-parse", MADE])?.trim().to_owned();
        let changes = self.changes(tip, &commit)?;
        Ok((commit, changes))
    }

    /// What differs between two commits; everything is added to none.
    fn changes(&self, tip: Option<&str>, commit: &str) -> Result<Vec<Change>, Failure> {
        let (before, after) = (tip.map_or(Ok(BTreeMap::new()), |tip| self.tree(tip))?, self.tree(commit)?);
        let mut changes = Vec::new();
        for (path, (id, bytes)) in &after {
            let what = match before.get(path) {
                None => What::Added,
                Some((other, _)) if other == id => continue,
                Some(_) => What::Changed,
            };
            changes.push(Change { path: path.clone(), what, bytes: *bytes });
        }
        let gone = before.iter().filter(|(path, _)| !after.contains_key(*path));
        changes.extend(gone.map(|(path, (_, bytes))| Change {
            path: path.clone(),
            what: What::Removed,
            bytes: *bytes,
        }));
        changes.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(changes)
    }

    /// The files of a commit with their ids and sizes.
    fn tree(&self, commit: &str) -> Result<BTreeMap<String, (String, u64)>, Failure> {
        let list = self.sure(&["ls-tree", "-r", "-l", "-z", commit])?;
        let entry = |entry: &str| {
            let (about, path) = entry.split_once('\t')?;
            let mut words = about.split_whitespace().skip(2);
            Some((path.to_owned(), (words.next()?.to_owned(), words.next()?.parse().unwrap_or(0))))
        };
        Ok(list.split('\0').filter_map(entry).collect())
    }

    /// Pushes; false when the branch is not any more what it was.
    fn push(&self, commit: &str, branch: &str) -> Result<bool, Failure> {
        let told = self.git(&["push", "--quiet", REMOTE, &format!("{commit}:refs/heads/{branch}")], None)?;
        let late = ["non-fast-forward", "fetch first", "stale info", "cannot lock ref", "failed to update ref"];
        match told.ok {
            true => Ok(true),
            false if late.iter().any(|sign| told.wrong.contains(sign)) => Ok(false),
            false if told.wrong.contains("rejected") || told.wrong.contains("declined") => {
                let message = format!("{} does not take the commit: {}", self.shown, rejection(&told.wrong));
                Err(Failure::new(Exit::Denied, message)
                    .hint("the repository has a rule against it, such as a protected branch"))
            }
            false => Err(self.unreachable(&told)),
        }
    }
}

/// The beginning of a stream for `git fast-import`.
fn head(author: &str, message: &str, tip: Option<&str>) -> Vec<u8> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let from = tip.map(|tip| format!("from {tip}\n")).unwrap_or_default();
    format!("commit {MADE}\ncommitter {author} {now} +0000\ndata {}\n{message}\n{from}", message.len()).into_bytes()
}

/// A path as `git fast-import` reads it.
fn quoted(path: &str) -> String {
    format!("\"{}\"", path.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

fn last_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let telling: Vec<&str> = lines.filter(|line| !line.starts_with("hint:")).collect();
    let fatal = telling
        .iter()
        .rev()
        .find(|line| line.starts_with("fatal:") || line.starts_with("error:") || line.starts_with("remote:"));
    fatal.or(telling.last()).map_or("it does not say why".to_owned(), |line| {
        line.trim_start_matches("fatal: ").trim_start_matches("error: ").to_owned()
    })
}

fn rejection(text: &str) -> String {
    let line = text.lines().find(|line| line.contains("rejected") || line.contains("declined"));
    line.map_or_else(|| last_line(text), |line| line.trim_start_matches(['!', ' ']).trim().to_owned())
}

fn short(commit: &str) -> &str {
    commit.get(..12).unwrap_or(commit)
}

/// The files that GitHub's pages want besides: no Jekyll, and the host.
pub(super) fn extras(domain: Option<&str>) -> Vec<(String, bytes::Bytes)> {
    let mut files = vec![(".nojekyll".to_owned(), bytes::Bytes::new())];
    files.extend(domain.map(|domain| ("CNAME".to_owned(), bytes::Bytes::from(format!("{domain}\n")))));
    files
}
