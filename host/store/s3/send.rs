//! Sending a request until it is answered: connections, deadlines, tries.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::config::{Addressing, Config};
use super::io::Io;
use super::sign::{self, Unsigned};
use super::xml;
use crate::store::blobs;
use crate::store::digest;
use crate::store::error::{Error, Result};
use crate::store::tls;

/// Connections kept for later.
const IDLE: usize = 16;
/// What a connection takes of a body at least.
const BYTES_A_SECOND: usize = 256 << 10;

/// A request of the API.
pub(super) struct Question<'a> {
    pub(super) method: Method,
    /// The object's name; empty for the bucket itself.
    pub(super) key: &'a str,
    pub(super) query: Vec<(&'static str, String)>,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Bytes,
    /// Whether the server shall compare the body with its digest, and keep that.
    pub(super) checksum: bool,
}

impl<'a> Question<'a> {
    /// A request without a query and without a body.
    pub(super) fn new(method: Method, key: &'a str) -> Self {
        Self { method, key, query: Vec::new(), headers: Vec::new(), body: Bytes::new(), checksum: false }
    }
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Answer {
    /// The body as text.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The answer, where it is the wanted one.
    pub(super) fn ok(self, key: &str) -> Result<Self> {
        if self.status.is_success() {
            return Ok(self);
        }
        let text = self.text();
        let code = xml::text(&text, "Code").unwrap_or_else(|| self.status.to_string());
        let message = xml::text(&text, "Message").unwrap_or_default();
        let told = format!("S3: `{key}`: {code} {message}");
        Err(match (self.status.as_u16(), code.as_str()) {
            // Somebody has to make the bucket: that the store is not there is not that an object is not there.
            (_, "NoSuchBucket") => Error::Unavailable(told),
            (404, _) => Error::NotFound(told),
            (409 | 412, _) => Error::Conflict(told),
            (507, _) | (_, "QuotaExceeded" | "XMinioStorageFull") => Error::Full(told),
            (401 | 403 | 408 | 429 | 500.., _) => Error::Unavailable(told),
            _ => Error::Invalid(told),
        })
    }

    fn is_passing(&self) -> bool {
        match self.status.as_u16() {
            408 | 429 | 500 | 502..=504 => true,
            // Amazon's word for a body that came too slowly.
            400 => self.text().contains("<Code>RequestTimeout</Code>"),
            _ => false,
        }
    }
}

/// The connections to a server.
pub(super) struct Connections {
    idle: Mutex<Vec<SendRequest<Full<Bytes>>>>,
    place: Result<(bool, String, u16)>,
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Connections({:?})", self.place)
    }
}

impl Connections {
    /// None yet.
    pub(super) fn new(config: &Config) -> Self {
        Self { idle: Mutex::default(), place: config.place() }
    }

    /// Sends a request until it is answered, or there are no tries left.
    pub(super) async fn ask(&self, config: &Config, question: &Question<'_>) -> Result<Answer> {
        let mut last = None;
        let began = Instant::now();
        for attempt in 1..=config.tries.max(1) {
            if attempt > 1 {
                if began.elapsed() > config.timeout {
                    break;
                }
                wait(attempt).await;
            }
            match self.once(config, question).await {
                Ok(answer) if answer.is_passing() => last = Some(Ok(answer)),
                Err(error @ Error::Unavailable(_)) => last = Some(Err(error)),
                other => return other,
            }
        }
        last.unwrap_or_else(|| Err(Error::Unavailable("S3: not asked".to_owned())))
    }

    async fn once(&self, config: &Config, question: &Question<'_>) -> Result<Answer> {
        let request = self.request(config, question)?;
        let failed = |error: hyper::Error| Error::Unavailable(format!("S3: {error}"));
        let mut sender = match self.kept().await {
            Some(sender) => sender,
            None => timeout(config.timeout, self.connect(config)).await.map_err(|_| silent())??,
        };
        let sending = Duration::from_secs((question.body.len() / BYTES_A_SECOND) as u64);
        let response = timeout(config.timeout + sending, sender.send_request(request)).await;
        let (head, body) = response.map_err(|_| silent())?.map_err(failed)?.into_parts();
        let body = collected(body, config.timeout).await?;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE {
            idle.push(sender);
        }
        Ok(Answer { status: head.status, headers: head.headers, body })
    }

