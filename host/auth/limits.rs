//! How often somebody may ask: token buckets in bounded memory. It knows addresses and digests, and no request.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::store::Digest;

/// Failed tries of an address at once, and per second from then on.
const FAILURES: Rate = Rate { most: 100.0, per_second: 10.0 };
/// Floods of one address that are written down.
const NEWS: Rate = Rate { most: 1.0, per_second: 1.0 / 60.0 };
/// Most buckets. Who comes when there are as many shares one with the others that came late.
const BUCKETS: usize = 16_384;
/// Most credentials that are remembered as good.
const GOOD: usize = 4_096;
/// How long they are.
const MEMORY: Duration = Duration::from_secs(300);

#[derive(Clone, Copy, Debug)]
struct Rate {
    most: f64,
    per_second: f64,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    left: f64,
    at: Instant,
    rate: Rate,
}

impl Bucket {
    fn fill(&mut self, now: Instant) {
        let more = now.saturating_duration_since(self.at).as_secs_f64() * self.rate.per_second;
        self.left = (self.left + more).min(self.rate.most);
        self.at = now;
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Whose {
    Failures(IpAddr),
    News(IpAddr),
    Open(IpAddr),
    Caller(Digest),
    /// All of a kind that there was no room for.
    Rest(u8),
}

impl Whose {
    fn rest(&self) -> Self {
        Self::Rest(match self {
            Self::Failures(_) => 0,
            Self::News(_) => 1,
            Self::Open(_) => 2,
            Self::Caller(_) => 3,
            Self::Rest(kind) => *kind,
        })
    }
}

#[derive(Debug, Default)]
struct Held {
    buckets: HashMap<Whose, Bucket>,
    /// Credentials that were good lately.
    good: HashMap<Digest, Instant>,
    swept: Option<Instant>,
}

/// The buckets of a server.
#[derive(Debug)]
pub(super) struct Limits {
    held: Mutex<Held>,
    /// Of a caller; none where there are no limits at all.
    caller: Option<Rate>,
}

impl Limits {
    /// `rate` is requests per second of one caller; 0 is no limit of any kind.
    pub(super) fn new(rate: u32) -> Self {
        let rate = f64::from(rate);
        let caller = (rate > 0.0).then_some(Rate { most: rate * 2.0, per_second: rate });
        Self { held: Mutex::default(), caller }
    }

    /// A request for what is open. This machine's own are not counted: they come from a proxy, for everybody.
    pub(super) fn open(&self, from: IpAddr, now: Instant) -> Option<Duration> {
        if from.is_loopback() {
            return None;
        }
        self.take(Whose::Open(network(from)), self.caller?, now)
    }

    /// A request of a known caller.
    pub(super) fn caller(&self, who: &[&str], now: Instant) -> Option<Duration> {
        let rate = self.caller?;
        self.take(Whose::Caller(Digest::of(who.join("\n").as_bytes())), rate, now)
    }

    /// Whether a credential from an address is looked at; otherwise how long not.
    pub(super) fn may_try(&self, from: IpAddr, sent: &Digest, now: Instant) -> Option<Duration> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.good.get(sent).is_some_and(|at| now.saturating_duration_since(*at) < MEMORY) {
            return None;
        }
        let bucket = held.buckets.get_mut(&Whose::Failures(network(from)))?;
        bucket.fill(now);
        wait(bucket)
    }

    /// Counts a failed try.
    pub(super) fn failed(&self, from: IpAddr, now: Instant) -> Option<Duration> {
        self.caller?;
        self.take(Whose::Failures(network(from)), FAILURES, now)
    }

    /// Whether the flood of an address is to be written down.
    pub(super) fn is_news(&self, from: IpAddr, now: Instant) -> bool {
        self.take(Whose::News(network(from)), NEWS, now).is_none()
    }

    /// Remembers a credential that was good.
    pub(super) fn remember(&self, sent: Digest, now: Instant) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.good.len() >= GOOD && !held.good.contains_key(&sent) {
            held.good.clear();
        }
        held.good.insert(sent, now);
    }

