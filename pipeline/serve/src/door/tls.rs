//! TLS: the certificate of the service, those of clients where they are asked for, and both read again when told.

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use crate::Error;
use crate::access::config::TlsConfig;

/// TLS as it is spoken now; clones speak the same.
#[derive(Clone)]
pub struct Tls {
    config: TlsConfig,
    current: Arc<RwLock<Arc<ServerConfig>>>,
}

impl Tls {
    /// Reads the certificates.
    ///
    /// # Errors
    /// A file cannot be read, or is not what it must be.
    pub fn open(config: &TlsConfig) -> Result<Tls, Error> {
        let current = Arc::new(RwLock::new(Arc::new(read(config)?)));
        Ok(Tls { config: config.clone(), current })
    }

    /// Reads the certificates again: those who come from now on are shown the new ones.
    ///
    /// # Errors
    /// As [`Tls::open`]; those before stay.
    pub fn read_again(&self) -> Result<(), Error> {
        let new = Arc::new(read(&self.config)?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = new;
        Ok(())
    }

    /// Speaks TLS with the next one who comes.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

fn wrong(path: &Path, what: impl std::fmt::Display) -> Error {
    Error::config(format!("tls: {}: {what}", path.display()))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let read = CertificateDer::pem_file_iter(path).map_err(|error| wrong(path, error))?;
    let all: Vec<CertificateDer<'static>> =
        read.collect::<Result<_, _>>().map_err(|error| wrong(path, error))?;
    if all.is_empty() {
        return Err(wrong(path, "no certificate in PEM stands there"));
    }
    Ok(all)
}

fn read(config: &TlsConfig) -> Result<ServerConfig, Error> {
    let chain = certificates(&config.certificate)?;
    let key = PrivateKeyDer::from_pem_file(&config.key).map_err(|error| wrong(&config.key, error))?;
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(&config.certificate, error))?;
    let builder = match &config.client_ca {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let mut roots = RootCertStore::empty();
            for certificate in certificates(path)? {
                roots.add(certificate).map_err(|error| wrong(path, error))?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                // Who comes without a certificate may have a token.
                .allow_unauthenticated()
                .build()
                .map_err(|error| wrong(path, error))?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let mut server =
        builder.with_single_cert(chain, key).map_err(|error| wrong(&config.certificate, error))?;
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(server)
}
