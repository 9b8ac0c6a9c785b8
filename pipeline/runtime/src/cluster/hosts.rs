//! Where the processes of a cluster are.

use std::net::{IpAddr, SocketAddr, TcpListener, ToSocketAddrs};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::Error;

/// How long the name of this process may stay unknown, and how often it is asked for.
const NAMES: Duration = Duration::from_secs(30);
const RETRY: Duration = Duration::from_millis(200);

/// The processes of a cluster by number, each with the `host:port` at which the others reach it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosts(Vec<String>);

impl Hosts {
    /// Of a list, or of the file that has it: a `host:port` a line or several with commas between; what follows `#` is
    /// left out.
    ///
    /// # Errors
    /// The file cannot be read; as [`Hosts::parse`].
    pub fn named(list_or_file: &str) -> Result<Hosts, Error> {
        let path = Path::new(list_or_file);
        if path.is_file() {
            let text = std::fs::read_to_string(path).map_err(|error| Error::read(path, error))?;
            return Hosts::parse(&text);
        }
        Hosts::parse(list_or_file)
    }

    /// Of a text.
    ///
    /// # Errors
    /// There are fewer than two, an entry is no `host:port`, or one stands there twice.
    pub fn parse(text: &str) -> Result<Hosts, Error> {
        let without_remarks = text.lines().map(|line| line.split('#').next().unwrap_or_default());
        let entries = without_remarks.flat_map(|line| line.split([',', ' ', '\t']));
        Hosts::of(entries.map(str::trim).filter(|entry| !entry.is_empty()).map(str::to_owned).collect())
    }

    /// Of entries.
    ///
    /// # Errors
    /// As [`Hosts::parse`].
    pub fn of(entries: Vec<String>) -> Result<Hosts, Error> {
        if !(2..=64).contains(&entries.len()) {
            return Err(Error::arguments(format!("hosts: {} of them; a cluster has 2 to 64", entries.len())));
        }
        for (nth, entry) in entries.iter().enumerate() {
            let port = entry.rsplit_once(':').filter(|(host, _)| !host.is_empty());
            if port.is_none_or(|(_, port)| port.parse::<u16>().map_or(true, |port| port == 0)) {
                return Err(Error::arguments(format!("hosts: {entry}: a process is named by host:port")));
            }
            if entries[..nth].contains(entry) {
                return Err(Error::arguments(format!("hosts: {entry} stands there twice")));
            }
        }
        Ok(Hosts(entries))
    }

    /// How many processes there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Where a process is; nothing if there is none of that number.
    pub fn get(&self, process: usize) -> Option<&str> {
        self.0.get(process).map(String::as_str)
    }

    /// Where a process is, in words.
    pub(super) fn describe(&self, process: usize) -> String {
        let what = if process == 0 { "the leader".to_owned() } else { format!("process {process}") };
        format!("{what} ({})", self.get(process).unwrap_or("?"))
    }

    /// Whether all of them are named by addresses of this machine alone.
    pub fn are_local(&self) -> bool {
        self.0.iter().all(|entry| {
            let host = entry.rsplit_once(':').map_or("", |(host, _)| host);
            host == "localhost"
                || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
        })
    }

    /// The addresses of a process.
    ///
    /// # Errors
    /// The name is not known, or nobody answers who knows names.
    pub fn resolve(&self, process: usize) -> std::io::Result<Vec<SocketAddr>> {
        let found: Vec<SocketAddr> = self.get(process).unwrap_or_default().to_socket_addrs()?.collect();
        if found.is_empty() { Err(std::io::ErrorKind::AddrNotAvailable.into()) } else { Ok(found) }
    }

    /// Listens where the others reach this process. Its name may become known a little later than it starts; `goes_on` is
    /// asked meanwhile, and nothing is given if it says no.
    ///
    /// # Errors
    /// The name stays unknown, the address is not one of this machine, or it is in use.
    pub fn listen(
        &self,
        process: usize,
        mut goes_on: impl FnMut() -> bool,
    ) -> Result<Option<TcpListener>, Error> {
        let begun = Instant::now();
        let bound = loop {
            match self.resolve(process) {
                Ok(addresses) => break TcpListener::bind(&addresses[..]),
                Err(error) if begun.elapsed() > NAMES => break Err(error),
                Err(_) if !goes_on() => return Ok(None),
                Err(_) => std::thread::sleep(RETRY),
            }
        };
        bound.map(Some).map_err(|error| {
            let name = self.get(process).unwrap_or_default();
            let text = format!("cannot listen on {name}, where the others look for process {process}");
            Error::Cluster(format!("{text}: {error}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_and_its_mistakes_are_named() {
        let hosts = Hosts::parse("a.example:2101, b.example:2102\n# not yet\n[::1]:2103 # here").unwrap();
        assert_eq!((hosts.count(), hosts.get(2)), (3, Some("[::1]:2103")));
        assert!(!hosts.are_local());
        assert!(Hosts::parse("localhost:1,127.0.0.9:2,[::1]:3").unwrap().are_local());
        for (wrong, why) in [
            ("a:1", "2 to 64"),
            ("", "0 of them"),
            ("a:1,b", "b: a process"),
            ("a:1,b:0", "b:0: a process"),
            ("a:1,:7", ":7: a process"),
            ("a:1,a:1", "twice"),
        ] {
            let error = Hosts::parse(wrong).unwrap_err().to_string();
            assert!(error.contains(why), "{wrong}: {error}");
        }
    }

    #[test]
    fn a_file_may_have_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hosts");
        std::fs::write(&path, "a:1\nb:2\n").unwrap();
        assert_eq!(Hosts::named(&path.to_string_lossy()).unwrap(), Hosts::parse("a:1,b:2").unwrap());
    }
}
