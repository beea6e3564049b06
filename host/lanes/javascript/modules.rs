//! What a script may import: the files that blocks of its workbook are tangled to, and nothing else.
//!
//! A name in quotes that begins with `./` or `../` is looked up, wherever in a source it stands; the engine decides what is
//! an import. Nothing here reads or writes a file.

use crate::kernel::types::{Span, World};
use crate::lanes::{Failure, Problem};

/// A file that blocks are tangled to.
#[derive(Debug, Clone, PartialEq)]
pub struct Module {
    /// Its path from the workbook's folder: `lib/util.js`. Its name in stack traces as well.
    pub path: String,
    /// Its text.
    pub source: String,
    /// The same without types, where it has some.
    pub erased: Option<String>,
    /// Whether it is TypeScript.
    pub typed: bool,
    /// The blocks it is made of.
    pub parts: Vec<Part>,
}

/// A block of a module.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Part {
    /// The line of the module at which it begins, from 1.
    pub first: u32,
    /// How many lines it has.
    pub lines: u32,
    /// Its body in the file.
    pub body: Span,
}

/// The modules that one block can reach.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Library {
    /// The modules.
    pub modules: Vec<Module>,
    /// Which name in which module means which: (module, name, module that is meant).
    pub links: Vec<(String, String, String)>,
    /// Names that the block finds defined, with their values as JSON.
    pub variables: Vec<(String, String)>,
    /// Paths of everything that could be imported, for suggestions.
    pub known: Vec<String>,
}

/// The modules of a workbook.
#[must_use]
pub fn of(worlds: &[World]) -> Vec<Module> {
    let mut modules: Vec<Module> = Vec::new();
    for world in worlds {
        let typed = matches!(world.lang.as_str(), "typescript" | "ts");
        let Some(path) = tangled(world).filter(|_| typed || matches!(world.lang.as_str(), "javascript" | "js")) else {
            continue;
        };
        let lines = world.src.lines().count() as u32;
        let source = format!("{}\n", world.src.trim_end_matches('\n'));
        match modules.iter_mut().find(|module| module.path == path) {
            // Blocks of one file stand in it one after the other, with an empty line between them.
            Some(module) => {
                let first = module.source.lines().count() as u32 + 2;
                module.source = format!("{}\n{source}", module.source);
                module.typed |= typed;
                module.parts.push(Part { first, lines, body: world.body });
            }
            None => modules.push(Module {
                path,
                source,
                erased: None,
                typed,
                parts: vec![Part { first: 1, lines, body: world.body }],
            }),
        }
    }
    modules
}

/// Where a block is tangled to, from the workbook's folder, if it names a file in it.
#[must_use]
pub fn tangled(world: &World) -> Option<String> {
    let value = world.args.iter().rev().find(|arg| arg.key == "tangle")?.value.trim().trim_matches('"');
    if matches!(value, "" | "no" | "yes" | "nil") { None } else { join("", value) }
}

impl Library {
    /// What a block can reach. `path` is where the block itself is tangled to; names in it are relative to that.
    ///
    /// # Errors
    ///
    /// What `erase`, which takes the types out, says of a module.
    pub fn reach(
        source: &str,
        path: Option<&str>,
        name: &str,
        modules: &[Module],
        erase: &dyn Fn(&str) -> Result<String, Failure>,
    ) -> Result<Self, Failure> {
        let mut library = Self { known: modules.iter().map(|module| module.path.clone()).collect(), ..Self::default() };
        if modules.is_empty() {
            return Ok(library);
        }
        let mut todo = vec![(name.to_owned(), folder(path.unwrap_or_default()).to_owned(), source.to_owned())];
        while let Some((name, folder, source)) = todo.pop() {
            for specifier in specifiers(&source) {
                let Some(module) = find(&folder, specifier, modules) else { continue };
                library.links.push((name.clone(), specifier.to_owned(), module.path.clone()));
                if library.modules.iter().any(|known| known.path == module.path) {
                    continue;
                }
                let mut module = module.clone();
                if module.typed {
                    module.erased = Some(erase(&module.source).map_err(|failure| placed(failure, &module))?);
                }
                let inside = self::folder(&module.path).to_owned();
                todo.push((module.path.clone(), inside, module.code().to_owned()));
                library.modules.push(module);
            }
        }
        library.modules.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(library)
    }

