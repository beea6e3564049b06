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

crate::empty::empty_command!(System);

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
