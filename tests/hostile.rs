//! Workbooks that mean harm, or are merely huge: each ends with a clear message or simply works, in bounded time and
//! memory, without a panic, and whatever is beside the culprit is not lost.
//!
//! Bounds are generous: they tell "bounded" from "not", not fast from slow.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::time::Duration;

use common::{Place, Ran, Running};

/// More than any of these needs, and less than what the culprits ask for.
const MIB: u64 = 1_536;
/// Longer than any of these takes on a busy machine, shorter than for ever.
const AT_MOST: Duration = Duration::from_secs(240);

/// A component of a workbook under test: heading, drawer lines without colons, code.
fn node(title: &str, drawer: &[&str], code: &str) -> String {
    let language = if code.starts_with('(') { "wat" } else { "javascript" };
    let drawer: String = drawer.iter().map(|line| format!(":{line}\n")).collect();
    format!("** {title}\n:PROPERTIES:\n{drawer}:END:\n#+begin_src {language}\n{code}\n#+end_src\n")
}

fn book(nodes: &[String]) -> String {
    format!("* Test\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n{}", nodes.concat())
}

/// The component that must not suffer.
fn bystander() -> String {
    node("Bystander", &["out: unharmed"], "export const f = () => 'yes';")
}

/// Runs a culprit beside a bystander, in one store each and together: it fails with these words, the bystander does not.
#[track_caller]
fn contained(culprit: &[String], kind: &str, words: &[&str]) -> Ran {
    let text = book(&[culprit, &[bystander()]].concat());
    let alone = Place::with(&text).wb(&["run", "book.org", "--isolate"]).exits(1).prints(&["yes"]);
    let ran = Place::with(&text).wb(&["run", "book.org"]);
    let label = format!("error[{kind}]");
    alone.complains(&[&label]).within_mib(MIB).within(AT_MOST);
    ran.exits(1).prints(&["yes"]).complains(&[&label, "book.org:"]).complains(words).within_mib(MIB).within(AT_MOST)
}

#[test]
fn endless_loops() {
    let js = node("Spin", &["out: s", "timeout: 300ms"], "export const f = () => { for (;;); };");
    contained(&[js], "deadline", &["took longer than 300 ms", "`test/spin`"]).within(Duration::from_secs(30));
    let wat = node(
        "Spin",
        &["out: s:s32", "timeout: 300ms"],
        "(module (func (export \"spin\") (result i32) (loop br 0) unreachable))",
    );
    contained(&[wat], "deadline", &["took longer than 300 ms"]).within(Duration::from_secs(30));
    let top = node("Spin", &["out: s", "timeout: 300ms"], "for (;;);\nexport const f = () => 1;");
    contained(&[top], "deadline", &[]);
    let regex =
        node("Spin", &["out: s", "timeout: 300ms"], "export const f = () => /^(a+)+$/.test('a'.repeat(50) + 'b');");
    contained(&[regex], "deadline", &[]);
    let sort = node(
        "Spin",
        &["out: s", "timeout: 300ms"],
        "export const f = () => Array.from({ length: 3e6 }, (_, i) => i).sort(() => 1).length;",
    );
    contained(&[sort], "deadline", &[]);
}

#[test]
fn four_gibibytes_of_memory() {
    let grow = "export const f = () => { const all = []; for (;;) all.push(new Uint8Array(1 << 20).fill(1)); };";
    contained(&[node("Hoard", &["out: h"], grow)], "memory", &["`test/hoard`"]);
    let typed = "export const f = () => new Uint8Array(4294967296).length;";
    contained(&[node("Hoard", &["out: h"], typed)], "failed", &["invalid array buffer length"]);
    let wat = r#"(module (memory (export "memory") 1)
  (func (export "hoard") (result i32)
    (if (i32.eq (memory.grow (i32.const 65000)) (i32.const -1)) (then unreachable))
    i32.const 1))"#;
    contained(&[node("Hoard", &["out: h:s32"], wat)], "memory", &["256 MiB"]);
}

