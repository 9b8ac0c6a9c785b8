//! `fundwatch.toml`: everything has a default, and without a file the service starts on its own.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use crate::Error;
use crate::access::config::{AccessConfig, Limits, TlsConfig};
use crate::budget::AlertsConfig;
use crate::clock::ClockConfig;
use crate::cluster_config::ClusterConfig;
use crate::database_config::DatabaseConfig;
use crate::kafka::KafkaConfig;
use crate::live::TickPolicy;
use crate::retention::Retention;

/// How the service runs.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where its state is.
    pub data: PathBuf,
    /// Where it listens.
    pub listen: SocketAddr,
    /// A rule bank of one's own.
    pub rules: Option<PathBuf>,
    /// Worker threads.
    pub workers: u16,
    /// Several processes, if it is not one alone.
    pub cluster: Option<ClusterConfig>,
    /// How ticks close.
    pub tick: Ticks,
    /// The folder of which files are taken; `inbox` in the folder of the state if none is named.
    pub watch: Option<PathBuf>,
    /// The folder that backups go to; `backups` in the folder of the state if none is named.
    pub backups: Option<PathBuf>,
    /// The database, which people and programs ask.
    pub database: DatabaseConfig,
    /// How many alerts are fed.
    pub alerts: AlertsConfig,
    /// How the clock is read.
    pub clock: ClockConfig,
    /// Kafka, if changes come from there or events go there.
    pub kafka: Option<KafkaConfig>,
    /// Who may come in.
    pub access: AccessConfig,
    /// TLS, if it is spoken.
    pub tls: Option<TlsConfig>,
    /// How much is taken of anybody.
    pub limits: Limits,
    /// The file that it was read from: access is read from it again when the service is told to.
    #[serde(skip)]
    pub file: Option<PathBuf>,
    /// How it logs.
    pub log: Log,
    /// What is measured.
    pub metrics: Measured,
    /// How long what happened is judged; for ever if nothing is stated.
    pub retention: Option<Retention>,
}

/// How it logs; who starts the service follows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// How a line looks.
    pub format: LogFormat,
    /// What is not left out.
    pub level: LogLevel,
}

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// An object a line.
    Json,
}

/// From what weight on something is logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Somebody must act.
    Error,
    /// Somebody should look at it.
    Warn,
    /// The life of the service.
    #[default]
    Info,
    /// Each tick.
    Debug,
    /// Everything.
    Trace,
}

/// What is measured beyond what costs nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Measured {
    /// Sizes of arrangements by operator: of ticks of 200 changes it takes 6 % more processor time.
    pub arrangements: bool,
}

/// How ticks close.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ticks {
    /// After so many milliseconds.
    pub milliseconds: u64,
    /// After so many changes, if as many are waiting.
    pub changes: usize,
}

impl Default for Ticks {
    fn default() -> Ticks {
        Ticks { milliseconds: 20, changes: 100_000 }
    }
}

impl Default for Config {
    fn default() -> Config {
        Config {
            data: PathBuf::from("fundwatch-data"),
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8300),
            rules: None,
            workers: 1,
            cluster: None,
            tick: Ticks::default(),
            watch: None,
            backups: None,
            database: DatabaseConfig::default(),
            alerts: AlertsConfig::default(),
            clock: ClockConfig::default(),
            kafka: None,
            access: AccessConfig::default(),
            tls: None,
            limits: Limits::default(),
            file: None,
            log: Log::default(),
            metrics: Measured::default(),
            retention: None,
        }
    }
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// It cannot be read, or is not as it must be; the place is named.
    pub fn read(path: &Path) -> Result<Config, Error> {
        let text = std::fs::read_to_string(path).map_err(|source| Error::file(path, source))?;
        let config = Config::parse(&text);
        let config = config.map_err(|error| Error::config(format!("{}: {error}", path.display())))?;
        Ok(Config { file: Some(path.to_owned()), ..config })
    }

    /// Reads a text, and checks it.
    ///
    /// # Errors
    /// As [`Config::read`].
    pub fn parse(text: &str) -> Result<Config, Error> {
        let config: Config = toml::from_str(text).map_err(|error| Error::config(error.to_string()))?;
        config.check()?;
        Ok(config)
    }

    /// What does not fit together.
    ///
    /// # Errors
    /// The first mistake.
    pub fn check(&self) -> Result<(), Error> {
        self.access.check(self.listen, self.tls.as_ref())?;
        self.limits.check()?;
        if self.workers == 0 || self.workers > 256 {
            return Err(Error::config("workers: 1 to 256"));
        }
        if !(1..=10_000).contains(&self.tick.milliseconds) || self.tick.changes == 0 {
            return Err(Error::config("tick: 1 to 10,000 milliseconds, and at least one change"));
        }
        if self.clock.ahead_seconds.unsigned_abs() > 3_660 * 86_400 {
            return Err(Error::config("clock.ahead_seconds: ten years at the most"));
        }
        self.database.check()?;
        self.cluster.as_ref().map_or(Ok(()), ClusterConfig::check)?;
        if self.retention.is_some_and(|of| of.judged_days == 0 || of.every_days == 0) {
            return Err(Error::config("retention: at least one day of judged_days and of every_days"));
        }
        self.kafka.as_ref().map_or(Ok(()), KafkaConfig::check)
    }

    /// How ticks close.
    pub fn policy(&self) -> TickPolicy {
        TickPolicy { after: Duration::from_millis(self.tick.milliseconds), changes: self.tick.changes }
    }

    /// The folder of backups.
    pub fn backups(&self) -> PathBuf {
        self.backups.clone().unwrap_or_else(|| self.data.join("backups"))
    }

    /// The watched folder.
    pub fn inbox(&self) -> PathBuf {
        self.watch.clone().unwrap_or_else(|| self.data.join("inbox"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_named() {
        assert_eq!(Config::parse("").unwrap(), Config::default());
        let of = |text: &str| Config::parse(text).unwrap_err().to_string();
        assert!(of("lsten = \"127.0.0.1:1\"").contains("lsten"));
        assert!(of("listen = \"0.0.0.0:8300\"").contains("other machines"));
        assert!(of("[kafka]\nbrokers = \"k:1\"").contains("nothing to do"));
        let kafka = "[kafka]\nbrokers = \"k:1\"\ntopics = [\"a\"]\n[kafka.options]\n\"group.id\" = \"x\"";
        assert!(of(kafka).contains("group.id"));
        assert!(of("[database]\nurl = \"mysql://u:s3cret@h/d\"").contains("mysql"));
        assert!(!of("[database]\nurl = \"postgres://u:s3cret@h:x/d\"").contains("s3cret"));
        assert!(of("[tick]\nmilliseconds = 0").contains("milliseconds"));
        assert!(of("[alerts]\nbudget = -1").contains("budget"));
        assert!(of("[clock]\nahead_seconds = 999999999999").contains("ten years"));
        assert!(of("[log]\nformat = \"xml\"").contains("xml"));
        assert!(of("[log]\nlevel = \"loud\"").contains("loud"));
        let log = Config::parse("[log]\nformat = \"json\"\nlevel = \"debug\"").unwrap().log;
        assert_eq!(log, Log { format: LogFormat::Json, level: LogLevel::Debug });
    }
}
