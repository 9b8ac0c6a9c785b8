//! The live service in several processes under a supervisor.

use std::net::SocketAddr;
use std::path::Path;

use crate::service::{Service, begin};

/// As [`crate::service::start`], in so many processes.
pub(crate) fn start_cluster(processes: usize, args: &[&str], address: SocketAddr, log: &Path) -> Service {
    let supervisor = ["cluster", "--processes", &processes.to_string(), "--pause-max", "1", "--"];
    begin(&supervisor, args, (address, log, &[]))
}
