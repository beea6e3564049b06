//! One connection: start, login, statements.

use std::fmt;
use std::time::Duration;

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::config::{Config, Tls};
use super::frame::{self, garbled};
use super::scram::Login;
use crate::store::database::{Row, Value};
use crate::store::digest;
use crate::store::error::{Error, Result};
use crate::store::tls::{self, Stream};

/// Largest message of a server that is read.
const LARGEST: usize = 256 << 20;
/// What asks whether there is TLS.
const ASK_TLS: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// One connection.
pub(super) struct Client {
    stream: Box<dyn Stream>,
    inbox: BytesMut,
    /// Something was asked and not answered to the end: nothing else can be asked.
    asked: bool,
    /// What the server said last about a transaction: `I` none, `T` one, `E` one that failed.
    status: u8,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({})", char::from(self.status))
    }
}

impl Client {
    /// Connects and logs in.
    pub(super) async fn connect(config: &Config) -> Result<Self> {
        let unreachable = |error: std::io::Error| Error::Unavailable(format!("`{}`: {error}", config.place()));
        let mut stream = TcpStream::connect((config.host.as_str(), config.port)).await.map_err(unreachable)?;
        stream.set_nodelay(true).map_err(unreachable)?;
        let mut has_tls = false;
        if config.tls != Tls::Disable {
            stream.write_all(&ASK_TLS).await.map_err(unreachable)?;
            // One byte and no more: what came after it in the clear would be taken for the server's.
            has_tls = stream.read_u8().await.map_err(unreachable)? == b'S';
        }
        if config.tls == Tls::Require && !has_tls {
            return Err(Error::Unavailable(format!("`{}` has no TLS, which `sslmode` asks for", config.place())));
        }
        let stream: Box<dyn Stream> =
            if has_tls { tls::secure(stream, &config.host, config.roots.as_deref()).await? } else { Box::new(stream) };
        let mut client = Self { stream, inbox: BytesMut::new(), asked: true, status: b'I' };
        client.start(config).await?;
        Ok(client)
    }

    async fn start(&mut self, config: &Config) -> Result<()> {
        let limit = |part: Duration| part.as_millis().to_string();
        let mut out = BytesMut::new();
        frame::untyped(&mut out, |out| {
            out.put_u32(3 << 16);
            let settings = [
                ("user", config.user.as_str()),
                ("database", &config.database),
                ("application_name", "wb"),
                ("client_encoding", "UTF8"),
                ("statement_timeout", &limit(config.timeout)),
                // Half of it, so that we hear of a lock before we give up ourselves.
                ("lock_timeout", &limit(config.timeout / 2)),
                ("idle_in_transaction_session_timeout", &limit(config.timeout * 3)),
            ];
            for (name, value) in settings {
                frame::text(out, name);
                frame::text(out, value);
            }
            out.put_u8(0);
        });
        self.send(&out).await?;
        let mut login = Login::new(&digest::hex(&digest::random::<18>()?));
        loop {
            let (letter, body) = self.receive().await?;
            match letter {
                b'R' => self.login(&mut login, body, config.password.as_deref()).await?,
                b'E' => return Err(frame::failure(&body)),
                b'Z' => return self.ready(&body),
                // Settings and the key for cancelling, which deadlines make unneeded.
                b'S' | b'K' | b'N' => {}
                _ => return Err(garbled()),
            }
        }
    }

