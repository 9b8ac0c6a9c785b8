//! `fundwatch serve`: the live service, as the command line asks for it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::serve::cluster_config::{ClusterConfig, HostList};
use ::serve::config::LogFormat;
use ::serve::door::tls::Tls;
use ::serve::{Config, Progress, Tell, doctor};
use wire::visible::visible_path;

use crate::args::{ConfigAction, ConfigArgs, DoctorArgs, ServeArgs};
use crate::error::Error;
use crate::log;
use crate::terminal::tell as say;
use crate::workers::room_for;

/// Runs until it is told to end (SIGTERM, or Ctrl-C).
///
/// # Errors
/// As [`serve::serve`].
pub fn serve(args: ServeArgs) -> Result<(), Error> {
    if let Some(supervisor) = args.attached {
        ::serve::supervisor::attach(supervisor);
    }
    let mut config = configured(args.config.as_deref())?;
    config.data = args.data.unwrap_or(config.data);
    config.listen = args.listen.unwrap_or(config.listen);
    config.rules = args.rules.or(config.rules);
    config.workers = args.workers.unwrap_or(config.workers);
    config.cluster = clustered(config.cluster, args.hosts, args.process, args.secret_file)?;
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    log::begin(config.log);
    let (asked, room) = (config.workers, room_for(config.workers));
    // Processes of a cluster must have the same number, whatever their machines are.
    if config.cluster.is_none() && room < asked {
        tracing::warn!(
            asked,
            workers = room,
            "fewer workers than were asked for: this machine has room for so many"
        );
        config.workers = room;
    }
    let format = config.log.format;
    let tell: Tell = Arc::new(move |progress| match progress {
        // People and scripts look for this line.
        Progress::Ready(address) if format == LogFormat::Text => say(&format!("ready: {scheme}://{address}")),
        Progress::Ready(address) => tracing::info!(%address, "ready"),
        // The service has logged it.
        Progress::Loading(_) | Progress::Cluster(_) | Progress::Trouble(_) | Progress::Ending => {}
    });
    Ok(::serve::serve(&config, &tell)?)
}

/// The processes, as the configuration and the command line name them.
fn clustered(
    configured: Option<ClusterConfig>,
    hosts: Option<String>,
    process: Option<usize>,
    secret_file: Option<PathBuf>,
) -> Result<Option<ClusterConfig>, Error> {
    let hosts = hosts.map(HostList::Named);
    let cluster = match (configured, hosts) {
        (Some(configured), hosts) => {
            ClusterConfig { hosts: hosts.unwrap_or(configured.hosts.clone()), ..configured }
        }
        (None, Some(hosts)) => ClusterConfig { hosts, process: 0, secret_file: None },
        (None, None) if process.is_some_and(|process| process > 0) => {
            return Err(Error::arguments(
                "a process other than 0 needs the hosts: --hosts, or [cluster] hosts",
            ));
        }
        (None, None) => return Ok(None),
    };
    let process = process.unwrap_or(cluster.process);
    let secret_file = secret_file.or(cluster.secret_file.clone());
    Ok(Some(ClusterConfig { process, secret_file, ..cluster }))
}

fn configured(file: Option<&Path>) -> Result<Config, Error> {
    Ok(file.map_or_else(|| Ok(Config::default()), Config::read)?)
}

/// `fundwatch config check`; gives the text for stdout.
///
/// # Errors
/// What is wrong with the file.
pub fn config(args: &ConfigArgs) -> Result<String, Error> {
    let ConfigAction::Check { file } = &args.what;
    let config = Config::read(file)?;
    config.tls.as_ref().map(Tls::open).transpose()?;
    let kafka =
        config.kafka.as_ref().map_or_else(String::new, |kafka| format!(", Kafka at {}", kafka.brokers));
    let database = config.database.address(&config.data)?;
    let cluster = match &config.cluster {
        Some(cluster) => {
            // The secret is read as well.
            cluster.member(config.workers, None)?;
            format!("; {}", cluster.describe()?)
        }
        None => String::new(),
    };
    Ok(format!(
        "{}: state in {}, database {database}, listens on {}{kafka}; {}{cluster}\n",
        visible_path(file),
        visible_path(&config.data),
        config.listen,
        doctor::access_in_words(&config)
    ))
}

/// `fundwatch doctor`; gives the text for stdout, and whether something has to be done.
///
/// # Errors
/// The configuration cannot be read.
pub fn doctor(args: &DoctorArgs) -> Result<(String, bool), Error> {
    let mut config = configured(args.config.as_deref())?;
    config.data = args.data.clone().unwrap_or(config.data);
    let checks = doctor::examine(&config);
    let mut text = String::new();
    for check in &checks {
        let (mark, found) = match &check.found {
            Ok(found) => ("ok", found),
            Err(found) => ("no", found),
        };
        let _ = writeln!(text, "{mark}  {:<13}  {found}", check.what);
    }
    Ok((text, checks.iter().any(|check| check.found.is_err())))
}
