//! Commands that change the shell itself. What only reads and writes is a tool.

use std::rc::Rc;

use super::Shell;
use crate::{Done, Stop, fail, tools, usage};

/// Commands of the shell, for `type` and `help`.
pub(crate) const NAMES: &[&str] = &[
    ".",
    ":",
    "[",
    "alias",
    "break",
    "builtin",
    "cd",
    "command",
    "continue",
    "declare",
    "eval",
    "exec",
    "exit",
    "export",
    "getopts",
    "hash",
    "help",
    "let",
    "local",
    "mapfile",
    "printf",
    "pwd",
    "read",
    "readarray",
    "readonly",
    "return",
    "set",
    "shift",
    "shopt",
    "source",
    "test",
    "times",
    "trap",
    "type",
    "typeset",
    "umask",
    "unset",
    "wait",
];

impl Shell {
    /// Runs a command of the shell; none where there is no such command.
    pub(super) async fn builtin(&mut self, name: &str, words: &[String]) -> Option<Done> {
        let args = &words[1.min(words.len())..];
        let result = match name {
            ":" | "hash" | "wait" | "times" => Ok(0),
            "[" | "test" => self.test(words),
            "cd" => self.cd(args).await,
            "pwd" => self.say(&format!("{}\n", self.cwd)).await,
            "exit" => self.exit(args),
            "return" => self.status_argument(args).and_then(|status| Err(Stop::Return(status))),
            "break" | "continue" => self.leave_loop(name, args),
            "shift" => self.shift(args),
            "export" | "readonly" | "local" | "declare" | "typeset" => self.declare(name, args).await,
            "unset" => self.unset_all(args),
            "set" => self.set_options(args).await,
            "shopt" => self.shopt(args),
            "eval" => self.evaluate(&args.join(" ")).await,
            "." | "source" => self.source(args).await,
            "exec" => self.exec(args).await,
            "command" | "builtin" => self.command_word(args).await,
            "type" => self.types(args).await,
            "trap" => self.trap(args).await,
            "read" => self.read(args).await,
            "mapfile" | "readarray" => self.mapfile(args).await,
            "getopts" => self.getopts(args),
            "let" => self.let_(args),
            "printf" if args.first().is_some_and(|arg| arg == "-v") => self.printf_variable(args),
            "umask" => self.say("0022\n").await,
            "help" => self.help().await,
            "alias" | "unalias" => usage("aliases do not exist here; write a function"),
            "bg" | "fg" | "jobs" | "kill" | "ulimit" => fail("there are no processes here"),
            _ => return None,
        };
        Some(match result {
            Err(Stop::Error(status, message)) => {
                self.complain(&format!("{name}: {message}")).await;
                Ok(status)
            }
            other => other,
        })
    }

    pub(crate) async fn say(&self, text: &str) -> Done {
        self.stdout().write(text.as_bytes()).await?;
        Ok(0)
    }

    async fn cd(&mut self, args: &[String]) -> Done {
        let args: Vec<&String> = args.iter().filter(|arg| !matches!(arg.as_str(), "-L" | "-P" | "--")).collect();
        let (target, show) = match args.first().map(|arg| arg.as_str()) {
            None => (self.get("HOME").unwrap_or_default(), false),
            Some("-") => (self.get("OLDPWD").unwrap_or_default(), true),
            Some(target) => (target.to_owned(), false),
        };
        let path = self.path(&target);
        match self.common.files.stat(&path, true) {
            Ok(stat) if stat.folder => {}
            Ok(_) => return fail(format!("{target}: Not a directory")),
            Err(error) => return fail(format!("{target}: {error}")),
        }
        let old = std::mem::replace(&mut self.cwd, path.clone());
        self.set("OLDPWD", old)?;
        self.set("PWD", path.clone())?;
        if show { self.say(&format!("{path}\n")).await } else { Ok(0) }
    }

    fn status_argument(&self, args: &[String]) -> Done {
        match args.first() {
            None => Ok(self.status),
            Some(text) => match text.parse::<i64>() {
                Ok(status) => Ok((status & 255) as i32),
                Err(_) => Err(Stop::Fatal(format!("{text}: numeric argument required"))),
            },
        }
    }

    fn exit(&mut self, args: &[String]) -> Done {
        let status = self.status_argument(args)?;
        self.failed_line = self.line;
        Err(Stop::Exit(status))
    }

