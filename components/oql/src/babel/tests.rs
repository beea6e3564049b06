//! Cases for source blocks; what Babel answers was asked of Emacs.

use super::*;

fn check(text: &str, args: &str, noweb: &str) {
    let document = Document::parse(text);
    let blocks = source_blocks(&document);
    let last = blocks.last().cloned();
    let got = last.as_ref().and_then(|b| b.args.clone()).unwrap_or_default();
    let plain = ["cache no", "exports code", "hlines no", "noweb no", "results replace", "session none", "tangle no"];
    let got: Vec<String> = got.iter().map(|(k, v)| format!("{} {}", &k[1..], v.as_deref().unwrap_or("nil"))).collect();
    let got: Vec<String> = got.into_iter().filter(|a| !plain.contains(&a.as_str())).collect();
    assert_eq!(got.join(", "), args);
    assert_eq!(last.and_then(|b| b.noweb).as_deref(), Some(noweb));
}

#[test]
fn inherited() {
    let top = "#+PROPERTY: header-args :a 1\n#+PROPERTY: header-args+ :b 1\n#+PROPERTY: header-args:js :c 1\n";
    let block = "#+header: :d 4\n#+begin_src js -n :b 3\n x\n#+end_src\n";
    check(&format!("{top}* H\n{block}"), "a 1, b 3, c 1, d 4", "x");
    let drawer = ":PROPERTIES:\n:header-args+: :a 2\n:END:\n";
    check(&format!("{top}* H\n{drawer}** I\n{block}"), "a 2, b 3, c 1, d 4", "x");
    let drawer = ":PROPERTIES:\n:header-args: :e 2\n:END:\n";
    check(&format!("{top}* H\n{drawer}** I\n{block}"), "b 3, c 1, d 4, e 2", "x");
}

#[test]
fn expanded() {
    let parts = "#+name: ab\n#+begin_src js\nx\ny\n#+end_src\n#+begin_src js :noweb-ref ref :noweb-sep \"; \"\n1\n#+end_src\n\
                 #+begin_src js :noweb-ref ref\n2\n#+end_src\n";
    check(&format!("{parts}#+begin_src js\n// <<ab>> <<ref>>\n<<no>>|\n#+end_src\n"), "", "// x\n// y 1; 2\n|");
    check(&format!("{parts}#+begin_src js :noweb-prefix no\n- <<ab>>\n#+end_src\n"), "noweb-prefix no", "- x\ny");
}

#[test]
fn references_on_a_line() {
    let found = |line: &str| noweb::references(line).map(|(a, b)| line[a..b].to_owned()).collect::<Vec<_>>().join("|");
    assert_eq!(found("<<ab>> << cd>> <<ef >> gh>>"), "<<ab>>|<<ef >> gh>>");
    assert_eq!(found("<<a>> <<bc>> <<é>>>"), "<<a>> <<bc>>|<<é>>>");
    assert_eq!(found("x <<<é>> 1 << 2 >> 3"), "<<<é>>");
    assert_eq!(found(&"<< <<a ".repeat(9)), "");
}
