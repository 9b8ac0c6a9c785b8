//! All processes of a cluster on one machine: they are started together, and when one ends all are started again.
//!
//! Each start is the next generation. Between starts that do not last there is a pause, which doubles up to a bound. A
//! process that ends because of the configuration ends all: that does not mend itself.

use std::ffi::OsString;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::sleep;
use tracing::{info, warn};

use crate::{Error, START_AGAIN};

/// The first pause before a new start.
const PAUSE: Duration = Duration::from_secs(1);

/// A start that lasts so long was a good one: the next pause is a short one.
const STEADY: Duration = Duration::from_secs(60);

/// How often it is looked whether all are there.
const LOOK: Duration = Duration::from_millis(50);

/// How long the others may take to end when one has ended, and when all were told to.
const LEAVE: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(60));

/// What is started.
#[derive(Clone, Debug)]
pub struct Supervised {
    /// The program.
    pub program: PathBuf,
    /// How many processes.
    pub processes: usize,
    /// The arguments of `serve` that all of them get.
    pub options: Vec<OsString>,
    /// The longest pause before a new start.
    pub pause_max: Duration,
}

/// How a generation ended.
enum Ended {
    /// It was told to.
    Told,
    /// It is to be started again at once.
    Again,
    /// A process failed.
    Failed,
}

/// Starts the processes, and again whenever one ends, until it is told to end.
///
/// # Errors
/// A process cannot be started, or ended because of its configuration.
pub fn supervise(supervised: &Supervised) -> Result<(), Error> {
    let system = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::System)?;
    system.block_on(async {
        let mut signals = Signals::listen()?;
        let mut pause = PAUSE.min(supervised.pause_max);
        loop {
            let begun = Instant::now();
            match supervised.run(&mut signals).await? {
                Ended::Told => return Ok(()),
                Ended::Again => continue,
                Ended::Failed => {}
            }
            if begun.elapsed() >= STEADY {
                pause = PAUSE.min(supervised.pause_max);
            }
            info!(seconds = pause.as_secs(), "all processes start again after a pause");
            tokio::select! {
                () = signals.told() => return Ok(()),
                () = sleep(pause) => {}
            }
            pause = (2 * pause).min(supervised.pause_max);
        }
    })
}

/// What tells a program to end.
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    fn listen() -> Result<Signals, Error> {
        let of = |kind| signal(kind).map_err(Error::System);
        Ok(Signals { terminate: of(SignalKind::terminate())?, interrupt: of(SignalKind::interrupt())? })
    }

    async fn told(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// A process that was started; it does not outlive its supervisor's care.
struct Process {
    number: usize,
    child: Child,
    ended: Option<ExitStatus>,
}

impl Process {
    /// Looks whether it has ended.
    fn look(&mut self) -> bool {
        if self.ended.is_none() {
            self.ended = self.child.try_wait().ok().flatten();
        }
        self.ended.is_some()
    }

    fn tell(&self, what: Signal) {
        if self.ended.is_none() {
            // It may end at this moment.
            let _ = kill_process(Pid::from_child(&self.child), what);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !self.look() {
            // It may end at this moment; it is waited for in any case.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

impl Supervised {
    /// Runs one generation until it ends.
    async fn run(&self, signals: &mut Signals) -> Result<Ended, Error> {
        let hosts = self.hosts().map_err(Error::System)?;
        let mut processes = Vec::with_capacity(self.processes);
        for number in 0..self.processes {
            processes.push(self.start(number, &hosts).map_err(Error::System)?);
        }
        // Each is looked at, whatever the others are.
        let all = |processes: &mut [Process]| {
            processes.iter_mut().map(Process::look).filter(|has_ended| !has_ended).count() == 0
        };
        // Until one ends, or all are told to.
        let is_told = loop {
            tokio::select! {
                () = signals.told() => break true,
                () = sleep(LOOK) => {}
            }
            all(&mut processes);
            if let Some(ended) = processes.iter().find(|process| process.ended.is_some()) {
                let status = ended.ended.map(|status| status.to_string()).unwrap_or_default();
                warn!(process = ended.number, status, "a process ended; all are ended");
                break false;
            }
        };
        // The others notice, and the leader lets followers go when it is done.
        let patience = if is_told { LEAVE.1 } else { LEAVE.0 };
        if is_told {
            processes.iter().take(1).for_each(|leader| leader.tell(Signal::TERM));
        }
        let begun = Instant::now();
        while !all(&mut processes) && begun.elapsed() < patience {
            sleep(LOOK).await;
            if is_told && processes[0].ended.is_some() {
                processes.iter().skip(1).for_each(|follower| follower.tell(Signal::TERM));
            }
        }
        processes.iter().for_each(|process| process.tell(Signal::KILL));
        let codes: Vec<Option<i32>> =
            processes.iter().map(|process| process.ended.and_then(|status| status.code())).collect();
        if is_told {
            return Ok(Ended::Told);
        }
        if let Some(wrong) = codes.iter().position(|code| *code == Some(2)) {
            let text =
                format!("process {wrong} ended because of its configuration; its message stands above");
            return Err(Error::config(text));
        }
        let again = codes.first() == Some(&Some(i32::from(START_AGAIN)));
        Ok(if again { Ended::Again } else { Ended::Failed })
    }

    /// Addresses of this machine that nobody has.
    fn hosts(&self) -> std::io::Result<String> {
        let free = (0..self.processes).map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)));
        let free = free.collect::<std::io::Result<Vec<_>>>()?;
        let addresses = free.iter().map(|free| Ok(free.local_addr()?.to_string()));
        Ok(addresses.collect::<std::io::Result<Vec<_>>>()?.join(","))
    }

    fn start(&self, number: usize, hosts: &str) -> std::io::Result<Process> {
        let mut command = Command::new(&self.program);
        command.arg("serve").args(&self.options).args(["--hosts", hosts, "--process", &number.to_string()]);
        command.args(["--attached", &std::process::id().to_string()]);
        Ok(Process { number, child: command.stdin(Stdio::null()).spawn()?, ended: None })
    }
}

/// Has this process told to end when the one that started it, of this id, is gone. Elsewhere than on Linux it goes on.
pub fn attach(to: u32) {
    #[cfg(target_os = "linux")]
    {
        // The kernel knows the signal, so it takes it.
        let _ = rustix::process::set_parent_process_death_signal(Some(Signal::TERM));
        let parent = rustix::process::getppid().map(|parent| parent.as_raw_nonzero().get());
        if parent.and_then(|parent| u32::try_from(parent).ok()) != Some(to) {
            // It is gone already.
            let _ = rustix::process::kill_process(rustix::process::getpid(), Signal::TERM);
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = to;
}
