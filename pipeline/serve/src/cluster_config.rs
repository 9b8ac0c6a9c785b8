//! `[cluster]`: several processes that judge together, and which of them this one is.

use std::net::TcpListener;
use std::path::PathBuf;

use runtime::cluster::Member;
use runtime::cluster::hosts::Hosts;
use runtime::cluster::secret::Secret;
use serde::Deserialize;

use crate::Error;

/// Several processes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClusterConfig {
    /// Where each of them is reached by the others.
    pub hosts: HostList,
    /// Which of them this one is; 0 is the leader, which has the state, the sources and the readers.
    #[serde(default)]
    pub process: usize,
    /// A file with what all of them know and nobody else.
    pub secret_file: Option<PathBuf>,
}

/// The `host:port` of each process, by number.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum HostList {
    /// As a list.
    List(Vec<String>),
    /// As a text with commas, or a file that has one a line.
    Named(String),
}

impl ClusterConfig {
    /// The processes.
    ///
    /// # Errors
    /// The list has a mistake, or its file cannot be read.
    pub fn hosts(&self) -> Result<Hosts, Error> {
        Ok(match &self.hosts {
            HostList::List(entries) => Hosts::of(entries.clone())?,
            HostList::Named(named) => Hosts::named(named)?,
        })
    }

    /// What does not fit together.
    ///
    /// # Errors
    /// The first mistake.
    pub fn check(&self) -> Result<(), Error> {
        let hosts = self.hosts().map_err(|error| Error::config(format!("cluster: {error}")))?;
        if self.process >= hosts.count() {
            let (process, count) = (self.process, hosts.count());
            return Err(Error::config(format!(
                "cluster: there is no process {process} among {count}; the first is 0"
            )));
        }
        if self.secret_file.is_none() && !hosts.are_local() {
            return Err(Error::config(
                "cluster: hosts that other machines can reach need `secret_file`, the same on all of them",
            ));
        }
        Ok(())
    }

    /// This process, with so many workers in each, and the id of the bank in force or insisted on.
    ///
    /// # Errors
    /// The hosts or the secret cannot be read.
    pub fn member(&self, workers: u16, bank: Option<String>) -> Result<Member, Error> {
        let secret = self.secret_file.as_deref().map(Secret::read).transpose()?.unwrap_or_default();
        let (hosts, process, workers) = (self.hosts()?, self.process, usize::from(workers));
        Ok(Member { hosts, process, workers, secret, bank })
    }

    /// Which process it is, in a few words.
    ///
    /// # Errors
    /// The hosts cannot be read.
    pub fn describe(&self) -> Result<String, Error> {
        let hosts = self.hosts()?;
        let count = hosts.count();
        Ok(match self.process {
            0 => format!("the leader of {count} processes"),
            process => format!("process {process} of {count}, led by {}", hosts.get(0).unwrap_or_default()),
        })
    }

    /// Looks at hosts and secret; gives what was found, or what is wrong and what to do.
    ///
    /// # Errors
    /// What is wrong.
    pub(crate) fn examine(&self) -> Result<String, String> {
        let failed = |error: Error| crate::error::with_sources(&error);
        self.check().map_err(failed)?;
        let member = self.member(1, None).map_err(failed)?;
        for process in 0..member.hosts.count() {
            let name = member.hosts.get(process).unwrap_or_default();
            let resolved = member.hosts.resolve(process);
            let addresses =
                resolved.map_err(|error| format!("{name}: {error}; correct `hosts`, or the names"))?;
            if process != self.process {
                continue;
            }
            match TcpListener::bind(&addresses[..]) {
                Ok(_) => {}
                Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
                    return Ok(format!("{}; {name} is in use: it runs", self.describe().map_err(failed)?));
                }
                Err(error) => {
                    return Err(format!(
                        "{name}: {error}; process {process} of `hosts` has to be an address of this machine"
                    ));
                }
            }
        }
        self.describe().map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use crate::Config;

    #[test]
    fn mistakes_are_named() {
        let of = |text: &str| Config::parse(&format!("[cluster]\n{text}")).unwrap_err().to_string();
        assert!(of("hosts = [\"a:1\"]\nsecret_file = \"s\"").contains("2 to 64"));
        assert!(of("hosts = \"a:1,b:1\"").contains("secret_file"));
        assert!(of("hosts = \"[::1]:1,127.0.0.1:2\"\nprocess = 2").contains("no process 2 among 2"));
        assert!(of("process = 1").contains("hosts"));
        let config =
            Config::parse("[cluster]\nhosts = [\"localhost:1\", \"localhost:2\"]\nprocess = 1").unwrap();
        assert_eq!(config.cluster.unwrap().describe().unwrap(), "process 1 of 2, led by localhost:1");
    }
}
