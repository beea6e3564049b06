//! Makes the Python engine out of a published package: libraries linked, interpreter started, memory stored.
//!
//! CPython needs a tenth of a second to start, and its standard library is files. So it is started once, here, without a
//! host behind it: one instance compiles the library's modules, a second one gets them as frozen modules, runs `boot.py`,
//! and its memory becomes the memory every block's instance begins with. It deliberately knows nothing of blocks.

use std::{io, thread};

use ruzstd::decoding::StreamingDecoder;
use wb_composer::python_engine::{self as parts, Libraries};

use crate::cache::{Cache, Key, Kind};
use crate::disk;
use crate::engine::Engine;
use crate::lanes::Problem;
use crate::lanes::stored::Starting;
use crate::packages::Packages;

/// What runs once when the interpreter has started; it defines how blocks are called.
pub(super) const BOOT: &str = include_str!("boot.py");

/// Where in the package's file the parts are: zstd frames, by their first byte and their length.
mod frame {
    pub(super) const PYTHON: (usize, usize) = (2_781_043, 2_367_858);
    pub(super) const LIBC: (usize, usize) = (5_148_901, 302_088);
    /// Emulations of mmap, of process clocks, of getpid and of signals.
    pub(super) const OTHERS: [(usize, usize); 4] =
        [(5_452_643, 1_477), (5_452_349, 268), (5_451_679, 644), (5_451_013, 632)];
    /// The standard library: a tar archive.
    pub(super) const LIBRARY: (usize, usize) = (5_721_759, 2_208_634);
}

/// Modules that cannot do anything in a block, or are programs and not a library.
pub(super) const LEFT_OUT: &str = "idlelib tkinter turtle turtledemo ensurepip venv pydoc_data pydoc curses _pyrepl test multiprocessing \
    asyncio ctypes config-3.14-wasm32-wasi webbrowser antigravity this __phello__ __hello__ _apple_support \
    _ios_support _android_support _aix_support _osx_support subprocess socketserver smtplib ftplib poplib \
    imaplib wsgiref xmlrpc socket ssl selectors pdb bdb cProfile profile pstats zipapp py_compile compileall \
    pty tty site getpass nturl2path dbm";

/// The stack of the thread that starts the interpreter.
const THREAD_STACK: usize = 8 << 20;

/// The engine's component, from the cache where it was made before.
///
/// # Errors
///
/// When the package cannot be had, is not the one we know, or the interpreter does not start.
pub fn component(cache: Option<&Cache>, packages: &Packages) -> Result<Vec<u8>, Problem> {
    let parts = [super::toolchain(), env!("CARGO_PKG_VERSION").into()];
    let key = Key::of("wb python engine 1", &parts.each_ref().map(Vec::as_slice));
    if let Some(made) = cache.and_then(|cache| cache.get(Kind::Component, &key)) {
        return Ok(made);
    }
    let folder =
        packages.get(&super::PACKAGE).map_err(|error| Problem::at_start(error.to_string(), Some(&error.cure())))?;
    packages.say("making Python ready, once: linking, compiling, starting it");
    let problem = |reason: String| {
        Problem::at_start(
            format!("Python cannot be made ready: {reason}"),
            Some("this is a bug in wb; `wb doctor` helps to report it"),
        )
    };
    let path = folder.join(super::FILE);
    let file = disk::read(&path).map_err(|error| problem(format!("cannot read `{}`: {error}", path.display())))?;
    let made = thread::scope(|scope| {
        let work = || make(&file, cache).map_err(|error| format!("{error:#}"));
        let thread = thread::Builder::new().stack_size(THREAD_STACK).spawn_scoped(scope, work);
        thread.map_err(|error| error.to_string())?.join().unwrap_or_else(|_| Err("starting it panicked".to_owned()))
    });
    let made = made.map_err(problem)?;
    if let Some(cache) = cache {
        // A cache that cannot be written costs the next run time, nothing else.
        drop(cache.put(Kind::Component, &key, &made));
    }
    Ok(made)
}

