//! Texts changed at random, for `corpus.rs` and for long runs (`examples/fuzz.rs`). It checks nothing.

/// Numbers that look random and are the same in every run.
pub(crate) struct Xorshift(pub(crate) u64);

impl Xorshift {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }
}

/// Pieces that change what a text means.
const PIECES: &[&str] = &[
    "\n",
    "\r\n",
    "* ",
    "** ",
    ":",
    "::",
    ":END:",
    "\n:PROPERTIES:\n",
    "\n#+begin_src js\n",
    "\n#+end_src\n",
    "\n#+begin_quote\n",
    "\n#+end_quote\n",
    "- ",
    "1. ",
    "|",
    "|-",
    "[fn:1]",
    "[[",
    "]]",
    "][",
    "<<",
    ">>",
    "{",
    "}",
    "_",
    "^",
    "*",
    "/",
    "=",
    "~",
    "+",
    "$",
    "\\",
    "@@html:",
    "@@",
    "<",
    ">",
    "\t",
    "  ",
    "\u{0}",
    "\u{1} ",
    "\u{fdd0}",
    "é",
    "👩‍💻",
    "\u{200b}",
    "#+name: x\n",
    ":in: ",
    ":out: ",
    ":deps: ",
    ":sig: ",
    "list<",
    "(",
    ")",
    "->",
    ",",
    "\"",
    "#",
    "https://",
    "COMMENT ",
    "TODO ",
    ":workflow:",
    ":component:",
    "<2026-01-01>",
    "--",
    "\\begin{a}",
    "\\end{a}",
    "\\(",
    "\\]",
    "$$",
    "[cite:@",
    "{{{",
    "}}}",
    "<<<",
    "src_js{",
    "call_",
    "#+begin_export html\n",
    "#+begin_verse\n",
    "\n#+TBLFM: $1=1\n",
    "\n#+RESULTS:\n",
    "\n#+RESULTS: x\n",
    "\n#+CALL: x()\n",
    "\n:RESULTS:\n",
    "\n#+OPTIONS: toc:t H:1 d:t p:t c:t ^:{} \\n:t ':t\n",
    "\n#+INCLUDE: \"a\"\n",
    "\n#+MACRO: m $1 {{{m}}}\n",
    "\n#+LINK: x y%s\n",
    "\n#+TODO: A | B\n",
    "\n#+ATTR_HTML: :class x\n",
    "\n#+CAPTION: ",
    "\n#+PROPERTY: header-args :tangle yes\n",
    " :tangle a :noweb yes :exports both :wrap ",
    "<<x>>",
    "- [ ] ",
    " :: ",
    "\n*************** ",
    "CLOCK: [2026-01-01 Thu 10:00]--[2026-01-01 Thu 11:00] =>  1:00",
    "\nSCHEDULED: <2026-01-01 Thu +1w>\n",
    "[1/2]",
    "[@5] ",
    "^{",
    "\\alpha",
    "<l>",
    "+-+\n",
    "%%(",
    "%",
    "&",
    "'",
];

/// A window of one text with a few pieces put in, taken out, doubled, or taken from another text.
pub(crate) fn mutate(corpus: &[(String, String)], random: &mut Xorshift) -> String {
    let mut chars: Vec<char> = window(&corpus[random.below(corpus.len())].1, 700, random);
    for _ in 0..=random.below(6) {
        let at = random.below(chars.len() + 1);
        match random.below(5) {
            0 => drop(chars.drain(at..(at + random.below(12)).min(chars.len()))),
            1 => {
                let other = window(&corpus[random.below(corpus.len())].1, 60, random);
                chars.splice(at..at, other);
            }
            2 => {
                let end = (at + random.below(30)).min(chars.len());
                let again: Vec<char> = chars[at..end].to_vec();
                chars.splice(at..at, again);
            }
            _ => {
                let piece = PIECES[random.below(PIECES.len())];
                let times = if random.below(20) == 0 { 40 } else { 1 };
                chars.splice(at..at, piece.repeat(times).chars());
            }
        }
    }
    chars.into_iter().collect()
}

fn window(text: &str, most: usize, random: &mut Xorshift) -> Vec<char> {
    let chars: Vec<char> = text.chars().collect();
    let start = random.below(chars.len());
    let start = if random.below(2) == 0 { 0 } else { start };
    chars.into_iter().skip(start).take(most).collect()
}
