//! What stands between the network and the routes, made of the configuration, and made anew in part when told.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};

use crate::access::audit::{self, Audit, Entry};
use crate::access::audit_file::AuditFile;
use crate::access::control::Access;
use crate::access::mask::Mask;
use crate::access::principal::Principals;
use crate::config::Config;
use crate::door::Door;
use crate::door::tls::Tls;
use crate::error::with_sources;
use crate::http::{App, router};
use crate::live::Shared;
use crate::{Error, Progress, Tell};

/// File descriptors besides those of connections: files of the state, of the bank, and of brokers.
const OTHER_FILES: u64 = 512;

/// What stands between the network and the routes.
pub(crate) struct Entrance {
    access: Arc<Access>,
    tls: Option<Tls>,
    file: Option<PathBuf>,
    is_open: bool,
}

impl Entrance {
    /// Makes it: keys and the audit are opened, certificates read.
    ///
    /// # Errors
    /// A file of it cannot be used, or is not as it must be.
    pub(crate) fn open(config: &Config, shared: &Shared, tell: &Tell) -> Result<Entrance, Error> {
        let tell_trouble = Arc::clone(tell);
        let audit = Audit::start(Box::new(AuditFile::open(&config.data)?), audit::now, move |what| {
            tell_trouble(Progress::Trouble(what));
        })?;
        if let Err(what) = raise_files(config.limits.connections as u64 + OTHER_FILES) {
            tell(Progress::Trouble(what));
        }
        let access = Access::new(
            Principals::new(config.access.principals()?),
            config.limits,
            audit,
            shared.divisions.clone(),
            Mask::open(&config.data)?,
        );
        Ok(Entrance {
            access: Arc::new(access),
            tls: config.tls.as_ref().map(Tls::open).transpose()?,
            file: config.file.clone(),
            is_open: config.access.is_open(),
        })
    }

    /// Where it is written down.
    pub(crate) fn audit(&self) -> Audit {
        self.access.audit.clone()
    }

    /// The door to these routes.
    pub(crate) fn door(&self, app: App) -> Door {
        let access = Arc::clone(&self.access);
        Door { router: router(app, access), limits: self.access.limits, tls: self.tls.clone() }
    }

    /// Reads certificates and principals again whenever the process is told to (SIGHUP), for ever.
    pub(crate) async fn open_anew(self, tell: Tell) {
        let mut told = match signal(SignalKind::hangup()) {
            Ok(told) => told,
            Err(error) => return tell(Progress::Trouble(format!("SIGHUP cannot be heard: {error}"))),
        };
        while told.recv().await.is_some() {
            let entry = |outcome: &str, detail: String| Entry {
                role: "operator".to_owned(),
                operation: "access.reload".to_owned(),
                outcome: outcome.to_owned(),
                detail,
                ..Entry::default()
            };
            let allowed = entry("allowed", "SIGHUP: certificates and principals are read again".to_owned());
            if let Err(error) = self.access.audit.must(allowed).await {
                tell(Progress::Trouble(format!("certificates and principals stay: {error}")));
                continue;
            }
            match self.read_again() {
                Ok(()) => tell(Progress::Trouble("certificates and principals were read again".to_owned())),
                Err(error) => {
                    let why = with_sources(&error);
                    self.access.audit.note(entry("failed", why.clone()));
                    tell(Progress::Trouble(format!("certificates and principals stay: {why}")));
                }
            }
        }
    }

    /// All of it, or nothing where something is wrong.
    fn read_again(&self) -> Result<(), Error> {
        let principals = match &self.file {
            Some(file) => {
                let config = Config::read(file)?;
                // Who was asked until now is not let in by an empty list.
                if config.access.is_open() != self.is_open {
                    return Err(Error::config(
                        "access: whether anybody is asked changes with a restart only",
                    ));
                }
                Some(config.access.principals()?)
            }
            None => None,
        };
        if let Some(tls) = &self.tls {
            tls.read_again()?;
        }
        if let Some(principals) = principals {
            self.access.principals.replace(principals);
        }
        Ok(())
    }
}

/// Raises how many files may be open to so many, if the system lets it.
fn raise_files(wanted: u64) -> Result<(), String> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let now = getrlimit(Resource::Nofile);
    if now.current.is_none_or(|current| current >= wanted) {
        return Ok(());
    }
    let most = now.maximum.map_or(wanted, |maximum| maximum.min(wanted));
    let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(most), maximum: now.maximum });
    if raised.is_err() || most < wanted {
        return Err(format!(
            "{wanted} files may have to be open, and the system lets {most}; raise its limit (ulimit -n)"
        ));
    }
    Ok(())
}
