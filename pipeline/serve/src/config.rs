//! `fundwatch.toml`: everything has a default, and without a file the service starts on its own.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use crate::Error;
use crate::database_config::DatabaseConfig;
use crate::kafka::KafkaConfig;
use crate::live::TickPolicy;

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
    /// How ticks close.
    pub tick: Ticks,
    /// The folder of which files are taken; `inbox` in the folder of the state if none is named.
    pub watch: Option<PathBuf>,
    /// The database, which people and programs ask.
    pub database: DatabaseConfig,
    /// Kafka, if changes come from there or events go there.
    pub kafka: Option<KafkaConfig>,
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
            tick: Ticks::default(),
            watch: None,
            database: DatabaseConfig::default(),
            kafka: None,
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
        Config::parse(&text).map_err(|error| Error::config(format!("{}: {error}", path.display())))
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
        if !self.listen.ip().is_loopback() {
            return Err(Error::config(format!(
                "listen = \"{}\" can be reached from other machines, and nobody who comes is asked who they are; \
                 listen on 127.0.0.1",
                self.listen
            )));
        }
        if self.workers == 0 || self.workers > 256 {
            return Err(Error::config("workers: 1 to 256"));
        }
        if !(1..=10_000).contains(&self.tick.milliseconds) || self.tick.changes == 0 {
            return Err(Error::config("tick: 1 to 10,000 milliseconds, and at least one change"));
        }
        self.database.check()?;
        self.kafka.as_ref().map_or(Ok(()), KafkaConfig::check)
    }

    /// How ticks close.
    pub fn policy(&self) -> TickPolicy {
        TickPolicy { after: Duration::from_millis(self.tick.milliseconds), changes: self.tick.changes }
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
    }
}
