//! What a client may cost: connections, time, bytes, memory.

use std::time::Duration;

/// The bounds of one listener.
#[derive(Debug, Clone)]
pub struct Bounds {
    /// Connections at a time. More are closed as they come.
    pub connections: usize,
    /// Time for the head of a request, and for the next one on a connection that is kept.
    pub head: Duration,
    /// Bytes of a request's head.
    pub head_bytes: usize,
    /// Header lines of a request.
    pub head_lines: usize,
    /// Longest wait for the next bytes of a body, in either direction.
    pub stall: Duration,
    /// Bytes of a request's body.
    pub body: u64,
    /// Time until the head of an answer.
    pub answer: Duration,
    /// Time that a component may compute for one request, in which it does not wait.
    pub compute: Duration,
    /// Bytes of memory of one instance.
    pub memory: usize,
    /// Requests of one HTTP/2 connection at a time.
    pub streams: u32,
    /// Time that requests have to end when the server ends.
    pub drain: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: 10_000,
            head: Duration::from_secs(15),
            head_bytes: 32 << 10,
            head_lines: 100,
            stall: Duration::from_secs(20),
            body: 16 << 20,
            answer: Duration::from_secs(60),
            compute: Duration::from_secs(10),
            memory: 128 << 20,
            streams: 100,
            drain: Duration::from_secs(10),
        }
    }
}
