//! Formulas and their MathML, and texts that are no formulas.

use super::*;
use crate::exercise::inert::inert;

/// The formula without what is around every one.
#[track_caller]
fn check_in(latex: &str, display: bool, expect: &str) {
    let html = to_mathml(latex, display).unwrap_or_default();
    let body = html.split_once("<semantics>").map_or("", |(_, body)| body);
    let body = body.split("<annotation").next().unwrap_or_default();
    let body = body.strip_prefix("<mrow>").and_then(|body| body.strip_suffix("</mrow>")).unwrap_or(body);
    assert_eq!(body, expect, "{latex}");
}

#[track_caller]
fn check(latex: &str, expect: &str) {
    check_in(latex, false, expect);
}

#[test]
fn letters_numbers_operators() {
    check("$x$", "<mi>x</mi>");
    check("xy = 3.14", "<mi>x</mi><mi>y</mi><mo>=</mo><mn>3.14</mn>");
    check("-a \\cdot .5", "<mo>−</mo><mi>a</mi><mo>⋅</mo><mn>.5</mn>");
    check("\\alpha\\Gamma\\infty", "<mi>α</mi><mi mathvariant=\"normal\">Γ</mi><mi>∞</mi>");
    check("a<b % so\n", "<mi>a</mi><mo>&lt;</mo><mi>b</mi>");
    check("(a]", "<mo stretchy=\"false\">(</mo><mi>a</mi><mo stretchy=\"false\">]</mo>");
    check("\\{ \\not= \\not\\in", "<mo stretchy=\"false\">{</mo><mo>≠</mo><mo>∉</mo>");
    check("a\\,b~c", "<mi>a</mi><mspace width=\"0.1667em\"/><mi>b</mi><mtext>\u{a0}</mtext><mi>c</mi>");
    check("\\hspace{1.5em}\\kern-2mu", "<mspace width=\"1.5em\"/><mspace width=\"-0.1111em\"/>");
}

#[test]
fn scripts() {
    check("x_i^2", "<msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup>");
    check("x^23", "<msup><mi>x</mi><mn>2</mn></msup><mn>3</mn>");
    check("e^{i\\pi}", "<msup><mi>e</mi><mrow><mi>i</mi><mi>π</mi></mrow></msup>");
    check("f'", "<msup><mi>f</mi><mo>′</mo></msup>");
    check("f''^2", "<msup><mi>f</mi><mrow><mo>″</mo><mn>2</mn></mrow></msup>");
    check("^2", "<msup><mrow></mrow><mn>2</mn></msup>");
    check("x^\\frac12", "<msup><mi>x</mi><mfrac><mn>1</mn><mn>2</mn></mfrac></msup>");
    let sum = "<mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi>";
    check_in("\\sum_{i=1}^n", true, &format!("<munderover>{sum}</munderover>"));
    check_in("\\sum_{i=1}^n", false, &format!("<msubsup>{sum}</msubsup>"));
    check_in("\\sum\\limits_{i=1}^n", false, &format!("<munderover>{sum}</munderover>"));
    check_in("\\sum\\nolimits_{i=1}^n", true, &format!("<msubsup>{sum}</msubsup>"));
    check_in("\\int_0^1", true, "<msubsup><mo>∫</mo><mn>0</mn><mn>1</mn></msubsup>");
    let thin = rows::THIN;
    check_in("\\max_x x", true, &format!("<munder><mi>max</mi><mi>x</mi></munder><mo>\u{2061}</mo>{thin}<mi>x</mi>"));
    check("2\\sin x", &format!("<mn>2</mn>{thin}<mi>sin</mi><mo>\u{2061}</mo>{thin}<mi>x</mi>"));
    check("\\operatorname{rank}", "<mi>rank</mi><mo>\u{2061}</mo>");
}

