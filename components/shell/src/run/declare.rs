//! `export`, `readonly`, `local`, `declare`, and the options of `set`.

use std::rc::Rc;

use super::variables::{Value, Variable};
use super::{Options, Shell};
use crate::text::quote;
use crate::{Done, Stop, fail, usage};

/// Letters and names of options.
const OPTIONS: &[(char, &str)] = &[
    ('e', "errexit"),
    ('u', "nounset"),
    ('o', "pipefail"),
    ('f', "noglob"),
    ('x', "xtrace"),
    ('C', "noclobber"),
    ('a', "allexport"),
];

/// Sets an option by its name. False where it does not exist; options that mean nothing here are accepted.
fn set_option(options: &mut Options, name: &str, on: bool) -> bool {
    match name {
        "errexit" => options.exit_on_error = on,
        "nounset" => options.unset_is_error = on,
        "pipefail" => options.pipe_fails = on,
        "noglob" => options.no_glob = on,
        "xtrace" => options.trace = on,
        "noclobber" => options.no_clobber = on,
        "allexport" => options.export_all = on,
        "errtrace"
        | "functrace"
        | "hashall"
        | "braceexpand"
        | "posix"
        | "monitor"
        | "notify"
        | "verbose"
        | "physical"
        | "ignoreeof"
        | "interactive-comments" => {}
        _ => return false,
    }
    true
}

fn is_on(options: &Options, letter: char) -> bool {
    match letter {
        'e' => options.exit_on_error,
        'u' => options.unset_is_error,
        'o' => options.pipe_fails,
        'f' => options.no_glob,
        'x' => options.trace,
        'C' => options.no_clobber,
        _ => options.export_all,
    }
}

/// What `declare` was asked to do with names.
#[derive(Default)]
struct Wishes {
    exported: Option<bool>,
    readonly: bool,
    integer: bool,
    list: bool,
    map: bool,
    local: bool,
    print: bool,
    functions: bool,
}

impl Shell {
    pub(super) fn option_letters(&self) -> String {
        OPTIONS
            .iter()
            .filter(|(letter, _)| *letter != 'o' && is_on(&self.options, *letter))
            .map(|(letter, _)| letter)
            .collect()
    }

    pub(super) async fn set_options(&mut self, args: &[String]) -> Done {
        if args.is_empty() {
            let mut names: Vec<&String> = self.variables.keys().collect();
            names.sort();
            let lines = names.iter().filter_map(|name| Some(format!("{name}={}\n", quote(&self.get(name)?))));
            let text: String = lines.collect();
            return self.say(&text).await;
        }
        let mut index = 0;
        while let Some(arg) = args.get(index) {
            let on = arg.starts_with('-');
            if arg == "--" || arg == "-" {
                self.parameters = Rc::new(args[index + 1..].to_vec());
                return Ok(0);
            }
            let Some(letters) = arg.strip_prefix(['-', '+']).filter(|letters| !letters.is_empty()) else {
                self.parameters = Rc::new(args[index..].to_vec());
                return Ok(0);
            };
            index += 1;
            for letter in letters.chars() {
                if letter == 'o' {
                    let Some(name) = args.get(index) else { return self.show_options().await };
                    index += 1;
                    if !set_option(&mut self.options, name, on) {
                        return usage(format!("{name}: there is no such option"));
                    }
                    continue;
                }
                let known = OPTIONS.iter().find(|(own, _)| *own == letter);
                match known {
                    Some((_, name)) => drop(set_option(&mut self.options, name, on)),
                    None if "bhmnvBEHPTk".contains(letter) => {}
                    None => return usage(format!("-{letter}: there is no such option")),
                }
            }
        }
        Ok(0)
    }

    async fn show_options(&mut self) -> Done {
        let lines = OPTIONS.iter().map(|(letter, name)| {
            format!("{name:<15}\t{}\n", if is_on(&self.options, *letter) { "on" } else { "off" })
        });
        let text: String = lines.collect();
        self.say(&text).await
    }

