//! Source code as HTML with its tokens marked: `<span class="hl-k">`.
//!
//! One lexer driven by a table of languages. It knows words, strings, comments and numbers, and where a line begins; it
//! parses nothing, so half a program is coloured as well as a whole one. The page's style says what a class looks like.
//! Whether a block is shown at all, and the element around it, are the exporter's matter.

mod catalogue;
mod language;
mod lexer;
mod lines;
mod markup;
mod painter;
mod strings;

use language::Mode;
use painter::Painter;

/// Appends `code` with its tokens in spans. The text of what is written is `code`, whatever the language; one that is
/// not in the catalogue is only escaped.
pub(crate) fn highlight(lang: &str, code: &str, out: &mut String) {
    let mut painter = Painter::new(code, out);
    if let Some(language) = catalogue::find(lang) {
        match language.mode {
            Mode::Words => lexer::paint(language, code, &mut painter),
            Mode::Markup => markup::paint(code, &mut painter),
            Mode::Diff => lines::diff(code, &mut painter),
            Mode::Org => lines::org(code, &mut painter),
            Mode::Markdown => lines::markdown(code, &mut painter),
        }
    }
    painter.finish();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(lang: &str, code: &str) -> String {
        let mut out = String::new();
        highlight(lang, code, &mut out);
        out
    }

    /// `[k:if] x` for `<span class="hl-k">if</span> x`: what a reader of a test can read.
    #[track_caller]
    fn check(lang: &str, code: &str, expect: &str) {
        let seen = html(lang, code).replace("<span class=\"hl-", "[").replace("</span>", "]").replace("\">", ":");
        assert_eq!(seen.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"), expect);
    }

    #[test]
    fn unknown_languages_are_text() {
        check("klingon", "if <b> & \"c\"", "if <b> & \"c\"");
        assert_eq!(html("klingon", "<&>"), "&lt;&amp;&gt;");
    }

    #[test]
    fn scripts() {
        check(
            "js",
            "const x = /a\\/[/]b/g.test(`t ${y}`) / 2 // end",
            "[k:const] x = [s:/a\\/[/]b/g].[f:test]([s:`t ${y}`]) / [n:2] [c:// end]",
        );
        check(
            "JavaScript",
            "class Foo { bar() { return null } }",
            "[k:class] [t:Foo] { [f:bar]() { [k:return] [n:null] } }",
        );
        check("json", "{\"a\": [1, -2.5e3, true]}", "{[a:\"a\"]: [[n:1], -[n:2.5e3], [n:true]]}");
        check(
            "python",
            "@cache\ndef f(x): return r'\\d' # no",
            "[a:@cache]\n[k:def] [f:f](x): [k:return] [s:r'\\d'] [c:# no]",
        );
        check("python", "x = \"\"\"a\n\"b\" \"\"\" + 1", "x = [s:\"\"\"a\n\"b\" \"\"\"] + [n:1]");
        check("ruby", "puts :a if x # no", "[f:puts] [n::a] [k:if] x [c:# no]");
        check("lua", "local s = [[x\ny]] -- no", "[k:local] s = [s:[[x\ny]]] [c:-- no]");
        check("R", "x <- TRUE # yes", "x <- [n:TRUE] [c:# yes]");
    }

    #[test]
    fn systems() {
        check(
            "rust",
            "fn f<'a>(x: &'a str) -> char { r#\"x\"#; '\\n' }",
            "[k:fn] [f:f]<[n:'a]>(x: &[n:'a] [t:str]) -> [t:char] { [s:r#\"x\"#]; [s:'\\n'] }",
        );
        check(
            "rust",
            "#[test]\n/* a /* b */ c */ 0..2_000u64",
            "[a:#[test]]\n[c:/* a /* b */ c */] [n:0]..[n:2_000u64]",
        );
        check(
            "c",
            "#include <a.h>\nint main(void) { return 0x1F; }",
            "[m:#include] <a.h>\n[t:int] [f:main]([t:void]) { [k:return] [n:0x1F]; }",
        );
        check("haskell", "{- a {- b -} -} f :: Int -- no", "[c:{- a {- b -} -}] f :: [t:Int] [c:-- no]");
        check("zig", "const x = @intCast(1);", "[k:const] x = [a:@intCast]([n:1]);");
    }

    #[test]
    fn shells_and_settings() {
        check(
            "sh",
            "for f in $x; do echo \"a\" ${f%#b} # no\ndone",
            "[k:for] f [k:in] [v:$x]; [k:do] [f:echo] [s:\"a\"] [v:${f%#b}] [c:# no]\n[k:done]",
        );
        check("bash", "a#b", "a#b");
        check(
            "yaml",
            "a-b: 1 # no\n- \"c d\": yes\n  e: x:y",
            "[a:a-b]: [n:1] [c:# no]\n- [a:\"c d\"]: [n:yes]\n  [a:e]: x:y",
        );
        check("toml", "[a.b]\nc = \"d\"", "[t:[a.b]]\n[a:c] = [s:\"d\"]");
        check("make", "all: x.o\n\t$(CC) -o $@", "[f:all]: x.o\n\t[v:$(CC)] -o [v:$@]");
        check("dockerfile", "FROM a AS b\nRUN echo", "[k:FROM] a [k:AS] b\n[k:RUN] echo");
        check("sql", "select COUNT(*) FROM t -- no", "[k:select] [f:COUNT](*) [k:FROM] t [c:-- no]");
    }

    #[test]
    fn lisps() {
        check("elisp", "(defun my-f (x) ;; no\n  :k 'y)", "([k:defun] [f:my-f] (x) [c:;; no]\n  [n::k] 'y)");
        check(
            "wat",
            "(func $f (result i32) i32.const 1) (; a ;)",
            "([k:func] [v:$f] ([k:result] [t:i32]) [f:i32.const] [n:1]) [c:(; a ;)]",
        );
        check("clojure", "(defn f [] \"x\")", "([k:defn] [f:f] [] [s:\"x\"])");
    }

    #[test]
    fn markup_and_text() {
        check(
            "html",
            "<a href=\"x\">b</a><!-- c -->&amp;",
            "[k:<a] [a:href]=[s:\"x\"][k:>]b[k:</a>][c:<!-- c -->][n:&amp;]",
        );
        check(
            "css",
            "p > .a { color: #fff; margin: 1em }",
            "[t:p] > [t:.a] { [a:color]: [n:#fff]; [a:margin]: [n:1em] }",
        );
        check("latex", "\\frac{a}{b} % c\n\\% d", "[k:\\frac]{a}{b} [c:% c]\n[k:\\%] d");
        check(
            "diff",
            "--- a\n+++ b\n@@ -1 +1 @@\n-x\n+y\n z\n",
            "[m:--- a]\n[m:+++ b]\n[m:@@ -1 +1 @@]\n[gd:-x]\n[gi:+y]\n z\n",
        );
        check("org", "* TODO A :t:\n#+name: x\n# c\n:ID: 1", "[k:* TODO A :t:]\n[m:#+name:] x\n[c:# c]\n[a::ID:] 1");
    }

    const ALL: &str = "'\"`/*{-[[--;#%$@\\<>&é(r#\"<!--\n:a=b\u{0}1.e+]]*/-}'''\"\"\"\u{1F600}x'y";

    /// Every language gives back the text it got, whatever the text.
    #[test]
    fn the_text_stays() {
        let mut seed = 7_u64;
        let letters: Vec<char> = ALL.chars().collect();
        for names in catalogue::LANGUAGES.iter().map(|language| language.names) {
            for _ in 0..300 {
                let mut code = String::new();
                for _ in 0..24 {
                    seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    code.push(letters[(seed >> 33) as usize % letters.len()]);
                }
                let mut text = html(names[0], &code);
                while let Some(open) = text.find("<span class=\"hl-") {
                    let end = open + text[open..].find('>').unwrap();
                    text.replace_range(open..=end, "");
                }
                let text = text.replace("</span>", "").replace("&lt;", "<").replace("&gt;", ">");
                assert_eq!(text.replace("&amp;", "&"), code, "{}", names[0]);
            }
        }
    }

    /// Ten times the text is ten times the work, not a hundred times: this would not end.
    #[test]
    fn hostile_text_is_linear() {
        for names in catalogue::LANGUAGES.iter().map(|language| language.names) {
            for pattern in
                ["'", "\"", "(/\\", "(/[", "/*", "{-", "<", "<!-", "r#", "${", "$(", "[", "#[", "a ", "\\", "&", "-"]
            {
                let code = pattern.repeat(6_000);
                assert!(html(names[0], &code).len() >= code.len());
            }
        }
    }
}
