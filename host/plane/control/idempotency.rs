//! Answers to writes that may come twice.

use super::idempotency_wit::{Answer, Begun, Host};
use super::{Desk, Failure};
use crate::store::{Digest, idempotency};

/// How long a request may be under way, in milliseconds.
const HELD: i64 = 120_000;

/// How long an answer is given again: a day.
const KEPT: i64 = 24 * 3_600_000;

/// Headers as the store has them: a line each. No header has a line break.
fn lines(headers: &[(String, String)]) -> String {
    headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect()
}

fn headers(lines: &str) -> Vec<(String, String)> {
    let pairs = lines.lines().filter_map(|line| line.split_once(": "));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

impl Host for Desk {
    async fn begin(&mut self, name: String, request: Vec<u8>) -> wasmtime::Result<Result<Begun, Failure>> {
        let done = async {
            let begun = self.scope()?.idempotency().begin(&name, &Digest::of(&request), HELD, KEPT).await?;
            Ok(match begun {
                idempotency::Begun::Fresh(ticket) => Begun::Fresh(ticket),
                idempotency::Begun::Replay(kept) => Begun::Replay(Answer {
                    status: u16::try_from(kept.status).unwrap_or(500),
                    headers: headers(&kept.headers),
                    body: kept.body,
                }),
            })
        };
        Ok(done.await)
    }

    async fn finish(&mut self, name: String, ticket: String, answer: Answer) -> wasmtime::Result<Result<(), Failure>> {
        let kept = idempotency::Response {
            status: i64::from(answer.status),
            headers: lines(&answer.headers),
            body: answer.body,
        };
        let done = async { Ok(self.scope()?.idempotency().finish(&name, &ticket, &kept).await?) };
        Ok(done.await)
    }

    async fn abandon(&mut self, name: String, ticket: String) -> wasmtime::Result<Result<(), Failure>> {
        let done = async { Ok(self.scope()?.idempotency().abandon(&name, &ticket).await?) };
        Ok(done.await)
    }
}
