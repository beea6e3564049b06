//! Makes the JavaScript engine: QuickJS linked with our glue, started once with `prelude.js`, its memory stored.
//!
//! So an instance has a context and the prelude in it from the start, and pays for its block only. It deliberately knows
//! nothing of blocks.

use wb_composer::script_engine as parts;

use super::PRELUDE;
use crate::cache::{Cache, Key, Kind};
use crate::engine::Engine;
use crate::lanes::stored::Starting;

/// The script the engine is started with: the functions of the world `javascript`, which it looks for here.
pub(super) const SCRIPT: &str = "export const wbLoad = (given, script) => __wb.load(given, script);\n\
    export const wbInvoke = (args, bulk) => __wb.call(args, bulk);\n";

/// The engine's component, from the cache where it was made before.
///
/// # Errors
///
/// When it cannot be linked or does not start: a fault of the embedded parts, not of a workbook.
pub fn component(cache: Option<&Cache>) -> Result<Vec<u8>, String> {
    let parts = [
        wb_components::QUICKJS_RUNTIME,
        parts::DRIVER.as_bytes(),
        parts::ENGINE_WIT.as_bytes(),
        PRELUDE.as_bytes(),
        SCRIPT.as_bytes(),
        env!("CARGO_PKG_VERSION").as_bytes(),
    ];
    let key = Key::of("wb engine 4", &parts);
    if let Some(made) = cache.and_then(|cache| cache.get(Kind::Component, &key)) {
        return Ok(made);
    }
    let made = make(cache).map_err(|error| format!("{error:#}"))?;
    if let Some(cache) = cache {
        // A cache that cannot be written costs the next run time, nothing else.
        drop(cache.put(Kind::Component, &key, &made));
    }
    Ok(made)
}

fn make(cache: Option<&Cache>) -> wasmtime::Result<Vec<u8>> {
    let linked = parts::link(wb_components::QUICKJS_RUNTIME)?;
    let engine = Engine::new()?;
    let module = engine.module(&linked.code, cache)?.code;
    let mut engine = Starting::new(&engine, &module, &linked)?;
    let (prelude, script) = (engine.text(PRELUDE)?, engine.text(SCRIPT)?);
    // No entry path, and the garbage collector stays on.
    let answer: u32 = engine.call(parts::BEGIN, (prelude.0, prelude.1, script.0, script.1, 0u32, 0u32, 0u32, 0u32))?;
    if engine.word(answer).is_none_or(|failed| failed & 0xff != 0) {
        let (at, length) = (engine.word(answer + 4).unwrap_or_default(), engine.word(answer + 8).unwrap_or_default());
        let why = engine.memory().get(at as usize..).and_then(|rest| rest.get(..length as usize)).unwrap_or_default();
        wasmtime::bail!("the JavaScript engine does not start: {}", String::from_utf8_lossy(why));
    }
    engine.store(&linked.code, &parts::FUNCTIONS)
}