#[test]
fn what_runs_before_the_function_is_limited_too() {
    let spin = "(module (func $s (loop br 0)) (start $s) (func (export \"spin\") (result i32) i32.const 1))";
    let place = Place::with(&book(&[node("Spin", &["out: s:s32", "timeout: 300ms"], spin), bystander()]));
    let ran =
        Running::start(place.command(&["run", "book.org", "--isolate"]), b"").wait_at_most(Duration::from_secs(20));
    assert!(ran.exit == 1 && ran.stderr.contains("error[deadline]"), "{}", ran.stderr);
    let touch = r#"(module (memory (export "memory") DECLARED)
  (func $touch (local $at i32)
    (drop (memory.grow (i32.const GROWN)))
    (loop $next
      (i32.store (local.get $at) (i32.const 1))
      (local.set $at (i32.add (local.get $at) (i32.const 4096)))
      (br_if $next (i32.lt_u (local.get $at) (i32.const 536870912)))))
  (start $touch)
  (func (export "touch") (result i32) i32.const 1))"#;
    for (declared, grown, said) in
        [("8192", "0", "declares 512 MiB of memory, more than its 16 MiB"), ("1", "8191", "error[memory]")]
    {
        let code = touch.replace("DECLARED", declared).replace("GROWN", grown);
        let place = Place::with(&book(&[node("Touch", &["out: t:s32", "memory: 16MiB"], &code), bystander()]));
        let ran = place.wb(&["run", "book.org"]);
        assert!(ran.exit == 1 && ran.stderr.contains(said), "{}", ran.stderr);
        assert!(ran.peak < 400 << 20, "{} MiB", ran.peak >> 20);
    }
}

#[test]
fn deep_recursion() {
    contained(&[node("Deep", &["out: d"], "export const deep = () => 1 + deep();")], "stack", &["recursed too deeply"]);
    let wat = "(module (func $d (export \"deep\") (result i32) (i32.add (i32.const 1) (call $d))))";
    contained(&[node("Deep", &["out: d:s32"], wat)], "stack", &["recursed too deeply"]);
    let json = "export const f = () => { let v = []; for (let i = 0; i < 200000; i++) v = [v]; return v; };";
    contained(&[node("Nest", &["out: n"], json)], "stack", &[]);
}

/// A component in SQL.
fn sql(drawer: &[&str], code: &str) -> String {
    node("Sql", drawer, code).replace("begin_src javascript", "begin_src sql").replace("begin_src wat", "begin_src sql")
}

#[test]
fn sql_that_does_not_end_or_wants_everything() {
    let count = "with recursive c(x) as (values (1) union all select x + 1 from c)";
    let spin = sql(&["out: s:s64", "timeout: 300ms"], &format!("{count} select sum(x) from c"));
    contained(&[spin], "deadline", &["took longer than 300 ms"]);
    let cross = "select count(*) from list a, list b, list c, list d, list e, list f";
    let list: Vec<String> = (0..99).map(|i| i.to_string()).collect();
    let cross = sql(&[&format!("in: list:list<u8>=[{}]", list.join(",")), "out: s:s64", "timeout: 300ms"], cross);
    contained(&[cross.replace("list<u8>", "list<u16>")], "deadline", &[]);
    let rows = sql(&["out: s:list<s64>"], &format!("{count} select x from c"));
    contained(&[rows], "failed", &["the result has more than 1000000 rows", "help: select fewer"]);
    let hoard = format!("create table t(b);\n{count} insert into t select zeroblob(1000000) from c");
    contained(&[sql(&["out: s", "memory: 64MiB"], &hoard)], "memory", &["out of memory", "raise `:memory:`"]);
    let text = "select length(hex(printf('%.*c', 900000000, 'x')))";
    contained(&[sql(&["out: s:s64"], text)], "memory", &[]);
}

