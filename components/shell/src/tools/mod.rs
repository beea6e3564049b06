//! The tools: what are programs elsewhere. Each is a function over its input, output and files.

mod awk;
mod checksum;
mod compare;
mod context;
mod date;
mod encode;
mod files;
mod find;
mod grep;
mod join;
mod jq;
mod lines;
mod list;
mod output;
pub(crate) mod printf;
mod run;
mod sed;
mod sort;
mod text;
mod tr;

pub(crate) use context::Cx;
pub(crate) use printf::format;

use crate::io::Boxed;
use crate::run::Shell;
use crate::{Done, Stop};

/// A tool's function.
pub(crate) type Tool = for<'a, 's> fn(&'a mut Cx<'s>) -> Boxed<'a, Done>;

macro_rules! tools {
    ($($name:literal => $function:path,)*) => {
        const TOOLS: &[(&str, Tool)] = &[$(($name, |cx| Box::pin($function(cx)))),*];
    };
}

tools! {
    "awk" => awk::awk,
    "base64" => encode::base64,
    "basename" => output::basename,
    "cat" => text::cat,
    "cmp" => compare::cmp,
    "comm" => join::comm,
    "cp" => files::cp,
    "cut" => text::cut,
    "date" => date::date,
    "diff" => compare::diff,
    "dirname" => output::dirname,
    "du" => list::du,
    "echo" => output::echo,
    "egrep" => grep::egrep,
    "env" => run::env,
    "expand" => lines::expand,
    "expr" => output::expr,
    "false" => output::no,
    "fgrep" => grep::fgrep,
    "find" => find::find,
    "fold" => lines::fold,
    "gawk" => awk::awk,
    "grep" => grep::grep,
    "head" => text::head,
    "hexdump" => encode::hexdump,
    "install" => files::install,
    "join" => join::join,
    "jq" => jq::jq,
    "ls" => list::ls,
    "mawk" => awk::awk,
    "md5sum" => checksum::md5sum,
    "mkdir" => files::mkdir,
    "mktemp" => files::mktemp,
    "mv" => files::mv,
    "nl" => lines::nl,
    "od" => encode::od,
    "paste" => join::paste,
    "printenv" => run::printenv,
    "printf" => printf::printf,
    "realpath" => output::realpath,
    "rev" => lines::rev,
    "rm" => files::rm,
    "rmdir" => files::rmdir,
    "sed" => sed::sed,
    "seq" => output::seq,
    "sha1sum" => checksum::sha1sum,
    "sha256sum" => checksum::sha256sum,
    "shuf" => sort::shuf,
    "sleep" => run::sleep,
    "sort" => sort::sort,
    "stat" => list::stat,
    "tac" => lines::tac,
    "tail" => text::tail,
    "tee" => text::tee,
    "time" => run::time,
    "timeout" => run::timeout,
    "touch" => files::touch,
    "tr" => tr::tr,
    "true" => output::yes_status,
    "unexpand" => lines::unexpand,
    "uniq" => sort::uniq,
    "wc" => text::wc,
    "which" => run::which,
    "xargs" => run::xargs,
    "xxd" => encode::xxd,
    "yes" => output::yes,
}

/// A tool by its name; a path to where programs are elsewhere is accepted.
pub(crate) fn find(name: &str) -> Option<Tool> {
    let name = ["/bin/", "/usr/bin/"].iter().find_map(|folder| name.strip_prefix(folder)).unwrap_or(name);
    let index = TOOLS.binary_search_by(|(own, _)| (*own).cmp(name)).ok()?;
    TOOLS.get(index).map(|(_, tool)| *tool)
}

/// The names of all tools.
pub(crate) fn names() -> Vec<&'static str> {
    TOOLS.iter().map(|(name, _)| *name).collect()
}

/// Runs a tool.
pub(crate) async fn run(tool: Tool, shell: &mut Shell, words: Vec<String>) -> Done {
    let mut cx = Cx::new(shell, words);
    match tool(&mut cx).await {
        Err(Stop::Error(2, message)) if !MISUSE_IS_TWO.contains(&cx.name.as_str()) => Err(Stop::Error(1, message)),
        other => other,
    }
}

/// Tools whose status is 2 where they are used wrongly. That of the others is 1.
const MISUSE_IS_TWO: &[&str] =
    &["awk", "cmp", "diff", "egrep", "expr", "fgrep", "gawk", "grep", "jq", "ls", "mawk", "printenv", "printf", "sort"];

/// The message for a command that does not exist, with what to do.
pub(crate) fn missing(name: &str) -> String {
    let shown = crate::numbers::clip(name, 60);
    let why = match name {
        "curl" | "wget" | "ssh" | "nc" | "ping" => "there is no network in this shell; take the data as an input",
        "sh" | "bash" | "dash" | "zsh" => "this shell starts no other; use `eval`, `.` or a function",
        "python" | "python3" | "node" | "perl" | "ruby" => {
            "only this shell's tools exist; write a block in that language"
        }
        "ps" | "top" | "kill" | "nohup" => "there are no processes in this shell",
        "sudo" | "su" | "chmod" | "chown" | "ln" => "files have no owners, permissions or links in this shell",
        "gzip" | "tar" | "zip" | "unzip" | "bzip2" | "xz" => "archives cannot be read in this shell",
        _ => "`help` lists what there is",
    };
    format!("{shown}: command not found; {why}")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_table_is_sorted() {
        assert!(super::TOOLS.is_sorted_by_key(|(name, _)| *name));
    }
}
