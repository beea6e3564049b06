//! The process around us: its environment variables, its working directory and its terminal.
//!
//! The only file that reads the environment, so that this page lists everything outside the command line that can
//! change what `wb` does.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where the content-addressed cache lives, in place of `wb` in the user's cache directory.
pub const WB_CACHE_DIR: &str = "WB_CACHE_DIR";

/// How much the cache may hold, such as `500MiB`; 2 GiB where it is not set.
pub const WB_CACHE_SIZE: &str = "WB_CACHE_SIZE";

/// The user's cache directory; `~/.cache` where it is not set.
pub const XDG_CACHE_HOME: &str = "XDG_CACHE_HOME";

/// The user's configuration directory; `~/.config` where it is not set. `wb/policy` and `wb/secrets/` are in it.
pub const XDG_CONFIG_HOME: &str = "XDG_CONFIG_HOME";

/// The home directory.
pub const HOME: &str = "HOME";

/// Set to anything: no colour, unless `--color always` says otherwise. See <https://no-color.org>.
pub const NO_COLOR: &str = "NO_COLOR";

/// Set to anything but `0`: colour even where the output is no terminal.
pub const CLICOLOR_FORCE: &str = "CLICOLOR_FORCE";

/// The terminal's kind; `dumb` has no colour.
pub const TERM: &str = "TERM";

/// The terminal's width in columns, where a shell exports it.
pub const COLUMNS: &str = "COLUMNS";

/// What to tell on stderr about the work itself: `off` (default), `info` or `debug`.
pub const WB_LOG: &str = "WB_LOG";

/// Seconds after which a call of the kernel is given up, in place of the usual deadline.
pub const WB_KERNEL_TIMEOUT: &str = "WB_KERNEL_TIMEOUT";

/// Seconds after which a compilation to machine code is given up, in place of the usual deadline.
pub const WB_COMPILE_TIMEOUT: &str = "WB_COMPILE_TIMEOUT";

/// Set to anything but `0`: nothing is downloaded, as with `--offline`.
pub const WB_OFFLINE: &str = "WB_OFFLINE";

/// The npm registry to download from, in place of <https://registry.npmjs.org>.
pub const NPM_CONFIG_REGISTRY: &str = "npm_config_registry";

/// The Python package index to download from, in place of <https://files.pythonhosted.org>.
pub const PIP_INDEX_URL: &str = "PIP_INDEX_URL";

/// The proxy for downloads.
pub const HTTPS_PROXY: &str = "HTTPS_PROXY";

/// A file of registries' credentials, as `podman login` writes it.
pub const REGISTRY_AUTH_FILE: &str = "REGISTRY_AUTH_FILE";

/// The directory of docker's `config.json`, in which `docker login` keeps credentials.
pub const DOCKER_CONFIG: &str = "DOCKER_CONFIG";

/// A file of certificates of authorities, in place of the system's.
pub const SSL_CERT_FILE: &str = "SSL_CERT_FILE";

/// The port that `wb serve` listens on, where the command line does not say.
pub const PORT: &str = "PORT";

/// The port of the public plane, where the command line does not say.
pub const PUBLIC_PORT: &str = "PUBLIC_PORT";

/// The key that signs: 32 bytes in base64 or hexadecimal.
pub const WB_SIGNING_KEY: &str = "WB_SIGNING_KEY";

/// The token for a server that is published to.
pub const WB_TOKEN: &str = "WB_TOKEN";

/// Where a server keeps its data, in place of `wb` in the user's data directory.
pub const WB_DATA: &str = "WB_DATA";

/// The user's data directory; `~/.local/share` where it is not set.
pub const XDG_DATA_HOME: &str = "XDG_DATA_HOME";

/// Every variable with one line about it, for `wb doctor` and the manual.
pub const ALL: &[(&str, &str)] = &[
    (WB_CACHE_DIR, "where the cache lives"),
    (WB_CACHE_SIZE, "how much the cache may hold, such as 500MiB"),
    (XDG_CACHE_HOME, "the user's cache directory, when WB_CACHE_DIR is not set"),
    (XDG_CONFIG_HOME, "the user's configuration directory: the policy and secrets of wb are in its folder `wb`"),
    (HOME, "the home directory"),
    (NO_COLOR, "set: no colour"),
    (CLICOLOR_FORCE, "set: colour even without a terminal"),
    (TERM, "the terminal's kind"),
    (COLUMNS, "the terminal's width"),
    (WB_LOG, "off, info or debug: talk about the work on stderr"),
    (WB_KERNEL_TIMEOUT, "seconds a call of the kernel may take"),
    (WB_COMPILE_TIMEOUT, "seconds that compiling one component may take"),
    (WB_OFFLINE, "set: download nothing, as with --offline"),
    (NPM_CONFIG_REGISTRY, "the npm registry to download from"),
    (PIP_INDEX_URL, "the Python package index to download from"),
    (HTTPS_PROXY, "the proxy for downloads"),
    (REGISTRY_AUTH_FILE, "credentials of registries, as podman keeps them"),
    (DOCKER_CONFIG, "the directory of docker's credentials, when REGISTRY_AUTH_FILE is not set"),
    (SSL_CERT_FILE, "certificates of authorities, in place of the system's"),
    (PORT, "the port that wb serve listens on"),
    (PUBLIC_PORT, "the port of the public plane of wb serve"),
    (WB_TOKEN, "the token for a server that is published to"),
    (WB_DATA, "where a server keeps its data"),
    (WB_SIGNING_KEY, "the key that signs pages and bundles, in place of `signing.key` in the data folder"),
    (XDG_DATA_HOME, "the user's data directory, when WB_DATA is not set"),
];