#[test]
fn sql_nested_beyond_reason() {
    let nest = |n: usize, open: &str, close: &str| format!("select {}1{}", open.repeat(n), close.repeat(n));
    let large = "Expression tree is too large (maximum depth 1000)";
    for code in [nest(5_000, "1 + ", ""), nest(5_000, "not ", ""), nest(2_000, "abs(", ")"), nest(900, "(select ", ")")]
    {
        contained(&[sql(&["out: s:s64"], &code)], "failed", &[large, "book.org:"]);
    }
    let union = vec!["select 1"; 1_000].join(" union all ");
    contained(&[sql(&["out: s:list<s64>"], &union)], "failed", &["too many terms in compound SELECT"]);
    let columns: Vec<String> = (0..3_000).map(|n| format!("1 as a{n}")).collect();
    contained(&[sql(&["out: s"], &format!("select {}", columns.join(", ")))], "failed", &["too many columns"]);
    let trigger = "create table t(a);\ncreate trigger g after insert on t begin insert into t values (new.a + 1); end;\n\
        pragma recursive_triggers = on;\ninsert into t values (1)";
    contained(&[sql(&["out: s"], trigger)], "failed", &["too many levels of trigger recursion", "book.org:13:1"]);
    let fts = format!(
        "create virtual table d using fts5(b);\nselect count(*) from d where d match '{}a{}'",
        "(".repeat(5_000),
        ")".repeat(5_000)
    );
    contained(&[sql(&["out: s:s64"], &fts)], "failed", &["fts5: parser stack overflow"]);
    // What looks as bad and is not.
    for code in [
        nest(5_000, "(", ")"),
        nest(990, "- ", ""),
        format!("select * from {}(select 1){}", "(select * from ".repeat(500), ")".repeat(500)),
    ] {
        let ran = Place::with(&book(&[sql(&["out: s:s64"], &code)])).wb(&["run", "book.org"]);
        ran.exits(0).prints(&["1"]).within_mib(MIB).within(AT_MOST);
    }
}

/// Runs shell blocks beside each other and a bystander, in one store each and together: each fails in this way.
#[track_caller]
fn shells(kind: &str, drawer: &[&str], codes: &[&str], said: &[&str]) {
    let one = |(index, code): (usize, &&str)| {
        let out = format!("out: s{index}");
        let drawer = [&[out.as_str()], drawer].concat();
        let text = node(&format!("S{index}"), &drawer, code);
        text.replace("begin_src javascript", "begin_src sh").replace("begin_src wat", "begin_src sh")
    };
    let mut nodes: Vec<String> = codes.iter().enumerate().map(one).collect();
    nodes.push(bystander());
    let place = Place::with(&book(&nodes));
    for more in [&[][..], &["--isolate"]] {
        let ran = place.wb(&[&["run", "book.org"], more].concat()).exits(1).prints(&["yes"]).complains(said);
        let ran = ran.within_mib(MIB).within(AT_MOST);
        for (index, code) in codes.iter().enumerate() {
            let label = format!("error[{kind}]: `test/s{index}`");
            assert!(ran.stderr.contains(&label), "{code}\n{}", ran.stderr);
        }
    }
}

#[test]
fn shells_that_spin_or_multiply() {
    shells(
        "deadline",
        &["timeout: 1s"],
        &[
            "while :; do :; done",
            "until false; do x=$((x + 1)); done",
            "for ((;;)); do :; done",
            "yes > /dev/null",
            "cat /dev/zero | tr a b > /dev/null",
            "sleep 1000",
            "awk 'BEGIN { for (;;) x++ }'",
            "echo x | sed ':a; s/x/y/; s/y/x/; ba'",
            "jq -n 'def f: f; f'",
            "jq -n 'last(repeat(1))'",
            // Two at every level: as many as 2 to the 60th, one after the other.
            "f() { if [ $1 -gt 0 ]; then (f $(($1 - 1))); (f $(($1 - 1))); fi; }; f 60",
            "f() { if [ $1 -gt 0 ]; then f $(($1 - 1)) | f $(($1 - 1)); fi; }; f 60",
        ],
        &["took longer than 1 s"],
    );
    shells(
        "failed",
        &[],
        &[
            "f() { f | f; }; f",
            "f() { f; }; f",
            "f() { (f); }; f",
            "f() { x=$(f); }; f",
            "f() { cat <(f); }; f",
            "x='eval \"$x\"'; eval \"$x\"",
            "trap 'f' EXIT; f() { f; }",
            "echo '. /tmp/s' > /tmp/s; . /tmp/s",
            "f() { echo x | xargs -n1 f; }; f",
            "f() { find /work -maxdepth 0 -exec f \\;; }; f",
        ],
        &["the sandbox's bound is reached: more than 200 calls and subshells within each other", "book.org:"],
    );
    shells("failed", &[], &[":() { :|:& }; :"], &["there are no processes here", "book.org:"]);
    shells("stack", &[], &["jq -n 'def f: 1 + f; f'"], &["recursed too deeply"]);
}

