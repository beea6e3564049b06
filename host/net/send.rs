//! One request on a connection of its own, to an address that was checked.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use http_body::{Body, Frame};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore, crypto};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep, timeout};
use tokio_rustls::TlsConnector;
use wasmtime_wasi_http::io::TokioIo;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody};

use super::scrub::Scrub;

/// Longest wait for a connection, for the first byte and between two.
const PATIENCE: Duration = Duration::from_secs(30);
/// Largest head of a response.
const HEAD: usize = 64 << 10;
/// Most header lines of a response.
const LINES: usize = 256;

/// What drives a connection after its head has come.
pub(super) type Driver = Box<dyn Future<Output = Result<(), Error>> + Send>;

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Connects to the first of `addresses` that answers.
pub(super) async fn connect(addresses: &[SocketAddr], options: Option<RequestOptions>) -> Result<TcpStream, Error> {
    let patience = options.and_then(|o| o.connect_timeout).unwrap_or(PATIENCE).min(PATIENCE);
    let mut last = Error::ConnectionTimeout;
    let until = Instant::now() + patience;
    for address in addresses {
        match tokio::time::timeout_at(until, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) if error.kind() == std::io::ErrorKind::ConnectionRefused => last = Error::ConnectionRefused,
            Ok(Err(_)) => last = Error::DestinationUnavailable,
            Err(_) => return Err(Error::ConnectionTimeout),
        }
    }
    Err(last)
}

/// Sends a request over a connection. `name` is whom the certificate must be for, where there is TLS.
pub(super) async fn send(
    stream: TcpStream,
    name: Option<ServerName<'static>>,
    mut request: Request<WasiBody>,
    options: Option<RequestOptions>,
    scrub: Scrub,
    most: u64,
) -> Result<(Response<Received>, Driver), Error> {
    let bound = |given: Option<Duration>| given.unwrap_or(PATIENCE).min(PATIENCE);
    let stream: Box<dyn Stream> = match name {
        Some(name) => {
            let connector = TlsConnector::from(tls()?);
            let secured = timeout(PATIENCE, connector.connect(name, stream)).await;
            Box::new(secured.map_err(|_| Error::ConnectionTimeout)?.map_err(certificate)?)
        }
        None => Box::new(stream),
    };
    let mut builder = http1::Builder::new();
    builder.max_buf_size(HEAD).max_headers(LINES);
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await?;
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    *request.uri_mut() = http::Uri::builder().path_and_query(path).build().map_err(|_| Error::HttpRequestUriInvalid)?;
    // The connection has to be driven for the head to come, and after it for the body.
    let mut connection = Box::pin(connection);
    let head = timeout(bound(options.and_then(|o| o.first_byte_timeout)), async {
        let answer = sender.send_request(request);
        tokio::pin!(answer);
        tokio::select! {
            biased;
            answer = &mut answer => answer.map(|answer| (answer, false)),
            ended = &mut connection => match ended {
                Ok(()) => answer.await.map(|answer| (answer, true)),
                Err(error) => Err(error),
            },
        }
    });
    let (response, ended) = head.await.map_err(|_| Error::HttpResponseTimeout)??;
    let fields = response.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4);
    if fields.sum::<usize>() > HEAD {
        return Err(Error::HttpResponseHeaderSectionSize(None));
    }
    if response.body().size_hint().lower() > most {
        return Err(Error::HttpResponseBodySize(Some(most)));
    }
    let response = clean(response, &scrub)?;
    let between = bound(options.and_then(|o| o.between_bytes_timeout));
    let timer = Box::pin(sleep(between));
    let received = response.map(|incoming| Received { incoming, left: most, most, between, timer, scrub, tail: None });
    let driver: Driver = Box::new(async move {
        // The sender lives as long as the connection: without it, hyper closes.
        let _sender = sender;
        if ended { Ok(()) } else { connection.await.map_err(Error::from) }
    });
    Ok((received, driver))
}

/// Takes secrets out of a response's head, and refuses a body they could not be taken out of.
fn clean(mut response: Response<Incoming>, scrub: &Scrub) -> Result<Response<Incoming>, Error> {
    if scrub.is_idle() {
        return Ok(response);
    }
    // Its name may be the value.
    if response.headers().get_all(header::CONTENT_ENCODING).iter().any(|coding| coding != "identity") {
        return Err(Error::HttpResponseContentCoding(None));
    }
    let names: Vec<_> =
        response.headers().keys().filter(|name| scrub.finds(name.as_str().as_bytes())).cloned().collect();
    for name in names {
        response.headers_mut().remove(name);
    }
    for value in response.headers_mut().values_mut() {
        *value = HeaderValue::from_bytes(&scrub.whole(value.as_bytes())).unwrap_or(HeaderValue::from_static("*"));
    }
    Ok(response)
}

/// TLS with the roots this system trusts.
fn tls() -> Result<Arc<ClientConfig>, Error> {
    static CONFIG: OnceLock<Option<Arc<ClientConfig>>> = OnceLock::new();
    let make = || {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let provider = Arc::new(crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().ok()?;
        Some(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
    };
    CONFIG.get_or_init(make).clone().ok_or(Error::ConfigurationError)
}

fn certificate(error: std::io::Error) -> Error {
    use rustls::Error as Tls;
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Tls>()) {
        Some(Tls::InvalidCertificate(_) | Tls::NoCertificatesPresented) => Error::TlsCertificateError,
        _ => Error::TlsProtocolError,
    }
}

/// A body on its way in: bounded in size, never waited for too long, without secrets.
pub(super) struct Received {
    incoming: Incoming,
    left: u64,
    most: u64,
    between: Duration,
    timer: Pin<Box<Sleep>>,
    scrub: Scrub,
    /// Trailers that wait for the last of the data; `Some(None)` at the end.
    tail: Option<Option<Frame<Bytes>>>,
}

impl Body for Received {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = &mut *self;
        loop {
            if let Some(tail) = &mut this.tail {
                let trailers = tail.take();
                return Poll::Ready(trailers.map(Ok));
            }
            match Pin::new(&mut this.incoming).poll_frame(cx) {
                Poll::Pending => {
                    ready!(this.timer.as_mut().poll(cx));
                    return Poll::Ready(Some(Err(Error::ConnectionReadTimeout)));
                }
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error.into()))),
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => {
                        this.timer.as_mut().reset(Instant::now() + this.between);
                        this.left = match this.left.checked_sub(data.len() as u64) {
                            Some(left) => left,
                            None => return Poll::Ready(Some(Err(Error::HttpResponseBodySize(Some(this.most))))),
                        };
                        let data = this.scrub.next(data);
                        if !data.is_empty() {
                            return Poll::Ready(Some(Ok(Frame::data(data))));
                        }
                    }
                    Err(frame) => {
                        // A secret in a trailer has no business there, and neither has a trailer.
                        this.tail = Some(Some(frame).filter(|_| this.scrub.is_idle()));
                    }
                },
                Poll::Ready(None) => this.tail = Some(None),
            }
            if this.tail.is_some() {
                let rest = this.scrub.rest();
                if !rest.is_empty() {
                    return Poll::Ready(Some(Ok(Frame::data(rest))));
                }
            }
        }
    }
}
