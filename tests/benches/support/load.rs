//! Load over HTTP by `wrk`, and what it says.

use std::process::Command;

/// What one run of `wrk` says: requests per second, milliseconds.
#[derive(Clone, Default)]
pub struct Load {
    pub rate: f64,
    pub p50: f64,
    pub p99: f64,
    pub errors: String,
}

/// Asks one address for some seconds.
pub fn wrk(url: &str, method: &str, headers: &[String], connections: u32, seconds: u32) -> Load {
    let mut command = Command::new("wrk");
    command.args(["-t2", "-c", &connections.to_string(), "-d", &format!("{seconds}s"), "--latency"]);
    for header in headers {
        command.args(["-H", header]);
    }
    // `wrk` takes a method from a script alone.
    let script = std::env::temp_dir().join(format!("wb-bench-{}-{method}.lua", std::process::id()));
    std::fs::write(&script, format!("wrk.method = \"{method}\"\n")).unwrap();
    let output = command.arg("-s").arg(&script).arg(url).output().expect("`wrk` is not installed");
    drop(std::fs::remove_file(script));
    let text = String::from_utf8(output.stdout).unwrap();
    let after = |word: &str| {
        let line = text.lines().find_map(|line| line.trim().strip_prefix(word))?;
        Some(line.trim().to_owned())
    };
    Load {
        rate: after("Requests/sec:").and_then(|rate| rate.parse().ok()).unwrap_or(0.0),
        p50: milliseconds(&after("50%").unwrap_or_default()),
        p99: milliseconds(&after("99%").unwrap_or_default()),
        errors: ["Non-2xx", "Socket errors"].into_iter().filter_map(after).collect::<Vec<_>>().join(" "),
    }
}

fn milliseconds(text: &str) -> f64 {
    let (number, scale) = match text {
        text if text.ends_with("us") => (text.trim_end_matches("us"), 0.001),
        text if text.ends_with("ms") => (text.trim_end_matches("ms"), 1.0),
        text => (text.trim_end_matches('s'), 1000.0),
    };
    number.parse::<f64>().unwrap_or(f64::NAN) * scale
}