    /// The block's body that a line of a module stands in, and the line in it.
    #[must_use]
    pub fn place(&self, path: &str, line: u32) -> Option<(Span, u32)> {
        self.modules.iter().find(|module| module.path == path)?.place(line)
    }

    /// The known module whose path is most like a name.
    #[must_use]
    pub fn nearest(&self, name: &str) -> Option<&str> {
        let wanted = join("", name).unwrap_or_else(|| name.to_owned());
        let far = |path: &str| distance(&wanted, path).min(distance(last(&wanted), last(path)) + 1);
        let nearest = self.known.iter().min_by_key(|path| far(path))?;
        (far(nearest) <= 3).then_some(nearest.as_str())
    }
}

impl Module {
    /// What the engine runs.
    #[must_use]
    pub fn code(&self) -> &str {
        self.erased.as_deref().unwrap_or(&self.source)
    }

    fn place(&self, line: u32) -> Option<(Span, u32)> {
        let part = self.parts.iter().find(|part| (part.first..part.first + part.lines).contains(&line))?;
        Some((part.body, line - part.first + 1))
    }
}

/// A failure of a module's text as one in the blocks it is made of.
fn placed(failure: Failure, module: &Module) -> Failure {
    let place = |problem: Problem| match problem.line.and_then(|line| module.place(line)) {
        Some((body, line)) => Problem { line: Some(line), within: Some(body), ..problem },
        None => Problem { line: None, column: None, ..problem },
    };
    Failure { problems: failure.problems.into_iter().map(place).collect() }
}

/// The module that a relative name in a folder means. TypeScript says `./a.js` where it means `a.ts`, and people leave
/// endings out.
fn find<'m>(folder: &str, specifier: &str, modules: &'m [Module]) -> Option<&'m Module> {
    let path = join(folder, specifier)?;
    let typed = path.strip_suffix("js").map(|stem| format!("{stem}ts"));
    let candidates = [Some(path.clone()), typed, Some(format!("{path}.js")), Some(format!("{path}.ts"))];
    candidates.into_iter().flatten().find_map(|path| modules.iter().find(|module| module.path == path))
}

/// Names in quotes that are relative paths.
fn specifiers(source: &str) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    for (at, quote) in source.match_indices(['"', '\'', '`']) {
        let rest = &source[at + 1..];
        if !rest.starts_with("./") && !rest.starts_with("../") {
            continue;
        }
        let Some(end) = rest.find([quote.chars().next().unwrap_or('"'), '\n']) else { continue };
        if rest[end..].starts_with(quote) && !found.contains(&&rest[..end]) {
            found.push(&rest[..end]);
        }
    }
    found
}

/// A relative path in a folder, without `.` and `..`; `None` for one that leaves the workbook's folder.
fn join(folder: &str, path: &str) -> Option<String> {
    if path.starts_with(['/', '~']) {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// How many characters must be changed, added or left out.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let changed = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::{distance, join, specifiers};

    #[test]
    fn paths_stay_in_the_folder() {
        assert_eq!(join("lib", "./a/../b.js").as_deref(), Some("lib/b.js"));
        assert_eq!(join("lib", "../b.js").as_deref(), Some("b.js"));
        assert_eq!(join("lib", "../../b.js"), None);
        assert_eq!(join("", "/etc/passwd"), None);
    }

    #[test]
    fn names_are_relative_paths_in_quotes() {
        let source = "import a from './a.js';\nimport('../b.js')\nexport * from \"./c\"; // it's ./d.js'\n'./e\n'";
        assert_eq!(specifiers(source), ["./a.js", "../b.js", "./c"]);
    }

    #[test]
    fn distances() {
        assert_eq!([distance("util", "utl"), distance("", "ab"), distance("añb", "anb")], [1, 2, 1]);
    }
}
