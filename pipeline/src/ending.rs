//! A command that is ended from outside (Ctrl-C, SIGTERM, the terminal is closed) takes with it what is unfinished.
//!
//! Drafts of files and temporary folders go ([`leftover`]); files that take their names just then do so to the last.
//! Then the signal does what it does by itself, so that whoever sent it sees that it did. A signal that this process
//! was started to ignore, as `nohup` does, stays ignored. What SIGKILL leaves is removed by the next command.
//!
//! A process that gets no more memory, or no more stack, has said so on stderr and aborts itself; the machine failed, and
//! the exit code is that of such failures ([`give_up_with`]).

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread::{Builder, JoinHandle};

use reports::outputs::leftover;
use signal_hook::consts::{SIGABRT, SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag::register_conditional_shutdown;
use signal_hook::iterator::{Handle, Signals};
use signal_hook::low_level::emulate_default_handler;

use crate::error::Error;

/// Lets the process end with this exit code where it would abort itself, from now on.
///
/// # Errors
/// The system has no handler for it.
pub fn give_up_with(code: u8) -> Result<(), Error> {
    let always = Arc::new(AtomicBool::new(true));
    let watched = register_conditional_shutdown(SIGABRT, i32::from(code), always);
    watched.map(drop).map_err(|source| Error::read(SIGNALS, source))
}

/// What cannot be read where there is no handler for signals.
const SIGNALS: &str = "the signals of the system";

/// Waits for signals until it is dropped.
pub struct Ending {
    handle: Handle,
    thread: Option<JoinHandle<()>>,
}

impl Ending {
    /// Waits from now on.
    ///
    /// # Errors
    /// The system has no thread or no handler for it.
    pub fn watch() -> Result<Ending, Error> {
        let failed = |source| Error::read(SIGNALS, source);
        let ignored = ignored();
        let wanted = [SIGHUP, SIGINT, SIGTERM].into_iter().filter(|signal| !is_in(ignored, *signal));
        let mut signals = Signals::new(wanted).map_err(failed)?;
        let handle = signals.handle();
        let wait = move || {
            if let Some(signal) = signals.forever().next() {
                leftover::remove_all();
                // It ends the process.
                let _ = emulate_default_handler(signal);
            }
        };
        let thread = Builder::new().name("signals".to_owned()).spawn(wait).map_err(failed)?;
        Ok(Ending { handle, thread: Some(thread) })
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.handle.close();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The set of signals that this process ignores, a bit for each; none where the system does not say.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    line.and_then(|set| u64::from_str_radix(set.trim(), 16).ok()).unwrap_or(0)
}

fn is_in(set: u64, signal: i32) -> bool {
    u32::try_from(signal - 1).is_ok_and(|bit| set.checked_shr(bit).is_some_and(|rest| rest & 1 == 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_stand_in_a_set_from_bit_0() {
        assert!(is_in(1, SIGHUP) && is_in(0b10, SIGINT) && !is_in(0b10, SIGTERM));
    }
}