    /// Takes one; how long to wait where there is none.
    fn take(&self, whose: Whose, rate: Rate, now: Instant) -> Option<Duration> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let held = &mut *held;
        let mut whose = whose;
        if held.buckets.len() >= BUCKETS && !held.buckets.contains_key(&whose) {
            // A look through all of them is for once a second.
            if held.swept.is_none_or(|at| now.saturating_duration_since(at) >= Duration::from_secs(1)) {
                held.swept = Some(now);
                held.buckets.retain(|_, bucket| {
                    bucket.fill(now);
                    bucket.left < bucket.rate.most
                });
            }
            if held.buckets.len() >= BUCKETS {
                whose = whose.rest();
            }
        }
        let bucket = held.buckets.entry(whose).or_insert(Bucket { left: rate.most, at: now, rate });
        bucket.fill(now);
        let wait = wait(bucket);
        if wait.is_none() {
            bucket.left -= 1.0;
        }
        wait
    }
}

fn wait(bucket: &Bucket) -> Option<Duration> {
    let missing = 1.0 - bucket.left;
    (missing > 1e-9).then(|| Duration::from_secs_f64(missing / bucket.rate.per_second))
}

/// What one customer of a provider has: an address, or of the new ones the first half.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() & (u128::MAX << 64)).into()),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn failures_run_out_and_come_back() {
        let (limits, now, here) = (Limits::new(10), Instant::now(), ip("192.0.2.1"));
        let sent = Digest::of(b"x");
        assert_eq!(limits.may_try(here, &sent, now), None);
        assert_eq!((0..150).filter(|_| limits.failed(here, now).is_none()).count(), 100);
        let wait = limits.may_try(here, &sent, now).unwrap();
        assert!(wait <= Duration::from_millis(101), "{wait:?}");
        // Nobody else pays for it, and neither does who was good.
        assert_eq!(limits.may_try(ip("192.0.2.2"), &sent, now), None);
        limits.remember(sent, now);
        assert_eq!(limits.may_try(here, &sent, now), None);
        assert!(limits.may_try(here, &sent, now + MEMORY - Duration::from_secs(299)).is_none());
        let later = now + Duration::from_secs(1);
        assert_eq!((0..150).filter(|_| limits.failed(here, later).is_none()).count(), 10);
    }

    #[test]
    fn a_caller_has_a_rate_and_a_burst() {
        let (limits, now) = (Limits::new(10), Instant::now());
        let asked = |who: &str, now| (0..100).filter(|_| limits.caller(&["key", who], now).is_none()).count();
        assert_eq!((asked("a", now), asked("b", now), asked("a", now)), (20, 20, 0));
        assert_eq!(asked("a", now + Duration::from_secs(1)), 10);
        let none = Limits::new(0);
        assert!((0..10_000).all(|_| none.caller(&["a"], now).is_none() && none.failed(ip("192.0.2.1"), now).is_none()));
        assert!((0..100).all(|_| limits.open(ip("127.0.0.1"), now).is_none()));
        assert_eq!((0..100).filter(|_| limits.open(ip("192.0.2.1"), now).is_none()).count(), 20);
    }

    #[test]
    fn memory_is_bounded_whoever_comes() {
        let (limits, now) = (Limits::new(10), Instant::now());
        for n in 0..3 * u32::try_from(BUCKETS).unwrap() {
            limits.failed(IpAddr::V4(n.into()), now);
            limits.remember(Digest::of(&n.to_be_bytes()), now);
        }
        let held = limits.held.lock().unwrap();
        assert!(held.buckets.len() <= BUCKETS + 4 && held.good.len() <= GOOD, "{}", held.buckets.len());
        drop(held);
        // Later, those that are full again make room.
        limits.failed(ip("2001:db8::1"), now + Duration::from_secs(60));
        assert!(limits.held.lock().unwrap().buckets.len() < 10);
    }

    #[test]
    fn a_network_of_the_new_kind_is_one_client() {
        assert_eq!(network(ip("2001:db8::1")), network(ip("2001:db8::ffff:1")));
        assert_ne!(network(ip("2001:db8::1")), network(ip("2001:db8:0:1::1")));
        assert_eq!(network(ip("::ffff:192.0.2.1")), ip("192.0.2.1"));
    }
}
