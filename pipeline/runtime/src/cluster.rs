//! Several processes with one dataflow: a leader, which alone knows the records' history, and followers.
//!
//! ```text
//!   leader (process 0)                                   follower (1, 2, ...)
//!   front, ledger, view; its workers                     its workers
//!        |--- control: the bank, ticks (new words of the arena, facts) -->|
//!        |<-- control: what each worker answers to a tick ----------------|
//!        |<== data: timely's own exchange, between any two processes ====>|
//! ```
//!
//! The dataflow's arrangements are sharded over the workers of all processes. References have to mean the same in each of
//! them, so each has the whole arena; it only grows, and the leader sends what it grew by with each tick. Followers
//! have no ledger, no view and no disk. The leader's engine waits for the answers of all workers, here and there, before
//! it makes events of a tick; so nothing of a tick can be committed that not every process has finished.
//!
//! In reading order: [`hosts`] says where the processes are, `secret` and `handshake` who may join; `message` is what is
//! said on a control connection, `link` what timely reads and writes; [`status`] is whether the cluster goes on;
//! [`leader`] gathers the followers and [`follower`] is one. When a process ends, the others see its connections end,
//! and end too: a cluster starts again as a whole, under the next generation, and whoever is of another one is refused.

mod admission;
pub mod follower;
mod handshake;
pub mod hosts;
pub mod leader;
mod link;
pub(crate) mod message;
pub(crate) mod network;
pub mod secret;
pub mod status;

use std::sync::OnceLock;

use crate::Error;
use hosts::Hosts;
use secret::Secret;

/// One process of a cluster, as it is configured.
#[derive(Clone, Debug)]
pub struct Member {
    /// All processes.
    pub hosts: Hosts,
    /// Which of them this one is; 0 is the leader.
    pub process: usize,
    /// Worker threads of each process.
    pub workers: usize,
    /// What the processes know and nobody else.
    pub secret: Secret,
    /// Id of the bank that it was configured with. A follower that was given none takes any; what is judged by is the bank
    /// in force at the leader.
    pub bank: Option<String>,
}

/// Which cluster: a state and how often a leader has started on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Generation {
    /// Identity of the leader's state.
    pub state: u64,
    /// Number of the start, from 1.
    pub number: u64,
}

/// A mark of the program file: processes of a cluster have the same one, since they have to build the same dataflow.
fn program() -> Result<u64, Error> {
    static PROGRAM: OnceLock<u64> = OnceLock::new();
    if let Some(known) = PROGRAM.get() {
        return Ok(*known);
    }
    let path = std::env::current_exe().map_err(|error| Error::Cluster(format!("this program: {error}")))?;
    let failed = |error| Error::read(path.clone(), error);
    let mut file = std::fs::File::open(&path).map_err(failed)?;
    let mut hasher = xxhash_rust::xxh3::Xxh3::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match std::io::Read::read(&mut file, &mut buffer).map_err(failed)? {
            0 => return Ok(*PROGRAM.get_or_init(|| hasher.digest())),
            read => hasher.update(&buffer[..read]),
        }
    }
}
