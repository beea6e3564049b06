//! What was granted, read from the lines that the composer wrote, and what it means for a path, a name or a host.
//!
//! The composer (`composer/src/wire/attenuate.rs`) writes these lines from rights that were parsed before. Whatever is not
//! understood here grants nothing.

/// A folder that was granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Folder<'a> {
    /// Relative to the workbook's folder; `.` is that folder itself.
    pub path: &'a str,
    /// Whether it may be changed.
    pub write: bool,
}

/// The folders of lines `read PATH` and `write PATH`.
pub fn folders(policy: &str) -> impl Iterator<Item = Folder<'_>> {
    policy.lines().filter_map(|line| match line.split_once(' ')? {
        ("read", path) => Some(Folder { path, write: false }),
        ("write", path) => Some(Folder { path, write: true }),
        _ => None,
    })
}

/// The names of lines with a name each.
pub fn names(policy: &str) -> impl Iterator<Item = &str> {
    policy.lines().filter(|line| !line.is_empty())
}

/// The segments of a path, without `.`; `None` where one is `..`.
fn segments(path: &str) -> Option<Vec<&str>> {
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty() && *segment != ".").collect();
    (!segments.contains(&"..")).then_some(segments)
}

/// Where a folder is below one that the host gives: which, and the rest of the path (`.` when it is the same). The
/// nearest counts. A host that gives `/` gives the folder that paths begin in.
pub fn below<'a>(hosts: impl Iterator<Item = &'a str>, folder: &str) -> Option<(usize, String)> {
    let wanted = segments(folder)?;
    let near = |(index, host): (usize, &str)| {
        let host = segments(host)?;
        wanted.starts_with(&host).then_some((host.len(), index))
    };
    let (depth, index) = hosts.enumerate().filter_map(near).max_by_key(|(depth, _)| *depth)?;
    let rest = wanted[depth..].join("/");
    Some((index, if rest.is_empty() { ".".to_owned() } else { rest }))
}

/// Whether a path stays in the folder it is relative to, as it is written. Links are the host's to confine.
pub fn inside(path: &str) -> bool {
    let mut depth = 0i32;
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => depth -= 1,
            _ => depth += 1,
        }
        if depth < 0 {
            return false;
        }
    }
    !path.starts_with('/') && !path.contains(['\\', '\0'])
}

/// Whether a link may be made to say this: nothing that could lead out of any folder.
pub fn linkable(target: &str) -> bool {
    inside(target) && !target.split('/').any(|segment| segment == "..")
}

/// Whether a request may go to `authority` (`host`, `host:port`), by lines `https HOST PORT` and `http HOST PORT`. A host
/// is a name, an address (IPv6 in brackets), `*.NAME` for all below it, or `*`; a port may be `*`.
pub fn reaches(policy: &str, tls: bool, authority: &str) -> bool {
    let Some((host, port)) = endpoint(authority, tls) else { return false };
    policy.lines().any(|line| {
        let mut words = line.split(' ');
        let (Some(scheme), Some(name), Some(ports), None) = (words.next(), words.next(), words.next(), words.next())
        else {
            return false;
        };
        let same_port = ports == "*" || ports.parse() == Ok(port);
        let same_host = match name.strip_prefix("*.") {
            Some(below) => host.strip_suffix(below).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')),
            None => name == "*" || name == host,
        };
        scheme == (if tls { "https" } else { "http" }) && same_port && same_host
    })
}

/// Host, in small letters and without the dot at its end, and port of an authority. `None` for what is no plain one.
fn endpoint(authority: &str, tls: bool) -> Option<(String, u16)> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
    if authority.is_empty() || !authority.chars().all(plain) {
        return None;
    }
    let end = authority.rfind(']').map_or(0, |end| end + 1);
    let (host, port) = match authority[end..].find(':') {
        Some(colon) => (&authority[..end + colon], authority[end + colon + 1..].parse().ok()?),
        None => (authority, if tls { 443 } else { 80 }),
    };
    // Of names with a bracket only `[…]` is left, and of those with a colon only that.
    let bracketed = host.starts_with('[') && host.ends_with(']');
    if host.is_empty() || (!bracketed && host.contains(['[', ']', ':'])) {
        return None;
    }
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    Some((host, port))
}

#[cfg(test)]
mod tests {
    use super::{below, folders, inside, linkable, reaches};

    #[test]
    fn a_folder_is_found_below_what_the_host_gives() {
        let found = |hosts: &[&str], folder| below(hosts.iter().copied(), folder);
        assert_eq!(found(&["."], "data"), Some((0, "data".into())));
        assert_eq!(found(&["/"], "data/raw"), Some((0, "data/raw".into())));
        assert_eq!(found(&["data"], "data"), Some((0, ".".into())));
        assert_eq!(found(&[".", "./data/", "data/raw/deep"], "data/raw"), Some((1, "raw".into())));
        for hosts in [&["database"][..], &["data/raw"], &["../data"], &["out"], &[]] {
            assert_eq!(found(hosts, "data"), None, "{hosts:?}");
        }
        assert_eq!(found(&["."], "../x"), None);
    }

    #[test]
    fn paths_that_leave_are_seen() {
        for path in ["x", "a/b", "a/../b", "./x", "", "."] {
            assert!(inside(path), "{path}");
        }
        for path in ["..", "../x", "a/../../x", "/etc", "a\\..\\..\\x", "a/\0"] {
            assert!(!inside(path), "{path}");
        }
        assert!(linkable("a/b") && !linkable("a/../b") && !linkable("/etc"));
    }

    #[test]
    fn what_is_not_understood_grants_nothing() {
        assert_eq!(folders("read data\nall .\n\nwrite").count(), 1);
        assert!(!reaches("ftp x 1\nhttps x\nhttps x 443 more", true, "x"));
    }

    #[test]
    fn requests_go_where_they_may() {
        let policy = "https api.example.com 443\nhttps *.below.example 8443\nhttp localhost *\nhttps [::1] 443";
        for (tls, authority, expect) in [
            (true, "api.example.com", true),
            (true, "API.example.com.:443", true),
            (true, "api.example.com:8443", false),
            (false, "api.example.com", false),
            (true, "evil.com", false),
            (true, "api.example.com@evil.com", false),
            (true, "api.example.com.evil.com", false),
            (true, "a.b.below.example:8443", true),
            (true, "below.example:8443", false),
            (true, ".below.example:8443", false),
            (true, "evilbelow.example:8443", false),
            (false, "localhost:1", true),
            (false, "localhost:99999", false),
            (true, "[::1]", true),
            (true, "[::1]:443", true),
            (true, "::1", false),
            (true, "", false),
        ] {
            assert_eq!(reaches(policy, tls, authority), expect, "{tls} {authority}");
        }
        assert!(reaches("https * *", true, "x:1"));
    }
}
