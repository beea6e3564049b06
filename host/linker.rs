//! One linker name per (node, right), and nothing else that mints authority.
//!
//! A composition imports every authority under a name of the node that uses it (`greet-console`, `load-preopens`).
//! Each of those names is bound here to that node's own WASI context, which holds what the node was granted. The
//! standard names are bound as well, for interfaces that only act on handles and for whole programs; no composition
//! imports a minting interface by its standard name, because the composer has renamed them all.

use std::path::Path;

use wasmtime::component::{Linker, LinkerInstance, Resource};
use wasmtime_wasi::cli::WasiCliView as _;
use wasmtime_wasi::clocks::WasiClocksView as _;
use wasmtime_wasi::filesystem::WasiFilesystemView as _;
use wasmtime_wasi::p2::bindings::{cli, clocks, filesystem, random};
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;
use wasmtime_wasi::random::WasiRandomView as _;
use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxBuilder};
use wasmtime_wasi_http::RequestOptions;
use wasmtime_wasi_http::p2::bindings::http::outgoing_handler;
use wasmtime_wasi_http::p2::types::HostOutgoingRequest;
use wb_composer::authority::{self, Kind};

use crate::disk;
use crate::env;
use crate::execute::state::State;
use crate::grants::Grants;

/// What a member writes to its standard output and error, kept up to a bound.
pub type Output = MemoryOutputPipe;

/// Bytes of standard output kept for a log.
const LOG_BYTES: usize = 256 << 10;

/// Builds the WASI context a component gets for its grants. Relative paths are below `root`, the workbook's folder.
///
/// # Errors
///
/// When a granted folder cannot be opened; the message names it.
pub fn context(grants: &Grants, root: &Path) -> Result<(WasiCtxBuilder, Output), String> {
    let output = MemoryOutputPipe::new(LOG_BYTES);
    let mut builder = WasiCtx::builder();
    builder.stdout(output.clone()).stderr(output.clone());
    // Without the grant nothing imports these; with fixed seeds, hash maps behave the same in every run.
    builder.insecure_random_seed(0);
    for name in &grants.env {
        if let Some(value) = env::granted(name) {
            builder.env(name, value);
        }
    }
    let folders = grants.read.iter().map(|folder| (folder, FsPerms::ReadOnly));
    for (folder, perms) in folders.chain(grants.write.iter().map(|folder| (folder, FsPerms::ReadWrite))) {
        let host = root.join(folder.path());
        let broken =
            |error: &dyn std::fmt::Display| format!("cannot open the granted folder `{}`: {error}", host.display());
        let write = perms == FsPerms::ReadWrite;
        disk::granted(root, folder.path(), write, |exact| builder.preopened_dir(exact, folder.path(), perms).map(drop))
            .map_err(|error| broken(&error))?
            .map_err(|error| broken(&error))?;
    }
    Ok((builder, output))
}

/// A linker with everything that acts on handles.
///
/// # Errors
///
/// Never in practice: names are defined once.
pub fn new(engine: &wasmtime::Engine) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    // A composition has no use for the handler among these, which asks a guard that lets nothing through.
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
    Ok(linker)
}

/// Binds `name`, which a composition imports for one member, to that member's right to `interface`.
///
/// # Errors
///
/// When nothing stands behind the interface.
pub fn bind(linker: &mut Linker<State>, name: &str, interface: &str, member: usize) -> wasmtime::Result<()> {
    let Kind::Mints(right) = authority::kind(interface) else {
        wasmtime::bail!("`{interface}` is not an authority");
    };
    let mut at = linker.instance(name)?;
    match right {
        "console" => at.func_wrap("log", |mut store, (line,): (String,)| {
            store.data_mut().log.write(&line);
            Ok(())
        }),
        "environment" => environment(&mut at, member),
        "exit" => exit(&mut at, member),
        "stdin" | "stdout" | "stderr" => stdio(&mut at, right, member),
        "terminal-stdin" | "terminal-stdout" | "terminal-stderr" => terminal(&mut at, right, member),
        "monotonic-clock" => monotonic_clock(&mut at, member),
        "wall-clock" => wall_clock(&mut at, member),
        "preopens" => at.func_wrap("get-directories", move |mut store, (): ()| {
            let mut view = store.data_mut().member(member);
            Ok((filesystem::preopens::Host::get_directories(&mut view.filesystem())?,))
        }),
        "outgoing-http" => outgoing(&mut at, member),
        "random" | "insecure-random" | "insecure-seed" => randomness(&mut at, right, member),
        _ => wasmtime::bail!("nothing stands behind `{interface}` yet"),
    }
}

type At<'a> = LinkerInstance<'a, State>;

fn environment(at: &mut At<'_>, member: usize) -> wasmtime::Result<()> {
    use cli::environment::Host;
    at.func_wrap("get-environment", move |mut store, (): ()| {
        Ok((Host::get_environment(&mut store.data_mut().member(member).cli())?,))
    })?;
    at.func_wrap("get-arguments", move |mut store, (): ()| {
        Ok((Host::get_arguments(&mut store.data_mut().member(member).cli())?,))
    })?;
    at.func_wrap("initial-cwd", move |mut store, (): ()| {
        Ok((Host::initial_cwd(&mut store.data_mut().member(member).cli())?,))
    })
}