#[test]
fn fractions_roots_fences() {
    check("\\(\\frac{a}{2}\\)", "<mfrac><mi>a</mi><mn>2</mn></mfrac>");
    check("{a \\over b}", "<mfrac><mi>a</mi><mi>b</mi></mfrac>");
    let style = "<mstyle displaystyle=\"true\" scriptlevel=\"0\">";
    check("\\dfrac ab", &format!("{style}<mfrac><mi>a</mi><mi>b</mi></mfrac></mstyle>"));
    check("\\displaystyle x", &format!("{style}<mi>x</mi></mstyle>"));
    check("\\sqrt x", "<msqrt><mi>x</mi></msqrt>");
    check("\\sqrt[3]{x}", "<mroot><mi>x</mi><mn>3</mn></mroot>");
    let open = "<mo fence=\"true\" form=\"prefix\" stretchy=\"true\">(</mo>";
    let close = "<mo fence=\"true\" form=\"postfix\" stretchy=\"true\">)</mo>";
    let middle = "<mo fence=\"true\" form=\"infix\" stretchy=\"true\">|</mo>";
    check("\\left(a\\middle|b\\right)c", &format!("<mrow>{open}<mi>a</mi>{middle}<mi>b</mi>{close}</mrow><mi>c</mi>"));
    check("\\left.a\\right)c", &format!("<mrow><mi>a</mi>{close}</mrow><mi>c</mi>"));
    check(
        "a\\binom nk",
        &format!("<mi>a</mi><mrow>{open}<mfrac linethickness=\"0\"><mi>n</mi><mi>k</mi></mfrac>{close}</mrow>"),
    );
    let big = "stretchy=\"true\" symmetric=\"true\" minsize=\"1.2em\" maxsize=\"1.2em\"";
    check("\\bigl[", &format!("<mo fence=\"true\" form=\"prefix\" {big}>[</mo>"));
}

#[test]
fn accents_and_stacks() {
    check("\\hat x", "<mover accent=\"true\"><mi>x</mi><mo stretchy=\"false\">^</mo></mover>");
    check("\\underline{x}", "<munder><mi>x</mi><mo stretchy=\"true\">_</mo></munder>");
    let brace = "<mover><mi>x</mi><mo stretchy=\"true\">⏞</mo></mover>";
    check("\\overbrace{x}^n", &format!("<mover>{brace}<mi>n</mi></mover>"));
    check("\\overset{a}{=}", "<mover><mo>=</mo><mi>a</mi></mover>");
    check("\\underset ab", "<munder><mi>b</mi><mi>a</mi></munder>");
    check("\\xrightarrow[a]{b}", "<munderover><mo stretchy=\"true\">→</mo><mi>a</mi><mi>b</mi></munderover>");
}

#[test]
fn alphabets_and_texts() {
    check("\\mathbb{R}", "<mi>ℝ</mi>");
    check("\\mathcal L \\mathfrak g x", "<mi>ℒ</mi><mi>𝔤</mi><mi>x</mi>");
    check("\\mathrm{d}x", "<mi mathvariant=\"normal\">d</mi><mi>x</mi>");
    check("\\mathrm{kg}\\mathbf{v}", "<mi>kg</mi><mi>𝐯</mi>");
    check("\\boldsymbol\\alpha", "<mi>𝜶</mi>");
    check("\\text{a {b} c}x", "<mtext>a b c</mtext><mi>x</mi>");
    check("{\\rm ab}c", "<mi>ab</mi><mi>c</mi>");
    check(
        "a\\text{ if $x<1$ & so}",
        "<mi>a</mi><mrow><mtext>\u{a0}if\u{a0}</mtext><mrow><mi>x</mi><mo>&lt;</mo><mn>1</mn></mrow><mtext>\u{a0}&amp; so</mtext></mrow>",
    );
}

#[test]
fn tables() {
    let cells = "<mtable><mtr><mtd><mi>a</mi></mtd><mtd><mi>b</mi></mtd></mtr><mtr><mtd><mn>1</mn></mtd><mtd></mtd></mtr></mtable>";
    check("\\begin{matrix} a & b \\\\[2pt] 1 & \\\\ \\end{matrix}", cells);
    let open = "<mo fence=\"true\" form=\"prefix\" stretchy=\"true\">";
    let close = "<mo fence=\"true\" form=\"postfix\" stretchy=\"true\">";
    check(
        "x\\begin{vmatrix}a & b \\\\ 1&\\end{vmatrix}",
        &format!("<mi>x</mi><mrow>{open}|</mo>{cells}{close}|</mo></mrow>"),
    );
    let cases = "<mtable><mtr><mtd class=\"m-l\"><mi>a</mi></mtd></mtr></mtable>";
    check("x\\begin{cases}a\\end{cases}", &format!("<mi>x</mi><mrow>{open}{{</mo>{cases}</mrow>"));
    check(
        "\\begin{array}{|c|r}\\hline a & b\\end{array}",
        "<mtable><mtr><mtd class=\"m-ls m-rs m-ts\"><mi>a</mi></mtd><mtd class=\"m-r m-ts\"><mi>b</mi></mtd></mtr></mtable>",
    );
    let html = to_mathml("\\begin{align} a &= b \\\\ c &= d \\label{x} \\end{align}", true).unwrap();
    assert!(html.contains("<mtd class=\"m-r m-pr\"><mi>a</mi></mtd><mtd class=\"m-l m-pl\"><mo>=</mo>"), "{html}");
    assert!(!html.contains("(1)") && html.starts_with("<math display=\"block\" tabindex=\"0\">"), "{html}");
    for name in [
        "align*",
        "aligned",
        "split",
        "gather",
        "gather*",
        "equation",
        "equation*",
        "multline",
        "eqnarray",
        "smallmatrix",
    ] {
        let html = to_mathml(&format!("\\begin{{{name}}} a \\tag{{7}}\\\\ b \\nonumber\\end{{{name}}}"), true);
        assert!(html.unwrap_or_default().contains("<mtext>(7)</mtext>"), "{name}");
    }
}

