//! Objects in a bucket of Amazon S3, or of a server that speaks its API.
//!
//! The requests that are needed and no more: put (in parts when large), get, head, delete, list. Each is signed (SigV4)
//! and has a deadline; what a server answers with 5xx, 429 or not at all is tried again, with a longer and random wait.
//! Every upload carries its SHA-256, so a server that got other bytes refuses them.
//!
//! Leases and conditional writes are not built on it: some servers ignore `If-None-Match` and overwrite. They are in the
//! database.

mod config;
mod io;
mod send;
mod sign;
mod xml;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Method, StatusCode};

pub use self::config::{Addressing, Config, Credentials};
use self::send::{Answer, Connections, Question};
use super::digest;
use super::error::{Error, Result};

/// A bucket.
#[derive(Clone, Debug)]
pub struct S3(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: Config,
    connections: Connections,
}

impl S3 {
    /// A bucket. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] when the configuration is not usable.
    pub fn new(config: Config) -> Result<Self> {
        config.check()?;
        let connections = Connections::new(&config);
        Ok(Self(Arc::new(Inner { config, connections })))
    }

    async fn ask(&self, question: Question<'_>) -> Result<Answer> {
        self.0.connections.ask(&self.0.config, &question).await
    }

    fn key(&self, key: &str) -> String {
        format!("{}{key}", self.0.config.prefix)
    }

    /// Writes an object; a large one in parts.
    pub(super) async fn put(&self, key: &str, bytes: Bytes) -> Result<()> {
        let key = self.key(key);
        if bytes.len() > self.0.config.part {
            return self.put_parts(&key, bytes).await;
        }
        self.ask(Question { body: bytes, checksum: true, ..Question::new(Method::PUT, &key) }).await?.ok(&key).map(drop)
    }

    async fn put_parts(&self, key: &str, bytes: Bytes) -> Result<()> {
        let begin = Question {
            query: vec![("uploads", String::new())],
            headers: vec![("x-amz-checksum-algorithm", "SHA256".to_owned())],
            ..Question::new(Method::POST, key)
        };
        let answer = self.ask(begin).await?.ok(key)?;
        let garbled = || Error::Unavailable("S3: the answer to a new upload is not understood".to_owned());
        let upload = xml::text(&answer.text(), "UploadId").ok_or_else(garbled)?;
        let done = self.finish_parts(key, &upload, bytes).await;
        if done.is_err() {
            // Parts that are left cost money until a rule of the bucket removes them. The first error is told.
            let query = vec![("uploadId", upload)];
            drop(self.ask(Question { query, ..Question::new(Method::DELETE, key) }).await);
        }
        done
    }

    async fn finish_parts(&self, key: &str, upload: &str, mut bytes: Bytes) -> Result<()> {
        let mut parts = String::new();
        let mut number = 0;
        while !bytes.is_empty() {
            number += 1;
            let body = bytes.split_to(bytes.len().min(self.0.config.part));
            let checksum = STANDARD.encode(digest::sha256(&body));
            let query = vec![("partNumber", number.to_string()), ("uploadId", upload.to_owned())];
            let part = Question { query, body, checksum: true, ..Question::new(Method::PUT, key) };
            let answer = self.ask(part).await?.ok(key)?;
            let tag = answer.header("etag").unwrap_or_default();
            parts.push_str(&format!(
                "<Part><ChecksumSHA256>{checksum}</ChecksumSHA256><ETag>{}</ETag><PartNumber>{number}</PartNumber></Part>",
                xml::escape(tag)
            ));
        }
        let namespace = "http://s3.amazonaws.com/doc/2006-03-01/";
        let body = format!("<CompleteMultipartUpload xmlns=\"{namespace}\">{parts}</CompleteMultipartUpload>");
        let query = vec![("uploadId", upload.to_owned())];
        let end = Question { query, body: Bytes::from(body), ..Question::new(Method::POST, key) };
        let answer = self.ask(end).await?.ok(key)?;
        // It may say 200 first and fail afterwards.
        match xml::text(&answer.text(), "Code") {
            Some(code) => Err(Error::Unavailable(format!("S3: the upload of `{key}` was not completed: {code}"))),
            None => Ok(()),
        }
    }

    /// Reads an object.
    pub(super) async fn get(&self, key: &str) -> Result<Bytes> {
        let key = self.key(key);
        Ok(self.ask(Question::new(Method::GET, &key)).await?.ok(&key)?.body)
    }

    /// The size of an object.
    pub(super) async fn size(&self, key: &str) -> Result<Option<u64>> {
        let key = self.key(key);
        let answer = self.ask(Question::new(Method::HEAD, &key)).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let answer = answer.ok(&key)?;
        let length = answer.header("content-length").and_then(|length| length.parse().ok());
        length.map(Some).ok_or_else(|| Error::Unavailable(format!("S3: `{key}` has no length")))
    }

    /// Removes an object.
    pub(super) async fn delete(&self, key: &str) -> Result<()> {
        let key = self.key(key);
        let answer = self.ask(Question::new(Method::DELETE, &key)).await?;
        if answer.status == StatusCode::NOT_FOUND { Ok(()) } else { answer.ok(&key).map(drop) }
    }

    /// The names that begin with `prefix` and come after `after`, over as many pages as that takes.
    pub(super) async fn list(&self, prefix: &str, after: &str, limit: usize) -> Result<Vec<String>> {
        let mut names = Vec::new();
        let mut token: Option<String> = None;
        while names.len() < limit {
            let page = (limit - names.len()).min(self.0.config.page);
            let mut query =
                vec![("list-type", "2".to_owned()), ("max-keys", page.to_string()), ("prefix", self.key(prefix))];
            match &token {
                Some(token) => query.push(("continuation-token", token.clone())),
                None if !after.is_empty() => query.push(("start-after", self.key(after))),
                None => {}
            }
            let answer = self.ask(Question { query, ..Question::new(Method::GET, "") }).await?.ok(prefix)?;
            let text = answer.text();
            let mine = |key: String| key.strip_prefix(&self.0.config.prefix).map(str::to_owned);
            names.extend(xml::elements(&text, "Contents").filter_map(|one| xml::text(one, "Key")).filter_map(mine));
            if xml::text(&text, "IsTruncated").as_deref() != Some("true") {
                break;
            }
            let before = token.take();
            token = xml::text(&text, "NextContinuationToken");
            if token.is_none() || token == before {
                return Err(Error::Unavailable("S3: a list does not go on".to_owned()));
            }
        }
        names.truncate(limit);
        Ok(names)
    }
}
