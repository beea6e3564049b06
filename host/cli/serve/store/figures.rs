//! Figures of the server in the text format of Prometheus (version 0.0.4).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::plane::Said;

/// Upper bounds of the classes of durations, in seconds.
const BOUNDS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

/// What is counted.
pub(super) struct Figures {
    since: Instant,
    requests: Mutex<BTreeMap<(&'static str, &'static str, u16), u64>>,
    durations: Mutex<BTreeMap<&'static str, Durations>>,
}

#[derive(Default)]
struct Durations {
    classes: [u64; BOUNDS.len()],
    count: u64,
    sum: Duration,
}

impl Default for Figures {
    fn default() -> Self {
        Self { since: Instant::now(), requests: Mutex::default(), durations: Mutex::default() }
    }
}

/// Methods by name; all that nobody needs are one, so that nobody can make series at will.
fn method(name: &str) -> &'static str {
    let known = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"];
    known.iter().find(|known| **known == name).unwrap_or(&"other")
}

impl Figures {
    /// Counts a request.
    pub(super) fn count(&self, plane: &'static str, said: &Said<'_>) {
        // What is told of a request after its head is no other request.
        if said.status == 0 {
            return;
        }
        let key = (plane, method(said.method), said.status);
        *self.requests.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default() += 1;
        let mut durations = self.durations.lock().unwrap_or_else(PoisonError::into_inner);
        let of = durations.entry(plane).or_default();
        let seconds = said.took.as_secs_f64();
        if let Some(class) = BOUNDS.iter().position(|bound| seconds <= *bound) {
            of.classes[class] += 1;
        }
        of.count += 1;
        of.sum += said.took;
    }

    /// The text.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a text does not fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, text: &mut String) -> std::fmt::Result {
        writeln!(text, "# HELP wb_uptime_seconds Seconds since the server started.\n# TYPE wb_uptime_seconds gauge")?;
        writeln!(text, "wb_uptime_seconds {}", self.since.elapsed().as_secs_f64())?;
        writeln!(
            text,
            "# HELP wb_http_requests_total Requests by plane, method and status.\n# TYPE wb_http_requests_total counter"
        )?;
        for ((plane, method, status), count) in &*self.requests.lock().unwrap_or_else(PoisonError::into_inner) {
            writeln!(
                text,
                "wb_http_requests_total{{plane=\"{plane}\",method=\"{method}\",status=\"{status}\"}} {count}"
            )?;
        }
        writeln!(
            text,
            "# HELP wb_http_answer_seconds Time until the head of an answer.\n# TYPE wb_http_answer_seconds histogram"
        )?;
        for (plane, of) in &*self.durations.lock().unwrap_or_else(PoisonError::into_inner) {
            let mut below = 0;
            for (bound, class) in BOUNDS.iter().zip(of.classes) {
                below += class;
                writeln!(text, "wb_http_answer_seconds_bucket{{plane=\"{plane}\",le=\"{bound}\"}} {below}")?;
            }
            writeln!(text, "wb_http_answer_seconds_bucket{{plane=\"{plane}\",le=\"+Inf\"}} {}", of.count)?;
            writeln!(text, "wb_http_answer_seconds_sum{{plane=\"{plane}\"}} {}", of.sum.as_secs_f64())?;
            writeln!(text, "wb_http_answer_seconds_count{{plane=\"{plane}\"}} {}", of.count)?;
        }
        Ok(())
    }
}
