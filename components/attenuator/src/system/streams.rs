//! `wasi:io`: resources of our own, most of them around one of the host's.

use super::System;
#[cfg(feature = "files")]
use super::exports::wasi::io::error::Error;
use super::exports::wasi::io::error::{self, GuestError};
use super::exports::wasi::io::poll::{self, GuestPollable, Pollable, PollableBorrow};
use super::exports::wasi::io::streams::{self, GuestInputStream, GuestOutputStream, InputStreamBorrow, StreamError};
#[cfg(feature = "files")]
use super::wasi::io::streams as host;

type Tried<T> = Result<T, StreamError>;

/// Bytes that a stream which swallows takes at once.
const ROOM: u64 = 1 << 16;

/// An error of a stream.
pub(super) enum Failure {
    /// Streams that are not the host's have none.
    #[allow(dead_code)]
    None,
    /// The host's.
    #[cfg(feature = "files")]
    Host(super::wasi::io::error::Error),
}

impl error::Guest for System {
    type Error = Failure;
}

impl GuestError for Failure {
    fn to_debug_string(&self) -> String {
        match self {
            Self::None => String::new(),
            #[cfg(feature = "files")]
            Self::Host(error) => error.to_debug_string(),
        }
    }
}

/// When something is ready.
pub(super) enum Moment {
    /// Already.
    Now,
    /// When the host says so.
    #[cfg(feature = "time")]
    Host(super::wasi::io::poll::Pollable),
}

impl poll::Guest for System {
    type Pollable = Moment;

    fn poll(all: Vec<PollableBorrow<'_>>) -> Vec<u32> {
        let moments: Vec<&Moment> = all.iter().map(|each| each.get::<Moment>()).collect();
        let ready = |moments: &[&Moment]| -> Vec<u32> {
            (0u32..).zip(moments).filter(|(_, moment)| moment.ready()).map(|(index, _)| index).collect()
        };
        if moments.iter().any(|moment| matches!(moment, Moment::Now)) {
            return ready(&moments);
        }
        // All are the host's, so its indices are ours.
        #[cfg(feature = "time")]
        {
            let hosts = moments.iter().filter_map(|moment| match moment {
                Moment::Host(pollable) => Some(pollable),
                Moment::Now => None,
            });
            super::wasi::io::poll::poll(&hosts.collect::<Vec<_>>())
        }
        // Nothing to wait for is a mistake of the caller, which traps in every host.
        #[cfg(not(feature = "time"))]
        core::arch::wasm32::unreachable()
    }
}

impl GuestPollable for Moment {
    fn ready(&self) -> bool {
        match self {
            Self::Now => true,
            #[cfg(feature = "time")]
            Self::Host(pollable) => pollable.ready(),
        }
    }

    fn block(&self) {
        match self {
            Self::Now => {}
            #[cfg(feature = "time")]
            Self::Host(pollable) => pollable.block(),
        }
    }
}

/// Where bytes come from.
pub(super) enum Input {
    /// Nowhere.
    Closed,
    /// A file of the host.
    #[cfg(feature = "files")]
    Host(host::InputStream),
}

/// Where bytes go.
pub(super) enum Output {
    /// Nowhere.
    Sink,
    /// A file of the host.
    #[cfg(feature = "files")]
    Host(host::OutputStream),
}

impl streams::Guest for System {
    type InputStream = Input;
    type OutputStream = Output;
}

#[cfg(feature = "files")]
fn tried<T>(result: Result<T, host::StreamError>) -> Tried<T> {
    result.map_err(|error| match error {
        host::StreamError::LastOperationFailed(error) => {
            StreamError::LastOperationFailed(Error::new(Failure::Host(error)))
        }
        host::StreamError::Closed => StreamError::Closed,
    })
}

/// One call on either kind of stream.
macro_rules! either {
    ($self:expr, $ours:pat => $own:expr, $host:ident => $call:expr) => {
        match $self {
            $ours => $own,
            #[cfg(feature = "files")]
            Self::Host($host) => tried($call),
        }
    };
}

impl GuestInputStream for Input {
    fn read(&self, len: u64) -> Tried<Vec<u8>> {
        either!(self, Self::Closed => closed(len), host => host.read(len))
    }

    fn blocking_read(&self, len: u64) -> Tried<Vec<u8>> {
        either!(self, Self::Closed => closed(len), host => host.blocking_read(len))
    }

    fn skip(&self, len: u64) -> Tried<u64> {
        either!(self, Self::Closed => closed(len), host => host.skip(len))
    }

    fn blocking_skip(&self, len: u64) -> Tried<u64> {
        either!(self, Self::Closed => closed(len), host => host.blocking_skip(len))
    }

    fn subscribe(&self) -> Pollable {
        Pollable::new(match self {
            Self::Closed => Moment::Now,
            #[cfg(feature = "files")]
            Self::Host(host) => Moment::Host(host.subscribe()),
        })
    }
}

fn closed<T>(_: u64) -> Tried<T> {
    Err(StreamError::Closed)
}

impl GuestOutputStream for Output {
    fn check_write(&self) -> Tried<u64> {
        either!(self, Self::Sink => Ok(ROOM), host => host.check_write())
    }

    fn write(&self, contents: Vec<u8>) -> Tried<()> {
        either!(self, Self::Sink => swallow(contents), host => host.write(&contents))
    }

    fn blocking_write_and_flush(&self, contents: Vec<u8>) -> Tried<()> {
        either!(self, Self::Sink => swallow(contents), host => host.blocking_write_and_flush(&contents))
    }

    fn flush(&self) -> Tried<()> {
        either!(self, Self::Sink => Ok(()), host => host.flush())
    }

    fn blocking_flush(&self) -> Tried<()> {
        either!(self, Self::Sink => Ok(()), host => host.blocking_flush())
    }

    fn subscribe(&self) -> Pollable {
        Pollable::new(match self {
            Self::Sink => Moment::Now,
            #[cfg(feature = "files")]
            Self::Host(host) => Moment::Host(host.subscribe()),
        })
    }

    fn write_zeroes(&self, len: u64) -> Tried<()> {
        either!(self, Self::Sink => swallow(len), host => host.write_zeroes(len))
    }

    fn blocking_write_zeroes_and_flush(&self, len: u64) -> Tried<()> {
        either!(self, Self::Sink => swallow(len), host => host.blocking_write_zeroes_and_flush(len))
    }

    fn splice(&self, from: InputStreamBorrow<'_>, len: u64) -> Tried<u64> {
        match (self, from.get::<Input>()) {
            (_, Input::Closed) => closed(len),
            #[cfg(feature = "files")]
            (Self::Sink, from) => from.skip(len),
            #[cfg(feature = "files")]
            (Self::Host(to), Input::Host(from)) => tried(to.splice(from, len)),
        }
    }

    fn blocking_splice(&self, from: InputStreamBorrow<'_>, len: u64) -> Tried<u64> {
        match (self, from.get::<Input>()) {
            (_, Input::Closed) => closed(len),
            #[cfg(feature = "files")]
            (Self::Sink, from) => from.blocking_skip(len),
            #[cfg(feature = "files")]
            (Self::Host(to), Input::Host(from)) => tried(to.blocking_splice(from, len)),
        }
    }
}

fn swallow<T>(_: T) -> Tried<()> {
    Ok(())
}