    fn leave_loop(&self, name: &str, args: &[String]) -> Done {
        let levels = match args.first() {
            None => 1,
            Some(text) => text
                .parse()
                .ok()
                .filter(|levels| *levels > 0)
                .ok_or_else(|| Stop::Error(1, format!("{text}: is no number of loops")))?,
        };
        if self.loops == 0 {
            return Ok(0);
        }
        let levels = levels.min(self.loops);
        Err(if name == "break" { Stop::Break(levels) } else { Stop::Continue(levels) })
    }

    fn shift(&mut self, args: &[String]) -> Done {
        let count = match args.first() {
            None => 1,
            Some(text) => text.parse::<usize>().map_err(|_| Stop::Error(1, format!("{text}: is no number")))?,
        };
        if count > self.parameters.len() {
            return Err(Stop::Error(1, "there are not so many parameters".to_owned()));
        }
        Rc::make_mut(&mut self.parameters).drain(..count);
        Ok(0)
    }

    fn unset_all(&mut self, args: &[String]) -> Done {
        let mut functions = false;
        for arg in args {
            match arg.as_str() {
                "-f" => functions = true,
                "-v" | "-n" => functions = false,
                name if functions => self.undefine(name),
                name if !self.variables.contains_key(name.split('[').next().unwrap_or(name)) => self.undefine(name),
                name => self.unset(name)?,
            }
        }
        Ok(0)
    }

    fn shopt(&mut self, args: &[String]) -> Done {
        let set = args.first().is_some_and(|arg| arg == "-s");
        for name in args.iter().filter(|arg| !arg.starts_with('-')) {
            match name.as_str() {
                "nullglob" => self.options.null_glob = set,
                "lastpipe" | "extglob" | "globstar" | "nocasematch" | "dotglob" if set => {
                    return fail(format!("{name}: does not exist here"));
                }
                _ => {}
            }
        }
        Ok(0)
    }

    async fn exec(&mut self, args: &[String]) -> Done {
        let Some(name) = args.first() else { return Ok(0) };
        let status = self.invoke(name, args.to_vec()).await?;
        Err(Stop::Exit(status))
    }

    async fn command_word(&mut self, args: &[String]) -> Done {
        match args.first().map(String::as_str) {
            Some("-v" | "-V") => {
                let mut status = 0;
                for name in &args[1..] {
                    match self.kind(name) {
                        Some(_) => drop(self.say(&format!("{name}\n")).await?),
                        None => status = 1,
                    }
                }
                Ok(status)
            }
            Some("-p" | "--") => self.invoke_plain(&args[1..]).await,
            Some(_) => self.invoke_plain(args).await,
            None => Ok(0),
        }
    }

    /// Runs a command that is no function.
    async fn invoke_plain(&mut self, words: &[String]) -> Done {
        let Some(name) = words.first() else { return Ok(0) };
        let functions = std::mem::take(&mut self.functions);
        let result = self.invoke(name, words.to_vec()).await;
        self.functions = functions;
        result
    }

    fn kind(&self, name: &str) -> Option<&'static str> {
        if self.is_function(name) {
            Some("function")
        } else if NAMES.contains(&name) {
            Some("shell builtin")
        } else if tools::find(name).is_some() {
            Some("tool of this shell")
        } else {
            None
        }
    }

    async fn types(&mut self, args: &[String]) -> Done {
        let mut status = 0;
        for name in args.iter().filter(|arg| !arg.starts_with('-')) {
            match self.kind(name) {
                Some(kind) if args[0] == "-t" => {
                    let word = if kind == "function" { kind } else { "builtin" };
                    self.say(&format!("{word}\n")).await?;
                }
                Some(kind) => drop(self.say(&format!("{name} is a {kind}\n")).await?),
                None => {
                    self.complain(&format!("type: {name}: not found")).await;
                    status = 1;
                }
            }
        }
        Ok(status)
    }

    fn let_(&mut self, args: &[String]) -> Done {
        let mut value = 0;
        for arg in args {
            value = self.arithmetic(arg)?;
        }
        Ok(i32::from(value == 0))
    }

    fn printf_variable(&mut self, args: &[String]) -> Done {
        let [_, name, format, values @ ..] = args else { return usage("`-v` needs a variable and a format") };
        let (bytes, errors) = tools::format(format, values, self.common.now)?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        match name.strip_suffix(']').and_then(|rest| rest.split_once('[')) {
            Some((array, key)) => self.set_element(array, key, text)?,
            None => self.set(name, text)?,
        }
        Ok(i32::from(!errors.is_empty()))
    }

    async fn help(&mut self) -> Done {
        let tools = tools::names().join(" ");
        let text = format!("commands of the shell: {}\ntools: {tools}\n", NAMES.join(" "));
        self.say(&text).await
    }
}
