//! What a store holds while a piece runs: its memory account, logs, and WASI's tables.

use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use super::limits::Limits;
use crate::net::Guard;

/// Lines of log kept per step.
const LOG_LINES: usize = 1_000;
/// Bytes of log kept per step.
const LOG_BYTES: usize = 256 << 10;

/// The data of a run's store.
pub struct State {
    /// One WASI context and one guard per member: what the rights of that member are made of.
    members: Vec<(WasiCtx, Guard)>,
    /// For interfaces that only act on handles, and for programs.
    shared: WasiCtx,
    guard: Guard,
    http: WasiHttpCtx,
    table: ResourceTable,
    /// The memory account.
    pub limits: Limits,
    /// What the running step has logged.
    pub log: Log,
}

impl State {
    /// A state whose members have these contexts.
    #[must_use]
    pub fn new(members: Vec<(WasiCtx, Guard)>) -> Self {
        Self {
            members,
            shared: WasiCtx::builder().build(),
            guard: Guard::closed(),
            http: WasiHttpCtx::new(),
            table: ResourceTable::new(),
            limits: Limits::default(),
            log: Log::default(),
        }
    }

    /// A state for one program with this context.
    #[must_use]
    pub fn program(shared: WasiCtx, guard: Guard) -> Self {
        Self { shared, guard, ..Self::new(Vec::new()) }
    }

    /// The way out of one member.
    #[must_use]
    pub fn member_http(&mut self, index: usize) -> WasiHttpCtxView<'_> {
        let hooks = self.members.get_mut(index).map_or(&mut self.guard, |(_, guard)| guard);
        WasiHttpCtxView { hooks, table: &mut self.table, ctx: &mut self.http }
    }

    /// What the guards refused to one member since the last call.
    #[must_use]
    pub fn refusals(&self, index: usize) -> Vec<String> {
        self.members.get(index).map_or(&self.guard, |(_, guard)| guard).take_log()
    }

    /// The view of one member's context.
    #[must_use]
    pub fn member(&mut self, index: usize) -> MemberView<'_> {
        // Members are numbered by whoever built both the state and the linker.
        let ctx = self.members.get_mut(index).map_or(&mut self.shared, |(ctx, _)| ctx);
        MemberView { ctx, table: &mut self.table }
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.shared, table: &mut self.table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: &mut self.guard, table: &mut self.table, ctx: &mut self.http }
    }
}

/// One member's context with the common table.
pub struct MemberView<'a> {
    ctx: &'a mut WasiCtx,
    table: &'a mut ResourceTable,
}

impl WasiView for MemberView<'_> {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: self.ctx, table: self.table }
    }
}

/// Lines a step wrote, bounded.
#[derive(Debug, Default, Clone)]
pub struct Log {
    lines: Vec<String>,
    bytes: usize,
    dropped: usize,
}

impl Log {
    /// Adds what was written; several lines are several entries.
    pub fn write(&mut self, text: &str) {
        for line in text.trim_end_matches('\n').split('\n') {
            if self.lines.len() >= LOG_LINES || self.bytes + line.len() > LOG_BYTES {
                self.dropped += 1;
            } else {
                self.bytes += line.len();
                self.lines.push(line.to_owned());
            }
        }
    }

    /// Adds bytes that were written, if there are any.
    pub fn write_bytes(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.write(&String::from_utf8_lossy(bytes));
        }
    }

    /// Takes the lines, with a last one that says how many are missing.
    pub fn take(&mut self) -> Vec<String> {
        let log = std::mem::take(self);
        let mut lines = log.lines;
        if log.dropped > 0 {
            lines.push(format!("… and {} more lines, which were dropped", log.dropped));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::Log;

    #[test]
    fn a_flood_of_lines_is_bounded_and_says_so() {
        let mut log = Log::default();
        (0..5_000).for_each(|i| log.write(&i.to_string()));
        log.write(&"x".repeat(1 << 20));
        let lines = log.take();
        assert_eq!(lines.len(), 1_001);
        assert_eq!(lines[1_000], "… and 4001 more lines, which were dropped");
    }
}
