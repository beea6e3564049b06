//! Engines that are started once: an instance without a host behind it, whose memory becomes the memory every block's
//! instance begins with.
//!
//! How an engine is started is said by its own lane. Nothing here knows of blocks.

use wasmtime::{Extern, Func, Instance, Memory, MemoryType, Module, Store, TypedFunc, WasmParams, WasmResults};
use wb_composer::stored_engine::{self, ENV, Functions, Merged, PAGE, REALLOC, START};

use crate::engine::Engine;

/// An instance that is being made ready.
pub(super) struct Starting {
    store: Store<String>,
    memory: Memory,
    instance: Instance,
}

impl Starting {
    pub(super) fn new(engine: &Engine, module: &Module, linked: &Merged) -> wasmtime::Result<Self> {
        let mut store = Store::new(engine.wasmtime(), String::new());
        store.set_epoch_deadline(u64::MAX / 2);
        let memory = Memory::new(&mut store, MemoryType::new(linked.pages, None))?;
        for (at, bytes) in &linked.image {
            memory.write(&mut store, *at as usize, bytes)?;
        }
        // What the interpreter says while it starts is why it does not.
        let log = Func::wrap(&mut store, move |mut caller: wasmtime::Caller<'_, String>, at: u32, length: u32| {
            let (bytes, said) = memory.data_and_store_mut(&mut caller);
            let line = bytes.get(at as usize..).and_then(|rest| rest.get(..length as usize)).unwrap_or_default();
            said.push_str(&String::from_utf8_lossy(line));
            said.push('\n');
        });
        let imports: Vec<Extern> =
            module.imports().map(|import| if import.module() == ENV { memory.into() } else { log.into() }).collect();
        let instance = Instance::new(&mut store, module, &imports)?;
        let mut running = Self { store, memory, instance };
        running.call::<(), ()>(START, ())?;
        Ok(running)
    }

    pub(super) fn call<P: WasmParams, R: WasmResults>(&mut self, name: &str, parameters: P) -> wasmtime::Result<R> {
        let function: TypedFunc<P, R> = self.instance.get_typed_func(&mut self.store, name)?;
        function.call(&mut self.store, parameters)
    }

    /// Copies bytes and a zero behind them into the instance's memory.
    pub(super) fn put(&mut self, bytes: &[u8]) -> wasmtime::Result<u32> {
        let length = u32::try_from(bytes.len() + 1)?;
        let at: u32 = self.call(REALLOC, (0, 0, 16, length))?;
        self.memory.write(&mut self.store, at as usize, bytes)?;
        self.memory.write(&mut self.store, at as usize + bytes.len(), &[0])?;
        Ok(at)
    }

    /// Hands over a text as the component model does, to be freed by who gets it: allocators may go by size and alignment.
    pub(super) fn text(&mut self, text: &str) -> wasmtime::Result<(u32, u32)> {
        let length = u32::try_from(text.len())?;
        let at: u32 = self.call(REALLOC, (0, 0, 1, length))?;
        self.memory.write(&mut self.store, at as usize, text.as_bytes())?;
        Ok((at, length))
    }

    pub(super) fn free(&mut self, at: u32, length: usize) -> wasmtime::Result<()> {
        let _: u32 = self.call(REALLOC, (at, u32::try_from(length + 1)?, 16, 0))?;
        Ok(())
    }

    /// What lies in its memory.
    pub(super) fn memory(&self) -> &[u8] {
        self.memory.data(&self.store)
    }

    /// The word at an address.
    pub(super) fn word(&self, at: u32) -> Option<u32> {
        let at = at as usize;
        Some(u32::from_le_bytes(self.memory().get(at..at.checked_add(4)?)?.try_into().ok()?))
    }

    /// What it wrote to its console.
    pub(super) fn said(&self) -> &str {
        self.store.data()
    }

    /// The engine as a component, with `code`, which this is an instance of, and the memory as it is now.
    pub(super) fn store(&self, code: &[u8], functions: &Functions) -> wasmtime::Result<Vec<u8>> {
        let pages = u32::try_from(self.memory().len() / PAGE)?;
        Ok(stored_engine::component(code, &image(self.memory()), pages, functions))
    }
}

/// What of a memory is not zero, in runs. Short gaps are kept: a run costs some bytes as well.
fn image(memory: &[u8]) -> Vec<(u32, Vec<u8>)> {
    const BLOCK: usize = 64;
    let mut runs: Vec<(u32, Vec<u8>)> = Vec::new();
    for (index, block) in memory.chunks(BLOCK).enumerate() {
        if block.iter().all(|byte| *byte == 0) {
            continue;
        }
        let at = index * BLOCK;
        match runs.last_mut() {
            Some((start, bytes)) if *start as usize + bytes.len() == at => bytes.extend_from_slice(block),
            // A memory has at most 4 GiB, so every address in it is one.
            _ => runs.push((at as u32, block.to_vec())),
        }
    }
    runs
}