    pub(super) async fn declare(&mut self, command: &str, args: &[String]) -> Done {
        let mut wishes = Wishes::default();
        match command {
            "export" => wishes.exported = Some(true),
            "readonly" => wishes.readonly = true,
            "local" if !self.in_function() => return fail("only a function has local variables"),
            "local" => wishes.local = true,
            _ => wishes.local = self.in_function(),
        }
        let mut names = args;
        while let Some((first, rest)) = names.split_first() {
            let Some(letters) = first.strip_prefix(['-', '+']).filter(|letters| !letters.is_empty()) else { break };
            names = rest;
            if first == "--" {
                break;
            }
            self.wish(&mut wishes, command, letters, first.starts_with('-'))?;
        }
        if names.is_empty() || wishes.print {
            return self.show_declared(&wishes, names).await;
        }
        for name in names {
            self.declare_one(name, &wishes)?;
        }
        Ok(0)
    }

    fn wish(&self, wishes: &mut Wishes, command: &str, letters: &str, on: bool) -> Result<(), Stop> {
        for letter in letters.chars() {
            match letter {
                'n' if command == "export" => wishes.exported = Some(false),
                'x' => wishes.exported = Some(on),
                'r' => wishes.readonly = on,
                'i' => wishes.integer = on,
                'a' => wishes.list = on,
                'A' => wishes.map = on,
                'p' => wishes.print = true,
                'f' | 'F' => wishes.functions = true,
                'g' => wishes.local = false,
                'l' | 'u' | 't' => {}
                _ => return usage(format!("-{letter}: there is no such option")),
            }
        }
        Ok(())
    }

    fn declare_one(&mut self, text: &str, wishes: &Wishes) -> Result<(), Stop> {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        let (name, append) = name.strip_suffix('+').map_or((name, false), |name| (name, true));
        if !crate::syntax::is_name(name) {
            return fail(format!("`{}`: not a valid identifier", crate::numbers::clip(name, 60)));
        }
        if wishes.functions {
            return Ok(());
        }
        if wishes.local {
            self.make_local(name);
        }
        let variable = self.variables.entry(name.to_owned()).or_insert_with(|| Variable::new(Value::Nothing));
        if let Some(exported) = wishes.exported {
            variable.exported = exported;
        }
        variable.integer |= wishes.integer;
        if matches!(variable.value, Value::Nothing) {
            if wishes.map {
                variable.value = Value::Map(Rc::default());
            } else if wishes.list {
                variable.value = Value::List(Rc::default());
            }
        }
        if let Some(value) = value {
            let old = if append { self.get(name).unwrap_or_default() } else { String::new() };
            self.set(name, old + value)?;
        }
        if let Some(variable) = self.variables.get_mut(name) {
            variable.readonly |= wishes.readonly;
        }
        Ok(())
    }

    async fn show_declared(&mut self, wishes: &Wishes, names: &[String]) -> Done {
        let mut all: Vec<(&String, &Variable)> = self.variables.iter().collect();
        all.sort_by_key(|(name, _)| *name);
        let mut text = String::new();
        for (name, variable) in all {
            let wanted = if names.is_empty() {
                (wishes.exported != Some(true) || variable.exported) && (!wishes.readonly || variable.readonly)
            } else {
                names.contains(name)
            };
            if !wanted {
                continue;
            }
            let flags = match (&variable.value, variable.exported) {
                (Value::Map(_), _) => "-A",
                (Value::List(_), _) => "-a",
                (_, true) => "-x",
                _ => "--",
            };
            let value = match &variable.value {
                Value::Nothing => String::new(),
                Value::Text(value) => format!("=\"{value}\""),
                _ => {
                    let items = self.elements(name).into_iter().map(|(key, value)| format!("[{key}]=\"{value}\""));
                    format!("=({})", items.collect::<Vec<_>>().join(" "))
                }
            };
            text.push_str(&format!("declare {flags} {name}{value}\n"));
        }
        self.say(&text).await
    }
}