#[test]
fn shells_that_hoard_or_flood() {
    shells(
        "memory",
        &["memory: 64MiB"],
        &[
            "x=xxxxxxxxxxxxxxxx; while :; do x=$x$x; done",
            "while :; do a+=(\"xxxxxxxxxxxxxxxxxxxxxxxx$x$x$x$x\"); x=$x${x:-x}; done",
            "awk 'BEGIN { for (;;) a[n++] = \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\" }'",
            "yes | sort",
            "yes | tr -d '\\n' | while read x; do :; done",
            "jq -n '[range(1000000000)]'",
            "sed ':a; s/$/xxxxxxxxxxxxxxxx/; H; ba' <<< x",
        ],
        &["64 MiB"],
    );
    shells(
        "failed",
        &[],
        &[
            "yes",
            "x=$(yes)",
            "set -e; yes > /tmp/f",
            "echo {1..9}{1..9}{1..9}{1..9}{1..9}{1..9}{1..9}",
            "exec 4000000000> /tmp/f; echo x",
            "printf '%900000000d%.900000000f' 1 1 | wc -c; false",
            "set -e; i=0; while :; do : > /tmp/$i; i=$((i + 1)); done",
        ],
        &["more than 64 MiB of output", "No space left", "more than 100000 words", "no file descriptor 4000000000"],
    );
    // A log that nobody could read is cut, and the step is none the worse for it.
    let flood = "yes 'a line of the log' | head -c 4000000 >&2; echo done";
    let flood = node("Flood", &["out: s", "timeout: 200s"], flood).replace("begin_src javascript", "begin_src sh");
    let ran = Place::with(&book(&[flood, bystander()])).wb(&["run", "book.org"]).exits(0).prints(&["s: done"]);
    ran.complains(&["more lines, which were dropped"]).within_mib(MIB).within(AT_MOST);
}

#[test]
fn shells_nested_beyond_reason() {
    let nest =
        |open: &str, middle: &str, close: &str| format!("{}{middle}{}", open.repeat(20_000), close.repeat(20_000));
    let codes = [
        nest("( ", "echo", ")"),
        nest("$(", "echo", ")"),
        nest("{ ", "echo", "; }"),
        nest("if ", "echo", "; then :; fi"),
        format!("echo $(({}))", nest("(", "1", ")")),
        format!("echo $(({}))", nest("-", "1", "")),
        format!("x[{}]=1", nest("x[", "1", "]")),
        format!("[[ {} ]]", nest("( ", "1", " )")),
        format!("test {}", nest("\\( ", "1", " \\)")),
        format!("echo {}", nest("${x:-", "1", "}")),
        format!("awk 'BEGIN {{ x = {} }}'", nest("(", "1", ")")),
        format!("jq -n '{}'", nest("[", "1", "]")),
        format!("echo '{}' | jq .", nest("[", "1", "]")),
        format!("grep -E '{}' /dev/null", nest("(", "1", ")")),
        format!("echo | sed '{}'", nest("{", "p", "}")),
        format!("expr {}", nest("\\( ", "1", " \\)")),
        format!("find {}", nest("\\( ", "-true", " \\)")),
    ];
    let codes = codes.map(|code| format!("set -e\n{code}\nexit 1"));
    shells("failed", &[], &codes.each_ref().map(String::as_str), &["more than 120 constructs within each other"]);
}

#[test]
fn floods_of_output() {
    // A gibibyte of log is read and dropped; the step is none the worse for it.
    let log = "export const f = () => { const line = 'x'.repeat(1 << 20); for (let i = 0; i < 1024; i++) console.log(line); return 'done'; };";
    let place = Place::with(&book(&[node("Flood", &["out: flood"], log), bystander()]));
    let ran = place.wb(&["run", "book.org"]).exits(0).prints(&["flood: done", "unharmed: yes"]);
    ran.complains(&["1024 more lines, which were dropped"]).within_mib(MIB).within(AT_MOST);
    let lines = "export const f = () => { for (let i = 0; i < 200000; i++) console.log(i); return 'done'; };";
    let ran = Place::with(&book(&[node("Flood", &["out: flood"], lines)])).wb(&["run", "book.org"]).exits(0);
    assert!(ran.stderr.lines().count() < 2_000, "{} lines", ran.stderr.lines().count());
    // A gibibyte of value.
    let text = "export const f = () => 'x'.repeat(1 << 30);";
    contained(&[node("Huge", &["out: h"], text)], "failed", &["invalid string length"]);
    let list = "export const f = () => Array.from({ length: 4096 }, () => 'x'.repeat(1 << 18));";
    contained(&[node("Huge", &["out: h"], list)], "memory", &[]);
    let wat = r#"(module (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 16)
  (func (export "huge") (result i32)
    (drop (memory.grow (i32.const 16383)))
    (i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (i32.const 1073700000))
    i32.const 0))"#;
    contained(&[node("Huge", &["out: h:bytes", "memory: 1GiB"], wat)], "memory", &[]);
    let outside = wat.replace("(drop (memory.grow (i32.const 16383)))", "");
    contained(&[node("Huge", &["out: h:bytes"], &outside)], "trap", &[]);
}