/// How much to tell about the work itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Log {
    /// Nothing.
    #[default]
    Off,
    /// One line per notable step.
    Info,
    /// Everything.
    Debug,
}

/// The value of a variable of [`ALL`] when it is set and not empty. Unset and empty mean the same to `wb`.
#[must_use]
pub fn get(name: &'static str) -> Option<String> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(|value| value.to_string_lossy().into_owned())
}

fn path(name: &'static str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// The directory of the cache, or nothing on a machine without a home.
#[must_use]
pub fn cache_directory() -> Option<PathBuf> {
    if let Some(directory) = path(WB_CACHE_DIR) {
        return Some(directory);
    }
    // A relative value is to be ignored, says the XDG specification.
    let user = path(XDG_CACHE_HOME).filter(|directory| directory.is_absolute());
    user.or_else(|| Some(std::env::home_dir()?.join(".cache"))).map(|directory| directory.join("wb"))
}

/// The directory of a server's data, or nothing on a machine without a home.
#[must_use]
pub fn data_directory() -> Option<PathBuf> {
    if let Some(directory) = path(WB_DATA) {
        return Some(directory);
    }
    let user = path(XDG_DATA_HOME).filter(|directory| directory.is_absolute());
    user.or_else(|| Some(std::env::home_dir()?.join(".local/share"))).map(|directory| directory.join("wb"))
}

/// The value of [`WB_CACHE_SIZE`] in bytes, where it is a size.
#[must_use]
pub fn cache_size() -> Option<u64> {
    crate::units::size(&get(WB_CACHE_SIZE)?).ok()
}

/// The value of a secret, `WB_SECRET_<name>`. No component can be granted such a variable as `env:`.
#[must_use]
pub fn secret(name: &str) -> Option<String> {
    std::env::var(format!("WB_SECRET_{name}")).ok()
}

/// The directory of the user's own settings for wb, or nothing on a machine without a home.
#[must_use]
pub fn config_directory() -> Option<PathBuf> {
    let user = path(XDG_CONFIG_HOME).filter(|directory| directory.is_absolute());
    user.or_else(|| Some(std::env::home_dir()?.join(".config"))).map(|directory| directory.join("wb"))
}

/// The file with credentials of registries: podman's where it is named, else docker's.
#[must_use]
pub fn registry_credentials() -> Option<PathBuf> {
    let docker = || path(DOCKER_CONFIG).or_else(|| Some(std::env::home_dir()?.join(".docker")));
    path(REGISTRY_AUTH_FILE).or_else(|| Some(docker()?.join("config.json")))
}

/// Whether somebody is there to answer a question: what is typed and what is said both go to a terminal.
#[must_use]
pub fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// The value of [`WB_LOG`].
#[must_use]
pub fn log() -> Log {
    match get(WB_LOG).as_deref() {
        None | Some("off" | "0") => Log::Off,
        Some("debug" | "trace") => Log::Debug,
        Some(_) => Log::Info,
    }
}

/// The value of [`WB_KERNEL_TIMEOUT`], where it is a number of seconds.
#[must_use]
pub fn kernel_timeout() -> Option<Duration> {
    seconds(WB_KERNEL_TIMEOUT)
}

/// The value of [`WB_COMPILE_TIMEOUT`], where it is a number of seconds.
#[must_use]
pub fn compile_timeout() -> Option<Duration> {
    seconds(WB_COMPILE_TIMEOUT)
}

fn seconds(name: &'static str) -> Option<Duration> {
    let seconds: f64 = get(name)?.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// Whether [`WB_OFFLINE`] forbids downloads.
#[must_use]
pub fn offline() -> bool {
    get(WB_OFFLINE).is_some_and(|value| value != "0")
}

/// Whether standard output should be coloured when the user did not say.
#[must_use]
pub fn colour_stdout() -> bool {
    colour(io::stdout().is_terminal())
}

/// Whether standard error should be coloured when the user did not say.
#[must_use]
pub fn colour_stderr() -> bool {
    colour(io::stderr().is_terminal())
}

fn colour(terminal: bool) -> bool {
    if get(NO_COLOR).is_some() {
        return false;
    }
    if get(CLICOLOR_FORCE).is_some_and(|value| value != "0") {
        return true;
    }
    terminal && get(TERM).as_deref() != Some("dumb")
}

/// Whether standard input is a terminal, where nothing comes from unless somebody types it.
#[must_use]
pub fn is_stdin_terminal() -> bool {
    io::stdin().is_terminal()
}

/// Whether a person is looking at standard output.
#[must_use]
pub fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Whether a person is looking at standard error.
#[must_use]
pub fn is_talk_on_terminal() -> bool {
    io::stderr().is_terminal()
}

/// Columns to draw in. Fixed where nobody looks, so that golden files and logs do not depend on a window.
#[must_use]
pub fn columns() -> usize {
    let exported = || get(COLUMNS)?.parse().ok().filter(|columns| (40..=400).contains(columns));
    if is_terminal() { exported().unwrap_or(100) } else { 120 }
}

/// Makes `directory` the one that relative paths start from (`-C`).
///
/// # Errors
///
/// When it is not there, not a directory, or not ours to enter.
pub fn enter(directory: &Path) -> io::Result<()> {
    std::env::set_current_dir(directory)
}
/// The system's folder for temporary files (`TMPDIR`, else `/tmp`).
#[must_use]
pub fn temporary_directory() -> PathBuf {
    std::env::temp_dir()
}

/// The file that a command of this name would start.
#[must_use]
pub fn program(name: &str) -> Option<PathBuf> {
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(&file)).find(|path| path.is_file())
}

/// What decides which toolchain rustup's `rustc` is, apart from the folder it is called in: the variable that names one,
/// and the file that holds the default.
#[must_use]
pub fn rustup() -> (Option<String>, PathBuf) {
    let home = std::env::var_os("RUSTUP_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(std::env::home_dir()?.join(".rustup"))).unwrap_or_default();
    (std::env::var("RUSTUP_TOOLCHAIN").ok(), home.join("settings.toml"))
}

/// What a server's operator is known by, and what opens its stores: no component gets these, whatever a rule such as `env:*` says.
const OPERATORS: [&str; 7] = [
    "WB_PUBLIC_BEARER",
    "WB_TOKEN",
    "WB_MASTER_KEY",
    "WB_DATABASE_URL",
    "WB_S3_SECRET_ACCESS_KEY",
    "WB_S3_SESSION_TOKEN",
    WB_SIGNING_KEY,
];

/// A variable that a component was granted by name, for that component.
#[must_use]
pub fn granted(name: &str) -> Option<String> {
    if OPERATORS.contains(&name) {
        return None;
    }
    std::env::var(name).ok()
}

/// Date and time of the wall clock here, `YYYY-MM-DDTHH:MM`.
#[must_use]
pub fn local_time() -> String {
    local_time_of(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs()))
}

/// A time in seconds since 1970 as date and time of the wall clock here, `YYYY-MM-DDTHH:MM`.
#[must_use]
pub fn local_time_of(seconds: u64) -> String {
    civil(i64::try_from(seconds).unwrap_or(0) + offset(seconds))
}

/// The time as `YYYY-MM-DDTHH:MM:SSZ` (RFC 3339).
#[must_use]
pub fn utc_time() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    format!("{}:{:02}Z", civil(i64::try_from(now).unwrap_or(0)), now % 60)
}

/// Seconds that the local time is ahead of UTC.
#[cfg(unix)]
fn offset(now: u64) -> i64 {
    let Ok(now) = libc::time_t::try_from(now) else { return 0 };
    let mut parts = std::mem::MaybeUninit::<libc::tm>::zeroed();
    // SAFETY: both pointers are to locals that live through the call; `localtime_r` writes to the second alone, and all
    // zeros, which stay where it fails, are a valid `tm`.
    let parts = unsafe {
        libc::localtime_r(&raw const now, parts.as_mut_ptr());
        parts.assume_init()
    };
    parts.tm_gmtoff
}

#[cfg(not(unix))]
fn offset(_: u64) -> i64 {
    0
}

fn civil(seconds: i64) -> String {
    let (days, minutes) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400) / 60);
    // Days from the first of March of the year 0, in eras of 400 years.
    let z = days + 719_468;
    let (era, of_era) = (z.div_euclid(146_097), z.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let year = year + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}", minutes / 60, minutes % 60)
}