    async fn login(&mut self, login: &mut Login, mut body: Bytes, password: Option<&str>) -> Result<()> {
        if body.len() < 4 {
            return Err(garbled());
        }
        let kind = body.get_u32();
        let said = std::str::from_utf8(&body).map_err(|_| garbled())?;
        let needed = || password.ok_or_else(|| Error::Invalid("the database asks for a password".to_owned()));
        let mut out = BytesMut::new();
        match kind {
            0 => return Ok(()),
            10 if said.split('\0').any(|way| way == "SCRAM-SHA-256") => frame::message(&mut out, b'p', |out| {
                let first = login.first();
                frame::text(out, "SCRAM-SHA-256");
                out.put_u32(u32::try_from(first.len()).unwrap_or(0));
                out.put_slice(first.as_bytes());
            }),
            11 => {
                let second = login.second(said, needed()?)?;
                frame::message(&mut out, b'p', |out| out.put_slice(second.as_bytes()));
            }
            12 => return login.verify(said),
            _ => {
                let text = "the database asks for a login other than SCRAM-SHA-256; set `password_encryption` to that";
                return Err(Error::Invalid(text.to_owned()));
            }
        }
        self.send(&out).await
    }

    /// Runs a statement: its rows, and how many it changed.
    pub(super) async fn run(&mut self, sql: &str, params: &[Value]) -> Result<(Vec<Row>, u64)> {
        let mut out = BytesMut::new();
        frame::statement(&mut out, sql, params);
        self.exchange(&out).await
    }

    /// Runs statements without parameters.
    pub(super) async fn batch(&mut self, sql: &str) -> Result<()> {
        let mut out = BytesMut::new();
        frame::message(&mut out, b'Q', |out| frame::text(out, sql));
        self.exchange(&out).await.map(drop)
    }

    /// Commits. In a transaction that failed the server answers `ROLLBACK` and calls it done.
    pub(super) async fn commit(&mut self) -> Result<()> {
        let has_failed = self.status == b'E';
        self.batch("COMMIT").await?;
        if has_failed { Err(Error::Unavailable("the transaction had failed before".to_owned())) } else { Ok(()) }
    }

    async fn exchange(&mut self, out: &[u8]) -> Result<(Vec<Row>, u64)> {
        if self.asked {
            return Err(super::gone());
        }
        self.asked = true;
        self.send(out).await?;
        let (mut kinds, mut rows, mut count, mut failed) = (Vec::new(), Vec::new(), 0, None);
        loop {
            let (letter, body) = self.receive().await?;
            match letter {
                b'T' => kinds = frame::columns(body)?,
                b'D' => rows.push(Row(frame::fields(body, &kinds)?)),
                b'C' => count = frame::changed(&body),
                b'E' => failed = failed.or(Some(frame::failure(&body))),
                b'Z' => {
                    self.ready(&body)?;
                    return failed.map_or(Ok((rows, count)), Err);
                }
                // Parsed, bound, no rows, a notice, a setting, nothing to do.
                b'1' | b'2' | b'n' | b'N' | b'S' | b'I' | b'A' => {}
                _ => return Err(garbled()),
            }
        }
    }

    fn ready(&mut self, body: &[u8]) -> Result<()> {
        self.status = *body.first().ok_or_else(garbled)?;
        self.asked = false;
        Ok(())
    }

    /// Whether something can be asked.
    pub(super) fn is_usable(&self) -> bool {
        !self.asked
    }

    /// Whether no transaction is under way.
    pub(super) fn is_idle(&self) -> bool {
        self.status == b'I'
    }

    async fn send(&mut self, out: &[u8]) -> Result<()> {
        let sent = async {
            self.stream.write_all(out).await?;
            self.stream.flush().await
        };
        sent.await.map_err(|error| Error::Unavailable(format!("the connection to the database: {error}")))
    }

    async fn receive(&mut self) -> Result<(u8, Bytes)> {
        loop {
            if let Some(head) = self.inbox.get(..5) {
                let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
                if !(4..=LARGEST).contains(&length) {
                    return Err(garbled());
                }
                if self.inbox.len() > length {
                    let letter = self.inbox.get_u8();
                    self.inbox.advance(4);
                    return Ok((letter, self.inbox.split_to(length - 4).freeze()));
                }
            }
            let lost = |error: std::io::Error| Error::Unavailable(format!("the connection to the database: {error}"));
            if self.stream.read_buf(&mut self.inbox).await.map_err(lost)? == 0 {
                return Err(super::gone());
            }
        }
    }
}