#[test]
fn nested_json_from_outside() {
    let bomb = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let text = book(&[node("Take", &["in: deep", "out: taken"], "export const f = (deep) => 1;"), bystander()]);
    let typed = text.replace("in: deep", "in: deep:list<list<list<u8>>>");
    let twenty = format!("{{\"deep\": {}{}}}", "[".repeat(20), "]".repeat(20));
    for text in [&text, &typed] {
        let place = Place::with(text);
        place
            .folder
            .write("bomb.json", &bomb)
            .write("inputs.json", format!("{{\"deep\": {bomb}}}"))
            .write("twenty.json", &twenty);
        let ran = place.wb(&["run", "book.org", "--in", "deep=@bomb.json"]).exits(1).prints(&["unharmed: yes"]);
        ran.complains(&["`test/take`"]).within_mib(MIB);
        // An object of inputs is read by the command line itself.
        place.wb(&["run", "book.org", "--inputs", "inputs.json"]).exits(2).complains(&["inputs.json"]).within_mib(MIB);
    }
    let place = Place::with(&text);
    place.folder.write("twenty.json", &twenty);
    place.wb(&["run", "book.org", "--inputs", "twenty.json"]).exits(0).prints(&["taken: 1"]);
}

/// A component that imports an interface with one function it calls.
fn importing(interface: &str, types: &str, function: &str, result: &str) -> Vec<u8> {
    let text = format!(
        r#"(component
  (import "{interface}" (instance $i {types} (export "{function}" (func (result {result})))))
  (core func $get (canon lower (func $i "{function}")))
  (core module $m (import "h" "get" (func $get (result i32))) (func (export "run") (result i32) call $get))
  (core instance $c (instantiate $m (with "h" (instance (export "get" (func $get))))))
  (func (export "run") (result u32) (canon lift (core func $c "run"))))"#
    );
    wat::parse_str(text).unwrap()
}

#[test]
fn imports_that_were_not_granted() {
    let cases = [
        (
            "wasi:sockets/instance-network@0.2.3",
            "(export \"network\" (type $n (sub resource)))",
            "instance-network",
            "(own $n)",
        ),
        ("wasi:clocks/wall-clock@0.2.3", "", "seconds", "u32"),
        ("wasi:random/insecure@0.2.3", "", "get-insecure-random-u32", "u32"),
        ("wasi:http/outgoing-handler@0.2.3", "", "handle", "u32"),
        ("acme:doors/front@1.0.0", "", "open", "u32"),
    ];
    for (interface, types, function, result) in cases {
        let text =
            book(&["** Tool\n:PROPERTIES:\n:out: n:u32\n:component: tool.wasm\n:END:\n".to_owned(), bystander()]);
        let place = Place::with(&text);
        place.folder.write("tool.wasm", importing(interface, types, function, result));
        let ran = place.wb(&["run", "book.org"]).exits(1).prints(&["yes"]);
        ran.complains(&[interface, "`test/tool`", "was not granted", "book.org:5:1", "help: "]);
    }
    // A module of a text block imports nothing at all.
    let wat = r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func (param i32))) (func (export "quit") (result i32) i32.const 1))"#;
    contained(&[node("Quit", &["out: q:s32"], wat)], "link", &["wasi_snapshot_preview1", "imports nothing"]);
}

