//! `fundwatch cluster`: all processes of a cluster on this machine, started and watched.

use std::time::Duration;

use clap::Parser;
use serve::config::Log;
use serve::supervisor::{Supervised, supervise};

use crate::args::{ClusterArgs, Command, Subcommands};
use crate::error::Error;
use crate::log;

/// Runs until it is told to end (SIGTERM, or Ctrl-C).
///
/// # Errors
/// The options are none of `serve`; as [`supervise`].
pub fn cluster(args: ClusterArgs) -> Result<(), Error> {
    // A mistake is said once, and not by each process.
    let typed = ["fundwatch".into(), "serve".into()].into_iter().chain(args.options.iter().cloned());
    let of_serve = match Command::try_parse_from(typed).map(|command| command.what) {
        Ok(Subcommands::Serve(of_serve)) => of_serve,
        Ok(_) => return Err(Error::arguments("what stands behind -- are options of serve")),
        Err(mistake) => return Err(Error::arguments(mistake.to_string())),
    };
    if of_serve.hosts.is_some() || of_serve.process.is_some() {
        return Err(Error::arguments("--hosts and --process are given by this command"));
    }
    let config = of_serve.config.as_deref().map(serve::Config::read).transpose()?;
    log::begin(config.map_or_else(Log::default, |config| config.log));
    let program = std::env::current_exe().map_err(|error| Error::read("this program", error))?;
    let mut options = args.options;
    if let Some(workers) = args.workers {
        options.extend(["--workers".into(), workers.to_string().into()]);
    }
    let (processes, pause_max) = (usize::from(args.processes), Duration::from_secs(args.pause_max));
    Ok(supervise(&Supervised { program, processes, options, pause_max })?)
}
