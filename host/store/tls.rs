//! TLS for databases and blob stores: certificates are always verified, by the system's authorities or by those of one
//! file.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;

use super::error::{Error, Result};
use crate::disk;

/// A connection, with or without TLS.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Stream for T {}

/// Makes TLS out of a connection to `host`, whose certificate must be for it.
pub(super) async fn secure(stream: impl Stream + 'static, host: &str, roots: Option<&Path>) -> Result<Box<dyn Stream>> {
    let name = ServerName::try_from(host.to_owned());
    let name = name.map_err(|_| Error::Invalid(format!("`{host}` is no name a certificate can be for")))?;
    let connector = TlsConnector::from(Arc::new(config(roots)?));
    let secured = connector.connect(name, stream).await;
    Ok(Box::new(secured.map_err(|error| Error::Unavailable(format!("TLS with `{host}`: {error}")))?))
}

fn config(roots: Option<&Path>) -> Result<ClientConfig> {
    let mut store = RootCertStore::empty();
    match roots {
        Some(path) => {
            let pem = disk::read(path).map_err(|error| Error::of_file(&format!("`{}`", path.display()), &error))?;
            for certificate in CertificateDer::pem_slice_iter(&pem) {
                let wrong = |reason: String| Error::Invalid(format!("`{}`: {reason}", path.display()));
                let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
                store.add(certificate).map_err(|error| wrong(error.to_string()))?;
            }
        }
        None => {
            store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    if store.is_empty() {
        return Err(Error::Invalid("no certificate of an authority: nobody could be trusted".to_owned()));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| Error::Invalid(error.to_string()))?;
    Ok(builder.with_root_certificates(store).with_no_client_auth())
}
