//! Timely's workers of a process, over the data connections to the others.

use std::any::Any;
use std::net::TcpStream;

use timely::communication::Hooks;
use timely::communication::allocator::zero_copy::initialize::initialize_networking_from_sockets;
use timely::communication::allocator::{AllocatorBuilder, ProcessBuilder};

use super::Member;
use super::link::Link;
use super::status::Status;

/// The data connections of a process; timely's threads on them begin when the workers do, for they panic without workers.
pub(crate) struct Network {
    /// By process, none to itself.
    links: Vec<Option<Link>>,
    process: usize,
    workers: usize,
}

/// What workers are made of, and what holds the threads on the connections.
type Opened = (Vec<AllocatorBuilder>, Box<dyn Any + Send>);

impl Network {
    /// Of connections, by process.
    pub(super) fn new(member: &Member, connections: Vec<Option<TcpStream>>, status: &Status) -> Network {
        let links = connections.into_iter().enumerate().map(|(process, stream)| {
            stream.map(|stream| Link::new(stream, member.hosts.describe(process), status.clone()))
        });
        Network { links: links.collect(), process: member.process, workers: member.workers }
    }

    /// Lets timely speak over them.
    ///
    /// # Errors
    /// The system has no more threads.
    pub(crate) fn open(self) -> Result<Opened, String> {
        let (hooks, workers) = (Hooks::default(), self.workers);
        let local = ProcessBuilder::new_typed_vector(workers, hooks.refill.clone(), hooks.spill.clone());
        let made = initialize_networking_from_sockets(local, self.links, self.process, workers, hooks);
        let (allocators, threads) = made.map_err(|error| error.to_string())?;
        Ok((allocators.into_iter().map(AllocatorBuilder::Tcp).collect(), Box::new(threads)))
    }
}