    /// A connection from before that still lives.
    async fn kept(&self) -> Option<SendRequest<Full<Bytes>>> {
        loop {
            let mut sender = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
            if !sender.is_closed() && sender.ready().await.is_ok() {
                return Some(sender);
            }
        }
    }

    async fn connect(&self, config: &Config) -> Result<SendRequest<Full<Bytes>>> {
        let (has_tls, host, port) = self.place.clone()?;
        let unreachable = |error: &dyn fmt::Display| Error::Unavailable(format!("S3: `{host}:{port}`: {error}"));
        let stream =
            TcpStream::connect((host.trim_matches(['[', ']']), port)).await.map_err(|error| unreachable(&error))?;
        stream.set_nodelay(true).map_err(|error| unreachable(&error))?;
        let stream = match has_tls {
            true => tls::secure(stream, host.trim_matches(['[', ']']), config.roots.as_deref()).await?,
            false => Box::new(stream),
        };
        let (sender, connection) = handshake(Io(stream)).await.map_err(|error| unreachable(&error))?;
        // It ends when the sender is dropped, or the server ends it.
        tokio::spawn(connection);
        Ok(sender)
    }

    fn request(&self, config: &Config, question: &Question<'_>) -> Result<Request<Full<Bytes>>> {
        let (has_tls, host, port) = self.place.clone()?;
        let host = if port == if has_tls { 443 } else { 80 } { host } else { format!("{host}:{port}") };
        let path = match config.addressing {
            Addressing::Path => format!("/{}/{}", config.bucket, question.key),
            Addressing::Virtual => format!("/{}", question.key),
        };
        let path = sign::encode(path.strip_suffix('/').filter(|path| !path.is_empty()).unwrap_or(&path), true);
        let sum = digest::sha256(&question.body);
        let payload = digest::hex(&sum);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let time = sign::time(i64::try_from(now).unwrap_or(0));
        let mut headers = question.headers.clone();
        headers.push(("host", host));
        headers.push(("x-amz-date", time.clone()));
        headers.push(("x-amz-content-sha256", payload.clone()));
        if question.checksum {
            headers.push(("x-amz-checksum-sha256", STANDARD.encode(sum)));
        }
        headers.extend(config.credentials.token.clone().map(|token| ("x-amz-security-token", token)));
        let method = question.method.as_str();
        let unsigned = Unsigned { method, path: &path, query: &question.query, headers: &headers, payload: &payload };
        let authorization = sign::authorization(&unsigned, &config.credentials, &config.region, "s3", &time);
        let query = sign::query(&question.query);
        let uri = if query.is_empty() { path } else { format!("{path}?{query}") };
        let mut request = Request::builder().method(question.method.clone()).uri(uri);
        for (name, value) in &headers {
            request = request.header(*name, value);
        }
        request = request.header("authorization", authorization);
        let request = request.body(Full::new(question.body.clone()));
        request.map_err(|error| Error::Invalid(format!("S3: this request cannot be sent: {error}")))
    }
}

fn silent() -> Error {
    Error::Unavailable("S3: no answer in time".to_owned())
}

/// All of an answer's body, however long it takes as long as something comes.
async fn collected(body: Incoming, patience: Duration) -> Result<Bytes> {
    let mut body = Limited::new(body, blobs::LARGEST + (1 << 20));
    let mut out = BytesMut::new();
    while let Some(frame) = timeout(patience, body.frame()).await.map_err(|_| silent())? {
        let frame = frame.map_err(|error| Error::Unavailable(format!("S3: {error}")))?;
        if let Ok(data) = frame.into_data() {
            out.extend_from_slice(&data);
        }
    }
    Ok(out.freeze())
}

/// Waits up to 0.1, 0.2, 0.4 … seconds, at most five, and never twice the same.
async fn wait(attempt: u32) {
    let longest = (50_u64 << attempt.min(7)).min(5_000);
    let random = digest::random::<2>().map_or(0, |bytes| u64::from(u16::from_be_bytes(bytes)));
    tokio::time::sleep(Duration::from_millis(longest / 2 + longest * random / 65_535 / 2)).await;
}
