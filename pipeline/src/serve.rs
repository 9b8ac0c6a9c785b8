//! `fundwatch serve`: the live service, as the command line asks for it.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use ::serve::config::LogFormat;
use ::serve::door::tls::Tls;
use ::serve::{Config, Progress, Tell, doctor};

use crate::args::{ConfigAction, ConfigArgs, DoctorArgs, ServeArgs};
use crate::error::Error;
use crate::log;

/// Runs until it is told to end (SIGTERM, or Ctrl-C).
///
/// # Errors
/// As [`serve::serve`].
pub fn serve(args: ServeArgs) -> Result<(), Error> {
    let mut config = configured(args.config.as_deref())?;
    config.data = args.data.unwrap_or(config.data);
    config.listen = args.listen.unwrap_or(config.listen);
    config.rules = args.rules.or(config.rules);
    config.workers = args.workers.unwrap_or(config.workers);
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    log::begin(config.log);
    let format = config.log.format;
    let tell: Tell = Arc::new(move |progress| match progress {
        // People and scripts look for this line.
        Progress::Ready(address) if format == LogFormat::Text => eprintln!("ready: {scheme}://{address}"),
        Progress::Ready(address) => tracing::info!(%address, "ready"),
        // The service has logged it.
        Progress::Loading(_) | Progress::Trouble(_) | Progress::Ending => {}
    });
    Ok(::serve::serve(&config, &tell)?)
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
    Ok(format!(
        "{}: state in {}, database {database}, listens on {}{kafka}; {}\n",
        file.display(),
        config.data.display(),
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
