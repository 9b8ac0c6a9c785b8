//! Progress of long work on stderr: a bar on a terminal, a plain line now and then elsewhere.

use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::terminal::tell;

/// Where nobody watches, a line comes at most this often.
const PLAIN_EVERY: Duration = Duration::from_secs(10);

/// Shows how far a piece of work has come.
pub struct Progress {
    bar: Option<ProgressBar>,
    what: &'static str,
    total: u64,
    done: u64,
    started: Instant,
    last_plain: Instant,
    quiet: bool,
}

impl Progress {
    /// For work on `total` bytes.
    pub fn bytes(what: &'static str, total: u64, quiet: bool) -> Progress {
        let template = "{msg} {bar:32} {bytes}/{total_bytes} {bytes_per_sec} {eta}";
        Progress::new(what, total, quiet, template)
    }

    /// For work on `total` things.
    pub fn count(what: &'static str, total: u64, quiet: bool) -> Progress {
        Progress::new(what, total, quiet, "{msg} {bar:32} {human_pos}/{human_len} {per_sec} {eta}")
    }

    fn new(what: &'static str, total: u64, quiet: bool, template: &str) -> Progress {
        let bar = (!quiet && stderr().is_terminal()).then(|| {
            let style =
                ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
            ProgressBar::new(total).with_style(style).with_message(what)
        });
        let now = Instant::now();
        Progress { bar, what, total, done: 0, started: now, last_plain: now, quiet }
    }

    /// So much has been done in all.
    pub fn at(&mut self, done: u64) {
        self.done = done;
        if let Some(bar) = &self.bar {
            bar.set_position(done);
        } else if !self.quiet && self.last_plain.elapsed() >= PLAIN_EVERY {
            self.last_plain = Instant::now();
            let percent = (done * 100).checked_div(self.total).unwrap_or(100);
            let seconds = self.started.elapsed().as_secs();
            tell(&format!("{}: {percent} % after {seconds} s", self.what));
        }
    }

    /// So much more has been done.
    pub fn add(&mut self, more: u64) {
        self.at(self.done + more);
    }

    /// It is done.
    pub fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}
