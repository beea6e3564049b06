//! What Org knows of languages by name: the extension of their files, and how a line becomes a comment.

/// Extensions that are not the language's own name: `org-babel-tangle-lang-exts` with all of Org's languages loaded.
const EXTENSIONS: &[(&str, &str)] = &[
    ("emacs-lisp", "el"),
    ("elisp", "el"),
    ("C++", "cpp"),
    ("D", "d"),
    ("clojure", "clj"),
    ("clojurescript", "cljs"),
    ("csharp", "cs"),
    ("fortran", "F90"),
    ("haskell", "hs"),
    ("julia", "jl"),
    ("latex", "tex"),
    ("LilyPond", "ly"),
    ("maxima", "max"),
    ("ocaml", "ml"),
    ("perl", "pl"),
    ("processing", "pde"),
    ("python", "py"),
    ("ruby", "rb"),
];

/// The extension of `:tangle yes`.
pub(super) fn extension(lang: &str) -> &str {
    EXTENSIONS.iter().find(|(name, _)| *name == lang).map_or(lang, |(_, extension)| extension)
}

/// How a line is commented: what goes before it and what behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Syntax {
    pub(super) before: &'static str,
    pub(super) after: &'static str,
}

/// The comment syntax of a language; `None` for those without comments, whose files then have none.
pub(super) fn comments(lang: &str) -> Option<Syntax> {
    let (before, after) = match lang {
        "C" | "c" | "css" => ("/* ", " */"),
        "html" | "xml" | "nxml" | "svg" | "mhtml" | "sgml" | "markdown" => ("<!-- ", " -->"),
        "pascal" => ("{ ", " }"),
        "ocaml" | "caml" => ("(* ", " *)"),
        "emacs-lisp" | "elisp" | "lisp" | "scheme" | "clojure" | "clojurescript" | "asm" | "wat" | "webassembly" => {
            (";; ", "")
        }
        "latex" | "tex" | "prolog" | "beamer" => ("%% ", ""),
        "matlab" | "erlang" => ("% ", ""),
        "octave" => ("## ", ""),
        "sql" | "sqlite" | "vhdl" | "lua" | "haskell" | "ada" | "elm" => ("-- ", ""),
        "f90" | "fortran" => ("! ", ""),
        "bat" => ("rem ", ""),
        "vim" => ("\" ", ""),
        "C++" | "c++" | "cpp" | "D" | "d" | "java" | "js" | "javascript" | "typescript" | "ts" | "tsx" | "jsx"
        | "scss" | "less" | "go" | "rust" | "rs" | "zig" | "csharp" | "kotlin" | "swift" | "php" | "verilog"
        | "groovy" | "scala" | "dart" | "dot" | "wit" | "proto" | "processing" => ("// ", ""),
        "python" | "sh" | "bash" | "shell" | "zsh" | "fish" | "csh" | "ash" | "dash" | "ksh" | "mksh" | "posh"
        | "screen" | "perl" | "ruby" | "makefile" | "conf" | "conf-unix" | "toml" | "awk" | "org" | "tcl" | "m4"
        | "yaml" | "yml" | "R" | "r" | "julia" | "nix" | "dockerfile" | "cmake" | "powershell" | "elixir"
        | "gnuplot" | "sed" | "jq" | "graphql" | "ini" | "coffee" => ("# ", ""),
        _ => return None,
    };
    Some(Syntax { before, after })
}