fn exit(at: &mut At<'_>, member: usize) -> wasmtime::Result<()> {
    use cli::exit::Host;
    at.func_wrap("exit", move |mut store, (status,): (Result<(), ()>,)| {
        Host::exit(&mut store.data_mut().member(member).cli(), status)
    })
}

fn stdio(at: &mut At<'_>, right: &str, member: usize) -> wasmtime::Result<()> {
    match right {
        "stdin" => at.func_wrap("get-stdin", move |mut store, (): ()| {
            Ok((cli::stdin::Host::get_stdin(&mut store.data_mut().member(member).cli())?,))
        }),
        "stdout" => at.func_wrap("get-stdout", move |mut store, (): ()| {
            Ok((cli::stdout::Host::get_stdout(&mut store.data_mut().member(member).cli())?,))
        }),
        _ => at.func_wrap("get-stderr", move |mut store, (): ()| {
            Ok((cli::stderr::Host::get_stderr(&mut store.data_mut().member(member).cli())?,))
        }),
    }
}

fn terminal(at: &mut At<'_>, right: &str, member: usize) -> wasmtime::Result<()> {
    match right {
        "terminal-stdin" => at.func_wrap("get-terminal-stdin", move |mut store, (): ()| {
            Ok((cli::terminal_stdin::Host::get_terminal_stdin(&mut store.data_mut().member(member).cli())?,))
        }),
        "terminal-stdout" => at.func_wrap("get-terminal-stdout", move |mut store, (): ()| {
            Ok((cli::terminal_stdout::Host::get_terminal_stdout(&mut store.data_mut().member(member).cli())?,))
        }),
        _ => at.func_wrap("get-terminal-stderr", move |mut store, (): ()| {
            Ok((cli::terminal_stderr::Host::get_terminal_stderr(&mut store.data_mut().member(member).cli())?,))
        }),
    }
}

fn monotonic_clock(at: &mut At<'_>, member: usize) -> wasmtime::Result<()> {
    use clocks::monotonic_clock::Host;
    at.func_wrap("now", move |mut store, (): ()| Ok((Host::now(&mut store.data_mut().member(member).clocks())?,)))?;
    at.func_wrap("resolution", move |mut store, (): ()| {
        Ok((Host::resolution(&mut store.data_mut().member(member).clocks())?,))
    })?;
    at.func_wrap("subscribe-instant", move |mut store, (when,): (u64,)| {
        Ok((Host::subscribe_instant(&mut store.data_mut().member(member).clocks(), when)?,))
    })?;
    at.func_wrap("subscribe-duration", move |mut store, (duration,): (u64,)| {
        Ok((Host::subscribe_duration(&mut store.data_mut().member(member).clocks(), duration)?,))
    })
}

fn wall_clock(at: &mut At<'_>, member: usize) -> wasmtime::Result<()> {
    use clocks::wall_clock::Host;
    at.func_wrap("now", move |mut store, (): ()| Ok((Host::now(&mut store.data_mut().member(member).clocks())?,)))?;
    at.func_wrap("resolution", move |mut store, (): ()| {
        Ok((Host::resolution(&mut store.data_mut().member(member).clocks())?,))
    })
}

fn outgoing(at: &mut At<'_>, member: usize) -> wasmtime::Result<()> {
    use outgoing_handler::Host;
    type Given = (Resource<HostOutgoingRequest>, Option<Resource<RequestOptions>>);
    at.func_wrap("handle", move |mut store, (request, options): Given| {
        let answer = Host::handle(&mut store.data_mut().member_http(member), request, options);
        Ok((answer.map(Ok).or_else(|error| error.downcast().map(Err))?,))
    })
}

fn randomness(at: &mut At<'_>, right: &str, member: usize) -> wasmtime::Result<()> {
    match right {
        "random" => {
            at.func_wrap("get-random-bytes", move |mut store, (len,): (u64,)| {
                Ok((random::random::Host::get_random_bytes(store.data_mut().member(member).random(), len)?,))
            })?;
            at.func_wrap("get-random-u64", move |mut store, (): ()| {
                Ok((random::random::Host::get_random_u64(store.data_mut().member(member).random())?,))
            })
        }
        "insecure-random" => {
            at.func_wrap("get-insecure-random-bytes", move |mut store, (len,): (u64,)| {
                Ok((random::insecure::Host::get_insecure_random_bytes(store.data_mut().member(member).random(), len)?,))
            })?;
            at.func_wrap("get-insecure-random-u64", move |mut store, (): ()| {
                Ok((random::insecure::Host::get_insecure_random_u64(store.data_mut().member(member).random())?,))
            })
        }
        _ => at.func_wrap("insecure-seed", move |mut store, (): ()| {
            Ok((random::insecure_seed::Host::insecure_seed(store.data_mut().member(member).random())?,))
        }),
    }
}