/// Makes the engine out of the package's file.
///
/// # Errors
///
/// When it is not the file we know, or the interpreter does not start.
pub fn make(file: &[u8], cache: Option<&Cache>) -> wasmtime::Result<Vec<u8>> {
    let (python, libc) = (part(file, frame::PYTHON)?, part(file, frame::LIBC)?);
    let others = frame::OTHERS.iter().map(|at| part(file, *at)).collect::<io::Result<Vec<_>>>()?;
    let others: Vec<&[u8]> = others.iter().map(Vec::as_slice).collect();
    let linked = parts::link(&Libraries { python: &python, libc: &libc, others: &others })?;
    let engine = Engine::new()?;
    let module = engine.module(&linked.code, cache)?.code;
    let library = modules(&part(file, frame::LIBRARY)?)?;

    let mut compiler = Python(Starting::new(&engine, &module, &linked)?);
    compiler.begin(0, 0)?;
    let frozen = library
        .iter()
        .map(|(name, package, source)| Ok((name.as_str(), *package, compiler.compile(name, source)?)))
        .collect::<wasmtime::Result<Vec<_>>>()?;
    drop(compiler);

    let mut running = Python(Starting::new(&engine, &module, &linked)?);
    let table = running.table(&frozen)?;
    running.begin(1, table)?;
    running.prepare(BOOT)?;
    running.0.store(&linked.code, &parts::FUNCTIONS)
}

/// One part of the package's file.
fn part(file: &[u8], (at, length): (usize, usize)) -> io::Result<Vec<u8>> {
    let missing = || io::Error::other("the package's file is too short");
    let frame = at.checked_add(length).and_then(|end| file.get(at..end)).ok_or_else(missing)?;
    let mut decoder = StreamingDecoder::new(frame).map_err(io::Error::other)?;
    let mut bytes = Vec::new();
    io::Read::read_to_end(&mut decoder, &mut bytes)?;
    Ok(bytes)
}

/// Name, whether it is a package, and source of every module of the standard library that a block can use.
fn modules(archive: &[u8]) -> io::Result<Vec<(String, bool, Vec<u8>)>> {
    let mut modules = Vec::new();
    for entry in tar::Archive::new(archive).entries()? {
        let mut entry = entry?;
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let Some(path) = path.trim_start_matches("./").strip_suffix(".py") else { continue };
        let (name, package) = path.strip_suffix("/__init__").map_or((path, false), |name| (name, true));
        let top = name.split('/').next().unwrap_or(name);
        if LEFT_OUT.split(' ').any(|left| left == top) {
            continue;
        }
        let mut source = Vec::new();
        io::Read::read_to_end(&mut entry, &mut source)?;
        modules.push((name.replace('/', "."), package, source));
    }
    modules.sort();
    Ok(modules)
}

/// CPython, being made ready.
struct Python(Starting);

impl Python {
    fn begin(&mut self, main: u32, modules: u32) -> wasmtime::Result<()> {
        let failed: u32 = self.0.call(parts::BEGIN, (main, modules))?;
        wasmtime::ensure!(failed == 0, "the interpreter does not start: {}", self.0.said());
        Ok(())
    }

    /// The code of a module. One that does not compile is one that cannot be imported anyway.
    fn compile(&mut self, name: &str, source: &[u8]) -> wasmtime::Result<Vec<u8>> {
        let file = self.0.put(format!("<python {name}>").as_bytes())?;
        let text = self.0.put(source)?;
        let answer: u32 = self.0.call(parts::COMPILE, (file, text))?;
        wasmtime::ensure!(answer != 0, "`{name}` does not compile: {}", self.0.said());
        let memory = self.0.memory();
        let word = |at: u32| {
            memory.get(at as usize..at as usize + 4).and_then(|b| Some(u32::from_le_bytes(b.try_into().ok()?)))
        };
        let code = word(answer)
            .zip(word(answer + 4))
            .and_then(|(at, length)| memory.get(at as usize..)?.get(..length as usize));
        let code = code.map(<[u8]>::to_vec).ok_or_else(|| wasmtime::format_err!("`{name}` lies outside"))?;
        self.0.free(text, source.len())?;
        Ok(code)
    }

    /// An array of `struct _frozen` (name, code, size, is_package), with one of zeros behind it.
    fn table(&mut self, modules: &[(&str, bool, Vec<u8>)]) -> wasmtime::Result<u32> {
        let mut table = Vec::new();
        for (name, package, code) in modules {
            let words =
                [self.0.put(name.as_bytes())?, self.0.put(code)?, u32::try_from(code.len())?, u32::from(*package)];
            table.extend(words.iter().flat_map(|word| word.to_le_bytes()));
        }
        table.extend([0; 16]);
        self.0.put(&table)
    }

    fn prepare(&mut self, boot: &str) -> wasmtime::Result<()> {
        let boot = self.0.put(boot.as_bytes())?;
        let failed: u32 = self.0.call(parts::PREPARE, boot)?;
        wasmtime::ensure!(failed == 0, "its first script fails: {}", self.0.said());
        Ok(())
    }
}