#[test]
fn the_source_goes_along() {
    let html = to_mathml("$a < b$", false).unwrap();
    assert!(html.contains("<annotation encoding=\"application/x-tex\">a &lt; b"), "{html}");
}

#[test]
fn what_is_no_formula_is_none() {
    for latex in [
        "",
        "\\frac{a}",
        "\\nosuchcommand",
        "\\href{javascript:x}{y}",
        "{",
        "a }",
        "\\ref{x}",
        "\\eqref{x}",
        "{\\color{red} x}",
        "x^1^2",
        "a & b",
        "\\left( x",
        "x $ y",
        "\\end{x}",
        "\\begin{matrix}x\\end{cases}",
        "\\text{x",
    ] {
        assert_eq!(to_mathml(latex, true), None, "{latex}");
    }
}

#[test]
fn deep_texts_do_not_end_the_stack() {
    let hostile = [
        "{",
        "\\sqrt",
        "\\sqrt ",
        "x^{",
        "\\left(",
        "(",
        "[",
        "\\begin{matrix}",
        "\\frac",
        "^",
        "_",
        "\\hat\\vec",
        "'",
        "\\text{",
    ];
    // Frames of a debug build are ten times those of the kernel, which has 1 MB.
    let run = move || {
        for unit in hostile {
            for times in [10, 31, 32, 33, 1000, 100_000] {
                let _ = to_mathml(&unit.repeat(times), true);
                let _ = to_mathml(&format!("{}x{}", unit.repeat(times), "}".repeat(times)), true);
            }
        }
    };
    std::thread::Builder::new().stack_size(8 << 20).spawn(run).unwrap().join().unwrap();
}

/// Pieces of formulas in any order: no panic, and what comes out is balanced and harmless.
#[test]
fn any_text_is_well_formed_or_none() {
    const PIECES: &[&str] = &[
        "x",
        "1",
        "{",
        "}",
        "\\frac",
        "^",
        "_",
        "&",
        "\\\\",
        "\\begin{matrix}",
        "\\end{matrix}",
        "\\begin{align}",
        "\\end{align}",
        "\\left(",
        "\\right)",
        "\\sqrt",
        "[",
        "]",
        "\\text{a<b}",
        "'",
        "\\sum",
        "\\limits",
        " ",
        "<",
        "\\mathbb",
        "\\color{red}",
        "\\hspace{-1em}",
        "\\hline",
        "é",
        "\\tag{1}",
        "\\label{\"x}",
        "%",
        "#1",
        "~",
        "\\begin{array}{c|r}",
        "\\end{array}",
        "\\not",
        "=",
        "\\operatorname{f}",
        "\\overset",
        "\\cancel",
        "\\middle|",
        "\\textsc{a}",
        "\\Large",
        "\\!",
        "\\substack{a\\\\b}",
        "\\mathrm{ab}",
        "\\pmod",
        "\\begin{cases}",
        "\\end{cases}",
        "\\big(",
        "\\genfrac",
        "\\underbrace",
        "\\xrightarrow[a]{b}",
        "\\dots",
        "\\prime",
        "\u{301}",
        "𝐱",
        "\\",
        "$",
    ];
    let mut seed = 11_u64;
    let mut made = 0;
    for _ in 0..20_000 {
        let mut latex = String::new();
        for _ in 0..(seed % 9) + 1 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            latex.push_str(PIECES[(seed >> 33) as usize % PIECES.len()]);
        }
        seed = seed.wrapping_add(1);
        if let Some(html) = to_mathml(&latex, true) {
            made += 1;
            assert_eq!(inert(&html), Ok(()), "{latex}\n{html}");
        }
    }
    assert!(made > 1000, "{made}");
}
