//! TLS of commands: by the library and the algorithms by which the service speaks it.

use std::error::Error as _;
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{AlertDescription, CertificateError, RootCertStore};
use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig, TlsProvider};
use wire::visible::visible_path;

use crate::args::TlsArgs;
use crate::error::Error;

fn wrong(option: &str, path: &Path, what: impl std::fmt::Display) -> Error {
    Error::arguments(format!("{option} {}: {what}", visible_path(path)))
}

fn certificates(option: &str, path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let read = CertificateDer::pem_file_iter(path).map_err(|error| wrong(option, path, error))?;
    let all: Vec<CertificateDer<'static>> =
        read.collect::<Result<_, _>>().map_err(|error| wrong(option, path, error))?;
    if all.is_empty() {
        return Err(wrong(option, path, "no certificate in PEM stands there"));
    }
    Ok(all)
}

/// As the client of HTTP takes them.
fn given(certificates: &[CertificateDer<'static>]) -> Vec<Certificate<'static>> {
    certificates.iter().map(|of| Certificate::from_der(of.as_ref()).to_owned()).collect()
}

/// The certificate of who asks, if there is one.
fn own(args: &TlsArgs) -> Result<Option<ClientCert>, Error> {
    let (Some(cert), Some(key)) = (&args.cert, &args.key) else { return Ok(None) };
    let chain = certificates("--cert", cert)?;
    let text = std::fs::read(key).map_err(|error| wrong("--key", key, error))?;
    let private = PrivateKeyDer::from_pem_slice(&text).map_err(|error| wrong("--key", key, error))?;
    // The client of HTTP takes it for granted that both belong together.
    CertifiedKey::from_der(chain.clone(), private, &ring::default_provider()).map_err(|error| {
        wrong("--key", key, format!("it does not go with {}: {error}", visible_path(cert)))
    })?;
    let private = PrivateKey::from_pem(&text).map_err(|error| wrong("--key", key, error))?;
    Ok(Some(ClientCert::new_with_certs(&given(&chain), private)))
}

/// How TLS is spoken with a service at this address; not at all, where it is `http://`.
///
/// # Errors
/// Files that are no certificates or keys, or that do not fit the address.
pub(super) fn config(at: &str, args: &TlsArgs) -> Result<Option<TlsConfig>, Error> {
    if !at.starts_with("https://") {
        if args.ca.is_some() || args.cert.is_some() {
            return Err(Error::arguments(format!(
                "{at} is asked without TLS; --ca, --cert and --key (FUNDWATCH_CA, FUNDWATCH_CERT, FUNDWATCH_KEY) are for \
                 https:// addresses"
            )));
        }
        return Ok(None);
    }
    let Some(ca) = &args.ca else {
        return Err(Error::arguments(format!(
            "{at}: whose certificate of a service is believed is said with --ca FILE (or FUNDWATCH_CA)"
        )));
    };
    let roots = certificates("--ca", ca)?;
    let mut store = RootCertStore::empty();
    for root in &roots {
        store.add(root.clone()).map_err(|error| wrong("--ca", ca, error))?;
    }
    let config = TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
        .root_certs(RootCerts::new_with_certs(&given(&roots)))
        .client_cert(own(args)?);
    Ok(Some(config.build()))
}

/// The error of TLS behind an error of HTTP, if it is one.
fn of_tls(error: &ureq::Error) -> Option<&rustls::Error> {
    match error {
        ureq::Error::Rustls(error) => Some(error),
        ureq::Error::Io(error) => error.get_ref()?.downcast_ref(),
        other => other.source()?.downcast_ref(),
    }
}

/// What is wrong between a command and a service that speaks TLS, or should; none if it is something else.
pub(super) fn why(error: &ureq::Error, at: &str) -> Option<String> {
    let is_tls = at.starts_with("https://");
    let Some(error) = of_tls(error) else {
        let is_cut = match error {
            ureq::Error::Io(error) => error.kind() == std::io::ErrorKind::UnexpectedEof,
            ureq::Error::Protocol(_) => true,
            _ => false,
        };
        return (is_cut && !is_tls)
            .then(|| format!("{error}; a service that speaks TLS is asked with https:// and --ca"));
    };
    Some(match error {
        rustls::Error::InvalidCertificate(fault) => match fault {
            CertificateError::UnknownIssuer => {
                "its certificate is of none of those whom --ca names; is it this service, and this --ca?"
                    .to_owned()
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                format!("its certificate is not for this address: {error}")
            }
            _ => format!("its certificate is not believed: {error}"),
        },
        rustls::Error::AlertReceived(
            AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::CertificateRequired
            | AlertDescription::DecryptError
            | AlertDescription::UnknownCA,
        ) => format!("the service does not believe the certificate of --cert: {error}"),
        rustls::Error::InvalidMessage(_) => {
            format!("it does not speak TLS ({error}); without it the address begins with http://")
        }
        _ => format!("TLS: {error}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_said_before_anybody_is_asked() {
        let folder = tempfile::tempdir().unwrap();
        let empty = folder.path().join("empty.pem");
        std::fs::write(&empty, "nothing").unwrap();
        let with_ca = |path: &Path| TlsArgs { ca: Some(path.to_owned()), ..TlsArgs::default() };
        let of = |at: &str, args: &TlsArgs| config(at, args).err().map(|error| error.to_string());
        assert_eq!(of("http://127.0.0.1:8300", &TlsArgs::default()), None);
        assert!(of("http://127.0.0.1:8300", &with_ca(&empty)).unwrap().contains("without TLS"));
        assert!(of("https://127.0.0.1:8300", &TlsArgs::default()).unwrap().contains("--ca FILE"));
        assert!(of("https://127.0.0.1:8300", &with_ca(&empty)).unwrap().contains("no certificate in PEM"));
        let missing = with_ca(&folder.path().join("none.pem"));
        assert!(of("https://127.0.0.1:8300", &missing).unwrap().contains("none.pem"));
    }
}
