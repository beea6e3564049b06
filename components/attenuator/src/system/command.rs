//! What a command finds around it, all of it empty; and the clocks.

use super::System;
use super::exports::wasi::cli::{
    environment, exit, stderr, stdin, stdout, terminal_input, terminal_output, terminal_stderr, terminal_stdin,
    terminal_stdout,
};
use super::exports::wasi::clocks::{monotonic_clock, wall_clock};
use super::exports::wasi::io::poll::Pollable;
use super::exports::wasi::io::streams::{InputStream, OutputStream};
use super::exports::wasi::random::insecure_seed;
use super::streams::{Input, Moment, Output};

impl environment::Guest for System {
    fn get_environment() -> Vec<(String, String)> {
        Vec::new()
    }

    fn get_arguments() -> Vec<String> {
        Vec::new()
    }

    fn initial_cwd() -> Option<String> {
        None
    }
}

/// A component that ends itself would end the whole artifact; it traps instead.
impl exit::Guest for System {
    fn exit(_: Result<(), ()>) {
        core::arch::wasm32::unreachable()
    }

    fn exit_with_code(_: u8) {
        core::arch::wasm32::unreachable()
    }
}

impl stdin::Guest for System {
    fn get_stdin() -> InputStream {
        InputStream::new(Input::Closed)
    }
}

impl stdout::Guest for System {
    fn get_stdout() -> OutputStream {
        OutputStream::new(Output::Sink)
    }
}

impl stderr::Guest for System {
    fn get_stderr() -> OutputStream {
        OutputStream::new(Output::Sink)
    }
}

/// There are no terminals.
pub(super) struct Terminal;

impl terminal_input::GuestTerminalInput for Terminal {}
impl terminal_output::GuestTerminalOutput for Terminal {}

impl terminal_input::Guest for System {
    type TerminalInput = Terminal;
}

impl terminal_output::Guest for System {
    type TerminalOutput = Terminal;
}

impl terminal_stdin::Guest for System {
    fn get_terminal_stdin() -> Option<terminal_stdin::TerminalInput> {
        None
    }
}

impl terminal_stdout::Guest for System {
    fn get_terminal_stdout() -> Option<terminal_stdout::TerminalOutput> {
        None
    }
}

impl terminal_stderr::Guest for System {
    fn get_terminal_stderr() -> Option<terminal_stderr::TerminalOutput> {
        None
    }
}

/// Fixed, as in a run of `wb`: a seed decides the order of hash maps and nothing else.
impl insecure_seed::Guest for System {
    fn insecure_seed() -> (u64, u64) {
        (0, 0)
    }
}

/// For its types; a component that was granted the time of day has it from the host.
impl wall_clock::Guest for System {
    fn now() -> wall_clock::Datetime {
        wall_clock::Datetime { seconds: 0, nanoseconds: 0 }
    }

    fn resolution() -> wall_clock::Datetime {
        wall_clock::Datetime { seconds: 1, nanoseconds: 0 }
    }
}

#[cfg(feature = "time")]
impl monotonic_clock::Guest for System {
    fn now() -> u64 {
        super::wasi::clocks::monotonic_clock::now()
    }

    fn resolution() -> u64 {
        super::wasi::clocks::monotonic_clock::resolution()
    }

    fn subscribe_instant(when: u64) -> Pollable {
        Pollable::new(Moment::Host(super::wasi::clocks::monotonic_clock::subscribe_instant(when)))
    }

    fn subscribe_duration(when: u64) -> Pollable {
        Pollable::new(Moment::Host(super::wasi::clocks::monotonic_clock::subscribe_duration(when)))
    }
}

/// Who imports this clock gets the guest that has it.
#[cfg(not(feature = "time"))]
impl monotonic_clock::Guest for System {
    fn now() -> u64 {
        0
    }

    fn resolution() -> u64 {
        1
    }

    fn subscribe_instant(_: u64) -> Pollable {
        Pollable::new(Moment::Now)
    }

    fn subscribe_duration(_: u64) -> Pollable {
        Pollable::new(Moment::Now)
    }
}
