//! Every way to take more than one's share, in every language (`limits/rows.rs`): each attack ends with its own kind of
//! failure and its own exit status in the record, and whatever runs beside it is not lost. And what a run may take as a
//! whole, and what compiling may. Python and C need their packages (`Place::lane`).
//!
//! `hostile.rs` has what is to be said about single attacks in detail; `lanes_python.rs` and `lanes_c.rs` those languages.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;
#[path = "limits/rows.rs"]
mod rows;

use std::fmt::Write as _;

use common::{Place, Ran};
use rows::Row;
use serde_json::{Value, json};

/// What the record has for each kind (docs/running.md).
fn status(kind: &str) -> i64 {
    match kind {
        "error" => 1,
        "deadline" => 124,
        "link" => 126,
        "trap" => 134,
        "total-memory" => 135,
        "memory" => 137,
        "stack" => 139,
        "total-time" => 142,
        "output" => 153,
        other => panic!("no kind `{other}`"),
    }
}

fn node(title: &str, drawer: &str, language: &str, code: &str) -> String {
    format!("** {title}\n:PROPERTIES:\n{drawer}\n:END:\n#+begin_src {language}\n{code}\n#+end_src\n")
}

fn book(nodes: &str) -> String {
    format!("* Test\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n{nodes}")
}

/// A table of a hundred thousand different keys that QuickJS gives one hash.
fn flood() -> String {
    let mut text = "{".to_owned();
    for number in 0..1_u32 << 17 {
        let key: String = (0..17).map(|bit| if number >> bit & 1 == 0 { "a\u{200}" } else { "b\u{f9}" }).collect();
        write!(text, "{}\"{key}\":1", if number > 0 { "," } else { "" }).unwrap();
    }
    text + "}"
}

