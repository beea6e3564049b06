//! What commands read from and write to: pipes, files, buffers. And the loop that runs the stages of a pipeline.
//!
//! Stages are futures without a clock or threads: a stage that waits for bytes gives way to the next one. So a pipe
//! holds a few kilobytes whatever goes through it, and `yes | head -1` ends.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use crate::Stop;
use crate::vfs::{Files, Handle};

/// Bytes a pipe holds.
const PIPE_BYTES: usize = 64 << 10;
/// Bytes read from a file at once.
const FILE_BYTES: usize = 64 << 10;

/// A boxed step of the shell.
pub(crate) type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

thread_local! {
    /// Grows with every byte moved and every end closed: a round in which it stays the same is a deadlock.
    static PROGRESS: Cell<u64> = const { Cell::new(0) };
}

fn progress() {
    PROGRESS.with(|cell| cell.set(cell.get() + 1));
}

/// Runs a future to its end; none when it waits for what never comes.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        let before = PROGRESS.with(Cell::get);
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return Some(value);
        }
        if PROGRESS.with(Cell::get) == before {
            return None;
        }
    }
}

/// Runs futures side by side until all are done, or until one gives what ends the others as well. Each is dropped when
/// it is done, which closes its ends of pipes.
pub(crate) async fn together<'a, T>(futures: Vec<Boxed<'a, T>>, ends_all: impl Fn(&T) -> bool) -> Vec<T> {
    let mut slots: Vec<(Option<Boxed<'a, T>>, Option<T>)> = futures.into_iter().map(|f| (Some(f), None)).collect();
    poll_fn(|context| {
        let mut waiting = false;
        for (future, value) in &mut slots {
            let Some(running) = future else { continue };
            match running.as_mut().poll(context) {
                Poll::Ready(result) => {
                    if ends_all(&result) {
                        *value = Some(result);
                        return Poll::Ready(());
                    }
                    *value = Some(result);
                    *future = None;
                    progress();
                }
                Poll::Pending => waiting = true,
            }
        }
        if waiting { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    slots.into_iter().filter_map(|(_, value)| value).collect()
}

/// What is between two stages.
#[derive(Debug, Default)]
struct Pipe {
    bytes: RefCell<Vec<u8>>,
    writers: Cell<usize>,
    readers: Cell<usize>,
}

/// The writing end.
#[derive(Debug)]
pub(crate) struct WriteEnd(Rc<Pipe>);

/// The reading end.
#[derive(Debug)]
struct ReadEnd(Rc<Pipe>);

impl Drop for WriteEnd {
    fn drop(&mut self) {
        self.0.writers.set(self.0.writers.get() - 1);
        progress();
    }
}

impl Drop for ReadEnd {
    fn drop(&mut self) {
        self.0.readers.set(self.0.readers.get() - 1);
        progress();
    }
}

/// A new pipe.
pub(crate) fn pipe() -> (Out, In) {
    let pipe = Rc::new(Pipe::default());
    pipe.writers.set(1);
    pipe.readers.set(1);
    (Out(Rc::new(Sink::Pipe(WriteEnd(Rc::clone(&pipe))))), In::new(Source::Pipe(ReadEnd(pipe))))
}

/// Where bytes come from.
#[derive(Debug)]
enum Source {
    Nothing,
    Pipe(ReadEnd),
    File(Handle, u64),
    Zero,
}

/// An input that commands share: who reads on begins where the last one ended.
#[derive(Debug, Clone)]
pub(crate) struct In(Rc<RefCell<Reader>>);

#[derive(Debug)]
struct Reader {
    source: Source,
    buffer: Vec<u8>,
    at: usize,
    files: Option<Rc<Files>>,
}

impl In {
    fn new(source: Source) -> Self {
        Self(Rc::new(RefCell::new(Reader { source, buffer: Vec::new(), at: 0, files: None })))
    }

    /// An input with these bytes.
    pub(crate) fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        let input = Self::new(Source::Nothing);
        input.0.borrow_mut().buffer = bytes.into();
        input
    }

    /// A file from its beginning.
    pub(crate) fn file(files: &Rc<Files>, handle: Handle) -> Self {
        let input = Self::new(if handle.is_zero() { Source::Zero } else { Source::File(handle, 0) });
        input.0.borrow_mut().files = Some(Rc::clone(files));
        input
    }

    /// Makes the buffer longer. False at the end.
    fn poll_fill(&self) -> Poll<Result<bool, Stop>> {
        let reader = &mut *self.0.borrow_mut();
        if reader.at > 0 {
            reader.buffer.drain(..reader.at);
            reader.at = 0;
        }
        match &mut reader.source {
            Source::Nothing => Poll::Ready(Ok(false)),
            Source::Zero => {
                reader.buffer.resize(reader.buffer.len() + FILE_BYTES, 0);
                Poll::Ready(Ok(true))
            }
            Source::Pipe(end) => {
                let mut bytes = end.0.bytes.borrow_mut();
                if bytes.is_empty() {
                    return if end.0.writers.get() == 0 { Poll::Ready(Ok(false)) } else { Poll::Pending };
                }
                progress();
                if reader.buffer.is_empty() {
                    std::mem::swap(&mut reader.buffer, &mut *bytes);
                } else {
                    reader.buffer.append(&mut bytes);
                }
                Poll::Ready(Ok(true))
            }
            Source::File(handle, offset) => {
                let Some(files) = &reader.files else { return Poll::Ready(Ok(false)) };
                let read = files.read(handle, *offset, FILE_BYTES).map_err(|error| Stop::Io(error.to_string()))?;
                *offset += read.len() as u64;
                reader.buffer.extend_from_slice(&read);
                Poll::Ready(Ok(!read.is_empty()))
            }
        }
    }

    /// Bytes in the buffer.
    fn buffered(&self) -> usize {
        let reader = self.0.borrow();
        reader.buffer.len() - reader.at
    }

    /// The bytes at hand, at least one; none at the end.
    pub(crate) async fn chunk(&self) -> Result<Option<Vec<u8>>, Stop> {
        if self.buffered() == 0 && !poll_fn(|_| self.poll_fill()).await? {
            return Ok(None);
        }
        let reader = &mut *self.0.borrow_mut();
        let chunk =
            if reader.at == 0 { std::mem::take(&mut reader.buffer) } else { reader.buffer.split_off(reader.at) };
        reader.buffer.clear();
        reader.at = 0;
        Ok(Some(chunk))
    }

    /// Puts bytes back that were not wanted.
    pub(crate) fn unread(&self, bytes: &[u8]) {
        let reader = &mut *self.0.borrow_mut();
        let rest = [bytes, &reader.buffer[reader.at..]].concat();
        reader.buffer = rest;
        reader.at = 0;
    }

    /// Reads a line into `line`, with its end. False when there is nothing more.
    pub(crate) async fn line(&self, end: u8, line: &mut Vec<u8>) -> Result<bool, Stop> {
        line.clear();
        loop {
            {
                let reader = &mut *self.0.borrow_mut();
                let rest = &reader.buffer[reader.at..];
                match rest.iter().position(|byte| *byte == end) {
                    Some(index) => {
                        line.extend_from_slice(&rest[..=index]);
                        reader.at += index + 1;
                        return Ok(true);
                    }
                    None => {
                        line.extend_from_slice(rest);
                        reader.at = reader.buffer.len();
                    }
                }
            }
            if !poll_fn(|_| self.poll_fill()).await? {
                return Ok(!line.is_empty());
            }
        }
    }

    /// Everything there is.
    pub(crate) async fn all(&self) -> Result<Vec<u8>, Stop> {
        let mut all = Vec::new();
        while let Some(mut chunk) = self.chunk().await? {
            if all.is_empty() {
                all = chunk;
            } else {
                all.append(&mut chunk);
            }
        }
        Ok(all)
    }
}

/// Lines of a log that are kept for a message.
const LAST_LINES: usize = 5;
/// Bytes of a line that is logged before it ends.
const LINE_BYTES: usize = 8 << 10;

/// Where bytes go.
enum Sink {
    Pipe(WriteEnd),
    Buffer { bytes: RefCell<Vec<u8>>, most: usize },
    File { files: Rc<Files>, handle: Handle, at: Cell<Option<u64>> },
    Lines { log: Rc<dyn Fn(&str)>, open: RefCell<Vec<u8>>, last: RefCell<VecDeque<String>> },
    Nothing,
}

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sink")
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        if let Self::Lines { log, open, .. } = self {
            let rest = open.borrow();
            if !rest.is_empty() {
                log(&String::from_utf8_lossy(&rest));
            }
        }
    }
}

/// An output that commands share.
#[derive(Debug, Clone)]
pub(crate) struct Out(Rc<Sink>);

impl Out {
    /// Into memory, up to `most` bytes.
    pub(crate) fn buffer(most: usize) -> Self {
        Self(Rc::new(Sink::Buffer { bytes: RefCell::default(), most }))
    }

    /// To nowhere.
    pub(crate) fn nothing() -> Self {
        Self(Rc::new(Sink::Nothing))
    }

    /// Into a file: from its beginning, or always at its end.
    pub(crate) fn file(files: &Rc<Files>, handle: Handle, append: bool) -> Self {
        if handle.is_null() {
            return Self::nothing();
        }
        let at = Cell::new(if append { None } else { Some(0) });
        Self(Rc::new(Sink::File { files: Rc::clone(files), handle, at }))
    }

    /// To a log, line by line.
    pub(crate) fn lines(log: Rc<dyn Fn(&str)>) -> Self {
        Self(Rc::new(Sink::Lines { log, open: RefCell::default(), last: RefCell::default() }))
    }

    /// The last lines of a log, and what is open of the next one.
    pub(crate) fn last_lines(&self) -> Vec<String> {
        match &*self.0 {
            Sink::Lines { open, last, .. } => {
                let mut lines: Vec<String> = last.borrow().iter().cloned().collect();
                if !open.borrow().is_empty() {
                    lines.push(String::from_utf8_lossy(&open.borrow()).into_owned());
                }
                lines
            }
            _ => Vec::new(),
        }
    }

    /// What a buffer has taken in.
    pub(crate) fn take(&self) -> Vec<u8> {
        match &*self.0 {
            Sink::Buffer { bytes, .. } => std::mem::take(&mut *bytes.borrow_mut()),
            _ => Vec::new(),
        }
    }

    /// Writes all of it. A pipe that nobody reads any more ends the writer.
    pub(crate) async fn write(&self, mut bytes: &[u8]) -> Result<(), Stop> {
        match &*self.0 {
            Sink::Nothing => Ok(()),
            Sink::Lines { log, open, last } => {
                let mut open = open.borrow_mut();
                for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
                    open.extend_from_slice(piece);
                    if piece.ends_with(b"\n") || open.len() > LINE_BYTES {
                        let line = String::from_utf8_lossy(&open).trim_end_matches('\n').to_owned();
                        open.clear();
                        log(&line);
                        let mut last = last.borrow_mut();
                        if last.len() == LAST_LINES {
                            last.pop_front();
                        }
                        last.push_back(line);
                    }
                }
                Ok(())
            }
            Sink::Buffer { bytes: buffer, most } => {
                let mut buffer = buffer.borrow_mut();
                if buffer.len() + bytes.len() > *most {
                    return Err(Stop::Limit(format!("more than {} MiB of output", most >> 20)));
                }
                buffer.extend_from_slice(bytes);
                Ok(())
            }
            Sink::File { files, handle, at } => {
                let error = |error: crate::vfs::FileError| Stop::Io(error.to_string());
                match at.get() {
                    Some(offset) => {
                        files.write(handle, offset, bytes).map_err(error)?;
                        at.set(Some(offset + bytes.len() as u64));
                    }
                    None => files.append(handle, bytes).map_err(error)?,
                }
                Ok(())
            }
            Sink::Pipe(end) => {
                while !bytes.is_empty() {
                    let taken = poll_fn(|_| Self::poll_pipe(end, bytes)).await?;
                    bytes = &bytes[taken..];
                }
                Ok(())
            }
        }
    }

    fn poll_pipe(end: &WriteEnd, bytes: &[u8]) -> Poll<Result<usize, Stop>> {
        if end.0.readers.get() == 0 {
            return Poll::Ready(Err(Stop::Pipe));
        }
        let mut buffer = end.0.bytes.borrow_mut();
        let room = PIPE_BYTES.saturating_sub(buffer.len());
        if room == 0 {
            return Poll::Pending;
        }
        let taken = room.min(bytes.len());
        buffer.extend_from_slice(&bytes[..taken]);
        progress();
        Poll::Ready(Ok(taken))
    }
}