#[test]
fn plans_that_are_wrong() {
    let a = node("A", &["in: c", "out: a"], "export const a = (c) => c;");
    let b = node("B", &["in: a", "out: b"], "export const b = (a) => a;");
    let c = node("C", &["in: b", "out: c"], "export const c = (b) => b;");
    let place = Place::with(&book(&[a.clone(), b, c]));
    place.wb(&["run", "book.org"]).exits(8).complains(&[
        "error[WB203]",
        "`a` → `b` → `c` → `a`",
        "book.org:5",
        "help: ",
    ]);
    let again = node("a!", &["in: x", "out: y"], "export const a = (x) => x;");
    let place = Place::with(&book(&[a, again]));
    place.wb(&["run", "book.org"]).exits(8).complains(&["error[WB104]", "(line 5)", "(line 13)", "help: "]);
    let cobol = node("Sum", &["in: n", "out: m"], "COMPUTE M = N * 2.").replace("javascript", "cobol");
    let place = Place::with(&book(&[cobol, bystander()]));
    place.wb(&["run", "book.org"]).exits(8).complains(&["error[WB107]", "`cobol`", "book.org:10:13", "help: "]);
    // A ring of two thousand is a ring.
    let ring: Vec<String> = (0..2_000)
        .map(|i| {
            node(
                &format!("N{i}"),
                &[&format!("in: v{}", (i + 1_999) % 2_000), &format!("out: v{i}")],
                "export const f = (v) => v;",
            )
        })
        .collect();
    let place = Place::with(&book(&ring));
    let ran = place.wb(&["run", "book.org"]).exits(8).complains(&["error[WB203]"]).within_mib(MIB).within(AT_MOST);
    assert!(ran.stderr.len() < 1 << 20, "{} bytes of complaint", ran.stderr.len());
}

#[test]
fn files_that_cannot_be_read() {
    let place = Place::new();
    place
        .folder
        .write("bytes.org", b"* A\n** B \xff\xfe\n")
        .write("empty.org", b"")
        .write("nul.org", b"\0\x01\x02")
        .write("folder/x", b"");
    place.wb(&["run", "nowhere.org"]).exits(4).complains(&["no such file: `nowhere.org`"]);
    place.wb(&["run", "folder"]).exits(4).complains(&["`folder`", "irectory"]);
    place.wb(&["run", "bytes.org"]).exits(8).complains(&[
        "`bytes.org` is not UTF-8",
        "0xff",
        "line 2, column 6",
        "hint: ",
    ]);
    place.wb(&["run", "empty.org"]).exits(8).complains(&["`empty.org` has no components", "hint: "]);
    place.wb(&["run", "nul.org"]).exits(8).complains(&["`nul.org` has no components"]);
    place.wb_with(&["run", "-"], b"\xff").exits(8).complains(&["<stdin>", "not UTF-8"]);
    place.wb_with(&["run", "-"], b"").exits(8).complains(&["no components"]);
    // For root every file is readable, so this one can only be looked at where the tests are somebody else's.
    // SAFETY: a plain system call without arguments.
    if unsafe { libc::geteuid() } != 0 {
        use std::os::unix::fs::PermissionsExt as _;
        let path = place.folder.write("closed.org", "* A\n").path().join("closed.org");
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o000)).unwrap();
        place.wb(&["run", "closed.org"]).exits(4).complains(&["cannot read `closed.org`"]);
    }
    // A file that never ends is read as far as documents may go.
    place.wb(&["run", "/dev/zero"]).exits(8).complains(&["larger than"]).within_mib(MIB).within(AT_MOST);
    let mut large = b"* A\n".to_vec();
    large.resize((64 << 20) + 1, b'x');
    place.folder.write("large.org", large);
    place.wb(&["run", "large.org"]).exits(8).complains(&["larger than 64 MiB"]).within_mib(MIB);
}

#[test]
fn ten_megabytes_of_workbook() {
    let prose =
        "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore.\n"
            .repeat(500);
    let one = |i: usize| {
        let input = if i.is_multiple_of(20) { "in: start=0".to_owned() } else { format!("in: v{}", i - 1) };
        format!(
            "{prose}\n{}",
            node(&format!("N{i}"), &[&input, &format!("out: v{i}")], "export const f = (v) => v + 1;")
        )
    };
    let text = book(&(0..200).map(one).collect::<Vec<_>>());
    assert!(text.len() > 10_000_000);
    let place = Place::with(&text);
    place.wb(&["run", "book.org", "-q"]).exits(0).prints(&["v19: 20\n", "v199: 20\n"]).within_mib(MIB).within(AT_MOST);
    place.wb(&["run", "book.org"]).exits(0).complains(&["200 components: 200 unchanged"]).within_mib(MIB);
}

const ADD: &str = "(module (func (export \"f\") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))";

