//! A data connection as timely sees it: one that never fails.
//!
//! Timely's threads panic when a connection breaks, one after the other. This one reports the break, which ends the
//! process with a sentence, and lets the thread that met it wait for that end.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use timely::communication::allocator::zero_copy::stream::Stream;

use super::status::Status;

/// When a connection ends, how long it may take until the control connection says that all is well: that of a process
/// that has finished ends before others have heard that they may.
const GRACE: Duration = Duration::from_secs(1);

/// A data connection to another process.
pub(super) struct Link {
    stream: TcpStream,
    /// To whom, in words.
    peer: String,
    status: Status,
}

impl Link {
    pub(super) fn new(stream: TcpStream, peer: String, status: Status) -> Link {
        Link { stream, peer, status }
    }

    /// Waits until the cluster is told to end; if it is not, reports the break, and waits for the end of the process.
    fn wait_for_end(&self, why: Option<&io::Error>) {
        let begun = Instant::now();
        while !self.status.is_ending() && begun.elapsed() < GRACE {
            std::thread::sleep(Duration::from_millis(10));
        }
        if self.status.is_ending() {
            return;
        }
        let why = why.map_or_else(|| "it was closed".to_owned(), io::Error::to_string);
        self.status.fail(format!("the data connection with {} broke: {why}", self.peer));
        loop {
            std::thread::park();
        }
    }
}

impl Read for Link {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.stream.read(buffer) {
            Ok(0) => self.wait_for_end(None),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
            Err(error) => self.wait_for_end(Some(&error)),
            read => return read,
        }
        Ok(0)
    }
}

impl Write for Link {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.stream.write(bytes) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                self.wait_for_end(Some(&error));
                // Nobody reads it any more, and nobody needs it.
                Ok(bytes.len())
            }
            written => written,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

impl Stream for Link {
    fn try_clone(&self) -> io::Result<Link> {
        Ok(Link::new(self.stream.try_clone()?, self.peer.clone(), self.status.clone()))
    }

    fn set_nonblocking(&self, nonblocking: bool) -> io::Result<()> {
        self.stream.set_nonblocking(nonblocking)
    }

    fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        match self.stream.shutdown(how) {
            // The other side was quicker.
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
            done => done,
        }
    }
}
