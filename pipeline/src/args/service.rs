//! Which running service a command speaks to, and by what both know each other.

use std::path::PathBuf;

use clap::Args;

/// Where a service answers that says nothing else.
pub(super) const HERE: &str = "http://127.0.0.1:8300";

/// A running service.
#[derive(Debug, Args)]
pub struct ServiceArgs {
    /// The running service: http://HOST:PORT, or https://HOST:PORT with --ca.
    #[arg(long, global = true, value_name = "URL", default_value = HERE)]
    pub at: String,
    /// By what both know each other.
    #[command(flatten)]
    pub tls: TlsArgs,
}

/// By what a service and who asks it know each other; for https:// addresses.
#[derive(Clone, Debug, Default, Args)]
pub struct TlsArgs {
    /// Whose certificates of services are believed, PEM.
    #[arg(long, global = true, value_name = "FILE", env = "FUNDWATCH_CA")]
    pub ca: Option<PathBuf>,
    /// The certificate by which the service knows you, and those that lead from it to a root, PEM.
    #[arg(long, global = true, value_name = "FILE", env = "FUNDWATCH_CERT", requires = "key")]
    pub cert: Option<PathBuf>,
    /// Its private key, PEM.
    #[arg(long, global = true, value_name = "FILE", env = "FUNDWATCH_KEY", requires = "cert")]
    pub key: Option<PathBuf>,
}