#[test]
fn a_chain_of_two_thousand() {
    let one = |i: usize| {
        let input = if i == 0 { "in: start:s32=0".to_owned() } else { format!("in: v{}:s32", i - 1) };
        let code = ADD.replace("\"f\"", &format!("\"n{i}\""));
        node(&format!("N{i}"), &[&input, &format!("out: v{i}:s32")], &code)
    };
    let place = Place::with(&book(&(0..2_000).map(one).collect::<Vec<_>>()));
    let ran = place.wb(&["run", "book.org", "-q"]).exits(0).within_mib(MIB).within(AT_MOST);
    assert_eq!(ran.stdout, "2000\n");
    place.wb(&["run", "book.org"]).exits(0).complains(&["2000 components: 2000 unchanged"]).within_mib(MIB);
}

#[test]
fn a_fan_of_two_thousand() {
    let mut nodes =
        vec![node("Source", &["out: x:s32"], "(module (func (export \"source\") (result i32) i32.const 1))")];
    nodes.extend((0..1_998).map(|i| {
        node(&format!("N{i}"), &["in: x:s32", &format!("out: v{i}:s32")], &ADD.replace("\"f\"", &format!("\"n{i}\"")))
    }));
    let place = Place::with(&book(&nodes));
    let ran = place
        .wb(&["run", "book.org", "-q"])
        .exits(0)
        .prints(&["v0: 2\n", "v1997: 2\n"])
        .within_mib(MIB)
        .within(AT_MOST);
    assert_eq!(ran.stdout.lines().count(), 1_998);
}

#[test]
fn a_hub_with_three_hundred_consumers_and_one_that_takes_them_all() {
    let mut nodes = vec![node("Hub", &["out: x"], "export const hub = () => 1;")];
    nodes.extend((0..300).map(|i| {
        node(&format!("N{i}"), &["in: x", &format!("out: v{i}")], &format!("export const f = (x) => x + {i};"))
    }));
    let all: Vec<String> = (0..300).map(|i| format!("v{i}")).collect();
    nodes.push(node(
        "Join",
        &[&format!("in: {}", all.join(" ")), "out: sum"],
        "export const join = (...all) => all.reduce((a, b) => a + b, 0);",
    ));
    let ran = Place::with(&book(&nodes)).wb(&["run", "book.org", "-q"]).exits(0).within_mib(MIB).within(AT_MOST);
    assert_eq!(ran.stdout, "45150\n");
}

#[test]
fn headings_two_hundred_levels_deep() {
    let mut text = book(&[]);
    (2..=200).for_each(|level| text.push_str(&format!("{} H{level}\n", "*".repeat(level))));
    text.push_str(&node("Deep", &["out: x"], "export const f = () => 'found';").replacen("**", &"*".repeat(201), 1));
    Place::with(&text).wb(&["run", "book.org"]).exits(0).prints(&["found"]).within_mib(MIB);
}

#[test]
fn control_c_stops_an_endless_loop_and_keeps_what_is_done() {
    for (name, code) in [
        ("js", "export const f = (q) => { for (;;); };"),
        ("wat", "(module (func (export \"spin\") (param i32) (result i32) (loop br 0) unreachable))"),
    ] {
        let nodes = [
            node("Quick", &["out: q:s32"], "export const f = () => 7;"),
            node("Shown", &["in: q:s32", "out: shown"], "export const f = (q) => `finished with ${q}`;"),
            node("Spin", &["in: q:s32", "out: s:s32"], code),
            node("After", &["in: s:s32", "out: t"], "export const f = (s) => s;"),
        ];
        let place = Place::with(&book(&nodes));
        // One job and document order: `Shown` is done before `Spin` begins.
        let running = Running::start(place.command(&["run", "book.org", "--jobs", "1"]), b"");
        running.until("✓ test/shown");
        let pressed = std::time::Instant::now();
        running.signal(libc::SIGINT);
        let ran = running.wait().exits(130).prints(&["shown: finished with 7"]).complains(&["cancelled"]);
        // The promise is a tenth of a second; a busy machine gets more.
        assert!(pressed.elapsed() < Duration::from_secs(3), "{name}: {}", ran.brief());
        let steps = place.steps();
        let of = |id: &str| steps[0].iter().find(|step| step["component"] == id).map(|step| step["exit_code"].clone());
        assert_eq!(of("test/shown"), Some(serde_json::json!(0)));
        assert_eq!(of("test/spin"), Some(serde_json::Value::Null));
    }
}
