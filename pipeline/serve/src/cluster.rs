//! The live service over several processes: its leader gathers the others, and a follower works for the leader alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use runtime::cluster::follower::follow;
use runtime::cluster::leader::{Leader, Tell as TellOf};
use runtime::cluster::status::Status;
use runtime::cluster::{Generation, Member};

use crate::cluster_config::ClusterConfig;
use crate::live::Shared;
use crate::rules::bundle::id_of;
use crate::{Config, Error, Progress, Tell, thread, told_to_end};

/// How long a follower that was told to end waits for the leader to finish the tick in work.
const LEAVE: Duration = Duration::from_secs(10);

/// What a leader needs to begin.
pub(crate) struct Leading {
    member: Member,
    generation: Generation,
    status: Status,
}

impl Leading {
    /// Of a configuration; nothing if it asks for one process. The generation is raised.
    ///
    /// # Errors
    /// Hosts or secret cannot be read, the disk is full.
    pub(crate) fn open(config: &Config, shared: &Shared, bank: String) -> Result<Option<Leading>, Error> {
        let Some(cluster) = &config.cluster else { return Ok(None) };
        let member = cluster.member(config.workers, Some(bank))?;
        let number = shared.state.raise_generation()?;
        shared.metrics.set_cluster(member.hosts.count(), number);
        let generation = Generation { state: shared.state.identity(), number };
        Ok(Some(Leading { member, generation, status: Status::default() }))
    }

    /// Whether the cluster goes on.
    pub(crate) fn status(&self) -> Status {
        self.status.clone()
    }

    /// Waits for the followers; `None` if it is told to end first.
    ///
    /// # Errors
    /// As [`Leader::gather`].
    pub(crate) fn gather(&self, shared: &Shared, tell: &Tell) -> Result<Option<Leader>, Error> {
        let (number, count) = (self.generation.number, self.member.hosts.count());
        tell(Progress::Cluster(format!("cluster: generation {number} of {count} processes begins")));
        let mut said = Vec::new();
        let goes_on = |missing: &[usize]| {
            if said != missing {
                said = missing.to_vec();
                let hosts = &self.member.hosts;
                let names = missing.iter().map(|process| {
                    format!("process {process} ({})", hosts.get(*process).unwrap_or_default())
                });
                let names: Vec<String> = names.collect();
                let waits = (!names.is_empty()).then(|| format!("waits for {}", names.join(", ")));
                if let Some(waits) = &waits {
                    tell(Progress::Cluster(format!("cluster: {waits}")));
                }
                shared.set_trouble(waits);
            }
            !shared.ending.load(Ordering::Acquire)
        };
        let leader = Leader::gather(&self.member, self.generation, &self.status, troubles(tell), goes_on)?;
        shared.set_trouble(None);
        Ok(leader)
    }
}

fn troubles(tell: &Tell) -> TellOf {
    let tell = Arc::clone(tell);
    Arc::new(move |what| tell(Progress::Trouble(what)))
}

/// Works for the leader until that says that all is done, or this process is told to end.
///
/// # Errors
/// The leader does not take it, or a process has ended.
pub(crate) fn serve(config: &Config, cluster: &ClusterConfig, tell: &Tell) -> Result<(), Error> {
    let bank = config.rules.as_deref().map(|folder| runtime::engine::load_bank(Some(folder))).transpose()?;
    let member = cluster.member(config.workers, bank.map(|bank| id_of(&bank.files)))?;
    let is_ending = Arc::new(AtomicBool::new(false));
    let following = {
        let (ending, to) = (Arc::clone(&is_ending), Arc::clone(tell));
        let said: TellOf = Arc::new(move |what| to(Progress::Cluster(what)));
        thread("follower", move || {
            follow(&member, &Status::default(), &said, &|| !ending.load(Ordering::Acquire))
        })?
    };
    let system = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::System)?;
    let is_told = system.block_on(told_to_end(|| following.is_finished())).map_err(Error::System)?;
    if is_told {
        tell(Progress::Ending);
        is_ending.store(true, Ordering::Release);
        // Whoever tells all processes to end tells the leader too, which finishes its tick with this one's help.
        let begun = Instant::now();
        while !following.is_finished() && begun.elapsed() < LEAVE {
            std::thread::sleep(Duration::from_millis(10));
        }
        return Ok(());
    }
    let ended = following.join().unwrap_or_else(|_| {
        let text = "the follower panicked; the message stands above";
        Err(runtime::Error::Engine(text.to_owned()))
    });
    Ok(ended?)
}