/// Runs attacks beside blocks that must not suffer, in a few stores and in one each.
fn attack(rows: &[Row], place: &Place) {
    let mut text = String::new();
    for (number, (language, _, drawer, code, _)) in rows.iter().enumerate() {
        let drawer = format!("{drawer}\n")
            .replace("out: o:", &format!("out: o{number}:"))
            .replace(":out: o\n", &format!(":out: o{number}\n"));
        let caps = if *language == "rust" && code.contains("fn main") { ":caps: clock\n" } else { "" };
        let drawer = drawer.replace(":sig: f(", &format!(":sig: n{number}("));
        let code = code.replace("\"f\"", &format!("\"n{number}\"")).replace("double f(", &format!("double n{number}("));
        text.push_str(&node(&format!("N{number}"), (drawer + caps).trim_end(), language, &code));
        let beside = "export const f = () => 'unharmed';";
        text.push_str(&node(&format!("B{number}"), &format!(":out: b{number}"), "js", beside));
    }
    place.folder.write("book.org", book(&text)).write("bomb.json", flood());
    for more in [&[][..], &["--isolate"]] {
        let bomb: &[&str] = if text.contains(":in: bomb") { &["--in", "bomb=@bomb.json"] } else { &[] };
        let ran = place.wb(&[&["run", "book.org", "--fresh"], bomb, more].concat()).exits(1);
        let steps = place.steps().pop().unwrap();
        let of = |id: &str| steps.iter().find(|step| step["component"] == id).cloned().unwrap_or_default();
        let mut wrong = Vec::new();
        for (number, (language, attack, _, _, kind)) in rows.iter().enumerate() {
            let step = of(&format!("test/n{number}"));
            if (&step["error"]["kind"], &step["exit_code"]) != (&json!(kind), &json!(status(kind))) {
                wrong.push(format!("{language}, {attack}: not {kind} but {step}"));
            }
            let beside = of(&format!("test/b{number}"));
            if beside["output"][format!("b{number}")] != json!("unharmed") && beside["exit_code"] != json!(0) {
                wrong.push(format!("{language}, {attack}: harmed {beside}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        ran.within_mib(1_536);
    }
}

#[test]
fn every_attack_has_its_kind_and_its_status() {
    attack(rows::ROWS, &Place::new());
}

#[test]
fn every_attack_of_a_shell_has_its_kind_and_its_status() {
    attack(rows::SHELL, &Place::new());
}

#[test]
fn every_attack_of_python_has_its_kind_and_its_status() {
    if let Some(place) = Place::lane("python") {
        attack(rows::PYTHON, &place);
    }
}

#[test]
fn every_attack_of_c_has_its_kind_and_its_status() {
    if let Some(place) = Place::lane("c") {
        attack(rows::C, &place);
    }
}

/// A component with one function, and so much more inside.
fn component(inside: &str) -> Vec<u8> {
    let text = format!(
        "(component {inside} (core module $r (func (export \"run\") (result i32) i32.const 7)) (core instance $i (instantiate $r))
         (func (export \"run\") (result u32) (canon lift (core func $i \"run\"))))"
    );
    wat::parse_str(text).unwrap()
}

fn with_tool(tool: &[u8]) -> Ran {
    let tool_node = "** Tool\n:PROPERTIES:\n:out: n:u32\n:component: tool.wasm\n:END:\n";
    let place =
        Place::with(&book(&format!("{tool_node}{}", node("B", ":out: b", "js", "export const f = () => 'unharmed';"))));
    place.folder.write("tool.wasm", tool);
    place.wb(&["run", "book.org"]).exits(1).prints(&["b: unharmed"]).within_mib(512)
}

#[test]
fn a_component_that_makes_a_billion_instances_is_not_compiled() {
    let mut inside = "(component $c0 (core module $m (memory 1)) (core instance (instantiate $m)))".to_owned();
    for level in 1..=30 {
        let of = level - 1;
        inside =
            format!("(component $c{level} {inside} (instance (instantiate $c{of})) (instance (instantiate $c{of})))");
    }
    with_tool(&component(&format!("{inside} (instance (instantiate $c30))")))
        .complains(&["error[link]", "instances of its modules"]);
    with_tool(&component("(component (import \"c\" (component $c)) (instance (instantiate $c)))"))
        .complains(&["imports a component"]);
}

#[test]
fn a_type_with_a_billion_parts_is_not_written_out() {
    for doubled in ["record t{n} { a: {p}, b: {p} }", "type t{n} = tuple<{p}, {p}>;", "variant t{n} { a({p}), b({p}) }"]
    {
        let mut types = "type t0 = u8;\n".to_owned();
        for level in 1..=30 {
            types += &(doubled.replace("{n}", &level.to_string()).replace("{p}", &format!("t{}", level - 1)) + "\n");
        }
        let giant = node("Giant", ":out: g:t30", "js", "export const f = () => null;");
        let place = Place::with(&book(&format!("#+begin_src wit\n{types}#+end_src\n{giant}")));
        place.wb(&["run", "book.org"]).exits(8).complains(&["more than 5000 parts", "book.org:"]).within_mib(512);
    }
}

#[test]
fn a_run_has_a_time() {
    let spin = node("Spin", ":out: s", "js", "export const f = () => { for (;;); };");
    let after = node("After", ":in: s\n:out: t", "js", "export const f = (s) => s;");
    let quick = node("Quick", ":out: q", "js", "export const f = () => 'done';");
    let place = Place::with(&book(&format!("{quick}{spin}{after}")));
    let ran = place.wb(&["run", "book.org", "--max-time", "2s", "--jobs", "1"]).exits(1).prints(&["q: done"]);
    ran.complains(&["error[total-time]", "was still running when the 2 s of the run were over", "raise `--max-time`"]);
    let steps = place.steps().pop().unwrap();
    let of = |id: &str| steps.iter().find(|step| step["component"] == id).unwrap();
    assert_eq!((&of("test/spin")["exit_code"], &of("test/after")["exit_code"]), (&json!(142), &Value::Null));
    // No time at all: the first that would have run says so, and nothing has.
    let place = Place::with(&book(&format!("{quick}{spin}{after}")));
    let ran = place.wb(&["run", "book.org", "--max-time", "0s"]).exits(1);
    ran.complains(&["error[total-time]", "was not begun when the 0 ms of the run were over", "`test/quick`"]);
    // Enough, and no time.
    let place = Place::with(&book(&quick));
    place.wb(&["run", "book.org", "--max-time", "1h"]).exits(0).prints(&["done"]);
    place.wb(&["run", "book.org", "--max-time", "soon"]).exits(2).complains(&["--max-time"]);
}

#[test]
fn a_run_has_a_memory() {
    // Each holds 40 MiB for as long as its store lives.
    let hold = |name: &str, input: &str, param: &str| {
        let code = format!(
            "(module (memory 1) (func (export \"{}\") {param} (result i32) (if (i32.eq (memory.grow (i32.const 640)) (i32.const -1)) (then unreachable)) i32.const 1))",
            name.to_lowercase()
        );
        node(name, &format!("{input}:out: {}-held:s32", name.to_lowercase()), "wat", &code)
    };
    let text = book(&(hold("One", "", "") + &hold("Two", ":in: one-held:s32\n", "(param i32)")));
    let run = |arguments: &[&str]| Place::with(&text).wb(&[&["run", "book.org", "--jobs", "1"], arguments].concat());
    run(&[]).exits(0);
    run(&["--max-memory", "100MiB"]).exits(0);
    let ran = run(&["--max-memory", "64MiB"]).exits(1);
    ran.complains(&[
        "error[total-memory]: `test/two`: needs more memory than is left of the 64 MiB of the run",
        "raise `--max-memory`",
    ]);
    // One store at a time is half as much at a time.
    run(&["--max-memory", "64MiB", "--isolate"]).exits(0);
    run(&["--max-memory", "1KiB"]).exits(1).complains(&["error[total-memory]"]);
}

/// A module whose one function compiles for longer than anybody waits here: each value is needed until the end.
fn giant() -> Vec<u8> {
    const VALUES: usize = 500_000;
    let mut function = wasm_encoder::Function::new([]);
    for _ in 0..VALUES {
        function.instructions().i32_const(7).i32_popcnt().i32_ctz();
    }
    for _ in 1..VALUES {
        function.instructions().i32_mul();
    }
    function.instructions().end();
    let (mut types, mut functions) = (wasm_encoder::TypeSection::new(), wasm_encoder::FunctionSection::new());
    types.ty().function([], [wasm_encoder::ValType::I32]);
    functions.function(0);
    let (mut exports, mut codes) = (wasm_encoder::ExportSection::new(), wasm_encoder::CodeSection::new());
    exports.export("run", wasm_encoder::ExportKind::Func, 0);
    codes.function(&function);
    let mut module = wasm_encoder::Module::new();
    module.section(&types).section(&functions).section(&exports).section(&codes);
    let core = module.finish();
    let mut component = wasm_encoder::ComponentBuilder::default();
    let core = component.core_module_raw(Some("giant"), &core);
    let instance = component.core_instantiate(None, core, Vec::<(&str, wasm_encoder::ModuleArg)>::new());
    let run = component.core_alias_export(None, instance, "run", wasm_encoder::ExportKind::Func);
    let (ty, mut function) = component.type_function(None);
    let number = wasm_encoder::ComponentValType::Primitive(wasm_encoder::PrimitiveValType::U32);
    function.params(Vec::<(&str, wasm_encoder::ComponentValType)>::new()).result(Some(number));
    let lifted = component.lift_func(None, run, ty, []);
    component.export("run", wasm_encoder::ComponentExportKind::Func, lifted, None);
    component.finish()
}

#[test]
fn deadlines_hold_while_a_giant_is_compiled() {
    let tool = "** Tool\n:PROPERTIES:\n:out: n:u32\n:component: tool.wasm\n:END:\n";
    let beside = node("B", ":out: b", "js", "export const f = () => 'unharmed';");
    let text = book(&format!("{tool}{beside}"));
    let place = || {
        let place = Place::with(&text);
        place.folder.write("tool.wasm", giant());
        place
    };
    // How long this machine takes is what the limits are a fraction of.
    let whole = place().wb(&["run", "book.org", "--only", "tool"]).exits(0).took;
    let third = whole.as_millis() / 3;
    // What is beside it is compiled before, so that nothing but the giant needs time.
    let limited = place();
    limited.wb(&["run", "book.org", "--only", "b"]).exits(0);
    // Its own deadline: a step that failed like others, and one beside it that did not.
    let seconds = format!("{}.{:03}", third / 1000, third % 1000);
    let limited = limited.with_variable("WB_COMPILE_TIMEOUT", &seconds);
    let ran = limited.wb(&["run", "book.org", "--fresh", "--isolate"]).exits(1).prints(&["b: unharmed"]);
    ran.complains(&["error[deadline]: `test/tool`: compiling took longer than", "raise `WB_COMPILE_TIMEOUT`"]);
    let steps = limited.steps().pop().unwrap();
    let tool = steps.iter().find(|step| step["component"] == "test/tool").unwrap();
    assert_eq!((&tool["error"]["kind"], &tool["exit_code"]), (&json!("deadline"), &json!(124)));
    // The run's.
    let limited = place();
    let ran =
        limited.wb(&["run", "book.org", "--max-time", &format!("{third}ms"), "--jobs", "1", "--only", "tool"]).exits(1);
    ran.complains(&["error[total-time]: `test/tool`", "raise `--max-time`"]);
    let steps = limited.steps().pop().unwrap();
    assert_eq!(steps[0]["exit_code"], json!(142), "{steps:?}");
}
