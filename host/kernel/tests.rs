//! The kernel's calls against the real kernel, and against one made of traps, loops and hunger.

use std::thread;
use std::time::{Duration, Instant};

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;
use wit_parser::abi::AbiVariant;

use super::*;

fn real() -> Kernel {
    Kernel::new(&Engine::new().unwrap(), None).unwrap()
}

/// A kernel whose `validate` never ends and whose `parse-headlines` takes all memory it can get.
/// `check-upgrade` answers; the rest traps.
fn hostile() -> Kernel {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("oql.wit", include_str!("../../wit/oql/oql.wit")).unwrap();
    let world = resolve.select_world(&[package], Some("oql")).unwrap();
    let (_, interface) = resolve.interfaces.iter().find(|(_, it)| it.name.as_deref() == Some("kernel")).unwrap();
    let functions = interface.functions.values().map(|function| {
        let signature = resolve.wasm_signature(AbiVariant::GuestExport, function);
        let params = "i32 ".repeat(signature.params.len());
        let body = match function.name.as_str() {
            "validate" => "(loop (br 0))",
            "parse-headlines" => "(loop (br_if 0 (i32.ne (memory.grow (i32.const 1024)) (i32.const -1))))",
            // An empty list, at an address where there is nothing but zeros.
            "check-upgrade" => "(return (i32.const 0))",
            _ => "",
        };
        let name = format!("wb:oql/kernel@0.1.0#{}", function.name);
        format!("(func (export \"{name}\") (param {params}) (result i32) {body} unreachable)")
    });
    let functions: String = functions.collect();
    let module = wat::parse_str(format!(
        r#"(module
            (memory (export "memory") 1)
            (global $next (mut i32) (i32.const 1024))
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                (global.get $next)
                (global.set $next (i32.add (global.get $next) (local.get 3))))
            {functions})"#,
    ));
    let mut module = module.unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    let component = ComponentEncoder::default().module(&module).unwrap().encode().unwrap();
    Kernel::from_binary(&component, &Engine::new().unwrap(), None).unwrap()
}

#[test]
fn answers_in_parallel_on_one_kernel() {
    let kernel = real();
    thread::scope(|scope| {
        for number in 0..16 {
            let kernel = &kernel;
            scope.spawn(move || {
                let org = "* Heading\n".repeat(number);
                assert_eq!(kernel.headlines(&org).unwrap().len(), number);
            });
        }
    });
    assert!(kernel.pool().warm.len() <= thread::available_parallelism().map_or(1, usize::from));
}

#[test]
fn a_trap_is_reported_as_a_bug_and_costs_one_call() {
    let kernel = hostile();
    for _ in 0..3 {
        let error = kernel.lint("", &[]).unwrap_err();
        assert!(matches!(&error, KernelError::Broke { function: "lint", .. }), "{error}");
        assert!(error.to_string().contains("this is a bug in wb"), "{error}");
    }
    // An instance that never trapped still answers, with the empty list that the zeros at its address say.
    assert_eq!(kernel.check_upgrade("", "").unwrap(), []);
}

#[test]
fn a_call_that_never_ends_is_ended() {
    let mut kernel = hostile();
    kernel.deadline = Duration::from_millis(20);
    let begin = Instant::now();
    let error = kernel.validate("").unwrap_err();
    assert!(matches!(&error, KernelError::Deadline { function: "validate", .. }), "{error}");
    assert!(begin.elapsed() < Duration::from_secs(5));
}

#[test]
fn memory_is_bounded() {
    let error = hostile().headlines("").unwrap_err();
    assert!(matches!(&error, KernelError::Memory { function: "parse-headlines" }), "{error}");
}
